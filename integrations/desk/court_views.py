"""Where a child's case stands in court, to be read; and what a family must know after a missed hearing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.calendar import local_day
from followup.court import standing_now
from followup.court_help import ends_on
from followup.policy import in_force
from integrations.court_help import court_help
from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.store.court import hearing_ahead, last_look, last_passed_at, records_of, standing_of
from integrations.store.sealing import open_json
from integrations.zones import FALLBACK
from models.court_status import Attendance, CourtStatus
from models.tables.court import CourtLook, HearingRecord
from models.tables.ledger import Escalation, Hearing, Obligation
from models.tables.people import Case, Staff

# Escalations with which the clocks and the pointers are shown.
WITH_HELP = frozenset({"missed_hearing", "ordered_removed"})


def court_json(session: Session, kit: Kit, case: Case, now: datetime) -> dict[str, Any] | None:
    """The status, since when and for how many days; the last look and the next. None for a child in care."""
    if case.released_at is None:
        return None
    ahead = hearing_ahead(session, case, now)
    standing = standing_now(standing_of(case), ahead, last_passed_at(session, case.id, now))
    since = standing.since
    return {
        "status": standing.status.value,
        "since": iso(since),
        "days": max((now - since).days, 0) if since else None,
        "next_hearing_at": iso(ahead.starts_at) if ahead else None,
        "last_look": _look(session, kit, last_look(session, case.id)),
        "next_look": _next_look(session, case.id, now),
        "help": help_json(session, case),
    }


def _look(session: Session, kit: Kit, look: CourtLook | None) -> dict[str, Any] | None:
    if look is None:
        return None
    by = session.get(Staff, look.by_staff) if look.by_staff else None
    return {
        "at": iso(look.at),
        "status": look.status,
        "source": look.source,
        "by": by.email if by else None,
        "said_next_at": iso(look.said_next_at),
        "said": (open_json(kit.vault, look, "sealed_said") or {}).get("said"),
    }


def _next_look(session: Session, case_id: UUID, now: datetime) -> dict[str, Any] | None:
    duty = session.scalars(
        select(Obligation)
        .where(
            col(Obligation.case_id) == case_id,
            col(Obligation.kind) == "court_lookup",
            col(Obligation.state) == "open",
        )
        .order_by(col(Obligation.due_at), col(Obligation.id))
        .limit(1)
    ).first()
    if duty is None:
        return None
    return {"opens_at": iso(duty.opens_at), "due_at": iso(duty.due_at), "overdue": now > duty.due_at}


def hearings_json(session: Session, case: Case) -> list[dict[str, Any]]:
    """The hearings, earliest first, each with all that was said of what came of it."""
    said: dict[UUID, list[dict[str, Any]]] = {}
    for record in records_of(session, case.id):
        said.setdefault(record.hearing_id, []).append(record_json(record))
    rows = session.scalars(
        select(Hearing).where(col(Hearing.case_id) == case.id).order_by(col(Hearing.starts_at))
    )
    return [
        {
            "id": str(h.id),
            "hearing_key": h.hearing_key,
            "court": h.court,
            "starts_at": iso(h.starts_at),
            "kind": h.kind,
            "state": h.state,
            "outcome": h.outcome,
            "records": said.get(h.id, []),
        }
        for h in rows
    ]


def record_json(record: HearingRecord) -> dict[str, Any]:
    """One word of what came of a hearing."""
    return {"outcome": record.outcome, "source": record.source, "at": iso(record.at), "note": record.note}


def help_json(session: Session, case: Case) -> dict[str, Any] | None:
    """The clocks and pointers while a miss is open or a removal stands ordered; None otherwise."""
    missed_on = _missed_on(session, case)
    if case.court_status == CourtStatus.ORDERED_REMOVED.value:
        ordered_on = _ordered_on(session, case.id)
        because, day = "ordered_removed", ordered_on or missed_on
        basis = "order" if ordered_on else "missed_hearing" if missed_on else "unknown"
    elif _has_open_miss(session, case.id):
        because, day, basis = "missed_hearing", missed_on, "missed_hearing"
    else:
        return None
    return clocks_json(because, day, basis)


def clocks_json(because: str, ordered_on: date | None, basis: str) -> dict[str, Any]:
    """`basis` says what the days count from: the order's day, the missed hearing's if it was made then, or unknown."""
    found = court_help()
    return {
        "version": found.version,
        "because": because,
        "counted_from": ordered_on.isoformat() if ordered_on else None,
        "basis": basis,
        "clocks": [
            {
                "rule": clock.rule,
                "text": clock.text,
                "days": clock.days,
                "until": end.isoformat() if (end := ends_on(clock, ordered_on)) else None,
                "source": clock.source,
                "unverified": clock.unverified,
            }
            for clock in in_force(found.clocks)
        ],
        "pointers": [
            {"rule": p.rule, "text": p.text, "source": p.source, "unverified": p.unverified}
            for p in in_force(found.pointers)
        ],
    }


def _has_open_miss(session: Session, case_id: UUID) -> bool:
    duty = select(col(Obligation.id)).where(
        col(Obligation.case_id) == case_id,
        col(Obligation.kind) == "missed_hearing",
        col(Obligation.state) == "open",
    )
    alarm = select(col(Escalation.id)).where(
        col(Escalation.case_id) == case_id,
        col(Escalation.reason).in_(WITH_HELP),
        col(Escalation.state) != "resolved",
    )
    return (
        session.scalars(duty.limit(1)).first() is not None
        or session.scalars(alarm.limit(1)).first() is not None
    )


def _missed_on(session: Session, case: Case) -> date | None:
    """The day of the newest missed hearing, where the court is or the family lives."""
    row = session.scalars(
        select(Hearing)
        .where(col(Hearing.case_id) == case.id, col(Hearing.outcome) == Attendance.MISSED.value)
        .order_by(col(Hearing.starts_at).desc())
        .limit(1)
    ).first()
    return None if row is None else local_day(row.starts_at, row.zone or case.zone or FALLBACK)


def _ordered_on(session: Session, case_id: UUID) -> date | None:
    return session.scalars(
        select(col(CourtLook.ordered_on))
        .where(col(CourtLook.case_id) == case_id, col(CourtLook.ordered_on).is_not(None))
        .order_by(col(CourtLook.at).desc())
        .limit(1)
    ).first()


def with_help(
    escalations: Sequence[Mapping[str, Any]], court: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Escalations about a miss or an order carry the clocks and pointers."""
    told = court["help"] if court else None
    return [{**e, "help": told if e["reason"] in WITH_HELP else None} for e in escalations]
