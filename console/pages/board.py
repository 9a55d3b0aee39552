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
from console.pages import board_words, wording
from console.pages.rendering import page
from console.pages.turning import PageNumber
from console.permissions import READ_OPENINGS
from console.reading import note_list
from console.speech import gettext, translated
from integrations.desk.behind import Behind
from integrations.desk.board import NOBODY
from integrations.desk.oversight import exceptional
from integrations.desk.overview import board_list, measure_list, oversight_overview
from models.errors import NotFound

router = APIRouter()
# At the top, as numbers of children who need somebody at once; and for who reads them, what was opened and nobody has judged.
_FIRST = ("children_silent", "children_unanswered")
_OPENINGS = "openings_unreviewed"
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
    first = [measures.pop(name) for name in _FIRST]
    if READ_OPENINGS.is_held_by(who.person):
        first.append(measures.pop(_OPENINGS))
    return page(
        request,
        "oversight.html",
        first=first,
        measures=list(measures.values()),
        duties=_duties(found["board"]["duties"]),
        concerns=_concerns(found["board"]["concerns"]),
        caseloads=_caseloads(found["board"]["caseloads"]),
        last_contact=_last_contact(found["board"]["last_contact"]),
        as_of=wording.moment(found["as_of"]),
    )


@router.get("/oversight/board/{part}")
def list_behind(request: Request, part: str, who: Reader, number: PageNumber = 1) -> Response:
    """The rows behind one number of the board.

    Raises:
        NotFound: the board has no such part, or no such number.
    """
    console = console_of(request)
    asked = {name: told for name, told in request.query_params.items() if name != "page"}
    if part not in _BOXES or set(asked) - set(_BOXES[part]):
        raise NotFound("number of the board", part)
    first, second, third = (*map(asked.get, _BOXES[part]), None, None, None)[:3]
    box = (first, second, third)
    found, counted_at = board_list(console.kit, part, box, page=number, office=who.office, now=console.now())
    title = board_words.list_title(part, asked, found.name)
    return _listed(request, who, _List(title, "", found.behind, counted_at, asked))


@router.get("/oversight/{name}")
def behind_measure(request: Request, name: str, who: Reader, number: PageNumber = 1) -> Response:
    """The rows behind one measure.

    Raises:
        NotFound: no measure has this name.
    """
    console = console_of(request)
    found = measure_list(console.kit, name, page=number, office=who.office, now=console.now())
    definition = board_words.definition(found.definition)
    about = f"{board_words.behind_link(name, found.behind.whole)}. {definition}."
    return _listed(request, who, _List(translated(found.title), about, found.behind, found.counted_at, {}))


@dataclass(frozen=True, slots=True)
class _List:
    """What a list page shows. `box`: what its other pages are asked for by."""

    title: str
    about: str
    behind: Behind
    counted_at: str
    box: Mapping[str, str]


def _listed(request: Request, who: Reader, shown: _List) -> Response:
    console, found = console_of(request), shown.behind
    now = console.now()
    cases = (str(row.case_id) for row in found.rows if row.case_id)
    note_list(console, who, "child_case", cases, now=now)

    def turned(to: int) -> str | None:
        if not 1 <= to <= found.pages:
            return None
        return f"{request.url.path}?{urlencode({**shown.box, 'page': to})}"

    return page(
        request,
        "oversight_list.html",
        title=shown.title,
        about=shown.about,
        behind=found,
        previous=turned(min(found.page - 1, found.pages)),
        next=turned(found.page + 1),
        rows=[
            {
                "case_id": str(row.case_id) if row.case_id else None,
                "about": wording.words(row.about),
                "at": row.at.isoformat() if row.at else None,
            }
            for row in found.rows
        ],
        as_of=wording.moment(shown.counted_at),
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
            (board_words.ages(row["over_hours"], row["under_hours"]),),
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
            (
                gettext("Nobody yet")
                if row["owner"] == NOBODY
                else row["name"] or gettext("somebody who has left"),
            ),
            [
                (row[how], _path("caseloads", owner=row["owner"], how=how), how, tone)
                for how, tone in (("late", "bad"), ("in_time", ""))
            ],
        )
        for row in rows
    )


def _last_contact(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return _pictured(
        (
            (
                gettext("Not since the release")
                if row["band"] == "never"
                else board_words.ages(row["over_hours"], row["under_hours"]),
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
                Number(
                    count,
                    path,
                    f" {board_words.how(how)}: {', '.join(words)}",
                    tone,
                    round(x, 2),
                    round(width, 2),
                )
            )
            x += width
        found.append(Row(words, tuple(made)))
    return found


def _path(part: str, **box: str) -> str:
    return f"/oversight/board/{part}?{urlencode(box)}"


# --- the measures -----------------------------------------------------------------------------------


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    share, wrong = one["share"], exceptional(one)
    return {
        "id": one["id"],
        "title": translated(one["title"]),
        "told": board_words.told(one),
        "percent": None if share is None else f"{share:.1%}".replace(".0%", "%"),
        "width": 0 if share is None else round(100 * share, 1),
        "tone": "" if not one["denominator"] else "bad" if wrong else "good",
        "word": _word(one["denominator"], wrong),
        "definition": board_words.definition(one["definition"]),
        "source": one["source"],
        "behind": board_words.behind_link(one["id"], wrong) if wrong else None,
    }


def _word(whole: int, wrong: int) -> str:
    if not whole:
        return gettext("Nothing to count yet")
    return gettext("Look at it") if wrong else gettext("In order")
