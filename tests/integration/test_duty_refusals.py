"""How a duty may not be born, or end: on which side, for whom, until when."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from followup.answers import parse_answers
from integrations.vault import Vault
from models.contacts import CallOutcome
from models.errors import BadInput
from models.facts import Person
from models.states import Party
from models.tables.ledger import HEARD_CHILD, SPOKEN_DUTIES
from tests.builders import (
    NOW,
    a_call_that_reached,
    a_case,
    a_followed_case,
    an_evidence,
    an_obligation,
)
from tests.refusals import refused


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


def sql(session: Session, statement: str, **values: Any) -> None:
    session.execute(text(statement), values)


# --- at its birth ---------------------------------------------------------------------------------


def test_a_vetting_duty_keeps_no_child_in_sight(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    with refused(session, "obligation_in_sight_is_followup"):
        an_obligation(session, case, side="vetting", in_sight=True)
    assert an_obligation(session, case, in_sight=True).in_sight


@pytest.mark.parametrize("kind", SPOKEN_DUTIES)
def test_a_duty_to_speak_is_never_one_of_vetting(session: Session, vault: Vault, kind: str) -> None:
    """There it could be waived."""
    case = a_case(session, vault)
    with refused(session, "obligation_spoken_is_followup"):
        an_obligation(session, case, side="vetting", kind=kind, party="child")
    assert an_obligation(session, case, side="followup", kind=kind, party="child").kind == kind


@pytest.mark.parametrize("party", ["sponsor", "case"])
def test_who_is_heard_alone_is_the_child(session: Session, vault: Vault, party: str) -> None:
    """Of anybody else, a talk with anybody else would settle it."""
    with refused(session, "obligation_hear_child_alone"):
        an_obligation(session, a_followed_case(session, vault), kind="hear_child_alone", party=party)


def test_nobody_owns_a_duty_for_ever(session: Session, vault: Vault) -> None:
    duty = an_obligation(session, a_followed_case(session, vault))
    for never in ("owned_until = 'infinity'", "due_at = 'infinity', owned_until = 'infinity'"):
        with refused(session, "obligation_window"):
            sql(session, f"UPDATE obligation SET {never} WHERE id = :id", id=duty.id)


# --- at its end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["settled", "waived", "void"])
def test_what_has_ended_says_when(
    session: Session, vault: Vault, staff: dict[str, Person], state: str
) -> None:
    case = a_case(session, vault)
    duty, evidence = an_obligation(session, case, side="vetting"), an_evidence(session, case)
    end = {
        "settled": "evidence_id = :evidence, evidence_kind = 'review', spoke_with = 'nobody'",
        "waived": "waived_by = :by, reason = 'policy 7'",
        "void": "by_closure = true, reason = 'withdrawn'",
    }[state]
    values = {"evidence": evidence.id, "by": staff["supervisor"].id}
    used = {name: value for name, value in values.items() if f":{name}" in end}
    change = f"UPDATE obligation SET state = '{state}', {end}, ended_at = :at WHERE id = :id"
    with refused(session, "obligation_ends_at_a_time"):
        sql(session, change, id=duty.id, at=None, **used)
    sql(session, change, id=duty.id, at=NOW, **used)


# --- the child was heard --------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(CallOutcome))
def test_a_call_with_the_child_is_one_in_which_the_child_was_heard(
    session: Session, vault: Vault, staff: dict[str, Person], outcome: CallOutcome
) -> None:
    case, caller = a_followed_case(session, vault), staff["caller"].id
    if outcome.value in HEARD_CHILD:
        assert (
            a_call_that_reached(session, case, "child", caller, outcome=outcome.value).spoke_with == "child"
        )
    else:
        with refused(session, "call_child_was_heard"):
            a_call_that_reached(session, case, "child", caller, outcome=outcome.value)


@pytest.mark.parametrize("outcome", list(CallOutcome))
@pytest.mark.parametrize("alone", [True, False])
def test_the_database_and_the_form_agree_on_when_the_child_was_heard(
    outcome: CallOutcome, alone: bool
) -> None:
    """What the form takes, the database takes; `alone` is part of two of the outcomes."""
    answers = json.dumps({"spoke_to": "child", "alone": alone}).encode()
    try:
        parse_answers(Party.CHILD, outcome, answers)
        taken = True
    except BadInput:
        taken = False
    not_so = {CallOutcome.REACHED_ALONE: False, CallOutcome.REACHED_NOT_ALONE: True}
    assert taken == (outcome.value in HEARD_CHILD and not_so.get(outcome) is not alone)
