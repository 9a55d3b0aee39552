"""The resident worker: woken by NOTIFY, it claims job rows and runs their flows in process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from flows import running
from flows.rounds import ROUND_FLOWS
from flows.running import FlowEnd, run_flow
from flows.vet_application import vet_application
from integrations.database import current_time
from integrations.desk import jobs
from integrations.desk.batches import work_batch
from integrations.kit import Kit
from models.tables.system import Heartbeat, Job

log = structlog.get_logger("kinline.worker")
# NOTIFY is quick, but a notice may be lost with its connection; so it looks by itself as well.
LOOK_EVERY_SECONDS = 2.0
RECONCILE_EVERY_LOOKS = 15
# Short, and renewed at each look: what a killed worker held is taken again within a minute.
LEASE = timedelta(seconds=60)
PREFECT_AWAY_WAIT = timedelta(seconds=5)
# A person's submission is visible at once, also while another application is being read or a round runs; and no round
# waits for one that takes hours.
LANES: tuple[tuple[str, ...], ...] = (("vet",), ("vet",), ("vet",), ("round",), ("long_round",), ("intake",))


class Worker:
    """Claims and runs jobs until told to stop. Each lane is a thread that runs one job at a time."""

    def __init__(self, kit: Kit, conninfo: str, *, lanes: tuple[tuple[str, ...], ...] = LANES) -> None:
        self.kit, self.conninfo, self.lanes = kit, conninfo, lanes
        self.stopping = kit.stopping = threading.Event()
        self._bell = threading.Condition()
        self._rings = 0
        self._in_hand: set[UUID] = set()
        self._prefect_away = False

    def run(self) -> None:
        """Runs until `stopping` is set. Jobs in hand are finished first."""
        threads = [
            threading.Thread(target=self._lane, args=(kinds,), name=f"lane-{number}")
            for number, kinds in enumerate(self.lanes)
        ]
        self._look_at_prefect()
        self._reconcile()
        log.info("worker.started")
        for thread in threads:
            thread.start()
        try:
            while not self.stopping.is_set():
                try:
                    self._listen()
                except (psycopg.Error, DBAPIError) as err:
                    log.warning("worker.database_lost", error=type(err).__name__)
                    self.stopping.wait(LOOK_EVERY_SECONDS)
        finally:
            self.stopping.set()
            self._ring()
            self._see_out(threads)
            log.info("worker.stopped")

    def _listen(self) -> None:
        """Rings the lanes' bell at each notice, and looks after what they hold."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute("LISTEN kinline_job")
            self._ring()
            looks = 0
            while not self.stopping.is_set():
                self._look()
                looks += 1
                if looks % RECONCILE_EVERY_LOOKS == 0:
                    self._reconcile()
                for _ in connection.notifies(timeout=LOOK_EVERY_SECONDS, stop_after=1):
                    self._ring()

    def _look(self) -> None:
        self._look_at_prefect()
        with self.kit.transaction() as session:
            session.merge(Heartbeat(name="worker", at=datetime.now(UTC)))
        self._renew()

    def _see_out(self, threads: list[threading.Thread]) -> None:
        """The lanes have ended; until then their leases are kept."""
        for thread in threads:
            while thread.is_alive():
                thread.join(LOOK_EVERY_SECONDS)
                try:
                    self._renew()
                except DBAPIError:
                    continue

    def _renew(self) -> None:
        held = list(self._in_hand)
        if not held:
            return
        with self.kit.transaction() as session:
            session.execute(
                update(Job)
                .where(col(Job.id).in_(held), col(Job.state) == "claimed")
                .values(lease_until=current_time(session) + LEASE)
            )

    def _look_at_prefect(self) -> None:
        away = not running.is_reachable()
        if away != self._prefect_away:
            log.warning("worker.prefect_lost" if away else "worker.prefect_found")
        self._prefect_away = away

    def _reconcile(self) -> None:
        """Prefect knows which runs are over."""
        if self._prefect_away:
            return
        try:
            if count := running.mark_crashed(self.kit):
                log.warning("worker.runs_marked_crashed", count=count)
        except Exception as err:  # it is for the eye alone; the next look tries again
            log.warning("worker.not_reconciled", error=type(err).__name__)

    def _ring(self) -> None:
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def _lane(self, kinds: tuple[str, ...]) -> None:
        while not self.stopping.is_set():
            heard = self._rings
            try:
                busy = not self._prefect_away and self.work_one(kinds)
            except DBAPIError as err:
                log.warning("worker.database_lost", error=type(err).__name__)
                busy = False
            if not busy:
                self._rest(heard)

    def _rest(self, heard: int) -> None:
        """Until the bell rings again; a ring since `heard` counts."""
        with self._bell:
            self._bell.wait_for(
                lambda: self._rings != heard or self.stopping.is_set(), timeout=LOOK_EVERY_SECONDS
            )

    def work_one(self, kinds: tuple[str, ...] | None = None) -> bool:
        """One job was claimed and run. False when none waits."""
        job = self._claim(kinds)
        if job is None:
            return False
        try:
            if job.tries > jobs.MAX_TRIES:
                # It was claimed so often and never given back: it ends whoever runs it.
                raise TooOften
            end = _RUN[job.kind](self.kit, job)
        except BaseException as err:  # whatever it was, the job goes back, and the worker lives on
            self._failed(job, err)
        else:
            with self.kit.transaction() as session:
                jobs.finish(session, job.id, now=current_time(session), prefect_run=end.run_id)
            log.info("job.done", job=str(job.id), kind=job.kind)
        finally:
            self._in_hand.discard(job.id)
        return True

    def _claim(self, kinds: tuple[str, ...] | None) -> Job | None:
        with self.kit.transaction() as session:
            now = current_time(session)
            job = jobs.claim(session, now=now, kinds=kinds)
            is_ours = job is not None and job.id in self._in_hand
            if job is None or is_ours:
                session.rollback()
            else:
                job.lease_until = now + LEASE
        if is_ours:  # the sandbox clock was moved past its lease, and we still work on it
            self._renew()
            return None
        if job is not None:
            self._in_hand.add(job.id)
        return job

    def _failed(self, job: Job, err: BaseException) -> None:
        """The job waits for its next try, or is over and loud. Prefect's absence costs no try."""
        if running.is_prefects_fault(err) or not running.is_reachable():
            self._prefect_away = True
            log.warning("job.put_back", job=str(job.id), kind=job.kind, error=type(err).__name__)
            self._put_back(job.id)
            return
        log.error("job.failed", job=str(job.id), kind=job.kind, tries=job.tries, error=type(err).__name__)
        with self.kit.transaction() as session:
            jobs.give_back(session, job.id, error=type(err).__name__, now=current_time(session))
        if job.tries >= jobs.MAX_TRIES:
            log.error("job.abandoned", job=str(job.id), kind=job.kind, remedy="run `kinline doctor`")

    def _put_back(self, job_id: UUID) -> None:
        with self.kit.transaction() as session:
            now = current_time(session)
            job = session.get_one(Job, job_id)
            job.tries -= 1
            jobs.give_back(session, job_id, error="PrefectAway", now=now)
            if job.state == "waiting":
                job.run_after = now + PREFECT_AWAY_WAIT
            session.add(job)


class TooOften(Exception):
    """A job was taken more often than it may be, and its worker died each time."""


def _vet(kit: Kit, job: Job) -> FlowEnd:
    return run_flow(vet_application, kit, job_id=job.id, application_id=job.payload["application_id"])


def _round(kit: Kit, job: Job) -> FlowEnd:
    return run_flow(ROUND_FLOWS[job.payload["round"]], kit, job_id=job.id)


def _intake(kit: Kit, job: Job) -> FlowEnd:
    """Zips that were sent many at once. Each packet's own vetting is a run; taking them in is none."""
    work_batch(kit, UUID(job.payload["batch_id"]))
    return FlowEnd(None, None)


_RUN: dict[str, Callable[[Kit, Job], FlowEnd]] = {
    "vet": _vet,
    "round": _round,
    "long_round": _round,
    "intake": _intake,
}
