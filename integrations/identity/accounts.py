"""Local accounts: passwords under Argon2, and sessions that live on the server.

The browser holds a random token; the database holds its digest alone. Times here are the wall's, also in a
sandbox whose own clock has been moved: a session is about the person at the keyboard.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import select, update
from sqlmodel import Session, col

from integrations.identity.tokens import token_digest
from integrations.store.staff import person_of
from models.errors import BadInput, Problem
from models.facts import Person
from models.tables.people import Staff, StaffSession

# Source: ours. NIST SP 800-63B-4 asks for both limits at its second level and leaves the numbers to us.
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
# A session's last use is written at most this often, so that reading a page is not always a write.
TOUCH_EVERY = timedelta(minutes=1)
MIN_PASSWORD = 12
MAX_PASSWORD = 256
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewSession:
    """A sign-in that has just begun. `token` goes into the browser's cookie and is kept nowhere else."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a living session belongs to."""

    session_id: UUID
    person: Person
    display_name: str
    csrf_token: str = field(repr=False)


def set_password(session: Session, email: str, password: str) -> None:
    """The person with this address signs in with this password from now on; open sessions are ended.

    Raises:
        BadInput: nobody has the address, or the password is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise BadInput(
            Problem(
                "password",
                "length",
                f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
                "A few words that only you would put together are easy to keep and hard to guess.",
            )
        )
    row = _staff(session, email)
    if row is None:
        raise BadInput(
            Problem("email", "unknown_person", "Nobody has this address.", "Check it, or add the person.")
        )
    row.password_hash = _hasher().hash(password)
    session.add(row)
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.staff_id) == row.id, col(StaffSession.ended_at).is_(None))
        .values(ended_at=col(StaffSession.seen_at))
    )


def check_password(session: Session, email: str, password: str) -> Person | None:
    """Whose password this is; None when it is wrong, or the account is unknown, suspended or has none.

    The same work is done in each case, so the time it takes does not tell who has an account.
    """
    row = _staff(session, email)
    known = row.password_hash if row is not None else None
    fits, better = _hasher().verify_and_update(password[:MAX_PASSWORD], known or _nobodys_hash())
    if row is None or known is None or not fits or not row.active or len(password) > MAX_PASSWORD:
        return None
    if better is not None:
        row.password_hash = better
        session.add(row)
    return person_of(row)


def begin_session(
    session: Session, person: Person, *, now: datetime, old_tokens: Iterable[str] = ()
) -> NewSession:
    """A fresh session under a fresh token. Sessions that this browser held before are ended."""
    for old_token in old_tokens:
        end_session(session, old_token, now=now)
    new = NewSession(secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES))
    session.add(
        StaffSession(
            staff_id=person.id,
            token_digest=token_digest(new.token),
            csrf_token=new.csrf_token,
            began_at=now,
            seen_at=now,
            ends_at=now + ABSOLUTE,
        )
    )
    return new


def find_session(session: Session, token: str, *, now: datetime) -> SignedIn | None:
    """Who this token belongs to, when its session lives: not ended, not idle for too long, not too old."""
    found = session.execute(
        select(StaffSession, Staff)
        .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
        .where(
            col(StaffSession.token_digest) == token_digest(token),
            col(StaffSession.ended_at).is_(None),
            col(StaffSession.ends_at) > now,
            col(StaffSession.seen_at) > now - IDLE,
            col(Staff.active),
        )
    ).one_or_none()
    if found is None:
        return None
    row, staff = found
    if now - row.seen_at >= TOUCH_EVERY:
        row.seen_at = now
        session.add(row)
    return SignedIn(row.id, person_of(staff), staff.display_name, row.csrf_token)


def end_session(session: Session, token: str, *, now: datetime) -> None:
    """The session of this token is over; an unknown or ended one is left as it is."""
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.token_digest) == token_digest(token), col(StaffSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def _staff(session: Session, email: str) -> Staff | None:
    return session.scalars(select(Staff).where(col(Staff.email) == email.strip().lower())).one_or_none()


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    """A hash of a password that nobody knows, to be checked when there is none to check."""
    return _hasher().hash(secrets.token_urlsafe(_TOKEN_BYTES))
