"""Home studies, offers of post-release services, special concerns, and what people did by hand."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.tables.base import Row, Sealed, instant, one_of, sealed, words


class HomeStudy(Row, table=True):
    """One home study or addendum. It is ordered, comes back with its report, and may be overridden by two people."""

    __tablename__ = "home_study"
    __table_args__ = (
        CheckConstraint(one_of("kind", ("tvpra", "orr", "discretionary")), name="home_study_kind_known"),
        CheckConstraint(
            "result IS NULL OR result IN ('positive', 'negative')", name="home_study_result_known"
        ),
        CheckConstraint(
            "(received_at IS NULL) = (result IS NULL) AND (received_at IS NULL) = (report_file_id IS NULL)"
            " AND (received_at IS NULL) = (received_by IS NULL)",
            name="home_study_received_with_report_and_result",
        ),
        CheckConstraint(
            "override_by IS NULL OR (result = 'negative' AND override_at IS NOT NULL"
            " AND override_reason IS NOT NULL)",
            name="home_study_override_needs_reason",
        ),
        CheckConstraint(
            "override_approved_by IS NULL OR (override_by IS NOT NULL AND override_approved_by <> override_by"
            " AND override_approved_at IS NOT NULL)",
            name="home_study_override_four_eyes",
        ),
        UniqueConstraint("application_id", "number", name="home_study_number"),
        Index(
            "home_study_one_open", "application_id", unique=True, postgresql_where=text("received_at IS NULL")
        ),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    number: int
    kind: str
    triggers: list[str] = words()
    reason: str
    ordered_by: UUID = Field(foreign_key="staff.id")
    ordered_at: datetime = instant()
    due_at: datetime = instant()
    received_at: datetime | None = instant(default=None)
    received_by: UUID | None = Field(default=None, foreign_key="staff.id")
    result: str | None = None
    report_file_id: UUID | None = Field(default=None, foreign_key="document_file.id")
    override_at: datetime | None = instant(default=None)
    override_by: UUID | None = Field(default=None, foreign_key="staff.id")
    override_reason: str | None = None
    override_approved_at: datetime | None = instant(default=None)
    override_approved_by: UUID | None = Field(default=None, foreign_key="staff.id")


class PrsOffer(Row, table=True):
    """Post-release services were offered after a home study, and what the sponsor answered. The newest counts."""

    __tablename__ = "prs_offer"
    __table_args__ = (
        CheckConstraint(one_of("answer", ("accepted", "declined")), name="prs_offer_answer_known"),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    answer: str
    reason: str
    offered_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class Concern(Row, table=True):
    """A special concern, in a named person's words. It asks for more checks; it is never taken back."""

    __tablename__ = "concern"
    application_id: UUID = Field(foreign_key="application.id", index=True)
    sealed_words: Sealed = sealed()
    raised_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class ManualItem(Row, table=True):
    """What people did and wrote down: a DNA comparison, an identity check in person. Never rewritten.

    `sealed_custody`: who took it, with what, where and when. No genetic data is ever kept: the paper that
    says whether the two are kin, and the day on which the samples were destroyed.
    """

    __tablename__ = "manual_item"
    __table_args__ = (
        CheckConstraint(one_of("item", ("dna", "in_person_identity")), name="manual_item_known"),
        CheckConstraint(one_of("result", ("confirmed", "failed")), name="manual_item_result_known"),
        CheckConstraint(
            "item <> 'dna' OR samples_destroyed_on IS NOT NULL", name="manual_item_samples_are_destroyed"
        ),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    item: str
    subject: str
    # Who it was done with: an amendment may name another person at the same place.
    person_key: bytes
    result: str
    done_on: date
    evidence_file_id: UUID = Field(foreign_key="document_file.id")
    sealed_custody: Sealed = sealed()
    samples_destroyed_on: date | None = None
    recorded_by: UUID = Field(foreign_key="staff.id")
    reason: str
    at: datetime = instant()
