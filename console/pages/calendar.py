"""A week of hearings, day by day, with who has said that they will go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from console.pages.court_acts import HEARING, act_on
from console.pages.moments import day_of_week, today
from console.pages.rendering import page
from console.pages.turning import PageNumber
from console.pages.wording import words
from console.speech import gettext
from integrations.desk.behind import PER_PAGE, pages_of
from integrations.desk.calendar import DAYS, Heard, heard_of, week_json
from models.errors import BadInput, Problem

router = APIRouter()
_GOING = {
    "confirmed": ("Will go", "good"),
    "needs_help": ("Needs help", "bad"),
    "no_ride": ("Has no ride", "bad"),
    "not_going": ("Will not go", "bad"),
    "no_answer": ("No answer", "warn"),
    "not_reminded": ("Not reminded yet", ""),
}


# What one can ask for, in the order of the links.
_TABS: Mapping[Heard | None, str] = {
    None: "All",
    Heard.TROUBLE: "Somebody needs help",
    Heard.UNHEARD: "Nobody has answered",
    Heard.GOING: "Will go",
}


@router.get("/hearings")
def hearings(
    request: Request, who: Reader, first: str = "", heard: Heard | None = None, number: PageNumber = 1
) -> Response:
    """The week from this day on, or from today: a page of all of it, or of those of whom so much was heard.

    The view itself writes the audit row.
    """
    console = console_of(request)
    now = console.now()
    begins = _day(first) if first else today(now)
    week = week_json(console.kit, first=begins, actor=str(who.person.id), office=who.office, now=now)
    of_week = [
        (day["day"], hearing, heard_of(hearing)) for day in week["days"] for hearing in day["hearings"]
    ]
    numbers = Counter(known for _, _, known in of_week)
    asked = [one for one in of_week if heard in (None, one[2])]
    pages = pages_of(len(asked), PER_PAGE)
    shown = asked[(number - 1) * PER_PAGE : number * PER_PAGE]

    def link(**changed: object) -> str:
        query = {"first": begins.isoformat(), "heard": heard and heard.value, "page": 1, **changed}
        return f"/hearings?{urlencode({key: told for key, told in query.items() if told not in (None, 1)})}"

    return page(
        request,
        "hearings.html",
        title=gettext(
            "%(first)s to %(last)s",
            first=day_of_week(begins),
            last=day_of_week(begins + timedelta(days=DAYS - 1)),
        ),
        days=[
            {"name": day_of_week(date.fromisoformat(day)), "rows": [_row(one, now) for _, one, _ in rows]}
            for day, rows in groupby(shown, key=itemgetter(0))
        ],
        tabs=[
            {
                "words": told,
                "number": len(of_week) if tab is None else numbers[tab],
                "link": link(heard=tab and tab.value),
                "here": tab == heard,
            }
            for tab, told in _TABS.items()
        ],
        number=number,
        pages=pages,
        previous=link(page=min(number - 1, pages)) if number > 1 else None,
        next=link(page=number + 1) if number < pages else None,
        earlier=(begins - timedelta(days=DAYS)).isoformat(),
        later=(begins + timedelta(days=DAYS)).isoformat(),
        first=begins.isoformat(),
        says=HEARING["going"].is_offered_to(who.person),
    )


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(
            Problem("first", "wrong_value", "This is not a date.", "Write it as 2026-02-02.")
        ) from None


def _row(hearing: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": hearing["id"],
        "time": f"{hearing['time']} ({hearing['zone'].rpartition('/')[2].replace('_', ' ')})",
        "court": hearing["court"],
        "case_id": hearing["case_id"],
        "state": words(hearing["outcome"] or hearing["state"]),
        "child": going_words(hearing["parties"]["child"]),
        "sponsor": going_words(hearing["parties"]["sponsor"]),
        "act": act_on(hearing, hearing["case_state"], now),
    }


def going_words(told: Mapping[str, Any]) -> dict[str, str]:
    """What one of the two has said about going, and how loud it is."""
    text, tone = _GOING[told["state"]]
    return {"text": text, "tone": tone}
