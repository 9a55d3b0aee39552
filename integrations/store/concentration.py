"""Homes over their whole history: who ever lived or was to live where, in one statement for many places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.types import ARRAY, LargeBinary
from sqlmodel import Session, col

from followup.concentration import Gathering, Stay
from integrations.store import history
from models.concentration import REVIEW_DUTY, Sign
from models.states import ObligationState
from models.tables.concentration import Concentration, ConcentrationChild
from models.tables.ledger import Obligation
from models.tables.people import Address

ACTOR = "engine:concentration"
_TURN = int.from_bytes(b"homes", "big")


def take_turn(session: Session) -> None:
    """Until this transaction ends, no other watch writes."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})


@dataclass(frozen=True, slots=True)
class NotWatched:
    """Rows of addresses that came, or became a business, since the last look; locked."""

    ids: Sequence[UUID]
    dwellings: Collection[bytes]
    businesses: Collection[bytes]  # their buildings


def not_watched(session: Session, *, limit: int) -> NotWatched:
    """Up to so many of them, home by home."""
    rows = session.execute(
        select(
            col(Address.id),
            col(Address.dwelling_key),
            col(Address.building_key),
            col(Address.postal_business),
        )
        .where(col(Address.watched_at).is_(None), col(Address.dwelling_key).is_not(None))
        .order_by(col(Address.dwelling_key))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return NotWatched(
        [row.id for row in rows],
        {row.dwelling_key for row in rows},
        {row.building_key for row in rows if row.postal_business},
    )


_MARK = text("UPDATE address SET watched_at = :now WHERE id = ANY(:ids)")


def mark_watched(session: Session, ids: Collection[UUID], *, now: datetime) -> None:
    """These rows have been looked at."""
    session.execute(_MARK, {"ids": list(ids), "now": now})


# Every address of every application, past ones too. The first step reads an index alone: most homes have one row or
# two, and are never opened. OFFSET 0: place by place by index, for PostgreSQL thinks that a third of all homes are
# crowded, and would read every table whole.
_STAYS = """
    WITH place AS (
        SELECT {key} AS key FROM address
        WHERE {key} IS NOT NULL {only} {among}
        GROUP BY {key} HAVING count(*) >= :fewest
    )
    SELECT p.key, r.* FROM place p CROSS JOIN LATERAL (
        SELECT a.case_id, a.application_id, o.category, s.name_key, s.identity_key, a.since_at, a.until_at,
               ARRAY(
                   SELECT l.other_application_id FROM link l
                   WHERE l.application_id = o.id AND l.kind = 'sponsor' AND l.state <> 'split'
                       AND (l.tier = 'likely' OR l.state = 'confirmed')
                       AND (l.through = '{{}}' OR 'sponsor=sponsor' = ANY(l.through))
                   UNION ALL
                   SELECT m.other_application_id FROM person_merge m
                   WHERE m.one_application_id = o.id AND m.approved_at IS NOT NULL AND m.undone_at IS NULL
                   UNION ALL
                   SELECT m.one_application_id FROM person_merge m
                   WHERE m.other_application_id = o.id AND m.approved_at IS NOT NULL AND m.undone_at IS NULL
               ) AS same,
               ARRAY(
                   SELECT l.other_application_id FROM link l
                   WHERE l.application_id = o.id AND l.kind = 'sponsor' AND l.state = 'split'
               ) AS split
        FROM address a
        JOIN application o ON o.id = a.application_id
        JOIN sponsor s ON s.id = o.sponsor_id
        WHERE a.{key} = p.key {only_a}
        OFFSET 0
    ) r
    ORDER BY p.key
"""


def stays_of(
    session: Session, sign: Sign, keys: Collection[bytes] | None = None
) -> Iterator[tuple[bytes, list[Stay]]]:
    """Place by place, everybody who ever lived or was to live there, where they are enough to be looked at.

    `keys`: of these places; None: of all that there ever were.
    """
    statement = text(
        _STAYS.format(
            key=f"{sign.by}_key",
            only="AND postal_business" if sign.business_only else "",
            only_a="AND a.postal_business" if sign.business_only else "",
            among="" if keys is None else f"AND {sign.by}_key = ANY(:keys)",
        )
    )
    values: dict[str, object] = {"fewest": min(sign.children_at_least, sign.sponsors_at_least)}
    if keys is not None:
        statement = statement.bindparams(bindparam("keys", type_=ARRAY(LargeBinary)))
        values["keys"] = list(keys)
    rows = session.execute(statement, values)
    for key, group in groupby(rows, key=lambda row: bytes(row.key)):
        yield (
            key,
            [
                Stay(
                    row.case_id,
                    row.application_id,
                    row.category,
                    frozenset(bytes(one) for one in (row.name_key, row.identity_key) if one is not None),
                    row.since_at,
                    row.until_at,
                    frozenset(row.same),
                    frozenset(row.split),
                )
                for row in group
            ],
        )


def keep(
    session: Session, sign: Sign, version: str, found: Mapping[bytes, Gathering], *, now: datetime
) -> tuple[int, int]:
    """Each of these places stands in its row, with its children. Returns how many are new, and how many open again.

    One that was reviewed opens again only when a child is among them who was not there before.
    """
    standing = {
        row.place_key: row
        for row in session.scalars(
            select(Concentration)
            .where(col(Concentration.by) == sign.by, col(Concentration.place_key).in_(found))
            .with_for_update()
        )
    }
    known: dict[UUID, set[UUID]] = defaultdict(set)
    for place, case in session.execute(
        select(col(ConcentrationChild.concentration_id), col(ConcentrationChild.case_id)).where(
            col(ConcentrationChild.concentration_id).in_([row.id for row in standing.values()])
        )
    ):
        known[place].add(case)
    children: list[ConcentrationChild] = []
    new = again = 0
    for key, one in found.items():
        row = standing.get(key) or Concentration(
            by=sign.by, place_key=key, opened_at=now, **_seen(one, sign, version, now)
        )
        arrived = one.cases.keys() - known[row.id]
        if key not in standing:
            new += 1
            history.record(session, row, old=None, new="open", actor=ACTOR, why=sign.rule, now=now)
        elif arrived and row.state == "reviewed":
            again += 1
            row.state, row.opened_at = "open", now
            why = "a child arrived there who was not there before"
            history.record(session, row, old="reviewed", new="open", actor=ACTOR, why=why, now=now)
        row.sqlmodel_update(_seen(one, sign, version, now))
        session.add(row)
        children += [
            ConcentrationChild(
                concentration_id=row.id, case_id=case, arrived_at=one.cases[case], added_at=now
            )
            for case in sorted(arrived)
        ]
    session.flush()
    session.add_all(children)
    session.flush()
    return new, again


def _seen(one: Gathering, sign: Sign, version: str, now: datetime) -> dict[str, Any]:
    return {
        "rule": sign.rule,
        "rules": version,
        "children": one.children,
        "families": one.families,
        "sponsors": one.sponsors,
        "first_at": one.first_at,
        "last_at": one.last_at,
        "looked_at": now,
    }


# Reviews that nobody owns: of places that are open, by the followed child who arrived there last.
_NOT_OWNED = text(
    """
    SELECT DISTINCT ON (k.id) k.id, m.case_id
    FROM concentration k
    JOIN concentration_child m ON m.concentration_id = k.id
    JOIN child_case c ON c.id = m.case_id
    WHERE k.state = 'open' AND c.state IN ('in_follow_up', 'lost_contact')
        AND NOT EXISTS (
            SELECT 1 FROM concentration_child n
            JOIN obligation o ON o.case_id = n.case_id AND o.kind = :kind AND o.key = k.id::text
            WHERE n.concentration_id = k.id AND o.state = 'open')
    ORDER BY k.id, m.arrived_at DESC, m.case_id
    LIMIT :limit
    """
)


def not_owned(session: Session, *, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Open places without a review that anybody owns, each with the case that it can be tied to."""
    rows = session.execute(_NOT_OWNED, {"kind": REVIEW_DUTY, "limit": limit})
    return [(row.id, row.case_id) for row in rows]


def reviews_of(session: Session, concentration_id: UUID) -> Sequence[Obligation]:
    """The open duties to review this place."""
    members = select(col(ConcentrationChild.case_id)).where(
        col(ConcentrationChild.concentration_id) == concentration_id
    )
    return session.scalars(
        select(Obligation).where(
            col(Obligation.case_id).in_(members),
            col(Obligation.kind) == REVIEW_DUTY,
            col(Obligation.key) == str(concentration_id),
            col(Obligation.state) == ObligationState.OPEN.value,
        )
    ).all()
