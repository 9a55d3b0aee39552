"""How cases were closed and opened again, and what was done to find a child before a contact was closed as lost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from models.states import CLOSURES_FOR_FOUR_EYES, ClosureReason, LostOutcome
from models.tables.base import Row, Sealed, instant, one_of, sealed
from models.tables.ledger import SPOKE_WITH


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


class LostAct(Row, table=True):
    """What a person wrote down of a step to find a child whose contact is lost, or decided about one.

    `spoke_with` says whom they spoke to; of a talk with the child it is said whether it was alone.
    """

    __tablename__ = "lost_act"
    __table_args__ = (
        CheckConstraint(
            f"(act = 'record' AND {one_of('outcome', LostOutcome)})"
            " OR (act = 'decision' AND outcome IN ('yes', 'no'))",
            name="lost_act_known",
        ),
        CheckConstraint(one_of("spoke_with", SPOKE_WITH), name="lost_act_spoke_with_known"),
        CheckConstraint(
            "spoke_with <> 'child' OR (act = 'record' AND outcome = 'found' AND alone IS NOT NULL)",
            name="lost_act_child_was_found",
        ),
        ForeignKeyConstraint(
            ["obligation_id", "case_id"], ["obligation.id", "obligation.case_id"], name="lost_act_obligation"
        ),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    obligation_id: UUID = Field(index=True)
    step: str
    act: str
    outcome: str
    spoke_with: str = "nobody"
    alone: bool | None = None
    sealed_note: Sealed = sealed()
    by_staff: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
    recorded_at: datetime = instant()
