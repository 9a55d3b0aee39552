"""What a reply sets in motion, whether a machine understood it or a person read it: duties, alarms, consent, silence."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.new_home import COURT_FORM, VERIFY
from followup.replies import Meaning
from integrations.desk.bad_numbers import learn
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import open_escalation, policy_of
from integrations.desk.messages import move_message
from integrations.desk.moves import Told, report_move
from integrations.desk.pausing import PERHAPS_A_STOP, pause
from models.contacts import Channel, MessageState, TryEnd
from models.states import FOLLOWED, Party
from models.tables.ledger import Call
from models.tables.messages import Message
from models.tables.people import Case, Consent, PhoneNumber

ACTOR = "engine:inbound"


def all_ask_for_help(session: Session, numbers: list[PhoneNumber], *, now: datetime) -> None:
    """Whoever of the families on this phone it was: each is called back, as the child where a child has it."""
    first = {n.case_id: n for n in reversed(numbers)}
    for number in first.values():
        asks_for_help(session, number, now=now)


def help_after_closure(
    session: Session, numbers: list[PhoneNumber], now: datetime, actor: str = ACTOR
) -> None:
    """A cry for help from the phone of a case that is closed is a person's to hear. Nothing is answered."""
    for case_id, number in {n.case_id: n for n in reversed(numbers)}.items():
        case = session.get_one(Case, case_id)
        open_escalation(
            session,
            case,
            reason="help_after_closure",
            rule=review_duty(policy_of(case), "call_back", key="", now=now).rule,
            key=_cry(number, now),
            actor=actor,
            now=now,
        )


def _cry(number: PhoneNumber, now: datetime) -> str:
    """The key of a cry for help: said again within the hour it is the same one, later people are called again."""
    return f"{number.party}-{now.strftime('%Y%m%dT%H')}"


def react(
    session: Session,
    number: PhoneNumber,
    meaning: Meaning,
    source_id: UUID,
    *,
    actor: str = ACTOR,
    channel: Channel = Channel.TEXT,
    now: datetime,
) -> None:
    """The duties that a reply by text or keypress opens. `yes` opens none: it is a try that was answered.

    `actor`: who says what it means, where a person has read it. `channel`: how it came.
    """
    case = session.get_one(Case, number.case_id)
    key = str(source_id)[:8]
    if case.state not in FOLLOWED:
        if meaning == Meaning.HELP:
            help_after_closure(session, [number], now, actor)
    elif meaning == Meaning.HELP:
        asks_for_help(session, number, actor=actor, now=now)
    elif meaning in (Meaning.STOP, Meaning.START):
        record_consent(session, number, given=meaning == Meaning.START, actor=actor, now=now)
        if meaning == Meaning.STOP:
            end_texts(session, [number], source_id, now, actor)
    elif meaning == Meaning.MOVED:
        told = Told("reply", actor, "they say that they moved", channel, number.id)
        report_move(session, case, told, key=key, kinds=(VERIFY, COURT_FORM), now=now)
    elif meaning == Meaning.WRONG_NUMBER:
        learn(session, case, number, TryEnd.WRONG_NUMBER, actor=actor, why="wrong number", now=now)
    elif meaning == Meaning.UNCLEAR:
        _open(session, case, ("review_reply",), key, "a reply that no machine understands", now)


def _open(
    session: Session,
    case: Case,
    kinds: tuple[str, ...],
    key: str,
    why: str,
    now: datetime,
    actor: str = ACTOR,
) -> None:
    policy = policy_of(case)
    open_followup(
        session,
        case,
        [review_duty(policy, kind, key=key, now=now, detail={"source": key}) for kind in kinds],
        actor=actor,
        why=why,
        now=now,
    )


def asks_for_help(session: Session, number: PhoneNumber, *, actor: str = ACTOR, now: datetime) -> None:
    """A person calls back within the hour, a rung owns it at once, and whoever is on call is paged.

    After a child's own signal all automation to the family stops until a person releases it, and no
    call-back mentions it (design rule 7).
    """
    case = session.get_one(Case, number.case_id)
    policy = policy_of(case)
    from_child = number.party == Party.CHILD.value
    duty = review_duty(
        policy,
        "call_back",
        key=_cry(number, now),
        now=now,
        party=Party(number.party),
    )
    opened = open_followup(session, case, [duty], actor=actor, why="help was asked for", now=now)
    _call_back_now(session, number, opened[0], now=now)
    open_escalation(
        session,
        case,
        reason="child_asks_for_help" if from_child else "sponsor_asks_for_help",
        rule=duty.rule,
        key=duty.key,
        queue=duty.queue,
        obligation_id=opened[0],
        actor=actor,
        now=now,
    )
    if from_child:
        pause(session, case, "child asked for help", actor=actor, now=now)


def _call_back_now(session: Session, number: PhoneNumber, obligation_id: UUID, *, now: datetime) -> None:
    """The call stands in the callers' queue, not to wait for any round."""
    row = Call(
        case_id=number.case_id,
        obligation_id=obligation_id,
        number_id=number.id,
        kind="human",
        party=number.party,
        step=1,
        due_at=now,
    )
    session.execute(insert(Call).values(row.model_dump()).on_conflict_do_nothing())


def silent_until_read(session: Session, numbers: list[PhoneNumber], source_id: UUID, now: datetime) -> None:
    """Perhaps they revoke: each family on this phone hears no machine until a person has read the text."""
    for case_id in {n.case_id for n in numbers}:
        case = session.get_one(Case, case_id)
        _open(session, case, ("review_reply",), str(source_id)[:8], "perhaps they want no more texts", now)
        pause(session, case, PERHAPS_A_STOP, actor=ACTOR, now=now)


def record_consent(
    session: Session, number: PhoneNumber, *, given: bool, actor: str = ACTOR, now: datetime
) -> None:
    session.add(
        Consent(
            number_id=number.id,
            given=given,
            language=number.language,
            method="text",
            at=now,
            recorded_at=now,
            actor=actor,
        )
    )
    if given:
        number.textable = number.usable
        session.add(number)
    session.flush()


def end_texts(
    session: Session, numbers: list[PhoneNumber], inbound_id: UUID, now: datetime, actor: str = ACTOR
) -> None:
    """STOP ends the texts at once and switches to human calls; from a child's phone a person looks."""
    waiting = session.scalars(
        # One that a dispatcher holds at this moment is left to it: it looks at the consent itself.
        select(Message)
        .where(
            col(Message.number_id).in_([n.id for n in numbers]),
            col(Message.state) == "queued",
            col(Message.answer).is_(False),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for message in waiting:
        move_message(session, message, MessageState.CANCELLED, why="stop", now=now)
    for number in numbers:
        if number.party == Party.CHILD.value:
            case = session.get_one(Case, number.case_id)
            why = "stop from the child's phone"
            _open(session, case, ("review_stop",), str(inbound_id)[:8], why, now, actor)
