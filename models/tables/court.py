"""Looks at the court's own word, what was said of a past hearing, and what families say of the next one: append-only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from models.court_status import Attendance, CourtSource, CourtStatus, Going
from models.tables.base import Row, Sealed, instant, one_of, sealed


class CourtLook(Row, table=True):
    """One look at where a case stands in court: who looked, when, and what it said.

    `obligation_id`: the duty to look that this look settled. `ordered_on`: the day of an order of removal.
    """

    __tablename__ = "court_look"
    __table_args__ = (
        CheckConstraint(one_of("status", CourtStatus), name="court_look_status_known"),
        CheckConstraint(one_of("source", CourtSource), name="court_look_source_known"),
        CheckConstraint("by_staff IS NOT NULL OR source = 'feed'", name="court_look_by_a_person"),
        CheckConstraint(
            "said_next_at IS NULL OR (status = 'dated' AND hearing_id IS NOT NULL)",
            name="court_look_names_its_hearing",
        ),
        CheckConstraint(
            "ordered_on IS NULL OR status = 'ordered_removed'", name="court_look_day_is_of_an_order"
        ),
        ForeignKeyConstraint(
            ["obligation_id", "case_id"],
            ["obligation.id", "obligation.case_id"],
            name="court_look_obligation",
        ),
        Index("court_look_case", "case_id", "at"),
    )
    case_id: UUID = Field(foreign_key="child_case.id")
    status: str
    source: str
    said_next_at: datetime | None = instant(default=None)
    hearing_id: UUID | None = Field(default=None, foreign_key="hearing.id")
    ordered_on: date | None = None
    sealed_said: Sealed | None = sealed(default=None)
    obligation_id: UUID | None = None
    by_staff: UUID | None = Field(default=None, foreign_key="staff.id")
    actor: str
    at: datetime = instant()


class HearingRecord(Row, table=True):
    """What somebody said came of a past hearing. A correction is a newer record; the hearing holds the last word."""

    __tablename__ = "hearing_record"
    __table_args__ = (
        CheckConstraint(one_of("outcome", Attendance), name="hearing_record_outcome_known"),
        CheckConstraint(one_of("source", CourtSource), name="hearing_record_source_known"),
        CheckConstraint("by_staff IS NOT NULL OR source = 'feed'", name="hearing_record_by_a_person"),
        Index("hearing_record_hearing", "hearing_id", "at"),
    )
    hearing_id: UUID = Field(foreign_key="hearing.id")
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    outcome: str
    source: str
    note: str | None = None  # a person's words; no names
    by_staff: UUID | None = Field(default=None, foreign_key="staff.id")
    actor: str
    at: datetime = instant()


class HearingWord(Row, table=True):
    """What child or sponsor said to a person about going to a hearing that was to begin at `starts_at`."""

    __tablename__ = "hearing_word"
    __table_args__ = (
        CheckConstraint(one_of("word", Going), name="hearing_word_known"),
        CheckConstraint("party IN ('child', 'sponsor')", name="hearing_word_party_known"),
        Index("hearing_word_hearing", "hearing_id", "at"),
    )
    hearing_id: UUID = Field(foreign_key="hearing.id")
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    party: str
    word: str
    starts_at: datetime = instant()
    note: str | None = None  # a person's words; no names
    by_staff: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
