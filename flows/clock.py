"""The metronome: APScheduler ticks; the outbox is dispatched, and at a round's slot a job row is written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import text

from integrations.database import current_time
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.jobs import enqueue
from integrations.desk.overview import take_overviews
from integrations.desk.page_dispatch import dispatch_pages
from integrations.desk.rounds import claim_slot
from integrations.desk.voice import place_calls
from integrations.kit import Kit
from integrations.store.audit import seal_audit
from models.tables.system import Heartbeat

log = structlog.get_logger("kinline.clock")
TICK_SECONDS = 2
SEAL_EVERY_SECONDS = 60.0
OVERVIEW_EVERY_SECONDS = 60.0
# How often each round runs. Operation, not policy: a late round changes no duty's time.
SLOTS: dict[str, timedelta] = {
    "contacts": timedelta(minutes=5),
    "lost": timedelta(minutes=5),
    "checks": timedelta(minutes=15),
    "court": timedelta(hours=24),
    "address": timedelta(hours=24),
    "accounts": timedelta(hours=24),
}
# They ask somebody outside about every child, which may take hours.
LONG = frozenset({"address"})
_PLANNING_LOCK = 7105002


def slot_of(now: datetime, every: timedelta) -> datetime:
    """The slot that `now` falls into."""
    seconds = int(every.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


class Clock:
    """Ticks until told to stop."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.stopping = threading.Event()
        self._sealed_at = float("-inf")
        self._overview_at = float("-inf")  # when it is to be taken again

    def run(self) -> None:
        """Runs until `stopping` is set. A tick under way is finished first."""
        scheduler = BackgroundScheduler(timezone=UTC)
        # Apart: a provider that hangs holds up the outbox, never the planning or the heartbeat; and no outbox, however
        # full, holds up a page to the person on call.
        for beat in (self.tick, self.dispatch, self.page, self.overview):
            scheduler.add_job(
                beat,
                "interval",
                seconds=TICK_SECONDS,
                id=beat.__name__,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        # A beat that is still at work when the next is due is no news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler.start()
        log.info("clock.started")
        try:
            self.stopping.wait()
        finally:
            scheduler.shutdown(wait=True)
            log.info("clock.stopped")

    def tick(self) -> None:
        """One beat: rounds whose slot has come become jobs; once a minute the audit is sealed."""
        self._try("beat", self._beat)
        self._try("plan", self._plan_now)
        self._try("seal", self._seal)

    def dispatch(self) -> None:
        """What is due in the outbox goes out, by text and by call."""
        self._try("texts", self._send_texts)
        self._try("calls", self._place_calls)

    def page(self) -> None:
        """Who is on call is told of a cry for help, at any hour."""
        self._try("pages", self._send_pages)

    def overview(self) -> None:
        """What the pages that count every child show is taken again."""
        self._try("overview", self._take_overview)

    def _try(self, part: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as err:  # the other parts and the next tick must come, whatever this one met
            log.error("clock.part_failed", part=part, error=type(err).__name__)

    def _beat(self) -> None:
        with self.kit.transaction() as session:
            session.merge(Heartbeat(name="clock", at=datetime.now(UTC)))

    def _plan_now(self) -> None:
        if planned := self.plan(self.kit.now()):
            log.info("clock.planned", rounds=planned)

    def _seal(self) -> None:
        if time.monotonic() - self._sealed_at < SEAL_EVERY_SECONDS:
            return
        with self.kit.transaction() as session:
            seal_audit(session, self.kit.vault, now=current_time(session))
        self._sealed_at = time.monotonic()

    def _take_overview(self) -> None:
        if time.monotonic() < self._overview_at:
            return
        # The longer it takes the rarer: a thirtieth of one core at most, and well within the time for which it is shown.
        self._overview_at = time.monotonic() + OVERVIEW_EVERY_SECONDS
        seconds = take_overviews(self.kit, now=self.kit.now())
        pause = min(max(OVERVIEW_EVERY_SECONDS, 30 * seconds), OVERVIEW_EVERY_SECONDS * 10)
        self._overview_at = time.monotonic() + pause

    def _send_texts(self) -> None:
        if counts := dispatch_messages(self.kit, now=self.kit.now()):
            log.info("clock.texts", **counts)

    def _place_calls(self) -> None:
        if counts := place_calls(self.kit, now=self.kit.now()):
            log.info("clock.calls", **counts)

    def _send_pages(self) -> None:
        if counts := dispatch_pages(self.kit, now=self.kit.now()):
            log.info("clock.pages", **counts)

    def plan(self, now: datetime) -> list[str]:
        """The rounds whose slot this clock won; each stands as a job row now."""
        planned: list[str] = []
        with self.kit.transaction() as session:
            # One clock plans at a time; the others go on to dispatch.
            if not session.execute(
                text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _PLANNING_LOCK}
            ).scalar_one():
                return planned
            for name, every in SLOTS.items():
                slot = slot_of(now, every)
                if claim_slot(session, name, slot, now=now):
                    kind = "long_round" if name in LONG else "round"
                    enqueue(session, kind=kind, key=name, payload={"round": name}, now=now)
                    planned.append(name)
        return planned
