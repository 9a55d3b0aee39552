"""Finds cases, by id or by the reference of one of their applications; and locks them.

Whoever changes what a case owes locks the case first, then its rows: with one order there is no deadlock.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from models.errors import NotFound
from models.tables.ledger import Call, Escalation, Message, Obligation
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
    if lock:
        query = query.with_for_update(of=Case, key_share=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("case", key)
    return row


def lock_cases(session: Session, ids: Collection[UUID], *, skip_locked: bool = False) -> dict[UUID, Case]:
    """These cases, locked for this transaction and as they stand now; with `skip_locked` those that are free.

    The lock lets others add rows that point at the case.
    """
    rows = session.scalars(
        select(Case)
        .where(col(Case.id).in_(ids))
        .order_by(col(Case.id))
        .with_for_update(key_share=True, skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def lock_case(session: Session, case_id: UUID) -> Case:
    """The case, locked for this transaction and as it stands now."""
    return lock_cases(session, [case_id])[case_id]


OfCase = TypeVar("OfCase", Call, Escalation, Message, Obligation)


def lock_row(session: Session, table: type[OfCase], row_id: UUID, *only: ColumnElement[bool]) -> OfCase:
    """This row of a case, locked after its case, so that everybody locks in one order.

    Raises:
        NotFound: there is none, or it is not one of `only`.
    """
    case_id = session.scalars(select(col(table.case_id)).where(col(table.id) == row_id, *only)).one_or_none()
    if case_id is None:
        raise NotFound(str(table.__tablename__), str(row_id))
    lock_case(session, case_id)
    return session.scalars(select(table).where(col(table.id) == row_id).with_for_update()).one()
