"""What happened to an application: every row that says who did what to it, when and why, in one order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from integrations.kit import Kit

# One statement. `what`: the kind of line; `about`: whose or which (codes); `told`: how it stood from then on; `by`: an
# actor of the history, whose name follows where it is a person's. Checks that went the same way in one minute are one line.
_STORY = text(
    """
    WITH lines AS (
        SELECT r.at, 'packet' AS what, r.number::text AS about, '' AS told, '' AS why, r.actor AS by
        FROM application_revision r WHERE r.application_id = :id
        UNION ALL
        SELECT h.at, 'state', coalesce(h.old, ''), h.new, h.why, h.actor
        FROM history h WHERE h.row_id = :id AND h.noun = 'application' AND h.old IS NOT NULL
        UNION ALL
        SELECT c.at, 'confirmation', c.item || ' ' || c.subject, CASE WHEN c.agrees THEN 'agrees' WHEN NOT c.agrees THEN 'differs' ELSE 'read' END, '',
               c.confirmed_by::text
        FROM confirmation c WHERE c.application_id = :id
        UNION ALL
        SELECT min(h.at), 'checks', count(*)::text || ' ' || min(b.kind) || ' ' || min(b.subject), h.new, '', h.actor
        FROM background_check b JOIN history h ON h.row_id = b.id AND h.noun = 'background_check'
        WHERE b.application_id = :id AND h.old IS NOT NULL
        GROUP BY h.new, h.actor, date_trunc('minute', h.at),
                 CASE WHEN h.new IN ('ordered', 'clear', 'pending') THEN '' ELSE b.id::text END
        UNION ALL
        SELECT f.found_at, 'finding', f.code || ' ' || f.subject, 'open', f.message, 'engine:vetting'
        FROM finding f WHERE f.application_id = :id
        UNION ALL
        SELECT f.settled_at, 'finding', f.code || ' ' || f.subject, f.state, coalesce(f.reason, ''), f.settled_by::text
        FROM finding f WHERE f.application_id = :id AND f.settled_at IS NOT NULL
        UNION ALL
        SELECT w.proposed_at, 'waiver', w.item || ' ' || w.subject, 'proposed', w.reason, w.proposed_by::text
        FROM waiver w WHERE w.application_id = :id
        UNION ALL
        SELECT w.approved_at, 'waiver', w.item || ' ' || w.subject, 'approved', w.reason, w.approved_by::text
        FROM waiver w WHERE w.application_id = :id AND w.approved_at IS NOT NULL
        UNION ALL
        SELECT p.at, 'pending', b.kind || ' ' || b.subject, 'allowed', p.reason, p.allowed_by::text
        FROM pending_allowance p JOIN background_check b ON b.id = p.check_id WHERE p.application_id = :id
        UNION ALL
        SELECT r.at, 'recommendation', r.role, r.value, r.reason, r.given_by::text
        FROM recommendation r WHERE r.application_id = :id AND NOT :withheld
        UNION ALL
        SELECT d.at, 'decision', d.role, d.value, d.reason, d.decided_by::text
        FROM decision d WHERE d.application_id = :id
        UNION ALL
        SELECT q.at, 'question', q.number::text, 'asked', '', q.asked_by::text
        FROM question q WHERE q.application_id = :id
        UNION ALL
        SELECT s.ordered_at, 'home_study', s.kind, 'ordered', s.reason, s.ordered_by::text
        FROM home_study s WHERE s.application_id = :id
        UNION ALL
        SELECT s.received_at, 'home_study', s.kind, coalesce(s.result, 'received'), '', s.received_by::text
        FROM home_study s WHERE s.application_id = :id AND s.received_at IS NOT NULL
        UNION ALL
        SELECT i.at, 'interview', i.party, 'recorded', '', i.recorded_by::text
        FROM interview i WHERE i.application_id = :id
        UNION ALL
        SELECT c.asked_at, 'consultation', '', 'asked', c.reason, c.asked_by::text
        FROM consultation c WHERE c.application_id = :id AND NOT :withheld
        UNION ALL
        SELECT c.concluded_at, 'consultation', '', coalesce(c.outcome, ''), coalesce(c.reasoning, ''), c.concluded_by::text
        FROM consultation c WHERE c.application_id = :id AND c.concluded_at IS NOT NULL AND NOT :withheld
        UNION ALL
        SELECT c.at, 'concern', '', 'raised', '', c.raised_by::text FROM concern c WHERE c.application_id = :id
        UNION ALL
        SELECT l.at, 'letter', '', 'sent', '', l.sent_by::text
        FROM denial_letter l JOIN decision d ON d.id = l.decision_id WHERE d.application_id = :id
        UNION ALL
        SELECT a.at, 'appeal', '', 'filed', a.reason, a.filed_by::text FROM appeal a WHERE a.application_id = :id
        UNION ALL
        SELECT a.decided_at, 'appeal', '', coalesce(a.outcome, ''), coalesce(a.reasoning, ''), a.decided_by::text
        FROM appeal a WHERE a.application_id = :id AND a.decided_at IS NOT NULL
        UNION ALL
        SELECT h.at, 'link', l.kind, h.new, h.why, h.actor
        FROM link l JOIN history h ON h.row_id = l.id AND h.noun = 'link'
        WHERE :id IN (l.application_id, l.other_application_id)
        UNION ALL
        SELECT r.at, 'release', '', 'released', '', r.released_by::text FROM release r WHERE r.application_id = :id
    )
    SELECT l.at, l.what, l.about, l.told, l.why, l.by, s.display_name AS name
    FROM lines l LEFT JOIN staff s ON s.id::text = l.by
    WHERE l.at IS NOT NULL
    ORDER BY l.at, array_position(CAST(:order AS text[]), l.what), l.about
    """
)


# Of what happened in one instant, what leads to what.
_ORDER = (
    *(
        "packet",
        "checks",
        "finding",
        "interview",
        "confirmation",
        "pending",
        "waiver",
        "link",
        "concern",
        "question",
    ),
    *("home_study", "recommendation", "consultation", "decision", "letter", "appeal", "state", "release"),
)


_CHECKS = text("SELECT id, ordered_at, result_at FROM background_check WHERE application_id = :id")
_PEOPLE = text(
    """
    SELECT a.role, s.display_name AS name FROM act a
    JOIN staff s ON s.id = a.staff_id JOIN application p ON p.case_id = a.case_id
    WHERE p.id = :id ORDER BY a.at, s.display_name
    """
)


@dataclass(frozen=True, slots=True)
class Story:
    """`lines`, earliest first: `at`, `what`, `about`, `told`, `why`, `by` (an actor), `name` (a person's, or None).

    `checks`: of each by its id, when it was ordered, and when its answer came. `people`: role and name of who has acted
    on the case so far, in the order in which they came to it.
    """

    lines: Sequence[Mapping[str, Any]]
    checks: Mapping[str, tuple[datetime | None, datetime | None]]
    people: Sequence[tuple[str, str]]


def story_of(kit: Kit, application_id: UUID, *, withheld: bool) -> Story:
    """What happened so far. `withheld` is that of `application_views.Shown`: recommendations and consultations are left out.

    Whoever shows it has written the audit row of the application.
    """
    of = {"id": application_id}
    with kit.transaction() as session:
        lines = session.execute(_STORY, {**of, "order": list(_ORDER), "withheld": withheld}).mappings()
        return Story(
            lines=[dict(row) for row in lines],
            checks={str(row.id): (row.ordered_at, row.result_at) for row in session.execute(_CHECKS, of)},
            people=[(row.role, row.name) for row in session.execute(_PEOPLE, of)],
        )
