"""The worst mistakes, planted by raw SQL and through the store: the database itself refuses each."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from integrations.store import ledger
from integrations.vault import Vault
from models.errors import Refused
from models.facts import Duty, Person
from models.states import Party
from models.tables.ledger import Evidence, Obligation
from tests.builders import (
    DAY,
    NOW,
    a_call,
    a_call_that_reached,
    a_case,
    a_followed_case,
    a_message,
    a_number,
    a_welfare_call,
    an_application,
    an_escalation,
    an_evidence,
    an_obligation,
)
from tests.refusals import refused

BY = {"actor": "engine:test", "why": "test", "now": NOW}


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


def sql(session: Session, statement: str, **values: Any) -> None:
    session.execute(text(statement), values)


def settle(session: Session, duty: Obligation, evidence: Evidence) -> None:
    ledger.settle(session, duty, evidence, **BY)


# --- a settled duty has evidence, and a child is heard by a person --------------------------------


def test_a_duty_is_not_settled_without_evidence(session: Session, vault: Vault) -> None:
    duty = an_obligation(session, a_case(session, vault))
    with refused(session, "obligation_settled_needs_evidence"):
        sql(
            session,
            "UPDATE obligation SET state = 'settled', ended_at = :now WHERE id = :id",
            id=duty.id,
            now=NOW,
        )


def test_a_duty_is_not_settled_by_evidence_that_does_not_exist(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    duty, nowhere = an_obligation(session, case), UUID(int=1)
    never_saved = Evidence(id=nowhere, case_id=case.id, kind="check", row_id=case.id, actor="x", at=NOW)
    with refused(session, "obligation_evidence"):
        settle(session, duty, never_saved)


def test_evidence_cannot_be_called_what_it_is_not(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    review = an_evidence(session, case)
    duty = a_welfare_call(session, case)
    with refused(session, "obligation_evidence"):
        sql(
            session,
            "UPDATE obligation SET state = 'settled', evidence_id = :evidence, evidence_kind = 'call',"
            " spoke_with = 'child', ended_at = :now WHERE id = :id",
            id=duty.id,
            evidence=review.id,
            now=NOW,
        )


@pytest.mark.parametrize("kind", ["welfare_call", "sight_check", "hear_child_alone"])
@pytest.mark.parametrize("evidence", ["message", "review", "hearing"])
def test_what_is_not_a_call_does_not_settle_a_duty_to_speak(
    session: Session, vault: Vault, kind: str, evidence: str
) -> None:
    case = a_followed_case(session, vault)
    duty = a_welfare_call(session, case, kind=kind)
    with refused(session, "obligation_spoken_needs_call"):
        settle(session, duty, an_evidence(session, case, kind=evidence))


def test_a_delivered_text_does_not_settle_a_childs_welfare_call(session: Session, vault: Vault) -> None:
    case = a_followed_case(session, vault)
    number = a_number(session, vault, an_application(session, vault, case))
    duty = a_welfare_call(session, case)
    text_sent = a_message(session, number, obligation_id=duty.id, state="delivered")
    with refused(session, "obligation_spoken_needs_call"):
        settle(session, duty, an_evidence(session, case, kind="message", row_id=text_sent.id))


def test_a_keypress_is_nobody_spoken_to(session: Session, vault: Vault, staff: dict[str, Person]) -> None:
    case = a_followed_case(session, vault)
    call = a_call(session, case, kind="automated", state="done", outcome="reached_alone", digits="1")
    with refused(session, "call_spoke_needs_a_person"):
        sql(
            session,
            "UPDATE call SET spoke_with = 'child', called_by = :who WHERE id = :id",
            id=call.id,
            who=staff["caller"].id,
        )
    with refused(session, "evidence_call"):
        an_evidence(session, case, kind="call", call_id=call.id, spoke_with="child")
    with refused(session, "evidence_call_spoke"):
        an_evidence(session, case, kind="call", call_id=call.id, spoke_with="nobody")


def test_a_call_with_the_sponsor_does_not_settle_the_childs(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    case = a_followed_case(session, vault)
    call = a_call_that_reached(session, case, "sponsor", staff["caller"].id)
    heard = an_evidence(session, case, kind="call", call_id=call.id, spoke_with="sponsor")
    child, sponsor = a_welfare_call(session, case), a_welfare_call(session, case, party="sponsor")
    with refused(session, "obligation_spoken_needs_call"):
        settle(session, child, heard)
    with refused(session, "evidence_call"):
        an_evidence(session, case, kind="call", call_id=call.id, spoke_with="child")
    settle(session, sponsor, heard)
    assert sponsor.state == "settled"


def test_a_persons_call_with_the_child_settles_the_childs(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    case = a_followed_case(session, vault)
    call = a_call_that_reached(session, case, "child", staff["caller"].id)
    duty = a_welfare_call(session, case)
    settle(session, duty, an_evidence(session, case, kind="call", call_id=call.id, spoke_with="child"))
    assert duty.state == "settled"
    with refused(session, "stays as it was written"):  # who spoke can't be said otherwise afterwards
        sql(session, "UPDATE call SET spoke_with = 'sponsor' WHERE id = :id", id=call.id)


def test_another_childs_call_settles_nothing_here(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    other = a_followed_case(session, vault)
    call = a_call_that_reached(session, other, "child", staff["caller"].id)
    duty = a_welfare_call(session, a_followed_case(session, vault))
    with refused(session, "obligation_evidence"):
        settle(session, duty, an_evidence(session, other, kind="call", call_id=call.id, spoke_with="child"))


def test_another_childs_call_is_no_evidence_here(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    case, other = a_followed_case(session, vault), a_followed_case(session, vault)
    call = a_call_that_reached(session, other, "child", staff["caller"].id)
    with refused(session, "evidence_call"):
        an_evidence(session, case, kind="call", call_id=call.id, spoke_with="child")
    an_evidence(session, other, kind="call", call_id=call.id, spoke_with="child")
    with refused(session, "stays as it was written"):  # nor is the call given to this child afterwards
        sql(session, "UPDATE call SET case_id = :case WHERE id = :id", id=call.id, case=case.id)


@pytest.mark.parametrize("kind", ["review", "message", "check", "document", "decision", "release", "hearing"])
def test_another_childs_papers_settle_nothing_here(session: Session, vault: Vault, kind: str) -> None:
    duty, other = an_obligation(session, a_case(session, vault)), a_case(session, vault)
    with refused(session, "obligation_evidence"):
        settle(session, duty, an_evidence(session, other, kind=kind))


@pytest.mark.parametrize(
    ("kind", "party"),
    [
        *itertools.product(["welfare_call", "sight_check"], ["child", "sponsor", "case"]),
        ("hear_child_alone", "child"),  # with no other party does it open: see test_duty_refusals
    ],
)
@pytest.mark.parametrize("spoke_with", ["child", "sponsor", "other"])
def test_a_duty_to_speak_with_one_is_settled_by_speaking_with_that_one(
    session: Session, vault: Vault, staff: dict[str, Person], party: str, spoke_with: str, kind: str
) -> None:
    case = a_followed_case(session, vault)
    call = a_call_that_reached(session, case, spoke_with, staff["caller"].id)
    spoken = an_evidence(session, case, kind="call", call_id=call.id, spoke_with=spoke_with)
    duty = a_welfare_call(session, case, kind=kind, party=party)
    if party in ("case", spoke_with):
        settle(session, duty, spoken)
        assert duty.state == "settled"
    else:
        with refused(session, "obligation_spoken_needs_call"):
            settle(session, duty, spoken)


@pytest.mark.parametrize("missing", ["called_by", "outcome"])
def test_a_call_in_which_somebody_spoke_names_caller_and_outcome(
    session: Session, vault: Vault, staff: dict[str, Person], missing: str
) -> None:
    with refused(session, "call_spoke_needs_a_person"):
        a_call_that_reached(session, a_case(session, vault), "child", staff["caller"].id, **{missing: None})


def test_a_review_names_its_person(session: Session, vault: Vault) -> None:
    with refused(session, "evidence_review_needs_person"):
        an_evidence(session, a_case(session, vault), by_staff=None)


def test_evidence_points_at_something(session: Session, vault: Vault) -> None:
    with refused(session, "evidence_names_a_row"):
        an_evidence(session, a_case(session, vault), kind="check", row_id=None)


# --- waivers, voids, closures ---------------------------------------------------------------------


def test_a_follow_up_duty_is_never_waived(session: Session, vault: Vault, staff: dict[str, Person]) -> None:
    duty = an_obligation(session, a_case(session, vault))
    with refused(session, "obligation_waived_only_in_vetting"):
        ledger.waive(session, duty, by=staff["supervisor"].id, reason="no time", now=NOW)


@pytest.mark.parametrize("missing", ["waived_by", "reason"])
def test_a_vetting_duty_is_waived_by_a_person_with_a_reason(
    session: Session, vault: Vault, staff: dict[str, Person], missing: str
) -> None:
    duty = an_obligation(session, a_case(session, vault), side="vetting")
    values = {"waived_by": staff["supervisor"].id, "reason": "policy 7"} | {missing: None}
    with refused(session, "obligation_waived_only_in_vetting"):
        sql(
            session,
            "UPDATE obligation SET state = 'waived', waived_by = :waived_by, reason = :reason,"
            " ended_at = :now WHERE id = :id",
            id=duty.id,
            now=NOW,
            **values,
        )
    ledger.waive(session, duty, by=staff["supervisor"].id, reason="policy 7", now=NOW)
    assert duty.state == "waived"


def test_a_void_duty_names_its_successor_or_the_closure(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    duty = an_obligation(session, case)
    for columns in ("reason = 'x'", "by_closure = true"):
        with refused(session, "obligation_void_names_successor_or_closure"):
            sql(
                session,
                f"UPDATE obligation SET state = 'void', {columns}, ended_at = :now WHERE id = :id",
                id=duty.id,
                now=NOW,
            )
    with refused(session, "obligation_successor"):
        ledger.void_for(session, duty, UUID(int=1), **BY)


def test_another_childs_duty_is_no_successor(session: Session, vault: Vault) -> None:
    duty = an_obligation(session, a_case(session, vault))
    other = an_obligation(session, a_case(session, vault))
    with refused(session, "obligation_successor"):
        ledger.void_for(session, duty, other.id, **BY)


def test_a_duty_is_not_its_own_successor(session: Session, vault: Vault) -> None:
    duty = an_obligation(session, a_case(session, vault))
    with refused(session, "obligation_not_its_own_successor"):
        ledger.void_for(session, duty, duty.id, **BY)


def test_a_duty_ends_once(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    duty, other = an_obligation(session, case), an_obligation(session, case)
    ledger.void_for(session, duty, other.id, **BY)
    with pytest.raises(Refused, match="not_open"):
        ledger.void_by_closure(session, [duty], **BY)


# --- one of each ----------------------------------------------------------------------------------


def test_two_open_duties_never_share_a_key(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    first = an_obligation(session, case, key="day-7")
    with refused(session, "obligation_one_open"):
        an_obligation(session, case, key="day-7")
    same = Duty("court_lookup", Party.CASE, "day-7", NOW, NOW + DAY, "caller", "T.1", "followup-2026")
    assert ledger.open_duties(session, case.id, [same], **BY) == []
    ledger.void_for(session, first, an_obligation(session, case).id, **BY)
    assert len(ledger.open_duties(session, case.id, [same], **BY)) == 1


# --- escalations ----------------------------------------------------------------------------------


def test_an_escalation_is_not_taken_by_nobody(session: Session, vault: Vault) -> None:
    alarm = an_escalation(session, a_case(session, vault))
    with refused(session, "escalation_taken_needs_owner"):
        sql(
            session,
            "UPDATE escalation SET state = 'acknowledged', acknowledged_at = :now WHERE id = :id",
            id=alarm.id,
            now=NOW,
        )


@pytest.mark.parametrize("missing", ["resolved_by", "outcome", "resolved_at", "evidence_id"])
def test_an_escalation_cannot_just_close(
    session: Session, vault: Vault, staff: dict[str, Person], missing: str
) -> None:
    case, owner = a_case(session, vault), staff["cm"].id
    alarm = an_escalation(session, case, state="acknowledged", owner=owner, acknowledged_at=NOW)
    values = {
        "resolved_by": owner,
        "outcome": "reached",
        "resolved_at": NOW,
        "evidence_id": an_evidence(session, case).id,
    }
    resolve = text(
        "UPDATE escalation SET state = 'resolved', resolved_by = :resolved_by, outcome = :outcome,"
        " resolved_at = :resolved_at, evidence_id = :evidence_id WHERE id = :id"
    )
    with refused(session, "escalation_cannot_just_close"):
        session.execute(resolve, {"id": alarm.id} | values | {missing: None})
    session.execute(resolve, {"id": alarm.id} | values)


@pytest.mark.parametrize("into", ["evidence_id", "successor_id"])
def test_an_escalation_is_resolved_into_nothing_of_another_child(
    session: Session, vault: Vault, staff: dict[str, Person], into: str
) -> None:
    case, other, owner = a_case(session, vault), a_case(session, vault), staff["cm"].id
    alarm = an_escalation(session, case, state="acknowledged", owner=owner, acknowledged_at=NOW)
    make = {"evidence_id": an_evidence, "successor_id": an_obligation}[into]
    resolve = (
        "UPDATE escalation SET state = 'resolved', resolved_by = :owner, outcome = 'reached',"
        f" resolved_at = :now, {into} = :into WHERE id = :id"
    )
    values = {"id": alarm.id, "owner": owner, "now": NOW}
    with refused(session, f"escalation_{into.removesuffix('_id')}"):
        sql(session, resolve, into=make(session, other).id, **values)
    sql(session, resolve, into=make(session, case).id, **values)


def test_one_worry_is_one_open_escalation(session: Session, vault: Vault) -> None:
    case = a_case(session, vault)
    an_escalation(session, case, key="day-7")
    with refused(session, "escalation_one_open"):
        an_escalation(session, case, key="day-7")
