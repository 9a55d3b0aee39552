"""What each decision was made on, kept whole, so that it can be judged again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from models.tables.base import Row, Sealed, instant, json_object, sealed, words


class DecisionRecord(Row, table=True):
    """The facts of one decision, sealed, and what they gave under the pinned policy at that instant.

    `requirements` and `findings` hold keys and states alone; never a name, a number or an address.
    """

    __tablename__ = "decision_record"
    decision_id: UUID = Field(foreign_key="decision.id", unique=True)
    application_id: UUID = Field(foreign_key="application.id", index=True)
    policy_version: str
    policy_digest: str
    sealed_facts: Sealed = sealed()
    requirements: dict[str, Any] = json_object()
    findings: list[str] = words()
    missing: list[str] = words()
    at: datetime = instant()
