"""The queues as one person works them: theirs first, what nobody has, what is late; and one item to act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlmodel import Session, col

from integrations.desk.escalations import OWNER_ROLES
from integrations.desk.instants import iso
from integrations.desk.paging_views import pagings_of
from integrations.kit import Kit
from integrations.store import history
from integrations.store.scope import ESCALATION_IN_SCOPE, IN_SCOPE
from models.errors import NotFound
from models.facts import Person
from models.tables.ledger import Escalation
from models.tables.paging import Paging
from models.tables.people import Staff

# Source: ours. More on one page is not read; the counts say how many there are.
MOST_SHOWN = 200


class Tab(StrEnum):
    """A way to look at the queues."""

    MINE = "mine"
    NOBODYS = "nobodys"
    OVERDUE = "overdue"
    LATER = "later"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody wants to see: a tab, and a queue by its name; empty for all of them. `office`: whose cases; None: all."""

    tab: Tab = Tab.ALL
    queue: str = ""
    office: str | None = None


# The rule of what stands in a queue is that of `kinline queue`: escalations that are not resolved, and duties past their day
# that none of them is about. A snooze puts off the sight of one's own item, never its time: what is late is back.
_ITEMS = f"""
WITH items AS (
    SELECT e.id, 'escalation' AS kind, e.case_id, e.level, e.queue, e.owner, e.reason, e.opened_at AS since,
           CASE WHEN e.state = 'open' THEN e.acknowledge_by ELSE e.resolve_by END AS until, e.state,
           CASE WHEN e.state = 'open' THEN e.acknowledge_by ELSE e.resolve_by END < :now AS overdue
    FROM escalation e WHERE e.state <> 'resolved' AND {ESCALATION_IN_SCOPE}
    UNION ALL
    SELECT o.id, 'obligation', o.case_id, 0, o.queue, NULL, o.kind, o.due_at, o.owned_until, 'overdue', true
    FROM obligation o
    WHERE o.state = 'open' AND o.due_at < :now AND {IN_SCOPE.format(case="o.case_id")}
      AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.obligation_id = o.id AND e.state <> 'resolved')
), seen AS (
    SELECT items.*, owner IS NOT DISTINCT FROM CAST(:me AS uuid) AS mine, later.until AS later_until
    FROM items
    LEFT JOIN LATERAL (
        SELECT s.until FROM snooze s
        WHERE s.escalation_id = items.id AND s.staff_id = :me AND items.owner = :me
          AND NOT items.overdue AND s.until > :now
        ORDER BY s.at DESC LIMIT 1
    ) later ON true
    WHERE CAST(:queue AS text) = '' OR items.queue = :queue
)
"""
_IN_TAB: Mapping[Tab, str] = {
    Tab.MINE: "mine AND later_until IS NULL",
    Tab.NOBODYS: "owner IS NULL",
    Tab.OVERDUE: "overdue",
    Tab.LATER: "later_until IS NOT NULL",
    Tab.ALL: "true",
}
_COUNTS = text(
    f"{_ITEMS} SELECT "
    + ", ".join(f"count(*) FILTER (WHERE {claim}) AS {tab}" for tab, claim in _IN_TAB.items())
    + ", coalesce(max(since), 'epoch') AS newest FROM seen"
)
_LISTS = {
    tab: text(
        f"{_ITEMS} SELECT seen.*, s.email AS owner_email, s.display_name AS owner_name"
        f" FROM seen LEFT JOIN staff s ON s.id = seen.owner WHERE {claim}"
        f" ORDER BY (mine AND later_until IS NULL) DESC, overdue DESC, seen.until, seen.id LIMIT {MOST_SHOWN}"
    )
    for tab, claim in _IN_TAB.items()
}


def counts_json(kit: Kit, person: Person, look: Look, *, now: datetime) -> dict[str, int]:
    """How much stands in each tab of this queue."""
    with kit.transaction() as session:
        return _counts(session, person, look, now)


def _counts(session: Session, person: Person, look: Look, now: datetime) -> dict[str, int]:
    row = (
        session.execute(_COUNTS, {"now": now, "me": person.id, "queue": look.queue, "office": look.office})
        .mappings()
        .one()
    )
    return {tab.value: row[tab.value] for tab in Tab}


def queue_page(kit: Kit, person: Person, look: Look, *, now: datetime) -> dict[str, Any]:
    """The tab's items, one's own and the late ones first; and how much stands in each tab.

    Which cases were shown is in the audit.
    """
    with kit.transaction() as session:
        given = {"now": now, "me": person.id, "queue": look.queue, "office": look.office}
        rows = session.execute(_LISTS[look.tab], given).mappings().all()
        alarms = [row["id"] for row in rows if row["kind"] == "escalation"]
        paged = pagings_of(session, col(Paging.escalation_id), alarms)
        shown = sorted({row["case_id"] for row in rows})
        if shown:
            history.audit(session, actor=str(person.id), act="list", noun="child_case", ids=shown, now=now)
        return {
            "counts": _counts(session, person, look, now),
            "items": [_item(row, paged.get(row["id"])) for row in rows],
        }


def _item(row: RowMapping, paging: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "case_id": str(row["case_id"]),
        "level": row["level"],
        "queue": row["queue"],
        "owner": row["owner_email"],
        "owner_name": row["owner_name"],
        "mine": row["mine"],
        "state": row["state"],
        "reason": row["reason"],
        "since": iso(row["since"]),
        "until": iso(row["until"]),
        "overdue": row["overdue"],
        "later_until": iso(row["later_until"]),
        "paging": paging["state"] if paging else None,
    }


def escalation_json(kit: Kit, escalation_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """One escalation to act on. The look is in the audit.

    Raises:
        NotFound: there is none with this id.
    """
    with kit.transaction() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise NotFound("escalation", str(escalation_id))
        owner = session.get(Staff, row.owner) if row.owner else None
        history.audit(
            session, actor=str(person.id), act="read", noun="child_case", ids=[row.case_id], now=now
        )
        is_open = row.state == "open"
        return {
            "id": str(row.id),
            "case_id": str(row.case_id),
            "reason": row.reason,
            "level": row.level,
            "queue": row.queue,
            "state": row.state,
            "owner": owner.email if owner else None,
            "owner_name": owner.display_name if owner else None,
            "mine": row.owner == person.id,
            "until": iso(row.acknowledge_by if is_open else row.resolve_by),
        }


_OWNERS = text(
    """
    SELECT s.email, s.display_name, count(e.id) AS open
    FROM staff s LEFT JOIN escalation e ON e.owner = s.id AND e.state <> 'resolved'
    WHERE s.active AND s.roles && CAST(:roles AS text[])
    GROUP BY s.id ORDER BY s.display_name, s.email
    """
)


def owners_json(kit: Kit) -> list[dict[str, Any]]:
    """Who may own an escalation: name, address and how many each owns now."""
    with kit.transaction() as session:
        return [dict(row) for row in session.execute(_OWNERS, {"roles": sorted(OWNER_ROLES)}).mappings()]


def reasons_of(kit: Kit, ids: list[UUID]) -> dict[UUID, str]:
    """Why each of these escalations stands, for those that still do."""
    with kit.transaction() as session:
        query = select(Escalation).where(col(Escalation.id).in_(ids), col(Escalation.state) != "resolved")
        return {row.id: row.reason for row in session.scalars(query)}
