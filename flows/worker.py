"""The resident worker: woken by NOTIFY, it claims job rows and runs their flows in process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog

from flows import running
from flows.rounds import ROUND_FLOWS
from flows.vet_application import vet_application
from integrations.database import current_time
from integrations.desk import jobs
from integrations.kit import Kit
from models.tables.system import Heartbeat, Job

log = structlog.get_logger("kinline.worker")
# NOTIFY is quick, but a notice may be lost with its connection; so it looks by itself as well.
LOOK_EVERY_SECONDS = 2.0


class Worker:
    """Claims and runs jobs until told to stop."""

    def __init__(self, kit: Kit, conninfo: str) -> None:
        self.kit, self.conninfo = kit, conninfo
        self.stopping = threading.Event()

    def run(self) -> None:
        """Runs until `stopping` is set. A job in hand is finished first."""
        crashed = running.mark_crashed()
        log.info("worker.started", crashed_runs=crashed)
        while not self.stopping.is_set():
            try:
                self._listen_and_work()
            except psycopg.OperationalError:
                log.warning("worker.database_lost")
                self.stopping.wait(LOOK_EVERY_SECONDS)

    def _listen_and_work(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute("LISTEN kinline_job")
            while not self.stopping.is_set():
                while not self.stopping.is_set() and self.work_one():
                    pass
                self._beat()
                for _ in connection.notifies(timeout=LOOK_EVERY_SECONDS, stop_after=1):
                    break

    def _beat(self) -> None:
        with self.kit.transaction() as session:
            session.merge(Heartbeat(name="worker", at=datetime.now(UTC)))

    def work_one(self) -> bool:
        """One job was claimed and run. False when none waits."""
        with self.kit.transaction() as session:
            now = current_time(session)
            job = jobs.claim(session, now=now)
        if job is None:
            return False
        try:
            _RUN[job.kind](self.kit, job)
        except Exception as err:  # whatever it was, the job goes back, and the worker lives on
            log.error("job.failed", job=str(job.id), kind=job.kind, error=type(err).__name__)
            with self.kit.transaction() as session:
                jobs.give_back(session, job.id, error=type(err).__name__, now=current_time(session))
            return True
        with self.kit.transaction() as session:
            jobs.finish(session, job.id, now=current_time(session))
        log.info("job.done", job=str(job.id), kind=job.kind)
        return True


def _vet(kit: Kit, job: Job) -> None:
    running.run_flow(vet_application, kit, application_id=job.payload["application_id"])


def _round(kit: Kit, job: Job) -> None:
    running.run_flow(ROUND_FLOWS[job.payload["round"]], kit)


_RUN: dict[str, Callable[[Kit, Job], Any]] = {"vet": _vet, "round": _round}
