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

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.identity.tokens import token_digest
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.people import ApiKey

LONGEST = timedelta(days=366)
# A key's last use is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)
_MARK = "kinline_"  # so that a leaked one is found by scanners
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")


class Scope(StrEnum):
    """What a key may do."""

    HEARINGS_WRITE = "hearings:write"


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that showed a living key. `actor` is how history names it."""

    key_id: UUID
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        return f"key:{self.key_id}"


def make_key(
    kit: Kit, name: str, scopes: Collection[str], person: Person, *, days: int, wall: datetime
) -> dict[str, Any]:
    """A new key. The token is in the answer and nowhere else, ever again.

    Raises:
        BadInput: the name, a scope or the days are not good. Refused: not an administrator, or the name is taken.
    """
    require_role(person, Role.ADMINISTRATOR)
    problems = list(_faults(name, scopes, days))
    if problems:
        raise BadInput(problems)
    token = _MARK + secrets.token_urlsafe(32)
    with kit.transaction() as session:
        if session.scalars(select(ApiKey).where(col(ApiKey.name) == name)).first() is not None:
            raise Refused("name_taken", "A key has this name already.")
        row = ApiKey(
            name=name,
            token_digest=token_digest(token),
            scopes=sorted(scopes),
            made_by=person.id,
            made_at=wall,
            ends_at=wall + timedelta(days=days),
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="living", actor=str(person.id), why="made", now=wall)
        return _told(row, wall) | {"token": token}


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
        return _told(row, wall)


def list_keys(kit: Kit, *, wall: datetime) -> list[dict[str, Any]]:
    """Every key that was ever made, newest first."""
    with kit.transaction() as session:
        rows = session.scalars(select(ApiKey).order_by(col(ApiKey.made_at).desc(), col(ApiKey.name)))
        return [_told(row, wall) for row in rows]


def find_caller(session: Session, token: str, *, wall: datetime) -> Caller | None:
    """Whose key this token is; None when no living key is."""
    row = session.scalars(select(ApiKey).where(col(ApiKey.token_digest) == token_digest(token))).first()
    if row is None or row.revoked_at is not None or row.ends_at <= wall:
        return None
    if row.used_at is None or wall - row.used_at >= TOUCH_EVERY:
        row.used_at = wall
        session.add(row)
    return Caller(row.id, row.name, frozenset(row.scopes))


def _told(row: ApiKey, wall: datetime) -> dict[str, Any]:
    state = "revoked" if row.revoked_at is not None else "ended" if row.ends_at <= wall else "living"
    return {
        "name": row.name,
        "state": state,
        "scopes": row.scopes,
        "made_at": row.made_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "used_at": row.used_at and row.used_at.isoformat(),
    }
