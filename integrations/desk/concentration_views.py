"""The integrity reviewer's list of places, a look into one of them, and who has looked. Reads only, each on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from integrations.concentration_rules import concentration_rules
from integrations.desk.concentrations import as_id
from integrations.desk.instants import iso
from integrations.desk.list_options import check_list_options
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from models.concentration import REVIEW_DUTY
from models.errors import NotFound, Refused
from models.facts import Person
from models.states import Role
from models.tables.system import AuditEntry

STATES = ("open", "reviewed", "all")
MOST = 5000
LOOKED = "look into concentration"
_DAY = timedelta(hours=24)

_LIST = text(
    """
    SELECT k.id, k.by, k.state, k.rule, k.children, k.families, k.sponsors, k.first_at, k.last_at, k.opened_at,
           k.reviewed_at, k.reason, s.email AS reviewed_by, o.id AS duty, o.due_at, count(*) OVER () AS total
    FROM concentration k
    LEFT JOIN staff s ON s.id = k.reviewed_by
    LEFT JOIN LATERAL (
        SELECT d.id, d.due_at FROM concentration_child m
        JOIN obligation d ON d.case_id = m.case_id AND d.kind = :kind AND d.key = k.id::text AND d.state = 'open'
        WHERE m.concentration_id = k.id ORDER BY d.due_at LIMIT 1
    ) o ON true
    WHERE (:state = 'all' OR k.state = :state) AND (CAST(:one AS uuid) IS NULL OR k.id = :one)
    ORDER BY k.state, k.opened_at, k.id LIMIT :limit
    """
)
_CHILDREN = text(
    """
    SELECT m.case_id, c.state, m.arrived_at, m.added_at,
           (SELECT array_agg(a.reference ORDER BY a.submitted_at) FROM application a WHERE a.case_id = m.case_id)
               AS applications
    FROM concentration_child m JOIN child_case c ON c.id = m.case_id
    WHERE m.concentration_id = :one ORDER BY m.arrived_at, m.case_id
    """
)


def concentrations_json(kit: Kit, *, state: str, limit: int, person: Person, now: datetime) -> dict[str, Any]:
    """Places in this state, those that wait longest first: counts and times, and whose duty it is. No child is named.

    Raises:
        BadInput: no such state, or not a sensible limit. Refused: not the integrity reviewer.
    """
    require_role(person, Role.INTEGRITY_REVIEWER)
    check_list_options(state, limit, STATES, MOST)
    with kit.transaction() as session:
        values = {"state": state, "limit": limit, "one": None, "kind": REVIEW_DUTY}
        rows = session.execute(_LIST, values).mappings().all()
        if rows:
            _audit(session, person, "read concentrations", [row["id"] for row in rows], now)
        return {"total": rows[0]["total"] if rows else 0, "items": [_item(row, now) for row in rows]}


def concentration_json(kit: Kit, concentration: str, person: Person, *, now: datetime) -> dict[str, Any]:
    """One place with the cases of the children there. Each look is counted, and listed to oversight.

    Raises:
        BadInput: no id. NotFound: no such place. Refused: not the integrity reviewer, or too many looks today.
    """
    require_role(person, Role.INTEGRITY_REVIEWER)
    concentration_id = as_id(concentration)
    with kit.transaction() as session:
        # One look of this person at a time, or several at once would be counted as one.
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 7))"), {"who": str(person.id)}
        )
        _refuse_too_many(session, person, now)
        values = {"state": "all", "limit": 1, "one": concentration_id, "kind": REVIEW_DUTY}
        row = session.execute(_LIST, values).mappings().one_or_none()
        if row is None:
            raise NotFound("concentration", concentration)
        _audit(session, person, LOOKED, [concentration_id], now)
        cases = session.execute(_CHILDREN, {"one": concentration_id}).mappings()
        return _item(row, now) | {
            "cases": [
                {
                    "case_id": str(case["case_id"]),
                    "state": case["state"],
                    "applications": list(case["applications"] or ()),
                    "arrived_at": iso(case["arrived_at"]),
                }
                for case in cases
            ]
        }


def looks_json(kit: Kit, person: Person, *, now: datetime) -> dict[str, Any]:
    """For oversight: who looked into places, and how often, in the last 30 days.

    Raises:
        Refused: not an auditor or a supervisor.
    """
    require_role(person, Role.AUDITOR, Role.SUPERVISOR)
    with kit.transaction() as session:
        rows = session.execute(_LOOKS, {"act": LOOKED, "since": now - 30 * _DAY}).mappings()
        return {
            "per_day_at_most": concentration_rules().looks.per_day,
            "items": [
                {"day": row["day"].isoformat(), "by": row["email"], "looks": row["looks"]} for row in rows
            ],
        }


_LOOKS = text(
    """
    SELECT (e.at AT TIME ZONE 'UTC')::date AS day, s.email, count(*) AS looks
    FROM audit_entry e JOIN staff s ON s.id::text = e.actor
    WHERE e.noun = 'concentration' AND e.act = :act AND e.at > :since
    GROUP BY 1, 2 ORDER BY 1 DESC, 3 DESC, 2
    """
)


def _refuse_too_many(session: Session, person: Person, now: datetime) -> None:
    most = concentration_rules().looks.per_day
    looks = session.scalars(
        select(func.count())
        .select_from(AuditEntry)
        .where(
            col(AuditEntry.noun) == "concentration",
            col(AuditEntry.act) == LOOKED,
            col(AuditEntry.actor) == str(person.id),
            col(AuditEntry.at) > now - _DAY,
        )
    ).one()
    if looks >= most:
        raise Refused(
            "too_many_looks",
            f"{looks} places in 24 hours are as many as one person may look into",
            ["wait, or let another reviewer look"],
        )


def _audit(session: Session, person: Person, act: str, ids: list[Any], now: datetime) -> None:
    history.audit(session, actor=str(person.id), act=act, noun="concentration", ids=ids, now=now)


def _item(row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "by": row["by"],
        "state": row["state"],
        "rule": row["rule"],
        "children": row["children"],
        "families": row["families"],
        "sponsors": row["sponsors"],
        "first_at": iso(row["first_at"]),
        "last_at": iso(row["last_at"]),
        "opened_at": iso(row["opened_at"]),
        "age_hours": round((now - row["opened_at"]).total_seconds() / 3600, 1),
        "duty": str(row["duty"]) if row["duty"] else None,
        "due_at": iso(row["due_at"]),
        "overdue": row["due_at"] is not None and row["due_at"] < now,
        "reviewed_by": row["reviewed_by"],
        "reviewed_at": iso(row["reviewed_at"]),
        "reason": row["reason"],
    }
