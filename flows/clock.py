"""The metronome: APScheduler ticks; each tick dispatches the outbox, and at a round's slot writes a job row."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import text

from integrations.database import current_time
from integrations.desk.dispatch import dispatch_messages
from integrations.desk.jobs import enqueue
from integrations.desk.rounds import claim_slot
from integrations.desk.voice import place_calls
from integrations.kit import Kit
from integrations.store.audit import seal_audit
from models.tables.system import Heartbeat

log = structlog.get_logger("kinline.clock")
TICK_SECONDS = 2
# How often each round runs. Operation, not policy: a late round changes no duty's time.
SLOTS: dict[str, timedelta] = {
    "contacts": timedelta(minutes=5),
    "lost": timedelta(minutes=5),
    "checks": timedelta(minutes=15),
    "court": timedelta(hours=24),
    "address": timedelta(hours=24),
}
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

    def run(self) -> None:
        """Runs until `stopping` is set."""
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            self.tick,
            "interval",
            seconds=TICK_SECONDS,
            id="tick",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
        scheduler.start()
        log.info("clock.started")
        try:
            self.stopping.wait()
        finally:
            scheduler.shutdown(wait=True)

    def tick(self) -> None:
        """One beat: rounds whose slot has come become jobs, and what is due goes out."""
        try:
            with self.kit.transaction() as session:
                now = current_time(session)
                session.merge(Heartbeat(name="clock", at=datetime.now(UTC)))
            self.plan(now)
            sent = dispatch_messages(self.kit, now=now)
            called = place_calls(self.kit, now=now)
            with self.kit.transaction() as session:
                seal_audit(session, self.kit.vault, now=now)
        except Exception as err:  # the next tick must come, whatever this one met
            log.error("clock.tick_failed", error=type(err).__name__)
            return
        if sent or called:
            log.info("clock.dispatched", messages=sent, calls=called)

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
                    enqueue(session, kind="round", key=name, payload={"round": name}, now=now)
                    planned.append(name)
        return planned
