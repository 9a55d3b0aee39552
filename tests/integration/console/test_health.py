"""Alive, ready, and what it counts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import text

from console.app import create_app
from console.counts import QueueCount, queue_counts
from integrations.database import make_engine
from integrations.desk.views import queue_json
from integrations.kit import Kit
from integrations.sandbox.serving import ThreadedServer
from models.tables.overview import TakenOverview
from models.tables.system import Heartbeat
from tests.builders import DAY, NOW, a_followed_case, a_welfare_call, an_escalation, an_obligation
from tests.integration.console.conftest import Wall, open_browser


def beat(kit: Kit, wall: Wall) -> None:
    with kit.transaction() as session:
        session.merge(Heartbeat(name="clock", at=wall.at))


def test_alive_says_its_version(browser: Client) -> None:
    answer = browser.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "alive", "version": "0.1.0"}


def test_ready_while_the_clock_beats_and_not_after(browser: Client, kit: Kit, wall: Wall) -> None:
    never = browser.get("/readyz")
    assert never.status_code == 503
    assert never.json()["parts"]["clock"]["ok"] is False
    beat(kit, wall)
    wall.at += timedelta(seconds=59)
    ready = browser.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert set(ready.json()["parts"]) == {"database", "migrations", "clock"}
    wall.at += timedelta(seconds=1)
    silent = browser.get("/readyz")
    assert silent.status_code == 503
    assert silent.json()["parts"]["clock"] == {
        "ok": False,
        "detail": "silent for 60 seconds: start `kinline clock`",
    }


def test_old_schema_is_not_ready(browser: Client, kit: Kit, wall: Wall) -> None:
    beat(kit, wall)
    with kit.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["migrations"]["ok"] is False
    assert answer.json()["parts"]["database"]["ok"] is True


def test_database_away_is_alive_not_ready_and_asks_to_come_again(kit: Kit, wall: Wall) -> None:
    away = Kit(
        engine=make_engine("postgresql://nobody@127.0.0.1:1/nothing"),
        vault=kit.vault,
        settings=kit.settings,
        public_url=kit.public_url,
    )
    with open_browser(create_app(away, wall=wall)) as browser:
        assert browser.get("/healthz").status_code == 200
        told = browser.get("/readyz")
        assert told.status_code == 503
        assert told.json()["parts"]["database"]["ok"] is False
        assert "nobody" not in told.text
        page = browser.post("/sign-in", data={"email": "cm@example.org", "password": "x"})
        assert page.status_code == 503
        assert "Try again in a minute" in page.text


@pytest.mark.parametrize(("answers", "status"), [(True, 200), (False, 503)])
def test_prefect_is_asked_when_it_is_named(kit: Kit, wall: Wall, answers: bool, status: int) -> None:
    beat(kit, wall)
    prefect = FastAPI()
    if answers:
        prefect.get("/api/health")(lambda: True)
    with ThreadedServer(prefect) as server:
        live = {"prefect_api_url": f"{server.url}/api"}
        with open_browser(create_app(kit, wall=wall, live=lambda: live)) as browser:
            told = browser.get("/readyz")
    assert told.status_code == status, told.json()
    assert told.json()["parts"]["prefect"]["ok"] is answers


def test_metrics_hold_children_and_queues(browser: Client, kit: Kit) -> None:
    with kit.transaction() as session:
        a_welfare_call(session, a_followed_case(session, kit.vault))
        late = a_followed_case(session, kit.vault)
        a_welfare_call(session, late, due_at=NOW - DAY, queue="rota", owned_until=NOW + DAY)
    told = browser.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert 'kinline_children{by="obligation"} 2.0' in told.text
    assert 'kinline_children{by="silent"} 0.0' in told.text
    assert 'kinline_queue_overdue{queue="rota"} 1.0' in told.text


def test_many_children_are_not_counted_at_each_scrape(browser: Client, kit: Kit) -> None:
    told = {
        "as_of": (NOW - timedelta(minutes=3)).isoformat(),
        "by_state": {"obligation": 9},
        "silent": [],
        "unanswered": ["x"],
    }
    with kit.transaction() as session:
        session.add(TakenOverview(name="account", as_of=NOW - timedelta(minutes=3), seconds=4.0, told=told))
    told_of = browser.get("/metrics").text
    assert 'kinline_children{by="obligation"} 9.0' in told_of
    assert 'kinline_children{by="unanswered"} 1.0' in told_of
    (age,) = re.findall(r"^kinline_account_age_seconds (\S+)$", told_of, re.MULTILINE)
    assert float(age) >= 180  # the clock runs on


def test_queue_counts_agree_with_the_queue(kit: Kit) -> None:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault)
        a_welfare_call(session, case)
        late = an_obligation(session, case, due_at=NOW - DAY, queue="rota")
        an_obligation(session, case, due_at=NOW - DAY, queue="case_management")
        an_escalation(session, case, queue="supervision", obligation_id=late.id)
        an_escalation(session, case, queue="supervision", acknowledge_by=NOW - DAY)
        counts = queue_counts(session, now=NOW)
    assert counts == [
        QueueCount("supervision", 2, 1),
        QueueCount("case_management", 1, 1),
    ]
    for count in counts:
        items = queue_json(kit, queue=count.name, now=NOW)["items"]
        assert (len(items), sum(i["overdue"] for i in items)) == (count.waiting, count.overdue)
