"""The invariant as one query: where does each released child stand at this instant?

The rule is written out in `followup.accounting.classify`; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from followup.accounting import LOST_REVIEW_WITHIN

_QUERY = """
    WITH released AS (
        SELECT id FROM (
        -- Releases are counted, whatever became of the case. An open duty in sight stands on the case of a child
        -- in care only while the official list calls the child released and nobody has said yet whether that is so.
        SELECT id FROM child_case WHERE released_at IS NOT NULL
        UNION SELECT case_id FROM release
        UNION SELECT case_id FROM roster_release
        UNION SELECT case_id FROM obligation WHERE state = 'open' AND in_sight
        ) every {which}
    ), followed AS (
        SELECT c.id, c.state,
               greatest(
                   -- in hours: a day is 24 of them, whatever the session's zone does with its clocks
                   c.last_contact_at + make_interval(hours => 24 * c.max_silence_days),
                   CASE WHEN c.state IN ('lost_contact', 'in_care') THEN CAST(:review_until AS timestamptz) END
               ) AS heard_until
        FROM released JOIN child_case c ON c.id = released.id
    ), duties AS (
        SELECT o.case_id,
               bool_or(o.due_at >= :now AND o.due_at <= f.heard_until) AS in_time,
               bool_or(o.due_at < :now AND o.owned_until >= :now) AS late_but_owned,
               bool_or(o.owned_until < :now) AS lapsed
        FROM obligation o JOIN followed f ON f.id = o.case_id
        WHERE o.state = 'open' AND o.in_sight
        GROUP BY o.case_id
    ), alarms AS (
        SELECT e.case_id,
               bool_or(e.owned_until >= :now) AS owned,
               bool_or(e.owned_until < :now) AS lapsed
        FROM escalation e JOIN followed f ON f.id = e.case_id
        WHERE e.state <> 'resolved'
        GROUP BY e.case_id
    )
    SELECT f.id,
           CASE
               WHEN f.state = 'closed' THEN 'closed'
               WHEN coalesce(a.lapsed, false) THEN 'unanswered'
               WHEN coalesce(d.lapsed, false) AND NOT coalesce(a.owned, false) THEN 'unanswered'
               WHEN coalesce(d.in_time, false) OR coalesce(d.late_but_owned, false) THEN 'obligation'
               WHEN coalesce(a.owned, false) THEN 'escalation'
               ELSE 'silent'
           END AS stands
    FROM followed f
    LEFT JOIN duties d ON d.case_id = f.id
    LEFT JOIN alarms a ON a.case_id = f.id
"""

_OF_ONE = text(_QUERY.format(which="WHERE id = :case_id"))
_COUNTED = text(
    f"""
    WITH children AS ({_QUERY.format(which="")})
    SELECT stands, count(*),
           array_agg(id ORDER BY id) FILTER (WHERE stands IN ('silent', 'unanswered'))
    FROM children GROUP BY stands
    """
)


@dataclass(frozen=True, slots=True)
class Account:
    """How many children stand where, and which are silent (the engine failed) or unanswered (people did)."""

    as_of: datetime
    by_state: Mapping[str, int]
    silent: tuple[UUID, ...]
    unanswered: tuple[UUID, ...]

    @property
    def children(self) -> int:
        return self.accounted + len(self.silent) + len(self.unanswered)

    @property
    def accounted(self) -> int:
        return sum(self.by_state.values())

    @property
    def is_whole(self) -> bool:
        return not self.silent and not self.unanswered

    def as_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "children": self.children,
            "accounted": self.accounted,
            "by_state": dict(self.by_state),
            "silent": [str(i) for i in self.silent],
            "unanswered": [str(i) for i in self.unanswered],
        }


def take_account(session: Session, *, now: datetime) -> Account:
    """Every child ever released, accounted for at `now`."""
    rows = {row[0]: (row[1], tuple(row[2] or ())) for row in session.execute(_COUNTED, _times(now))}
    return Account(
        as_of=now,
        by_state={state: rows.get(state, (0, ()))[0] for state in ("obligation", "escalation", "closed")},
        silent=rows.get("silent", (0, ()))[1],
        unanswered=rows.get("unanswered", (0, ()))[1],
    )


def stands(session: Session, case_id: UUID, *, now: datetime) -> str | None:
    """Where this one child stands in the account at `now`; None: not released, and nothing of theirs is counted yet."""
    row = session.execute(_OF_ONE, {**_times(now), "case_id": case_id}).one_or_none()
    return None if row is None else str(row.stands)


def _times(now: datetime) -> dict[str, datetime]:
    # A lost child, or one whose release is in doubt, has no contact to count from: a person must look soon.
    return {"now": now, "review_until": now + LOST_REVIEW_WITHIN}
