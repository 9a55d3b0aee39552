"""Local accounts: passwords under Argon2, and sessions that live on the server.

The browser holds a random token; the database holds its digest alone. Times here are the wall's, also in a
sandbox whose own clock has been moved: a session is about the person at the keyboard.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import select, update
from sqlmodel import Session, col

from integrations.identity.tokens import token_digest
from integrations.store.scope import scope_of
from integrations.store.staff import person_of
from models.errors import BadInput, Problem
from models.facts import Person
from models.tables.people import Staff, StaffSession

# Source: ours. NIST SP 800-63B-4 asks for both limits at its second level and leaves the numbers to us.
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
# A session's last use is written at most this often, so that reading a page is not always a write.
TOUCH_EVERY = timedelta(minutes=1)
# Between the password and the second factor.
HALFWAY = timedelta(minutes=10)
MIN_PASSWORD = 12
MAX_PASSWORD = 256
_TOKEN_BYTES = 32


class Awaits(StrEnum):
    """What a session still waits for before it opens anything else."""

    CODE = "code"
    ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A sign-in that has just begun. `token` goes into the browser's cookie and is kept nowhere else."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a living session belongs to. One that `awaits` something is not signed in yet.

    `office` bounds the cases that the person sees; without one they see all.
    """

    session_id: UUID
    person: Person
    display_name: str
    csrf_token: str = field(repr=False)
    awaits: Awaits | None = None
    language: str | None = None
    time_zone: str | None = None
    office: str | None = None


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
    row = staff_row(session, email)
    row.password_hash = _hasher().hash(password)
    session.add(row)
    end_sessions(session, row.id)


def check_password(session: Session, email: str, password: str) -> Person | None:
    """Whose password this is; None when it is wrong, or the account is unknown, suspended or has none.

    The same work is done in each case, so the time it takes does not tell who has an account.
    """
    row = find_staff(session, email)
    known = row.password_hash if row is not None else None
    fits, better = _hasher().verify_and_update(password[:MAX_PASSWORD], known or _nobodys_hash())
    if row is None or known is None or not fits or not row.active or len(password) > MAX_PASSWORD:
        return None
    if better is not None:
        row.password_hash = better
        session.add(row)
    return person_of(row)


def begin_session(
    session: Session,
    person: Person,
    *,
    now: datetime,
    old_tokens: Iterable[str] = (),
    awaits: Awaits | None = None,
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
            ends_at=now + (ABSOLUTE if awaits is None else HALFWAY),
            awaits=awaits,
        )
    )
    return new


def find_session(
    session: Session,
    token: str,
    *,
    now: datetime,
    awaits: Awaits | None = None,
    by_itself: bool = False,
) -> SignedIn | None:
    """Who this token belongs to, when its session lives: not ended, not idle for too long, not too old.

    A session that waits for something is found only by who asks for exactly that. `by_itself`: a page renews itself, and
    nobody need be sitting before it, so that the session goes on growing idle.
    """
    found = session.execute(
        select(StaffSession, Staff)
        .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
        .where(
            col(StaffSession.token_digest) == token_digest(token),
            col(StaffSession.ended_at).is_(None),
            col(StaffSession.awaits).is_not_distinct_from(awaits),
            col(StaffSession.ends_at) > now,
            col(StaffSession.seen_at) > now - IDLE,
            col(Staff.active),
        )
    ).one_or_none()
    if found is None:
        return None
    row, staff = found
    if not by_itself and now - row.seen_at >= TOUCH_EVERY:
        row.seen_at = now
        session.add(row)
    return SignedIn(
        row.id,
        person_of(staff),
        staff.display_name,
        row.csrf_token,
        awaits,
        staff.language,
        staff.time_zone,
        scope_of(staff),
    )


def end_session(session: Session, token: str, *, now: datetime) -> None:
    """The session of this token is over; an unknown or ended one is left as it is."""
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.token_digest) == token_digest(token), col(StaffSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def end_sessions(
    session: Session, staff_id: UUID, *, now: datetime | None = None, but: UUID | None = None
) -> int:
    """Every open session of this person is over, but one that may be named; how many there were.

    Without `now` each has ended when it was last used.
    """
    ended = session.scalars(
        update(StaffSession)
        .where(
            col(StaffSession.staff_id) == staff_id,
            col(StaffSession.ended_at).is_(None),
            col(StaffSession.id).is_distinct_from(but),
        )
        .values(ended_at=now if now is not None else col(StaffSession.seen_at))
        .returning(col(StaffSession.id))
    )
    return len(ended.all())


def staff_row(session: Session, email: str) -> Staff:
    """The row of the person with this address, locked.

    Raises:
        BadInput: nobody has it.
    """
    row = session.scalars(
        select(Staff).where(col(Staff.email) == email.strip().lower()).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise BadInput(
            Problem("email", "unknown_person", "Nobody has this address.", "Check it, or add the person.")
        )
    return row


def find_staff(session: Session, email: str) -> Staff | None:
    return session.scalars(select(Staff).where(col(Staff.email) == email.strip().lower())).one_or_none()


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    """A hash of a password that nobody knows, to be checked when there is none to check."""
    return _hasher().hash(secrets.token_urlsafe(_TOKEN_BYTES))
