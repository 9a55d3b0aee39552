"""Finds cases, by id or by the reference of one of their applications; and locks them.

Whoever changes what a case owes locks the case first, then its rows: with one order there is no deadlock.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import Session, col

from models.errors import BadInput, NotFound, Problem
from models.tables.ledger import Call, Escalation, Obligation
from models.tables.messages import Message
from models.tables.people import Address, Case, PhoneNumber
from models.tables.roster import RosterRelease
from models.tables.vetting import Application, Release


def find_case(session: Session, key: str, *, lock: bool = False) -> Case:
    """The case with this id, or of the application or the official list's row with this reference.

    Raises:
        NotFound: there is none. BadInput: the list gave this reference to several children.
    """
    query = select(Case)
    try:
        query = query.where(col(Case.id) == UUID(key))
    except ValueError:
        query = query.where(col(Case.id) == _case_of(session, key))
    if lock:
        query = query.with_for_update(of=Case, key_share=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("case", key)
    return row


def _case_of(session: Session, reference: str) -> UUID | None:
    """The case of this reference: an application's is unique, and goes before a list's."""
    of_application = select(col(Application.case_id)).where(col(Application.reference) == reference)
    if (found := session.scalars(of_application).one_or_none()) is not None:
        return found
    of_list = select(col(RosterRelease.case_id)).where(col(RosterRelease.reference) == reference).limit(2)
    listed = session.scalars(of_list).all()
    if len(listed) > 1:
        raise BadInput(
            Problem(
                "CASE",
                "ambiguous",
                "The list of releases gave this reference to several children.",
                "Give the case's id.",
            )
        )
    return listed[0] if listed else None


def followed_application(session: Session, case_id: UUID) -> UUID | None:
    """The application that the child was released on, or else the newest one; None while no packet came in."""
    return session.scalars(
        select(col(Application.id))
        .outerjoin(Release, col(Release.application_id) == col(Application.id))
        .where(col(Application.case_id) == case_id)
        .order_by(
            col(Release.at).desc().nullslast(), col(Application.submitted_at).desc(), col(Application.id)
        )
        .limit(1)
    ).first()


def of_the_followed(table: type[Address] | type[PhoneNumber]) -> ColumnElement[bool]:
    """Rows of the application that the child is followed on, as `followed_application` says; join Case as well."""
    newest = (
        select(col(Application.id))
        .where(col(Application.case_id) == col(table.case_id))
        .order_by(col(Application.submitted_at).desc(), col(Application.id))
        .limit(1)
        .scalar_subquery()
    )
    released = exists().where(col(Release.application_id) == col(table.application_id))
    # Who is known from the list of releases alone was released on no application.
    return or_(released, and_(col(Case.origin) == "roster", col(table.application_id) == newest))


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
