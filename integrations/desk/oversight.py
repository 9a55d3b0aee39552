"""Measures for those who oversee: a numerator, a denominator, what they count, and the cases behind them.

Each is one statement over the whole database; nobody's name or number is in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from integrations.desk.behind import PER_PAGE, Behind, Entry
from integrations.desk.board import Tally, board_json, take_tally
from integrations.desk.court_measures import COURT
from integrations.desk.measures import Measure, taken, told, wrong_rows
from integrations.kit import Kit
from integrations.store.accounting import Account, take_account
from integrations.store.scope import outside
from integrations.store.whereabouts import NOBODY_KNOWS_WHERE
from models.errors import NotFound
from models.states import FOLLOWED

_FOLLOWED = ", ".join(f"'{state.value}'" for state in FOLLOWED)
# Of the account: title and definition. The account is not rows, so these two name their children.
_OF_THE_ACCOUNT: Mapping[str, tuple[str, str]] = {
    "children_silent": (
        "Children whom nothing keeps in sight",
        "silent children, as kinline account counts them / all children ever released; must be 0",
    ),
    "children_unanswered": (
        "Children for whom people let the last rung lapse",
        "unanswered children, as kinline account counts them / all children ever released",
    ),
}
_MEASURES = (
    Measure(
        "welfare_calls_in_time",
        "Calls to children that were made in time",
        "calls to a child whose last day has come and that were settled by then, by a person who spoke with the child"
        " / all whose last day has come, but those void with their case; exceptions: late or not made",
        "HHS OIG OEI-07-21-00250: 22% were not made in time (domain.md section 8)",
        """SELECT o.case_id, o.kind AS about, o.due_at AS at,
                  (o.state = 'settled' AND o.ended_at <= o.due_at) IS NOT TRUE AS wrong
           FROM obligation o
           WHERE o.kind = 'welfare_call' AND o.party = 'child' AND o.due_at <= :now AND o.state <> 'void'""",
        counts_good=True,
    ),
    Measure(
        "children_heard",
        "Children who were heard within the longest silence",
        "followed children whose last direct contact is no longer ago than their policy allows / all followed"
        " children; exceptions: those who were not",
        "New York Times 2023, FOIA 2025: children never reached (domain.md section 8); the limit is the policy's",
        f"""SELECT c.id AS case_id, c.state AS about, c.last_contact_at AS at,
                   (c.last_contact_at + make_interval(hours => 24 * c.max_silence_days) >= :now) IS NOT TRUE AS wrong
            FROM child_case c WHERE c.state IN ({_FOLLOWED})""",
        counts_good=True,
        of_children=True,
    ),
    Measure(
        "duties_overdue",
        "Duties after the release that are overdue",
        "open duties of follow-up whose last day has passed / all open duties of follow-up",
        "ours, unreviewed",
        """SELECT o.case_id, o.kind AS about, o.due_at AS at, o.due_at < :now AS wrong
           FROM obligation o WHERE o.side = 'followup' AND o.state = 'open'""",
    ),
    Measure(
        "escalations_without_owner",
        "Escalations that nobody has taken for a day",
        "escalations that are open, not taken by a person, for more than 24 hours / all that are not resolved",
        "Grassley 2025: reports that nobody read; no unowned item over 24 h (domain.md section 8)",
        """SELECT e.case_id, e.reason AS about, e.opened_at AS at,
                  e.state = 'open' AND e.opened_at < :now - interval '24 hours' AS wrong
           FROM escalation e WHERE e.state <> 'resolved'""",
    ),
    Measure(
        "checks_out_over_a_week",
        "Checks that were out at the release and still are, a week on",
        "checks pending at the release for more than 7 days after it / all checks pending at the release",
        "HHS OIG OEI-07-21-00250: 19% were never updated; red at day 7 (domain.md section 8)",
        """SELECT o.case_id, o.kind AS about, o.created_at AS at,
                  o.state = 'open' AND o.created_at < :now - interval '7 days' AS wrong
           FROM obligation o WHERE o.kind = 'pending_check'""",
    ),
    Measure(
        "hearing_rows_in_doubt",
        "Rows of the court's list that nobody has decided on for a day",
        "rows in doubt for more than 24 hours / all rows in doubt; exceptions: the cases that they seem to be of",
        "ours, unreviewed",
        """SELECT d.case_id, d.why AS about, d.since_at AS at, d.since_at < :now - interval '24 hours' AS wrong
           FROM hearing_doubt d WHERE d.settled_at IS NULL""",
    ),
    Measure(
        "location_unknown",
        "Children whose location is unknown",
        "followed children whose current address is 'location unknown', and those whom the official list named and no"
        " packet has placed / all followed children. Not a count of lost contact or of missed calls",
        "DHS OIG-24-46: a missed court date is no proof that a child is lost; separate counts (domain.md section 8)",
        f"""SELECT c.id AS case_id, c.state AS about, NULL::timestamptz AS at, {NOBODY_KNOWS_WHERE} AS wrong
            FROM child_case c WHERE c.state IN ({_FOLLOWED})""",
        of_children=True,
    ),
    Measure(
        "openings_unreviewed",
        "Openings of another office's case that nobody has reviewed",
        "openings that no supervisor has judged yet / all openings; exceptions: their cases. Late after 24 hours",
        "ours, unreviewed",
        """SELECT p.case_id, 'opening' AS about, p.opened_at AS at, p.reviewed_at IS NULL AS wrong FROM case_opening p""",
    ),
    *COURT,
)


def oversight_json(
    kit: Kit, *, office: str | None = None, tally: Tally | None = None, now: datetime
) -> dict[str, Any]:
    """Every measure at `now`, those of the account first; and the numbers of the board (`desk.board`).

    `tally`: the board's, where it was taken at `now` already.
    """
    with kit.transaction() as session:
        measures = [
            *_of_the_account(take_account(session, now=now)),
            *(taken(session, measure, now) for measure in _MEASURES),
        ]
        return {
            "as_of": now.isoformat(),
            "measures": measures,
            "board": board_json(
                session, take_tally(session, now=now) if tally is None else tally, office=office
            ),
        }


def measure_names() -> tuple[str, ...]:
    """Every measure, in the order of `oversight_json`."""
    return (*_OF_THE_ACCOUNT, *(one.id for one in _MEASURES))


def measure_title(name: str) -> tuple[str, str]:
    """The title of a measure and its definition.

    Raises:
        NotFound: no measure has this name.
    """
    if name in _OF_THE_ACCOUNT:
        return _OF_THE_ACCOUNT[name]
    measure = _measure(name)
    return measure.title, measure.definition


def exceptional(measure: Mapping[str, Any]) -> int:
    """How many rows of a measure that was told went wrong: as many as the list behind it has."""
    part, whole = measure["numerator"], measure["denominator"]
    good = {one.id for one in _MEASURES if one.counts_good}
    return int(whole - part if measure["id"] in good else part)


def behind_measure(
    kit: Kit,
    name: str,
    *,
    page: int,
    office: str | None = None,
    now: datetime,
    kept: Mapping[str, Any] | None = None,
) -> Behind:
    """The rows of a measure that went wrong: one page. `kept`: the measure as it was told a little while ago; its count holds.

    For somebody of one office those of their own, counted now.

    Raises:
        NotFound: no measure has this name.
    """
    with kit.transaction() as session:
        if name in _OF_THE_ACCOUNT:
            named = _named(session, name, kept, now)
            hidden = outside(session, office, named)
            return _children([one for one in named if one not in hidden], page)
        known = None if kept is None or office is not None else exceptional(kept)
        return wrong_rows(session, _measure(name), page=page, office=office, now=now, known=known)


def _measure(name: str) -> Measure:
    found = next((one for one in _MEASURES if one.id == name), None)
    if found is None:
        raise NotFound("measure", name)
    return found


def _of_the_account(account: Account) -> list[dict[str, Any]]:
    return [
        told(name, title, definition, "design.md section 1", (len(cases), account.children), cases)
        for (name, (title, definition)), cases in zip(
            _OF_THE_ACCOUNT.items(), (account.silent, account.unanswered), strict=True
        )
    ]


def _named(session: Session, name: str, kept: Mapping[str, Any] | None, now: datetime) -> Sequence[UUID]:
    """Every child of this measure; a kept one names only the first ones, so more of them are read anew."""
    if kept is not None and len(kept["exceptions"]) == kept["numerator"]:
        return [UUID(case_id) for case_id in kept["exceptions"]]
    account = take_account(session, now=now)
    return account.silent if name == "children_silent" else account.unanswered


def _children(cases: Sequence[UUID], page: int) -> Behind:
    shown = cases[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Behind(len(cases), page, [Entry(case_id, "", None) for case_id in shown])
