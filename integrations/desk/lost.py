"""The steps to find a child whose contact is lost: what came of each, and what people decide about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from followup.lost import kind_of, step_of
from followup.policy import in_force
from integrations.desk.escalations import policy_of, resolve_settled
from integrations.desk.found import found_again
from integrations.desk.home_country import answer, ladders_that_ask, open_questions
from integrations.desk.planned import cancel_planned
from integrations.desk.sight import keep_in_sight
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.lost import HOME_COUNTRY, decision_on
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.followup_policy import FollowupPolicy, LostStep
from models.states import CaseState, LostOutcome, Party, Role
from models.tables.closing import LostAct
from models.tables.ledger import Evidence, Obligation
from models.tables.papers import Disclosure
from models.tables.people import Case

SpokeWith = Literal["nobody", "child", "sponsor", "other"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What a person wrote down of a step. `note`: what was done; it is sealed. `at`: when it really was."""

    outcome: LostOutcome
    note: str
    spoke_with: SpokeWith = "nobody"
    alone: bool | None = None
    at: datetime | None = None


def record_step(
    kit: Kit, case_key: str, step: str, person: Person, record: StepRecord, *, now: datetime
) -> UUID:
    """The step is done, with this as its evidence. Whoever spoke with the child has found it: the plan goes on.

    Raises:
        BadInput: no such step, or the record contradicts itself. Refused: the step is not open, the wrong role,
            or it needs a decision first.
    """
    at = record.at or now
    _want_sense(record, at, now)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        line = step_of(policy_of(case), step)
        duty = _open_step(session, case, line)
        role = require_role(person, *line.roles)
        record_act(session, case.id, person, role, now=now)
        _want_decision(session, duty, line)
        act = _write(kit, session, duty, person, record.note, act="record", step=step, now=now)
        act.outcome, act.spoke_with, act.alone, act.at = (
            record.outcome.value,
            record.spoke_with,
            record.alone,
            at,
        )
        session.add(act)
        session.flush()
        evidence = _settle(session, duty, act, kind="review", why=f"{step}: {record.outcome.value}", now=now)
        if record.spoke_with == Party.CHILD.value:
            _heard(session, case, evidence, person, at, alone=record.alone is True, now=now)
        keep_in_sight(kit, session, case, actor=str(person.id), now=now)
        return case.id


def decide(
    kit: Kit, case_key: str, about: str, person: Person, *, yes: bool, reason: str, now: datetime
) -> UUID:
    """A person decides whether a step is done that tells others, or whether the home country may be called.

    A no ends the step; a yes leaves it open until somebody writes down what came of it, and whoever is told of the
    child stands on record as a disclosure.

    Raises:
        BadInput: nothing to decide there. Refused: not open, or the wrong role.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    if about == HOME_COUNTRY:
        return _decide_on_home_country(kit, case_key, person, yes=yes, reason=reason, now=now)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        line = _step_to_decide(policy_of(case), about)
        duty = _open_step(session, case, line)
        role = require_role(person, *line.decided_by)
        record_act(session, case.id, person, role, now=now)
        act = _decision(kit, session, duty, person, reason, step=about, yes=yes, now=now)
        if yes:
            _disclose(session, case, line, person, now=now)
        else:
            _settle(session, duty, act, kind="decision", why=f"{about}: decided against", now=now)
        keep_in_sight(kit, session, case, actor=str(person.id), now=now)
        return case.id


def _step_to_decide(policy: FollowupPolicy, about: str) -> LostStep:
    """The line of a step that tells others.

    Raises:
        BadInput: there is nothing to decide about it.
    """
    found = {step.step: step for step in in_force(policy.lost) if step.decided_by}
    if about not in found:
        known = ", ".join([*found, HOME_COUNTRY])
        raise BadInput(
            Problem("STEP", "wrong_value", "There is nothing to decide about it.", f"Use one of: {known}.")
        )
    return found[about]


def _decide_on_home_country(
    kit: Kit, case_key: str, person: Person, *, yes: bool, reason: str, now: datetime
) -> UUID:
    """The ladders that ask for these contacts go on, with them or without; what was asked is settled."""
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        questions, ladders = open_questions(session, case), ladders_that_ask(session, case)
        if not questions and not ladders:
            raise Refused(
                "not_open",
                "nothing in this case asks for the contacts in the home country",
                ["a ladder that has come to them, or the second ladder of a lost contact, while it is open"],
            )
        role = require_role(person, Role.SUPERVISOR)
        record_act(session, case.id, person, role, now=now)
        # A question whose ladder has ended meanwhile is answered all the same.
        for duty in ladders or questions:
            act = _decision(kit, session, duty, person, reason, step=HOME_COUNTRY, yes=yes, now=now)
        for duty in ladders:
            duty.next_at = now
            session.add(duty)
        if questions:
            evidence = _evidence(session, act, kind="decision", now=now)
            answer(session, questions, evidence, by=person.id, why=f"home country: {act.outcome}", now=now)
        keep_in_sight(kit, session, case, actor=str(person.id), now=now)
        return case.id


def _decision(
    kit: Kit,
    session: Session,
    duty: Obligation,
    person: Person,
    reason: str,
    *,
    step: str,
    yes: bool,
    now: datetime,
) -> LostAct:
    act = _write(kit, session, duty, person, reason, act="decision", step=step, now=now)
    act.outcome = "yes" if yes else "no"
    session.add(act)
    session.flush()
    return act


def _want_sense(record: StepRecord, at: datetime, now: datetime) -> None:
    problems = []
    if not record.note.strip():
        problems.append(Problem("--note", "missing", "Say what was done.", "Write it into the file."))
    if at > now:
        problems.append(
            Problem("--true-time", "in_the_future", "A step can't be recorded ahead.", "Give its true time.")
        )
    if record.spoke_with == Party.CHILD.value and record.outcome != LostOutcome.FOUND:
        problems.append(
            Problem(
                "--outcome", "wrong_value", "Who spoke with the child has found it.", "Use found, or say who."
            )
        )
    if (record.spoke_with == Party.CHILD.value) != (record.alone is not None):
        problems.append(
            Problem(
                "--alone",
                "missing" if record.alone is None else "wrong_value",
                "Of a talk with the child, and of no other, it is said whether the child was alone.",
                "Add --alone or --not-alone, or take it away.",
            )
        )
    if problems:
        raise BadInput(problems)


def _open_step(session: Session, case: Case, line: LostStep) -> Obligation:
    duties = ledger.open_of(session, case.id, kind=kind_of(line.step))
    if case.state != CaseState.LOST_CONTACT or not duties:
        raise Refused(
            "not_open",
            f"{line.step} does not stand open in this case",
            ["a case of lost contact in which it has not been done"],
        )
    return duties[0]


def _want_decision(session: Session, duty: Obligation, line: LostStep) -> None:
    if not line.decided_by:
        return
    decision = decision_on(session, duty.id, line.step)
    if decision is None or decision.outcome != "yes":
        who = " or ".join(f"a {role.value.replace('_', ' ')}" for role in line.decided_by)
        raise Refused(
            "not_decided",
            "nobody outside is told of a child before a person has decided it",
            [f"the decision of {who}: kinline lost decide {duty.case_id} {line.step} yes"],
        )


def _write(
    kit: Kit,
    session: Session,
    duty: Obligation,
    person: Person,
    note: str,
    *,
    act: Literal["record", "decision"],
    step: str,
    now: datetime,
) -> LostAct:
    row = LostAct(
        case_id=duty.case_id,
        obligation_id=duty.id,
        step=step,
        act=act,
        outcome="",
        by_staff=person.id,
        at=now,
        recorded_at=now,
    )
    seal_json(kit.vault, row, "sealed_note", note.strip())
    history.audit(
        session,
        actor=str(person.id),
        act=f"lost contact: {act}",
        noun="child_case",
        ids=[duty.case_id],
        now=now,
    )
    return row


def _settle(
    session: Session,
    duty: Obligation,
    act: LostAct,
    *,
    kind: Literal["review", "decision"],
    why: str,
    now: datetime,
) -> Evidence:
    evidence = _evidence(session, act, kind=kind, now=now)
    ledger.settle(session, duty, evidence, actor=evidence.actor, why=why, now=now)
    cancel_planned(session, duty.id, now=now)
    resolve_settled(session, duty, evidence, by=act.by_staff, now=now)
    return evidence


def _evidence(
    session: Session, act: LostAct, *, kind: Literal["review", "decision"], now: datetime
) -> Evidence:
    return ledger.add_evidence(
        session,
        case_id=act.case_id,
        kind=kind,
        row_id=act.id,
        by_staff=act.by_staff,
        actor=str(act.by_staff),
        now=now,
    )


def _heard(
    session: Session,
    case: Case,
    evidence: Evidence,
    person: Person,
    at: datetime,
    *,
    alone: bool,
    now: datetime,
) -> None:
    if case.last_contact_at is None or at > case.last_contact_at:
        case.last_contact_at = at
        session.add(case)
    found_again(session, case, evidence, by=person.id, at=at, alone=alone, now=now)


def _disclose(session: Session, case: Case, line: LostStep, person: Person, *, now: datetime) -> None:
    if line.tells is not None and line.legal_basis is not None:
        session.add(
            Disclosure(
                case_id=case.id,
                recipient=line.tells,
                legal_basis=line.legal_basis,
                fields=list(line.fields),
                rule=line.rule,
                policy_version=policy_of(case).version,
                approved_by=person.id,
                recorded_by=person.id,
                at=now,
            )
        )
