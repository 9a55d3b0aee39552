"""The supervisor's board: who is out of sight, the duties of today, ages, loads, last contacts, and the measures behind.

Every number is one of `kinline oversight`, and leads to the list that it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from console.pages import wording
from console.pages.rendering import page
from console.reading import in_scope, note_list
from integrations.desk.board import MOST, NOBODY, behind
from integrations.desk.oversight import EXCEPTIONS
from integrations.desk.overview import measure_overview, oversight_overview

router = APIRouter()
# Of these a high share is good; of all others none is.
_GOOD_WHEN_HIGH = frozenset({"welfare_calls_in_time", "children_heard", "hearings_attended"})
# At the top, as numbers of children who need somebody at once.
_FIRST = ("children_silent", "children_unanswered")
# How the words of a box stand in the address of its list.
_BOXES: Mapping[str, tuple[str, ...]] = {
    "duties": ("team", "kind", "how"),
    "concerns": ("band", "how"),
    "caseloads": ("owner", "how"),
    "last_contact": ("band",),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the list behind it. `says`: what it counts, for who does not see the table. `x`, `width`: of 100."""

    count: int
    path: str
    says: str
    tone: str = ""
    x: float = 0.0
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a picture: its words, and its numbers from left to right."""

    words: tuple[str, ...]
    numbers: tuple[Number, ...]


@router.get("/oversight")
def board(request: Request, who: Reader) -> Response:
    console = console_of(request)
    found = oversight_overview(console.kit, office=who.office, now=console.now())
    measures = {one["id"]: _told(one) for one in found["measures"]}
    return page(
        request,
        "oversight.html",
        first=[measures.pop(name) for name in _FIRST],
        measures=list(measures.values()),
        duties=_duties(found["board"]["duties"]),
        concerns=_concerns(found["board"]["concerns"]),
        caseloads=_caseloads(found["board"]["caseloads"]),
        last_contact=_last_contact(found["board"]["last_contact"]),
        as_of=wording.moment(found["as_of"]),
    )


@router.get("/oversight/board/{part}")
def list_behind(request: Request, part: str, who: Reader) -> Response:
    """The rows behind one number of the board.

    Raises:
        NotFound: the board has no such part.
    """
    console = console_of(request)
    now = console.now()
    names = _BOXES.get(part, ())
    words = [request.query_params.get(name) for name in names]
    box = (*words, None, None, None)[:3]
    found = behind(console.kit, part, (box[0], box[1], box[2]), office=who.office, now=now)
    note_list(console, who, "child_case", (str(case_id) for case_id, _, _ in found.rows), now=now)
    return page(
        request,
        "oversight_list.html",
        title=_titles(part, request.query_params),
        whole=found.whole,
        most=MOST,
        rows=[
            {
                "case_id": str(case_id),
                "about": wording.words(about),
                "at": at.isoformat(),
                "age": wording.span(now - at),
            }
            for case_id, about, at in found.rows
        ],
        as_of=wording.moment(now.isoformat()),
    )


@router.get("/oversight/{name}")
def behind_measure(request: Request, name: str, who: Reader) -> Response:
    """The cases behind one measure.

    Raises:
        NotFound: no measure has this name.
    """
    console = console_of(request)
    now = console.now()
    found = measure_overview(console.kit, name, now=now)
    cases = in_scope(console, who.office, found["exceptions"])
    note_list(console, who, "child_case", cases, now=now)
    return page(
        request,
        "oversight_cases.html",
        measure=_told(found),
        cases=cases,
        most=EXCEPTIONS if len(found["exceptions"]) == EXCEPTIONS else None,
    )


# --- the pictures -----------------------------------------------------------------------------------


def _duties(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return _pictured(
        (
            (wording.words(row["kind"]), wording.words(row["team"])),
            [
                (row[how], _path("duties", team=row["team"], kind=row["kind"], how=how), how, tone)
                for how, tone in (("overdue", "bad"), ("due", ""), ("done", "good"))
            ],
        )
        for row in rows
    )


def _concerns(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return _pictured(
        (
            (_ages(row["over_hours"], row["under_hours"]),),
            [
                (row[how], _path("concerns", band=row["band"], how=how), how, tone)
                for how, tone in (("waiting", "bad"), ("taken", ""))
            ],
        )
        for row in rows
    )


def _caseloads(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return _pictured(
        (
            ("Nobody yet" if row["owner"] == NOBODY else row["name"] or "somebody who has left",),
            [
                (row[how], _path("caseloads", owner=row["owner"], how=how), how.replace("_", " "), tone)
                for how, tone in (("late", "bad"), ("in_time", ""))
            ],
        )
        for row in rows
    )


def _last_contact(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return _pictured(
        (
            (
                "Not since the release"
                if row["band"] == "never"
                else _ages(row["over_hours"], row["under_hours"]),
            ),
            [
                (
                    row["children"],
                    _path("last_contact", band=row["band"]),
                    "children",
                    "bad" if row["band"] == "never" else "",
                )
            ],
        )
        for row in rows
    )


_Asked = tuple[tuple[str, ...], list[tuple[int, str, str, str]]]


def _pictured(rows: Iterable[_Asked]) -> list[Row]:
    """The rows with their bars, all on one scale: the longest row is the whole width."""
    asked: list[_Asked] = list(rows)
    longest = max((sum(number[0] for number in numbers) for _, numbers in asked), default=0) or 1
    found = []
    for words, numbers in asked:
        x, made = 0.0, []
        for count, path, how, tone in numbers:
            width = 100 * count / longest
            made.append(
                Number(count, path, f" {how}: {', '.join(words)}", tone, round(x, 2), round(width, 2))
            )
            x += width
        found.append(Row(words, tuple(made)))
    return found


def _path(part: str, **box: str) -> str:
    return f"/oversight/board/{part}?{urlencode(box)}"


def _ages(low: int, high: int | None) -> str:
    """A band of ages in words: `under a day`, `3 to 7 days`, `more than 14 days`."""
    if not low:
        return "Under a day" if high == 24 else f"Under {(high or 0) // 24} days"
    return f"{low // 24} to {high // 24} days" if high else f"More than {low // 24} days"


_PARTS = {
    "duties": "Duties of today",
    "concerns": "Concerns by age",
    "caseloads": "Who carries what",
    "last_contact": "Children by last contact",
}


def _titles(part: str, asked: Mapping[str, str]) -> str:
    """What the list is of: the part, and the words of the box that was asked for."""
    words = [
        wording.lower(wording.words(asked[name]))
        for name in _BOXES[part]
        if name in ("team", "kind", "how") and asked.get(name)
    ]
    return ": ".join([_PARTS[part], ", ".join(words)]) if words else _PARTS[part]


# --- the measures -----------------------------------------------------------------------------------


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    share = one["share"]
    wrong = _wrong(one)
    return {
        "id": one["id"],
        "title": one["title"],
        "numerator": one["numerator"],
        "denominator": one["denominator"],
        "percent": None if share is None else f"{share:.1%}".replace(".0%", "%"),
        "width": 0 if share is None else round(100 * share, 1),
        "tone": "" if not one["denominator"] else "bad" if wrong else "good",
        "word": "Nothing to count yet" if not one["denominator"] else "Look at it" if wrong else "In order",
        "definition": one["definition"],
        "source": one["source"],
        "cases": len(one["exceptions"]),
    }


def _wrong(one: Mapping[str, Any]) -> bool:
    whole = one["denominator"] if one["id"] in _GOOD_WHEN_HIGH else 0
    return bool(one["numerator"] != whole)
