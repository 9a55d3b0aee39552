"""A person reads a text that no machine understood: what it means is theirs to say, and follows as if it had been plain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from followup.replies import Meaning
from integrations.desk.duties import DOERS, settle_by_reading
from integrations.desk.inbound import numbers_of_phone
from integrations.desk.paging import end_for_text
from integrations.desk.reacting import react
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.cases import lock_cases
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.ledger import Attempt, Obligation
from models.tables.messages import InboundText
from models.tables.paging import ReplyReading
from models.tables.people import Case, PhoneNumber

NOTHING = "nothing"
READABLE = (
    *(m.value for m in (Meaning.STOP, Meaning.START, Meaning.HELP, Meaning.MOVED, Meaning.WRONG_NUMBER)),
    Meaning.YES.value,
    NOTHING,
)
# Said by whoever holds the phone, so it holds for everybody on it.
_OF_THE_PHONE = frozenset({Meaning.STOP, Meaning.START})


def read_reply(
    kit: Kit, text_id: UUID, person: Person, *, meaning: str, reason: str, now: datetime
) -> dict[str, Any]:
    """What this person read in the text is on record; what follows from it has begun, and the duty to read it is
    settled by that. Of a number that nobody knows it is on record alone, and nobody is paged for it any more.

    No text confirms a stop that is read so: the time in which one may is over.

    Raises:
        NotFound: there is no such text. BadInput: no such meaning, or no reason. Refused: the wrong role, or the text
            does not wait to be read.
    """
    _want(meaning, reason)
    with kit.transaction() as session:
        role = require_role(person, *DOERS)
        inbound = session.get(InboundText, text_id)
        if inbound is None or inbound.staff_id is not None:
            raise NotFound("text", str(text_id))
        case_id = inbound.case_id
        if case_id is None:
            _read_stranger(session, inbound, person, meaning, reason, now)
        else:
            _read_family(kit, session, inbound, case_id, person, role, meaning, reason, now)
        history.audit(session, actor=str(person.id), act="read", noun="inbound_text", ids=[text_id], now=now)
        return {
            "id": str(text_id),
            "case_id": str(case_id) if case_id else None,
            "meaning": meaning,
            "by": person.email,
        }


def _want(meaning: str, reason: str) -> None:
    if meaning not in READABLE:
        words = ", ".join(READABLE)
        raise BadInput(
            Problem("--meaning", "wrong_value", "There is no such meaning.", f"Use one of: {words}.")
        )
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say how you know.", "Add --reason TEXT."))


def _keep(
    session: Session, inbound: InboundText, person: Person, meaning: str, reason: str, now: datetime
) -> ReplyReading:
    """The reading, once.

    Raises:
        Refused: somebody has read it already.
    """
    session.get_one(InboundText, inbound.id, with_for_update=True)
    before = session.scalars(
        select(col(ReplyReading.id)).where(col(ReplyReading.inbound_id) == inbound.id)
    ).first()
    if before is not None:
        raise Refused("read_already", "somebody has read this text already")
    row = ReplyReading(inbound_id=inbound.id, meaning=meaning, reason=reason, read_by=person.id, at=now)
    session.add(row)
    session.flush()
    return row


def _read_stranger(
    session: Session, inbound: InboundText, person: Person, meaning: str, reason: str, now: datetime
) -> None:
    _keep(session, inbound, person, meaning, reason, now)
    end_for_text(session, inbound.id, actor=str(person.id), why=reason, now=now)


def _read_family(
    kit: Kit,
    session: Session,
    inbound: InboundText,
    case_id: UUID,
    person: Person,
    role: Role,
    meaning: str,
    reason: str,
    now: datetime,
) -> None:
    numbers = numbers_of_phone(session, inbound.phone_key)
    cases = lock_cases(session, {case_id, *(number.case_id for number in numbers)})
    reading = _keep(session, inbound, person, meaning, reason, now)
    duty = _duty(session, inbound, case_id)
    record_act(session, case_id, person, role, now=now)
    if inbound.message_id is not None and meaning != NOTHING:
        session.execute(
            update(Attempt)
            .where(col(Attempt.message_id) == inbound.message_id)
            .values(outcome=f"answered_{meaning}")
        )
    for number in _meant(session, inbound, numbers, cases, meaning):
        react(session, number, Meaning(meaning), inbound.id, actor=str(person.id), now=now)
    settle_by_reading(kit, session, duty, reading.id, person, note=reason, now=now)


def _duty(session: Session, inbound: InboundText, case_id: UUID) -> Obligation:
    """The open duty to read this text.

    Raises:
        Refused: there is none.
    """
    key = str(inbound.id)[:8]
    for duty in ledger.open_of(session, case_id, kind="review_reply"):
        if duty.key == key:
            return duty
    raise Refused("not_waiting", "this text does not wait for a person to read it")


def _meant(
    session: Session,
    inbound: InboundText,
    numbers: list[PhoneNumber],
    cases: dict[UUID, Case],
    meaning: str,
) -> list[PhoneNumber]:
    """Whom it is about: everybody on the phone, each family once, or the one whose text it was; nobody for nothing."""
    if meaning == NOTHING:
        return []
    followed = [number for number in numbers if cases[number.case_id].closed_at is None]
    if Meaning(meaning) in _OF_THE_PHONE and followed:
        return followed
    if Meaning(meaning) == Meaning.HELP and followed:
        return list({number.case_id: number for number in reversed(followed)}.values())
    return [session.get_one(PhoneNumber, inbound.number_id)] if inbound.number_id else []
