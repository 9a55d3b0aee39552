"""How a case may not be closed, followed or taken back, whoever writes it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from integrations.vault import Vault
from models.facts import Person
from models.states import CLOSURES_FOR_FOUR_EYES, ClosureReason
from tests.builders import NOW, a_followed_case
from tests.refusals import refused


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


def sql(session: Session, statement: str, **values: Any) -> None:
    session.execute(text(statement), values)


@pytest.mark.parametrize("missing", ["closure_reason", "closed_by", "closed_at"])
def test_a_case_is_not_closed_without_reason_and_person(
    session: Session, vault: Vault, staff: dict[str, Person], missing: str
) -> None:
    case = a_followed_case(session, vault)
    values = {"closure_reason": "turned_18", "closed_by": staff["cm"].id, "closed_at": NOW} | {missing: None}
    with refused(session, "case_closed_needs_reason_and_person"):
        sql(
            session,
            "UPDATE child_case SET state = 'closed', closure_reason = :closure_reason,"
            " closed_by = :closed_by, closed_at = :closed_at WHERE id = :id",
            id=case.id,
            **values,
        )


@pytest.mark.parametrize(
    "missing", ["released_at", "followup_policy", "last_contact_at", "max_silence_days", "zone"]
)
@pytest.mark.parametrize("state", ["in_follow_up", "lost_contact"])
def test_a_followed_child_has_a_plan(session: Session, vault: Vault, state: str, missing: str) -> None:
    with refused(session, "case_followed_needs_plan"):
        a_followed_case(session, vault, state=state, **{missing: None})


# --- a released child is not taken out of follow-up -----------------------------------------------


@pytest.mark.parametrize("state", ["in_follow_up", "lost_contact", "closed"])
def test_a_released_case_does_not_go_back_to_care(
    session: Session, vault: Vault, staff: dict[str, Person], state: str
) -> None:
    closed = {"closure_reason": "returned_to_custody", "closed_by": staff["cm"].id, "closed_at": NOW}
    case = a_followed_case(session, vault, state=state, **(closed if state == "closed" else {}))
    for back in (
        "state = 'in_care'",
        "state = 'in_care', released_at = NULL",  # nor as if it had never been released
        "state = 'closed', closure_reason = 'moved_provider', closed_by = :by, closed_at = :now,"
        " released_at = NULL",
    ):
        with refused(session, "has been released and stays so"):
            values = {"by": staff["cm"].id, "now": NOW} if ":by" in back else {}
            sql(session, f"UPDATE child_case SET {back} WHERE id = :id", id=case.id, **values)
    with refused(session, "case_released_is_followed"):
        a_followed_case(session, vault, state="in_care")


# --- four eyes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("proposer", [None, "supervisor"])
def test_contact_is_not_lost_by_one_persons_word(
    session: Session, vault: Vault, staff: dict[str, Person], proposer: str | None
) -> None:
    closed = {"state": "closed", "closed_by": staff["supervisor"].id, "closed_at": NOW}
    lost = closed | {"closure_reason": "lost_contact", "closure_proposed": "lost_contact"}
    with refused(session, "case_lost_contact_four_eyes"):
        alone = staff[proposer].id if proposer else None
        a_followed_case(session, vault, **lost, closure_proposed_by=alone)
    case = a_followed_case(session, vault, **lost, closure_proposed_by=staff["cm"].id)
    with refused(session, "case_lost_contact_four_eyes"):  # nor are the other eyes taken away afterwards
        sql(session, "UPDATE child_case SET closure_proposed_by = NULL WHERE id = :id", id=case.id)
    with refused(session, "case_lost_contact_four_eyes"):
        sql(session, "UPDATE child_case SET closed_by = closure_proposed_by WHERE id = :id", id=case.id)


@pytest.mark.parametrize("proposed", [None, "turned_18"])
def test_what_two_people_agreed_on_is_that_contact_is_lost(
    session: Session, vault: Vault, staff: dict[str, Person], proposed: str | None
) -> None:
    """A proposal of something else, or of nothing that is written down, is no second voice."""
    closed = {"state": "closed", "closure_reason": "lost_contact", "closed_at": NOW}
    two = {"closed_by": staff["supervisor"].id, "closure_proposed_by": staff["cm"].id}
    with refused(session, "case_lost_contact_four_eyes"):
        a_followed_case(session, vault, **closed, **two, closure_proposed=proposed)


@pytest.mark.parametrize("reason", [r for r in ClosureReason if r not in CLOSURES_FOR_FOUR_EYES])
def test_the_other_reasons_need_one_person(
    session: Session, vault: Vault, staff: dict[str, Person], reason: ClosureReason
) -> None:
    case = a_followed_case(
        session,
        vault,
        state="closed",
        closure_reason=reason.value,
        closed_by=staff["supervisor"].id,
        closed_at=NOW,
    )
    assert case.closure_proposed_by is None


def test_the_reasons_for_four_eyes_are_the_databases() -> None:
    """A reason that is added to the set needs its CHECK."""
    assert {ClosureReason.LOST_CONTACT} == CLOSURES_FOR_FOUR_EYES
