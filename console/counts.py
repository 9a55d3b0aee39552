"""How much stands in each queue. The list itself, with the same rule, is `integrations.desk.views`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from integrations.store.scope import ESCALATION_IN_SCOPE, IN_SCOPE

_COUNTS = text(
    f"""
    WITH items AS (
        SELECT e.queue,
               CASE WHEN e.state = 'open' THEN e.acknowledge_by ELSE e.resolve_by END < :now AS overdue
        FROM escalation e WHERE e.state <> 'resolved' AND {ESCALATION_IN_SCOPE}
        UNION ALL
        SELECT o.queue, true
        FROM obligation o
        WHERE o.state = 'open' AND o.due_at < :now AND {IN_SCOPE.format(case="o.case_id")}
          AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.obligation_id = o.id AND e.state <> 'resolved')
    )
    SELECT queue, count(*), count(*) FILTER (WHERE overdue)
    FROM items GROUP BY queue ORDER BY 3 DESC, 2 DESC, 1
    """
)


@dataclass(frozen=True, slots=True)
class QueueCount:
    """One queue: how many items wait in it, and how many of them are past their time."""

    name: str
    waiting: int
    overdue: int


def queue_counts(
    session: Session, *, office: str | None = None, me: UUID | None = None, now: datetime
) -> list[QueueCount]:
    """Every queue that holds something of this office (None: of all) or that is `me`'s, the most overdue first."""
    given = {"now": now, "office": office, "me": me}
    return [QueueCount(*row) for row in session.execute(_COUNTS, given)]
