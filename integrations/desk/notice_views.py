"""Notices of concern as people read them: the ageing list, and one with its facts. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, String, cast, select, text
from sqlmodel import Session, col

from followup.notices import next_step, stands_at
from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.policies import pinned_followup_policy
from integrations.store import history
from integrations.store.scope import IN_SCOPE
from integrations.store.sealing import open_json
from integrations.store.staff import require_role
from models.errors import NotFound
from models.facts import Person
from models.reports import DRAFT_MARKS, NOTICE_DUTIES, NOTICE_DUTY, SENT_BACK, NoticeState
from models.states import Role
from models.tables.people import Staff
from models.tables.reports import Notice, Report
from models.tables.system import History

MAY_READ = (
    Role.CASE_MANAGER,
    Role.POST_RELEASE_CALLER,
    Role.SUPERVISOR,
    Role.FEDERAL_FIELD_SPECIALIST,
    Role.INTEGRITY_REVIEWER,
    Role.AUDITOR,
)
# Source: ours. More on one page is not read; the counts say how many there are.
MOST_SHOWN = 200


class Which(StrEnum):
    """Which concerns somebody wants to see."""

    WAITING = "waiting"
    MINE = "mine"
    ACKNOWLEDGED = "acknowledged"


_MARKS = ", ".join(f"'{mark}'" for mark in DRAFT_MARKS)
# Concerns with their notice, and those that nobody has drafted yet (`to_draft`). `mine`: the next step is `:me`'s.
_ITEMS = f"""
WITH concerns AS (
    SELECT n.id, n.obligation_id AS duty, n.case_id, n.state, n.owner, n.drafted_by, n.next_action_at, n.learned_at,
           n.acknowledged_at,
           n.state = 'draft' AND '{SENT_BACK}' = (
               SELECT h.new FROM history h
               WHERE h.row_id = n.id AND h.new IN ({_MARKS})
               ORDER BY h.seq DESC LIMIT 1) AS sent_back
    FROM notice n
    UNION ALL
    SELECT NULL, o.id, o.case_id, 'to_draft', NULL, NULL, o.due_at, o.opens_at, NULL, false
    FROM obligation o
    WHERE o.kind = '{NOTICE_DUTY}' AND o.state = 'open'
      AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.obligation_id = o.id)
), seen AS (
    SELECT concerns.*, c.followup_policy, owner.email AS owner_email, owner.display_name AS owner_name,
           drafter.display_name AS drafter_name,
           coalesce(CASE WHEN concerns.state = 'draft' AND NOT sent_back
                              THEN CAST(:approves AS boolean) AND drafted_by <> CAST(:me AS uuid)
                         WHEN concerns.state = 'draft' THEN drafted_by = CAST(:me AS uuid)
                         WHEN acknowledged_at IS NULL THEN owner = CAST(:me AS uuid) END, false) AS mine
    FROM concerns
    JOIN child_case c ON c.id = concerns.case_id
    LEFT JOIN staff owner ON owner.id = concerns.owner
    LEFT JOIN staff drafter ON drafter.id = concerns.drafted_by
    WHERE (CAST(:case_id AS uuid) IS NULL OR concerns.case_id = CAST(:case_id AS uuid))
      AND {IN_SCOPE.format(case="concerns.case_id")}
)
"""
_IN: Mapping[Which | None, str] = {
    Which.WAITING: "acknowledged_at IS NULL",
    Which.MINE: "mine",
    Which.ACKNOWLEDGED: "acknowledged_at IS NOT NULL",
    None: "true",
}
_LISTS = {
    which: text(
        f"{_ITEMS} SELECT * FROM seen WHERE {claim}"
        " ORDER BY mine DESC, acknowledged_at DESC NULLS FIRST, learned_at, duty LIMIT CAST(:most AS bigint)"
    )
    for which, claim in _IN.items()
}
_COUNTS = text(
    f"{_ITEMS} SELECT "
    + ", ".join(f"count(*) FILTER (WHERE {_IN[which]}) AS {which}" for which in Which)
    + " FROM seen"
)
# The open duties that a notice settles, with the escalations about them.
_LEADS = text(
    """
    SELECT o.id AS duty, o.detail ->> 'notice_id' AS notice, e.id AS escalation
    FROM obligation o LEFT JOIN escalation e ON e.obligation_id = o.id AND e.state <> 'resolved'
    WHERE o.case_id = :case_id AND o.kind = ANY(:kinds) AND o.state = 'open'
    """
)


def notices_json(kit: Kit, *, all_of_them: bool, now: datetime) -> dict[str, Any]:
    """The ageing list, oldest concern first: those that nobody has drafted yet stand in it too."""
    with kit.transaction() as session:
        rows = _rows(session, None if all_of_them else Which.WAITING, _asked())
        items = sorted((_item(row, now) for row in rows), key=lambda item: item["learned_at"])
        return {"as_of": now.isoformat(), "items": items}


def notices_page(
    kit: Kit, person: Person, which: Which, *, office: str | None, now: datetime
) -> dict[str, Any]:
    """Those of this kind that somebody of this office may see, the reader's first and the oldest; how many of each kind.

    Beside what `notices_json` tells each has `mine` and the names `owner_name` and `drafter_name`. Which cases were
    shown is in the audit.
    """
    with kit.transaction() as session:
        asked = _asked(person, office=office)
        rows = _rows(session, which, asked, most=MOST_SHOWN)
        if shown := sorted({row["case_id"] for row in rows}):
            history.audit(session, actor=str(person.id), act="list", noun="child_case", ids=shown, now=now)
        counts = session.execute(_COUNTS, asked).mappings().one()
        return {
            "counts": {one.value: counts[one.value] for one in Which},
            "items": [_item_for(row, now) for row in rows],
        }


def notice_counts(kit: Kit, person: Person, *, office: str | None) -> dict[str, int]:
    """How many concerns of each kind somebody of this office may see."""
    with kit.transaction() as session:
        return dict(session.execute(_COUNTS, _asked(person, office=office)).mappings().one())


def notices_of(kit: Kit, case_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """A case's, beside `case_json`, whose audit row covers this too.

    `items`: as in `notices_page`, what waits first; `leads`: for the id of each open duty that a notice settles, and of
    each escalation about one, the `notice` and the `duty` that it is about; no notice where nobody has drafted it.
    """
    with kit.transaction() as session:
        rows = _rows(session, None, _asked(person, case_id=case_id))
        notices = {str(row["duty"]): str(row["id"]) for row in rows if row["id"]}
        leads: dict[str, dict[str, str | None]] = {}
        asked = {"case_id": case_id, "kinds": list(NOTICE_DUTIES)}
        for duty, notice, escalation in session.execute(_LEADS, asked):
            about = {"notice": notice or notices.get(str(duty)), "duty": str(duty)}
            leads |= {str(key): about for key in (duty, escalation) if key}
        return {"items": [_item_for(row, now) for row in rows], "leads": leads}


def _asked(
    person: Person | None = None, *, office: str | None = None, case_id: UUID | None = None
) -> dict[str, Any]:
    return {
        "me": person.id if person else None,
        "approves": person is not None and Role.SUPERVISOR in person.roles,
        "office": office,
        "case_id": case_id,
    }


def _rows(
    session: Session, which: Which | None, asked: Mapping[str, Any], *, most: int | None = None
) -> Sequence[RowMapping]:
    return session.execute(_LISTS[which], {**asked, "most": most}).mappings().all()


def _item_for(row: RowMapping, now: datetime) -> dict[str, Any]:
    return {
        **_item(row, now),
        **{name: row[name] for name in ("mine", "owner_name", "drafter_name")},
    }


def _item(row: RowMapping, now: datetime) -> dict[str, Any]:
    state = NoticeState(row["state"]) if row["id"] else None
    until = row["acknowledged_at"] or now
    rung = stands_at(pinned_followup_policy(row["followup_policy"]), row["learned_at"], until)
    return {
        "id": str(row["id"]) if row["id"] else None,
        "duty": str(row["duty"]),
        "case_id": str(row["case_id"]),
        "state": row["state"],
        "step": next_step(state, sent_back=row["sent_back"]),
        "owner": row["owner_email"],
        "next_action_at": iso(row["next_action_at"]),
        "late": row["acknowledged_at"] is None and row["next_action_at"] < now,
        "learned_at": iso(row["learned_at"]),
        "age_hours": round((until - row["learned_at"]).total_seconds() / 3600, 1),
        "level": rung.level,
        "queue": rung.queue,
    }


def notice_json(kit: Kit, notice_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """One notice with its facts, the reports that were made on the case, and every change. The read is audited."""
    with kit.transaction() as session:
        require_role(person, *MAY_READ)
        row = session.get(Notice, notice_id)
        if row is None:
            raise NotFound("notice", str(notice_id))
        history.audit(session, actor=str(person.id), act="read", noun="notice", ids=[row.id], now=now)
        listed = _rows(session, None, _asked(person, case_id=row.case_id))
        return {
            **_item_for(next(one for one in listed if one["id"] == row.id), now),
            "facts": open_json(kit.vault, row, "sealed_facts"),
            "drafted": _step(session, row.drafted_by, row.drafted_at),
            "approved": _step(session, row.approved_by, row.approved_at),
            "certified": _step(session, row.certified_by, row.certified_at, method=row.method),
            "acknowledged": _step(
                session, row.acknowledgement_by, row.acknowledged_at, reference=row.reference
            ),
            "reports": _reports(session, row),
            "history": _history(session, row),
        }


def _step(
    session: Session, by: UUID | None, at: datetime | None, **more: str | None
) -> dict[str, Any] | None:
    if by is None or at is None:
        return None
    staff = session.get_one(Staff, by)
    return {"by": staff.email, "by_name": staff.display_name, "at": at.isoformat(), **more}


def _reports(session: Session, row: Notice) -> list[dict[str, Any]]:
    found = session.scalars(
        select(Report).where(col(Report.case_id) == row.case_id).order_by(col(Report.reported_at))
    )
    return [
        {
            "recipient": r.recipient,
            "at": r.reported_at.isoformat(),
            "reference": r.reference,
            "method": r.method,
        }
        for r in found
    ]


def _history(session: Session, row: Notice) -> list[dict[str, Any]]:
    found = session.execute(
        select(History, col(Staff.display_name))
        .outerjoin(Staff, cast(col(Staff.id), String) == col(History.actor))
        .where(col(History.noun) == Notice.__tablename__, col(History.row_id) == row.id)
        .order_by(col(History.seq))
    )
    return [
        {"at": h.at.isoformat(), "by": h.actor, "by_name": name, "old": h.old, "new": h.new, "why": h.why}
        for h, name in found
    ]
