"""Hearings, many at a time: whose they are, how they stand, what is owed for them; a few statements a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from followup.hearings import place_of
from integrations.store.copying import copy_rows, empty_table
from models.court import COMING, PACKET, SAID, HearingSaid, KnownHearing
from models.states import Party
from models.tables.base import Sealed

# One reading of a list at a time writes hearings.
_TURNS = int.from_bytes(b"hearings", "big")


def take_turn(session: Session) -> None:
    """Until this transaction ends, no other reading of a list of hearings writes."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURNS})


class OfChild(NamedTuple):
    """A child whom the list names, and the case, locked until the transaction ends."""

    a_number_key: bytes
    child_id: UUID
    sealed_details: Sealed
    case_id: UUID
    state: str
    zone: str | None
    policy: str | None


# All in one statement and in the order in which everybody locks: two batches never wait for each other.
_CHILDREN = text(
    """
    SELECT c.a_number_key, c.id, c.sealed_details, k.id, k.state, k.zone, k.followup_policy
    FROM child_case k
    JOIN child c ON c.id = k.child_id
    WHERE k.id IN (
        SELECT named.id FROM child_case named JOIN child n ON n.id = named.child_id
        WHERE n.a_number_key = ANY(:keys)
        UNION SELECT unnest(CAST(:cases AS uuid[]))
    )
    ORDER BY k.id
    FOR NO KEY UPDATE OF k
    """
)


def children_named(
    session: Session, keys: Collection[bytes], case_ids: Collection[UUID]
) -> dict[UUID, OfChild]:
    """The children with these blind keys and those of these cases, by case, their cases locked."""
    given = {"keys": list(keys), "cases": list(case_ids)}
    found = (OfChild(*row) for row in session.execute(_CHILDREN, given))
    return {one.case_id: one._replace(sealed_details=Sealed(one.sealed_details)) for one in found}


_KNOWN = text(
    """
    SELECT h.case_id, h.court, h.hearing_key, h.id, h.starts_at, h.kind, h.state, h.outcome,
           h.source, h.vanished_at IS NOT NULL
    FROM hearing h
    WHERE h.case_id = ANY(:cases)
    """
)


Found = tuple[UUID, KnownHearing]


class KnownHearings:
    """The hearings of some cases, and which of them somebody means."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._by_key: dict[tuple[UUID, str, str], Found] = {}
        self._by_time: dict[tuple[UUID, str, datetime], Found] = {}
        for case_id, court, key, hearing_id, *told in rows:
            known = KnownHearing(*told)
            place = place_of(court)
            self._by_key[case_id, place, key] = hearing_id, known
            if known.state in COMING:
                self._by_time[case_id, place, known.starts_at] = hearing_id, known

    def meant(self, case_id: UUID, said: HearingSaid, *, by_a_list: bool) -> Found | None:
        """The hearing of this court and key; else the one at this court at this very time, under another key.

        A court's list means a hearing under another key only where no list has named that one yet.
        """
        place = place_of(said.court)
        found = self._by_key.get((case_id, place, said.hearing_key))
        if found is not None:
            return found
        found = self._by_time.get((case_id, place, said.starts_at))
        return None if found is None or (by_a_list and found[1].source not in (PACKET, SAID)) else found


def hearings_of(session: Session, case_ids: Collection[UUID]) -> KnownHearings:
    """Every hearing of these cases."""
    return KnownHearings(session.execute(_KNOWN, {"cases": list(case_ids)}).tuples())


_CONSENT = text(
    """
    SELECT DISTINCT p.case_id, p.party
    FROM phone_number p
    JOIN LATERAL (
        SELECT c.given FROM consent c WHERE c.number_id = p.id
        ORDER BY c.at DESC, c.recorded_at DESC LIMIT 1
    ) word ON word.given
    WHERE p.case_id = ANY(:cases) AND p.role = 'party' AND p.retired_at IS NULL
      AND p.usable AND p.textable AND NOT p.shared
      AND p.application_id = (
          SELECT a.id FROM application a LEFT JOIN release r ON r.application_id = a.id
          WHERE a.case_id = p.case_id
          ORDER BY r.at DESC NULLS LAST, a.submitted_at DESC, a.id LIMIT 1
      )
    """
)


def text_consents(session: Session, case_ids: Collection[UUID]) -> dict[UUID, frozenset[Party]]:
    """Who of each family takes texts on a phone of their own."""
    found: dict[UUID, set[Party]] = {}
    for case_id, party in session.execute(_CONSENT, {"cases": list(case_ids)}):
        found.setdefault(case_id, set()).add(Party(party))
    return {case_id: frozenset(parties) for case_id, parties in found.items()}


@dataclass(frozen=True, slots=True)
class HearingWrite:
    """A hearing as it stands from now on; `old` and `new` are what history says of it."""

    id: UUID
    case_id: UUID
    court: str
    hearing_key: str
    kind: str
    state: str
    starts_at: datetime
    zone: str | None
    outcome: str | None
    old: str | None
    new: str
    why: str


_HEARINGS = (
    """
    CREATE TEMPORARY TABLE hearing_write (
        id uuid, case_id uuid, court text, hearing_key text, kind text, state text, starts_at timestamptz,
        zone text, outcome text, old text, new text, why text
    ) ON COMMIT DROP
    """,
    """
    INSERT INTO hearing (id, case_id, court, hearing_key, kind, state, starts_at, zone, outcome, seen_at, source)
    SELECT id, case_id, court, hearing_key, kind, state, starts_at, zone, outcome, :now, :source
    FROM hearing_write
    ON CONFLICT (id) DO UPDATE SET
        court = excluded.court, hearing_key = excluded.hearing_key, kind = excluded.kind, state = excluded.state, starts_at = excluded.starts_at, zone = excluded.zone,
        outcome = excluded.outcome, seen_at = excluded.seen_at, source = excluded.source, vanished_at = NULL
    """,
    """
    INSERT INTO history (noun, row_id, old, new, actor, why, at)
    SELECT 'hearing', id, old, new, :actor, why, :now FROM hearing_write
    """,
)


def write_hearings(
    session: Session, rows: Sequence[HearingWrite], *, source: str, actor: str, now: datetime
) -> None:
    """New and changed hearings with their history: one COPY and two statements."""
    if not rows:
        return
    create, upsert, remember = _HEARINGS
    empty_table(session, "hearing_write", create)
    names = list(HearingWrite.__dataclass_fields__)
    copy_rows(session, "hearing_write", names, ([getattr(row, name) for name in names] for row in rows))
    session.execute(text(upsert), {"now": now, "source": source})
    session.execute(text(remember), {"now": now, "actor": actor})


class OpenDuty(NamedTuple):
    """A duty about a hearing that stands open."""

    id: UUID
    hearing_id: UUID
    case_id: UUID
    kind: str
    party: str


_OPEN = text(
    """
    SELECT o.id, (o.detail ->> 'hearing_id')::uuid, o.case_id, o.kind, o.party
    FROM obligation o
    WHERE o.state = 'open' AND o.case_id = ANY(:cases)
      AND (o.kind IN ('hearing_reminder', 'hearing_change', 'tell_by_voice', 'hearing_outcome')
           -- Looks that are planned by the next hearing are the court round's.
           OR (o.kind = 'court_lookup' AND o.detail ? 'doubt'))
      AND o.detail ->> 'hearing_id' = ANY(:hearings)
    """
)


def open_duties_of(
    session: Session, case_ids: Collection[UUID], hearing_ids: Collection[UUID]
) -> list[OpenDuty]:
    """What stands open for these hearings: reminders, tellings and the outcome to record."""
    if not hearing_ids:
        return []
    given = {"cases": list(case_ids), "hearings": [str(one) for one in hearing_ids]}
    return [OpenDuty(*row) for row in session.execute(_OPEN, given)]


_OF_SOURCE = text(
    """
    SELECT h.id, h.case_id, h.hearing_key, h.starts_at
    FROM hearing h
    WHERE h.state IN ('scheduled', 'moved') AND h.starts_at > :now AND h.source = :source
      AND h.vanished_at IS NULL
    """
).execution_options(yield_per=10_000)


class Coming(NamedTuple):
    """A hearing that is still to be."""

    id: UUID
    case_id: UUID
    hearing_key: str
    starts_at: datetime


def coming_of_source(session: Session, source: str, now: datetime) -> Iterable[Coming]:
    """The hearings ahead that this list named, a page at a time."""
    for row in session.execute(_OF_SOURCE, {"source": source, "now": now}):
        yield Coming(*row)


_VANISH = (
    "UPDATE hearing SET vanished_at = :now WHERE id = ANY(:ids) AND vanished_at IS NULL",
    """
    INSERT INTO history (noun, row_id, old, new, actor, why, at)
    SELECT 'hearing', id, 'on the list', 'not on the list', :actor, 'the list no longer names it', :now
    FROM unnest(CAST(:ids AS uuid[])) AS t (id)
    """,
)


def mark_vanished(session: Session, ids: Sequence[UUID], *, actor: str, now: datetime) -> None:
    """The list no longer names these hearings, as of now."""
    mark, remember = _VANISH
    session.execute(text(mark), {"ids": list(ids), "now": now})
    session.execute(text(remember), {"ids": list(ids), "actor": actor, "now": now})
