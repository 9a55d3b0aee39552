"""What the court round looks for and writes, of many cases in a few statements.

Each sweep goes through the cases (or the hearings) page by page of their keys, finds those of a page that want something
without a lock, locks those that are free, and reads them anew: what it plans by is what stands while nobody else can
change it. The page comes first and by itself: asked for the next so many that want something, PostgreSQL, which
expects one, reads the whole table for each page.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from followup.court import HearingAhead
from models.court_status import CourtStatus, Standing
from models.states import FOLLOWED

_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)
_LOCK = text(
    f"""
    SELECT id FROM child_case WHERE id = ANY(:cases) AND state IN ({_FOLLOWED})
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    """
)


_FOLLOWED_PAGE = text(
    f"SELECT id FROM child_case WHERE id > :after AND state IN ({_FOLLOWED}) ORDER BY id LIMIT :limit"
)
_HEARING_PAGE = text("SELECT id FROM hearing WHERE id > :after ORDER BY id LIMIT :limit")


def followed_page(session: Session, *, after: UUID, limit: int) -> list[UUID]:
    """The next followed cases by their id."""
    return list(session.scalars(_FOLLOWED_PAGE, {"after": after, "limit": limit}))


def hearing_page(session: Session, *, after: UUID, limit: int) -> list[UUID]:
    """The next hearings by their id, whoever's."""
    return list(session.scalars(_HEARING_PAGE, {"after": after, "limit": limit}))


def lock_followed(session: Session, case_ids: Collection[UUID]) -> list[UUID]:
    """Those of these cases that are free and followed, locked; whoever holds one leaves it as it must be."""
    return list(session.scalars(_LOCK, {"cases": list(case_ids)}))


# Of a case `c`, its next hearing `n`. OFFSET 0: by the case's index alone, for after a long list PostgreSQL does not know
# yet how many hearings are to come, and would read them all for each case.
_NEXT = """
    LEFT JOIN LATERAL (
        SELECT h.id, h.starts_at, h.seen_at FROM (SELECT * FROM hearing WHERE case_id = c.id OFFSET 0) h
        WHERE h.state IN ('scheduled', 'moved') AND h.starts_at > :now
        ORDER BY h.starts_at, h.id LIMIT 1
    ) n ON true
"""


# --- statuses ---------------------------------------------------------------------------------------

# Followed children whose status is no longer what the clock and their hearings say.
_STALE = text(
    f"""
    SELECT c.id FROM child_case c {_NEXT}
    WHERE c.id = ANY(:cases) AND (
        (c.court_status = 'dated' AND n.seen_at IS NULL)
        OR (n.seen_at IS NOT NULL AND (c.court_status = 'unknown' OR (
            c.court_status IN ('nta_not_served', 'served_not_filed', 'filed_no_date')
            AND greatest(n.seen_at, c.released_at) > c.court_since)))
    )
    """
)


def stale_statuses(session: Session, case_ids: Collection[UUID], *, now: datetime) -> list[UUID]:
    """Those of these cases."""
    return list(session.scalars(_STALE, {"cases": list(case_ids), "now": now}))


class InCourt(NamedTuple):
    """Where a case stands by its row, its next hearing, and when the last one that was not cancelled began."""

    case_id: UUID
    status: str
    since: datetime | None
    released_at: datetime | None
    hearing_id: UUID | None
    starts_at: datetime | None
    seen_at: datetime | None
    passed_at: datetime | None

    @property
    def standing(self) -> Standing:
        return Standing(CourtStatus(self.status), self.since or self.released_at)

    @property
    def ahead(self) -> HearingAhead | None:
        """Of one that was known before the release, we follow since the release."""
        if self.hearing_id is None or self.starts_at is None or self.seen_at is None:
            return None
        return HearingAhead(
            self.hearing_id, self.starts_at, max(self.seen_at, self.released_at or self.seen_at)
        )


_IN_COURT = text(
    f"""
    SELECT c.id, c.court_status, c.court_since, c.released_at, n.id, n.starts_at, n.seen_at, p.at
    FROM child_case c {_NEXT}
    LEFT JOIN LATERAL (
        SELECT max(h.starts_at) AS at FROM hearing h
        WHERE h.case_id = c.id AND h.state <> 'cancelled' AND h.starts_at <= :now
    ) p ON true
    WHERE c.id = ANY(:cases)
    """
)


def in_court(session: Session, case_ids: Collection[UUID], now: datetime) -> list[InCourt]:
    """Each of these cases."""
    return [InCourt(*row) for row in session.execute(_IN_COURT, {"cases": list(case_ids), "now": now})]


class NewStatus(NamedTuple):
    """Where a case stands from now on, since when, and why."""

    case_id: UUID
    old: str
    status: str
    since: datetime
    why: str


_SET_STATUS = (
    """
    UPDATE child_case c SET court_status = s.status, court_since = s.since
    FROM unnest(CAST(:ids AS uuid[]), CAST(:status AS text[]), CAST(:since AS timestamptz[])) AS s (id, status, since)
    WHERE c.id = s.id
    """,
    """
    INSERT INTO history (noun, row_id, old, new, actor, why, at)
    SELECT 'child_case', s.id, 'court ' || s.old, 'court ' || s.status, :actor, s.why, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:old AS text[]), CAST(:status AS text[]), CAST(:why AS text[]))
        AS s (id, old, status, why)
    """,
)


def set_statuses(session: Session, rows: Sequence[NewStatus], *, actor: str, now: datetime) -> None:
    """The cases stand so in court, and history says since when and why."""
    if not rows:
        return
    ids, old, status, since, why = (list(column) for column in zip(*rows, strict=True))
    given: dict[str, Any] = {"ids": ids, "status": status}
    update, remember = _SET_STATUS
    session.execute(text(update), given | {"since": since})
    session.execute(text(remember), given | {"old": old, "why": why, "actor": actor, "now": now})


# --- looks ------------------------------------------------------------------------------------------


class WithoutLook(NamedTuple):
    """A followed child who has no look at the court open, or one (`standing_id`) not planned by the next hearing."""

    case_id: UUID
    zone: str | None
    policy: str | None
    hearing_id: UUID | None
    starts_at: datetime | None
    seen_at: datetime | None
    standing_id: UUID | None

    @property
    def ahead(self) -> HearingAhead | None:
        if self.hearing_id is None or self.starts_at is None or self.seen_at is None:
            return None
        return HearingAhead(self.hearing_id, self.starts_at, self.seen_at)


# Two index look-ups for each case. What is late already stays as it is.
_WITHOUT_LOOK = text(
    f"""
    SELECT c.id, c.zone, c.followup_policy, n.id AS hearing_id, n.starts_at, n.seen_at, o.id AS standing_id
    FROM child_case c {_NEXT}
    LEFT JOIN LATERAL (
        SELECT o.id, o.due_at, o.detail FROM obligation o
        WHERE o.case_id = c.id AND o.kind = 'court_lookup' AND o.state = 'open'
        ORDER BY o.due_at, o.id LIMIT 1
    ) o ON true
    WHERE c.state IN ({_FOLLOWED}) AND c.id = ANY(:cases) AND (
        o.id IS NULL
        OR (n.id IS NOT NULL AND o.due_at > :now AND NOT o.detail ? 'doubt'
            AND (o.detail ->> 'hearing_id', o.detail ->> 'starts')
                IS DISTINCT FROM (n.id::text, floor(extract(epoch FROM n.starts_at))::bigint::text))
        OR (n.id IS NULL AND o.due_at > :latest)
    )
    """
)


def without_look(
    session: Session, case_ids: Collection[UUID], *, latest: datetime, now: datetime
) -> list[WithoutLook]:
    """Those of these cases. `latest`: a look without a date is due by then."""
    given = {"cases": list(case_ids), "latest": latest, "now": now}
    return [WithoutLook(*row) for row in session.execute(_WITHOUT_LOOK, given)]


# --- outcomes ---------------------------------------------------------------------------------------


class Unasked(NamedTuple):
    """A hearing since the release whose outcome nobody is asked for."""

    hearing_id: UUID
    case_id: UUID
    starts_at: datetime
    policy: str | None


# Known by an amendment, or from before Kinline asked.
_UNASKED = text(
    f"""
    SELECT h.id, h.case_id, h.starts_at, c.followup_policy FROM hearing h
    JOIN child_case c ON c.id = h.case_id
    WHERE c.state IN ({_FOLLOWED}) AND h.id = ANY(:hearings) AND h.state <> 'cancelled'
      AND h.starts_at >= c.released_at AND coalesce(h.outcome, 'unknown') = 'unknown'
      AND NOT EXISTS (
          SELECT 1 FROM obligation o
          WHERE o.case_id = h.case_id AND o.kind = 'hearing_outcome' AND o.state = 'open' AND o.party = 'case'
            AND o.key = 'h:' || h.id || '\\:outcome')
    """
)


def hearings_unasked(session: Session, hearing_ids: Collection[UUID]) -> list[Unasked]:
    """Those of these hearings."""
    return [Unasked(*row) for row in session.execute(_UNASKED, {"hearings": list(hearing_ids)})]
