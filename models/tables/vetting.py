"""Applications, revisions, documents, checks, findings, what people said, decisions, releases."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.findings import FindingState, Severity
from models.hits import VERDICTS
from models.states import ApplicationState, CheckKind, CheckState, DecisionValue, DocumentKind, Stage
from models.tables.base import Row, Sealed, instant, json_object, one_of, sealed, words


class Application(Row, table=True):
    """One sponsor's request for one child. `reference` is the sender's own key."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(one_of("state", ApplicationState), name="application_state_known"),
        CheckConstraint(one_of("stage", Stage), name="application_stage_known"),
        Index("application_of_sender", "submitted_by", "submitted_at"),
        Index("application_newest", text("submitted_at DESC"), "id"),
    )
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    sponsor_id: UUID = Field(foreign_key="sponsor.id", index=True)
    reference: str = Field(unique=True)
    state: str = ApplicationState.SUBMITTED.value
    stage: str = Stage.CM_INITIATED.value
    category: str
    policy_version: str
    revision: int = 1
    home_study_ordered_at: datetime | None = instant(default=None)
    home_study_received_at: datetime | None = instant(default=None)
    home_study_result: str | None = None
    vetted_at: datetime | None = instant(default=None)
    submitted_at: datetime = instant()
    submitted_by: str


class ApplicationRevision(Row, table=True):
    """What was handed in, each time. `content_key` is a keyed digest of packet and files.

    `sponsor_id`: whom it named, though a later one names somebody else. None of a few that came before this was kept.
    """

    __tablename__ = "application_revision"
    __table_args__ = (UniqueConstraint("application_id", "number", name="revision_once"),)
    application_id: UUID = Field(foreign_key="application.id")
    sponsor_id: UUID | None = Field(default=None, foreign_key="sponsor.id", index=True)
    number: int
    content_key: bytes
    sealed_packet: Sealed = sealed()
    at: datetime = instant()
    actor: str


class DocumentFile(Row, table=True):
    """The bytes of one file, sealed. Kept once however often it is handed in."""

    __tablename__ = "document_file"
    file_key: bytes = Field(unique=True)
    media_type: str
    size: int
    sealed_content: Sealed = sealed()
    at: datetime = instant()
    # When its marks were taken; None: not yet. A blank page has none.
    marked_at: datetime | None = instant(default=None)


class Document(Row, table=True):
    """A document of one revision, and what was measured and read of it."""

    __tablename__ = "document"
    __table_args__ = (CheckConstraint(one_of("kind", DocumentKind), name="document_kind_known"),)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    revision: int
    kind: str
    subject: str
    file_id: UUID = Field(foreign_key="document_file.id", index=True)
    issued_on: date | None = None
    sharpness: float | None = None
    readable: bool = True
    sealed_reading: Sealed | None = sealed(default=None)
    # The machine-readable zone, of identity documents only. None: no zone was read.
    sealed_zone: Sealed | None = sealed(default=None)
    measured_at: datetime | None = instant(default=None)
    read_at: datetime | None = instant(default=None)


class BackgroundCheck(Row, table=True):
    """One order of one check. Its id is the key under which the provider keeps it: never ordered twice."""

    __tablename__ = "background_check"
    __table_args__ = (
        CheckConstraint(one_of("kind", CheckKind), name="check_kind_known"),
        CheckConstraint(one_of("state", CheckState), name="check_state_known"),
        CheckConstraint(
            "state NOT IN ('clear', 'hit_review', 'hit_bar', 'unreadable') OR result_at IS NOT NULL",
            name="check_result_needs_time",
        ),
        CheckConstraint(
            "disposition IS NULL OR disposition IN ('resolved', 'unresolved')",
            name="check_disposition_known",
        ),
        CheckConstraint(
            f"adjudication IS NULL OR {one_of('adjudication', VERDICTS)}", name="check_adjudication_known"
        ),
        CheckConstraint(
            "coalesce(adjudication = 'bar_5y', false) = (bars_until_on IS NOT NULL)",
            name="check_bars_until_a_day",
        ),
        ForeignKeyConstraint(["evidence_file_id"], ["document_file.id"], name="background_check_evidence"),
        Index(
            "check_once",
            "application_id",
            "person_key",
            "kind",
            text("coalesce(jurisdiction, '')"),
            "attempt",
            unique=True,
        ),
        Index("check_due", "next_look_at", postgresql_where=text("next_look_at IS NOT NULL")),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    subject: str
    # Who was checked: an amendment may name another person at the same place of the household.
    person_key: bytes
    kind: str
    jurisdiction: str | None = None
    attempt: int = 1
    state: str = CheckState.REQUIRED.value
    rule: str
    provider: str
    provider_ref: str | None = None
    provider_code: str | None = None
    ordered_at: datetime | None = instant(default=None)
    result_at: datetime | None = instant(default=None)
    as_of: datetime | None = instant(default=None)
    expires_on: date | None = None
    adjudication: str | None = None
    bars_until_on: date | None = None
    # Of the arrest or charge behind a hit: resolved or unresolved; None until somebody has written it down.
    disposition: str | None = None
    # What a registry sent on paper.
    evidence_file_id: UUID | None = None
    tries: int = 0
    next_look_at: datetime | None = instant(default=None)


class Finding(Row, table=True):
    """Something found, with its rule and source. The same thing found again is the same row."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint(one_of("severity", Severity), name="finding_severity_known"),
        CheckConstraint(one_of("state", FindingState), name="finding_state_known"),
        CheckConstraint(
            "state <> 'cleared' OR (settled_by IS NOT NULL AND reason IS NOT NULL AND severity = 'review')",
            name="finding_cleared_needs_person_and_reason",
        ),
        UniqueConstraint("application_id", "code", "subject", "evidence_key", name="finding_once"),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    code: str
    severity: str
    subject: str
    evidence_key: str = ""
    state: str = FindingState.OPEN.value
    message: str
    rule: str
    source: str
    evidence: dict[str, Any] = json_object()
    found_at: datetime = instant()
    settled_at: datetime | None = instant(default=None)
    settled_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reason: str | None = None


class Confirmation(Row, table=True):
    """A person typed what they read from a document. What was typed is sealed."""

    __tablename__ = "confirmation"
    application_id: UUID = Field(foreign_key="application.id", index=True)
    document_id: UUID = Field(foreign_key="document.id", index=True)
    item: str
    subject: str
    sealed_typed: Sealed = sealed()
    agrees: bool | None = None
    differs: list[str] = words()
    expires_on: date | None = None
    confirmed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class Waiver(Row, table=True):
    """A waiver of one requirement; it counts once a second person has approved it."""

    __tablename__ = "waiver"
    __table_args__ = (
        CheckConstraint(
            "approved_by IS NULL OR (approved_by <> proposed_by AND approved_at IS NOT NULL)",
            name="waiver_four_eyes",
        ),
        UniqueConstraint("application_id", "item", "subject", name="waiver_once"),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    item: str
    subject: str
    reason: str
    proposed_by: UUID = Field(foreign_key="staff.id")
    proposed_at: datetime = instant()
    approved_by: UUID | None = Field(default=None, foreign_key="staff.id")
    approved_at: datetime | None = instant(default=None)


class Recommendation(Row, table=True):
    """What a case manager or coordinator recommended, on which revision."""

    __tablename__ = "recommendation"
    __table_args__ = (
        CheckConstraint(one_of("value", DecisionValue), name="recommendation_value_known"),
        Index(
            "recommendation_once",
            "application_id",
            "role",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    revision: int
    role: str
    value: str
    reason: str
    given_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
    superseded_at: datetime | None = instant(default=None)


class Decision(Row, table=True):
    """What the federal field specialist decided, on which revision."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint(one_of("value", DecisionValue), name="decision_value_known"),
        Index(
            "decision_once",
            "application_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    revision: int
    role: str
    value: str
    grounds: list[str] = words()  # of a denial
    reason: str
    decided_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
    superseded_at: datetime | None = instant(default=None)


class Release(Row, table=True):
    """The release of one child to one sponsor. One child, at most one release."""

    __tablename__ = "release"
    application_id: UUID = Field(foreign_key="application.id", unique=True)
    case_id: UUID = Field(foreign_key="child_case.id", unique=True)
    released_on: date
    prs: bool = False
    released_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class Link(Row, table=True):
    """Another application that shares a person, address or contact. A split pair is never proposed again.

    A pair has two rows, one in the file of each. `through`: of people or documents, who stands for whom, as
    subjects (`household:0=sponsor`: in this home, and a sponsor there; `former_sponsor`: before an amendment).
    `about`: of a picture that stands in both, the two files (`integrations.store.image_links`); each is judged by itself.
    `features`: what agrees and what does not, words alone; `score`, their points under the rules `weighed_by`.
    A link from before there were points has none until it is looked for again.
    """

    __tablename__ = "link"
    __table_args__ = (
        CheckConstraint(one_of("state", ("open", "confirmed", "split")), name="link_state_known"),
        CheckConstraint("(kind = 'image') = (about <> '')", name="link_about_a_picture"),
        UniqueConstraint("application_id", "other_application_id", "kind", "about", name="link_once"),
        Index("link_waiting", "at", postgresql_where=text("state = 'open'")),
    )
    application_id: UUID = Field(foreign_key="application.id", index=True)
    other_application_id: UUID = Field(foreign_key="application.id", index=True)
    kind: str
    tier: str
    about: str = ""
    through: list[str] = words()
    features: list[str] = words()
    score: int = 0
    weighed_by: str | None = None
    state: str = "open"
    decided_by: UUID | None = Field(default=None, foreign_key="staff.id")
    reason: str | None = None
    at: datetime = instant()


class Act(Row, table=True):
    """Who has acted on a case, and in which role: nobody holds two roles on one case."""

    __tablename__ = "act"
    __table_args__ = (UniqueConstraint("case_id", "staff_id", name="one_role_per_person_and_case"),)
    case_id: UUID = Field(foreign_key="child_case.id")
    staff_id: UUID = Field(foreign_key="staff.id")
    role: str
    at: datetime = instant()
