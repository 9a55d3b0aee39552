"""Moments and days as the reader's own clock and calendar tell them, and as people type them in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_name
from markupsafe import Markup

from console.speech import speech
from models.errors import BadInput, Problem

# The zone stands beside the time, with the hour that summer adds: 1:30 AM happens twice on a night in November.
_MOMENT = "d MMM y, h:mm a z"
_HOUR_THERE = "EEE d MMM, h:mm a"
_DAY = "d MMM y"
_DAY_OF_WEEK = "EEEE, d MMM y"


def moment(value: str | datetime | None) -> str:
    """A moment by the reader's clock: 2 Feb 2026, 10:00 AM EST."""
    at = _at(value)
    if at is None:
        return ""
    told = speech()
    return _moment(at, told.zone, told.locale)


def time_tag(value: str | datetime | None) -> Markup:
    """The same for a page, where a program reads the moment itself."""
    at = _at(value)
    if at is None:
        return Markup()
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), moment(at))


def hour_there(told: str) -> str:
    """A day and an hour where somebody lives, whatever the reader's own clock says: Mon 2 Feb, 9:00 AM."""
    at = datetime.fromisoformat(told).replace(tzinfo=None)
    return _hour_there(at, speech().locale)


# A long list says the same hours again and again, and Babel takes its time over each.
@lru_cache(4096)
def _moment(at: datetime, zone: ZoneInfo, locale: str) -> str:
    return _plain(format_datetime(at, _MOMENT, tzinfo=zone, locale=locale))


@lru_cache(1024)
def _hour_there(at: datetime, locale: str) -> str:
    return _plain(format_datetime(at, _HOUR_THERE, locale=locale))


def day(value: str | date | None) -> str:
    """A day of the calendar, which is the same on every clock: 2 Feb 2026."""
    return _day(value, _DAY)


def day_of_week(value: str | date | None) -> str:
    """The same with its name: Monday, 2 Feb 2026."""
    return _day(value, _DAY_OF_WEEK)


def today(now: datetime) -> date:
    """Which day it is for the reader."""
    return now.astimezone(speech().zone).date()


def zone_name(zone: ZoneInfo | None = None) -> str:
    """What the reader's zone, or this one, is called: Eastern Time; Hawaii Time, where clocks are never set forward."""
    told = speech()
    here = zone or told.zone
    winter, summer = (datetime(2026, month, 1, tzinfo=here) for month in (1, 7))
    asked = here if winter.utcoffset() != summer.utcoffset() else winter
    return get_timezone_name(asked, locale=told.locale)


def zone_options(names: Iterable[str]) -> list[tuple[str, str]]:
    """These zones by name and in words, with a city of each."""
    return [(name, f"{zone_name(ZoneInfo(name))} ({_city(name)})") for name in names]


def _city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")


def typed_moment(text: str, field: str, zone: ZoneInfo | None = None) -> datetime:
    """The moment that was typed by the clock of this zone, else by the reader's; or with an offset of its own.

    One that comes twice is taken as the first.

    Raises:
        BadInput: it is none, or clocks are set forward past it.
    """
    remedy = "Write it as 2026-02-02 15:30."
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(Problem(field, "wrong_value", "This is not a day and an hour.", remedy)) from None
    if typed.tzinfo is not None:
        return typed
    at = typed.replace(tzinfo=zone or speech().zone)
    if datetime.fromtimestamp(at.timestamp(), at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        skipped = "On this day clocks are set forward past this hour."
        raise BadInput(Problem(field, "wrong_value", skipped, "Choose an hour before or after."))
    return at


def _at(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else value or None


def _day(value: str | date | None, pattern: str) -> str:
    if not value:
        return ""
    known = date.fromisoformat(value) if isinstance(value, str) else value
    return _plain(format_date(known, pattern, locale=speech().locale))


def _plain(text: str) -> str:
    """Narrow and unbreakable blanks, which copy and search badly, become plain ones."""
    return text.replace("\u202f", " ").replace("\xa0", " ")
