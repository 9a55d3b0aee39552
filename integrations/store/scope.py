"""Whose cases a person sees: those of their office, and of no office; everybody's in a national role.

A case's office is that of its care provider. A case without a provider, or of one that no office has, is seen by all; so
is one of an office in which nobody active takes escalations: a case that nobody sees would be worse than one that many see.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from integrations.store.staff import OWNERS
from models.states import Role
from models.tables.offices import OfficeProvider
from models.tables.people import Case, Staff

# They look over all offices: the top of the ladder, fraud across offices, and the audit.
NATIONAL = frozenset({Role.SUPERVISOR, Role.INTEGRITY_REVIEWER, Role.AUDITOR})
# For a list's statement: true of a `{case}` that `:office` may see.
_OWNERS = ", ".join(f"'{role.value}'" for role in OWNERS)
IN_SCOPE = f"""
    (CAST(:office AS text) IS NULL OR NOT EXISTS (
        SELECT 1 FROM child_case sc JOIN office_provider sp ON sp.care_provider = lower(btrim(sc.care_provider))
        WHERE sc.id = {{case}} AND sp.office <> :office AND EXISTS (
            SELECT 1 FROM staff st
            WHERE st.office = sp.office AND st.active AND st.roles && ARRAY[{_OWNERS}])))
"""


def scope_of(row: Staff) -> str | None:
    """The office that bounds what this person sees; None: all."""
    return None if NATIONAL.intersection(row.roles) else row.office


def provider_key(care_provider: str) -> str:
    return care_provider.strip().lower()


def outside(session: Session, office: str | None, cases: Collection[UUID]) -> frozenset[UUID]:
    """Those of these cases that are another office's."""
    if office is None or not cases:
        return frozenset()
    found = session.scalars(
        select(col(Case.id))
        .join(
            OfficeProvider,
            col(OfficeProvider.care_provider) == func.lower(func.btrim(col(Case.care_provider))),
        )
        .where(
            col(Case.id).in_(cases),
            col(OfficeProvider.office) != office,
            select(col(Staff.id))
            .where(
                col(Staff.office) == col(OfficeProvider.office),
                col(Staff.active),
                col(Staff.roles).bool_op("&&")([role.value for role in OWNERS]),
            )
            .exists(),
        )
    )
    return frozenset(found)
