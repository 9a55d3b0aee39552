"""Which office works on whose cases, and who looked into another office's case, why, and what a supervisor said of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from models.tables.base import Row, instant


class OfficeProvider(Row, table=True):
    """The children in care of this provider are that office's. `care_provider` in small letters."""

    __tablename__ = "office_provider"
    care_provider: str = Field(unique=True)
    office: str
    set_by: UUID = Field(foreign_key="staff.id")
    set_at: datetime = instant()


class CaseOpening(Row, table=True):
    """A person opened a case of another office, for a reason and a time; a supervisor says whether it was right."""

    __tablename__ = "case_opening"
    __table_args__ = (
        CheckConstraint("ends_at > opened_at", name="case_opening_ends"),
        CheckConstraint("reviewed_by <> staff_id", name="case_opening_reviewed_by_another"),
        CheckConstraint(
            "(reviewed_by IS NULL) = (reviewed_at IS NULL) AND (reviewed_by IS NULL) = (was_right IS NULL)"
            " AND (reviewed_by IS NULL) = (review IS NULL)",
            name="case_opening_reviewed_whole",
        ),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    reason: str
    opened_at: datetime = instant()
    ends_at: datetime = instant()
    reviewed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reviewed_at: datetime | None = instant(default=None)
    was_right: bool | None = None
    review: str | None = None
