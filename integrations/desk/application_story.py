"""What an application's page shows beside the application: everything that happened to it, and who has what in hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from integrations.kit import Kit
from integrations.store.scope import IN_SCOPE

# Source: ours. Of a longer story the page reads the newest lines and says so.
MOST_TOLD = 400

# One line a thing that happened: when, what kind, what (a code), about what, in what words, by whom. `actor` is the id of
# a person, or the word for a part of the engine, for an API key, for the command line. `place` puts what happened in
# the same instant in its order. Of an interview `about` is its id. Left out: the reasons for a check's result, which may tell of a criminal record, and
# everything that stands sealed. Of a link or a merge with another office's application: the reason, which tells of both.
_MAY_SEE_OTHER = IN_SCOPE.format(case="(SELECT x.case_id FROM application x WHERE x.id = {other})")
_LINKED = _MAY_SEE_OTHER.format(other="l.other_application_id")
_MERGED = _MAY_SEE_OTHER.format(
    other="CASE WHEN m.one_application_id = :id THEN m.other_application_id ELSE m.one_application_id END"
)
_TOLD = text(
    f"""
    WITH told (at, place, kind, what, about, reason, actor) AS (
        SELECT r.at, 0, 'packet', CASE r.number WHEN 1 THEN 'submitted' ELSE 'amended' END, r.number::text,
               NULL, r.actor
        FROM application_revision r WHERE r.application_id = :id
        UNION ALL
        SELECT max(d.read_at), 1, 'papers', 'read', count(*)::text, NULL, 'engine:reading'
        FROM document d WHERE d.application_id = :id AND d.read_at IS NOT NULL GROUP BY d.revision
        UNION ALL
        SELECT c.at, 2, 'paper', CASE WHEN c.agrees THEN 'agrees' WHEN NOT c.agrees THEN 'differs' ELSE 'typed' END,
               c.item || '@' || c.subject, NULL, c.confirmed_by::text
        FROM confirmation c WHERE c.application_id = :id
        UNION ALL
        SELECT h.at, CASE h.new WHEN 'ordered' THEN 3 ELSE 4 END, 'check', h.new, concat_ws('@', b.kind, b.subject, b.jurisdiction), NULL, h.actor
        FROM background_check b JOIN history h ON h.row_id = b.id AND h.noun = 'background_check'
        WHERE b.application_id = :id AND h.new = ANY(CAST(:check_states AS text[]))
        UNION ALL
        SELECT v.at, 5, 'check', 'judged', concat_ws('@', b.kind, b.subject, b.jurisdiction), NULL, v.by_staff::text
        FROM check_verdict v JOIN background_check b ON b.id = v.check_id WHERE b.application_id = :id
        UNION ALL
        SELECT p.at, 5, 'check', 'allowed', concat_ws('@', b.kind, b.subject, b.jurisdiction), p.reason,
               p.allowed_by::text
        FROM pending_allowance p JOIN background_check b ON b.id = p.check_id WHERE p.application_id = :id
        UNION ALL
        SELECT h.at, CASE WHEN h.old IS NULL THEN 6 WHEN h.new = 'open' THEN 8 ELSE 7 END, 'finding', CASE WHEN h.new = 'open' AND h.old IS NOT NULL THEN 'open_again' ELSE h.new END,
               f.message, CASE h.new WHEN 'cleared' THEN h.why END, h.actor
        FROM finding f JOIN history h ON h.row_id = f.id AND h.noun = 'finding' WHERE f.application_id = :id
        UNION ALL
        SELECT w.proposed_at, 6, 'waiver', 'proposed', w.item || '@' || w.subject, w.reason, w.proposed_by::text
        FROM waiver w WHERE w.application_id = :id
        UNION ALL
        SELECT w.approved_at, 7, 'waiver', 'approved', w.item || '@' || w.subject, NULL, w.approved_by::text
        FROM waiver w WHERE w.application_id = :id AND w.approved_at IS NOT NULL
        UNION ALL
        SELECT l.at, 6, 'link', 'open', l.kind, NULL, 'engine:linkage' FROM link l WHERE l.application_id = :id
        UNION ALL
        SELECT h.at, 7, 'link', h.new, l.kind, CASE WHEN {_LINKED} THEN h.why END, h.actor
        FROM link l JOIN history h ON h.row_id = l.id AND h.noun = 'link'
        WHERE l.application_id = :id AND h.new IN ('confirmed', 'split')
        UNION ALL
        SELECT m.proposed_at, 6, 'merge', 'proposed', '', CASE WHEN {_MERGED} THEN m.reason END, m.proposed_by::text
        FROM person_merge m WHERE :id IN (m.one_application_id, m.other_application_id)
        UNION ALL
        SELECT m.approved_at, 7, 'merge', 'approved', '', NULL, m.approved_by::text
        FROM person_merge m WHERE :id IN (m.one_application_id, m.other_application_id) AND m.approved_at IS NOT NULL
        UNION ALL
        SELECT m.undone_at, 8, 'merge', 'undone', '', CASE WHEN {_MERGED} THEN m.undone_reason END, m.undone_by::text
        FROM person_merge m WHERE :id IN (m.one_application_id, m.other_application_id) AND m.undone_at IS NOT NULL
        UNION ALL
        SELECT i.at, 6, 'interview', i.party, i.id::text, NULL, i.recorded_by::text
        FROM interview i WHERE i.application_id = :id
        UNION ALL
        SELECT m.at, 6, 'by_hand', m.result, m.item || '@' || m.subject, m.reason, m.recorded_by::text
        FROM manual_item m WHERE m.application_id = :id
        UNION ALL
        SELECT c.at, 6, 'concern', 'raised', '', NULL, c.raised_by::text FROM concern c WHERE c.application_id = :id
        UNION ALL
        SELECT s.ordered_at, 6, 'home_study', 'ordered', s.number::text, s.reason, s.ordered_by::text
        FROM home_study s WHERE s.application_id = :id
        UNION ALL
        SELECT s.received_at, 7, 'home_study', s.result, s.number::text, NULL, s.received_by::text
        FROM home_study s WHERE s.application_id = :id AND s.received_at IS NOT NULL
        UNION ALL
        SELECT s.override_at, 8, 'home_study', 'override', s.number::text, s.override_reason, s.override_by::text
        FROM home_study s WHERE s.application_id = :id AND s.override_at IS NOT NULL
        UNION ALL
        SELECT s.override_approved_at, 9, 'home_study', 'override_approved', s.number::text, NULL,
               s.override_approved_by::text
        FROM home_study s WHERE s.application_id = :id AND s.override_approved_at IS NOT NULL
        UNION ALL
        SELECT o.at, 8, 'services', o.answer, '', o.reason, o.offered_by::text
        FROM prs_offer o WHERE o.application_id = :id
        UNION ALL
        SELECT q.at, CASE WHEN q.decision_id IS NULL THEN 9 ELSE 13 END, 'question', 'asked', q.number::text, NULL, q.asked_by::text
        FROM question q WHERE q.application_id = :id
        UNION ALL
        SELECT a.at, CASE WHEN q.decision_id IS NULL THEN 9 ELSE 14 END, 'question', 'answered', q.number::text, NULL, a.answered_by::text
        FROM answer a JOIN question q ON q.id = a.question_id WHERE q.application_id = :id
        UNION ALL
        SELECT r.at, CASE r.role WHEN 'case_manager' THEN 10 ELSE 11 END, 'recommendation', r.value, r.role, r.reason, r.given_by::text
        FROM recommendation r WHERE r.application_id = :id AND (NOT :withheld OR r.given_by = CAST(:viewer AS uuid))
        UNION ALL
        SELECT w.at, 10, 'review_waived', w.role, '', w.reason, w.waived_by::text
        FROM review_waiver w WHERE w.application_id = :id
        UNION ALL
        SELECT c.asked_at, 10, 'consultation', 'asked', '', c.reason, c.asked_by::text
        FROM consultation c WHERE c.application_id = :id AND NOT :withheld
        UNION ALL
        SELECT c.concluded_at, 12, 'consultation', c.outcome, '', c.reasoning, c.concluded_by::text
        FROM consultation c WHERE c.application_id = :id AND c.concluded_at IS NOT NULL AND NOT :withheld
        UNION ALL
        SELECT d.at, 12, 'decision', d.value, '', d.reason, d.decided_by::text
        FROM decision d WHERE d.application_id = :id
        UNION ALL
        SELECT l.at, 13, 'letter', l.method, '', NULL, l.sent_by::text
        FROM denial_letter l JOIN decision d ON d.id = l.decision_id WHERE d.application_id = :id
        UNION ALL
        SELECT a.at, 14, 'appeal', 'open', a.appellant, a.reason, a.filed_by::text
        FROM appeal a WHERE a.application_id = :id
        UNION ALL
        SELECT a.acknowledged_at, 15, 'appeal', 'acknowledged', a.appellant, NULL, a.acknowledged_by::text
        FROM appeal a WHERE a.application_id = :id AND a.acknowledged_at IS NOT NULL
        UNION ALL
        SELECT a.delivered_at, 16, 'appeal', CASE WHEN a.withheld THEN 'withheld' ELSE 'delivered' END, a.appellant,
               a.withheld_reason, a.delivered_by::text
        FROM appeal a WHERE a.application_id = :id AND a.delivered_at IS NOT NULL
        UNION ALL
        SELECT a.decided_at, 17, 'appeal', a.outcome, a.appellant, a.reasoning, a.decided_by::text
        FROM appeal a WHERE a.application_id = :id AND a.decided_at IS NOT NULL
        UNION ALL
        SELECT p.at, 10, 'pending_review', 'reviewed', '', p.reason, p.reviewed_by::text
        FROM pending_review p WHERE p.application_id = :id
        UNION ALL
        SELECT m.at, 10, 'policy', CASE WHEN m.completes THEN 'approved' ELSE 'proposed' END, m.to_version, m.reason,
               m.given_by::text
        FROM policy_move m WHERE m.case_id = :case_id
        UNION ALL
        SELECT h.at, 17, 'state', h.new, '', NULL, h.actor
        FROM history h WHERE h.row_id = :id AND h.noun = 'application' AND h.old IS NOT NULL
        UNION ALL
        SELECT r.at, 18, 'release', 'released', r.released_on::text, NULL, r.released_by::text
        FROM release r WHERE r.application_id = :id
        UNION ALL
        SELECT x.at, 19, 'disclosure', 'told', x.recipient, NULL, x.recorded_by::text
        FROM disclosure x JOIN release r ON r.case_id = x.case_id WHERE r.application_id = :id
        UNION ALL
        SELECT o.due_at, 20, 'late', o.kind, split_part(o.key, '#', 1),
               CASE WHEN o.state = 'open' THEN 'open' ELSE 'ended' END, NULL
        FROM obligation o
        WHERE o.application_id = :id AND o.side = 'vetting' AND o.due_at < coalesce(o.ended_at, :now)
    ), newest AS (
        SELECT told.*, CASE WHEN actor ~ '^[0-9a-f]{{8}}-[0-9a-f-]{{27}}$' THEN actor::uuid END AS staff_id
        FROM told ORDER BY at DESC, place DESC, kind, what, about LIMIT :most
    )
    SELECT newest.at, kind, what, about, reason, s.display_name AS by, split_part(actor, ':', 1) AS hand
    FROM newest LEFT JOIN staff s ON s.id = staff_id
    ORDER BY newest.at, place, kind, what, about
    """
)
# Of all that stands open for the application: since when, until when, and who has taken what became of it.
_IN_HAND = text(
    """
    SELECT o.kind, split_part(o.key, '#', 1) AS key, o.opens_at AS since, o.due_at, o.queue, s.display_name AS taken_by,
           e.acknowledged_at AS taken_at
    FROM obligation o
    LEFT JOIN escalation e ON e.obligation_id = o.id AND e.state = 'acknowledged'
    LEFT JOIN staff s ON s.id = e.owner
    WHERE o.application_id = :id AND o.side = 'vetting' AND o.state = 'open'
    ORDER BY o.due_at, o.kind, o.key
    """
)
_ACTED = text(
    """
    SELECT a.role, s.display_name AS name, a.at FROM act a JOIN staff s ON s.id = a.staff_id
    WHERE a.case_id = :case_id ORDER BY a.at, s.display_name
    """
)
_CHECKS = text(
    "SELECT b.id, b.ordered_at, b.result_at, b.as_of,"
    " EXISTS (SELECT 1 FROM criminal_record r WHERE r.check_id = b.id) AS has_record"
    " FROM background_check b WHERE b.application_id = :id"
)
_CHECK_STATES = ["ordered", "pending", "clear", "hit_review", "hit_bar", "unreadable", "expired"]


def application_story(
    kit: Kit,
    shown: Mapping[str, Any],
    *,
    viewer: UUID,
    withheld: bool,
    office: str | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Beside `application_json`, whose audit row covers this too:

    `told`: at, kind, what, about, reason, by (a person's name, or None), hand (what else acted: `engine`, `cli`, a key), earliest first, the newest `MOST_TOLD`;
    `has_more`: there were more; `in_hand`: what stands open, with who has taken it; `acted`: who acted on the case in
    which role; `checks`: for each check's id `ordered_at`, `result_at`, and `has_record`: one is kept behind its hit.

    `withheld` is that of `application_views.Shown`: recommendations of others and consultations are left out.
    """
    ids = {"id": UUID(shown["application_id"]), "case_id": UUID(shown["case_id"])}
    with kit.transaction() as session:
        told = _rows(
            session,
            _TOLD,
            ids
            | {
                "viewer": viewer,
                "withheld": withheld,
                "office": office,
                "check_states": _CHECK_STATES,
                "now": now,
                "most": MOST_TOLD + 1,
            },
        )
        return {
            "told": told[-MOST_TOLD:],
            "has_more": len(told) > MOST_TOLD,
            "in_hand": _rows(session, _IN_HAND, {"id": ids["id"]}),
            "acted": _rows(session, _ACTED, {"case_id": ids["case_id"]}),
            "checks": {str(row["id"]): row for row in _rows(session, _CHECKS, {"id": ids["id"]})},
        }


def _rows(session: Session, query: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(query, dict(values)).mappings()]
