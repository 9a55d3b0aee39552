"""What the command line, the API and the pages show: the JSON of design 6.3. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from integrations.catalogs import written_language
from integrations.desk.application_views import application_json, applications_list
from integrations.desk.closing_views import closing_json, closure_json, lost_json
from integrations.desk.court_views import court_json, hearings_json, with_help
from integrations.desk.home_views import address_json
from integrations.desk.instants import iso
from integrations.desk.paging_views import pagings_of
from integrations.kit import Kit
from integrations.store import history
from integrations.store.accounting import stands, take_account
from integrations.store.cases import find_case
from integrations.store.scope import ESCALATION_IN_SCOPE, IN_SCOPE
from models.tables.ledger import Attempt, Call, Escalation, Obligation
from models.tables.messages import Message
from models.tables.paging import Paging
from models.tables.people import Case, PhoneNumber, Staff
from models.tables.roster import RosterRelease

__all__ = [
    "account_json",
    "application_json",
    "applications_list",
    "case_json",
    "iso",
    "queue_json",
]


def case_json(kit: Kit, key: str, *, actor: str = "cli", now: datetime) -> dict[str, Any]:
    """The case of design 6.3, with everything that the ledger holds of it."""
    with kit.transaction() as session:
        case = find_case(session, key)
        history.audit(session, actor=actor, act="read", noun="child_case", ids=[case.id], now=now)
        return _case(session, kit, case, now)


def _case(session: Session, kit: Kit, case: Case, now: datetime) -> dict[str, Any]:
    obligations = session.scalars(
        select(Obligation)
        .where(col(Obligation.case_id) == case.id)
        .order_by(col(Obligation.due_at), col(Obligation.created_at))
    ).all()
    in_court = court_json(session, kit, case, now)
    return {
        "case_id": str(case.id),
        "state": case.state,
        "policy": case.followup_policy,
        "released_at": iso(case.released_at),
        "last_contact_at": iso(case.last_contact_at),
        "roster": _roster(session, case),
        "paused": case.paused_because,
        "prs_level": case.prs_level,
        "in_sight": _in_sight(session, case, obligations, now),
        "address": address_json(session, kit, case, now=now),
        "obligations": [_obligation(o, now) for o in obligations],
        "attempts": [
            {
                "obligation": str(a.obligation_id),
                "step": a.step,
                "channel": a.channel,
                "at": iso(a.at),
                "outcome": a.outcome,
            }
            for a in session.scalars(
                select(Attempt)
                .join(Obligation, col(Obligation.id) == col(Attempt.obligation_id))
                .where(col(Obligation.case_id) == case.id)
                .order_by(col(Attempt.at), col(Attempt.step))
            )
        ],
        "calls": [
            {
                "id": str(c.id),
                "kind": c.kind,
                "party": c.party,
                "state": c.state,
                "due_at": iso(c.due_at),
                "at": iso(c.at),
                "outcome": c.outcome,
                "spoke_with": c.spoke_with,
                "simulated": c.simulated,
                "language": language,
                "interpreter": _wants_interpreter(c, language),
            }
            for c, language in session.execute(
                select(Call, col(PhoneNumber.language))
                .outerjoin(PhoneNumber, col(PhoneNumber.id) == col(Call.number_id))
                .where(col(Call.case_id) == case.id)
                .order_by(col(Call.due_at))
            )
        ],
        "messages": [
            {
                "id": str(m.id),
                "to_party": m.to_party,
                "purpose": m.purpose,
                "state": m.state,
                "send_after": iso(m.send_after),
                "not_after": iso(m.not_after),
                "accepted_at": iso(m.accepted_at),
            }
            for m in session.scalars(
                select(Message)
                .where(col(Message.case_id) == case.id)
                .order_by(col(Message.send_after), col(Message.created_at))
            )
        ],
        "escalations": with_help(_escalations(session, case), in_court),
        "court": in_court,
        "hearings": hearings_json(session, case),
        "lost": lost_json(session, kit, case),
        "closing": closing_json(session, kit, case, now),
        "closure": closure_json(session, kit, case),
    }


def _wants_interpreter(call: Call, language: str | None) -> bool:
    """A person calls somebody who named a language that we do not write."""
    return call.kind == "human" and language is not None and written_language(language) is None


def _roster(session: Session, case: Case) -> dict[str, Any] | None:
    """What the list of releases said of a child whom nothing else had named."""
    row = session.scalars(select(RosterRelease).where(col(RosterRelease.case_id) == case.id)).one_or_none()
    if row is None:
        return None
    return {"reference": row.reference, "released_on": row.released_on.isoformat()}


def _obligation(row: Obligation, now: datetime) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "party": row.party,
        "key": row.key,
        "opens_at": iso(row.opens_at),
        "due_at": iso(row.due_at),
        "state": row.state,
        "overdue": row.state == "open" and now > row.due_at,
        "queue": row.queue,
        "rule": row.rule,
        "in_sight": row.in_sight,
        "restores": str(row.restores_id) if row.restores_id else None,
        "recipient": row.detail.get("recipient"),
    }


def _escalations(session: Session, case: Case) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Escalation, col(Staff.email))
        .outerjoin(Staff, col(Staff.id) == col(Escalation.owner))
        .where(col(Escalation.case_id) == case.id)
        .order_by(col(Escalation.opened_at))
    ).all()
    paged = pagings_of(session, col(Paging.escalation_id), [e.id for e, _ in rows])
    return [
        {
            "id": str(e.id),
            "level": e.level,
            "queue": e.queue,
            "owner": owner,
            "state": e.state,
            "acknowledge_by": iso(e.acknowledge_by),
            "resolve_by": iso(e.resolve_by),
            "reason": e.reason,
            "outcome": e.outcome,
            "nag_count": e.nag_count,
            "last_nagged_at": iso(e.last_nagged_at),
            "paging": paged.get(e.id),
        }
        for e, owner in rows
    ]


def in_sight(session: Session, case: Case, now: datetime) -> dict[str, Any]:
    """What keeps the child in sight: `ok`, `by`, `until`. The open obligations alone are looked at."""
    holding = session.scalars(
        select(Obligation).where(
            col(Obligation.case_id) == case.id,
            col(Obligation.state) == "open",
            col(Obligation.in_sight),
        )
    ).all()
    return _in_sight(session, case, holding, now)


def _in_sight(
    session: Session, case: Case, obligations: Sequence[Obligation], now: datetime
) -> dict[str, Any]:
    """What keeps the child in sight, and until when somebody owns it."""
    if case.closed_at is not None:
        return {"ok": True, "by": f"closed: {case.closure_reason}", "until": None}
    holding = [o for o in obligations if o.state == "open" and o.in_sight]
    if case.released_at is None and not holding:
        return {"ok": True, "by": "in care", "until": None}
    ok = stands(session, case.id, now=now) not in ("silent", "unanswered")
    if holding:
        first = min(holding, key=lambda o: o.due_at)
        return {"ok": ok, "by": f"{first.kind} {first.key}", "until": iso(first.owned_until)}
    alarm = session.scalars(
        select(Escalation)
        .where(col(Escalation.case_id) == case.id, col(Escalation.state) != "resolved")
        .order_by(col(Escalation.owned_until).desc())
        .limit(1)
    ).first()
    if alarm is None:
        return {"ok": False, "by": None, "until": None}
    return {"ok": ok, "by": f"escalation: {alarm.reason}", "until": iso(alarm.owned_until)}


_QUEUE = text(
    f"""
    SELECT * FROM (
        SELECT e.id::text, 'escalation' AS kind, e.case_id::text, e.level, e.queue, s.email AS owner, e.reason,
               e.opened_at AS since,
               CASE WHEN e.state = 'open' THEN e.acknowledge_by ELSE e.resolve_by END AS acknowledge_by,
               CASE WHEN e.state = 'open' THEN e.acknowledge_by < :now ELSE e.resolve_by < :now END AS overdue,
               NULL AS subject
        FROM escalation e LEFT JOIN staff s ON s.id = e.owner
        WHERE e.state <> 'resolved' AND (CAST(:queue AS text) IS NULL OR e.queue = :queue)
          AND {ESCALATION_IN_SCOPE}
        UNION ALL
        SELECT o.id::text, 'obligation', o.case_id::text, 0, o.queue, NULL, o.kind, o.due_at, o.owned_until, true,
               o.party
        FROM obligation o
        WHERE o.state = 'open' AND o.due_at < :now AND (CAST(:queue AS text) IS NULL OR o.queue = :queue)
          AND {IN_SCOPE.format(case="o.case_id")}
          AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.obligation_id = o.id AND e.state <> 'resolved')
    ) AS waiting
    WHERE CAST(:after AS text) IS NULL
       OR (NOT overdue, acknowledge_by, id) > (NOT CAST(:late AS boolean), CAST(:by AS timestamptz), :after)
    ORDER BY NOT overdue, acknowledge_by, id
    LIMIT :limit
    """
)
MOST = 1000


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A place in the queue: behind this row, as the queue stood at `as_of`."""

    as_of: datetime
    late: bool
    by: datetime
    id: UUID


def queue_json(
    kit: Kit,
    *,
    queue: str | None = None,
    office: str | None = None,
    me: UUID | None = None,
    after: QueuePlace | None = None,
    limit: int = MOST,
    now: datetime,
) -> dict[str, Any]:
    """Overdue obligations and escalations in one list: overdue first, then by the time that is left."""
    behind = {
        "late": after.late if after else None,
        "by": after.by if after else None,
        "after": str(after.id) if after else None,
    }
    with kit.transaction() as session:
        asked = {"now": now, "queue": queue, "limit": limit, "office": office, "me": me, **behind}
        rows = session.execute(_QUEUE, asked).mappings().all()
        alarms = [UUID(row["id"]) for row in rows if row["kind"] == "escalation"]
        paged = pagings_of(session, col(Paging.escalation_id), alarms)
        return {"items": [_queue_item(row, paged, now) for row in rows]}


def _queue_item(
    row: Mapping[Any, Any], paged: Mapping[UUID, Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    paging = paged.get(UUID(row["id"]))
    return {
        "id": row["id"],
        "kind": row["kind"],
        "case_id": row["case_id"],
        "level": row["level"],
        "queue": row["queue"],
        "owner": row["owner"],
        "reason": row["reason"],
        "age_hours": round((now - row["since"]).total_seconds() / 3600, 1),
        "acknowledge_by": iso(row["acknowledge_by"]),
        "overdue": row["overdue"],
        "paging": paging["state"] if paging else None,
    }


def account_json(kit: Kit, *, now: datetime) -> dict[str, Any]:
    with kit.transaction() as session:
        return take_account(session, now=now).as_json()
