"""What comes in from phones: receipts, texts, keypresses. The answer to every reply is the same thanks.

Nothing here ever says, by what it answers or by whether it answers, that a stranger's number is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.replies import Meaning, asks_to_stop, is_a_digit, may_ask_to_stop, understand
from integrations import keys
from integrations.catalogs import catalog, lexicon_for, written_language
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import open_escalation, policy_of
from integrations.desk.messages import move_message, queue_text
from integrations.desk.paging import page_for_stranger, take_page_receipt
from integrations.desk.pausing import PERHAPS_A_STOP, pause
from integrations.kit import Kit
from integrations.messaging.webhooks import twilio_confirms
from integrations.store.cases import lock_cases, lock_row, of_the_followed
from integrations.store.sealing import seal_json
from models.states import CaseState, MessageState, Party
from models.tables.base import Sealed
from models.tables.ledger import Attempt, Call, InboundText, Message
from models.tables.people import Case, Consent, PhoneNumber, Staff

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
        if take_page_receipt(session, message_id, report, now=now):
            return
        message = lock_row(session, Message, message_id)
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
        numbers = numbers_of_phone(session, phone_key)
        lock_cases(session, {n.case_id for n in numbers})
        followed = [n for n in numbers if session.get_one(Case, n.case_id).state in _FOLLOWED]
        asked = _questions(session, followed, now)
        number = next((n for n in followed if asked and n.id == asked[0].number_id), None)
        number = number or next(iter(followed or numbers), None)
        meaning, stops = _understood(inbound, number)
        read, again = lexicon_for(number.language if number else "en"), False
        if followed and meaning != Meaning.HELP and is_a_digit(inbound.body, read):
            meaning, asked, again = _answered(session, asked, meaning)
        # Whoever of us has a family's phone as well: what comes from it is the family's.
        staff_id = None if numbers else _staff_of(session, phone_key)
        inbound_id = _keep(kit, session, inbound, phone_key, number, staff_id, asked, meaning, now)
        if inbound_id is None:
            return
        if not followed:
            if meaning == Meaning.HELP:
                _help_after_closure(session, numbers, now)
            if meaning == Meaning.HELP and not numbers and staff_id is None:
                page_for_stranger(session, inbound_id, phone_key, now=now)
            return
        text = _Text(
            inbound_id,
            number or followed[0],
            asked,
            meaning,
            stops,
            may_ask_to_stop(inbound.body, read),
            again,
            twilio_confirms(inbound, handles_stop=kit.settings.twilio_handles_stop),
        )
        answer = _act_on(session, followed, text, now)
        if answer is not None:
            _answer(session, text.number, answer, inbound_id, now)


@dataclass(frozen=True, slots=True)
class _Text:
    """One reply as it was understood. `may_stop`: perhaps they want no more texts, and a person must read it.

    `again`: a digit that answers a question as before. `confirmed`: the provider itself answers this word.
    """

    id: UUID
    number: PhoneNumber
    asked: list[Message]
    meaning: Meaning
    stops: bool
    may_stop: bool
    again: bool
    confirmed: bool


def _understood(inbound: Any, number: PhoneNumber | None) -> tuple[Meaning, bool]:
    """What it means, and whether it ends the texts as well: one text may ask for help and say stop."""
    read = lexicon_for(number.language if number else "en")
    meaning = understand(inbound.body, read)
    stops = asks_to_stop(inbound.body, read) or inbound.opt_out_type == "STOP"
    if stops and meaning != Meaning.HELP:
        meaning = Meaning.STOP
    elif inbound.opt_out_type == "START":
        meaning = Meaning.START
    return meaning, stops


def _answered(
    session: Session, asked: list[Message], meaning: Meaning
) -> tuple[Meaning, list[Message], bool]:
    """What a digit means: the answer to the newest question that is open, with that question first.

    With two questions open, with none, or when the question did not offer that digit, a person reads it. The
    last is True when the same digit answers the same question once more: it says nothing new.
    """
    if not asked:
        return Meaning.UNCLEAR, asked, False
    said = session.execute(
        select(col(InboundText.message_id), col(InboundText.meaning)).where(
            col(InboundText.message_id).in_([m.id for m in asked]),
            col(InboundText.meaning).not_in((Meaning.UNCLEAR.value, Meaning.STOP_LIKE.value)),
        )
    ).all()
    answered = {row[0] for row in said}
    still_open = [m for m in asked if m.id not in answered]
    if not still_open:
        same = (asked[0].id, meaning.value) in {(row[0], row[1]) for row in said}
        return (meaning if same else Meaning.UNCLEAR), asked, same
    # The same hearing asked about again is one question.
    questions = {(m.case_id, m.template, m.params.get("hearing_id")) for m in still_open}
    offered = meaning in _offered(still_open[0].template)
    return (meaning if offered and len(questions) == 1 else Meaning.UNCLEAR), still_open, False


def _offered(template: str) -> frozenset[Meaning]:
    """The answers that a question offers. One that offers no digit, such as for a good time, is agreed to by 1."""
    digits = {c for c in catalog("en").messages[template] if c.isdecimal()} or {"1"}
    known = {"1": Meaning.YES, "2": Meaning.HELP, "3": Meaning.MOVED}
    return frozenset(known[digit] for digit in digits)


def numbers_of_phone(session: Session, phone_key: bytes) -> list[PhoneNumber]:
    """The numbers of released children and their sponsors that this phone is.

    Those in follow-up first, newest case first; of one case the child before the sponsor: on a phone that
    they share, what is said counts as the child's.
    """
    return list(
        session.scalars(
            select(PhoneNumber)
            .join(Case, col(Case.id) == col(PhoneNumber.case_id))
            .where(
                of_the_followed(PhoneNumber),
                col(PhoneNumber.phone_key) == phone_key,
                col(PhoneNumber.retired_at).is_(None),
                col(PhoneNumber.role) == "party",
                col(PhoneNumber.party).in_((Party.CHILD.value, Party.SPONSOR.value)),
                col(Case.released_at).is_not(None),
            )
            .order_by(
                (col(Case.state) == CaseState.CLOSED.value),
                col(Case.released_at).desc(),
                col(Case.id),
                col(PhoneNumber.party),
            )
        )
    )


def _staff_of(session: Session, phone_key: bytes) -> UUID | None:
    """Who of the staff is paged on this phone. Their text is kept, and does nothing: a task is taken signed in."""
    return session.scalars(
        select(col(Staff.id)).where(col(Staff.phone_key) == phone_key).order_by(col(Staff.id)).limit(1)
    ).first()


def _questions(session: Session, numbers: list[PhoneNumber], now: datetime) -> list[Message]:
    """What was asked of this phone within the window of an answer, newest first."""
    return list(
        session.scalars(
            select(Message)
            .where(
                col(Message.number_id).in_([n.id for n in numbers]),
                col(Message.answer).is_(False),
                col(Message.state).in_(("claimed", "accepted", "delivered", "unknown")),
                col(Message.claimed_at) >= now - ANSWER_WINDOW,
            )
            .order_by(col(Message.claimed_at).desc(), col(Message.id))
        )
    )


def _keep(
    kit: Kit,
    session: Session,
    inbound: Any,
    phone_key: bytes,
    number: PhoneNumber | None,
    staff_id: UUID | None,
    asked: list[Message],
    meaning: Meaning,
    now: datetime,
) -> UUID | None:
    """The text is kept, sealed. None when it is kept already: the provider has posted it twice."""
    row = InboundText(
        number_id=number.id if number else None,
        case_id=number.case_id if number else None,
        message_id=asked[0].id if asked else None,
        staff_id=staff_id,
        provider_ref=inbound.provider_ref,
        phone_key=phone_key,
        sealed_body=Sealed(b""),
        meaning=meaning.value,
        at=now,
    )
    seal_json(kit.vault, row, "sealed_body", {"body": inbound.body})
    statement = insert(InboundText).values(row.model_dump())
    return session.execute(
        statement.on_conflict_do_nothing(index_elements=["provider_ref"]).returning(col(InboundText.id))
    ).scalar_one_or_none()


def _act_on(session: Session, numbers: list[PhoneNumber], text: _Text, now: datetime) -> str | None:
    """What the reply sets in motion. The template of the answer that is owed, the same thanks for nearly all."""
    if text.asked:
        session.execute(
            update(Attempt)
            .where(col(Attempt.message_id) == text.asked[0].id)
            .values(outcome=f"answered_{text.meaning.value}")
        )
    if text.stops or text.meaning == Meaning.START:
        for one in numbers:
            _consent(session, one, given=not text.stops, now=now)
        if text.stops:
            _stopped(session, numbers, text.id, now)
    if text.meaning == Meaning.HELP:
        _all_ask_for_help(session, numbers, now=now)
    if text.may_stop:
        _silent_until_read(session, numbers, text.id, now)
    if text.stops or text.meaning == Meaning.START:
        # Twilio itself confirms its own words; one confirmation is enough.
        return None if text.confirmed else "stop_confirm" if text.stops else "start_confirm"
    if text.meaning not in (Meaning.HELP, Meaning.STOP_LIKE) and not text.again:
        _react_for_all(session, numbers, text, now)
    return "thanks"


def _react_for_all(session: Session, numbers: list[PhoneNumber], text: _Text, now: datetime) -> None:
    """It answers every family on this phone that was asked; when none was, a person reads it."""
    asked = {message.number_id for message in text.asked}
    meant = [n for n in numbers if n.id in asked]
    one_family = len({n.case_id for n in numbers}) == 1
    if one_family or text.meaning == Meaning.UNCLEAR:
        meant = [text.number]
    if not meant:
        react(session, text.number, Meaning.UNCLEAR, text.id, now=now)
    for number in meant:
        react(session, number, text.meaning, text.id, now=now)


def _all_ask_for_help(session: Session, numbers: list[PhoneNumber], *, now: datetime) -> None:
    """Whoever of the families on this phone it was: each is called back, as the child where a child has it."""
    first = {n.case_id: n for n in reversed(numbers)}
    for number in first.values():
        asks_for_help(session, number, now=now)


def _help_after_closure(
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
    now: datetime,
) -> None:
    """The duties that a reply by text or keypress opens. `yes` opens none: it is a try that was answered.

    `actor`: who says what it means, where a person has read it.
    """
    case = session.get_one(Case, number.case_id)
    key = str(source_id)[:8]
    if case.state not in _FOLLOWED:
        if meaning == Meaning.HELP:
            _help_after_closure(session, [number], now, actor)
    elif meaning == Meaning.HELP:
        asks_for_help(session, number, actor=actor, now=now)
    elif meaning in (Meaning.STOP, Meaning.START):
        _consent(session, number, given=meaning == Meaning.START, actor=actor, now=now)
        if meaning == Meaning.STOP:
            _stopped(session, [number], source_id, now, actor)
    elif meaning == Meaning.MOVED:
        kinds = ("verify_address", "court_address_form")
        _open(session, case, kinds, key, "they say that they moved", now, actor)
    elif meaning == Meaning.WRONG_NUMBER:
        number.usable = number.textable = False
        number.unusable_because = "wrong_number"
        session.add(number)
        looks = ("find_number", "review_stop") if number.party == Party.CHILD.value else ("find_number",)
        _open(session, case, looks, str(number.id)[:8], "wrong number", now, actor)
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


def _silent_until_read(session: Session, numbers: list[PhoneNumber], source_id: UUID, now: datetime) -> None:
    """Perhaps they revoke: each family on this phone hears no machine until a person has read the text."""
    for case_id in {n.case_id for n in numbers}:
        case = session.get_one(Case, case_id)
        _open(session, case, ("review_reply",), str(source_id)[:8], "perhaps they want no more texts", now)
        pause(session, case, PERHAPS_A_STOP, actor=ACTOR, now=now)


def _consent(
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


def _stopped(
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


def _answer(session: Session, number: PhoneNumber, template: str, inbound_id: UUID, now: datetime) -> None:
    """The neutral thanks, whatever was said and whoever has the conversation: its absence would tell.

    Who reads none of our languages is answered by a person, with an interpreter.
    """
    if written_language(number.language) is None:
        return
    queue_text(
        session,
        case_id=number.case_id,
        number=number,
        purpose=f"{template}:{inbound_id}",
        template=template,
        answer=True,
        send_after=now,
        not_after=now + timedelta(minutes=30),
        now=now,
    )
