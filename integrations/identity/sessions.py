"""A person's open sessions: seen and ended by themselves, or all ended by an administrator. Times are the wall's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from integrations.identity.accounts import IDLE, end_sessions, staff_row
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem
from models.facts import Person
from models.states import Role
from models.tables.people import StaffSession


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One sign-in that is not over."""

    id: UUID
    began_at: datetime
    seen_at: datetime
    ends_at: datetime


def open_sessions(session: Session, person_id: UUID, *, wall: datetime) -> list[OpenSession]:
    """Those that open something now, the last used first."""
    rows = session.scalars(
        select(StaffSession)
        .where(
            col(StaffSession.staff_id) == person_id,
            col(StaffSession.ended_at).is_(None),
            col(StaffSession.awaits).is_(None),
            col(StaffSession.ends_at) > wall,
            col(StaffSession.seen_at) > wall - IDLE,
        )
        .order_by(col(StaffSession.seen_at).desc(), col(StaffSession.id))
    )
    return [OpenSession(row.id, row.began_at, row.seen_at, row.ends_at) for row in rows]


def end_own(session: Session, person_id: UUID, session_id: UUID, *, wall: datetime) -> None:
    """One of the person's own sessions is over; one that is over already stays as it is.

    Raises:
        NotFound: they have no such session.
    """
    ended = session.execute(
        update(StaffSession)
        .where(col(StaffSession.id) == session_id, col(StaffSession.staff_id) == person_id)
        .values(ended_at=func.coalesce(col(StaffSession.ended_at), wall))
        .returning(col(StaffSession.id))
    )
    if ended.first() is None:
        raise NotFound("session", str(session_id))


def end_all(kit: Kit, email: str, by: Person, *, reason: str, wall: datetime) -> dict[str, Any]:
    """Every open session of this person is over now.

    Raises:
        BadInput: nobody has this address, or no reason. Refused: not an administrator.
    """
    require_role(by, Role.ADMINISTRATOR)
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        row = staff_row(session, email)
        count = end_sessions(session, row.id, now=wall)
        new = "sessions ended"
        history.record(session, row, old=None, new=new, actor=str(by.id), why=reason, now=wall)
        return {"email": row.email, "ended": count}
