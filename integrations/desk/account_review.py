"""Accounts are confirmed by a person again and again; one that nobody confirmed in time is suspended.

Times are the wall's, as of a session. In a sandbox, whose people are invented and whose clock jumps, nobody is suspended.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk import rota
from integrations.desk.instants import iso
from integrations.desk.leaving import empty_rungs, hand_on
from integrations.identity.accounts import end_sessions, staff_row
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.people import Staff

# Source: NIST SP 800-53 rev. 5, AC-2 j and AC-2(3) (read from memory): accounts are reviewed and disabled by a time that the
# organisation sets. The times are ours.
CONFIRM_EVERY = timedelta(days=90)
TOLD_BEFORE = timedelta(days=14)
ACTOR = "engine:accounts"


def accounts_json(kit: Kit, *, wall: datetime) -> list[dict[str, Any]]:
    """Every account that is not shut for good, what must be confirmed soonest first."""
    with kit.transaction() as session:
        rows = [row for row in session.scalars(select(Staff)) if row.active or row.suspended_at is not None]
        return [_told(row, wall) for row in sorted(rows, key=lambda row: (_due_at(row), row.email))]


def unconfirmed(session: Session, *, wall: datetime) -> list[str]:
    """The addresses of those that will be suspended within `TOLD_BEFORE`, or would be if somebody else were there."""
    rows = session.scalars(select(Staff).where(col(Staff.active)).order_by(col(Staff.email)))
    return [row.email for row in rows if _state(row, wall) in ("due", "overdue")]


def confirm(kit: Kit, email: str, by: Person, *, reason: str, wall: datetime) -> dict[str, Any]:
    """This person still needs the account, in these roles. One that was suspended for want of this is open again.

    Raises:
        BadInput: nobody has this address, or no reason.
        Refused: not by a supervisor or an administrator, for oneself, or the person has left.
    """
    require_role(by, Role.SUPERVISOR, Role.ADMINISTRATOR)
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        row = staff_row(session, email)
        if row.id == by.id:
            raise Refused("own_account", "nobody confirms their own account", ["another person"])
        if not row.active and row.suspended_at is None:
            raise Refused("already_left", "this person has left")
        old = "suspended" if row.suspended_at is not None else "active"
        row.active, row.suspended_at = True, None
        row.confirmed_at, row.confirmed_by = wall, by.id
        session.add(row)
        history.record(session, row, old=old, new="confirmed", actor=str(by.id), why=reason, now=wall)
        return _told(row, wall)


def review_round(kit: Kit, *, now: datetime, wall: datetime) -> dict[str, int]:
    """Each account that is overdue is suspended, unless somebody would be out of reach by it: then it stays, and is told.

    `now` is Kinline's time, for what is handed on; the accounts' own time is the wall's.
    """
    if kit.settings.environment == "sandbox":
        return {}
    counts: Counter[str] = Counter()
    with kit.transaction() as session:
        overdue = [row.email for row in _active(session) if _state(row, wall) == "overdue"]
    for email in overdue:
        counts["suspended" if _suspend(kit, email, now=now, wall=wall) else "kept"] += 1
    return dict(counts)


def _suspend(kit: Kit, email: str, *, now: datetime, wall: datetime) -> bool:
    """False when a rung, the rota or the keeping of accounts would have nobody left."""
    with kit.transaction() as session:
        people = _active(session, lock=True)
        row = next((one for one in people if one.email == email), None)
        if row is None or _state(row, wall) != "overdue" or _is_last_keeper(row, people):
            return False
        rungs, gaps = set(empty_rungs(session)), set(rota.gaps_ahead(session, now=now))
        trial = session.begin_nested()
        row.active, row.suspended_at = False, wall
        session.flush()
        if set(empty_rungs(session)) - rungs or set(rota.gaps_ahead(session, now=now)) - gaps:
            trial.rollback()
            return False
        trial.commit()
        end_sessions(session, row.id, now=wall)
        why = f"nobody confirmed it for {CONFIRM_EVERY.days} days"
        history.record(session, row, old="active", new="suspended", actor=ACTOR, why=why, now=wall)
        hand_on(session, row, actor=ACTOR, why="its owner is suspended", now=now)
        return True


def _active(session: Session, *, lock: bool = False) -> list[Staff]:
    # As when somebody leaves: two at once could empty a rung that each alone would not.
    query = select(Staff).where(col(Staff.active)).order_by(col(Staff.id))
    return list(session.scalars(query.with_for_update(key_share=True) if lock else query))


def _is_last_keeper(row: Staff, people: list[Staff]) -> bool:
    keepers = [one for one in people if Role.ADMINISTRATOR in one.roles]
    return keepers == [row]


def _due_at(row: Staff) -> datetime:
    return (row.confirmed_at or row.created_at) + CONFIRM_EVERY


def _state(row: Staff, wall: datetime) -> str:
    if row.suspended_at is not None:
        return "suspended"
    if wall >= _due_at(row):
        return "overdue"
    return "due" if wall >= _due_at(row) - TOLD_BEFORE else "confirmed"


def _told(row: Staff, wall: datetime) -> dict[str, Any]:
    return {
        "email": row.email,
        "roles": list(row.roles),
        "state": _state(row, wall),
        "confirmed_at": iso(row.confirmed_at),
        "confirm_by": iso(_due_at(row)),
    }
