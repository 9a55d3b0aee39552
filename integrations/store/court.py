"""Hearings, looks and records of many cases, as the pure room and the pages need them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from followup.court import HearingAhead
from models.court import COMING
from models.court_status import CourtStatus, Standing
from models.errors import NotFound
from models.states import FOLLOWED
from models.tables.court import CourtLook, HearingRecord
from models.tables.ledger import Hearing
from models.tables.people import Case


def hearing_ahead(session: Session, case: Case, now: datetime) -> HearingAhead | None:
    """The next hearing of the case that is not cancelled."""
    row = session.scalars(
        select(Hearing)
        .where(
            col(Hearing.case_id) == case.id,
            col(Hearing.state).in_(COMING),
            col(Hearing.starts_at) > now,
        )
        .order_by(col(Hearing.starts_at), col(Hearing.id))
        .limit(1)
    ).first()
    return None if row is None else as_ahead(row, case)


def as_ahead(row: Hearing, case: Case) -> HearingAhead:
    """Of one that was known before the release, we follow since the release."""
    return HearingAhead(row.id, row.starts_at, max(row.seen_at, case.released_at or row.seen_at))


def last_passed_at(session: Session, case_id: UUID, now: datetime) -> datetime | None:
    """When the last hearing began that was not cancelled."""
    at: datetime | None = session.execute(
        select(func.max(col(Hearing.starts_at))).where(
            col(Hearing.case_id) == case_id,
            col(Hearing.state) != "cancelled",
            col(Hearing.starts_at) <= now,
        )
    ).scalar_one()
    return at


def standing_of(case: Case) -> Standing:
    """The status that stands in the case's row."""
    return Standing(CourtStatus(case.court_status), case.court_since or case.released_at)


def get_hearing(session: Session, hearing_id: UUID) -> Hearing:
    """The hearing with this id.

    Raises:
        NotFound: there is none.
    """
    row = session.get(Hearing, hearing_id)
    if row is None:
        raise NotFound("hearing", str(hearing_id))
    return row


def last_look(session: Session, case_id: UUID) -> CourtLook | None:
    return session.scalars(
        select(CourtLook)
        .where(col(CourtLook.case_id) == case_id)
        .order_by(col(CourtLook.at).desc(), col(CourtLook.id))
        .limit(1)
    ).first()


def records_of(session: Session, case_id: UUID) -> Sequence[HearingRecord]:
    """What was said of the case's past hearings, oldest first."""
    return session.scalars(
        select(HearingRecord)
        .where(col(HearingRecord.case_id) == case_id)
        .order_by(col(HearingRecord.at), col(HearingRecord.id))
    ).all()


@dataclass(frozen=True, slots=True)
class WithoutLook:
    """A followed child who has no look at the court open, or one that was not planned by the next hearing."""

    case_id: UUID
    hearing_id: UUID | None
    starts_at: datetime | None
    seen_at: datetime | None
    standing_id: UUID | None


_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)
# One pass over the followed cases by their key, two index look-ups for each. What is late already stays as it is.
_WITHOUT_LOOK = text(
    f"""
    SELECT c.id, n.id, n.starts_at, n.seen_at, o.id
    FROM child_case c
    LEFT JOIN LATERAL (
        SELECT h.id, h.starts_at, h.seen_at FROM hearing h
        WHERE h.case_id = c.id AND h.state IN ('scheduled', 'moved') AND h.starts_at > :now
        ORDER BY h.starts_at, h.id LIMIT 1
    ) n ON true
    LEFT JOIN LATERAL (
        SELECT o.id, o.due_at, o.detail FROM obligation o
        WHERE o.case_id = c.id AND o.kind = 'court_lookup' AND o.state = 'open'
        ORDER BY o.due_at, o.id LIMIT 1
    ) o ON true
    WHERE c.state IN ({_FOLLOWED}) AND c.id > :after AND (
        o.id IS NULL
        OR (n.id IS NOT NULL AND o.due_at > :now AND NOT o.detail ? 'doubt'
            AND (o.detail ->> 'hearing_id', o.detail ->> 'starts')
                IS DISTINCT FROM (n.id::text, floor(extract(epoch FROM n.starts_at))::bigint::text))
        OR (n.id IS NULL AND o.due_at > :latest)
    )
    ORDER BY c.id LIMIT :limit
    """
)


def without_look(
    session: Session, *, after: UUID, latest: datetime, limit: int, now: datetime
) -> list[WithoutLook]:
    """Up to `limit` of them, by the case's id from `after` on. `latest`: a look without a date is due by then."""
    rows = session.execute(_WITHOUT_LOOK, {"after": after, "latest": latest, "limit": limit, "now": now})
    return [WithoutLook(*row) for row in rows]


# Followed children whose status is no longer what the clock and their hearings say.
_STALE_STATUS = text(
    f"""
    SELECT c.id FROM child_case c
    LEFT JOIN LATERAL (
        SELECT h.seen_at FROM hearing h
        WHERE h.case_id = c.id AND h.state IN ('scheduled', 'moved') AND h.starts_at > :now
        ORDER BY h.starts_at, h.id LIMIT 1
    ) n ON true
    WHERE c.state IN ({_FOLLOWED}) AND c.id > :after AND (
        (c.court_status = 'dated' AND n.seen_at IS NULL)
        OR (n.seen_at IS NOT NULL AND (c.court_status = 'unknown' OR (
            c.court_status IN ('nta_not_served', 'served_not_filed', 'filed_no_date')
            AND greatest(n.seen_at, c.released_at) > c.court_since)))
    )
    ORDER BY c.id LIMIT :limit
    """
)


def stale_statuses(session: Session, *, after: UUID, limit: int, now: datetime) -> list[UUID]:
    """Up to `limit` cases, by their id from `after` on."""
    return list(session.scalars(_STALE_STATUS, {"after": after, "limit": limit, "now": now}))


# Hearings since the release whose outcome nobody is asked for: known by an amendment, or from before Kinline asked.
_UNASKED = text(
    f"""
    SELECT h.id, h.case_id, h.starts_at FROM hearing h
    JOIN child_case c ON c.id = h.case_id
    WHERE c.state IN ({_FOLLOWED}) AND h.id > :after AND h.state <> 'cancelled' AND h.starts_at >= c.released_at
      AND coalesce(h.outcome, 'unknown') = 'unknown'
      AND NOT EXISTS (
          SELECT 1 FROM obligation o
          WHERE o.case_id = h.case_id AND o.kind = 'hearing_outcome' AND o.state = 'open' AND o.party = 'case'
            AND o.key = 'h:' || h.id || '\\:outcome')
    ORDER BY h.id LIMIT :limit
    """
)


def hearings_unasked(session: Session, *, after: UUID, limit: int) -> list[tuple[UUID, UUID, datetime]]:
    """Up to `limit` of them as (hearing, case, when it begins), by the hearing's id from `after` on."""
    return [(row[0], row[1], row[2]) for row in session.execute(_UNASKED, {"after": after, "limit": limit})]


def hearings_by_case(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Hearing]]:
    """The hearings of each of these cases that are not cancelled, earliest first."""
    found: dict[UUID, list[Hearing]] = {}
    rows = select(Hearing).where(col(Hearing.case_id).in_(ids), col(Hearing.state) != "cancelled")
    for row in session.scalars(rows.order_by(col(Hearing.starts_at), col(Hearing.id))):
        found.setdefault(row.case_id, []).append(row)
    return found
