"""Who is on call, and who can be paged: named people with a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import Session, col

from integrations.store.sealing import open_json
from integrations.vault import Vault
from models.paging import PagingRules, PagingRung, Shift
from models.tables.paging import OnCall
from models.tables.people import Staff


def _reachable() -> ColumnElement[bool]:
    return and_(col(Staff.active), col(Staff.sealed_phone).is_not(None))


def reachable_on(session: Session, rules: PagingRules, now: datetime) -> dict[int, list[Staff]]:
    """Who can be paged at `now`, by the rung's level; each once, the longest on the rota first."""
    return {rung.level: list(_people(session, rung, now)) for rung in rules.rungs}


def _people(session: Session, rung: PagingRung, now: datetime) -> Sequence[Staff]:
    query = select(Staff).where(_reachable())
    if rung.role is not None:
        return session.scalars(
            query.where(col(Staff.roles).contains([rung.role.value])).order_by(col(Staff.email))
        ).all()
    found = session.scalars(
        query.join(OnCall, col(OnCall.staff_id) == col(Staff.id))
        .where(
            col(OnCall.rung) == rung.place,
            col(OnCall.ended_at).is_(None),
            col(OnCall.begins_at) <= now,
            col(OnCall.ends_at) > now,
        )
        .order_by(col(OnCall.begins_at), col(Staff.email))
    ).all()
    return list({person.id: person for person in found}.values())


def standing(session: Session, now: datetime) -> list[tuple[OnCall, Staff]]:
    """Every time on the rota that is not over, with its person, reachable or not."""
    rows = session.execute(
        select(OnCall, Staff)
        .join(Staff, col(Staff.id) == col(OnCall.staff_id))
        .where(col(OnCall.ended_at).is_(None), col(OnCall.ends_at) > now)
        .order_by(col(OnCall.begins_at), col(OnCall.rung), col(Staff.email))
    ).tuples()
    return list(rows)


def can_be_paged(person: Staff) -> bool:
    return person.active and person.sealed_phone is not None


def shifts(session: Session, now: datetime) -> list[Shift]:
    """The times on the rota, now and ahead, of people who can be paged."""
    return [
        Shift(row.staff_id, row.rung, row.begins_at, row.ends_at)
        for row, person in standing(session, now)
        if can_be_paged(person)
    ]


def staff_number(vault: Vault, person: Staff) -> str:
    """The number itself, to page. It goes nowhere else."""
    return str(open_json(vault, person, "sealed_phone")["number"])
