"""Local days and hours, business days and quiet hours. Every instant in and out is aware; days are local."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.business_days import add_business_days
from models.errors import BadInput, Problem
from models.followup_policy import QuietRule

MORNING = time(9)  # when a planned duty opens where the family lives. Source: ours, unreviewed
EVENING = time(21)  # when its last day ends: no call is made after it. Source: 47 CFR 64.1200(c), adopted
# Where the place is not known, an hour must suit the whole country, from the east coast to Hawaii.
ANYWHERE = ("America/New_York", "Pacific/Honolulu")
_ROUNDS = 12
_SATURDAY = 6


@lru_cache(maxsize=256)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name.

    Raises:
        BadInput: there is none; correct the zone of the address.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            Problem("zone", "unknown_zone", "No time zone has this name.", "Use one like America/Chicago.")
        ) from None


def local_day(instant: datetime, zone: str) -> date:
    """The calendar day of this instant where the family lives."""
    return instant.astimezone(zone_named(zone)).date()


def eighteenth_birthday(born_on: date, years: int = 18) -> date:
    """The day on which somebody born on that day turns 18."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:  # born on 29 February
        return date(born_on.year + years, 3, 1)


def local_instant(day: date, local_time: time, zone: str) -> datetime:
    """The UTC instant of this wall-clock time.

    A time that the clocks skip in spring counts as if they had not been put forward yet (02:30 becomes
    03:30); of a time that comes twice in autumn, the first is meant.

    >>> local_instant(date(2026, 3, 8), time(2, 30), "America/New_York").isoformat()
    '2026-03-08T07:30:00+00:00'
    """
    return datetime.combine(day, local_time.replace(fold=0), zone_named(zone)).astimezone(UTC)


def is_weekend(day: date) -> bool:
    """A Saturday or a Sunday."""
    return day.isoweekday() >= _SATURDAY


def first_weekend_day(day: date) -> date:
    """The first Saturday or Sunday from this day on.

    >>> first_weekend_day(date(2026, 2, 2)), first_weekend_day(date(2026, 2, 8))
    (datetime.date(2026, 2, 7), datetime.date(2026, 2, 8))
    """
    return day + timedelta(days=max(0, _SATURDAY - day.isoweekday()))


def business_days_after(start: datetime, days: int, zone: str) -> date:
    """The local day that lies this many business days after the local day of `start`; 0 is that day itself."""
    return add_business_days(local_day(start, zone), days)


def _is_quiet(local: time, quiet: QuietRule) -> bool:
    if quiet.begins <= quiet.ends:
        return quiet.begins <= local < quiet.ends
    return local >= quiet.begins or local < quiet.ends


def in_quiet_hours(now: datetime, zones: Sequence[str], quiet: QuietRule) -> bool:
    """True when it is quiet in any of these zones. `begins` is quiet already, `ends` no longer."""
    return any(
        _is_quiet(now.astimezone(zone_named(zone)).time().replace(tzinfo=None), quiet)
        for zone in zones or ANYWHERE
    )


def quiet_ends(now: datetime, zones: Sequence[str], quiet: QuietRule) -> datetime:
    """The first instant from `now` on at which all of these zones are awake; `now` itself when they are.

    Raises:
        BadInput: they are never awake together.
    """
    at = now.astimezone(UTC)
    for _ in range(_ROUNDS):
        if not in_quiet_hours(at, zones, quiet):
            return at
        at = max(_awake(at, zone, quiet) for zone in zones or ANYWHERE)
    raise BadInput(
        Problem(
            "zones", "never_awake", "These places are never awake together.", "Check the numbers' places."
        )
    )


def _awake(at: datetime, zone: str, quiet: QuietRule) -> datetime:
    """`at`, or the end of the quiet time that it falls in."""
    local = at.astimezone(zone_named(zone))
    if not _is_quiet(local.time().replace(tzinfo=None), quiet):
        return at
    end = local_instant(local.date(), quiet.ends, zone)
    return end if end > at else local_instant(local.date() + timedelta(days=1), quiet.ends, zone)
