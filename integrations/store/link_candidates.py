"""Who may be linked to an application, by blind key alone: one query.

Each probe is one indexed look-up; the cost grows with the matches, not with the people on file.

A sponsor whom an amendment replaced stays findable, as `former_sponsor`: who was named for one child and comes
again for another is the same person, whoever is named for the first one now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from integrations.store.seen_people import Ours
from models.linkage import Feature, LinkKind
from models.tables.vetting import Application

_PROBES = text(
    """
    WITH me AS (
        SELECT a.id, a.case_id, a.revision, a.sponsor_id, s.email_key
        FROM application a JOIN sponsor s ON s.id = a.sponsor_id WHERE a.id = :me
    ), person AS (
        SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:name_keys AS bytea[]), CAST(:identity_keys AS bytea[]))
            WITH ORDINALITY AS p (subject, name_key, identity_key, n)
    ), near AS (
        SELECT p.n, p.subject, k.name_key
        FROM unnest(CAST(:near_of AS int[]), CAST(:near_keys AS bytea[])) AS k (n, name_key) JOIN person p USING (n)
    ), phone AS (
        SELECT p.phone_key FROM me JOIN phone_number p
            ON p.application_id = me.id AND p.retired_at IS NULL AND p.role IN ('party', 'backup')
        UNION
        SELECT h.phone_key FROM me JOIN household_member h
            ON h.application_id = me.id AND h.revision = me.revision AND h.phone_key IS NOT NULL
    ), met AS (
        -- One key at a time: joined by `this key OR that one`, every person on file would be read.
        SELECT p.n, p.subject AS here, s.id AS sponsor_id, s.name_key, s.name_key = p.name_key AS one_name,
               'document_same' AS how
        FROM person p JOIN sponsor s ON s.identity_key = p.identity_key
        UNION ALL
        SELECT p.n, p.subject, s.id, s.name_key, true, 'name_key'
        FROM person p JOIN sponsor s ON s.name_key = p.name_key
        UNION ALL
        SELECT k.n, k.subject, s.id, s.name_key, true, 'near_key'
        FROM near k JOIN sponsor s ON s.name_key = k.name_key
    ), sponsored AS (
        SELECT m.n, m.here, m.how, m.one_name, m.sponsor_id, o.id AS other, o.case_id,
               CASE WHEN now.name_key = m.name_key THEN 'sponsor' ELSE 'former_sponsor' END AS there
        FROM met m CROSS JOIN LATERAL (
            SELECT id, case_id, sponsor_id FROM application WHERE sponsor_id = m.sponsor_id
            UNION
            SELECT a.id, a.case_id, a.sponsor_id
            FROM application_revision r JOIN application a ON a.id = r.application_id
            WHERE r.sponsor_id = m.sponsor_id
        ) o JOIN sponsor now ON now.id = o.sponsor_id
    ), member AS (
        SELECT p.n, p.subject AS here, h.id, h.application_id, h.subject AS there, h.name_key = p.name_key AS one_name,
               'document_same' AS how
        FROM person p JOIN household_member h ON h.identity_key = p.identity_key
        UNION ALL
        SELECT p.n, p.subject, h.id, h.application_id, h.subject, true, 'name_key'
        FROM person p JOIN household_member h ON h.name_key = p.name_key
        UNION ALL
        SELECT k.n, k.subject, h.id, h.application_id, h.subject, true, 'near_key'
        FROM near k JOIN household_member h ON h.name_key = k.name_key
    ), found AS (
        -- The sponsor, seen as a sponsor; also in another sponsor's place for the same child.
        SELECT s.other, 'sponsor' AS kind, s.how, s.n, s.here, s.there, s.sponsor_id AS who
        FROM me CROSS JOIN sponsored s
        WHERE s.here IN ('sponsor', 'former_sponsor') AND s.other <> me.id
            AND (s.case_id <> me.case_id
                 OR (s.sponsor_id <> me.sponsor_id AND s.here = 'sponsor' AND s.there = 'sponsor'))
        UNION ALL
        -- One document for two names, wherever they stand. For one name it is one person.
        SELECT s.other, CASE WHEN s.one_name THEN 'person' ELSE 'document' END, s.how, s.n, s.here, s.there,
               s.sponsor_id
        FROM me CROSS JOIN sponsored s
        WHERE s.case_id <> me.case_id
            AND (s.here NOT IN ('sponsor', 'former_sponsor') OR NOT s.one_name)
        UNION ALL
        SELECT o.id, CASE WHEN h.one_name THEN 'person' ELSE 'document' END, h.how, h.n, h.here, h.there, h.id
        FROM me CROSS JOIN member h JOIN application o ON o.id = h.application_id
        WHERE o.case_id <> me.case_id
        UNION ALL
        SELECT b.application_id, 'address', 'home_same', NULL, NULL, NULL, NULL
        FROM me JOIN address a ON a.application_id = me.id AND a.until_at IS NULL
                JOIN address b ON b.dwelling_key = a.dwelling_key AND b.case_id <> me.case_id
        UNION ALL
        SELECT q.application_id, 'contact', 'phone_same', NULL, NULL, NULL, NULL
        FROM me CROSS JOIN phone p JOIN phone_number q ON q.phone_key = p.phone_key
        WHERE q.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'contact', 'phone_same', NULL, NULL, NULL, NULL
        FROM me CROSS JOIN phone p JOIN household_member h ON h.phone_key = p.phone_key
                JOIN application o ON o.id = h.application_id
        WHERE o.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'contact', 'email_same', NULL, NULL, NULL, NULL
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
        SELECT o.id, 'child', 'child_same', NULL, NULL, NULL, NULL
        FROM me JOIN application o ON o.case_id = me.case_id AND o.id <> me.id
    )
    SELECT DISTINCT f.other, o.sponsor_id, f.kind, f.how, f.n - 1 AS n, f.here, f.there, f.who, '' AS about
    FROM found f JOIN application o ON o.id = f.other
    UNION ALL
    -- The papers have found these already; here they speak for who is who.
    SELECT o.id, o.sponsor_id, 'image', 'image_same', NULL, NULL, NULL, NULL, l.about
    FROM link l JOIN application o ON o.id = l.other_application_id
    WHERE l.application_id = :me AND l.kind = 'image' AND l.state <> 'split'
    """
)

# To plan it takes ten times as long as to run it. Once it is prepared, one plan serves: every probe is by index,
# however many people and keys it is asked with. Until the end of the transaction.
_ONE_PLAN = text("SET LOCAL plan_cache_mode = 'force_generic_plan'")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that another application shares with ours. `sponsor_id` is that one's sponsor of today.

    Of people: `n` is the place of ours in the list that was searched with, `who` the row of theirs; else None.
    """

    other: UUID
    sponsor_id: UUID
    kind: LinkKind
    how: Feature | Literal["name_key", "near_key"]
    n: int | None
    here: str | None
    there: str | None
    who: UUID | None
    about: str


def candidates(session: Session, application: Application, people: Sequence[Ours]) -> Sequence[Candidate]:
    """Everything that is found by the keys of the application and of these people."""
    near = [(n, key) for n, one in enumerate(people, start=1) for key in sorted(one.near_keys)]
    mine = {
        "me": application.id,
        "subjects": [one.subject for one in people],
        "name_keys": [one.name_key for one in people],
        "identity_keys": [one.identity_key for one in people],
        "near_of": [n for n, _ in near],
        "near_keys": [key for _, key in near],
    }
    session.execute(_ONE_PLAN)
    return [Candidate(*row) for row in session.execute(_PROBES, mine)]
