"""The resident worker: each job is run once, none is lost, and one that can't be run is loud."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlmodel import select
from structlog.testing import capture_logs

from integrations.database import current_time, set_sandbox_clock
from integrations.desk import jobs
from integrations.kit import Kit
from models.tables.system import Heartbeat, Job
from tests.integration import prefect_at_hand  # noqa: F401 - before flows import prefect

from flows import running, worker  # isort: skip
from flows.running import FlowEnd  # isort: skip
from flows.worker import Worker  # isort: skip

Body = Callable[[Kit, Job], FlowEnd]


@pytest.fixture
def conninfo(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(autouse=True)
def prefect_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "is_reachable", lambda: True)
    monkeypatch.setattr(running, "mark_crashed", lambda kit: 0)
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 0.1)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the jobs that were run, in order."""
    done: list[str] = []

    def body(kit: Kit, job: Job) -> FlowEnd:
        done.append(job.key)
        return FlowEnd(None, "run-of-" + job.key)

    use(monkeypatch, body)
    return done


def use(monkeypatch: pytest.MonkeyPatch, body: Body, kind: str = "vet") -> None:
    monkeypatch.setitem(worker._RUN, kind, body)


def put(kit: Kit, *keys: str, kind: str = "vet") -> None:
    with kit.transaction() as session:
        for key in keys:
            jobs.enqueue(session, kind=kind, key=key, payload={}, now=current_time(session))


def job_of(kit: Kit, key: str) -> Job:
    with kit.transaction() as session:
        return session.exec(select(Job).where(Job.key == key)).one()


def let_pass(kit: Kit, span: timedelta) -> None:
    with kit.transaction() as session:
        set_sandbox_clock(session, current_time(session) + span)


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.01)
    return claim()


@pytest.fixture
def start(kit: Kit, conninfo: str) -> Iterator[Callable[[], Worker]]:
    """Starts a worker in a thread; all are stopped at the end."""
    begun: list[tuple[Worker, threading.Thread]] = []

    def begin() -> Worker:
        one = Worker(kit, conninfo)
        thread = threading.Thread(target=one.run)
        thread.start()
        begun.append((one, thread))
        return one

    yield begin
    for one, _ in begun:
        one.stopping.set()
    for _, thread in begun:
        thread.join(20)
        assert not thread.is_alive()


def test_a_job_is_run_and_its_run_at_prefect_noted(kit: Kit, conninfo: str, ran: list[str]) -> None:
    put(kit, "a")
    assert Worker(kit, conninfo).work_one()
    job = job_of(kit, "a")
    assert (ran, job.state, job.prefect_run) == (["a"], "done", "run-of-a")
    assert not Worker(kit, conninfo).work_one()


def test_two_workers_never_run_one_job_twice(
    kit: Kit, start: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    done: list[str] = []
    at_once = threading.Event()

    def body(kit: Kit, job: Job) -> FlowEnd:
        begun.append(job.key)
        if len(begun) >= 4:  # more than one worker has lanes for
            at_once.set()
        assert at_once.wait(20)
        done.append(job.key)
        return FlowEnd(None, None)

    use(monkeypatch, body)
    keys = [f"k{number}" for number in range(40)]
    put(kit, *keys)
    start(), start()
    assert eventually(lambda: len(done) >= 40)
    assert sorted(done) == sorted(keys)


def test_a_notice_wakes_it_before_its_own_look(
    kit: Kit, start: Callable[[], Worker], ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 600.0)

    def is_listening() -> bool:
        with psycopg.connect(kit.engine.url.set(drivername="postgresql").render_as_string()) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN kinline_job%'"
            return bool(connection.execute(query).fetchall()[0][0])

    one = start()
    assert eventually(is_listening)
    put(kit, "later")
    assert eventually(lambda: ran == ["later"])
    one.stopping.set()
    put(kit, "rings the bell so that it looks at `stopping`")


def test_a_job_whose_worker_died_is_taken_again_after_its_lease(
    kit: Kit, conninfo: str, ran: list[str]
) -> None:
    put(kit, "a")
    assert Worker(kit, conninfo)._claim(None) is not None  # and then it died
    assert not Worker(kit, conninfo).work_one()
    let_pass(kit, worker.LEASE + timedelta(seconds=1))
    assert Worker(kit, conninfo).work_one()
    assert (ran, job_of(kit, "a").tries) == (["a"], 2)


def test_a_long_job_keeps_its_lease(
    kit: Kit, conninfo: str, start: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, may_end = threading.Event(), threading.Event()

    def body(kit: Kit, job: Job) -> FlowEnd:
        at_work.set()
        assert may_end.wait(20)
        return FlowEnd(None, None)

    use(monkeypatch, body)
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 0.01)
    put(kit, "long")
    start()
    assert at_work.wait(20)
    let_pass(kit, timedelta(days=1))

    def is_renewed() -> bool:
        with kit.transaction() as session:
            lease = session.exec(select(Job)).one().lease_until
            return lease is not None and lease > current_time(session)

    assert eventually(is_renewed)
    assert not Worker(kit, conninfo).work_one()
    may_end.set()
    assert eventually(lambda: job_of(kit, "long").state == "done")
    assert job_of(kit, "long").tries == 1


def test_it_never_takes_again_what_it_has_in_hand(kit: Kit, conninfo: str, ran: list[str]) -> None:
    put(kit, "a")
    one = Worker(kit, conninfo)
    assert one._claim(None) is not None
    let_pass(kit, timedelta(days=1))
    assert not one.work_one()
    assert (ran, job_of(kit, "a").tries) == ([], 1)


def test_a_failed_job_waits_longer_each_time_then_fails_loudly(
    kit: Kit, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body(kit: Kit, job: Job) -> FlowEnd:
        raise ValueError("Ana Example lives at 1 Main St")

    use(monkeypatch, body)
    put(kit, "poison")
    one = Worker(kit, conninfo)
    waits: list[timedelta] = []
    with capture_logs() as said:
        for _ in range(jobs.MAX_TRIES):
            assert one.work_one()
            assert not one.work_one()
            with kit.transaction() as session:
                waits.append(session.exec(select(Job)).one().run_after - current_time(session))
            let_pass(kit, timedelta(hours=1))
    job = job_of(kit, "poison")
    assert (job.state, job.error, job.tries) == ("failed", "ValueError", jobs.MAX_TRIES)
    assert waits[:-1] == sorted(waits[:-1])
    assert [line["event"] for line in said].count("job.abandoned") == 1
    assert "Example" not in str(said)


def test_a_job_that_kills_its_worker_each_time_is_given_up(kit: Kit, conninfo: str, ran: list[str]) -> None:
    put(kit, "deadly")
    for _ in range(jobs.MAX_TRIES):
        assert Worker(kit, conninfo)._claim(None) is not None
        let_pass(kit, timedelta(hours=1))
    assert Worker(kit, conninfo).work_one()
    job = job_of(kit, "deadly")
    assert (ran, job.state, job.error) == ([], "failed", "TooOften")


def test_an_absent_prefect_costs_a_job_no_try(
    kit: Kit, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body(kit: Kit, job: Job) -> FlowEnd:
        raise RuntimeError("Failed to reach API at http://127.0.0.1:9/api/")

    use(monkeypatch, body)
    put(kit, "a")
    for _ in range(jobs.MAX_TRIES + 2):
        assert Worker(kit, conninfo).work_one()
        let_pass(kit, timedelta(minutes=1))
    job = job_of(kit, "a")
    assert (job.state, job.tries) == ("waiting", 0)


def test_nothing_is_claimed_while_prefect_is_away(
    kit: Kit, start: Callable[[], Worker], ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False]
    monkeypatch.setattr(running, "is_reachable", lambda: answers[0])
    monkeypatch.setattr(worker, "LOOK_EVERY_SECONDS", 0.01)
    put(kit, "a")
    start()

    def has_looked() -> bool:
        with kit.transaction() as session:
            return session.get(Heartbeat, "worker") is not None

    assert eventually(has_looked)
    assert (ran, job_of(kit, "a").tries) == ([], 0)
    answers[0] = True
    assert eventually(lambda: ran == ["a"])


def test_a_lost_connection_is_made_again(kit: Kit, start: Callable[[], Worker], ran: list[str]) -> None:
    start()

    def cut() -> int:
        with kit.engine.begin() as connection:
            ended = connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            return len(ended.fetchall())

    while not cut():  # it may not have connected yet
        time.sleep(0.01)
    put(kit, "after")
    assert eventually(lambda: ran == ["after"])


def test_a_round_does_not_hold_up_a_submission(
    kit: Kit, start: Callable[[], Worker], ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def long_round(kit: Kit, job: Job) -> FlowEnd:
        assert may_end.wait(20)
        return FlowEnd(None, None)

    use(monkeypatch, long_round, kind="round")
    put(kit, "contacts", "lost", "checks", "court", "address", kind="round")
    start()
    assert eventually(lambda: job_of(kit, "contacts").state == "claimed")
    put(kit, "submission")
    assert eventually(lambda: ran == ["submission"])
    may_end.set()
    assert eventually(lambda: job_of(kit, "address").state == "done")


def test_a_round_of_hours_holds_up_no_other_round_and_learns_that_it_is_to_end(
    kit: Kit, start: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hours(kit: Kit, job: Job) -> FlowEnd:
        assert kit.stopping.wait(20)
        return FlowEnd(None, None)

    use(monkeypatch, hours, kind="long_round")
    use(monkeypatch, lambda kit, job: FlowEnd(None, None), kind="round")
    put(kit, "address", kind="long_round")
    worker = start()
    assert eventually(lambda: job_of(kit, "address").state == "claimed")
    put(kit, "contacts", kind="round")
    assert eventually(lambda: job_of(kit, "contacts").state == "done")
    assert job_of(kit, "address").state == "claimed"
    worker.stopping.set()
    assert eventually(lambda: job_of(kit, "address").state == "done")


def test_what_it_has_in_hand_is_finished_before_it_stops(
    kit: Kit, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Worker(kit, conninfo)

    def body(kit: Kit, job: Job) -> FlowEnd:
        one.stopping.set()
        return FlowEnd(None, None)

    use(monkeypatch, body)
    put(kit, "first")
    one.run()
    assert job_of(kit, "first").state == "done"


def test_a_job_of_an_unknown_kind_fails_and_harms_no_other(kit: Kit, conninfo: str, ran: list[str]) -> None:
    put(kit, "strange", kind="dance")
    put(kit, "good")
    one = Worker(kit, conninfo)
    assert one.work_one()
    assert one.work_one()
    assert ran == ["good"]
    assert job_of(kit, "strange").error == "KeyError"
