"""Measures of court: who was at their hearing, of which hearing nobody knows, and who has no date. Each with its definition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.desk.measures import Measure, taken
from integrations.kit import Kit
from models.states import FOLLOWED

_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)
_SOURCE = "issue 5, points 1 and 4; domain.md section 7; definitions ours, unreviewed"
_PAST = """
    FROM hearing h JOIN child_case c ON c.id = h.case_id
    WHERE h.starts_at <= :now AND h.state <> 'cancelled' AND h.starts_at >= c.released_at
"""
COURT = (
    Measure(
        "hearings_attended",
        "Hearings that the child attended",
        "attended / (attended + missed), of hearings since the release that have begun. Put off and not known are"
        " in neither; exceptions: children who missed one",
        _SOURCE,
        f"""SELECT h.case_id, 'missed_hearing' AS about, h.starts_at AS at, h.outcome = 'missed' AS wrong {_PAST}
            AND h.outcome IN ('attended', 'missed')""",
        counts_good=True,
    ),
    Measure(
        "hearings_without_outcome",
        "Past hearings of which nobody knows what came",
        "no outcome or unknown / all hearings since the release that have begun and were not cancelled",
        _SOURCE,
        f"""SELECT h.case_id, 'hearing_outcome' AS about, h.starts_at AS at,
                   coalesce(h.outcome, 'unknown') = 'unknown' AS wrong {_PAST}""",
    ),
    Measure(
        "no_hearing_known",
        "Children without a known hearing ahead",
        "followed children without a hearing ahead that is not cancelled / all followed children; no hearing"
        " found is no proof that all is well",
        _SOURCE,
        f"""SELECT c.id AS case_id, c.state AS about, NULL::timestamptz AS at, NOT EXISTS (
                SELECT 1 FROM hearing h
                WHERE h.case_id = c.id AND h.state IN ('scheduled', 'moved') AND h.starts_at > :now) AS wrong
            FROM child_case c WHERE c.state IN ({_FOLLOWED})""",
        of_children=True,
    ),
)


def measures_json(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """The measures in the form that oversight prints (design 6.3), each with its definition in words."""
    with kit.transaction() as session:
        return {"as_of": now.isoformat(), "measures": [taken(session, one, now) for one in COURT]}
