"""Rows of the official list of releases, many at a time: whom Kinline knows, whom it does not, whom the list lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from models.tables.base import Sealed

# One reading of a list at a time writes, and no packet of one of its children comes in between.
_TURNS = int.from_bytes(b"roster", "big")


def take_turn(session: Session) -> None:
    """Until this transaction ends, no other reading of a list and no packet creates a child."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURNS})


def wait_for_rosters(session: Session) -> None:
    """A packet may create its child: no list is being written, nor will be until this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _TURNS})


class Known(NamedTuple):
    """A child of the list whom Kinline knows. `released_on` is None while the child is in care."""

    a_number_key: bytes
    child_id: UUID
    sealed_details: Sealed
    case_id: UUID
    state: str
    released_on: date | None


_KNOWN = text(
    """
    SELECT c.a_number_key, c.id, c.sealed_details, k.id, k.state, coalesce(r.released_on, l.released_on)
    FROM child c
    JOIN child_case k ON k.child_id = c.id
    LEFT JOIN release r ON r.case_id = k.id
    LEFT JOIN roster_release l ON l.case_id = k.id
    WHERE c.a_number_key = ANY(:keys)
    """
)


def find_known(session: Session, keys: Collection[bytes]) -> dict[bytes, Known]:
    """The children with these blind keys, in one statement, by key."""
    found = (Known(*row) for row in session.execute(_KNOWN, {"keys": list(keys)}))
    return {
        child.a_number_key: child._replace(sealed_details=Sealed(child.sealed_details)) for child in found
    }


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A child whom the list alone names, with the case and the duty that begin with this row."""

    child_id: UUID
    a_number_key: bytes
    sealed_details: Sealed
    case_id: UUID
    release_id: UUID
    line: int
    reference: str
    released_on: date
    released_at: datetime
    state: str
    policy: str
    max_silence_days: int
    duty_id: UUID
    kind: str
    key: str
    due_at: datetime
    owned_until: datetime
    queue: str
    rule: str
    rules_version: str


_COLUMNS = ", ".join(field.name for field in fields(Newcomer))
_TEMPORARY = """
CREATE TEMPORARY TABLE newcomer (
    child_id uuid, a_number_key bytea, sealed_details bytea, case_id uuid, release_id uuid, line int,
    reference text, released_on date, released_at timestamptz, state text, policy text, max_silence_days int,
    duty_id uuid, kind text, key text, due_at timestamptz, owned_until timestamptz, queue text, rule text,
    rules_version text
) ON COMMIT DROP
"""
# Nobody's name is known: there is nothing to find the child by but the number.
_INSERTS = (
    """
    INSERT INTO child (id, sealed_details, a_number_key, name_key, created_at)
    SELECT child_id, sealed_details, a_number_key, '', :now FROM newcomer
    """,
    """
    INSERT INTO child_case (id, child_id, origin, state, followup_policy, zone, released_at, last_contact_at,
                            max_silence_days, court_status, court_since, created_at)
    SELECT case_id, child_id, 'roster', state, policy, :zone, released_at, released_at, max_silence_days,
           'unknown', released_at, :now
    FROM newcomer
    """,
    """
    INSERT INTO roster_release (id, case_id, run_id, line, reference, released_on, at)
    SELECT release_id, case_id, :run, line, reference, released_on, :now FROM newcomer
    """,
    """
    INSERT INTO obligation (id, case_id, side, kind, party, key, opens_at, due_at, owned_until, queue,
                            policy_version, rule, in_sight, state, by_closure, detail, created_at)
    SELECT duty_id, case_id, 'followup', kind, 'case', key, :now, due_at, owned_until, queue, rules_version, rule,
           true, 'open', false, '{}', :now
    FROM newcomer
    """,
    """
    INSERT INTO history (noun, row_id, old, new, actor, why, at)
    SELECT 'child_case', case_id, NULL, state, :actor,
           'named by the official list of releases; followed under ' || policy, :now
    FROM newcomer
    UNION ALL
    SELECT 'obligation', duty_id, NULL, 'open', :actor, 'named by the official list of releases', :now
    FROM newcomer
    """,
)


def add_newcomers(
    session: Session, newcomers: Sequence[Newcomer], *, run_id: UUID, zone: str, actor: str, now: datetime
) -> None:
    """Each has a child, a case, the release and a duty in a queue, with history: one COPY and five statements."""
    session.execute(text(_TEMPORARY))
    connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    names = [field.name for field in fields(Newcomer)]
    with connection.cursor() as cursor, cursor.copy(f"COPY newcomer ({_COLUMNS}) FROM STDIN") as copy:
        for one in newcomers:
            copy.write_row([getattr(one, name) for name in names])
    given = {"run": run_id, "zone": zone, "actor": actor, "now": now}
    for statement in _INSERTS:
        wanted = {name: value for name, value in given.items() if f":{name}" in statement}
        session.execute(text(statement), wanted)


class Released(NamedTuple):
    """A child who is released here. `reference`: of the application, or of the list that named the child."""

    a_number_key: bytes
    case_id: UUID
    state: str
    reference: str | None


_RELEASED = text(
    """
    SELECT c.a_number_key, k.id, k.state, coalesce(a.reference, l.reference)
    FROM child_case k
    JOIN child c ON c.id = k.child_id
    LEFT JOIN release r ON r.case_id = k.id
    LEFT JOIN application a ON a.id = r.application_id
    LEFT JOIN roster_release l ON l.case_id = k.id
    WHERE k.released_at IS NOT NULL OR r.id IS NOT NULL OR l.id IS NOT NULL
    ORDER BY k.id
    """
).execution_options(yield_per=10_000)


def released_children(session: Session) -> Iterator[Released]:
    """Every child who was ever released, a page at a time."""
    for row in session.execute(_RELEASED):
        yield Released(*row)
