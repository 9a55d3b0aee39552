"""How cases were closed: who said so, why, on what evidence, and who opened them again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.states import CLOSURES_FOR_FOUR_EYES, ClosureReason
from models.tables.base import Row, Sealed, instant, one_of, sealed


class Closure(Row, table=True):
    """One closing of one case. What it ended names it; a reopening is written beside it, and undoes nothing.

    `document_id` or `sealed_reference` is the evidence, where the reason needs one.
    """

    __tablename__ = "closure"
    __table_args__ = (
        CheckConstraint(one_of("reason", ClosureReason), name="closure_reason_known"),
        CheckConstraint(
            f"NOT ({one_of('reason', CLOSURES_FOR_FOUR_EYES)})"
            " OR (proposed_by IS NOT NULL AND proposed_by <> closed_by)",
            name="closure_four_eyes",
        ),
        CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL) AND (reopened_at IS NULL) = (reopened_because IS NULL)",
            name="closure_reopened_by_somebody",
        ),
        Index("closure_one_standing", "case_id", unique=True, postgresql_where=text("reopened_at IS NULL")),
        Index("closure_of_case", "case_id"),
    )
    case_id: UUID = Field(foreign_key="child_case.id")
    reason: str
    rule: str
    policy_version: str
    note: str  # in a person's words; no names
    document_id: UUID | None = Field(default=None, foreign_key="document.id")
    sealed_reference: Sealed | None = sealed(default=None)
    proposed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    closed_by: UUID = Field(foreign_key="staff.id")
    closed_at: datetime = instant()
    reopened_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reopened_at: datetime | None = instant(default=None)
    reopened_because: str | None = None
