"""The supervisor's board: the measures of `kinline oversight`, each with its picture and the cases behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from console.pages import wording
from console.pages.rendering import page
from console.reading import note_list
from integrations.desk.oversight import EXCEPTIONS, oversight_json
from models.errors import NotFound

router = APIRouter()
# Of these a high share is good; of all others none is.
_GOOD_WHEN_HIGH = frozenset({"welfare_calls_in_time", "children_heard", "hearings_attended"})


@router.get("/oversight")
def board(request: Request, who: Reader) -> Response:
    console = console_of(request)
    found = oversight_json(console.kit, now=console.now())
    return page(
        request,
        "oversight.html",
        measures=[_told(one) for one in found["measures"]],
        as_of=wording.moment(found["as_of"]),
    )


@router.get("/oversight/{name}")
def behind(request: Request, name: str, who: Reader) -> Response:
    """The cases behind one measure.

    Raises:
        NotFound: no measure has this name.
    """
    console = console_of(request)
    now = console.now()
    measures = oversight_json(console.kit, now=now)["measures"]
    found = next((one for one in measures if one["id"] == name), None)
    if found is None:
        raise NotFound("measure", name)
    note_list(console, who, "child_case", found["exceptions"], now=now)
    return page(
        request,
        "oversight_cases.html",
        measure=_told(found),
        cases=found["exceptions"],
        most=EXCEPTIONS if len(found["exceptions"]) == EXCEPTIONS else None,
    )


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
