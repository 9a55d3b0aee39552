"""The ladder beside recommendation and decision: questions, waived review, consultation, letter, appeal,
reviews of what is pending so long, and what each amendment opened again."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.states import AppealOutcome, Appellant, ConsultationOutcome, Role
from models.tables.base import Row, Sealed, instant, json_object, one_of, sealed, words


class Question(Row, table=True):
    """What the case manager must answer before anybody recommends. Its words are sealed, and never changed."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("application_id", "number", name="question_once"),)
    application_id: UUID = Field(foreign_key="application.id")
    # The remand that it came with; None when the coordinator asks before recommending.
    decision_id: UUID | None = Field(default=None, foreign_key="decision.id")
    number: int
    sealed_text: Sealed = sealed()
    asked_by: UUID = Field(foreign_key="staff.id")
    asked_as: str
    at: datetime = instant()


class Answer(Row, table=True):
    """The answer to one question. One each; a better one needs a new question."""

    __tablename__ = "answer"
    question_id: UUID = Field(foreign_key="question.id", unique=True)
    sealed_text: Sealed = sealed()
    answered_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class ReviewWaiver(Row, table=True):
    """Third-party review is not waited for: an act of the federal field specialist, with the reason."""

    __tablename__ = "review_waiver"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="review_waiver_role_known"),
        Index(
            "review_waiver_once",
            "application_id",
            "role",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    application_id: UUID = Field(foreign_key="application.id")
    role: str
    waived_by: UUID = Field(foreign_key="staff.id")
    reason: str
    at: datetime = instant()
    superseded_at: datetime | None = instant(default=None)


class Consultation(Row, table=True):
    """A case consultation: asked for by who decides, concluded by another person."""

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint(
            "(outcome IS NULL) = (concluded_by IS NULL) AND (outcome IS NULL) = (concluded_at IS NULL)"
            " AND (outcome IS NULL) = (reasoning IS NULL)",
            name="consultation_concluded_whole",
        ),
        CheckConstraint("concluded_by <> asked_by", name="consultation_four_eyes"),
        CheckConstraint(
            f"outcome IS NULL OR {one_of('outcome', ConsultationOutcome)}", name="consultation_outcome_known"
        ),
        Index(
            "consultation_once",
            "application_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    application_id: UUID = Field(foreign_key="application.id")
    asked_by: UUID = Field(foreign_key="staff.id")
    reason: str
    asked_at: datetime = instant()
    outcome: str | None = None
    reasoning: str | None = None
    concluded_by: UUID | None = Field(default=None, foreign_key="staff.id")
    concluded_at: datetime | None = instant(default=None)
    superseded_at: datetime | None = instant(default=None)


class DenialLetter(Row, table=True):
    """The letter that told of a denial. `sealed_content`: the PDF as it went out; `template`: its version."""

    __tablename__ = "denial_letter"
    decision_id: UUID = Field(foreign_key="decision.id", unique=True)
    template: str
    digest: str
    sealed_content: Sealed = sealed()
    sent_by: UUID = Field(foreign_key="staff.id")
    sent_on: date
    method: str
    at: datetime = instant()


class Appeal(Row, table=True):
    """An appeal against a denial: filed, acknowledged, the file delivered or kept back, decided by a neutral."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint(one_of("appellant", Appellant), name="appeal_appellant_known"),
        CheckConstraint(
            f"outcome IS NULL OR {one_of('outcome', AppealOutcome)}", name="appeal_outcome_known"
        ),
        CheckConstraint(
            "outcome IS NULL OR outcome = 'moot' OR (decided_by IS NOT NULL AND reasoning IS NOT NULL)",
            name="appeal_decided_needs_person_and_reason",
        ),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="appeal_decided_at_a_time"),
        CheckConstraint("decided_by <> denied_by", name="appeal_neutral"),
        CheckConstraint(
            "NOT withheld OR withheld_reason IS NOT NULL", name="appeal_file_kept_back_needs_reason"
        ),
    )
    decision_id: UUID = Field(foreign_key="decision.id", unique=True)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    denied_by: UUID = Field(foreign_key="staff.id")
    appellant: str
    received_on: date
    with_hearing: bool = False
    reason: str
    filed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
    acknowledged_by: UUID | None = Field(default=None, foreign_key="staff.id")
    acknowledged_at: datetime | None = instant(default=None)
    delivered_by: UUID | None = Field(default=None, foreign_key="staff.id")
    delivered_at: datetime | None = instant(default=None)
    # The file is kept back where it would endanger the child.
    withheld: bool = False
    withheld_reason: str | None = None
    outcome: str | None = None
    reasoning: str | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = instant(default=None)


class PendingReview(Row, table=True):
    """A supervisor's review of an application that has been pending for so long."""

    __tablename__ = "pending_review"
    application_id: UUID = Field(foreign_key="application.id", index=True)
    due_on: date
    reason: str
    reviewed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class Amendment(Row, table=True):
    """What a revision changed, by the names of fields alone, and what that opened again."""

    __tablename__ = "amendment"
    __table_args__ = (UniqueConstraint("application_id", "revision", name="amendment_once"),)
    application_id: UUID = Field(foreign_key="application.id")
    revision: int
    changed: list[str] = words()
    reopened: dict[str, Any] = json_object()
    # The child would live elsewhere, or with somebody more: a home study made before does not cover that.
    another_home: bool = False
    at: datetime = instant()
    actor: str
