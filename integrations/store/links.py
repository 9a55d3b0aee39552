"""Finds other applications that share a person, document, home, phone, e-mail or child with one: by blind key alone.

Each probe is one indexed look-up; the cost grows with the matches, not with the people on file. A pair
that a person has split is never proposed again: the row is there, and stays as they left it. Every link
stands in the files of both applications at once, for the earlier one must learn of it too.

A sponsor whom an amendment replaced stays findable, as `former_sponsor`: who was named for one child and comes
again for another is the same person, whoever is named for the first one now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from models.tables.vetting import Application

_PROBES = text(
    """
    WITH me AS (
        SELECT a.id, a.case_id, a.revision, a.sponsor_id, s.name_key, s.identity_key, s.email_key
        FROM application a JOIN sponsor s ON s.id = a.sponsor_id WHERE a.id = :me
    ), person AS (
        -- Also who was named as its sponsor before an amendment: the same person under one key, or somebody else.
        SELECT 'sponsor' AS subject, name_key, identity_key, CAST(NULL AS bytea) AS phone_key FROM me
        UNION
        SELECT CASE WHEN s.name_key = me.name_key THEN 'sponsor' ELSE 'former_sponsor' END,
               s.name_key, s.identity_key, NULL
        FROM me JOIN application_revision r ON r.application_id = me.id JOIN sponsor s ON s.id = r.sponsor_id
        UNION ALL
        SELECT h.subject, h.name_key, h.identity_key, h.phone_key
        FROM me JOIN household_member h ON h.application_id = me.id AND h.revision = me.revision
    ), phone AS (
        SELECT p.phone_key FROM me JOIN phone_number p
            ON p.application_id = me.id AND p.retired_at IS NULL AND p.role IN ('party', 'backup')
        UNION
        SELECT phone_key FROM person WHERE phone_key IS NOT NULL
    ), met AS (
        -- One key at a time: joined by `this key OR that one`, every person on file would be read.
        SELECT p.subject AS here, s.id AS sponsor_id, s.name_key, s.name_key = p.name_key AS one_name, 'likely' AS tier
        FROM person p JOIN sponsor s ON s.identity_key = p.identity_key
        UNION ALL
        SELECT p.subject, s.id, s.name_key, true, 'possible'
        FROM person p JOIN sponsor s ON s.name_key = p.name_key
    ), sponsored AS (
        SELECT m.here, m.tier, m.one_name, m.sponsor_id, o.id AS other, o.case_id,
               CASE WHEN now.name_key = m.name_key THEN 'sponsor' ELSE 'former_sponsor' END AS there
        FROM met m CROSS JOIN LATERAL (
            SELECT id, case_id, sponsor_id FROM application WHERE sponsor_id = m.sponsor_id
            UNION
            SELECT a.id, a.case_id, a.sponsor_id
            FROM application_revision r JOIN application a ON a.id = r.application_id
            WHERE r.sponsor_id = m.sponsor_id
        ) o JOIN sponsor now ON now.id = o.sponsor_id
    ), found AS (
        -- The sponsor, seen as a sponsor; also in another sponsor's place for the same child.
        SELECT s.other, 'sponsor' AS kind, s.tier, s.here, s.there
        FROM me CROSS JOIN sponsored s
        WHERE s.here IN ('sponsor', 'former_sponsor') AND s.other <> me.id
            AND (s.case_id <> me.case_id
                 OR (s.sponsor_id <> me.sponsor_id AND s.here = 'sponsor' AND s.there = 'sponsor'))
        UNION ALL
        -- One document for two names, wherever they stand. For one name it is one person.
        SELECT s.other, CASE WHEN s.one_name THEN 'person' ELSE 'document' END, s.tier, s.here, s.there
        FROM me CROSS JOIN sponsored s
        WHERE s.case_id <> me.case_id
            AND (s.here NOT IN ('sponsor', 'former_sponsor') OR (s.tier = 'likely' AND NOT s.one_name))
        UNION ALL
        SELECT o.id, CASE WHEN h.name_key = p.name_key THEN 'person' ELSE 'document' END, 'likely',
               p.subject, h.subject
        FROM me CROSS JOIN person p JOIN household_member h ON h.identity_key = p.identity_key
                JOIN application o ON o.id = h.application_id
        WHERE o.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'person', 'possible', p.subject, h.subject
        FROM me CROSS JOIN person p JOIN household_member h ON h.name_key = p.name_key
                JOIN application o ON o.id = h.application_id
        WHERE o.case_id <> me.case_id
        UNION ALL
        SELECT b.application_id, 'address', 'likely', NULL, NULL
        FROM me JOIN address a ON a.application_id = me.id AND a.until_at IS NULL
                JOIN address b ON b.dwelling_key = a.dwelling_key AND b.case_id <> me.case_id
        UNION ALL
        SELECT q.application_id, 'contact', 'likely', NULL, NULL
        FROM me CROSS JOIN phone p JOIN phone_number q ON q.phone_key = p.phone_key
        WHERE q.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'contact', 'likely', NULL, NULL
        FROM me CROSS JOIN phone p JOIN household_member h ON h.phone_key = p.phone_key
                JOIN application o ON o.id = h.application_id
        WHERE o.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'contact', 'likely', NULL, NULL
        FROM me JOIN sponsor s ON s.email_key = me.email_key AND s.id <> me.sponsor_id
                CROSS JOIN LATERAL (
                    SELECT id, case_id FROM application WHERE sponsor_id = s.id
                    UNION
                    SELECT a.id, a.case_id
                    FROM application_revision r JOIN application a ON a.id = r.application_id
                    WHERE r.sponsor_id = s.id
                ) o
        WHERE o.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'child', 'likely', NULL, NULL
        FROM me JOIN application o ON o.case_id = me.case_id AND o.id <> me.id
    ), pair AS (
        SELECT other, kind, min(tier) AS tier,
               coalesce(array_agg(DISTINCT here || '=' || there) FILTER (WHERE here IS NOT NULL), '{}') AS mine,
               coalesce(array_agg(DISTINCT there || '=' || here) FILTER (WHERE here IS NOT NULL), '{}') AS theirs
        FROM found GROUP BY other, kind
    ), told AS (
        INSERT INTO link (id, application_id, other_application_id, kind, about, tier, through, state, at)
        SELECT gen_random_uuid(), one, two, kind, '', tier, through, 'open', :now
        FROM (SELECT CAST(:me AS uuid) AS one, other AS two, kind, tier, mine AS through FROM pair
              UNION ALL
              SELECT other, CAST(:me AS uuid), kind, tier, theirs FROM pair) AS both_ways
        -- Two applications that find each other at once write their rows in one order, or each would
        -- wait for the other.
        ORDER BY least(one, two), greatest(one, two), kind, one
        ON CONFLICT (application_id, other_application_id, kind, about) DO UPDATE
            SET tier = CASE link.state WHEN 'open' THEN least(link.tier, EXCLUDED.tier) ELSE link.tier END,
                through = EXCLUDED.through
            WHERE (link.state = 'open' AND EXCLUDED.tier < link.tier)
                -- Who stands for whom changes with an amendment. Of sponsors both sides tell the same; of a home
                -- each knows its own people as they are now, and would for ever correct the other.
                OR (link.state <> 'split' AND link.through <> EXCLUDED.through
                    AND (link.application_id = :me OR link.kind = 'sponsor'))
        RETURNING application_id, kind, tier
    )
    SELECT o.id, o.case_id, o.state, o.category, t.kind, t.tier
    FROM told t JOIN application o ON o.id = t.application_id
    WHERE o.id <> :me ORDER BY o.id, t.kind
    """
)


@dataclass(frozen=True, slots=True)
class News:
    """A link that another application's file did not hold yet, or only as a weaker one."""

    application_id: UUID
    case_id: UUID
    state: str
    category: str
    kind: str
    tier: str


def find_links(session: Session, application: Application, *, now: datetime) -> Sequence[News]:
    """Every other application that shares something with this one is linked to it, and it to them.

    A link only ever grows from `possible` to `likely`. Returns what the others have to learn.
    """
    return [News(*row) for row in session.execute(_PROBES, {"me": application.id, "now": now})]
