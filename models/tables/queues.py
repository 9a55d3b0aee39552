"""What people do with their queues."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from models.tables.base import Row, instant


class Snooze(Row, table=True):
    """An owner put off the sight of their escalation until then, with a reason. Its own times stay as they were."""

    __tablename__ = "snooze"
    __table_args__ = (
        CheckConstraint("until > at", name="snooze_is_ahead"),
        CheckConstraint("reason <> ''", name="snooze_needs_reason"),
        Index("snooze_latest", "escalation_id", "staff_id", "at"),
    )
    escalation_id: UUID = Field(foreign_key="escalation.id")
    staff_id: UUID = Field(foreign_key="staff.id")
    until: datetime = instant()
    reason: str
    at: datetime = instant()
