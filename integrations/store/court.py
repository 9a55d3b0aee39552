"""Hearings, looks and records of many cases, as the pure room and the pages need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from followup.court import HearingAhead
from models.court import COMING
from models.court_status import CourtStatus, Standing
from models.errors import NotFound
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
