"""A case that closes leaves nothing of its follow-up open: looked at when the transaction commits."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from integrations.store import ledger
from integrations.store.history import move
from integrations.vault import Vault
from models.facts import Person
from models.states import CASE_MOVES, CaseState
from models.tables.ledger import Escalation, Obligation
from models.tables.people import Case
from tests.builders import (
    NOW,
    a_case,
    a_followed_case,
    a_welfare_call,
    an_escalation,
    an_obligation,
)
from tests.refusals import refused_at_commit

BY = {"actor": "engine:test", "why": "test", "now": NOW}
LEFT_OPEN = "closes with something still open"


def _close(session: Session, case: Case, staff: dict[str, Person]) -> None:
    case.closure_reason, case.closed_by, case.closed_at = "turned_18", staff["cm"].id, NOW
    move(session, case, CaseState.CLOSED, CASE_MOVES, **BY)
    session.flush()


def _end(session: Session, alarm: Escalation, staff: dict[str, Person]) -> None:
    alarm.state, alarm.outcome, alarm.by_closure = "resolved", "case closed", True
    alarm.owner = alarm.resolved_by = staff["cm"].id
    alarm.acknowledged_at = alarm.resolved_at = NOW
    session.flush()


@pytest.mark.parametrize("in_sight", [True, False])
@pytest.mark.parametrize("state", ["in_follow_up", "lost_contact"])
def test_a_case_does_not_close_over_an_open_duty(
    session: Session, vault: Vault, staff: dict[str, Person], state: str, in_sight: bool
) -> None:
    case = a_followed_case(session, vault, state=state)
    first, left = a_welfare_call(session, case), an_obligation(session, case, in_sight=in_sight)
    session.commit()
    with refused_at_commit(session, LEFT_OPEN):
        _close(session, case, staff)
        ledger.void_by_closure(session, [first], **BY)
    assert session.get_one(Case, case.id).state == state
    assert session.get_one(Obligation, left.id).state == "open"


@pytest.mark.parametrize("taken", [True, False])
def test_a_case_does_not_close_over_an_open_escalation(
    session: Session, vault: Vault, staff: dict[str, Person], taken: bool
) -> None:
    owner = {"state": "acknowledged", "owner": staff["cm"].id, "acknowledged_at": NOW} if taken else {}
    case = a_followed_case(session, vault)
    alarm = an_escalation(session, case, **owner)
    session.commit()
    with refused_at_commit(session, LEFT_OPEN):
        _close(session, case, staff)
    assert session.get_one(Escalation, alarm.id).state != "resolved"


def test_a_case_whose_duties_and_escalations_end_with_it_closes(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    """In either order: it is the end of the transaction that counts."""
    case = a_followed_case(session, vault)
    duty, alarm = a_welfare_call(session, case), an_escalation(session, case)
    session.commit()
    ledger.void_by_closure(session, [duty], **BY)
    _close(session, case, staff)
    _end(session, alarm, staff)
    session.commit()
    assert session.get_one(Case, case.id).state == "closed"


def test_a_case_in_care_closes_while_its_applications_are_wound_up(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    case = a_case(session, vault)
    an_obligation(session, case, side="vetting", kind="obtain_document")
    session.commit()
    _close(session, case, staff)
    session.commit()
    assert session.get_one(Case, case.id).state == "closed"


def test_a_case_in_care_does_not_close_over_a_duty_of_follow_up(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    case = a_case(session, vault)
    an_obligation(session, case)
    session.commit()
    with refused_at_commit(session, LEFT_OPEN):
        _close(session, case, staff)


def test_help_that_is_asked_for_after_the_closure_is_still_heard(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    """An escalation may open on a closed case, and the case may be followed again with it."""
    case = a_followed_case(session, vault)
    session.commit()
    _close(session, case, staff)
    session.commit()
    an_escalation(session, case, reason="help_after_closure")
    session.commit()
    case.closure_reason = case.closed_by = case.closed_at = None
    move(session, case, CaseState.IN_FOLLOW_UP, CASE_MOVES, **BY)
    session.commit()
    assert session.get_one(Case, case.id).state == "in_follow_up"
