"""How the paging for a cry for help stands, as the case, the queue and the list of replies show it. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.instants import iso
from integrations.desk.paging import REACHED
from models.states import EscalationState
from models.tables.ledger import Escalation
from models.tables.paging import Page, Paging
from models.tables.people import Staff


def pagings_of(session: Session, column: Any, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """How the paging for each of these stands: `column` is `Paging.escalation_id` or `Paging.inbound_id`."""
    rows = session.execute(
        select(column, Paging, col(Escalation.state))
        .outerjoin(Escalation, col(Escalation.id) == col(Paging.escalation_id))
        .where(column.in_(ids))
    ).all()
    sent = _pages_of(session, [row[1].id for row in rows])
    return {
        about: {
            "state": _stands(paging, alarm_state, sent.get(paging.id, ())),
            "since": iso(paging.opened_at),
            "pages": sent.get(paging.id, []),
        }
        for about, paging, alarm_state in rows
    }


def _stands(paging: Paging, alarm_state: str | None, sent: Sequence[Mapping[str, Any]]) -> str:
    """`taken`, `read`, `unanswered`, `nobody could be paged`, or `paging`."""
    if paging.outcome in ("taken", "read"):
        return paging.outcome
    if alarm_state is not None and alarm_state != EscalationState.OPEN.value:
        return "taken"
    if paging.outcome is not None:
        return paging.outcome
    tried = [page for page in sent if page["state"] != "claimed"]
    if tried and not any(page["state"] in REACHED for page in tried):
        return "nobody could be paged"
    return "paging"


def _pages_of(session: Session, paging_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for page, email in session.execute(
        select(Page, col(Staff.email))
        .outerjoin(Staff, col(Staff.id) == col(Page.staff_id))
        .where(col(Page.paging_id).in_(paging_ids))
        .order_by(col(Page.step), col(Staff.email))
    ):
        found.setdefault(page.paging_id, []).append(
            {
                "rung": page.rung,
                "to": email,
                "state": page.state,
                "tries": page.tries,
                "at": iso(page.at),
                "error_code": page.error_code,
            }
        )
    return found
