"""Who signed a policy version's lines, who gave their voice to its use, and who moved a case to another."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.tables.base import Row, instant


class PolicySignOff(Row, table=True):
    """A named person answers for one line whose source could not be read, in the file of that digest."""

    __tablename__ = "policy_sign_off"
    __table_args__ = (UniqueConstraint("version", "rule", "digest", name="policy_line_signed_once"),)
    version: str
    rule: str
    digest: str
    reason: str
    signed_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class PolicyVoice(Row, table=True):
    """One of the two voices that bring a version into use, for the file of that digest."""

    __tablename__ = "policy_voice"
    __table_args__ = (UniqueConstraint("version", "digest", "given_by", name="policy_voice_once"),)
    version: str
    digest: str
    reason: str
    given_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()


class PolicyMove(Row, table=True):
    """One of the two voices that move a case to another version. `completes`: the second, which moved it."""

    __tablename__ = "policy_move"
    case_id: UUID = Field(foreign_key="child_case.id", index=True)
    from_version: str
    to_version: str
    completes: bool = False
    reason: str
    given_by: UUID = Field(foreign_key="staff.id")
    at: datetime = instant()
