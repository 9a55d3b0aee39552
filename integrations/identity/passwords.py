"""Setting passwords: by an administrator for somebody, or by people for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from integrations.identity.accounts import set_password, staff_row
from integrations.kit import Kit
from integrations.store import history
from integrations.store.staff import require_role
from models.facts import Person
from models.states import Role


def give_password(kit: Kit, email: str, by: Person, password: str, *, wall: datetime) -> dict[str, Any]:
    """This person signs in with this password from now on; their open sessions are over.

    Raises:
        BadInput: nobody has the address, or the password is too short or too long.
        Refused: for somebody else, by who is not an administrator.
    """
    with kit.transaction() as session:
        row = staff_row(session, email)
        if row.id != by.id:
            require_role(by, Role.ADMINISTRATOR)
        put_password(session, row.email, by, password, wall=wall)
        return {"email": row.email, "password": "set"}


def put_password(session: Session, email: str, by: Person, password: str, *, wall: datetime) -> None:
    """As `give_password`, by who may, inside the caller's transaction.

    Raises:
        BadInput: the password is too short or too long.
    """
    row = staff_row(session, email)
    set_password(session, email, password)
    why = "by its owner" if row.id == by.id else "by an administrator"
    history.record(session, row, old=None, new="password set", actor=str(by.id), why=why, now=wall)
