"""What people said of an application no longer counts once what it was said of has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from models.tables.vetting import Decision, Recommendation


def supersede_opinions(session: Session, application_id: UUID, *, now: datetime) -> None:
    """Recommendations and decision are history; whoever gave them must look again."""
    for table in (Recommendation, Decision):
        rows: Any = session.scalars(
            select(table).where(
                col(table.application_id) == application_id, col(table.superseded_at).is_(None)
            )
        )
        for row in rows:
            row.superseded_at = now
