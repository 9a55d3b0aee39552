"""What people said about background checks: that one may be out at a release."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, instant


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
