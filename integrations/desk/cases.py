"""Closing and reopening a case: with a reason and a person, and for a lost contact with two."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import policy_of
from integrations.desk.messages import move_message
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import (
    CASE_MOVES,
    CLOSURES_FOR_A_SUPERVISOR,
    CLOSURES_FOR_FOUR_EYES,
    CaseState,
    ClosureReason,
    EscalationState,
    MessageState,
    Role,
)
from models.tables.ledger import Call, Escalation, Message
from models.tables.people import Case


def close_case(kit: Kit, case_key: str, person: Person, *, reason: str, note: str, now: datetime) -> UUID:
    """The case is closed, or for a lost contact proposed by one supervisor and closed by a second person.

    Raises:
        BadInput: not one of the fixed reasons. Refused: wrong role, or a second person is needed.
    """
    closure = _closure(reason)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state == CaseState.CLOSED:
            raise Refused("already_closed", "this case is closed already")
        needed = (
            (Role.SUPERVISOR,)
            if closure in CLOSURES_FOR_A_SUPERVISOR
            else (Role.CASE_MANAGER, Role.SUPERVISOR)
        )
        if closure in CLOSURES_FOR_FOUR_EYES and case.closure_proposed == closure.value:
            needed = (Role.SUPERVISOR, Role.FEDERAL_FIELD_SPECIALIST)
        role = require_role(person, *needed)
        record_act(session, case.id, person, role, now=now)
        if closure in CLOSURES_FOR_FOUR_EYES and not _second_voice(session, case, closure, person, note, now):
            return case.id
        _close(session, case, closure, person, note, now)
        return case.id


def _closure(reason: str) -> ClosureReason:
    try:
        return ClosureReason(reason)
    except ValueError:
        words = ", ".join(r.value for r in ClosureReason)
        raise BadInput(
            Problem(
                "--reason", "wrong_value", "This is not a reason to close a case.", f"Use one of: {words}."
            )
        ) from None


def _second_voice(
    session: Session, case: Case, closure: ClosureReason, person: Person, note: str, now: datetime
) -> bool:
    """False when this is the first of the two voices."""
    if case.closure_proposed != closure.value or case.closure_proposed_by is None:
        case.closure_proposed, case.closure_proposed_by = closure.value, person.id
        session.add(case)
        history.record(
            session,
            case,
            old=case.state,
            new=f"closure proposed: {closure.value}",
            actor=str(person.id),
            why=note,
            now=now,
        )
        return False
    if case.closure_proposed_by == person.id:
        raise Refused(
            "four_eyes",
            "you proposed this closure; another person must confirm it",
            ["another supervisor or a federal field specialist"],
        )
    return True


def _close(
    session: Session, case: Case, closure: ClosureReason, person: Person, note: str, now: datetime
) -> None:
    case.closed_at, case.closed_by, case.closure_reason = now, person.id, closure.value
    why = f"{closure.value}: {note}" if note else closure.value
    history.move(session, case, CaseState.CLOSED, CASE_MOVES, actor=str(person.id), why=why, now=now)
    session.flush()
    for call in session.scalars(select(Call).where(col(Call.case_id) == case.id, col(Call.state) == "due")):
        call.state = "cancelled"
        session.add(call)
    ledger.void_by_closure(session, ledger.open_of(session, case.id), actor=str(person.id), why=why, now=now)
    # After the duties: a text that is cancelled with its case must not open another one.
    for row in session.scalars(
        select(Message).where(col(Message.case_id) == case.id, col(Message.state) == "queued")
    ):
        move_message(session, row, MessageState.CANCELLED, why="the case is closed", now=now)
    for alarm in session.scalars(
        select(Escalation).where(
            col(Escalation.case_id) == case.id, col(Escalation.state) != EscalationState.RESOLVED.value
        )
    ):
        old = alarm.state
        alarm.state, alarm.by_closure = EscalationState.RESOLVED.value, True
        alarm.owner = alarm.owner or person.id
        alarm.acknowledged_at = alarm.acknowledged_at or now
        alarm.resolved_by, alarm.resolved_at, alarm.outcome = person.id, now, "case closed"
        session.add(alarm)
        history.record(session, alarm, old=old, new="resolved", actor=str(person.id), why=why, now=now)


def reopen_case(kit: Kit, case_key: str, person: Person, *, note: str, now: datetime) -> UUID:
    """The child is followed again, from now: a duty to hear the child stands open at once."""
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state != CaseState.CLOSED or case.released_at is None:
            raise Refused("not_closed", "only a closed case of a released child can be reopened")
        role = require_role(person, Role.SUPERVISOR, Role.CASE_MANAGER)
        record_act(session, case.id, person, role, now=now)
        case.closed_at = case.closed_by = case.closure_reason = None
        case.closure_proposed = case.closure_proposed_by = None
        history.move(
            session, case, CaseState.IN_FOLLOW_UP, CASE_MOVES, actor=str(person.id), why=note, now=now
        )
        policy = policy_of(case)
        open_followup(
            session,
            case,
            [review_duty(policy, "lost_contact_review", key=f"reopened-{now.date().isoformat()}", now=now)],
            actor=str(person.id),
            why="reopened: hear the child",
            now=now,
        )
        return case.id
