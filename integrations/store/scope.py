"""Whose cases a person sees: those of their office, and of no office; everybody's in a national role.

A case's office is that of its care provider. A case without a provider, or of one that no office has, is seen by all; so
is one of an office in which nobody active takes escalations: a case that nobody sees would be worse than one that many see.
Whoever owns an escalation or was paged for it sees its case until it is resolved, whatever the office; and every rung after
the first is of a national role: the ladder climbs across offices.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from integrations.store.staff import OWNERS
from models.states import Role
from models.tables.people import Staff
from models.tables.vetting import Application

# They look over all offices: the top of the ladder, fraud across offices, and the audit.
NATIONAL = frozenset({Role.SUPERVISOR, Role.INTEGRITY_REVIEWER, Role.AUDITOR})
_OWNERS = ", ".join(f"'{role.value}'" for role in OWNERS)
# Whose cases somebody of `:office` sees: their own, and those of offices in which nobody active takes escalations.
_SEEN = f"""
    ARRAY(SELECT CAST(:office AS text)
          UNION SELECT op.office FROM office_provider op
          WHERE NOT EXISTS (SELECT 1 FROM staff st WHERE st.office = op.office AND st.active
                            AND st.roles && ARRAY[{_OWNERS}]))
"""
# For a list's statement: true of a `{case}` that `:office` may see; each row's case is looked up by its key. For few rows.
IN_SCOPE = f"""
    (CAST(:office AS text) IS NULL OR
     coalesce((SELECT sc.office FROM child_case sc WHERE sc.id = {{case}}), :office) = ANY({_SEEN}))
"""
# The same where `child_case` is read itself, by the index of offices.
CASE_IN_SCOPE = f"(CAST(:office AS text) IS NULL OR c.office IS NULL OR c.office = ANY({_SEEN}))"
# And true of an escalation `e` that is `:me`'s to deal with.
_MINE = """
    (e.owner = CAST(:me AS uuid) OR EXISTS (
        SELECT 1 FROM paging pg JOIN page p ON p.paging_id = pg.id
        WHERE pg.escalation_id = e.id AND p.staff_id = CAST(:me AS uuid)))
"""
ESCALATION_IN_SCOPE = f"({IN_SCOPE.format(case='e.case_id')} OR {_MINE})"
_OUTSIDE = text(f"SELECT c.id FROM child_case c WHERE c.id = ANY(:cases) AND NOT {CASE_IN_SCOPE}")
_GIVEN = text(
    f"SELECT EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = :case AND e.state <> 'resolved' AND {_MINE})"
)
_SEEN_OFFICES = text(f"SELECT unnest({_SEEN})")


def scope_of(row: Staff) -> str | None:
    """The office that bounds what this person sees; None: all."""
    return None if NATIONAL.intersection(row.roles) else row.office


def provider_key(session: Session, care_provider: str) -> str:
    """The provider as rows are told apart by it. The database's own word, for it compares those of the cases."""
    return str(session.scalars(select(func.lower(func.btrim(care_provider)))).one())


def seen_offices(session: Session, office: str | None) -> frozenset[str] | None:
    """The offices whose cases somebody of this one sees (None: all); cases of no office are seen by everybody."""
    if office is None:
        return None
    return frozenset(session.execute(_SEEN_OFFICES, {"office": office}).scalars())


def outside(session: Session, office: str | None, cases: Collection[UUID]) -> frozenset[UUID]:
    """Those of these cases that are another office's."""
    if office is None or not cases:
        return frozenset()
    return frozenset(session.execute(_OUTSIDE, {"office": office, "cases": list(cases)}).scalars())


def outside_applications(
    session: Session, office: str | None, applications: Collection[UUID]
) -> frozenset[UUID]:
    """Those of these applications whose case is another office's."""
    if office is None or not applications:
        return frozenset()
    query = select(col(Application.id), col(Application.case_id)).where(col(Application.id).in_(applications))
    cases = dict(session.execute(query).tuples().all())
    hidden = outside(session, office, set(cases.values()))
    return frozenset(one for one, case in cases.items() if case in hidden)


def is_given(session: Session, case_id: UUID, person_id: UUID) -> bool:
    """True while an escalation of this case is this person's to deal with: they own it, or were paged for it."""
    return bool(session.execute(_GIVEN, {"case": case_id, "me": person_id}).scalar_one())
