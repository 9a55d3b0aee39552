"""The family lives in another time zone: what stands open is planned anew for their hours there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from followup.calendar import quiet_ends
from followup.escalation import duty_owned_until
from followup.moving import BY_THE_CLOCK, sending_there, window_there
from integrations.desk.duties import as_duty, owned_until
from integrations.desk.escalations import policy_of
from integrations.store import history, ledger
from models.followup_policy import FollowupPolicy
from models.tables.ledger import Call, Obligation
from models.tables.messages import Message
from models.tables.people import Case

WHY = "they live in another time zone"


def live_by(session: Session, case: Case, zone: str, *, actor: str, now: datetime) -> None:
    """The family's hours are those of this zone, and open duties, waiting texts and automated calls keep to them.

    A duty that has not opened yet is void, and one with the new times stands in its place. Every change is a row of
    history. What has ended, has begun to be late or is being sent stays. The case is locked.
    """
    old, case.zone = case.zone, zone
    session.add(case)
    if old is None or old == zone:
        return
    history.record(session, case, old=f"zone {old}", new=f"zone {zone}", actor=actor, why=WHY, now=now)
    move = _Move(session, case, old, zone, actor, now)
    move.duties()
    move.texts()
    move.calls()
    session.flush()


class _Move:
    """One move of one case from zone to zone."""

    def __init__(self, session: Session, case: Case, old: str, new: str, actor: str, now: datetime) -> None:
        self.session, self.case, self.actor, self.now = session, case, actor, now
        self.old, self.new = old, new
        self.policy: FollowupPolicy = policy_of(case)

    def duties(self) -> None:
        """What has not opened yet is a new duty in the old one's place; of what has, the end and the next look move."""
        anew = []
        for duty in ledger.open_of(self.session, self.case.id, side="followup"):
            opens_at, due_at = self._window(duty)
            if opens_at != duty.opens_at:
                anew.append((duty, self._in_its_place(duty, opens_at, due_at)))
            else:
                self._shift(duty, due_at)
        ledger.replace(self.session, anew, actor=self.actor, why=WHY, now=self.now)

    def _window(self, duty: Obligation) -> tuple[datetime, datetime]:
        if duty.kind not in BY_THE_CLOCK:
            return duty.opens_at, duty.due_at
        return window_there(
            duty.opens_at,
            duty.due_at,
            self.policy,
            old=self.old,
            new=self.new,
            now=self.now,
            latest=self._latest() if duty.in_sight else None,
        )

    def _in_its_place(self, old: Obligation, opens_at: datetime, due_at: datetime) -> Obligation:
        duty = replace(as_duty(old), opens_at=opens_at, due_at=due_at)
        until = owned_until(self.case, duty, self.now)
        return ledger.duty_row(self.case.id, duty, owned_until=until, now=self.now)

    def _shift(self, duty: Obligation, due_at: datetime) -> None:
        before = (duty.opens_at, duty.due_at, duty.next_at)
        if due_at != duty.due_at:
            duty.due_at, duty.owned_until = due_at, duty_owned_until(due_at, self.policy)
        if duty.next_at is not None and duty.opens_at <= self.now:
            # The round plans the next try by the new clock, as soon as it is day there.
            duty.next_at = quiet_ends(self.now, (self.new,), self.policy.quiet)
        self._record(duty, before, (duty.opens_at, duty.due_at, duty.next_at))

    def _latest(self) -> datetime:
        since = self.case.last_contact_at or self.case.created_at
        return since + timedelta(days=self.case.max_silence_days or 0)

    def texts(self) -> None:
        # One that a dispatcher holds at this moment is left to it: it looks at the zone itself.
        waiting = select(Message).where(
            col(Message.case_id) == self.case.id,
            col(Message.state) == "queued",
            col(Message.answer).is_(False),
        )
        for text in self.session.scalars(waiting.with_for_update(skip_locked=True)):
            before = (text.send_after, text.not_after)
            hearing = text.params.get("starts_at")
            end = datetime.fromisoformat(hearing) if hearing else None
            text.send_after, text.not_after = self._sending(*before, end)
            self._record(text, before, (text.send_after, text.not_after))

    def calls(self) -> None:
        waiting = select(Call).where(
            col(Call.case_id) == self.case.id,
            col(Call.state) == "due",
            col(Call.kind) == "automated",
            col(Call.not_after).is_not(None),
        )
        for call in self.session.scalars(waiting.with_for_update(skip_locked=True)):
            before = (call.due_at, call.not_after or call.due_at)
            call.due_at, call.not_after = self._sending(*before, None)
            self._record(call, before, (call.due_at, call.not_after))

    def _sending(
        self, send_after: datetime, not_after: datetime, end: datetime | None
    ) -> tuple[datetime, datetime]:
        quiet = self.policy.quiet
        return sending_there(send_after, not_after, quiet, old=self.old, new=self.new, now=self.now, end=end)

    def _record(
        self,
        row: Obligation | Message | Call,
        before: tuple[datetime | None, ...],
        after: tuple[datetime | None, ...],
    ) -> None:
        if before == after:
            return
        self.session.add(row)
        history.record(
            self.session, row, old=_told(before), new=_told(after), actor=self.actor, why=WHY, now=self.now
        )


def _told(times: tuple[datetime | None, ...]) -> str:
    return "from {} until {}".format(*(at.isoformat() if at else "never" for at in times[:2])) + (
        f", next look {times[2].isoformat() if times[2] else 'by a person'}" if len(times) > 2 else ""
    )
