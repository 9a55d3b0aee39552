"""What was counted over all children a little while ago, for pages that can't count anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from models.tables.base import instant, json_object


class TakenOverview(SQLModel, table=True):
    """The last account, or the last measures: codes, counts and case ids. `seconds`: how long the reading took."""

    __tablename__ = "taken_overview"
    name: str = Field(primary_key=True)
    as_of: datetime = instant()
    seconds: float
    told: dict[str, Any] = json_object()
