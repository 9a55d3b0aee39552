"""Finds cases, by id or by the reference of one of their applications."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from models.errors import NotFound
from models.tables.people import Case
from models.tables.vetting import Application


def find_case(session: Session, key: str, *, lock: bool = False) -> Case:
    """The case with this id, or of the application with this reference.

    Raises:
        NotFound: there is none.
    """
    query = select(Case)
    try:
        query = query.where(col(Case.id) == UUID(key))
    except ValueError:
        query = query.join(Application, col(Application.case_id) == col(Case.id)).where(
            col(Application.reference) == key
        )
    row = session.scalars(query.with_for_update(of=Case) if lock else query).one_or_none()
    if row is None:
        raise NotFound("case", key)
    return row
