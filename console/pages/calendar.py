"""A week of hearings, day by day, with who has said that they will go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Reader, console_of
from console.pages.moments import day_of_week, today
from console.pages.rendering import page
from console.pages.wording import words
from console.speech import gettext
from integrations.desk.calendar import DAYS, week_json
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


@router.get("/hearings")
def hearings(request: Request, who: Reader, first: str = "") -> Response:
    """The week from this day on, or from today. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    begins = _day(first) if first else today(now)
    week = week_json(console.kit, first=begins, actor=str(who.person.id), office=who.office, now=now)
    return page(
        request,
        "hearings.html",
        title=gettext(
            "%(first)s to %(last)s",
            first=day_of_week(begins),
            last=day_of_week(begins + timedelta(days=DAYS - 1)),
        ),
        days=[
            {"name": day_of_week(date.fromisoformat(day["day"])), "rows": [_row(h) for h in day["hearings"]]}
            for day in week["days"]
            if day["hearings"]
        ],
        earlier=(begins - timedelta(days=DAYS)).isoformat(),
        later=(begins + timedelta(days=DAYS)).isoformat(),
        email=who.person.email,
    )


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(
            Problem("first", "wrong_value", "This is not a date.", "Write it as 2026-02-02.")
        ) from None


def _row(hearing: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": hearing["id"],
        "time": f"{hearing['time']} ({hearing['zone'].rpartition('/')[2].replace('_', ' ')})",
        "court": hearing["court"],
        "case_id": hearing["case_id"],
        "state": words(hearing["outcome"] or hearing["state"]),
        "child": _party(hearing["parties"]["child"]),
        "sponsor": _party(hearing["parties"]["sponsor"]),
    }


def _party(told: Mapping[str, Any]) -> dict[str, str]:
    text, tone = _GOING[told["state"]]
    return {"text": text, "tone": tone}
