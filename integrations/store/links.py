"""Finds other applications that share a person, home, phone, e-mail or child with one: by blind key alone.

Each probe is one indexed look-up; the cost grows with the matches, not with the sponsors on file. A pair
that a person has split is never proposed again: the row is there, and stays as they left it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models.tables.vetting import Application

_PROBES = text(
    """
    WITH me AS (
        SELECT a.id, a.case_id, a.sponsor_id, s.name_key, s.identity_key, s.email_key
        FROM application a JOIN sponsor s ON s.id = a.sponsor_id WHERE a.id = :me
    ), found AS (
        -- One key at a time: joined by `this key OR that one`, every sponsor on file would be read.
        SELECT o.id AS other, 'sponsor' AS kind, 'likely' AS tier
        FROM me JOIN sponsor s ON s.identity_key = me.identity_key
                JOIN application o ON o.sponsor_id = s.id
        WHERE o.id <> me.id AND (o.case_id <> me.case_id OR s.id <> me.sponsor_id)
        UNION ALL
        SELECT o.id, 'sponsor', 'possible'
        FROM me JOIN sponsor s ON s.name_key = me.name_key
                JOIN application o ON o.sponsor_id = s.id
        WHERE o.id <> me.id AND (o.case_id <> me.case_id OR s.id <> me.sponsor_id)
        UNION ALL
        SELECT b.application_id, 'address', 'likely'
        FROM me JOIN address a ON a.application_id = me.id AND a.until_at IS NULL
                JOIN address b ON b.dwelling_key = a.dwelling_key AND b.case_id <> me.case_id
        UNION ALL
        SELECT q.application_id, 'contact', 'likely'
        FROM me JOIN phone_number p ON p.application_id = me.id AND p.retired_at IS NULL
                                   AND p.role IN ('party', 'backup')
                JOIN phone_number q ON q.phone_key = p.phone_key AND q.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'contact', 'likely'
        FROM me JOIN sponsor s ON s.email_key = me.email_key AND s.id <> me.sponsor_id
                JOIN application o ON o.sponsor_id = s.id AND o.case_id <> me.case_id
        UNION ALL
        SELECT o.id, 'child', 'likely'
        FROM me JOIN application o ON o.case_id = me.case_id AND o.id <> me.id
    )
    INSERT INTO link (id, application_id, other_application_id, kind, tier, state, at)
    SELECT gen_random_uuid(), :me, other, kind, min(tier), 'open', :now
    FROM found GROUP BY other, kind
    ON CONFLICT (application_id, other_application_id, kind) DO UPDATE
        SET tier = EXCLUDED.tier WHERE link.state = 'open' AND link.tier <> EXCLUDED.tier
    """
)


def find_links(session: Session, application: Application, *, now: datetime) -> None:
    """Every other application that shares something with this one is linked to it."""
    session.execute(_PROBES, {"me": application.id, "now": now})
