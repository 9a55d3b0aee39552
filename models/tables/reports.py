"""What was told outside because of a call: reports, notices of concern; and answers that are still being typed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from models.reports import METHODS, NoticeState, Recipient
from models.tables.base import Row, Sealed, instant, one_of, sealed


def _of_its_duty(table: str) -> ForeignKeyConstraint:
    """It stands for a duty of its own case."""
    return ForeignKeyConstraint(
        ["obligation_id", "case_id"], ["obligation.id", "obligation.case_id"], name=f"{table}_of_its_duty"
    )


class Report(Row, table=True):
    """A report that a named person made: to whom, when, how, and the recipient's reference. Never rewritten.

    `sealed_told` is the person at the recipient's who took it.
    """

    __tablename__ = "report"
    __table_args__ = (
        _of_its_duty("report"),
        CheckConstraint(one_of("recipient", Recipient), name="report_recipient_known"),
        CheckConstraint(one_of("method", METHODS), name="report_method_known"),
        CheckConstraint("reference <> ''", name="report_has_its_reference"),
        CheckConstraint("reported_at <= recorded_at", name="report_was_made_before_it_was_recorded"),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    obligation_id: UUID = Field(unique=True)
    recipient: str
    method: str
    reference: str
    sealed_told: Sealed = sealed()
    reported_by: UUID = Field(foreign_key="staff.id")
    reported_at: datetime = instant()
    recorded_at: datetime = instant()


class Notice(Row, table=True):
    """A notice of concern (form A-7): drafted, approved by another, certified, acknowledged by its recipient.

    It always has an owner and a next action. `learned_at`: when the concern became known; its age runs from there.
    """

    __tablename__ = "notice"
    __table_args__ = (
        _of_its_duty("notice"),
        CheckConstraint(one_of("state", NoticeState), name="notice_state_known"),
        CheckConstraint(
            "(state = 'draft') = (approved_at IS NULL) AND (approved_at IS NULL) = (approved_by IS NULL)",
            name="notice_approved_by_a_person",
        ),
        CheckConstraint("approved_by <> drafted_by", name="notice_four_eyes"),
        CheckConstraint(
            "(state = 'draft' OR state = 'approved') = (certified_at IS NULL)"
            " AND (certified_at IS NULL) = (certified_by IS NULL) AND (certified_at IS NULL) = (method IS NULL)",
            name="notice_certified_by_a_person",
        ),
        CheckConstraint(
            "(state = 'acknowledged') = (acknowledged_at IS NOT NULL)"
            " AND (acknowledged_at IS NULL) = (reference IS NULL)"
            " AND (acknowledged_at IS NULL) = (acknowledgement_by IS NULL) AND reference <> ''",
            name="notice_acknowledged_with_reference",
        ),
        CheckConstraint("learned_at <= drafted_at", name="notice_is_of_what_was_learned"),
        Index("notice_open", "learned_at", postgresql_where=text("acknowledged_at IS NULL")),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    obligation_id: UUID = Field(unique=True)
    state: str = NoticeState.DRAFT.value
    sealed_facts: Sealed = sealed()
    owner: UUID = Field(foreign_key="staff.id")
    next_action_at: datetime = instant()
    learned_at: datetime = instant()
    drafted_by: UUID = Field(foreign_key="staff.id")
    drafted_at: datetime = instant()
    approved_by: UUID | None = Field(default=None, foreign_key="staff.id")
    approved_at: datetime | None = instant(default=None)
    certified_by: UUID | None = Field(default=None, foreign_key="staff.id")
    certified_at: datetime | None = instant(default=None)
    method: str | None = None
    acknowledgement_by: UUID | None = Field(default=None, foreign_key="staff.id")  # who wrote it down
    acknowledged_at: datetime | None = instant(default=None)
    reference: str | None = None  # the recipient's


class CallDraft(Row, table=True):
    """The answers of a call that is going on, as far as they are typed. The last word counts; a record ends it."""

    __tablename__ = "call_draft"
    call_id: UUID = Field(foreign_key="call.id", unique=True)
    sealed_answers: Sealed = sealed()
    saved_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
