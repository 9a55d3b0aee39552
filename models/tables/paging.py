"""The rota of who is on call, and the pages that went to them when somebody asked for help."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.paging import ON_CALL_RUNGS
from models.tables.base import Row, instant, one_of

PAGE_STATES = ("claimed", "accepted", "delivered", "failed", "nobody")
PAGING_OUTCOMES = ("taken", "read", "unanswered")


class OnCall(Row, table=True):
    """One person's time on the rota. `rung`: 1 is paged first, 2 is the fallback. Ended early by a named person."""

    __tablename__ = "on_call"
    __table_args__ = (
        CheckConstraint(f"rung IN ({', '.join(map(str, ON_CALL_RUNGS))})", name="on_call_rung_known"),
        CheckConstraint("ends_at > begins_at", name="on_call_window"),
        CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (ended_because IS NULL)",
            name="on_call_ended_by_a_person",
        ),
        Index("on_call_standing", "ends_at", postgresql_where=text("ended_at IS NULL")),
    )
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    rung: int
    begins_at: datetime = instant()
    ends_at: datetime = instant()
    added_by: UUID = Field(foreign_key="staff.id")
    added_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    ended_by: UUID | None = Field(default=None, foreign_key="staff.id")
    ended_because: str | None = None


class Paging(Row, table=True):
    """One urgent thing for which people are paged, rung by rung, until somebody takes it or the rules are spent.

    It is about an escalation, or about the text of a number that nobody knows. `step` counts the turns that are over.
    """

    __tablename__ = "paging"
    __table_args__ = (
        CheckConstraint("(escalation_id IS NULL) <> (inbound_id IS NULL)", name="paging_about_one_thing"),
        CheckConstraint("(ended_at IS NULL) = (next_at IS NOT NULL)", name="paging_goes_on_until_it_ends"),
        CheckConstraint(
            f"(ended_at IS NULL) = (outcome IS NULL) AND (outcome IS NULL OR {one_of('outcome', PAGING_OUTCOMES)})",
            name="paging_ends_with_an_outcome",
        ),
        Index("paging_due", "next_at", postgresql_where=text("ended_at IS NULL")),
    )
    escalation_id: UUID | None = Field(default=None, foreign_key="escalation.id", unique=True)
    inbound_id: UUID | None = Field(default=None, foreign_key="inbound_text.id", unique=True)
    rules: str
    step: int = 0
    opened_at: datetime = instant()
    next_at: datetime | None = instant(default=None)
    ended_at: datetime | None = instant(default=None)
    outcome: str | None = None


class Page(Row, table=True):
    """One page to one person at one turn; or, without a person, a turn at which nobody could be paged."""

    __tablename__ = "page"
    __table_args__ = (
        CheckConstraint(one_of("state", PAGE_STATES), name="page_state_known"),
        CheckConstraint("(state = 'nobody') = (staff_id IS NULL)", name="page_goes_to_a_person"),
        UniqueConstraint("paging_id", "step", "staff_id", name="page_once_a_turn"),
        Index(
            "page_nobody_once", "paging_id", "step", unique=True, postgresql_where=text("staff_id IS NULL")
        ),
    )
    paging_id: UUID = Field(foreign_key="paging.id")
    step: int
    rung: int
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    state: str
    tries: int = 1
    at: datetime = instant()
    provider_ref: str | None = None
    error_code: str | None = None


class ReplyReading(Row, table=True):
    """What a named person read in a text that no machine understood. Never changed (trigger)."""

    __tablename__ = "reply_reading"
    inbound_id: UUID = Field(foreign_key="inbound_text.id", unique=True)
    meaning: str
    reason: str
    read_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
