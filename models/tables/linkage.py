"""Interviews before a release, and which two sponsors are one person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.interview import INTERVIEWEES
from models.tables.base import Row, Sealed, instant, one_of, sealed


class Interview(Row, table=True):
    """What child, sponsor or parent abroad answered, written down by a named person. Never rewritten.

    `question_set` is the version that was asked; `alone` is said of every talk with a child.
    """

    __tablename__ = "interview"
    __table_args__ = (
        CheckConstraint(one_of("party", INTERVIEWEES), name="interview_party_known"),
        CheckConstraint("party <> 'child' OR alone IS NOT NULL", name="interview_child_alone_or_not"),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    party: str
    question_set: str
    alone: bool | None = None
    sealed_answers: Sealed = sealed()
    recorded_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class PersonMerge(Row, table=True):
    """Two people say that the sponsors of two applications are one person. Undone, it stays on record.

    Nothing is rewritten: each application keeps its sponsor, and look-ups go through this row while it holds.
    It speaks of the sponsors as they were then: once an amendment names somebody else, it says nothing.
    """

    __tablename__ = "person_merge"
    __table_args__ = (
        CheckConstraint("one_application_id < other_application_id", name="person_merge_in_order"),
        CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL) AND approved_by IS DISTINCT FROM proposed_by",
            name="person_merge_four_eyes",
        ),
        CheckConstraint(
            "(undone_by IS NULL) = (undone_at IS NULL) AND (undone_by IS NULL) = (undone_reason IS NULL)",
            name="person_merge_undone_with_reason",
        ),
        Index(
            "person_merge_once",
            "one_application_id",
            "other_application_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("person_merge_other", "other_application_id", postgresql_where=text("undone_at IS NULL")),
    )
    one_application_id: UUID = Field(foreign_key="application.id")
    other_application_id: UUID = Field(foreign_key="application.id")
    one_sponsor_id: UUID = Field(foreign_key="sponsor.id")
    other_sponsor_id: UUID = Field(foreign_key="sponsor.id")
    reason: str
    proposed_by: UUID = Field(foreign_key="staff.id")
    proposed_at: datetime = instant()
    approved_by: UUID | None = Field(default=None, foreign_key="staff.id")
    approved_at: datetime | None = instant(default=None)
    undone_by: UUID | None = Field(default=None, foreign_key="staff.id")
    undone_at: datetime | None = instant(default=None)
    undone_reason: str | None = None
