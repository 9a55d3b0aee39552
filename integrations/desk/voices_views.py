"""What people have given their voices for on an application, as `<application>` shows it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.instants import iso
from models.tables.studies import HomeStudy


def home_studies_json(session: Session, application_id: UUID) -> Iterator[dict[str, Any]]:
    """The home studies and addenda, the first one first, each with the voices that overrode it."""
    for row in session.scalars(
        select(HomeStudy)
        .where(col(HomeStudy.application_id) == application_id)
        .order_by(col(HomeStudy.number))
    ):
        yield {
            "number": row.number,
            "kind": row.kind,
            "triggers": list(row.triggers),
            "ordered_at": iso(row.ordered_at),
            "due_at": iso(row.due_at),
            "received_at": iso(row.received_at),
            "result": row.result,
            "overridden": row.override_approved_by is not None,
            "override": _override(row),
        }


def _override(row: HomeStudy) -> dict[str, Any] | None:
    if row.override_by is None:
        return None
    return {
        "proposed_by": str(row.override_by),
        "proposed_at": iso(row.override_at),
        "reason": row.override_reason,
        "approved_by": str(row.override_approved_by) if row.override_approved_by else None,
        "approved_at": iso(row.override_approved_at),
    }
