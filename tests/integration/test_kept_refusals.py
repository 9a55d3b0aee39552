"""What was written stays: history, audit, evidence, and a duty as it was opened and as it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from integrations.store import ledger
from integrations.vault import Vault
from models.facts import Person
from models.tables.base import Row
from models.tables.ledger import Obligation
from models.tables.people import Case
from models.tables.vetting import Act, Application
from tests.builders import (
    DAY,
    NOW,
    a_call,
    a_call_that_reached,
    a_case,
    a_check,
    a_child,
    a_confirmation,
    a_consent,
    a_decision,
    a_finding,
    a_followed_case,
    a_message,
    a_number,
    a_recommendation,
    a_release,
    a_revision,
    a_waiver,
    a_welfare_call,
    an_application,
    an_attempt,
    an_escalation,
    an_evidence,
    an_inbound_text,
    an_obligation,
    save,
)
from tests.refusals import refused

BY = {"actor": "engine:test", "why": "test", "now": NOW}


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """Nothing here is committed, so one database is enough for all."""
    return shared_engine


def sql(session: Session, statement: str, **values: Any) -> None:
    session.execute(text(statement), values)


# --- a duty ---------------------------------------------------------------------------------------


def _settled(session: Session, duty: Obligation, case: Case, person: Person) -> None:
    ledger.settle(session, duty, an_evidence(session, case, by_staff=person.id), **BY)


def _void(session: Session, duty: Obligation, case: Case, person: Person) -> None:
    ledger.void_for(session, duty, an_obligation(session, case).id, **BY)


def _waived(session: Session, duty: Obligation, case: Case, person: Person) -> None:
    ledger.waive(session, duty, by=person.id, reason="policy 7", now=NOW)


@pytest.mark.parametrize("end", [_settled, _void, _waived])
def test_what_has_ended_stays_as_it_ended(
    session: Session, vault: Vault, staff: dict[str, Person], end: Callable[..., None]
) -> None:
    case = a_case(session, vault)
    duty, other = an_obligation(session, case, side="vetting"), an_obligation(session, case)
    end(session, duty, case, staff["supervisor"])
    for change in (
        "state = 'open', ended_at = NULL",
        "state = 'void', by_closure = true, reason = 'x'",
        f"successor_id = '{other.id}'",
        "evidence_id = NULL, evidence_kind = NULL, spoke_with = NULL",
        "reason = 'another one'",
        "due_at = due_at + interval '1 day', owned_until = owned_until + interval '1 day'",
        "in_sight = true",
    ):
        with refused(session, "has ended and stays as it is"):
            sql(session, f"UPDATE obligation SET {change} WHERE id = :id", id=duty.id)


@pytest.mark.parametrize(
    "change",
    [
        "case_id = :other",
        "side = 'vetting'",
        "kind = 'court_lookup'",
        "party = 'case'",
        "key = 'another'",
        "opens_at = opens_at - interval '1 day'",
        "in_sight = false",
    ],
)
def test_a_duty_stays_what_it_was_opened_as(session: Session, vault: Vault, change: str) -> None:
    duty, other = a_welfare_call(session, a_case(session, vault)), a_case(session, vault)
    values = {"id": duty.id} | ({"other": other.id} if ":other" in change else {})
    with refused(session, "stays what it was opened as"):
        sql(session, f"UPDATE obligation SET {change} WHERE id = :id", **values)
    with refused(session, "stays what it was opened as"):  # nor in the same breath as it ends
        sql(
            session,
            f"UPDATE obligation SET {change}, state = 'void', by_closure = true, reason = 'x' WHERE id = :id",
            **values,
        )


def test_a_duty_does_not_begin_to_keep_a_child_in_sight(session: Session, vault: Vault) -> None:
    duty = an_obligation(session, a_followed_case(session, vault))
    with refused(session, "stays what it was opened as"):
        sql(session, "UPDATE obligation SET in_sight = true WHERE id = :id", id=duty.id)


def test_an_open_duty_may_still_be_moved_to_another_day_or_queue(session: Session, vault: Vault) -> None:
    duty = a_welfare_call(session, a_case(session, vault))
    duty.due_at, duty.owned_until, duty.next_at = NOW + 8 * DAY, NOW + 12 * DAY, NOW
    duty.queue, duty.detail = "supervisor", {"asked_by": "child"}
    session.flush()
    session.refresh(duty)
    assert (duty.due_at, duty.queue) == (NOW + 8 * DAY, "supervisor")


# --- an escalation --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "acknowledged"])
@pytest.mark.parametrize("column", ["case_id", "reason", "key", "opened_at"])
def test_an_escalation_stays_what_it_was_opened_as(
    session: Session, vault: Vault, staff: dict[str, Person], column: str, state: str
) -> None:
    taken = {} if state == "open" else {"owner": staff["cm"].id, "acknowledged_at": NOW}
    alarm = an_escalation(session, a_case(session, vault), state=state, **taken)
    to = {"case_id": a_case(session, vault).id, "opened_at": NOW - DAY}.get(column, "another")
    with refused(session, "stays what it is"):
        sql(session, f"UPDATE escalation SET {column} = :to WHERE id = :id", to=to, id=alarm.id)


def test_an_open_escalation_may_still_climb_and_change_hands(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    alarm = an_escalation(session, a_case(session, vault))
    alarm.owner, alarm.state, alarm.acknowledged_at = staff["cm"].id, "acknowledged", NOW
    session.flush()
    alarm.owner, alarm.state, alarm.acknowledged_at = None, "open", None
    alarm.level, alarm.queue = 2, "supervisor"
    alarm.acknowledge_by, alarm.resolve_by, alarm.owned_until = NOW + DAY, NOW + 2 * DAY, NOW + 9 * DAY
    session.flush()
    session.refresh(alarm)
    assert (alarm.state, alarm.level, alarm.queue) == ("open", 2, "supervisor")


@pytest.mark.parametrize(
    "change",
    [
        "state = 'open'",
        "state = 'acknowledged', resolved_at = NULL, resolved_by = NULL, outcome = NULL",
        "outcome = 'another one'",
        "owner = :other",
        "resolved_by = :other",
        "resolved_at = resolved_at + interval '1 day'",
        "evidence_id = NULL, by_closure = true",
        "owned_until = owned_until + interval '1 day'",
        "level = 2",
    ],
)
def test_a_resolved_escalation_never_changes(
    session: Session, vault: Vault, staff: dict[str, Person], change: str
) -> None:
    case, owner = a_case(session, vault), staff["cm"].id
    alarm = an_escalation(
        session,
        case,
        state="resolved",
        owner=owner,
        acknowledged_at=NOW,
        resolved_by=owner,
        resolved_at=NOW,
        outcome="reached",
        evidence_id=an_evidence(session, case).id,
    )
    values = {"id": alarm.id} | ({"other": staff["supervisor"].id} if ":other" in change else {})
    with refused(session, "stays what it is"):
        sql(session, f"UPDATE escalation SET {change} WHERE id = :id", **values)


# --- a person's call ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "to"),
    [
        ("case_id", None),  # another child's
        ("called_by", None),  # somebody else
        ("party", "sponsor"),
        ("state", "due"),
        ("outcome", "no_answer"),
        ("outcome", None),
        ("spoke_with", "sponsor"),
        ("spoke_with", "nobody"),
        ("simulated", True),
        ("at", NOW - DAY),
    ],
)
def test_what_a_person_wrote_of_a_call_is_not_rewritten(
    session: Session, vault: Vault, staff: dict[str, Person], column: str, to: Any
) -> None:
    call = a_call_that_reached(session, a_followed_case(session, vault), "child", staff["caller"].id)
    if column == "case_id":
        to = a_followed_case(session, vault).id
    elif column == "called_by":
        to = staff["cm"].id
    with refused(session, "stays as it was written"):
        sql(session, f"UPDATE call SET {column} = :to WHERE id = :id", to=to, id=call.id)


def test_a_call_in_which_nobody_was_reached_is_not_rewritten_into_one(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    rung = {"state": "done", "outcome": "no_answer", "called_by": staff["caller"].id, "at": NOW}
    call = a_call(session, a_followed_case(session, vault), **rung)
    with refused(session, "stays as it was written"):
        sql(
            session,
            "UPDATE call SET outcome = 'reached_alone', spoke_with = 'child' WHERE id = :id",
            id=call.id,
        )


def test_a_persons_call_does_not_become_a_machines(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    """As a machine's it could be written anew, and then be a person's again."""
    rung = {"state": "done", "outcome": "no_answer", "called_by": staff["caller"].id, "at": NOW}
    call = a_call(session, a_followed_case(session, vault), **rung)
    with refused(session, "stays as it was written"):
        sql(session, "UPDATE call SET kind = 'automated' WHERE id = :id", id=call.id)


def test_a_call_that_was_planned_is_written_once_it_was_made(
    session: Session, vault: Vault, staff: dict[str, Person]
) -> None:
    call = a_call(session, a_followed_case(session, vault))
    call.state, call.outcome, call.spoke_with = "done", "reached_alone", "child"
    call.called_by, call.at = staff["caller"].id, NOW
    session.flush()
    machine = a_call(session, a_followed_case(session, vault), kind="automated", state="done", at=NOW)
    machine.outcome = "no_answer"  # a late word of the provider's
    session.flush()
    session.refresh(machine)
    assert (call.spoke_with, machine.outcome) == ("child", "no_answer")


# --- rows -----------------------------------------------------------------------------------------

KEPT = ("history", "audit_entry", "audit_block", "consent", "evidence", "application_revision")


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_written_is_never_changed(session: Session, vault: Vault, table: str, change: str) -> None:
    _one_row_of_each(session, vault)
    assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 1
    with refused(session, f"rows of {table} are kept as they were written"):
        sql(session, change.format(table))
    assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 1


def _one_row_of_each(session: Session, vault: Vault) -> None:
    application = an_application(session, vault)
    a_revision(session, vault, application)
    a_consent(session, a_number(session, vault, application))
    an_evidence(session, a_case(session, vault))
    one = {"id": application.id, "now": NOW}
    sql(
        session,
        "INSERT INTO history (noun, row_id, new, actor, why, at)"
        " VALUES ('application', :id, 'submitted', 'cli', 'test', :now)",
        **one,
    )
    sql(
        session,
        "INSERT INTO audit_entry (at, actor, act, noun, row_id, count)"
        " VALUES (:now, 'cli', 'show', 'application', :id, 1)",
        **one,
    )
    sql(
        session,
        "INSERT INTO audit_block (number, first_seq, last_seq, count, digest, previous_head, head, at)"
        " VALUES (1, 1, 1, 1, '', '', '', :now)",
        now=NOW,
    )


@pytest.mark.parametrize("table", ["obligation", "escalation"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_duty_or_an_escalation_is_never_removed(
    session: Session, vault: Vault, table: str, change: str
) -> None:
    case = a_case(session, vault)
    an_obligation(session, case)
    an_escalation(session, case)
    with refused(session, f"rows of {table} are kept as they were written"):
        sql(session, change.format(table))


NOT_REMOVED: dict[str, Callable[[Session, Vault, Application, UUID], Row]] = {
    "act": lambda session, vault, of, by: save(
        session, Act(case_id=of.case_id, staff_id=by, role="case_manager", at=NOW)
    ),
    "application": lambda session, vault, of, by: of,
    "attempt": lambda session, vault, of, by: an_attempt(
        session, an_obligation(session, a_case(session, vault))
    ),
    "background_check": lambda session, vault, of, by: a_check(session, of),
    "call": lambda session, vault, of, by: a_call(session, a_case(session, vault)),
    "child": lambda session, vault, of, by: a_child(session, vault),
    "child_case": lambda session, vault, of, by: a_case(session, vault),
    "confirmation": lambda session, vault, of, by: a_confirmation(session, vault, of),
    "decision": lambda session, vault, of, by: a_decision(session, of, by),
    "finding": lambda session, vault, of, by: a_finding(session, of),
    "inbound_text": lambda session, vault, of, by: an_inbound_text(session, vault),
    "message": lambda session, vault, of, by: a_message(session, a_number(session, vault, of)),
    "recommendation": lambda session, vault, of, by: a_recommendation(session, of, by),
    "release": lambda session, vault, of, by: a_release(session, of, by),
    "waiver": lambda session, vault, of, by: a_waiver(session, of, by),
}


@pytest.mark.parametrize("table", NOT_REMOVED)
def test_what_happened_is_never_removed(
    session: Session, vault: Vault, staff: dict[str, Person], table: str
) -> None:
    row = NOT_REMOVED[table](session, vault, an_application(session, vault), staff["cm"].id)
    assert row.__tablename__ == table
    with refused(session, f"rows of {table} are kept as they were written"):
        sql(session, f"DELETE FROM {table} WHERE id = :id", id=row.id)
    count = session.execute(text(f"SELECT count(*) FROM {table} WHERE id = :id"), {"id": row.id})
    assert count.scalar_one() == 1


@pytest.mark.parametrize("around", ["child_case", "application", "staff", "obligation, attempt, escalation"])
def test_the_ledger_is_not_emptied_by_way_of_another_table(
    session: Session, vault: Vault, around: str
) -> None:
    an_escalation(session, a_case(session, vault))
    with refused(session, "are kept as they were written"):
        sql(session, f"TRUNCATE {around} CASCADE")


def test_nobody_writes_the_number_of_a_line_of_history(session: Session, vault: Vault) -> None:
    _one_row_of_each(session, vault)
    with pytest.raises(DBAPIError, match="non-DEFAULT"), session.begin_nested():
        sql(
            session,
            "INSERT INTO history (seq, noun, row_id, new, actor, why, at)"
            " SELECT 0, noun, row_id, new, actor, why, at FROM history",
        )
