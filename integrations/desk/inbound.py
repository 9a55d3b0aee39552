"""What comes in from phones: receipts, texts, keypresses. The answer to every reply is the same thanks.

Nothing here ever says, by what it answers or by whether it answers, that a stranger's number is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from followup.replies import Meaning, understand
from sqlalchemy import select, update
from sqlmodel import Session, col

from integrations import keys
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import open_escalation, policy_of
from integrations.desk.messages import move_message, queue_text
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import seal_json
from models.errors import NotFound
from models.states import CaseState, MessageState, Party
from models.tables.base import Sealed
from models.tables.ledger import Attempt, InboundText, Message
from models.tables.people import Case, Consent, PhoneNumber
from models.tables.vetting import Release

ACTOR = "engine:inbound"
# A digit answers a question that was asked within this time. Source: issue 4, point 6.
ANSWER_WINDOW = timedelta(hours=72)
_FOLLOWED = (CaseState.IN_FOLLOW_UP.value, CaseState.LOST_CONTACT.value)


def take_status(kit: Kit, message_id: UUID, report: Any, *, now: datetime) -> None:
    """A delivery receipt (`StatusReport`) is taken. Late, doubled and unknown words change nothing.

    Raises:
        NotFound: we have no such message.
    """
    with kit.transaction() as session:
        message = session.scalars(
            select(Message).where(col(Message.id) == message_id).with_for_update()
        ).one_or_none()
        if message is None:
            raise NotFound("message", str(message_id))
        if report.provider_ref and message.provider_ref is None:
            message.provider_ref = report.provider_ref
            session.add(message)
        if report.state is None:
            return
        move_message(session, message, report.state, why="receipt", now=now, error_code=report.error_code)


def take_text(kit: Kit, inbound: Any, *, now: datetime) -> None:
    """A text (`InboundText` of the webhook) is understood, or handed to a person. Doubled ones change nothing."""
    phone_key = keys.phone_key(kit.vault, inbound.from_)
    with kit.transaction() as session:
        if session.scalars(
            select(InboundText).where(col(InboundText.provider_ref) == inbound.provider_ref)
        ).first():
            return
        numbers = _followed_numbers(session, phone_key)
        if not numbers:
            _keep(kit, session, inbound, phone_key, None, None, Meaning.UNCLEAR, now)
            return
        asked = _last_question(session, numbers, now)
        number = next((n for n in numbers if asked and n.id == asked.number_id), numbers[0])
        meaning = understand(inbound.body, number.language)
        if inbound.opt_out_type == "STOP":
            meaning = Meaning.STOP
        row = _keep(kit, session, inbound, phone_key, number, asked, meaning, now)
        answer_is_owed = _act_on(session, numbers, number, asked, meaning, row.id, now)
        if answer_is_owed:
            _thank(session, number, row.id, now)


def _followed_numbers(session: Session, phone_key: bytes) -> list[PhoneNumber]:
    """The numbers of children in follow-up that this phone is, newest case first."""
    return list(
        session.scalars(
            select(PhoneNumber)
            .join(Release, col(Release.application_id) == col(PhoneNumber.application_id))
            .join(Case, col(Case.id) == col(PhoneNumber.case_id))
            .where(
                col(PhoneNumber.phone_key) == phone_key,
                col(PhoneNumber.retired_at).is_(None),
                col(PhoneNumber.party).in_((Party.CHILD.value, Party.SPONSOR.value)),
                col(Case.state).in_(_FOLLOWED),
            )
            .order_by(col(Case.released_at).desc(), col(PhoneNumber.role).desc())
        )
    )


def _last_question(session: Session, numbers: list[PhoneNumber], now: datetime) -> Message | None:
    return session.scalars(
        select(Message)
        .where(
            col(Message.number_id).in_([n.id for n in numbers]),
            col(Message.answer).is_(False),
            col(Message.state).in_(("claimed", "accepted", "delivered", "unknown")),
            col(Message.claimed_at) >= now - ANSWER_WINDOW,
        )
        .order_by(col(Message.claimed_at).desc())
        .limit(1)
    ).first()


def _keep(
    kit: Kit,
    session: Session,
    inbound: Any,
    phone_key: bytes,
    number: PhoneNumber | None,
    asked: Message | None,
    meaning: Meaning,
    now: datetime,
) -> InboundText:
    row = InboundText(
        number_id=number.id if number else None,
        case_id=number.case_id if number else None,
        message_id=asked.id if asked else None,
        provider_ref=inbound.provider_ref,
        phone_key=phone_key,
        sealed_body=Sealed(b""),
        meaning=meaning.value,
        at=now,
    )
    seal_json(kit.vault, row, "sealed_body", {"body": inbound.body})
    session.add(row)
    session.flush()
    return row


def _act_on(
    session: Session,
    numbers: list[PhoneNumber],
    number: PhoneNumber,
    asked: Message | None,
    meaning: Meaning,
    inbound_id: UUID,
    now: datetime,
) -> bool:
    """What the reply sets in motion. True when the neutral thanks is owed."""
    if meaning in (Meaning.STOP, Meaning.START):
        for one in numbers:
            _consent(session, one, given=meaning == Meaning.START, now=now)
        if meaning == Meaning.STOP:
            _stopped(session, number, inbound_id, now)
        # Twilio itself confirms both words; one confirmation is enough.
        return False
    if asked is not None:
        session.execute(
            update(Attempt)
            .where(col(Attempt.message_id) == asked.id)
            .values(outcome=f"answered_{meaning.value}")
        )
    one_family = len({n.case_id for n in numbers}) == 1
    if meaning == Meaning.HELP:
        for case_number in {n.case_id: n for n in numbers}.values():
            asks_for_help(session, case_number, now=now)
        return True
    if not one_family and asked is None:
        meaning = Meaning.UNCLEAR
    react(session, number, meaning, inbound_id, now=now)
    return True


def react(session: Session, number: PhoneNumber, meaning: Meaning, source_id: UUID, *, now: datetime) -> None:
    """The duties that a reply by text or keypress opens. `yes` opens none: it is a try that was answered."""
    case = session.get_one(Case, number.case_id)
    key = str(source_id)[:8]
    if meaning == Meaning.HELP:
        asks_for_help(session, number, now=now)
    elif meaning == Meaning.MOVED:
        _open(session, case, ("verify_address", "court_address_form"), key, "they say that they moved", now)
    elif meaning == Meaning.WRONG_NUMBER:
        number.usable = number.textable = False
        number.unusable_because = "wrong_number"
        session.add(number)
        kinds = ("find_number", "review_stop") if number.party == Party.CHILD.value else ("find_number",)
        _open(session, case, kinds, str(number.id)[:8], "wrong number", now)
    elif meaning == Meaning.UNCLEAR:
        _open(session, case, ("review_reply",), key, "a reply that no machine understands", now)


def _open(session: Session, case: Case, kinds: tuple[str, ...], key: str, why: str, now: datetime) -> None:
    policy = policy_of(case)
    open_followup(
        session,
        case,
        [review_duty(policy, kind, key=key, now=now, detail={"source": key}) for kind in kinds],
        actor=ACTOR,
        why=why,
        now=now,
    )


def asks_for_help(session: Session, number: PhoneNumber, *, now: datetime) -> None:
    """A person calls back within the hour, and a rung owns it at once.

    After a child's own signal all automation to the family stops until a person releases it, and no
    call-back mentions it (design rule 7).
    """
    case = session.get_one(Case, number.case_id)
    policy = policy_of(case)
    from_child = number.party == Party.CHILD.value
    duty = review_duty(
        policy,
        "call_back",
        key=f"{number.party}-{now.strftime('%Y%m%dT%H')}",
        now=now,
        party=Party(number.party),
    )
    opened = open_followup(session, case, [duty], actor=ACTOR, why="help was asked for", now=now)
    open_escalation(
        session,
        case,
        reason="child_asks_for_help" if from_child else "sponsor_asks_for_help",
        rule=duty.rule,
        queue=duty.queue,
        obligation_id=opened[0],
        actor=ACTOR,
        now=now,
    )
    if from_child and case.paused_at is None:
        case.paused_at, case.paused_because = now, "child asked for help"
        session.add(case)
        history.record(
            session, case, old=None, new="automation paused", actor=ACTOR, why="child asked for help", now=now
        )


def _consent(session: Session, number: PhoneNumber, *, given: bool, now: datetime) -> None:
    session.add(
        Consent(
            number_id=number.id,
            given=given,
            language=number.language,
            method="text",
            at=now,
            recorded_at=now,
            actor=ACTOR,
        )
    )
    if given:
        number.textable = number.usable
        session.add(number)
    session.flush()


def _stopped(session: Session, number: PhoneNumber, inbound_id: UUID, now: datetime) -> None:
    """STOP ends the texts at once and switches to human calls; from a child's phone a person looks."""
    case = session.get_one(Case, number.case_id)
    waiting = session.scalars(
        select(Message)
        .where(col(Message.number_id) == number.id, col(Message.state) == "queued")
        .with_for_update()
    ).all()
    for message in waiting:
        move_message(session, message, MessageState.CANCELLED, why="stop", now=now)
    if number.party == Party.CHILD.value:
        _open(session, case, ("review_stop",), str(inbound_id)[:8], "stop from the child's phone", now)


def _thank(session: Session, number: PhoneNumber, inbound_id: UUID, now: datetime) -> None:
    case = session.get_one(Case, number.case_id)
    if case.paused_at is not None and case.paused_at < now:
        return  # a person has the conversation
    queue_text(
        session,
        case_id=number.case_id,
        number=number,
        purpose=f"thanks:{inbound_id}",
        template="thanks",
        answer=True,
        send_after=now,
        not_after=now + timedelta(minutes=30),
        now=now,
    )
