"""The supervisor's board: each number is that of `kinline oversight`, and leads to just as many rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlmodel import Session

from console.app import create_app
from integrations.desk.oversight import oversight_json
from integrations.kit import Kit
from models.facts import Person
from models.tables.people import Case
from tests.builders import DAY, NOW, a_followed_case, a_welfare_call, an_escalation, an_evidence
from tests.integration.console.conftest import Wall

SignIn = Callable[[str], Client]
LINK = re.compile(r'href="(/oversight/board/[^"]+)">([\d,]+)<')


def a_settled_call(session: Session, case: Case, **columns: Any) -> None:
    evidence = an_evidence(session, case, kind="review")
    a_welfare_call(
        session,
        case,
        kind="verify_address",
        state="settled",
        evidence_id=evidence.id,
        evidence_kind=evidence.kind,
        spoke_with=evidence.spoke_with,
        ended_at=NOW - timedelta(hours=1),
        due_at=NOW,
        **columns,
    )


@pytest.fixture
def busy(kit: Kit, staff: dict[str, Person]) -> None:
    """Children heard in every band and one not since the release, duties of two teams in each state, escalations of every age."""
    heard = (1, 45, 75, 100, 200, 300)
    with kit.transaction() as session:
        for n, days in enumerate(heard):
            case = a_followed_case(
                session,
                kit.vault,
                followup_policy="swb-2024r3",
                released_at=NOW - 300 * DAY,
                last_contact_at=NOW - days * DAY,
            )
            a_welfare_call(session, case, due_at=NOW + timedelta(hours=2), key="a", queue="rota")
            a_welfare_call(
                session, case, due_at=NOW - n * DAY - timedelta(hours=1), key="b", queue="case_manager"
            )
            if n < 2:
                a_settled_call(session, case, key="c", queue="case_manager")
            opened = NOW - n * 3 * DAY - timedelta(hours=1)
            owner = staff["cm"].id if n % 2 else None
            late = {"acknowledge_by": NOW - DAY} if n == 4 else {}
            taken = {"owner": owner, "state": "acknowledged", "acknowledged_at": opened} if owner else {}
            an_escalation(session, case, opened_at=opened, **late, **taken)


@pytest.fixture
def app(kit: Kit, wall: Wall, busy: None) -> FastAPI:
    return create_app(kit, wall=wall)


def numbers(board: dict[str, Any]) -> list[int]:
    """Every number of the board in the order of the page, without the zeros, which lead nowhere."""
    names = {
        "duties": ("overdue", "due", "done"),
        "concerns": ("waiting", "taken"),
        "caseloads": ("late", "in_time"),
        "last_contact": ("children",),
    }
    told = [row[name] for part, keys in names.items() for row in board[part] for name in keys]
    return [number for number in told if number]


def test_every_number_leads_to_as_many_rows_and_is_that_of_the_command(sign_in: SignIn, kit: Kit) -> None:
    browser = sign_in("supervisor")
    told = browser.get("/oversight").text
    shown = [(unescape(path), int(number.replace(",", ""))) for path, number in LINK.findall(told)]
    board = oversight_json(kit, now=NOW)["board"]
    assert [number for _, number in shown] == numbers(board)
    assert len(shown) >= 16
    for path, number in shown:
        listed = browser.get(path)
        assert listed.status_code == 200
        assert len(re.findall(r'<th scope="row"', listed.text)) == number, path
        assert f"{number} row" in listed.text


def test_what_is_counted_is_what_stands(kit: Kit, busy: None) -> None:
    board = oversight_json(kit, now=NOW)["board"]
    assert [row["children"] for row in board["last_contact"]] == [1, 1, 1, 1, 1, 1]
    assert {
        (row["team"], row["kind"]): (row["due"], row["done"], row["overdue"]) for row in board["duties"]
    } == {
        ("rota", "welfare_call"): (6, 0, 0),
        ("case_manager", "welfare_call"): (0, 0, 6),
        ("case_manager", "verify_address"): (0, 2, 0),
    }
    assert sum(row["waiting"] for row in board["concerns"]) == 3
    assert sum(row["taken"] for row in board["concerns"]) == 3
    nobody, owned = board["caseloads"]
    assert (nobody["owner"], nobody["late"], nobody["in_time"]) == ("nobody", 1, 2)
    assert owned["late"] + owned["in_time"] == 3


def test_a_list_that_the_board_lacks_is_not_found(sign_in: SignIn) -> None:
    assert sign_in("supervisor").get("/oversight/board/weather").status_code == 404


def test_an_administrator_sees_no_list(sign_in: SignIn) -> None:
    assert sign_in("admin").get("/oversight/board/duties").status_code == 403
