"""Places where several unrelated children or sponsors came together, and what a reviewer said of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.tables.base import Row, instant, one_of


class Concentration(Row, table=True):
    """One place, by its blind key. Reviewed with a reason, it opens again only when a new child arrives there.

    `children`, `families` (where a relative's count as one) and `sponsors` are those of the largest number at once.
    `opened_at`: since when it waits for a person, or last did.
    """

    __tablename__ = "concentration"
    __table_args__ = (
        CheckConstraint(one_of("by", ("dwelling", "building")), name="concentration_place_known"),
        CheckConstraint(one_of("state", ("open", "reviewed")), name="concentration_state_known"),
        CheckConstraint(
            "state = 'open' OR (reviewed_by IS NOT NULL AND reviewed_at IS NOT NULL AND reason IS NOT NULL)",
            name="concentration_reviewed_by_a_person",
        ),
        UniqueConstraint("by", "place_key", name="concentration_once"),
        Index("concentration_waiting", "opened_at", postgresql_where=text("state = 'open'")),
    )
    by: str
    place_key: bytes
    rule: str
    rules: str
    state: str = "open"
    children: int
    families: int
    sponsors: int
    first_at: datetime = instant()
    last_at: datetime = instant()
    opened_at: datetime = instant()
    looked_at: datetime = instant()
    reviewed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reviewed_at: datetime | None = instant(default=None)
    reason: str | None = None


class ConcentrationChild(Row, table=True):
    """A child who was among them. Rows are never changed or removed."""

    __tablename__ = "concentration_child"
    __table_args__ = (UniqueConstraint("concentration_id", "case_id", name="concentration_child_once"),)
    concentration_id: UUID = Field(foreign_key="concentration.id")
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    arrived_at: datetime = instant()
    added_at: datetime = instant()
