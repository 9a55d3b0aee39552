"""Closing and reopening a case: with a reason and a person, and for a lost contact with two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from followup.closing import closure_rule, lacking
from followup.plan import hear_now
from integrations.desk.closing import closing_facts, end_everything, standing_closure, write_closure
from integrations.desk.duties import open_followup
from integrations.desk.escalations import policy_of
from integrations.desk.pausing import A_PERSON_HAS_IT, PERHAPS_A_STOP, pause, resume
from integrations.desk.restoring import restore_what_it_ended
from integrations.desk.sight import LOST_CONTACT_REVIEW, keep_in_sight, say_lost
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.followup_policy import ClosureRule
from models.states import CASE_MOVES, FOLLOWED, CaseState, ClosureReason, Party, Role
from models.tables.people import Case

REOPENERS = (Role.SUPERVISOR, Role.CASE_MANAGER)


def close_case(
    kit: Kit, case_key: str, person: Person, *, reason: str, note: str, evidence: str = "", now: datetime
) -> UUID:
    """The case is closed, or for a lost contact proposed by one supervisor and closed by a second person.

    `evidence`: a document's id or a reference, for the reasons that need one.

    Raises:
        BadInput: not one of the fixed reasons. Refused: wrong role, a second person is needed, or the file says
            otherwise; `missing` says what would put it right.
    """
    with kit.transaction() as session:
        return _close_or_propose(kit, session, case_key, person, _Word(reason, note, evidence), now).id


def try_closing(
    kit: Kit, case_key: str, person: Person, *, reason: str, note: str, evidence: str = "", now: datetime
) -> bool:
    """Whether `close_case` would close the case now, or only propose it. It is done, and taken back.

    Raises:
        BadInput, Refused: as `close_case` would.
    """
    with kit.transaction() as session:
        trial = session.begin_nested()
        case = _close_or_propose(kit, session, case_key, person, _Word(reason, note, evidence), now)
        would_close = case.state == CaseState.CLOSED
        trial.rollback()
        return would_close


@dataclass(frozen=True, slots=True)
class _Word:
    """What somebody says of a closing."""

    reason: str
    note: str
    evidence: str


def _close_or_propose(
    kit: Kit, session: Session, case_key: str, person: Person, word: _Word, now: datetime
) -> Case:
    closure = _closure(word.reason)
    case = find_case(session, case_key, lock=True)
    if case.state == CaseState.CLOSED:
        raise Refused("already_closed", "this case is closed already")
    rule = closure_rule(policy_of(case), closure)
    is_proposed = bool(rule.confirmed_by) and case.closure_proposed == closure.value
    role = require_role(person, *(rule.confirmed_by if is_proposed else rule.roles))
    record_act(session, case.id, person, role, now=now)
    facts = closing_facts(kit, session, case)
    if found := lacking(rule, facts, evidence=bool(word.evidence.strip()), now=now):
        raise Refused(found[0].code, found[0].message, [one.remedy for one in found])
    if not rule.confirmed_by or _second_voice(session, case, rule, person, word.note, now):
        _close(kit, session, case, rule, person, evidence=word.evidence, note=word.note, now=now)
    return case


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
    session: Session, case: Case, rule: ClosureRule, person: Person, note: str, now: datetime
) -> bool:
    """False when this is the first of the two voices."""
    if case.closure_proposed != rule.reason.value or case.closure_proposed_by is None:
        case.closure_proposed, case.closure_proposed_by = rule.reason.value, person.id
        session.add(case)
        history.record(
            session,
            case,
            old=case.state,
            new=f"closure proposed: {rule.reason.value}",
            actor=str(person.id),
            why=note,
            now=now,
        )
        return False
    if case.closure_proposed_by == person.id:
        others = " or ".join(f"a {role.value.replace('_', ' ')}" for role in rule.confirmed_by)
        raise Refused(
            "four_eyes",
            "you proposed this closure; another person must confirm it",
            [f"another person: {others}"],
        )
    return True


def _close(
    kit: Kit,
    session: Session,
    case: Case,
    rule: ClosureRule,
    person: Person,
    *,
    evidence: str,
    note: str,
    now: datetime,
) -> None:
    closure = write_closure(
        kit,
        session,
        case,
        rule,
        policy_version=policy_of(case).version,
        evidence=evidence,
        note=note,
        by=person.id,
        now=now,
    )
    case.closed_at, case.closed_by, case.closure_reason = now, person.id, rule.reason.value
    why = f"{rule.reason.value}: {note}" if note else rule.reason.value
    history.move(session, case, CaseState.CLOSED, CASE_MOVES, actor=str(person.id), why=why, now=now)
    session.flush()
    end_everything(session, case, closure, why=why, now=now)


def reopen_case(kit: Kit, case_key: str, person: Person, *, note: str, now: datetime) -> UUID:
    """The child is followed again: what the closing ended stands open, and the child is to be heard at once.

    Raises:
        BadInput: no reason. Refused: the wrong role, or the case is not closed.
    """
    if not note.strip():
        raise BadInput(Problem("--reason", "missing", "Say why it is opened again.", "Add --reason TEXT."))
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state != CaseState.CLOSED or case.released_at is None:
            raise Refused("not_closed", "only a closed case of a released child can be reopened")
        role = require_role(person, *REOPENERS)
        record_act(session, case.id, person, role, now=now)
        case.closed_at = case.closed_by = case.closure_reason = None
        case.closure_proposed = case.closure_proposed_by = None
        actor = str(person.id)
        history.move(session, case, CaseState.IN_FOLLOW_UP, CASE_MOVES, actor=actor, why=note, now=now)
        session.flush()
        _take_up(session, case, person, note=note, now=now)
        keep_in_sight(kit, session, case, actor=actor, now=now)
        return case.id


def _take_up(session: Session, case: Case, person: Person, *, note: str, now: datetime) -> None:
    """What the closing ended is open again; a lost child is lost again; somebody is to hear the child now."""
    actor = str(person.id)
    closure = standing_closure(session, case.id)
    if closure is not None:
        closure.reopened_at, closure.reopened_by, closure.reopened_because = now, person.id, note
        session.add(closure)
        restore_what_it_ended(session, case, closure, actor=actor, now=now)
    if ledger.open_of(session, case.id, kind=LOST_CONTACT_REVIEW):
        say_lost(session, case, actor=actor, why="was lost when the case closed", now=now)
    looks = ledger.open_of(session, case.id, party=Party.CHILD, in_sight=True)
    if not any(duty.opens_at <= now for duty in looks):
        why = "reopened: hear the child"
        duty = hear_now(f"reopened-{now.date().isoformat()}", policy_of(case), now)
        open_followup(session, case, [duty], actor=actor, why=why, now=now)


def pause_automation(kit: Kit, case_key: str, person: Person, *, note: str, now: datetime) -> UUID:
    """A named person has the conversation: no text and no automated call goes to the family until one lets them.

    Raises:
        BadInput: no reason. Refused: the wrong role, nothing is sent to this family, or it is stopped already.
    """
    if not note.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        role = require_role(person, Role.CASE_MANAGER, Role.SUPERVISOR, Role.POST_RELEASE_CALLER)
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}: no machine speaks to the family")
        if case.paused_at is not None and case.paused_because != PERHAPS_A_STOP:
            raise Refused("already_paused", f"the machines are silent already: {case.paused_because}")
        record_act(session, case.id, person, role, now=now)
        pause(session, case, A_PERSON_HAS_IT, actor=str(person.id), why=note, now=now)
        return case.id


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
        resume(session, case, actor=str(person.id), why=note, now=now)
        return case.id
