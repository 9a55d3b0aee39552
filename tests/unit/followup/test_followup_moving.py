"""Another time zone: the same day and hour there, never sooner than now, never behind the longest silence."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from followup_builders import CHICAGO, HAWAII, NEW_YORK, PHOENIX, POLICY, a_release, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from followup.calendar import in_quiet_hours
from followup.moving import BY_THE_CLOCK, same_hour, sending_there, window_there
from followup.plan import release_plan

HOUR = timedelta(hours=1)
ZONES = st.sampled_from([NEW_YORK, CHICAGO, PHOENIX, HAWAII])


def there(duty, old, new, now, latest=None):
    return window_there(duty.opens_at, duty.due_at, POLICY, old=old, new=new, now=now, latest=latest)


def clock(at, zone):
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@given(ZONES, ZONES, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_a_plan_keeps_its_days_and_hours_there_and_comes_back_as_it_was(old, new, released_on):
    released = utc(f"{released_on}T18:00")
    now = released + HOUR
    for duty in release_plan(a_release(released_at=released, zone=old), POLICY):
        if duty.kind not in BY_THE_CLOCK:
            continue
        opens, due = there(duty, old, new, now)
        assert (clock(opens, new), clock(due, new)) == (clock(duty.opens_at, old), clock(duty.due_at, old))
        back = window_there(opens, due, POLICY, old=new, new=old, now=now)
        assert back == (duty.opens_at, duty.due_at)


def a_call():
    return next(d for d in release_plan(a_release(), POLICY) if d.kind == "welfare_call")


def test_what_has_passed_stays_and_nothing_comes_to_lie_before_now():
    call = a_call()
    for now in (call.opens_at, call.opens_at + HOUR):
        assert there(call, CHICAGO, HAWAII, now)[0] == call.opens_at
    late = call.due_at + HOUR
    assert there(call, CHICAGO, HAWAII, late) == (call.opens_at, call.due_at)
    # In the east the last evening is over already: it stays the evening of the old zone.
    assert there(call, HAWAII, NEW_YORK, call.due_at - HOUR)[1] == call.due_at


def test_what_was_reckoned_from_an_instant_stays():
    opens, due = utc("2026-02-10T15:20"), utc("2026-02-12T15:20")
    assert window_there(opens, due, POLICY, old=CHICAGO, new=HAWAII, now=utc("2026-02-09T12:00")) == (
        opens,
        due,
    )


def test_a_look_at_the_child_never_comes_after_the_longest_silence():
    call = a_call()
    now, latest = call.opens_at - HOUR, call.due_at + HOUR
    assert there(call, CHICAGO, HAWAII, now)[1] == call.due_at + 4 * HOUR
    assert there(call, CHICAGO, HAWAII, now, latest=latest)[1] == latest


NOON = utc("2026-02-10T18:00")  # 12:00 in Chicago, 08:00 in Honolulu


@pytest.mark.parametrize(
    ("old", "new", "send_after", "expected"),
    [
        (CHICAGO, HAWAII, "2026-02-11T02:30", "2026-02-11T06:30"),  # 20:30 here, 20:30 there
        (HAWAII, CHICAGO, "2026-02-11T06:30", "2026-02-11T02:30"),
        (CHICAGO, HAWAII, "2026-02-10T17:00", "2026-02-10T17:00"),  # it could go already, and it is day there
        (HAWAII, CHICAGO, "2026-02-10T18:30", "2026-02-10T18:00"),  # 08:30 has passed there: now
    ],
)
def test_a_waiting_text_keeps_its_hour(old, new, send_after, expected):
    found = sending_there(
        utc(send_after), utc(send_after) + 8 * HOUR, POLICY.quiet, old=old, new=new, now=NOON
    )
    assert found == (utc(expected), utc(expected) + 8 * HOUR)


@given(ZONES, ZONES, st.integers(-600, 2000), st.integers(0, 1440), st.integers(1, 1440))
@settings(max_examples=200, deadline=None)
def test_a_waiting_text_never_goes_at_night_nor_sooner_than_now(old, new, minutes, hour, use):
    now = NOON + timedelta(minutes=hour)
    before = (now + timedelta(minutes=minutes), now + timedelta(minutes=minutes + use))
    begins, until = sending_there(*before, POLICY.quiet, old=old, new=new, now=now)
    assert begins < until
    if (begins, until) != before:
        assert begins >= min(now, before[0])
        assert not in_quiet_hours(max(begins, now), (new,), POLICY.quiet)


def test_a_reminder_of_a_hearing_is_of_no_use_after_it():
    text, hearing = utc("2026-02-11T14:00"), utc("2026-02-11T21:00")
    _, until = sending_there(text, hearing, POLICY.quiet, old=CHICAGO, new=HAWAII, now=NOON, end=hearing)
    assert until == hearing
    soon = utc("2026-02-11T15:00")
    assert sending_there(text, soon, POLICY.quiet, old=CHICAGO, new=HAWAII, now=NOON, end=soon) == (
        text,
        soon,
    )


def test_the_hour_that_the_clocks_skip_counts_as_before_they_were_put_forward():
    assert same_hour(utc("2026-03-08T12:30"), HAWAII, NEW_YORK) == utc("2026-03-08T07:30")
