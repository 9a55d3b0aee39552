"""Waivers, cleared findings, second releases, merges and interviews that the database refuses."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from integrations.vault import Vault
from models.facts import Person
from models.tables.base import Sealed
from models.tables.linkage import Interview, PersonMerge
from tests.builders import NOW, a_case, a_finding, a_release, an_application, save
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


def test_of_rival_applications_for_one_child_one_alone_is_released(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    case = a_case(session, vault)
    first, rival = an_application(session, vault, case), an_application(session, vault, case)
    a_release(session, first, staff["cm"].id)
    with refused(session, "release_case_id_key"):
        a_release(session, rival, staff["cm"].id)
    with refused(session, "release_application_id_key"):
        a_release(session, first, staff["cm"].id, case_id=a_case(session, vault).id)


def test_a_merge_needs_two_people_two_applications_and_a_reason_to_be_undone(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    one, other = sorted((an_application(session, vault), an_application(session, vault)), key=lambda a: a.id)
    first, second = staff["integrity"].id, staff["supervisor"].id
    sound = {
        "one_application_id": one.id,
        "other_application_id": other.id,
        "one_sponsor_id": one.sponsor_id,
        "other_sponsor_id": other.sponsor_id,
        "reason": "x",
        "proposed_by": first,
        "proposed_at": NOW,
    }
    for change, rule in (
        ({"approved_by": first, "approved_at": NOW}, "person_merge_four_eyes"),
        ({"approved_by": second}, "person_merge_four_eyes"),
        ({"undone_by": first, "undone_at": NOW}, "person_merge_undone_with_reason"),
        ({"other_application_id": one.id}, "person_merge_in_order"),
    ):
        with refused(session, rule):
            save(session, PersonMerge(**(sound | change)))
    undone = {"undone_by": first, "undone_at": NOW, "undone_reason": "x"}
    save(session, PersonMerge(**(sound | undone)))
    save(session, PersonMerge(**sound))
    with refused(session, "person_merge_once"):
        save(session, PersonMerge(**sound))


def test_of_a_talk_with_a_child_it_is_said_whether_it_was_alone(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    told = {
        "application_id": an_application(session, vault).id,
        "question_set": "l5-2026-02",
        "sealed_answers": Sealed(b"x"),
        "recorded_by": staff["cm"].id,
        "at": NOW,
    }
    with refused(session, "interview_child_alone_or_not"):
        save(session, Interview(party="child", **told))
    with refused(session, "interview_party_known"):
        save(session, Interview(party="uncle", **told))
