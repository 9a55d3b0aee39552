"""Texts: queued with their window, and what follows when one is delivered, fails or expires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.court import HEARING_CHANGE
from followup.delivery import after_failure
from integrations.desk.bad_numbers import FIND_NUMBER, learn
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import policy_of
from integrations.store import history, ledger
from models.contacts import MESSAGE_MOVES, MessageState, TryEnd
from models.facts import Duty
from models.states import ObligationState, Party
from models.tables.ledger import Attempt, Obligation
from models.tables.messages import Message
from models.tables.people import Case, Consent, PhoneNumber

ACTOR = "engine:dispatch"
# Duties that a delivered text settles; every other duty only counts it as a try.
SETTLED_BY_DELIVERY = frozenset({"text_reminder", "hearing_reminder", HEARING_CHANGE})


def queue_text(
    session: Session,
    *,
    case_id: UUID,
    number: PhoneNumber,
    purpose: str,
    template: str,
    params: Mapping[str, Any] | None = None,
    obligation_id: UUID | None = None,
    step: int = 0,
    answer: bool = False,
    send_after: datetime,
    not_after: datetime,
    now: datetime,
) -> UUID | None:
    """The text waits to be sent. None when one for this duty and purpose lives already."""
    row = Message(
        case_id=case_id,
        obligation_id=obligation_id,
        number_id=number.id,
        to_party=number.party,
        purpose=purpose,
        step=step,
        answer=answer,
        template=template,
        language=number.language,
        params=dict(params or {}),
        send_after=send_after,
        not_after=not_after,
        created_at=now,
    )
    # Whichever rule of one live text it would break: the one that lives is enough.
    statement = insert(Message).values(row.model_dump()).on_conflict_do_nothing()
    return session.execute(statement.returning(col(Message.id))).scalar_one_or_none()


def move_message(
    session: Session,
    message: Message,
    to: MessageState,
    *,
    why: str,
    now: datetime,
    error_code: str | None = None,
) -> bool:
    """The message stands at `to`, and what depends on it has followed. False for a late or doubled word."""
    frm = MessageState(message.state)
    if frm == to or to not in MESSAGE_MOVES[frm]:
        return False
    message.state = to.value
    message.lease_until = None
    if error_code:
        message.error_code = error_code
    if to == MessageState.ACCEPTED:
        message.accepted_at = message.accepted_at or now
    elif to not in _ON_THE_WAY:
        message.ended_at = now
        if to == MessageState.DELIVERED:
            message.accepted_at = message.accepted_at or now
    session.add(message)
    history.record(session, message, old=frm.value, new=to.value, actor=ACTOR, why=why, now=now)
    if to not in _ON_THE_WAY:
        _mark_attempt(session, message, _end(message).value if to in _FAILED else to.value)
    if to == MessageState.DELIVERED:
        _delivered(session, message, now=now)
    elif to in _LOST:
        _not_delivered(session, message, now=now)
    return True


_ON_THE_WAY = frozenset({MessageState.QUEUED, MessageState.CLAIMED})
_LOST = frozenset(
    {
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.EXPIRED,
        MessageState.CANCELLED,
        MessageState.UNKNOWN,
    }
)


_FAILED = frozenset({MessageState.UNDELIVERED, MessageState.FAILED})


def _end(message: Message) -> TryEnd:
    """How a text ended that did not arrive. Without a code it says nothing about the number."""
    return after_failure(message.error_code or "")


def _mark_attempt(session: Session, message: Message, outcome: str) -> None:
    """The try says how it went. What they answered says more than a receipt that comes after it."""
    session.execute(
        update(Attempt)
        .where(col(Attempt.message_id) == message.id, col(Attempt.outcome).not_like("answered%"))
        .values(outcome=outcome)
    )


def _open_duty(session: Session, message: Message) -> Obligation | None:
    if message.obligation_id is None:
        return None
    duty = session.scalars(
        select(Obligation).where(col(Obligation.id) == message.obligation_id).with_for_update()
    ).one()
    return duty if duty.state == ObligationState.OPEN.value else None


def _delivered(session: Session, message: Message, *, now: datetime) -> None:
    duty = _open_duty(session, message)
    if duty is None or duty.kind not in SETTLED_BY_DELIVERY:
        return
    evidence = ledger.add_evidence(
        session,
        case_id=message.case_id,
        kind="message",
        row_id=message.id,
        actor=ACTOR,
        now=now,
    )
    ledger.settle(session, duty, evidence, actor=ACTOR, why="text delivered", now=now)


def _not_delivered(session: Session, message: Message, *, now: datetime) -> None:
    """A reminder that did not arrive becomes a person's task; a bad number asks for a better one."""
    case = session.get_one(Case, message.case_id)
    found = _learn(session, case, message, now=now)
    duty = _open_duty(session, message)
    if duty is None:
        return
    if duty.kind not in SETTLED_BY_DELIVERY:
        duty.next_at = min(duty.next_at or now, now + timedelta(minutes=1))
        session.add(duty)
        return
    why = f"text {message.state}"
    successor = found or _tell_by_voice(session, case, duty, why=why, now=now)
    ledger.void_for(session, duty, successor, actor=ACTOR, why=why, now=now)


def _learn(session: Session, case: Case, message: Message, *, now: datetime) -> UUID | None:
    """What the failure says of the number is kept. Returns the duty to find a better one, where one is wanted."""
    if message.error_code is None:
        return None
    end, number = _end(message), session.get_one(PhoneNumber, message.number_id)
    if end == TryEnd.STOPPED:
        _stopped_elsewhere(session, number, now=now)
    opened = learn(session, case, number, end, actor=ACTOR, why=f"text failed: {end.value}", now=now)
    return opened.get(FIND_NUMBER)


def _stopped_elsewhere(session: Session, number: PhoneNumber, *, now: datetime) -> None:
    """The provider says that they said STOP, which we never heard: it counts as said to us."""
    session.add(
        Consent(number_id=number.id, given=False, method="provider", at=now, recorded_at=now, actor=ACTOR)
    )


def _tell_by_voice(session: Session, case: Case, duty: Obligation, *, why: str, now: datetime) -> UUID:
    review = voice_duty(case, duty, now=now)
    return open_followup(session, case, [review], actor=ACTOR, why=why, now=now)[0]


def voice_duty(case: Case, duty: Obligation, *, now: datetime) -> Duty:
    """The duty of a person to say what this reminder would have said."""
    return review_duty(
        policy_of(case),
        "tell_by_voice",
        key=str(duty.id)[:8],
        now=now,
        party=Party(duty.party),
        detail={"reminder": str(duty.id)}
        | {k: duty.detail[k] for k in ("hearing_id", "change") if k in duty.detail},
    )
