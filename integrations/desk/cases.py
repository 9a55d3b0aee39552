"""Closing and reopening a case: with a reason and a person, and for a lost contact with two."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from followup.calendar import local_day
from followup.plan import SIGHT_CHECK
from integrations.desk.duties import open_followup
from integrations.desk.escalations import policy_of
from integrations.desk.pending_checks import go_on_after_closure
from integrations.desk.planned import cancel_all
from integrations.desk.sight import keep_in_sight, turns_18_on
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Duty, Person
from models.states import (
    CASE_MOVES,
    CLOSURES_FOR_A_SUPERVISOR,
    CLOSURES_FOR_FOUR_EYES,
    CaseState,
    ClosureReason,
    EscalationState,
    Party,
    Role,
)
from models.tables.ledger import Escalation, Evidence
from models.tables.people import Case

_CHILD_WAS_HEARD = frozenset({ClosureReason.PLAN_COMPLETED, ClosureReason.DECLINED_CHILD_SPOKEN_TO})


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
        _require_truth(kit, session, case, closure, now)
        _close(session, case, closure, person, note, now)
        return case.id


def _require_truth(kit: Kit, session: Session, case: Case, closure: ClosureReason, now: datetime) -> None:
    """The reason is not one that the file contradicts: closed never looks like safe."""
    if closure == ClosureReason.TURNED_18:
        zone = case.zone or "America/New_York"
        if local_day(now, zone) < turns_18_on(kit, session, case):
            raise Refused("not_18_yet", "this child is not 18 yet", ["the eighteenth birthday"])
    if closure in _CHILD_WAS_HEARD and not _was_heard(session, case):
        raise Refused(
            "child_not_heard",
            "nobody has spoken with this child since the release",
            ["a call record that says so, or another reason"],
        )


def _was_heard(session: Session, case: Case) -> bool:
    heard: bool = session.execute(
        select(
            exists().where(
                col(Evidence.case_id) == case.id,
                col(Evidence.kind) == "call",
                col(Evidence.spoke_with) == Party.CHILD.value,
            )
        )
    ).scalar_one()
    return heard


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
    ledger.void_by_closure(session, ledger.open_of(session, case.id), actor=str(person.id), why=why, now=now)
    cancel_all(session, case.id, now=now)
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
        duty = _hear_again(case, now)
        open_followup(session, case, [duty], actor=str(person.id), why="reopened: hear the child", now=now)
        go_on_after_closure(session, case, actor=str(person.id), now=now)
        keep_in_sight(kit, session, case, actor=str(person.id), now=now)
        return case.id


def _hear_again(case: Case, now: datetime) -> Duty:
    """The child is called from now on. The policy gives it the time of any other look at the child."""
    policy = policy_of(case)
    return Duty(
        kind=SIGHT_CHECK,
        party=Party.CHILD,
        key=f"reopened-{now.date().isoformat()}",
        opens_at=now,
        due_at=now + timedelta(days=policy.sight.window_days),
        queue=policy.sight.queue,
        rule=policy.sight.rule,
        policy_version=policy.version,
        in_sight=True,
    )


def resume_automation(kit: Kit, case_key: str, person: Person, *, note: str, now: datetime) -> UUID:
    """A named person lets texts and automated calls go on, after they had stopped for a person's conversation.

    Raises:
        Refused: nothing was stopped, or the wrong role.
    """
    if not note.strip():
        raise BadInput(Problem("--reason", "missing", "Say why it is safe.", "Add --reason TEXT."))
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        role = require_role(person, Role.CASE_MANAGER, Role.SUPERVISOR)
        if case.paused_at is None:
            raise Refused("not_paused", "texts and automated calls to this family were not stopped")
        record_act(session, case.id, person, role, now=now)
        case.paused_at = case.paused_because = None
        session.add(case)
        history.record(
            session,
            case,
            old="automation paused",
            new="automation resumed",
            actor=str(person.id),
            why=note,
            now=now,
        )
        return case.id
