"""`kinline play`: from due instant to due instant. Rounds, outbox, invented phones and invented staff act."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from integrations.database import set_sandbox_clock
from integrations.desk import rounds
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.page_dispatch import dispatch_pages
from integrations.desk.voice import place_calls
from integrations.kit import Kit
from integrations.store.accounting import take_account
from kinline.local.home import LocalError
from kinline.play.staff import Staff
from kinline.providers import SandboxTime
from kinline.stack import Stack
from models.errors import BadInput, Problem

# Events within five minutes happen in one step: nothing in the ledger is due by the second.
STEP = timedelta(minutes=5)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
Progress = Callable[[datetime], None]

_NEXT = text(
    """
    SELECT min(at) FROM (
        SELECT min(next_at) AS at FROM obligation WHERE state = 'open' AND next_at > :now
        UNION ALL SELECT min(due_at) FROM obligation WHERE state = 'open' AND due_at >= :now
        UNION ALL SELECT min(send_after) FROM message WHERE state = 'queued' AND send_after > :now
        UNION ALL SELECT min(not_after) FROM message WHERE state = 'queued' AND not_after > :now
        UNION ALL SELECT min(lease_until) FROM message WHERE state = 'claimed' AND lease_until >= :now
        UNION ALL SELECT min(due_at) FROM call WHERE state = 'due' AND kind = 'automated' AND due_at > :now
        UNION ALL SELECT min(lease_until) FROM call
                  WHERE state IN ('claimed', 'placed') AND lease_until >= :now
        UNION ALL SELECT min(acknowledge_by) FROM escalation WHERE state = 'open' AND acknowledge_by >= :now
        UNION ALL SELECT min(resolve_by) FROM escalation
                  WHERE state = 'acknowledged' AND resolve_by >= :now
        UNION ALL SELECT min(next_at) FROM paging WHERE ended_at IS NULL AND next_at > :now
        UNION ALL SELECT min(next_look_at) FROM background_check WHERE next_look_at > :now
    ) AS instants
    """
)


def play_until(
    stack: Stack,
    until: datetime,
    *,
    callers: int = 2,
    staff: str = "simulated",
    progress: Progress = lambda _at: None,
) -> dict[str, Any]:
    """The sandbox has lived until `until`. Every child is accounted for at every step, or named.

    Raises:
        LocalError: not a sandbox, or `kinline up` runs and moves its own time.
        BadInput: `until` lies behind.
    """
    if not stack.is_sandbox:
        raise LocalError("`kinline play` moves time, so it works in a sandbox alone.")
    if stack.up is not None:
        raise LocalError("`kinline up` runs and moves time by itself. Stop it (Ctrl-C) to play.")
    begun = stack.now()
    if until < begun:
        raise BadInput(
            Problem(
                "--until",
                "clock_goes_forward",
                f"The sandbox stands at {begun.isoformat()}.",
                "Give a later time.",
            )
        )
    player = Player(
        stack.kit, stack.sandbox_time(), Staff(stack.kit, callers) if staff == "simulated" else None
    )
    now = begun
    while True:
        player.step(now)
        progress(now)
        following = player.next_instant(now)
        if following is None or following > until:
            break
        now = following
        move_clock(stack.kit, now)
    move_clock(stack.kit, until)
    player.step(until)
    with stack.kit.transaction() as session:
        account = take_account(session, now=until)
    return {
        "from": begun.isoformat(),
        "until": until.isoformat(),
        "counts": dict(sorted(player.total().items())),
        "silent": sorted(player.silent | {str(i) for i in account.silent}),
        "unanswered": [str(i) for i in account.unanswered],
    }


def move_clock(kit: Kit, at: datetime) -> None:
    """The sandbox clock stands at `at`, or a little later where a step took longer than it played."""
    with contextlib.suppress(BadInput), kit.transaction() as session:
        set_sandbox_clock(session, at)


class Player:
    """One play: the phones, the rounds, the outbox and the staff, step by step."""

    def __init__(self, kit: Kit, phones: SandboxTime, staff: Staff | None) -> None:
        self.kit, self.phones, self.staff = kit, phones, staff
        self.counts: Counter[str] = Counter()
        self.silent: set[str] = set()
        self._day: Any = None

    def step(self, now: datetime) -> None:
        """Everything that is due at `now` has happened."""
        self.phones.advance(now)
        self._note("lost", rounds.run_round(self.kit, "lost", now=now))
        self._note("contacts", rounds.run_round(self.kit, "contacts", now=now))
        self._note("checks", rounds.run_round(self.kit, "checks", now=now))
        if now.date() != self._day:
            self._day = now.date()
            self._note("court", rounds.run_round(self.kit, "court", now=now))
            self._note("address", rounds.run_round(self.kit, "address", now=now))
        self._note("texts", dispatch_messages(self.kit, now=now))
        self._note("automated_calls", place_calls(self.kit, now=now))
        self._note("pages", dispatch_pages(self.kit, now=now))
        if self.staff is not None:
            self.staff.act(now)
        with self.kit.transaction() as session:
            # At every instant: what the engine lets lapse must not exist.
            self.silent |= {str(i) for i in take_account(session, now=now).silent}
        self.counts["steps"] += 1

    def _note(self, name: str, counts: dict[str, int]) -> None:
        for word, count in counts.items():
            self.counts[f"{name}_{word}"] += count

    def total(self) -> Counter[str]:
        return self.counts + (self.staff.counts if self.staff else Counter())

    def next_instant(self, now: datetime) -> datetime | None:
        """The next instant at which something is due, to the step; always later than `now`."""
        with self.kit.transaction() as session:
            found = [next_in_ledger(session, now), self.phones.next_due()]
        if self.staff is not None:
            found.append(self.staff.next_time(now))
        times = [t for t in found if t is not None]
        if not times:
            return None
        return _to_the_step(max(min(times), now + timedelta(seconds=1)))


def next_in_ledger(session: Session, now: datetime) -> datetime | None:
    """The next instant after `now` at which something in the ledger, the outbox or the calls is due."""
    at: datetime | None = session.execute(_NEXT, {"now": now}).scalar_one()
    return at


def _to_the_step(at: datetime) -> datetime:
    past = (at - _EPOCH) % STEP
    return at if not past else at - past + STEP
