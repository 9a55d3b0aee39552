"""Where each child is now, as one query: a home that is verified, stated, left or defective; unknown; or in care."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from models.facts import ApplicationFacts
from models.states import DocumentKind
from models.tables.people import Address

WhereState = Literal["verified", "stated", "moved", "defective", "unknown", "in_care"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one child is now. `address_id` None: no home is on file. `source`: who said so."""

    case_id: UUID
    address_id: UUID | None
    state: WhereState
    since: datetime
    source: str


# Of the application that the child was released on, or else the newest: as `cases.followed_application` says.
# A move that was told of since the home was recorded, and whose new home nobody knows yet: a letter that came back tells
# of none, and a new home's own duty is about the move that is told again; one that the address round opened is not.
_WHERE = """
SELECT c.id AS case_id, home.id AS address_id,
       CASE
           WHEN c.state = 'in_care' THEN 'in_care'
           WHEN home.id IS NULL OR home.state = 'location_unknown' THEN 'unknown'
           WHEN EXISTS (
               SELECT 1 FROM obligation told
               WHERE told.case_id = c.id AND told.kind = 'verify_address' AND told.state = 'open'
                 AND told.created_at > coalesce(home.recorded_at, home.since_at)
                 AND told.detail->'reports' ?| ARRAY['reply', 'call']
                 AND (NOT told.detail ? 'address' OR told.detail ? 'found_by')
           ) THEN 'moved'
           WHEN home.state IN ('defective', 'unknown') OR home.returned_at IS NOT NULL THEN 'defective'
           WHEN home.verified_at IS NOT NULL THEN 'verified'
           ELSE 'stated'
       END AS state,
       CASE WHEN c.state = 'in_care' THEN c.created_at
            ELSE coalesce(home.since_at, c.released_at, c.created_at) END AS since,
       CASE WHEN c.state = 'in_care' THEN 'care_provider'
            ELSE coalesce(home.source, c.origin) END AS source
FROM child_case c
LEFT JOIN LATERAL (
    SELECT a.id, a.state, a.since_at, a.recorded_at, a.source, a.returned_at, a.verified_at
    FROM address a
    JOIN application p ON p.id = a.application_id
    LEFT JOIN release r ON r.application_id = a.application_id
    WHERE a.case_id = c.id AND a.until_at IS NULL
    ORDER BY r.at DESC NULLS LAST, p.submitted_at DESC, p.id
    LIMIT 1
) home ON true
"""
_OF_CASES = text(f"{_WHERE} WHERE c.id = ANY(:ids) ORDER BY c.id")
# Of a followed child `c`: by the index of unknown locations; children of the official list whom no packet has placed
# are found by their origin.
NOBODY_KNOWS_WHERE = """
    (EXISTS (SELECT 1 FROM address a
             WHERE a.case_id = c.id AND a.state = 'location_unknown' AND a.until_at IS NULL)
     OR (c.origin = 'roster' AND NOT EXISTS (SELECT 1 FROM address a WHERE a.case_id = c.id)))
"""


def whereabouts_of(session: Session, case_ids: Collection[UUID]) -> dict[UUID, Whereabouts]:
    """Where these children are now, in one statement. In care nobody's home is theirs yet; `address_id` is the
    one that they would go to.
    """
    rows = session.execute(_OF_CASES, {"ids": list(case_ids)})
    return {row.case_id: Whereabouts(*row) for row in rows}


def whereabouts(session: Session, case_id: UUID) -> Whereabouts:
    """Where this child is now."""
    session.flush()
    return whereabouts_of(session, [case_id])[case_id]


def current_home(session: Session, case_id: UUID) -> Address | None:
    """The row of where this child is now, or is not known to be; None while no home was ever on file."""
    found = whereabouts(session, case_id).address_id
    return None if found is None else session.get_one(Address, found)


def sign_at_release(session: Session, application_id: UUID, facts: ApplicationFacts) -> None:
    """The home that the child goes to is verified, if a person read its proof for the gate and it agreed."""
    read = [one for one in facts.confirmations if one.item == DocumentKind.PROOF_OF_ADDRESS and one.agrees]
    if not read:
        return
    home = session.scalars(
        select(Address).where(col(Address.application_id) == application_id, col(Address.until_at).is_(None))
    ).one()
    last = max(read, key=lambda one: one.at)
    home.verified_at, home.verified_by = last.at, last.by
    session.add(home)
