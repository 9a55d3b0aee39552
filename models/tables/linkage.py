"""Interviews before a release, and which two sponsors are one person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
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
