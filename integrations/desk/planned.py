"""Tries that were planned and are not made any more: their duty has ended, or their case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session, col

from integrations.store import history
from models.contacts import MessageState
from models.tables.ledger import Attempt, Call
from models.tables.messages import Message

ACTOR = "engine:planned"


def cancel_planned(session: Session, obligation_id: UUID, *, now: datetime) -> None:
    """Texts and calls that were still to be made for a duty that has ended are not made."""
    _cancel(
        session,
        col(Call.obligation_id) == obligation_id,
        col(Message.obligation_id) == obligation_id,
        why="its duty has ended",
        now=now,
    )


def cancel_all(session: Session, case_id: UUID, *, now: datetime) -> None:
    """Nothing that was planned for a case that has closed is made."""
    _cancel(
        session,
        col(Call.case_id) == case_id,
        col(Message.case_id) == case_id,
        why="the case is closed",
        now=now,
    )


def _cancel(
    session: Session,
    of_call: ColumnElement[bool],
    of_text: ColumnElement[bool],
    *,
    why: str,
    now: datetime,
) -> None:
    # One that a dispatcher holds at this moment is left to it: it looks at duty and case itself.
    calls = session.scalars(
        select(Call).where(of_call, col(Call.state) == "due").with_for_update(skip_locked=True)
    ).all()
    texts = session.scalars(
        select(Message).where(of_text, col(Message.state) == "queued").with_for_update(skip_locked=True)
    ).all()
    _end(session, (*calls, *texts), why=why, now=now)
    for text in texts:
        text.ended_at = now
    _mark_attempts(session, [call.id for call in calls], [text.id for text in texts])


def _end(session: Session, rows: Iterable[Call | Message], *, why: str, now: datetime) -> None:
    for row in rows:
        history.record(
            session, row, old=row.state, new=MessageState.CANCELLED.value, actor=ACTOR, why=why, now=now
        )
        row.state = MessageState.CANCELLED.value
        session.add(row)


def _mark_attempts(session: Session, call_ids: list[UUID], message_ids: list[UUID]) -> None:
    if call_ids or message_ids:
        session.execute(
            update(Attempt)
            .where(col(Attempt.call_id).in_(call_ids) | col(Attempt.message_id).in_(message_ids))
            .values(outcome=MessageState.CANCELLED.value)
        )
