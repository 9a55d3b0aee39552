"""POST /api/v1/hearings: with a living key that may, and with nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import select, text
from sqlmodel import col

from integrations.identity.api_keys import find_caller, list_keys, make_key, revoke_key
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.ledger import Hearing
from tests.builders import NOW
from tests.integration.console.conftest import Wall
from tests.integration.followup_scenes import World, a_family
from tests.integration.test_hearings import BORN, HEADER, NUMBER, a_row
from tests.integration.test_reconcile import known_as


@pytest.fixture
def token(kit: Kit, staff: dict[str, Person]) -> str:
    made = make_key(kit, "court-feed", ["hearings:write"], staff["admin"], days=30, wall=NOW)
    return str(made["token"])


def item(*args: Any, **options: Any) -> dict[str, str]:
    return dict(zip(HEADER, a_row(*args, **options), strict=True))


def send(browser: Client, token: str, body: Any) -> Response:
    return browser.post("/api/v1/hearings", json=body, headers={"authorization": f"Bearer {token}"})


def test_hearings_come_in_and_the_answer_names_what_was_not_taken(
    browser: Client, token: str, kit: Kit, staff: dict[str, Person]
) -> None:
    family = a_family(kit, staff)
    known_as(World(kit, staff, None, ""), family, NUMBER, BORN)  # type: ignore[arg-type]
    wrong = item("LA-2") | {"kind": "big"}
    answer = send(browser, token, [item("LA-1"), wrong, 7])
    assert answer.status_code == 200
    found = answer.json()
    assert [(one["line"], one["hearing_key"]) for one in found["added"]] == [(1, "LA-1")]
    assert [(p["line"], p["field"]) for p in found["problems"]] == [(2, "kind"), (3, "row")]
    with kit.transaction() as session:
        (hearing,) = session.scalars(select(Hearing).where(col(Hearing.case_id) == family.case_id))
        assert hearing.source == "court-feed"
    with kit.transaction() as session:
        by = session.execute(text("SELECT actor FROM history WHERE noun = 'hearing'")).scalars().all()
    assert by
    assert all(actor.startswith("key:") for actor in by)
    # What comes over the API is a part of the list, unless it says that it is whole.
    assert send(browser, token, {"hearings": []}).json()["vanished"] == []
    assert len(send(browser, token, {"hearings": [], "whole": True, "dry_run": True}).json()["vanished"]) == 1
    assert NUMBER not in answer.text


@pytest.mark.parametrize(
    "body", [{}, {"hearings": 3}, "x", {"hearings": [], "more": 1}, {"hearings": [], "whole": 3}]
)
def test_a_body_that_is_no_list_is_a_problem_document(browser: Client, token: str, body: Any) -> None:
    answer = send(browser, token, body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["problems"][0]["remedy"]


def test_without_a_living_key_nothing_comes_in(
    browser: Client, token: str, kit: Kit, staff: dict[str, Person], wall: Wall
) -> None:
    assert browser.post("/api/v1/hearings", json=[]).status_code == 401
    assert send(browser, "kinline_wrong", []).status_code == 401
    assert send(browser, token, []).status_code == 200
    wall.at = NOW + timedelta(days=30)
    assert send(browser, token, []).status_code == 401
    wall.at = NOW
    revoke_key(kit, "court-feed", staff["admin"], reason="it leaked", wall=NOW)
    assert send(browser, token, []).status_code == 401
    assert [(one["state"], one["name"]) for one in list_keys(kit, wall=NOW)] == [("revoked", "court-feed")]


def test_a_key_is_an_administrators_to_make_and_its_token_is_kept_nowhere(
    kit: Kit, staff: dict[str, Person], token: str
) -> None:
    with pytest.raises(Refused):
        make_key(kit, "another", ["hearings:write"], staff["cm"], days=30, wall=NOW)
    for name, scopes, days in (
        ("A b", ["hearings:write"], 1),
        ("abc", ["all"], 1),
        ("abc", ["hearings:write"], 999),
    ):
        with pytest.raises(BadInput):
            make_key(kit, name, scopes, staff["admin"], days=days, wall=NOW)
    with kit.transaction() as session:
        kept = session.execute(text("SELECT * FROM api_key")).one()
        assert token not in str(kept)
        assert find_caller(session, token, wall=NOW) is not None
