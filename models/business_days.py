"""Which days are business days: Monday to Friday without the federal holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=64)
def _federal_holidays(year: int) -> frozenset[date]:
    """The eleven holidays of 5 USC 6103, with the days on which they are observed."""
    # A third of a second to load: only for whoever asks for a business day.
    import holidays

    return frozenset(holidays.country_holidays("US", years=year).keys())


def is_business_day(day: date) -> bool:
    """Monday to Friday and no federal holiday."""
    return day.weekday() < 5 and day not in _federal_holidays(day.year)


def add_business_days(day: date, days: int) -> date:
    """The day that lies this many business days after `day`; 0 is that day itself."""
    left = days
    while left > 0:
        day += timedelta(days=1)
        left -= is_business_day(day)
    return day
