"""What stands beside a sign-in: codes for a lost telephone, and the count of wrong tries."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.tables.base import Row, instant


class RecoveryCode(Row, table=True):
    """One code that stands in for the second factor, once. Only its keyed digest stands here."""

    __tablename__ = "recovery_code"
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    code_key: bytes = Field(unique=True)
    made_at: datetime = instant()
    used_at: datetime | None = instant(default=None)


class SignInCount(SQLModel, table=True):
    """Wrong tries in a row at one address, known or not: the address stands here as a keyed digest alone.

    By the wall's clock. The row is gone once somebody signs in, or an administrator lifts the pause.
    """

    __tablename__ = "sign_in_count"
    address_key: bytes = Field(primary_key=True)
    tries: int
    last_at: datetime = instant(index=True)
    paused_until: datetime | None = instant(default=None)
