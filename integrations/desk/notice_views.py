"""Notices of concern as people read them: the ageing list, and one with its facts. Reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import Session, col

from followup.notices import stands_at
from integrations.desk.escalations import policy_of
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import open_json
from integrations.store.staff import require_role
from models.errors import NotFound
from models.facts import Person
from models.reports import NOTICE_DUTY, NoticeState
from models.states import Role
from models.tables.ledger import Obligation
from models.tables.people import Case, Staff
from models.tables.reports import Notice, Report
from models.tables.system import History

_READERS = (
    Role.CASE_MANAGER,
    Role.POST_RELEASE_CALLER,
    Role.SUPERVISOR,
    Role.FEDERAL_FIELD_SPECIALIST,
    Role.INTEGRITY_REVIEWER,
    Role.AUDITOR,
)


def notices_json(kit: Kit, *, all_of_them: bool, now: datetime) -> dict[str, Any]:
    """The ageing list, oldest concern first: those that nobody has drafted yet stand in it too."""
    with kit.transaction() as session:
        query = select(Notice, Case, col(Staff.email)).join(Case, col(Case.id) == col(Notice.case_id))
        query = query.join(Staff, col(Staff.id) == col(Notice.owner))
        if not all_of_them:
            query = query.where(col(Notice.acknowledged_at).is_(None))
        items = [_item(row, case, owner, now) for row, case, owner in session.execute(query)]
        items += [_undrafted(duty, case, now) for duty, case in session.execute(_without_notice())]
        items.sort(key=lambda item: item["learned_at"])
        return {"as_of": now.isoformat(), "items": items}


def _without_notice() -> Any:
    return (
        select(Obligation, Case)
        .join(Case, col(Case.id) == col(Obligation.case_id))
        .where(
            col(Obligation.kind) == NOTICE_DUTY,
            col(Obligation.state) == "open",
            ~exists().where(col(Notice.obligation_id) == col(Obligation.id)),
        )
    )


def _item(row: Notice, case: Case, owner: str, now: datetime) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "duty": str(row.obligation_id),
        "case_id": str(row.case_id),
        "state": row.state,
        "owner": owner,
        "next_action_at": row.next_action_at.isoformat(),
        "late": row.state != NoticeState.ACKNOWLEDGED.value and row.next_action_at < now,
        **_age(case, row.learned_at, row.acknowledged_at or now),
    }


def _undrafted(duty: Obligation, case: Case, now: datetime) -> dict[str, Any]:
    return {
        "id": None,
        "duty": str(duty.id),
        "case_id": str(duty.case_id),
        "state": "to_draft",
        "owner": None,
        "next_action_at": duty.due_at.isoformat(),
        "late": duty.due_at < now,
        **_age(case, duty.opens_at, now),
    }


def _age(case: Case, learned_at: datetime, until: datetime) -> dict[str, Any]:
    rung = stands_at(policy_of(case), learned_at, until)
    return {
        "learned_at": learned_at.isoformat(),
        "age_hours": round((until - learned_at).total_seconds() / 3600, 1),
        "level": rung.level,
        "queue": rung.queue,
    }


def notice_json(kit: Kit, notice_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """One notice with its facts, the reports that were made on the case, and every change. The read is audited."""
    with kit.transaction() as session:
        require_role(person, *_READERS)
        row = session.get(Notice, notice_id)
        if row is None:
            raise NotFound("notice", str(notice_id))
        history.audit(session, actor=str(person.id), act="read", noun="notice", ids=[row.id], now=now)
        owner = session.get_one(Staff, row.owner).email
        return {
            **_item(row, session.get_one(Case, row.case_id), owner, now),
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
    return {"by": session.get_one(Staff, by).email, "at": at.isoformat(), **more}


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
    found = session.scalars(
        select(History)
        .where(col(History.noun) == Notice.__tablename__, col(History.row_id) == row.id)
        .order_by(col(History.at))
    )
    return [{"at": h.at.isoformat(), "by": h.actor, "old": h.old, "new": h.new, "why": h.why} for h in found]
