"""Measures of court: who was at their hearing, of which hearing nobody knows, and who has no date. Each with its definition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from integrations.kit import Kit
from models.states import FOLLOWED

# Cases that a measure names; what is left out is counted.
EXCEPTIONS = 1000
_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)
_PAST = "h.starts_at <= :now AND h.state <> 'cancelled' AND h.starts_at >= c.released_at"
_HEARINGS = text(
    f"""
    SELECT count(*) FILTER (WHERE h.outcome = 'attended'), count(*) FILTER (WHERE h.outcome = 'missed'),
           count(*) FILTER (WHERE coalesce(h.outcome, 'unknown') = 'unknown'), count(*)
    FROM hearing h JOIN child_case c ON c.id = h.case_id WHERE {_PAST}
    """
)
_WITHOUT_DATE = f"""
    c.state IN ({_FOLLOWED}) AND NOT EXISTS (
        SELECT 1 FROM hearing h WHERE h.case_id = c.id AND h.state IN ('scheduled', 'moved') AND h.starts_at > :now)
"""
_CHILDREN = text(
    f"""
    SELECT count(*) FILTER (WHERE {_WITHOUT_DATE}), count(*) FROM child_case c WHERE c.state IN ({_FOLLOWED})
    """
)
_WHO = {
    "hearings_attended": f"""
        SELECT DISTINCT c.id FROM hearing h JOIN child_case c ON c.id = h.case_id
        WHERE {_PAST} AND h.outcome = 'missed' ORDER BY c.id LIMIT {EXCEPTIONS}""",
    "hearings_without_outcome": f"""
        SELECT DISTINCT c.id FROM hearing h JOIN child_case c ON c.id = h.case_id
        WHERE {_PAST} AND coalesce(h.outcome, 'unknown') = 'unknown' ORDER BY c.id LIMIT {EXCEPTIONS}""",
    "no_hearing_known": f"SELECT c.id FROM child_case c WHERE {_WITHOUT_DATE} ORDER BY c.id LIMIT {EXCEPTIONS}",
}

COURT_MEASURES = tuple(_WHO)


def measures_json(kit: Kit, *, now: datetime) -> dict[str, Any]:
    with kit.transaction() as session:
        return {"as_of": now.isoformat(), "measures": court_measures(session, now)}


def court_measures(session: Session, now: datetime) -> list[dict[str, Any]]:
    """The measures in the form that oversight prints (design 6.3), each with its definition in words."""
    attended, missed, unanswered, past = session.execute(_HEARINGS, {"now": now}).one()
    no_date, followed = session.execute(_CHILDREN, {"now": now}).one()
    return [
        _measure(
            session,
            "hearings_attended",
            "Hearings that the child attended",
            (attended, attended + missed),
            "attended / (attended + missed), of hearings since the release that have begun. Put off and not known are"
            " in neither; exceptions: children who missed one",
            now,
        ),
        _measure(
            session,
            "hearings_without_outcome",
            "Past hearings of which nobody knows what came",
            (unanswered, past),
            "no outcome or unknown / all hearings since the release that have begun and were not cancelled",
            now,
        ),
        _measure(
            session,
            "no_hearing_known",
            "Children without a known hearing ahead",
            (no_date, followed),
            "followed children without a hearing ahead that is not cancelled / all followed children; no hearing"
            " found is no proof that all is well",
            now,
        ),
    ]


def _measure(
    session: Session, name: str, title: str, of: tuple[int, int], definition: str, now: datetime
) -> dict[str, Any]:
    part, whole = of
    return {
        "id": name,
        "title": title,
        "numerator": part,
        "denominator": whole,
        "share": round(part / whole, 4) if whole else None,
        "source": "issue 5, points 1 and 4; domain.md section 7; definitions ours, unreviewed",
        "definition": definition,
        "exceptions": [str(one) for one in session.scalars(text(_WHO[name]), {"now": now})],
    }
