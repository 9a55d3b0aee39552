"""Texts: queued with their window, and what follows when one is delivered, fails or expires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.delivery import after_failure
from integrations.desk.duties import open_followup, review_duty
from integrations.desk.escalations import policy_of
from integrations.store import history, ledger
from models.states import MESSAGE_MOVES, MessageState, ObligationState
from models.tables.ledger import Attempt, Message, Obligation
from models.tables.people import Case, PhoneNumber

# Duties that a delivered text settles; every other duty only counts it as a try.
SETTLED_BY_DELIVERY = frozenset({"text_reminder", "hearing_reminder"})


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


def cancel_queued(session: Session, obligation_id: UUID) -> None:
    """Texts that were still to be sent for this duty are not sent."""
    session.execute(
        update(Message)
        .where(col(Message.obligation_id) == obligation_id, col(Message.state) == "queued")
        .values(state=MessageState.CANCELLED.value)
    )


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
    elif to != MessageState.QUEUED:
        message.ended_at = now
        if to == MessageState.DELIVERED:
            message.accepted_at = message.accepted_at or now
    session.add(message)
    history.record(session, message, old=frm.value, new=to.value, actor="engine:dispatch", why=why, now=now)
    _mark_attempt(session, message, to)
    if to == MessageState.DELIVERED:
        _delivered(session, message, now=now)
    elif to in _LOST:
        _not_delivered(session, message, now=now)
    return True


_LOST = frozenset(
    {
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.EXPIRED,
        MessageState.CANCELLED,
        MessageState.UNKNOWN,
    }
)


def _mark_attempt(session: Session, message: Message, to: MessageState) -> None:
    session.execute(update(Attempt).where(col(Attempt.message_id) == message.id).values(outcome=to.value))


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
        actor="engine:dispatch",
        now=now,
    )
    ledger.settle(session, duty, evidence, actor="engine:dispatch", why="text delivered", now=now)


def _not_delivered(session: Session, message: Message, *, now: datetime) -> None:
    """A reminder that did not arrive becomes a person's task; a bad number asks for a better one."""
    case = session.get_one(Case, message.case_id)
    number = session.get_one(PhoneNumber, message.number_id)
    meaning = after_failure(message.error_code) if message.error_code else "other"
    if meaning in ("landline", "stopped", "invalid"):
        number.textable = False
        number.unusable_because = meaning
    elif meaning == "out_of_service":
        number.usable = number.textable = False
        number.unusable_because = meaning
    session.add(number)
    successor: UUID | None = None
    policy = policy_of(case)
    if meaning in ("landline", "out_of_service", "invalid") and case.released_at is not None:
        successor = open_followup(
            session,
            case,
            [review_duty(policy, "find_number", key=str(number.id)[:8], now=now)],
            actor="engine:dispatch",
            why=f"text failed: {meaning}",
            now=now,
        )[0]
    duty = _open_duty(session, message)
    if duty is None:
        return
    if duty.kind in SETTLED_BY_DELIVERY:
        if successor is None:
            successor = open_followup(
                session,
                case,
                [review_duty(policy, "tell_by_voice", key=str(duty.id)[:8], now=now)],
                actor="engine:dispatch",
                why=f"text {message.state}",
                now=now,
            )[0]
        ledger.void_for(
            session, duty, successor, actor="engine:dispatch", why=f"text {message.state}", now=now
        )
    else:
        duty.next_at = min(duty.next_at or now, now + timedelta(minutes=1))
        session.add(duty)
