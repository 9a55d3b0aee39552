"""A child's sheet on paper: for a reason that stays on record, and with no more on it than was asked for."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from httpx import Client, Response
from sqlalchemy import select
from sqlmodel import col

from integrations.kit import Kit
from integrations.store.sealing import seal_json
from models.facts import Person
from models.tables.system import AuditEntry, History
from tests.builders import (
    NOW,
    a_followed_case,
    a_number,
    a_welfare_call,
    an_address,
    an_application,
    an_inbound_text,
)
from tests.integration.console.conftest import token_in

SignIn = Callable[[str], Client]
WORDS, STREET = "nos mudamos a otra casa", "1420 Example Ave"


@pytest.fixture
def case_id(kit: Kit) -> UUID:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        application = an_application(session, kit.vault, case, state="released")
        an_address(session, kit.vault, application)
        number = a_number(session, kit.vault, application)
        a_welfare_call(session, case, due_at=NOW, key="day-30", queue="rota")
        text = an_inbound_text(
            session, kit.vault, number_id=number.id, case_id=case.id, meaning="moved", at=NOW
        )
        seal_json(kit.vault, text, "sealed_body", {"body": WORDS})
        session.add(text)
        return case.id


def asked(browser: Client, case_id: UUID, **form: str) -> Response:
    path = f"/cases/{case_id}/print"
    return browser.post(path, data={"csrf_token": token_in(browser.get(path).text), **form})


@pytest.mark.parametrize("home", ["", "yes"])
@pytest.mark.parametrize("texts", ["", "yes"])
def test_a_sheet_holds_what_was_asked_for_and_says_who_printed_it_when_and_why(
    sign_in: SignIn, case_id: UUID, home: str, texts: str
) -> None:
    sheet = asked(sign_in("cm"), case_id, reason="for the judge <in Houston>", home=home, texts=texts)
    assert sheet.status_code == 200
    assert "for: for the judge &lt;in Houston&gt;." in sheet.text
    assert "on 2 Feb 2026" in sheet.text
    assert "Text from the sponsor." in sheet.text
    assert "Welfare call, the child" in sheet.text
    assert (STREET in sheet.text, WORDS in sheet.text) == (home == "yes", texts == "yes")


def test_each_sheet_is_on_record_with_its_reason(
    sign_in: SignIn, kit: Kit, case_id: UUID, staff: dict[str, Person]
) -> None:
    asked(sign_in("cm"), case_id, reason="for the judge", home="yes")
    with kit.transaction() as session:
        rows = session.scalars(select(History).where(col(History.row_id) == case_id)).all()
        (row,) = [row for row in rows if "printed" in row.why]
        assert (row.old, row.new) == ("in_follow_up", "in_follow_up")
        assert (row.actor, row.why) == (str(staff["cm"].id), "printed, with the home: for the judge")
        acts = select(AuditEntry).where(col(AuditEntry.row_id) == case_id, col(AuditEntry.act) == "print")
        assert [one.actor for one in session.scalars(acts)] == [str(staff["cm"].id)]


def test_without_a_reason_nothing_is_printed_and_what_was_chosen_is_kept(
    sign_in: SignIn, kit: Kit, case_id: UUID
) -> None:
    answer = asked(sign_in("cm"), case_id, reason=" ", home="yes")
    assert answer.status_code == 422
    assert "Nothing says what the paper is for. Say who needs it, and for what." in answer.text
    assert 'name="home" value="yes" checked' in answer.text
    assert STREET not in answer.text
    with kit.transaction() as session:
        assert not session.scalars(select(AuditEntry).where(col(AuditEntry.act) == "print")).all()


def test_an_auditor_prints_nothing(sign_in: SignIn, case_id: UUID) -> None:
    browser = sign_in("auditor")
    assert browser.get(f"/cases/{case_id}/print").status_code == 403
    assert f"/cases/{case_id}/print" not in browser.get(f"/cases/{case_id}").text
