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
from integrations.desk.messages import move_message, queue_text
from integrations.desk.paging import page_for_stranger, take_page_receipt
from integrations.desk.reacting import (
    all_ask_for_help,
    end_texts,
    help_after_closure,
    react,
    record_consent,
    silent_until_read,
)
from integrations.kit import Kit
from integrations.messaging.webhooks import twilio_confirms
from integrations.store.cases import lock_cases, lock_row, of_the_followed
from integrations.store.sealing import seal_json
from models.states import FOLLOWED, CaseState, Party
from models.tables.base import Sealed
from models.tables.ledger import Attempt
from models.tables.messages import InboundText, Message
from models.tables.people import Case, PhoneNumber, Staff

# A digit answers a question that was asked within this time. Source: issue 4, point 6.
ANSWER_WINDOW = timedelta(hours=72)


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
        followed = [n for n in numbers if session.get_one(Case, n.case_id).state in FOLLOWED]
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
            _heard_after_closure(session, numbers, meaning, stops=stops, now=now)
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
    questions = {(m.case_id, m.params.get("hearing_id") or m.template) for m in still_open}
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
    _keep_consent(session, numbers, text.meaning, stops=text.stops, now=now)
    if text.stops:
        end_texts(session, numbers, text.id, now)
    if text.meaning == Meaning.HELP:
        all_ask_for_help(session, numbers, now=now)
    if text.may_stop:
        silent_until_read(session, numbers, text.id, now)
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


def _heard_after_closure(
    session: Session, numbers: list[PhoneNumber], meaning: Meaning, *, stops: bool, now: datetime
) -> None:
    """What a phone of closed cases says counts, though nothing is answered: a reopened case keeps to the STOP."""
    _keep_consent(session, numbers, meaning, stops=stops, now=now)
    if meaning == Meaning.HELP:
        help_after_closure(session, numbers, now)


def _keep_consent(
    session: Session, numbers: list[PhoneNumber], meaning: Meaning, *, stops: bool, now: datetime
) -> None:
    """Whoever holds the phone said it, so it holds for everybody on it."""
    if stops or meaning == Meaning.START:
        for one in numbers:
            record_consent(session, one, given=not stops, now=now)


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
