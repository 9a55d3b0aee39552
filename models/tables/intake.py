"""Packets on their way in: drafts with their files, what a sender does not have, and zips that came in many at once."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.states import BatchRowState, DocumentKind, DraftState, FileSeen
from models.tables.base import Row, Sealed, instant, json_object, one_of, sealed


class PacketDraft(Row, table=True):
    """A packet that somebody is filling in. `version` goes up with each save; `sealed_answers` is kept as typed."""

    __tablename__ = "packet_draft"
    __table_args__ = (
        CheckConstraint(one_of("state", DraftState), name="packet_draft_state_known"),
        CheckConstraint(
            "(state = 'submitted') = (application_id IS NOT NULL)", name="packet_draft_submitted_is_somewhere"
        ),
        Index("packet_draft_of_owner", "owner_id", "saved_at"),
    )
    owner_id: UUID = Field(foreign_key="staff.id")
    state: str = DraftState.DRAFT.value
    version: int = 1
    sealed_answers: Sealed = sealed()
    application_id: UUID | None = Field(default=None, foreign_key="application.id", index=True)
    created_at: datetime = instant()
    saved_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)


class PacketDraftFile(Row, table=True):
    """A file of a draft. `sealed_content` is emptied when it is taken out, or once the packet itself holds it."""

    __tablename__ = "packet_draft_file"
    __table_args__ = (
        CheckConstraint(one_of("kind", DocumentKind), name="packet_draft_file_kind_known"),
        CheckConstraint(one_of("seen", FileSeen), name="packet_draft_file_seen_known"),
    )
    draft_id: UUID = Field(foreign_key="packet_draft.id", index=True)
    kind: str
    subject: str
    number: int  # counts the files of the draft, those taken out as well
    media_type: str
    size: int
    issued_on: date | None = None
    seen: str = FileSeen.NOT_LOOKED_AT.value
    sharpness: float | None = None
    sealed_name: Sealed = sealed()
    sealed_content: Sealed | None = sealed(default=None)
    at: datetime = instant()
    removed_at: datetime | None = instant(default=None)


class PaperNotAtHand(Row, table=True):
    """Why a sender did not have a document. A note for the reviewer: it never counts as the document."""

    __tablename__ = "paper_not_at_hand"
    application_id: UUID = Field(foreign_key="application.id", index=True)
    revision: int
    item: str
    subject: str
    sealed_reason: Sealed = sealed()
    said_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class PacketBatch(Row, table=True):
    """Several zips that one person sent at once."""

    __tablename__ = "packet_batch"
    __table_args__ = (Index("packet_batch_of_sender", "sent_by", "at"),)
    sent_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class PacketBatchRow(Row, table=True):
    """One zip of a batch and what became of it. Its content is emptied once it is known; `result` names no person."""

    __tablename__ = "packet_batch_row"
    __table_args__ = (
        CheckConstraint(one_of("state", BatchRowState), name="packet_batch_row_state_known"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="packet_batch_row_ends_with_time"),
        UniqueConstraint("batch_id", "number", name="packet_batch_row_once"),
    )
    batch_id: UUID = Field(foreign_key="packet_batch.id", index=True)
    number: int
    size: int
    sealed_name: Sealed = sealed()
    sealed_content: Sealed | None = sealed(default=None)
    state: str = BatchRowState.WAITING.value
    application_id: UUID | None = Field(default=None, foreign_key="application.id")
    result: dict[str, Any] = json_object()
    ended_at: datetime | None = instant(default=None)
