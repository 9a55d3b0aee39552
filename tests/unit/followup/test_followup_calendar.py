"""Local days and hours: daylight saving, federal holidays, quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from followup_builders import CHICAGO, HAWAII, NEW_YORK, PHOENIX, POLICY, utc
from hypothesis import given
from hypothesis import strategies as st

from followup.calendar import (
    business_days_after,
    in_quiet_hours,
    local_instant,
    quiet_ends,
)
from models.business_days import is_business_day
from models.errors import BadInput

QUIET = POLICY.quiet
ZONES = st.sampled_from([NEW_YORK, CHICAGO, PHOENIX, HAWAII, "America/Puerto_Rico", "America/Anchorage"])
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 1, 15), time(9), NEW_YORK, "2026-01-15T14:00"),
        (date(2026, 7, 15), time(9), NEW_YORK, "2026-07-15T13:00"),
        (date(2026, 7, 15), time(9), PHOENIX, "2026-07-15T16:00"),  # no summer time there
        (date(2026, 3, 8), time(1, 59), NEW_YORK, "2026-03-08T06:59"),
        (date(2026, 3, 8), time(2, 30), NEW_YORK, "2026-03-08T07:30"),  # skipped: 03:30 by the new clock
        (date(2026, 3, 8), time(3), NEW_YORK, "2026-03-08T07:00"),
        (date(2026, 11, 1), time(1, 30), NEW_YORK, "2026-11-01T05:30"),  # comes twice: the first
        (date(2026, 11, 1), time(2), NEW_YORK, "2026-11-01T07:00"),
    ],
)
def test_local_time_becomes_one_instant_on_any_night(day, at, zone, expected):
    assert local_instant(day, at, zone) == utc(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-02-02T18:00", 0, date(2026, 2, 2)),
        ("2026-02-02T18:00", 1, date(2026, 2, 3)),
        ("2026-02-06T18:00", 1, date(2026, 2, 9)),  # Friday to Monday
        ("2026-02-07T18:00", 1, date(2026, 2, 9)),  # Saturday to Monday
        ("2026-02-13T18:00", 1, date(2026, 2, 17)),  # over Washington's birthday, Monday 16
        ("2026-07-02T18:00", 1, date(2026, 7, 6)),  # 4 July is a Saturday: Friday 3 is observed
        ("2021-12-30T18:00", 1, date(2022, 1, 3)),  # 1 January 2022 is observed in the year before
        ("2026-02-03T03:00", 1, date(2026, 2, 3)),  # still Monday evening in Chicago
    ],
)
def test_business_days_leave_out_weekends_and_federal_holidays(start, days, expected):
    assert business_days_after(utc(start), days, CHICAGO) == expected


@given(INSTANTS, st.integers(1, 40), ZONES)
def test_a_business_day_count_holds_exactly_that_many_business_days(start, days, zone):
    first = business_days_after(start, 0, zone)
    last = business_days_after(start, days, zone)
    passed = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert is_business_day(last)
    assert sum(map(is_business_day, passed)) == days


@pytest.mark.parametrize(
    ("now", "quiet"),
    [
        ("2026-02-03T02:59:59", False),  # 20:59:59 in Chicago
        ("2026-02-03T03:00:00", True),  # 21:00
        ("2026-02-03T13:59:59", True),  # 07:59:59
        ("2026-02-03T14:00:00", False),  # 08:00
    ],
)
def test_quiet_hours_begin_at_nine_and_end_at_eight(now, quiet):
    assert in_quiet_hours(utc(now), [CHICAGO], QUIET) is quiet


def test_quiet_anywhere_is_quiet():
    at_eight_in_new_york = utc("2026-02-03T13:00")
    assert not in_quiet_hours(at_eight_in_new_york, [NEW_YORK], QUIET)
    assert in_quiet_hours(at_eight_in_new_york, [NEW_YORK, HAWAII], QUIET)


def test_an_unknown_place_waits_for_the_whole_country():
    assert quiet_ends(utc("2026-02-03T12:00"), [], QUIET) == utc("2026-02-03T18:00")  # 08:00 in Hawaii


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-03-08T03:30", "2026-03-08T12:00"),  # the short night: 08:00 is summer time
        ("2026-11-01T03:30", "2026-11-01T13:00"),  # the long night
    ],
)
def test_quiet_hours_end_at_eight_by_the_wall_clock(now, ends):
    assert quiet_ends(utc(now), [NEW_YORK], QUIET) == utc(ends)


@given(INSTANTS, st.lists(ZONES, max_size=3))
def test_quiet_always_ends_within_a_day_and_never_goes_back(now, zones):
    ends = quiet_ends(now, zones, QUIET)
    assert now <= ends <= now + timedelta(hours=26)
    assert not in_quiet_hours(ends, zones, QUIET)
    assert (ends == now) is not in_quiet_hours(now, zones, QUIET)


def test_places_that_never_wake_together_are_named_as_such():
    with pytest.raises(BadInput, match="never_awake"):
        quiet_ends(utc("2026-02-03T12:00"), ["Etc/GMT-8", "Etc/GMT", "Etc/GMT+8"], QUIET)


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../etc/passwd"])
def test_an_unknown_zone_is_bad_input(zone):
    with pytest.raises(BadInput, match="unknown_zone"):
        local_instant(date(2026, 2, 2), time(9), zone)
