"""Waivers and cleared findings that the database refuses."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from integrations.vault import Vault
from models.facts import Person
from tests.builders import NOW, a_finding, an_application
from tests.refusals import refused


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


def test_a_waiver_is_not_approved_by_its_proposer(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    application = an_application(session, vault)
    proposer, other = staff["cm"].id, staff["supervisor"].id
    waiver = text(
        "INSERT INTO waiver (id, application_id, item, subject, reason, proposed_by, proposed_at,"
        " approved_by, approved_at) VALUES (gen_random_uuid(), :application, 'proof_of_income', 'sponsor',"
        " 'policy 7', :proposer, :now, :approver, :approved_at)"
    )
    values = {"application": application.id, "proposer": proposer, "now": NOW}
    for approver, approved_at in ((proposer, NOW), (other, None)):
        with refused(session, "waiver_four_eyes"):
            session.execute(waiver, values | {"approver": approver, "approved_at": approved_at})
    session.execute(waiver, values | {"approver": other, "approved_at": NOW})


@pytest.mark.parametrize("missing", ["settled_by", "reason"])
def test_a_finding_is_not_cleared_without_person_and_reason(
    session: Session, vault: Vault, staff: dict[str, Person], missing: str
) -> None:
    values = {"state": "cleared", "settled_by": staff["cm"].id, "reason": "I looked"} | {missing: None}
    with refused(session, "finding_cleared_needs_person_and_reason"):
        a_finding(session, an_application(session, vault), **values)


def test_a_finding_that_blocks_is_not_cleared_by_a_word(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    with refused(session, "finding_cleared_needs_person_and_reason"):
        a_finding(
            session,
            an_application(session, vault),
            severity="block",
            state="cleared",
            settled_by=staff["cm"].id,
            reason="I looked",
        )
