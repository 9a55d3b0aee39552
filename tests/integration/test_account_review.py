"""Accounts that nobody confirms are suspended; nobody is put out of reach by it, and it is loud before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from integrations.desk.account_review import (
    CONFIRM_EVERY,
    TOLD_BEFORE,
    accounts_json,
    confirm,
    review_round,
    unconfirmed,
)
from integrations.desk.leaving import leave
from integrations.identity.accounts import begin_session, find_session
from integrations.kit import Kit
from integrations.settings import Settings
from integrations.store.staff import add_staff
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Role
from models.tables.ledger import Escalation
from models.tables.people import Staff
from tests.builders import NOW, a_followed_case, an_escalation

LATE = NOW + CONFIRM_EVERY


@pytest.fixture
def kit(kit: Kit) -> Kit:
    return replace(kit, settings=Settings(environment="production"))


@pytest.fixture
def second_caller(kit: Kit, staff: dict[str, Person]) -> str:
    with kit.transaction() as session:
        add_staff(session, email="two@example.org", name="Two", roles=[Role.POST_RELEASE_CALLER], now=NOW)
    return "two@example.org"


def states(kit: Kit, wall: datetime = LATE) -> dict[str, str]:
    return {one["email"]: one["state"] for one in accounts_json(kit, wall=wall)}


def test_what_nobody_confirms_is_told_before_and_suspended_after(
    kit: Kit, staff: dict[str, Person], session: Session
) -> None:
    soon = LATE - TOLD_BEFORE
    assert unconfirmed(session, wall=soon - timedelta(seconds=1)) == []
    assert "auditor@example.org" in unconfirmed(session, wall=soon)
    assert review_round(kit, now=NOW, wall=LATE - timedelta(seconds=1)) == {}
    with kit.transaction() as opened:
        token = begin_session(opened, staff["auditor"], now=LATE).token
    told = review_round(kit, now=NOW, wall=LATE)
    assert states(kit)["auditor@example.org"] == "suspended"
    assert find_session(session, token, now=LATE) is None
    assert sum(told.values()) == len(states(kit))


def test_nobody_is_put_out_of_reach(kit: Kit, staff: dict[str, Person]) -> None:
    review_round(kit, now=NOW, wall=LATE)
    kept = {email for email, state in states(kit).items() if state == "overdue"}
    assert {"supervisor@example.org", "admin@example.org"} <= kept
    assert "auditor@example.org" not in kept


def test_confirmed_account_stays_and_a_suspended_one_comes_back(
    kit: Kit, staff: dict[str, Person], session: Session
) -> None:
    review_round(kit, now=NOW, wall=LATE)
    done = confirm(kit, "auditor@example.org", staff["supervisor"], reason="still audits", wall=LATE)
    assert (done["state"], done["confirmed_at"]) == ("confirmed", LATE.isoformat())
    assert session.get_one(Staff, staff["auditor"].id).active
    review_round(kit, now=NOW, wall=LATE + CONFIRM_EVERY - timedelta(seconds=1))
    assert states(kit, LATE)["auditor@example.org"] == "confirmed"


def test_who_may_confirm_whom(kit: Kit, staff: dict[str, Person]) -> None:
    with pytest.raises(Refused, match="own"):
        confirm(kit, "supervisor@example.org", staff["supervisor"], reason="me", wall=NOW)
    with pytest.raises(Refused, match="supervisor"):
        confirm(kit, "cm@example.org", staff["cc"], reason="she works here", wall=NOW)
    with pytest.raises(BadInput):
        confirm(kit, "cm@example.org", staff["admin"], reason=" ", wall=NOW)
    leave(kit, "auditor@example.org", staff["admin"], reason="moved away", now=NOW)
    with pytest.raises(Refused, match="left"):
        confirm(kit, "auditor@example.org", staff["admin"], reason="back", wall=NOW)


def test_what_a_suspended_person_had_taken_is_handed_on(
    kit: Kit, staff: dict[str, Person], second_caller: str
) -> None:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        taken = an_escalation(
            session,
            case,
            state="acknowledged",
            owner=staff["caller"].id,
            acknowledged_at=NOW,
            policy_version="swb-2024r3",
        )
        taken_id = taken.id
    confirm(kit, second_caller, staff["admin"], reason="new", wall=LATE)
    review_round(kit, now=NOW, wall=LATE)
    assert states(kit)["caller@example.org"] == "suspended"
    with kit.transaction() as session:
        row = session.get_one(Escalation, taken_id)
        assert (row.owner, row.state) == (None, "open")


def test_sandbox_suspends_nobody(kit: Kit, staff: dict[str, Person]) -> None:
    sandbox = replace(kit, settings=Settings())
    assert review_round(sandbox, now=NOW, wall=LATE) == {}
