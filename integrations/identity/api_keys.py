"""Keys for programs: made by an administrator, shown once, limited in what they may do and for how long.

A token is random and long, so its plain SHA-256 is enough: there is nothing to guess. Times here are the wall's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from integrations.identity.tokens import token_digest
from integrations.kit import Kit
from integrations.store import history
from integrations.store.scope import scope_of
from integrations.store.staff import person_of, require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.people import ApiKey, Staff

LONGEST = timedelta(days=366)
# A key's last use is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)
_MARK = "kinline_"  # so that a leaked one is found by scanners
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")


class Scope(StrEnum):
    """What a key may do. `cases:write` and `escalations:write` are acts of a person: such a key needs one."""

    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_WRITE = "applications:write"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    QUEUE_READ = "queue:read"
    ESCALATIONS_WRITE = "escalations:write"
    HEARINGS_WRITE = "hearings:write"
    OVERSIGHT_READ = "oversight:read"


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that showed a living key. `actor` is how the audit names it; `person`: for whom it acts, if for anybody."""

    key_id: UUID
    name: str
    scopes: frozenset[str]
    person: Person | None = None
    office: str | None = None

    @property
    def actor(self) -> str:
        return f"key:{self.key_id}"


def make_key(
    kit: Kit,
    name: str,
    scopes: Collection[str],
    person: Person,
    *,
    days: int,
    wall: datetime,
    for_email: str | None = None,
) -> dict[str, Any]:
    """A new key. The token is in the answer and nowhere else, ever again.

    `for_email`: the member of staff as whom it acts, in their roles and for as long as they are here.

    Raises:
        BadInput: the name, a scope, the days or the address are not good.
        Refused: not an administrator, or the name is taken.
    """
    require_role(person, Role.ADMINISTRATOR)
    problems = list(_faults(name, scopes, days))
    if problems:
        raise BadInput(problems)
    token = _MARK + secrets.token_urlsafe(32)
    with kit.transaction() as session:
        if session.scalars(select(ApiKey).where(col(ApiKey.name) == name)).first() is not None:
            raise Refused("name_taken", "A key has this name already.")
        holder = None if for_email is None else _holder(session, for_email)
        row = ApiKey(
            name=name,
            token_digest=token_digest(token),
            scopes=sorted(scopes),
            for_staff=None if holder is None else holder.id,
            made_by=person.id,
            made_at=wall,
            ends_at=wall + timedelta(days=days),
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="living", actor=str(person.id), why="made", now=wall)
        return _told(row, None if holder is None else holder.email, wall) | {"token": token}


def _holder(session: Session, email: str) -> Staff:
    row = session.scalars(select(Staff).where(col(Staff.email) == email.strip().lower())).one_or_none()
    if row is None or not row.active:
        raise BadInput(
            Problem("--for", "unknown_person", "Nobody active has this address.", "Check the address.")
        )
    return row


def _faults(name: str, scopes: Collection[str], days: int) -> list[Problem]:
    problems = []
    if _NAME.fullmatch(name) is None:
        problems.append(
            Problem(
                "NAME",
                "wrong_value",
                "This is not a name for a key.",
                "Use 3 to 40 small letters, digits and dashes: court-feed.",
            )
        )
    known = [scope.value for scope in Scope]
    if not scopes or set(scopes) - set(known):
        problems.append(
            Problem(
                "--scope", "wrong_value", "This is not a scope.", f"Use one or more of: {', '.join(known)}."
            )
        )
    if not 1 <= days <= LONGEST.days:
        problems.append(
            Problem("--days", "wrong_value", "A key lives for a year at most.", "Use 1 to 366 days.")
        )
    return problems


def revoke_key(kit: Kit, name: str, person: Person, *, reason: str, wall: datetime) -> dict[str, Any]:
    """The key opens nothing from now on.

    Raises:
        NotFound: no key has the name. Refused: not an administrator, or it is revoked already.
    """
    require_role(person, Role.ADMINISTRATOR)
    with kit.transaction() as session:
        row = session.scalars(select(ApiKey).where(col(ApiKey.name) == name).with_for_update()).first()
        if row is None:
            raise NotFound("key", name)
        if row.revoked_at is not None:
            raise Refused("not_open", "This key was revoked before.")
        row.revoked_at, row.revoked_by = wall, person.id
        session.add(row)
        history.record(session, row, old="living", new="revoked", actor=str(person.id), why=reason, now=wall)
        holder = None if row.for_staff is None else session.get_one(Staff, row.for_staff).email
        return _told(row, holder, wall)


def list_keys(kit: Kit, *, wall: datetime) -> list[dict[str, Any]]:
    """Every key that was ever made, newest first."""
    with kit.transaction() as session:
        rows = session.execute(
            select(ApiKey, col(Staff.email))
            .outerjoin(Staff, col(Staff.id) == col(ApiKey.for_staff))
            .order_by(col(ApiKey.made_at).desc(), col(ApiKey.name))
        )
        return [_told(row, holder, wall) for row, holder in rows]


def find_caller(session: Session, token: str, *, wall: datetime) -> Caller | None:
    """Whose key this token is; None when no living key is. A key for a person ends with their account."""
    found = session.execute(
        select(ApiKey, Staff)
        .outerjoin(Staff, col(Staff.id) == col(ApiKey.for_staff))
        .where(
            col(ApiKey.token_digest) == token_digest(token),
            col(ApiKey.revoked_at).is_(None),
            col(ApiKey.ends_at) > wall,
            or_(col(ApiKey.for_staff).is_(None), col(Staff.active)),
        )
    ).one_or_none()
    if found is None:
        return None
    row, holder = found
    if row.used_at is None or wall - row.used_at >= TOUCH_EVERY:
        row.used_at = wall
        session.add(row)
    scopes = frozenset(row.scopes)
    if holder is None:
        return Caller(row.id, row.name, scopes)
    return Caller(row.id, row.name, scopes, person_of(holder), scope_of(holder))


def _told(row: ApiKey, holder: str | None, wall: datetime) -> dict[str, Any]:
    state = "revoked" if row.revoked_at is not None else "ended" if row.ends_at <= wall else "living"
    return {
        "name": row.name,
        "state": state,
        "scopes": row.scopes,
        "for": holder,
        "made_at": row.made_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "used_at": row.used_at and row.used_at.isoformat(),
    }
