"""A person's call is written down: what it settles, what it opens, and where the child is heard next."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.plan import next_sight
from followup.questionnaire import Weighed, parse_answers, weigh
from integrations.desk.duties import open_followup
from integrations.desk.escalations import open_escalation, policy_of, resolve_settled
from integrations.desk.messages import cancel_queued
from integrations.desk.release import facts_for_plan
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.contacts import add_attempt
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import CallRecord, Duty, Person
from models.states import (
    CASE_MOVES,
    SPOKEN,
    CallOutcome,
    CaseState,
    Channel,
    Party,
    Role,
)
from models.tables.ledger import SPOKEN_DUTIES, Call, Evidence, Obligation
from models.tables.people import Case, Child
from models.tables.vetting import Release

CALLERS = (Role.POST_RELEASE_CALLER, Role.CASE_MANAGER, Role.SUPERVISOR)


def record_call(
    kit: Kit,
    case_key: str,
    *,
    party: Party,
    outcome: CallOutcome,
    answers: bytes,
    person: Person,
    now: datetime,
    true_time: datetime | None = None,
    simulated: bool = False,
) -> UUID:
    """The call stands on record and the ledger has moved on. Returns the case.

    `true_time` is when it really was, for a call that is written down late.

    Raises:
        BadInput: an answer can't be used, or the time lies ahead. Refused: the case is closed.
    """
    at = true_time or now
    if at > now:
        raise BadInput(
            Problem("--true-time", "in_the_future", "A call can't be recorded ahead.", "Give its true time.")
        )
    parsed = parse_answers(party, outcome, answers)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state not in (CaseState.IN_FOLLOW_UP, CaseState.LOST_CONTACT):
            raise Refused("not_in_follow_up", f"this case is {case.state}, not in follow-up")
        if case.released_at is not None and at < case.released_at:
            raise BadInput(
                Problem("--true-time", "before_release", "The child was not released yet then.", "Check it.")
            )
        role = require_role(person, *CALLERS)
        record_act(session, case.id, person, role, now=now)
        record = CallRecord(party=party, outcome=outcome, by=person.id, at=at, answers=parsed)
        weighed = weigh(record, policy_of(case))
        call = _write_call(kit, session, case, record, weighed, now=now, simulated=simulated)
        _apply(kit, session, case, record, weighed, call, now=now)
        history.audit(
            session, actor=str(person.id), act="record call", noun="child_case", ids=[case.id], now=now
        )
        return case.id


def _targets(session: Session, case: Case, party: Party, at: datetime) -> list[Obligation]:
    """The open duties to speak with this party whose time has come, earliest first."""
    return [
        duty
        for duty in ledger.open_of(session, case.id, party=party)
        if duty.kind in SPOKEN_DUTIES and duty.opens_at <= at
    ]


def _write_call(
    kit: Kit,
    session: Session,
    case: Case,
    record: CallRecord,
    weighed: Weighed,
    *,
    now: datetime,
    simulated: bool,
) -> Call:
    targets = _targets(session, case, record.party, record.at)
    call = session.scalars(
        select(Call)
        .where(
            col(Call.case_id) == case.id,
            col(Call.kind) == "human",
            col(Call.state) == "due",
            col(Call.party) == record.party.value,
        )
        .order_by(col(Call.due_at))
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if call is None:
        call = Call(
            case_id=case.id,
            obligation_id=targets[0].id if targets else None,
            kind="human",
            party=record.party.value,
            step=_next_human_step(session, targets),
            due_at=record.at,
        )
    call.state, call.outcome = "done", record.outcome.value
    call.called_by, call.at, call.recorded_at = record.by, record.at, now
    call.spoke_with = _spoke_with(record, weighed)
    call.simulated = simulated
    seal_json(kit.vault, call, "sealed_answers", dict(record.answers))
    session.add(call)
    session.flush()
    if call.obligation_id is not None:
        add_attempt(
            session,
            obligation_id=call.obligation_id,
            step=call.step,
            channel=Channel.HUMAN_CALL,
            at=record.at,
            actor=str(record.by),
            outcome=record.outcome.value,
            number_id=call.number_id,
            call_id=call.id,
        )
    return call


def _next_human_step(session: Session, targets: list[Obligation]) -> int:
    """A call that nobody had planned counts as a step of its own, beyond the ladder's."""
    if not targets:
        return 0
    calls = session.scalars(select(Call).where(col(Call.obligation_id) == targets[0].id)).all()
    return 100 + len(calls)


def _spoke_with(record: CallRecord, weighed: Weighed) -> str:
    if weighed.contact_with_child:
        return "child"
    if record.outcome not in SPOKEN:
        return "nobody"
    who = record.answers.get("spoke_to")
    if who in ("sponsor", "other"):
        return str(who)
    return (
        "sponsor" if record.outcome == CallOutcome.SPONSOR_ONLY or record.party == Party.SPONSOR else "other"
    )


def _apply(
    kit: Kit,
    session: Session,
    case: Case,
    record: CallRecord,
    weighed: Weighed,
    call: Call,
    *,
    now: datetime,
) -> None:
    actor = str(record.by)
    evidence: Evidence | None = None
    if call.spoke_with != "nobody":
        evidence = ledger.add_evidence(
            session,
            case_id=case.id,
            kind="call",
            call_id=call.id,
            spoke_with=call.spoke_with,
            by_staff=record.by,
            actor=actor,
            now=now,
        )
    if weighed.contact_with_child and (case.last_contact_at is None or record.at > case.last_contact_at):
        case.last_contact_at = record.at
        session.add(case)
    _open_what_follows(session, case, record, weighed, call, actor=actor, now=now)
    if weighed.contact_with_child and evidence is not None:
        _found_again(session, case, evidence, record, now=now)
        _keep_in_sight(kit, session, case, record, now=now)
    for party in weighed.settles:
        for duty in _targets(session, case, party, record.at):
            if evidence is None or evidence.spoke_with != party.value:
                continue
            ledger.settle(session, duty, evidence, actor=actor, why=f"call: {record.outcome.value}", now=now)
            _cancel_planned(session, duty)
            resolve_settled(session, duty, evidence, by=record.by, now=now)
    _go_on_with_the_ladder(session, case, record, now=now)
    if weighed.pauses_automation and case.paused_at is None:
        case.paused_at, case.paused_because = now, f"call:{call.id}"
        session.add(case)
        history.record(
            session, case, old=None, new="automation paused", actor=actor, why="a person has it now", now=now
        )


def _open_what_follows(
    session: Session,
    case: Case,
    record: CallRecord,
    weighed: Weighed,
    call: Call,
    *,
    actor: str,
    now: datetime,
) -> None:
    policy = policy_of(case)
    duties = [
        Duty(
            kind=opens.kind,
            party=opens.party,
            key=f"call-{str(call.id)[:8]}",
            opens_at=record.at,
            due_at=record.at + timedelta(hours=opens.within_hours),
            queue=opens.queue,
            rule=opens.rule,
            policy_version=policy.version,
            in_sight=opens.in_sight,
            detail={"call_id": str(call.id)},
        )
        for opens in weighed.opens
    ]
    why = f"call: {record.outcome.value}"
    ids = open_followup(session, case, duties, actor=actor, why=why, now=now)
    first = ids[0] if ids else None
    for alarm in weighed.escalate:
        open_escalation(
            session,
            case,
            reason=alarm.reason,
            rule=alarm.rule,
            level=alarm.level,
            obligation_id=first,
            actor=actor,
            now=now,
        )


def _found_again(
    session: Session, case: Case, evidence: Evidence, record: CallRecord, *, now: datetime
) -> None:
    """A lost child was heard: the reviews end with that call, and follow-up goes on."""
    if case.state != CaseState.LOST_CONTACT:
        return
    history.move(
        session,
        case,
        CaseState.IN_FOLLOW_UP,
        CASE_MOVES,
        actor=str(record.by),
        why="the child was spoken to",
        now=now,
    )
    for duty in ledger.open_of(session, case.id, kind="lost_contact_review"):
        ledger.settle(session, duty, evidence, actor=str(record.by), why="the child was heard", now=now)
        resolve_settled(session, duty, evidence, by=record.by, now=now)


def _keep_in_sight(kit: Kit, session: Session, case: Case, record: CallRecord, *, now: datetime) -> None:
    """The next look at the child stands open before this one is settled."""
    policy = policy_of(case)
    release = session.scalars(select(Release).where(col(Release.case_id) == case.id)).one()
    child = session.get_one(Child, case.child_id)
    born_on = datetime.fromisoformat(open_json(kit.vault, child, "sealed_details")["date_of_birth"]).date()
    facts = facts_for_plan(session, case, release.application_id, born_on)
    planned = [
        duty.opens_at
        for duty in ledger.open_of(session, case.id, in_sight=True)
        if duty.opens_at > record.at and duty.kind in SPOKEN_DUTIES
    ]
    duty = next_sight(record.at, facts.zone, facts.turns_18_on, policy, planned=planned)
    if duty is not None:
        open_followup(session, case, [duty], actor=str(record.by), why="the next look at the child", now=now)


def _cancel_planned(session: Session, duty: Obligation) -> None:
    """Calls and texts that were still to be made for a settled duty are not made."""
    for call in session.scalars(
        select(Call).where(col(Call.obligation_id) == duty.id, col(Call.state) == "due")
    ):
        call.state = "cancelled"
        session.add(call)
    cancel_queued(session, duty.id)


def _go_on_with_the_ladder(session: Session, case: Case, record: CallRecord, *, now: datetime) -> None:
    """A duty that this call did not settle is looked at again by the next round."""
    for duty in _targets(session, case, record.party, record.at):
        duty.next_at = now
        session.add(duty)
