"""Slows down guessing: after five wrong passwords or codes in a row for an address a pause, longer each time.

The count stands in the database, so it holds over consoles and restarts. An address that nobody has is counted like any
other: a pause tells nothing about who has an account. Times are the wall's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from integrations.identity.accounts import find_staff, staff_row
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from integrations.vault import Vault
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import Role
from models.tables.sign_in import SignInCount

# Source: NIST SP 800-63B-4, 3.2.2 (read from memory): no more than 100 wrong tries in a row, and a wait that grows, up to
# an hour. Five tries before each pause, and how the pauses grow, are ours.
TRIES = 5
PAUSES = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
MOST = 100
# A count that nobody has added to for so long is dropped.
KEPT = timedelta(days=90)
ACTOR = "engine:sign_in"


@dataclass(frozen=True, slots=True)
class Pause:
    """No try is taken before `until`; without a time, not before an administrator lifts it."""

    until: datetime | None


def take_try(session: Session, vault: Vault, address: str, *, wall: datetime) -> Pause | None:
    """One more try at this address is counted, and may be made when None comes back.

    It counts from the moment it is taken, so a hundred at once are no way around it.
    """
    row = _count(session, vault, address, wall)
    if row.tries >= MOST:
        return Pause(None)
    if row.paused_until is not None and row.paused_until > wall:
        return Pause(row.paused_until)
    row.tries, row.last_at = row.tries + 1, wall
    session.add(row)
    if row.tries % TRIES == 0:
        row.paused_until = wall + PAUSES[min(row.tries // TRIES, len(PAUSES)) - 1]
        _note(session, address, row, wall)
    return None


def give_back(session: Session, vault: Vault, address: str) -> None:
    """The try was right, but more is asked for: it is not counted, and those before it are."""
    row = session.get(SignInCount, _key(vault, address), with_for_update=True)
    if row is not None:
        row.tries, row.paused_until = row.tries - 1, None
        session.add(row)


def forget(session: Session, vault: Vault, address: str) -> None:
    """Somebody has signed in: the count begins anew."""
    session.execute(delete(SignInCount).where(col(SignInCount.address_key) == _key(vault, address)))


def lift(kit: Kit, email: str, by: Person, *, reason: str, wall: datetime) -> dict[str, Any]:
    """The pause of this person's address is over now.

    Raises:
        BadInput: nobody has this address, or no reason. Refused: not an administrator, or there is no pause.
    """
    require_role(by, Role.ADMINISTRATOR)
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        staff = staff_row(session, email)
        row = session.get(SignInCount, _key(kit.vault, staff.email), with_for_update=True)
        if row is None or not _is_paused(row, wall):
            raise Refused("not_paused", "this person may sign in: there is no pause")
        session.delete(row)
        actor = str(by.id)
        history.record(
            session, staff, old="sign-in paused", new="may sign in", actor=actor, why=reason, now=wall
        )
        return {"email": staff.email, "sign_in": "open"}


def _is_paused(row: SignInCount, wall: datetime) -> bool:
    return row.tries >= MOST or (row.paused_until is not None and row.paused_until > wall)


def _count(session: Session, vault: Vault, address: str, wall: datetime) -> SignInCount:
    """The address's row, locked; made when there is none, and then old ones are dropped."""
    key = _key(vault, address)
    made = session.execute(
        insert(SignInCount)
        .values(address_key=key, tries=0, last_at=wall)
        .on_conflict_do_nothing(index_elements=["address_key"])
        .returning(col(SignInCount.address_key))
    ).first()
    if made is not None:
        session.execute(delete(SignInCount).where(col(SignInCount.last_at) < wall - KEPT))
    return session.scalars(
        select(SignInCount).where(col(SignInCount.address_key) == key).with_for_update()
    ).one()


def _note(session: Session, address: str, row: SignInCount, wall: datetime) -> None:
    staff = find_staff(session, address)
    if staff is not None:
        why = f"{row.tries} wrong tries in a row"
        history.record(
            session, staff, old="may sign in", new="sign-in paused", actor=ACTOR, why=why, now=wall
        )


def _key(vault: Vault, address: str) -> bytes:
    return vault.blind("sign_in", address.strip().lower())
