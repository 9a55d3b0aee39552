"""The court's list of hearings: each reading of it, and the rows that a person must look at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.tables.base import Row, Sealed, instant, json_object, one_of, sealed

DOUBTS = ("unknown_child", "birth_date_differs", "padded_number")


class HearingImport(Row, table=True):
    """One reading of a list: who, when, which file (a keyed digest), and what was counted. No end: it broke off."""

    __tablename__ = "hearing_import"
    file_key: bytes = Field(index=True)
    source: str
    actor: str
    began_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    counts: dict[str, Any] = json_object()


class HearingDoubt(Row, table=True):
    """A row of the list that a person must look at: whose hearing is it?

    `case_id`: the case that the row seems to be of; `hearing_id`: the hearing that it has made, where it was
    taken already. One row of the list is in doubt once, however often it comes.
    """

    __tablename__ = "hearing_doubt"
    __table_args__ = (
        CheckConstraint(one_of("why", DOUBTS), name="hearing_doubt_why_known"),
        CheckConstraint(
            "(settled_at IS NULL) = (answer IS NULL)"
            " AND (answer IS NULL OR settled_by IS NOT NULL OR answer = 'known_now')",
            name="hearing_doubt_is_settled_by_a_person",
        ),
        CheckConstraint(
            f"answer IS NULL OR {one_of('answer', ('yes', 'no', 'known_now'))}",
            name="hearing_doubt_answer_known",
        ),
        Index("hearing_doubt_once", "row_key", "why", unique=True),
        Index("hearing_doubt_open", "since_at", postgresql_where=text("settled_at IS NULL")),
    )
    import_id: UUID = Field(foreign_key="hearing_import.id", index=True)
    line: int
    why: str
    row_key: bytes  # of the A-number, the court and the hearing's key
    content_key: bytes  # of the whole row: another time in it is news
    sealed_row: Sealed = sealed()
    case_id: UUID | None = Field(default=None, foreign_key="child_case.id", index=True)
    hearing_id: UUID | None = Field(default=None, foreign_key="hearing.id")
    since_at: datetime = instant()
    answer: str | None = None
    settled_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reason: str | None = None
    settled_at: datetime | None = instant(default=None)
