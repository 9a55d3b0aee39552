"""What a policy version costs and what it yields: days in care, and for each requirement what was found.

Three set-based reads over decisions, duties and findings; no person, no name, only counts and days.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

# Days from entering care to the release, or until now for a child who still waits, by category.
_DAYS_IN_CARE = text(
    """
    WITH stay AS (
        SELECT a.policy_version, a.category, c.released_at IS NOT NULL AS released,
               extract(epoch FROM coalesce(c.released_at, :now) - c.entered_care_on::timestamp AT TIME ZONE 'UTC')
                   / 86400.0 AS days
        FROM child_case c
        JOIN LATERAL (
            SELECT a.policy_version, a.category FROM application a
            LEFT JOIN release r ON r.application_id = a.id
            WHERE a.case_id = c.id ORDER BY r.id IS NULL, a.submitted_at DESC, a.id LIMIT 1
        ) a ON true
        WHERE (c.state = 'in_care' OR c.released_at IS NOT NULL)
          AND (CAST(:version AS text) IS NULL OR a.policy_version = :version)
    )
    SELECT policy_version, category,
           count(*) FILTER (WHERE released) AS released,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE released) AS median_days,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY days) FILTER (WHERE released) AS p90_days,
           count(*) FILTER (WHERE NOT released) AS waiting,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE NOT released) AS median_waiting
    FROM stay GROUP BY policy_version, category ORDER BY policy_version, category
    """
)

# How often each requirement stood in the facts of an application's last decision; how long its duty stood
# open; how many of those days it was the last duty for evidence to end, so that it alone held the child up;
# and in how many applications it turned up something. What was merely missing or awaited is no yield.
_REQUIREMENTS = text(
    """
    WITH decided AS (
        SELECT DISTINCT ON (r.application_id) r.application_id, r.policy_version, r.requirements, d.value
        FROM decision_record r JOIN decision d ON d.id = r.decision_id
        WHERE CAST(:version AS text) IS NULL OR r.policy_version = :version
        ORDER BY r.application_id, r.at DESC, r.id
    ), asked AS (
        SELECT DISTINCT application_id, policy_version, value,
               split_part(key, '@', 1) AS item,
               split_part(split_part(key, '@', 2), ':', 1) AS subject
        FROM decided, jsonb_object_keys(requirements) AS key
    ), duty AS (
        SELECT o.application_id, o.opens_at, o.ended_at,
               CASE WHEN o.kind = 'record_check' THEN substring(o.key FROM :checks)
                    ELSE split_part(o.key, '@', 1) END AS item,
               CASE WHEN o.kind = 'record_check' THEN split_part(o.key, ':', 1)
                    ELSE split_part(split_part(split_part(o.key, '@', 2), '#', 1), ':', 1) END AS subject
        FROM obligation o JOIN decided d ON d.application_id = o.application_id
        WHERE o.side = 'vetting' AND o.state IN ('settled', 'waived')
          AND o.kind IN ('obtain_document', 'confirm_document', 'record_check', 'complete_home_study')
    ), span AS (
        SELECT application_id, item, subject, min(opens_at) AS opened, max(ended_at) AS ended
        FROM duty GROUP BY application_id, item, subject
    ), held AS (
        SELECT *, extract(epoch FROM ended - opened) / 86400.0 AS days,
               row_number() OVER (PARTITION BY application_id ORDER BY ended DESC, item, subject) = 1 AS is_last,
               extract(epoch FROM ended - greatest(opened, coalesce(
                   lag(ended) OVER (PARTITION BY application_id ORDER BY ended, item DESC, subject DESC),
                   opened))) / 86400.0 AS alone
        FROM span
    ), found AS (
        SELECT DISTINCT f.application_id,
               coalesce(f.evidence->>'item', f.evidence->>'kind',
                        CASE WHEN f.code LIKE 'ADDRESS%' THEN 'proof_of_address' END) AS item,
               split_part(f.subject, ':', 1) AS subject,
               bool_or(f.code = 'CHECK_HIT_BAR') OVER (
                   PARTITION BY f.application_id, coalesce(f.evidence->>'item', f.evidence->>'kind'),
                                split_part(f.subject, ':', 1)) AS barred
        FROM finding f JOIN decided d ON d.application_id = f.application_id
        WHERE f.severity <> 'note'
          AND f.code NOT IN ('DOCUMENT_MISSING', 'CONSENT_MISSING', 'RELATIONSHIP_UNPROVEN',
                             'CHECK_PENDING', 'CHECK_STALE', 'CHECK_FAILED', 'HOME_STUDY_TVPRA', 'HOME_STUDY_ORR')
    )
    SELECT a.policy_version, a.item, a.subject,
           count(*) AS asked,
           count(h.application_id) AS waited,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY h.days) FILTER (WHERE h.days IS NOT NULL) AS median_days,
           coalesce(sum(h.alone) FILTER (WHERE h.is_last), 0) AS held_up_days,
           count(f.application_id) AS found,
           count(*) FILTER (WHERE f.barred) AS barred,
           count(*) FILTER (WHERE f.application_id IS NOT NULL AND a.value = 'deny') AS denied
    FROM asked a
    LEFT JOIN held h USING (application_id, item, subject)
    LEFT JOIN found f USING (application_id, item, subject)
    GROUP BY a.policy_version, a.item, a.subject
    ORDER BY a.policy_version, held_up_days DESC, asked DESC, a.item, a.subject
    """
)
_CHECK_WORDS = (
    "public_records|sex_offender_registry|fbi_fingerprint|fbi_name|child_abuse_registry|state_criminal"
)


def policy_cost(session: Session, version: str | None, *, now: datetime) -> dict[str, Any]:
    """Days in care by category, and cost and yield by requirement; of one version, or of every one.

    `held_up_days`: days in which this was the last evidence to come. `found`: applications in which it
    turned up something that closed the gate or that a person had to judge. `found_share` is of `asked`.
    """
    given = {"version": version, "now": now}
    stays = session.execute(_DAYS_IN_CARE, given).mappings()
    asked = session.execute(_REQUIREMENTS, {"version": version, "checks": _CHECK_WORDS}).mappings()
    return {
        "as_of": now.isoformat(),
        "days_in_care": [_rounded(dict(row)) for row in stays],
        "requirements": [
            {**_rounded(dict(row)), "found_share": round(row["found"] / row["asked"], 4)} for row in asked
        ],
    }


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    days = ("median_days", "p90_days", "median_waiting", "held_up_days")
    tidy = {k: (round(float(v), 1) if k in days and v is not None else v) for k, v in row.items()}
    return {"policy": tidy.pop("policy_version"), **tidy}
