"""The queue of links: pairs of applications that share something, each once. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from integrations.desk.instants import iso
from integrations.desk.list_options import check_list_options
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from models.facts import Person
from models.states import Role

STATES = ("open", "confirmed", "split", "all")
MOST = 5000
MAY_LOOK = frozenset({Role.INTEGRITY_REVIEWER, Role.SUPERVISOR, Role.AUDITOR})

# A pair stands in both files, and in one alone if it was found before links were told to both: of two rows
# the first is taken, so that a pair is one line whoever found it.
_LIST = text(
    """
    SELECT l.id, l.kind, l.tier, l.state, l.through, l.features, l.score, l.at, l.reason, s.email AS decided_by,
           a.id AS one_id, a.reference AS one_reference, a.state AS one_state, a.case_id AS one_case,
           b.id AS two_id, b.reference AS two_reference, b.state AS two_state, b.case_id AS two_case,
           count(*) OVER () AS total
    FROM link l
    JOIN application a ON a.id = l.application_id
    JOIN application b ON b.id = l.other_application_id
    LEFT JOIN staff s ON s.id = l.decided_by
    WHERE (:state = 'all' OR l.state = :state)
      AND NOT EXISTS (
        SELECT 1 FROM link o
        WHERE o.application_id = l.other_application_id AND o.other_application_id = l.application_id
          AND o.kind = l.kind AND o.about = l.about AND (:state = 'all' OR o.state = :state)
          AND (o.at, o.application_id) < (l.at, l.application_id)
      )
    ORDER BY l.score DESC, l.at, l.id LIMIT :limit
    """
)


def links_json(kit: Kit, *, state: str, limit: int, viewer: Person | None, now: datetime) -> dict[str, Any]:
    """Pairs in this state, the most alike first, then the oldest, with references and codes: never what they share. Who looked is on record.

    Raises:
        BadInput: no such state, or not a sensible limit. Refused: the viewer judges no links.
    """
    check_list_options(state, limit, STATES, MOST)
    if viewer is not None:
        require_role(viewer, *sorted(MAY_LOOK))
    actor = str(viewer.id) if viewer else "cli"
    with kit.transaction() as session:
        rows = session.execute(_LIST, {"state": state, "limit": limit}).mappings().all()
        if rows:
            history.audit(
                session, actor=actor, act="read links", noun="link", ids=[row["id"] for row in rows], now=now
            )
        return {"total": rows[0]["total"] if rows else 0, "items": [_item(row, now) for row in rows]}


def _item(row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "tier": row["tier"],
        "state": row["state"],
        "through": list(row["through"]),
        "features": list(row["features"]),
        "score": row["score"],
        "found_at": iso(row["at"]),
        "age_hours": round((now - row["at"]).total_seconds() / 3600, 1),
        "applications": [
            {
                "application_id": str(row[f"{side}_id"]),
                "reference": row[f"{side}_reference"],
                "state": row[f"{side}_state"],
                "case_id": str(row[f"{side}_case"]),
            }
            for side in ("one", "two")
        ],
        "decided_by": row["decided_by"],
        "reason": row["reason"],
    }
