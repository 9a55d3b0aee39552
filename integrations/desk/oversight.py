"""Measures for those who oversee: a numerator, a denominator, what they count, and the cases behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from integrations.kit import Kit
from integrations.store.whereabouts import unknown_locations
from models.states import FOLLOWED
from models.tables.people import Case


def oversight_json(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """Every measure at `now`."""
    with kit.transaction() as session:
        return {"as_of": now.isoformat(), "measures": [_locations(session)]}


def _locations(session: Session) -> dict[str, Any]:
    unknown = unknown_locations(session)
    followed = session.execute(
        select(func.count()).where(col(Case.state).in_([state.value for state in FOLLOWED]))
    ).scalar_one()
    return {
        "id": "location_unknown",
        "title": "Children whose location is unknown",
        "numerator": len(unknown),
        "denominator": followed,
        "share": len(unknown) / followed if followed else None,
        "source": "Of the children who are followed, those whose current address is 'location unknown', and those whom"
        " the official list named and no packet has placed. Not a count of lost contact or of missed calls.",
        "exceptions": [str(case_id) for case_id in unknown],
    }
