"""The metronome: each slot once, the outbox whoever plans, and a next tick whatever this one met."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import select
from structlog.testing import capture_logs

from flows import clock
from flows.clock import SLOTS, Clock, slot_of
from integrations.database import current_time
from integrations.kit import Kit
from models.tables.system import AuditBlock, AuditEntry, Heartbeat, Job, RoundSlot
from tests.builders import NOW


@pytest.fixture
def ticks(kit: Kit) -> Iterator[Callable[[], Clock]]:
    """Starts a clock in a thread; all are stopped at the end."""
    begun: list[tuple[Clock, threading.Thread]] = []

    def begin() -> Clock:
        one = Clock(kit)
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


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.01)
    return claim()


def rows(kit: Kit, table: Any) -> list[Any]:
    with kit.transaction() as session:
        return list(session.exec(select(table)).all())


def test_a_slot_begins_where_its_length_says() -> None:
    at = datetime(2026, 2, 2, 15, 7, 59, tzinfo=UTC)
    assert slot_of(at, timedelta(minutes=5)) == datetime(2026, 2, 2, 15, 5, tzinfo=UTC)
    assert slot_of(at, timedelta(hours=24)) == datetime(2026, 2, 2, tzinfo=UTC)
    assert slot_of(slot_of(at, timedelta(minutes=5)), timedelta(minutes=5)) == slot_of(
        at, timedelta(minutes=5)
    )


def test_two_clocks_claim_each_slot_once(kit: Kit) -> None:
    one, two = Clock(kit), Clock(kit)
    assert sorted(one.plan(NOW)) == sorted(SLOTS)
    assert two.plan(NOW) == []
    assert one.plan(NOW + timedelta(minutes=5)) == ["contacts", "lost"]
    assert len(rows(kit, RoundSlot)) == len(SLOTS) + 2


def test_a_round_that_still_waits_is_not_put_in_twice(kit: Kit) -> None:
    Clock(kit).plan(NOW)
    Clock(kit).plan(NOW + timedelta(minutes=5))
    assert sorted(job.key for job in rows(kit, Job)) == sorted(SLOTS)


def test_two_clocks_that_run_beside_each_other_plan_each_slot_once(
    kit: Kit, ticks: Callable[[], Clock]
) -> None:
    ticks(), ticks()
    assert eventually(lambda: len(rows(kit, RoundSlot)) == len(SLOTS))
    assert sorted(job.key for job in rows(kit, Job)) == sorted(SLOTS)


def test_the_outbox_goes_out_while_another_clock_plans(
    kit: Kit, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[datetime] = []
    monkeypatch.setattr(clock, "dispatch_messages", lambda kit, now: sent.append(now) or {})
    monkeypatch.setattr(clock, "place_calls", lambda kit, now: {})
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": clock._PLANNING_LOCK})
        one = Clock(kit)
        one.tick()
        one.dispatch()
        assert len(sent) == 1
        assert rows(kit, Job) == []
    one.tick()
    assert len(rows(kit, Job)) == len(SLOTS)


def test_a_full_outbox_holds_up_no_page_to_the_person_on_call(
    kit: Kit, ticks: Callable[[], Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, paged = threading.Event(), threading.Event()
    monkeypatch.setattr(clock, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(clock, "dispatch_messages", lambda kit, now: may_end.wait(20) and {})
    monkeypatch.setattr(clock, "dispatch_pages", lambda kit, now: paged.set() or {})
    ticks()
    assert paged.wait(20)
    assert not may_end.is_set()
    may_end.set()


def test_a_part_that_breaks_stops_neither_the_others_nor_the_next_tick(
    kit: Kit, ticks: Callable[[], Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[datetime] = []
    failed: list[datetime] = []

    def broken(kit: Kit, now: datetime) -> dict[str, int]:
        failed.append(now)
        raise ConnectionError("Ana Example, +1 202 555 0100")

    monkeypatch.setattr(clock, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(clock, "dispatch_messages", broken)
    monkeypatch.setattr(clock, "place_calls", lambda kit, now: called.append(now) or {})
    with capture_logs() as said:
        ticks()
        assert eventually(lambda: len(failed) >= 2 and len(called) >= 2)
    assert {
        "event": "clock.part_failed",
        "part": "texts",
        "error": "ConnectionError",
        "log_level": "error",
    } in said
    assert "Example" not in str(said)
    assert len(rows(kit, Heartbeat)) == 1


def test_a_provider_that_hangs_stops_neither_planning_nor_heartbeat(
    kit: Kit, ticks: Callable[[], Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    hung = threading.Event()

    def slow(kit: Kit, now: datetime) -> dict[str, int]:
        hung.set()
        assert may_end.wait(20)
        return {}

    monkeypatch.setattr(clock, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(clock, "dispatch_messages", slow)
    ticks()
    assert hung.wait(20)

    def beat() -> datetime | None:
        with kit.transaction() as session:
            row = session.get(Heartbeat, "clock")
            return None if row is None else row.at

    assert eventually(lambda: beat() is not None)
    before = beat()
    assert before is not None
    assert eventually(lambda: (beat() or before) > before)
    assert len(rows(kit, Job)) == len(SLOTS)
    may_end.set()


def test_the_audit_is_sealed_once_a_minute(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = [1000.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: wall[0])
    one = Clock(kit)

    def act() -> None:
        with kit.transaction() as session:
            at = current_time(session) - timedelta(seconds=1)
            session.add(AuditEntry(at=at, actor="cli", act="read", noun="case"))
        one.tick()

    act()
    act()
    assert len(rows(kit, AuditBlock)) == 1
    wall[0] += clock.SEAL_EVERY_SECONDS
    act()
    assert [block.count for block in rows(kit, AuditBlock)] == [1, 2]
