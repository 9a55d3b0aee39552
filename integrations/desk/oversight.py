"""Measures for those who oversee: a numerator, a denominator, what they count, and the cases behind them.

Each is one statement over the whole database; nobody's name or number is in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from integrations.desk.board import board_json
from integrations.desk.court_measures import COURT_MEASURES, court_measures
from integrations.kit import Kit
from integrations.store.accounting import take_account
from integrations.store.whereabouts import unknown_locations
from models.errors import NotFound
from models.states import FOLLOWED

# Cases that a measure names; what is left out is counted.
EXCEPTIONS = 1000
OF_THE_ACCOUNT = ("children_silent", "children_unanswered")
_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)


@dataclass(frozen=True, slots=True)
class _Measure:
    """`counts` gives numerator and denominator; `cases` the ids behind the part that went wrong."""

    id: str
    title: str
    definition: str
    source: str
    counts: str
    cases: str


_DUE_CALLS = """
    FROM obligation o WHERE o.kind = 'welfare_call' AND o.party = 'child' AND o.due_at <= :now AND o.state <> 'void'
"""
_MEASURES = (
    _Measure(
        "welfare_calls_in_time",
        "Calls to children that were made in time",
        "calls to a child whose last day has come and that were settled by then, by a person who spoke with the child"
        " / all whose last day has come, but those void with their case; exceptions: late or not made",
        "HHS OIG OEI-07-21-00250: 22% were not made in time (domain.md section 8)",
        f"SELECT count(*) FILTER (WHERE o.state = 'settled' AND o.ended_at <= o.due_at), count(*) {_DUE_CALLS}",
        f"""SELECT DISTINCT o.case_id {_DUE_CALLS} AND NOT (o.state = 'settled' AND o.ended_at <= o.due_at)
            ORDER BY o.case_id""",
    ),
    _Measure(
        "children_heard",
        "Children who were heard within the longest silence",
        "followed children whose last direct contact is no longer ago than their policy allows / all followed"
        " children; exceptions: those who were not",
        "New York Times 2023, FOIA 2025: children never reached (domain.md section 8); the limit is the policy's",
        f"""SELECT count(*) FILTER (WHERE c.last_contact_at + make_interval(hours => 24 * c.max_silence_days) >= :now),
                   count(*) FROM child_case c WHERE c.state IN ({_FOLLOWED})""",
        f"""SELECT c.id FROM child_case c WHERE c.state IN ({_FOLLOWED})
            AND (c.last_contact_at + make_interval(hours => 24 * c.max_silence_days) >= :now) IS NOT TRUE
            ORDER BY c.id""",
    ),
    _Measure(
        "duties_overdue",
        "Duties after the release that are overdue",
        "open duties of follow-up whose last day has passed / all open duties of follow-up",
        "ours, unreviewed",
        """SELECT count(*) FILTER (WHERE o.due_at < :now), count(*)
           FROM obligation o WHERE o.side = 'followup' AND o.state = 'open'""",
        """SELECT DISTINCT o.case_id FROM obligation o
           WHERE o.side = 'followup' AND o.state = 'open' AND o.due_at < :now ORDER BY o.case_id""",
    ),
    _Measure(
        "escalations_without_owner",
        "Escalations that nobody has taken for a day",
        "escalations that are open, not taken by a person, for more than 24 hours / all that are not resolved",
        "Grassley 2025: reports that nobody read; no unowned item over 24 h (domain.md section 8)",
        """SELECT count(*) FILTER (WHERE e.state = 'open' AND e.opened_at < :now - interval '24 hours'), count(*)
           FROM escalation e WHERE e.state <> 'resolved'""",
        """SELECT DISTINCT e.case_id FROM escalation e
           WHERE e.state = 'open' AND e.opened_at < :now - interval '24 hours' ORDER BY e.case_id""",
    ),
    _Measure(
        "checks_out_over_a_week",
        "Checks that were out at the release and still are, a week on",
        "checks pending at the release for more than 7 days after it / all checks pending at the release",
        "HHS OIG OEI-07-21-00250: 19% were never updated; red at day 7 (domain.md section 8)",
        """SELECT count(*) FILTER (WHERE o.state = 'open' AND o.created_at < :now - interval '7 days'), count(*)
           FROM obligation o WHERE o.kind = 'pending_check'""",
        """SELECT DISTINCT o.case_id FROM obligation o
           WHERE o.kind = 'pending_check' AND o.state = 'open' AND o.created_at < :now - interval '7 days'
           ORDER BY o.case_id""",
    ),
    _Measure(
        "hearing_rows_in_doubt",
        "Rows of the court's list that nobody has decided on for a day",
        "rows in doubt for more than 24 hours / all rows in doubt; exceptions: the cases that they seem to be of",
        "ours, unreviewed",
        """SELECT count(*) FILTER (WHERE d.since_at < :now - interval '24 hours'), count(*)
           FROM hearing_doubt d WHERE d.settled_at IS NULL""",
        """SELECT DISTINCT d.case_id FROM hearing_doubt d
           WHERE d.settled_at IS NULL AND d.case_id IS NOT NULL AND d.since_at < :now - interval '24 hours'
           ORDER BY d.case_id""",
    ),
    _Measure(
        "openings_unreviewed",
        "Openings of another office's case that nobody has reviewed",
        "openings that no supervisor has judged yet / all openings; exceptions: their cases. Late after 24 hours",
        "ours, unreviewed",
        "SELECT count(*) FILTER (WHERE p.reviewed_at IS NULL), count(*) FROM case_opening p",
        "SELECT DISTINCT p.case_id FROM case_opening p WHERE p.reviewed_at IS NULL ORDER BY p.case_id",
    ),
)


def oversight_json(kit: Kit, *, office: str | None = None, now: datetime) -> dict[str, Any]:
    """Every measure at `now`, those of the account first; and the numbers of the board (`desk.board`)."""
    with kit.transaction() as session:
        measures = [
            *_of_the_account(session, now),
            *(_taken(session, measure, now) for measure in _MEASURES),
            _locations(session),
            *court_measures(session, now),
        ]
        return {
            "as_of": now.isoformat(),
            "measures": measures,
            "board": board_json(session, office=office, now=now),
        }


def measure_names() -> tuple[str, ...]:
    """Every measure, in the order of `oversight_json`."""
    return (*OF_THE_ACCOUNT, *(one.id for one in _MEASURES), "location_unknown", *COURT_MEASURES)


def measure_json(kit: Kit, name: str, *, now: datetime) -> dict[str, Any]:
    """One measure at `now`, as `oversight_json` tells it; only the statements of its group are sent.

    Raises:
        NotFound: no measure has this name.
    """
    with kit.transaction() as session:
        if name in OF_THE_ACCOUNT:
            group = _of_the_account(session, now)
        elif name == "location_unknown":
            group = [_locations(session)]
        elif name in COURT_MEASURES:
            group = court_measures(session, now)
        else:
            group = [_taken(session, one, now) for one in _MEASURES if one.id == name]
    found = next((one for one in group if one["id"] == name), None)
    if found is None:
        raise NotFound("measure", name)
    return found


def _of_the_account(session: Session, now: datetime) -> list[dict[str, Any]]:
    account = take_account(session, now=now)
    words: Mapping[str, tuple[str, str, tuple[Any, ...]]] = {
        "children_silent": (
            "Children whom nothing keeps in sight",
            "silent children, as kinline account counts them / all children ever released; must be 0",
            account.silent,
        ),
        "children_unanswered": (
            "Children for whom people let the last rung lapse",
            "unanswered children, as kinline account counts them / all children ever released",
            account.unanswered,
        ),
    }
    return [
        _told(name, title, definition, "design.md section 1", (len(cases), account.children), cases)
        for name, (title, definition, cases) in words.items()
    ]


def _taken(session: Session, measure: _Measure, now: datetime) -> dict[str, Any]:
    part, whole = session.execute(text(measure.counts), {"now": now}).one()
    cases = session.scalars(text(f"{measure.cases} LIMIT {EXCEPTIONS}"), {"now": now}).all()
    return _told(measure.id, measure.title, measure.definition, measure.source, (part, whole), cases)


def _locations(session: Session) -> dict[str, Any]:
    unknown = unknown_locations(session)
    count = text(f"SELECT count(*) FROM child_case c WHERE c.state IN ({_FOLLOWED})")
    followed = session.execute(count).scalar_one()
    return _told(
        "location_unknown",
        "Children whose location is unknown",
        "followed children whose current address is 'location unknown', and those whom the official list named and no"
        " packet has placed / all followed children. Not a count of lost contact or of missed calls",
        "DHS OIG-24-46: a missed court date is no proof that a child is lost; separate counts (domain.md section 8)",
        (len(unknown), followed),
        unknown,
    )


def _told(
    name: str, title: str, definition: str, source: str, of: tuple[int, int], cases: Sequence[Any]
) -> dict[str, Any]:
    part, whole = of
    return {
        "id": name,
        "title": title,
        "numerator": part,
        "denominator": whole,
        "share": round(part / whole, 4) if whole else None,
        "source": source,
        "definition": definition,
        "exceptions": [str(case_id) for case_id in cases[:EXCEPTIONS]],
    }
