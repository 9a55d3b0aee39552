"""The official list of released children: each reading of it, and each child whom it alone named."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from models.tables.base import Row, instant, json_object


class RosterRun(Row, table=True):
    """One reading of a list: who, when, which file (a keyed digest), and what was counted. No end: it broke off."""

    __tablename__ = "roster_run"
    file_key: bytes = Field(index=True)
    rules: str
    actor: str
    began_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    counts: dict[str, Any] = json_object()


class RosterRelease(Row, table=True):
    """The release of a child whom Kinline did not know, as the list named it. Never changed (trigger)."""

    __tablename__ = "roster_release"
    case_id: UUID = Field(foreign_key="child_case.id", unique=True)
    run_id: UUID = Field(foreign_key="roster_run.id", index=True)
    line: int
    reference: str = Field(index=True)  # the list's own; two rows may share one
    released_on: date
    at: datetime = instant()
