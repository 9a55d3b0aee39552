"""The times of what stands open again after a closing."""

from __future__ import annotations

from datetime import timedelta

from followup_builders import an_id, utc
from hypothesis import given
from hypothesis import strategies as st

from followup.restoring import EndedDuty, times_again

NOW = utc("2026-03-10T18:00")
DAY = timedelta(days=1)


def ended(n, opens, due, *, kind="welfare_call", party="child", is_contact=True):
    """A duty that opens and is due so many days from now."""
    return EndedDuty(an_id(n), kind, party, NOW + opens * DAY, NOW + due * DAY, is_contact)


def in_days(duties):
    times = times_again(duties, NOW)
    return [((times[d.id][0] - NOW) / DAY, (times[d.id][1] - NOW) / DAY) for d in duties]


def test_what_lies_ahead_keeps_its_times():
    assert in_days([ended(1, 3, 10), ended(2, -2, 5)]) == [(3, 10), (-2, 5)]


def test_what_has_passed_gets_the_policys_time_from_now():
    assert in_days([ended(1, -20, -13)]) == [(0, 7)]
    assert in_days([ended(1, -7, 0)]) == [(0, 7)]  # at its very instant it has passed


def test_calls_that_have_passed_keep_their_distance_from_each_other():
    calls = [ended(1, -40, -33), ended(2, -30, -23), ended(3, -8, -1), ended(4, 2, 9)]
    assert in_days(calls) == [(0, 7), (10, 17), (32, 39), (2, 9)]


def test_each_party_and_kind_counts_for_itself():
    others = [
        ended(1, -40, -33),
        ended(2, -30, -23, party="sponsor"),
        ended(3, -30, -29, kind="text_reminder"),
    ]
    assert in_days(others) == [(0, 7), (0, 7), (0, 1)]


def test_work_at_a_desk_is_all_due_from_now():
    desk = [ended(n, -50 + n, -47 + n, kind="find_number", party="case", is_contact=False) for n in (1, 2)]
    assert in_days(desk) == [(0, 3), (0, 3)]


@given(st.lists(st.tuples(st.integers(-200, 200), st.integers(0, 90), st.booleans()), max_size=8))
def test_nothing_is_late_at_its_birth_and_every_window_is_as_long_as_it_was(rows):
    duties = [ended(n, opens, opens + days, is_contact=c) for n, (opens, days, c) in enumerate(rows)]
    times = times_again(duties, NOW)
    for duty in duties:
        opens_at, due_at = times[duty.id]
        assert due_at >= NOW
        assert due_at - opens_at == duty.due_at - duty.opens_at
        assert opens_at >= duty.opens_at
