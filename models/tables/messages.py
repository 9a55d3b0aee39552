"""Texts with the family: what is said to them, and what they write back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    text,
)
from sqlmodel import Field

from models.contacts import MessageState
from models.tables.base import Row, Sealed, instant, json_object, one_of, sealed


class Message(Row, table=True):
    """One text to one person: template and parameters; the body is rendered at the send."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(one_of("state", MessageState), name="message_state_known"),
        CheckConstraint("not_after > send_after", name="message_window"),
        Index(
            "message_one_live",
            "obligation_id",
            "purpose",
            unique=True,
            postgresql_where=text("state IN ('queued', 'claimed', 'accepted', 'delivered', 'unknown')"),
        ),
        Index(
            "message_one_live_answer",
            "number_id",
            "purpose",
            unique=True,
            postgresql_where=text(
                "obligation_id IS NULL AND state IN ('queued', 'claimed', 'accepted', 'delivered', 'unknown')"
            ),
        ),
        Index("message_due", "send_after", postgresql_where=text("state = 'queued'")),
        Index("message_leased", "lease_until", postgresql_where=text("state = 'claimed'")),
        Index("message_case", "case_id"),
    )
    case_id: UUID = Field(foreign_key="child_case.id")
    obligation_id: UUID | None = Field(default=None, foreign_key="obligation.id", index=True)
    number_id: UUID = Field(foreign_key="phone_number.id", index=True)
    to_party: str
    purpose: str
    step: int = 0
    answer: bool = False
    template: str
    language: str
    params: dict[str, Any] = json_object()
    state: str = MessageState.QUEUED.value
    send_after: datetime = instant()
    not_after: datetime = instant()
    lease_until: datetime | None = instant(default=None)
    tries: int = 0
    looked_up: int = 0
    asked_to_wait: bool = False
    provider_ref: str | None = Field(default=None, index=True)
    error_code: str | None = None
    segments: int | None = None
    claimed_at: datetime | None = instant(default=None)
    accepted_at: datetime | None = instant(default=None)
    ended_at: datetime | None = instant(default=None)
    created_at: datetime = instant()


class InboundText(Row, table=True):
    """A text that came in. An unknown number has no `number_id`; nothing is ever told to it.

    `staff_id`: it came from the telephone on which this person is paged, and from no family's.
    """

    __tablename__ = "inbound_text"
    number_id: UUID | None = Field(default=None, foreign_key="phone_number.id", index=True)
    case_id: UUID | None = Field(default=None, foreign_key="child_case.id", index=True)
    message_id: UUID | None = Field(default=None, foreign_key="message.id")
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    provider_ref: str = Field(unique=True)
    phone_key: bytes = Field(index=True)
    sealed_body: Sealed = sealed()
    meaning: str
    at: datetime = instant()
