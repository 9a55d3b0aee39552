"""The words of the supervisor's board: what a measure counted, which list its link opens, and what a list is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.pages import wording
from integrations.desk.board import CONCERN_BANDS, CONTACT_BANDS, NOBODY

PARTS = {
    "duties": "Duties of today",
    "concerns": "Concerns by age",
    "caseloads": "Who carries what",
    "last_contact": "Children by last contact",
}
_HOW = {
    "overdue": "overdue",
    "due": "still due today",
    "done": "done today",
    "waiting": "waiting for somebody",
    "taken": "taken",
    "late": "late",
    "in_time": "in time",
}
# After `38 of 40`: of what the two are.
_OF = {
    "children_silent": "children",
    "children_unanswered": "children",
    "welfare_calls_in_time": "made in time",
    "children_heard": "heard",
    "duties_overdue": "overdue",
    "escalations_without_owner": "not taken",
    "checks_out_over_a_week": "still out",
    "hearing_rows_in_doubt": "not decided on",
    "location_unknown": "children",
    "hearings_attended": "attended",
    "hearings_without_outcome": "without an outcome",
    "no_hearing_known": "children",
    "openings_unreviewed": "not reviewed",
}
# The rows behind the link: one, or more.
_BEHIND = {
    "welfare_calls_in_time": ("The call that was not", "The {} calls that were not"),
    "children_heard": ("The child who was not", "The {} children who were not"),
    "duties_overdue": ("The overdue duty", "The {} overdue duties"),
    "escalations_without_owner": ("The escalation", "The {} escalations"),
    "checks_out_over_a_week": ("The check", "The {} checks"),
    "hearing_rows_in_doubt": ("The row", "The {} rows"),
    "hearings_attended": ("The hearing that was missed", "The {} hearings that were missed"),
    "hearings_without_outcome": ("The hearing", "The {} hearings"),
    "openings_unreviewed": ("The opening", "The {} openings"),
}
_CHILDREN = ("The child", "The {} children")


def told(measure: Mapping[str, Any]) -> str:
    """`38 of 40 made in time`."""
    return f"{measure['numerator']:,} of {measure['denominator']:,} {_OF[measure['id']]}"


def behind_link(name: str, rows: int) -> str:
    """Which rows a measure's list holds: `The 2 calls that were not`. The number is that of the rows, not of the measure."""
    one, many = _BEHIND.get(name, _CHILDREN)
    return one if rows == 1 else many.format(f"{rows:,}" if rows else "0")


def ages(low: int, high: int | None) -> str:
    """A band of ages in hours, in words: `Under a day`, `3 to 7 days`, `More than 14 days`."""
    if not low:
        return "Under a day" if high == 24 else f"Under {(high or 0) // 24} days"
    return f"{low // 24} to {high // 24} days" if high else f"More than {low // 24} days"


def list_title(part: str, box: Mapping[str, str], name: str | None) -> str:
    """What a list of the board is of: the part, and its box in words. `name`: of the person whose rows they are."""
    words = [_in_words(part, key, told, name) for key, told in box.items()]
    return ": ".join([PARTS[part], ", ".join(words)]) if words else PARTS[part]


def _in_words(part: str, key: str, told: str, name: str | None) -> str:
    if key == "owner":
        return "nobody's yet" if told == NOBODY else name or ""
    if key == "band":
        return _band(part, told)
    return _HOW[told] if key == "how" else wording.lower(wording.words(told))


def _band(part: str, told: str) -> str:
    if told == "never":
        return "not heard since the release"
    hours = CONCERN_BANDS if part == "concerns" else CONTACT_BANDS
    edges = (0, *hours, None)
    words = wording.lower(ages(edges[int(told)] or 0, edges[int(told) + 1]))
    return f"open for {words}" if part == "concerns" else f"heard {words} ago"
