"""What people said about background checks: how they judged a hit, that one may be out at a release; and the
record behind a hit, kept apart from all that."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.hits import VERDICTS
from models.tables.base import Row, Sealed, instant, one_of, sealed


class PendingAllowance(Row, table=True):
    """The authority that a line of the policy names signed off that this order may be out. Never rewritten."""

    __tablename__ = "pending_allowance"
    __table_args__ = (UniqueConstraint("check_id", "rule", name="pending_allowance_once"),)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    check_id: UUID = Field(foreign_key="background_check.id")
    policy_version: str
    rule: str
    role: str
    reason: str
    allowed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class CheckVerdict(Row, table=True):
    """One person's word on a hit. Two of a round give its adjudication. Never rewritten.

    `sealed_words`: the reasons, and the day of the offence. `bars_until_on` follows from that day. `judged_state`:
    how grave the provider had called the hit. `evidence_file_id`: shows that the record is another person's.
    """

    __tablename__ = "check_verdict"
    __table_args__ = (
        CheckConstraint(one_of("verdict", VERDICTS), name="check_verdict_known"),
        CheckConstraint(
            "(verdict = 'bar_5y') = (bars_until_on IS NOT NULL)", name="check_verdict_bars_until"
        ),
        CheckConstraint(one_of("judged_state", ("hit_review", "hit_bar")), name="check_verdict_of_a_hit"),
        CheckConstraint(
            "(verdict = 'not_this_person') = (evidence_file_id IS NOT NULL)", name="check_verdict_needs_paper"
        ),
        UniqueConstraint("check_id", "round", "by_staff", name="check_verdict_four_eyes"),
    )
    check_id: UUID = Field(foreign_key="background_check.id", index=True)
    round: int
    judged_state: str
    verdict: str
    bars_until_on: date | None = None
    evidence_file_id: UUID | None = Field(default=None, foreign_key="document_file.id")
    hit_classes: str
    sealed_words: Sealed | None = sealed(default=None)
    by_staff: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class CriminalRecord(Row, table=True):
    """The raw record behind a hit, apart from how it was judged. Its file is sealed; each look is on record."""

    __tablename__ = "criminal_record"
    check_id: UUID = Field(foreign_key="background_check.id", index=True)
    file_id: UUID = Field(foreign_key="document_file.id")
    recorded_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
