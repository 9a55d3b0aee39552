"""Time is moved while `kinline up` runs: what `kinline play` does without staff, beside the resident parts.

They go on meanwhile. All of them claim what they do in the database, so that nothing is done twice; and time leaps over
nothing that one of them has in hand.
"""

from __future__ import annotations

import threading
from datetime import datetime

import structlog
from sqlalchemy import text

from integrations.database import current_time
from integrations.kit import Kit
from integrations.sandbox.wishes import UNDER_WAY, ClockWishes
from kinline.play.run import Player, move_clock
from kinline.providers import SandboxTime

log = structlog.get_logger("kinline.sandbox")
# A text or a call that is being handed over takes a second; one whose sender died is found again by its lease.
_PATIENCE_SECONDS, _LOOK_SECONDS = 20.0, 0.1
_IN_HAND = text(
    """
    SELECT EXISTS (SELECT FROM message WHERE state = 'claimed' AND lease_until >= :now)
        OR EXISTS (SELECT FROM call WHERE state = 'claimed' AND kind = 'automated' AND lease_until >= :now)
    """
)


class TimeMover:
    """Moves time as it is wished, from due instant to due instant, until `stopping` is set."""

    def __init__(self, kit: Kit, phones: SandboxTime, stopping: threading.Event) -> None:
        self.kit, self.phones, self.stopping = kit, phones, stopping

    def look(self, wishes: ClockWishes) -> None:
        """What is wished for has been lived through, unless it failed, or this was told to stop: then it goes on at the next look.

        Raises:
            psycopg.OperationalError: the shelf of wishes is gone.
        """
        wish = wishes.newest()
        if wish is None or wish["state"] not in UNDER_WAY:
            return
        try:
            self._move(wishes, wish["until"], wish["steps"])
        except Exception as err:  # whatever a step met, the phones go on, and the page says that time stopped
            log.error("sandbox.time_stopped", error=type(err).__name__)
            wishes.note(state="failed", error=type(err).__name__)

    def _move(self, wishes: ClockWishes, told: str | None, steps: int) -> None:
        player = Player(self.kit, self.phones, staff=None)
        now = self.kit.now()
        until = datetime.fromisoformat(told) if told else player.next_instant(now) or now
        wishes.note(state="moving", until=until.isoformat())
        while True:
            player.step(now)
            steps += 1
            wishes.note(at=now.isoformat(), steps=steps)
            if now >= until:
                break
            if not self._hands_are_free():
                return
            now = min(player.next_instant(now) or until, until)
            move_clock(self.kit, now)
        wishes.note(state="done")

    def _hands_are_free(self) -> bool:
        """Nothing is just being handed over. False when this was told to stop."""
        waited = 0.0
        while waited < _PATIENCE_SECONDS and self._is_in_hand():
            if self.stopping.wait(_LOOK_SECONDS):
                return False
            waited += _LOOK_SECONDS
        return not self.stopping.is_set()

    def _is_in_hand(self) -> bool:
        with self.kit.transaction() as session:
            now = current_time(session)
            return bool(session.execute(_IN_HAND, {"now": now}).scalar_one())
