"""The homes of followed children that the postal service is asked about: which are due, and what it said."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select, text
from sqlmodel import Session, col

from followup.rechecks import Known
from integrations.store.cases import of_the_followed
from models.rechecks import RecheckRules
from models.states import FOLLOWED
from models.tables.base import Sealed
from models.tables.people import Address, Case


class DueHome(NamedTuple):
    """A home that is due for a look."""

    id: UUID
    sealed_details: Sealed


@dataclass(frozen=True, slots=True)
class Written:
    """What one look wrote into the row. `dpv` None: there was no clear answer, and the last one stays."""

    id: UUID
    state: str
    dpv: str | None = None
    business: bool | None = None
    vacant: bool | None = None
    version: str | None = None


def due_homes(
    session: Session, rules: RecheckRules, *, after: UUID | None, limit: int, now: datetime
) -> Sequence[DueHome]:
    """Up to `limit` homes that are due, in the order of their ids, beyond `after`.

    Of the application that the child is followed on, and of no other: that one's home is not the child's.
    """
    query = _due(rules, now).order_by(col(Address.id)).limit(limit)
    if after is not None:
        query = query.where(col(Address.id) > after)
    return [DueHome(*row) for row in session.execute(query)]


def count_due(session: Session, rules: RecheckRules, *, now: datetime) -> int:
    """How many homes are due."""
    due = _due(rules, now).subquery()
    return session.scalars(select(func.count()).select_from(due)).one()


def _due(rules: RecheckRules, now: datetime) -> Select[UUID, Sealed]:
    checked, asked = col(Address.postal_checked_at), col(Address.postal_asked_at)
    return (
        select(col(Address.id), col(Address.sealed_details))
        .join(Case, col(Case.id) == col(Address.case_id))
        .where(
            col(Address.until_at).is_(None),
            # No key: nobody knows where the child is, so there is nothing to ask about.
            col(Address.dwelling_key).is_not(None),
            col(Case.state).in_([state.value for state in FOLLOWED]),
            of_the_followed(Address),
            or_(checked.is_(None), checked < now - timedelta(days=rules.again.after_days)),
            or_(asked.is_(None), asked < now - timedelta(days=rules.unclear.after_days)),
        )
    )


def lock_homes(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[UUID, Known]]:
    """Those of these homes that are still somebody's: case and what the file knows; the cases locked, and they."""
    rows = session.execute(
        select(
            col(Address.id),
            col(Address.case_id),
            col(Address.state),
            col(Address.postal_dpv),
            col(Address.postal_business),
            col(Address.postal_vacant),
        )
        .join(Case, col(Case.id) == col(Address.case_id))
        .where(col(Address.id).in_(ids), col(Address.until_at).is_(None))
        .order_by(col(Case.id))
        # As `lock_cases` does it: others may still add rows that point at the case.
        .with_for_update(key_share=True)
    )
    return {
        row.id: (
            row.case_id,
            Known(row.state, row.postal_dpv, bool(row.postal_business), bool(row.postal_vacant)),
        )
        for row in rows
    }


# One that became a business is looked at anew by the watch over shared homes.
_WRITE = text(
    """
    UPDATE address a SET
        state = w.state,
        postal_asked_at = :now,
        postal_checked_at = CASE WHEN w.dpv IS NULL THEN a.postal_checked_at ELSE :now END,
        postal_dpv = coalesce(w.dpv, a.postal_dpv),
        postal_business = coalesce(w.business, a.postal_business),
        postal_vacant = coalesce(w.vacant, a.postal_vacant),
        postal_version = coalesce(w.version, a.postal_version),
        watched_at = CASE WHEN w.business AND NOT coalesce(a.postal_business, false) THEN NULL ELSE a.watched_at END
    FROM jsonb_to_recordset(CAST(:written AS jsonb)) AS w (
        id uuid, state text, dpv text, business boolean, vacant boolean, version text)
    WHERE a.id = w.id
    """
).bindparams(bindparam("now", type_=Address.__table__.c.postal_asked_at.type))  # type: ignore[attr-defined]


def write_looks(session: Session, written: Sequence[Written], *, now: datetime) -> None:
    """What was said of these homes stands in their rows, in one statement."""
    rows = [
        {
            "id": str(one.id),
            "state": one.state,
            "dpv": one.dpv,
            "business": one.business,
            "vacant": one.vacant,
            "version": one.version,
        }
        for one in written
    ]
    session.execute(_WRITE, {"written": json.dumps(rows), "now": now})
