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
from integrations.desk.oversight import exceptional, measure_names, oversight_json
from integrations.kit import Kit
from integrations.vault import Vault
from models.facts import Person
from models.tables.base import Sealed
from models.tables.hearing_list import HearingDoubt, HearingImport
from models.tables.offices import CaseOpening
from models.tables.people import Case, Staff
from tests.builders import (
    DAY,
    NOW,
    a_followed_case,
    a_hearing,
    a_welfare_call,
    an_escalation,
    an_evidence,
    an_obligation,
)
from tests.integration.console.conftest import Wall

SignIn = Callable[[str], Client]
LINK = re.compile(r'href="(/oversight/[^"]+)">([^<]+)<')
NEXT = re.compile(r'href="(/oversight/[^"]+)" rel="next"')
MANY = 205  # late duties of one child: a list of three pages


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
    heard = (1, 45, 75, 101, 200, 300)
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
        _what_went_wrong(session, kit.vault)
        opened = CaseOpening(
            case_id=case.id, staff_id=staff["cm"].id, reason="a call came", opened_at=NOW, ends_at=NOW + DAY
        )
        session.add(opened)


def _what_went_wrong(session: Session, vault: Vault) -> None:
    """Something for every measure, and more than one row of one child in most."""
    a_followed_case(session, vault, released_at=NOW - 2 * DAY, last_contact_at=NOW - 200 * DAY)  # silent
    case = a_followed_case(session, vault, released_at=NOW - 60 * DAY, origin="roster")
    an_escalation(session, case, opened_at=NOW - 9 * DAY, owned_until=NOW - DAY)  # unanswered
    for key in "ab":
        a_welfare_call(session, case, due_at=NOW - 5 * DAY, key=key)
        an_obligation(session, case, kind="pending_check", created_at=NOW - 8 * DAY, key=key)
        an_escalation(session, case, opened_at=NOW - 2 * DAY, reason="no_contact", key=key)
        a_hearing(session, case, starts_at=NOW - 3 * DAY, outcome="missed", outcome_at=NOW)
        a_hearing(session, case, starts_at=NOW - 2 * DAY)
        _a_doubt(session, case if key == "a" else None)
    for n in range(MANY):
        an_obligation(session, case, kind="verify_address", due_at=NOW - DAY, key=f"{n}", queue="rota")


def _a_doubt(session: Session, case: Case | None) -> None:
    reading = HearingImport(file_key=b"file", source="court", actor="cli", began_at=NOW)
    session.add(reading)
    session.flush()
    session.add(
        HearingDoubt(
            import_id=reading.id,
            line=2,
            why="birth_date_differs" if case else "unknown_child",
            row_key=b"row",
            content_key=b"content",
            sealed_row=Sealed(b""),
            case_id=case.id if case else None,
            since_at=NOW - 2 * DAY,
        )
    )


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


def links(told: str) -> list[tuple[str, int]]:
    """Every list that the page leads to, with the number of its link; `The call that was not` is one."""
    found = []
    for path, words in LINK.findall(told):
        digits = re.search(r"[\d,]+", words)
        found.append((unescape(path), int(digits[0].replace(",", "")) if digits else 1))
    return found


def rows_of(browser: Client, path: str) -> list[int]:
    """How many rows each page of the list has; every page says how many there are in all."""
    pages: list[int] = []
    said = set()
    following: str | None = path
    while following:
        listed = browser.get(following)
        assert listed.status_code == 200, following
        pages.append(len(re.findall(r'<th scope="row"', listed.text)))
        said.add(re.search(r'class="small">([\d,]+) rows?,', listed.text)[1])  # type: ignore[index]
        onward = NEXT.search(listed.text)
        following = unescape(onward[1]) if onward else None
    assert said == {f"{sum(pages):,}"}, path
    return pages


def test_every_number_leads_to_as_many_rows_and_is_that_of_the_command(sign_in: SignIn, kit: Kit) -> None:
    browser = sign_in("supervisor")
    shown = links(browser.get("/oversight").text)
    told = oversight_json(kit, now=NOW)
    measures = {f"/oversight/{one['id']}": exceptional(one) for one in told["measures"]}
    assert {path.rpartition("/")[2] for path in measures} == set(measure_names())
    assert all(measures.values()), "each measure needs something that went wrong"
    on_board = [(path, number) for path, number in shown if path.startswith("/oversight/board/")]
    assert [number for _, number in on_board] == numbers(told["board"])
    assert len(on_board) >= 16
    assert dict(shown) == measures | dict(on_board)
    for path, number in shown:
        assert sum(rows_of(browser, path)) == number, path


def test_a_long_list_has_pages_and_its_last_row_is_reached(sign_in: SignIn) -> None:
    browser = sign_in("supervisor")
    path = "/oversight/board/duties?team=rota&kind=verify_address&how=overdue"
    assert rows_of(browser, path) == [100, 100, MANY - 200]
    second = browser.get(f"{path}&page=2").text
    assert f"{MANY} rows" in second
    assert "Page 2 of 3" in second
    assert f'href="{path}&page=1" rel="prev"' in unescape(second)
    beyond = browser.get(f"{path}&page=9").text
    assert "No row stands on this page any more." in beyond
    assert "page=3" in beyond
    assert browser.get(f"{path}&page=0").status_code == 400


def test_what_a_link_opens_is_said(sign_in: SignIn, kit: Kit) -> None:
    told = sign_in("supervisor").get("/oversight").text
    calls = next(
        one for one in oversight_json(kit, now=NOW)["measures"] if one["id"] == "welfare_calls_in_time"
    )
    assert f"<strong>0 of {calls['denominator']} made in time</strong>" in told
    assert f">The {calls['denominator']} calls that were not<" in told
    assert ">The 2 hearings that were missed<" in told
    assert calls["denominator"] > len(calls["exceptions"])  # calls, not cases


def test_what_is_counted_is_what_stands(kit: Kit, busy: None) -> None:
    board = oversight_json(kit, now=NOW)["board"]
    assert [row["children"] for row in board["last_contact"]] == [2, 1, 1, 1, 1, 2]
    assert {
        (row["team"], row["kind"]): (row["due"], row["done"], row["overdue"]) for row in board["duties"]
    } == {
        ("rota", "verify_address"): (0, 0, MANY),
        ("rota", "welfare_call"): (6, 0, 0),
        ("case_manager", "welfare_call"): (0, 0, 6),
        ("case_manager", "verify_address"): (0, 2, 0),
        ("post_release_caller", "welfare_call"): (0, 0, 2),
    }
    assert sum(row["waiting"] for row in board["concerns"]) == 6
    assert sum(row["taken"] for row in board["concerns"]) == 3
    nobody, owned = board["caseloads"]
    assert (nobody["owner"], nobody["late"], nobody["in_time"]) == ("nobody", 1, 5)
    assert owned["late"] + owned["in_time"] == 3


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("concerns?band=1&how=waiting", "Concerns by age: open for 1 to 3 days, waiting for somebody"),
        ("caseloads?owner=nobody&how=in_time", "Who carries what: nobody&#39;s yet, in time"),
        ("last_contact?band=never", "Children by last contact: not heard since the release"),
        ("last_contact?band=0", "Children by last contact: heard under 30 days ago"),
        (
            "duties?team=rota&kind=verify_address&how=overdue",
            "Duties of today: on-call rota, verify the address, overdue",
        ),
        ("duties", "Duties of today"),
    ],
)
def test_a_list_says_what_it_is_of(sign_in: SignIn, path: str, title: str) -> None:
    assert f"<h1>{title}</h1>" in sign_in("supervisor").get(f"/oversight/board/{path}").text


def test_a_list_says_whose_it_is(sign_in: SignIn, kit: Kit, staff: dict[str, Person]) -> None:
    with kit.transaction() as session:
        one = session.get_one(Staff, staff["cm"].id)
    told = sign_in("supervisor").get(f"/oversight/board/caseloads?owner={one.id}").text
    assert f"<h1>Who carries what: {one.display_name}</h1>" in told


@pytest.mark.parametrize(
    "path",
    [
        "weather",
        "duties?team=xyz",
        "duties?kind=xyz",
        "duties?how=xyz",
        "duties?team=rota&kind=lost_welfare_check",
        "duties?colour=red",
        "concerns?band=5",
        "concerns?band=never",
        "concerns?how=late",
        "caseloads?owner=xyz",
        "caseloads?owner=00000000-0000-0000-0000-000000000000",
        "last_contact?band=99",
    ],
)
def test_a_list_that_the_board_lacks_is_not_found(sign_in: SignIn, path: str) -> None:
    assert sign_in("supervisor").get(f"/oversight/board/{path}").status_code == 404


def test_an_administrator_sees_no_list(sign_in: SignIn) -> None:
    assert sign_in("admin").get("/oversight/board/duties").status_code == 403
