"""A person's call is written down: what it settles, what it opens, and where the child is heard next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.calendar import local_day
from followup.questionnaire import Opens, Weighed, parse_answers, weigh
from integrations.desk.address_round import recheck
from integrations.desk.addresses import Moved, record_move
from integrations.desk.bad_numbers import learn
from integrations.desk.call_tasks import CALLERS, end_draft
from integrations.desk.duties import BY_CALL, RETRY, open_followup
from integrations.desk.escalations import open_escalation, policy_of, resolve_settled
from integrations.desk.found import found_again
from integrations.desk.home_country import answer, open_questions
from integrations.desk.moves import Told, under_one_move
from integrations.desk.pausing import CALL_RAISED_A_CONCERN, pause
from integrations.desk.planned import cancel_planned
from integrations.desk.sight import keep_in_sight
from integrations.desk.whereabouts_acts import location_lost
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import find_case
from integrations.store.contacts import add_attempt, zones_of
from integrations.store.sealing import seal_json
from integrations.store.staff import record_act, require_role
from integrations.store.whereabouts import current_home
from models.contacts import SPOKEN, CallOutcome, Channel, TryEnd
from models.errors import BadInput, Problem, Refused
from models.facts import CallRecord, Duty, Person
from models.packet import Address as StatedAddress
from models.states import FOLLOWED, ObligationState, Party
from models.tables.ledger import Call, Evidence, Obligation
from models.tables.people import Address, Case, PhoneNumber

# Source: ours, unreviewed.
AGAIN_AFTER = timedelta(hours=1)
_ONE_AT_A_TIME = frozenset({"hear_child_alone", "lost_contact_review", RETRY})
_ONLY_BY_PHONE = frozenset({CallOutcome.BUSY, CallOutcome.MACHINE, CallOutcome.WRONG_NUMBER})


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
    channel: Channel = Channel.HUMAN_CALL,
) -> UUID:
    """The call, or the visit to the home, stands on record and the ledger has moved on. Returns the case.

    `true_time` is when it really was, for a call that is written down late.

    Raises:
        BadInput: an answer can't be used, or the time lies ahead. Refused: the case is closed.
    """
    at = true_time or now
    if at > now:
        raise BadInput(
            Problem("--true-time", "in_the_future", "A call can't be recorded ahead.", "Give its true time.")
        )
    if channel == Channel.VISIT and outcome in _ONLY_BY_PHONE:
        raise BadInput(
            Problem(
                "--outcome", "wrong_value", "A visit can't end like this.", "Use no_answer if nobody opened."
            )
        )
    parsed = parse_answers(party, outcome, answers)
    with kit.transaction() as session:
        case = find_case(session, case_key, lock=True)
        if case.state not in FOLLOWED:
            raise Refused("not_in_follow_up", f"this case is {case.state}, not in follow-up")
        if case.released_at is not None and at < case.released_at:
            raise BadInput(
                Problem("--true-time", "before_release", "The child was not released yet then.", "Check it.")
            )
        _want_move_that_was(case, parsed, at)
        role = require_role(person, *CALLERS)
        record_act(session, case.id, person, role, now=now)
        record = CallRecord(party=party, outcome=outcome, by=person.id, at=at, answers=parsed)
        targets = _targets(session, case, party, at, channel)
        call = _write_call(kit, session, case, record, targets, channel, now=now, simulated=simulated)
        weighed = weigh(record, policy_of(case), sponsor_only_before=_sponsor_only_before(session, call))
        _apply(kit, session, case, record, weighed, call, targets, now=now)
        home = _new_home(kit, session, case, record, now=now)
        history.audit(
            session, actor=str(person.id), act="record call", noun="child_case", ids=[case.id], now=now
        )
        case_id, home_id = case.id, home.id if home is not None else None
    if home_id is not None:
        recheck(kit, home_id, now=now)
    return case_id


def _new_home(kit: Kit, session: Session, case: Case, record: CallRecord, *, now: datetime) -> Address | None:
    """The address that they told of stands on record as stated, through the same gate as any other move.

    None where none was told, it is the one on file, no packet of the child came in, or a later word is on file (the
    call is written down late): what the call opened for a move stays open then, for a person.
    """
    told = record.answers.get("new_address")
    if told is None or record.outcome == CallOutcome.MISSING:
        return None
    home = current_home(session, case.id)
    if home is not None and home.since_at > record.at:
        return None
    on = record.answers.get("moved_on")
    moved = Moved(at=record.at, on=date.fromisoformat(on) if on else None, source="call")
    try:
        stated = StatedAddress.model_validate(told)
        return record_move(kit, session, case, stated, moved, actor=str(record.by), now=now)
    except Refused:
        return None


def _want_move_that_was(case: Case, answers: Mapping[str, Any], at: datetime) -> None:
    """Nothing, where the day of the move lies between the release and the call."""
    if "moved_on" not in answers:
        return
    zone, moved_on = zones_of(case)[0], date.fromisoformat(answers["moved_on"])
    if moved_on > local_day(at, zone):
        raise BadInput(
            Problem(
                "answers.moved_on",
                "in_the_future",
                "At the time of the call that day lay ahead.",
                "Write the day on which they moved; a plan to move is a note.",
            )
        )
    if case.released_at is not None and moved_on < local_day(case.released_at, zone):
        raise BadInput(
            Problem(
                "answers.moved_on", "before_release", "The child was not released yet then.", "Check the day."
            )
        )


def _targets(session: Session, case: Case, party: Party, at: datetime, channel: Channel) -> list[Obligation]:
    """The open duties to speak with this party whose time has come, earliest first. No call is a visit.

    The second try for a child stands last: it is a clock on one of the others, which has the tries.
    """
    found = [
        duty
        for duty in ledger.open_of(session, case.id, party=party)
        if duty.kind in BY_CALL
        and duty.opens_at <= at
        and (channel == Channel.VISIT or duty.kind != "prs_visit")
    ]
    return sorted(found, key=lambda duty: duty.kind == RETRY)


def _sponsor_only_before(session: Session, call: Call) -> int:
    """How many calls for the same duty reached the sponsor alone before this one."""
    if call.obligation_id is None:
        return 0
    before: int = session.execute(
        select(func.count()).where(
            col(Call.obligation_id) == call.obligation_id,
            col(Call.outcome) == CallOutcome.SPONSOR_ONLY.value,
            col(Call.id) != call.id,
        )
    ).scalar_one()
    return before


def _write_call(
    kit: Kit,
    session: Session,
    case: Case,
    record: CallRecord,
    targets: list[Obligation],
    channel: Channel,
    *,
    now: datetime,
    simulated: bool,
) -> Call:
    """The record stands on the task that waited longest, or on its own when nobody had planned it."""
    visit = channel == Channel.VISIT
    call = None if visit else _waiting_task(session, case, record.party)
    if call is None:
        call = Call(
            case_id=case.id,
            obligation_id=targets[0].id if targets else None,
            kind="visit" if visit else "human",
            party=record.party.value,
            step=_next_human_step(session, targets),
            due_at=record.at,
        )
    call.state, call.outcome = "done", record.outcome.value
    call.called_by, call.at, call.recorded_at = record.by, record.at, now
    call.spoke_with = _spoke_with(record)
    call.simulated = simulated
    seal_json(kit.vault, call, "sealed_answers", dict(record.answers))
    session.add(call)
    end_draft(session, call.id)
    session.flush()
    if call.obligation_id is not None:
        add_attempt(
            session,
            obligation_id=call.obligation_id,
            step=call.step,
            channel=channel,
            at=record.at,
            actor=str(record.by),
            outcome=record.outcome.value,
            number_id=call.number_id,
            call_id=call.id,
        )
    return call


def _waiting_task(session: Session, case: Case, party: Party) -> Call | None:
    """The call to this party that somebody was to make for longest."""
    return session.scalars(
        select(Call)
        .where(
            col(Call.case_id) == case.id,
            col(Call.kind) == "human",
            col(Call.state) == "due",
            col(Call.party) == party.value,
        )
        .order_by(col(Call.due_at))
        .limit(1)
        .with_for_update()
    ).one_or_none()


def _next_human_step(session: Session, targets: list[Obligation]) -> int:
    """A call that nobody had planned counts as a step of its own, beyond the ladder's."""
    if not targets:
        return 0
    calls = session.scalars(select(Call).where(col(Call.obligation_id) == targets[0].id)).all()
    return 100 + len(calls)


def _spoke_with(record: CallRecord) -> str:
    """Who spoke, in the caller's own words. A missing child spoke to nobody."""
    if record.outcome not in SPOKEN:
        return "nobody"
    who = str(record.answers.get("spoke_to", "other"))
    if who == Party.CHILD.value and record.party != Party.CHILD:
        return "other"  # a talk with the child is a call to the child
    return who


def _apply(
    kit: Kit,
    session: Session,
    case: Case,
    record: CallRecord,
    weighed: Weighed,
    call: Call,
    targets: list[Obligation],
    *,
    now: datetime,
) -> None:
    actor = str(record.by)
    evidence = _evidence(session, case, record, call, now=now) if call.spoke_with != "nobody" else None
    if weighed.contact_with_child and (case.last_contact_at is None or record.at > case.last_contact_at):
        case.last_contact_at = record.at
        session.add(case)
    if evidence is not None:
        for duty in targets:
            if _settles(duty, weighed, evidence, record):
                why = f"call: {record.outcome.value}"
                ledger.settle(session, duty, evidence, actor=actor, why=why, now=now)
                cancel_planned(session, duty.id, now=now)
                resolve_settled(session, duty, evidence, by=record.by, now=now)
                asked = open_questions(session, case, about=duty)
                answer(session, asked, evidence, by=record.by, why="no longer needed", now=now)
        if weighed.contact_with_child:
            alone = record.answers.get("alone") is True
            found_again(session, case, evidence, by=record.by, at=record.at, alone=alone, now=now)
    _open_what_follows(session, case, record, weighed, call, actor=actor, now=now)
    if record.outcome == CallOutcome.MISSING:
        location_lost(session, kit, case, source="call", actor=actor, why="call: missing", now=now)
    _learn(session, case, record, weighed, call, now=now)
    # The next look at the child stands open before this transaction ends.
    keep_in_sight(kit, session, case, actor=actor, now=now)
    _go_on_with_the_ladder(session, targets, call, now=now)
    if weighed.pauses_automation:
        pause(session, case, CALL_RAISED_A_CONCERN, actor=actor, why=f"call {call.id}", now=now)


def _learn(
    session: Session, case: Case, record: CallRecord, weighed: Weighed, call: Call, *, now: datetime
) -> None:
    """What the call says of the number that was dialled, where somebody had planned it and so knows which."""
    if call.number_id is None or record.outcome.value not in set(TryEnd):
        return
    number = session.get_one(PhoneNumber, call.number_id)
    end, opened = TryEnd(record.outcome.value), {opens.kind for opens in weighed.opens}
    why = f"call: {end.value}"
    learn(session, case, number, end, actor=str(record.by), why=why, now=now, opened=opened)


def _evidence(session: Session, case: Case, record: CallRecord, call: Call, *, now: datetime) -> Evidence:
    return ledger.add_evidence(
        session,
        case_id=case.id,
        kind="call",
        call_id=call.id,
        spoke_with=call.spoke_with,
        by_staff=record.by,
        actor=str(record.by),
        now=now,
    )


def _settles(duty: Obligation, weighed: Weighed, evidence: Evidence, record: CallRecord) -> bool:
    """This talk was what the duty asks for: with that party, and for `hear_child_alone`, alone."""
    if Party(duty.party) not in weighed.settles or evidence.spoke_with != duty.party:
        return False
    return duty.kind != "hear_child_alone" or record.answers.get("alone") is True


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
    duties = [
        _duty(case, record, opens, call)
        for opens in weighed.opens
        # One at a time: the first one's time is the shorter.
        if opens.kind not in _ONE_AT_A_TIME
        or not ledger.open_of(session, case.id, kind=opens.kind, party=opens.party)
    ]
    why = f"call: {record.outcome.value}"
    told = Told("call", actor, why, Channel.HUMAN_CALL, call.number_id, call.id)
    duties = under_one_move(session, case, duties, told, now=now)
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


def _duty(case: Case, record: CallRecord, opens: Opens, call: Call) -> Duty:
    opens_at, due_at = opens.window(record, zones_of(case)[0])
    recipient = {"recipient": opens.recipient.value} if opens.recipient else {}
    return Duty(
        kind=opens.kind,
        party=opens.party,
        key=f"call-{str(call.id)[:8]}",
        opens_at=opens_at,
        due_at=due_at,
        queue=opens.queue,
        rule=opens.rule,
        policy_version=policy_of(case).version,
        in_sight=opens.in_sight,
        detail={"call_id": str(call.id), **recipient},
    )


def _go_on_with_the_ladder(session: Session, targets: list[Obligation], call: Call, *, now: datetime) -> None:
    """A duty that this call did not settle is looked at again: by the next round, or by a person soon."""
    for duty in targets:
        if duty.state != ObligationState.OPEN.value:
            continue
        if duty.kind == "call_back":
            _try_again(session, duty, call, now=now)
        elif duty.kind != RETRY:
            duty.next_at = now if duty.kind in ledger.CONTACTED else None
            session.add(duty)


def _try_again(session: Session, duty: Obligation, call: Call, *, now: datetime) -> None:
    """Who asked for help is called until they are reached: the next task waits an hour, not for any round."""
    row = Call(
        case_id=duty.case_id,
        obligation_id=duty.id,
        number_id=call.number_id,
        kind="human",
        party=duty.party,
        step=_next_human_step(session, [duty]),
        due_at=now + AGAIN_AFTER,
    )
    session.execute(insert(Call).values(row.model_dump()).on_conflict_do_nothing())
