"""The words of the supervisor's board: what a measure counted, which list its link opens, and what a list is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.pages import wording
from console.speech import gettext, translated
from integrations.desk.board import CONCERN_BANDS, CONTACT_BANDS, NOBODY

PARTS = {
    "duties": "Duties of today",
    "concerns": "Concerns by age",
    "caseloads": "Who carries what",
    "last_contact": "Children by last contact",
}
_HOW = {
    "overdue": "Overdue",
    "due": "Still due today",
    "done": "Done today",
    "waiting": "Waiting for somebody",
    "taken": "Taken",
    "late": "Late",
    "in_time": "In time",
    "children": "Children",
}
# What a measure counted, and of how many.
_OF = {
    "children_silent": "%(part)s of %(whole)s children",
    "children_unanswered": "%(part)s of %(whole)s children",
    "welfare_calls_in_time": "%(part)s of %(whole)s made in time",
    "children_heard": "%(part)s of %(whole)s heard",
    "duties_overdue": "%(part)s of %(whole)s overdue",
    "escalations_without_owner": "%(part)s of %(whole)s not taken",
    "checks_out_over_a_week": "%(part)s of %(whole)s still out",
    "hearing_rows_in_doubt": "%(part)s of %(whole)s not decided on",
    "location_unknown": "%(part)s of %(whole)s children",
    "hearings_attended": "%(part)s of %(whole)s attended",
    "hearings_without_outcome": "%(part)s of %(whole)s without an outcome",
    "no_hearing_known": "%(part)s of %(whole)s children",
    "openings_unreviewed": "%(part)s of %(whole)s not reviewed",
}
# The rows behind the link: one, or more.
_BEHIND = {
    "welfare_calls_in_time": ("The call that was not", "The %(number)s calls that were not"),
    "children_heard": ("The child who was not", "The %(number)s children who were not"),
    "duties_overdue": ("The overdue duty", "The %(number)s overdue duties"),
    "escalations_without_owner": ("The escalation", "The %(number)s escalations"),
    "checks_out_over_a_week": ("The check", "The %(number)s checks"),
    "hearing_rows_in_doubt": ("The row", "The %(number)s rows"),
    "hearings_attended": ("The hearing that was missed", "The %(number)s hearings that were missed"),
    "hearings_without_outcome": ("The hearing", "The %(number)s hearings"),
    "openings_unreviewed": ("The opening", "The %(number)s openings"),
}
_CHILDREN = ("The child", "The %(number)s children")


def told(measure: Mapping[str, Any]) -> str:
    """`38 of 40 made in time`."""
    return gettext(
        _OF[measure["id"]], part=format(measure["numerator"], ","), whole=format(measure["denominator"], ",")
    )


def definition(measure: str) -> str:
    """What a measure counts, as a sentence without its full stop."""
    return translated(measure[:1].upper() + measure[1:])


def how(code: str) -> str:
    """How the rows of a number stand: overdue, taken, in time."""
    return wording.lower(gettext(_HOW[code]))


def behind_link(name: str, rows: int) -> str:
    """Which rows a measure's list holds: `The 2 calls that were not`. The number is that of the rows, not of the measure."""
    one, many = _BEHIND.get(name, _CHILDREN)
    return gettext(one) if rows == 1 else gettext(many, number=format(rows, ","))


def ages(low: int, high: int | None) -> str:
    """A band of ages in hours, in words: `Under a day`, `3 to 7 days`, `More than 14 days`."""
    if not low:
        return (
            gettext("Under a day") if high == 24 else gettext("Under %(days)s days", days=(high or 0) // 24)
        )
    if not high:
        return gettext("More than %(days)s days", days=low // 24)
    return gettext("%(low)s to %(high)s days", low=low // 24, high=high // 24)


def list_title(part: str, box: Mapping[str, str], name: str | None) -> str:
    """What a list of the board is of: the part, and its box in words. `name`: of the person whose rows they are."""
    words = [_in_words(part, key, told, name) for key, told in box.items()]
    return ": ".join(filter(None, (gettext(PARTS[part]), ", ".join(words))))


def _in_words(part: str, key: str, told: str, name: str | None) -> str:
    if key == "owner":
        return gettext("nobody's yet") if told == NOBODY else name or ""
    if key == "band":
        return _band(part, told)
    return how(told) if key == "how" else wording.lower(wording.words(told))


def _band(part: str, told: str) -> str:
    if told == "never":
        return gettext("not heard since the release")
    hours = CONCERN_BANDS if part == "concerns" else CONTACT_BANDS
    edges = (0, *hours, None)
    words = wording.lower(ages(edges[int(told)] or 0, edges[int(told) + 1]))
    if part == "concerns":
        return gettext("open for %(age)s", age=words)
    return gettext("heard %(age)s ago", age=words)
