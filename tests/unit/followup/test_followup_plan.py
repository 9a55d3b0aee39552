"""The plan of a release, and the invariant: a child is always looked at again in time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from followup_builders import (
    CHICAGO,
    HAWAII,
    NEW_YORK,
    PHOENIX,
    POLICY,
    a_policy,
    a_release,
    policy_text,
    procedures_text,
    utc,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from followup.calendar import local_day
from followup.plan import after_child_contact, next_sight, release_plan
from followup.policy import parse_followup_policy
from models.facts import Duty
from models.states import Party


def keys(duties, kind, party):
    return [d.key for d in duties if d.kind == kind and d.party == party]


def the(duties, kind, party, key):
    return next(d for d in duties if (d.kind, d.party, d.key) == (kind, party, key))


def test_a_release_plans_the_calls_of_child_and_sponsor_apart():
    plan = release_plan(a_release(), POLICY)
    assert keys(plan, "welfare_call", Party.CHILD) == ["day-7", "day-14", "day-30"]
    assert keys(plan, "welfare_call", Party.SPONSOR) == ["day-7", "day-14", "day-30"]
    assert {d.in_sight for d in plan if d.kind == "welfare_call" and d.party == Party.CHILD} == {True}
    assert not any(d.in_sight for d in plan if d.party == Party.SPONSOR)


def test_a_call_is_open_from_nine_to_nine_where_the_family_lives():
    plan = release_plan(a_release(), POLICY)
    # 7 business days after Monday 2 February: Wednesday 11; 30 are over Washington's birthday: 17 March.
    first = the(plan, "welfare_call", Party.CHILD, "day-7")
    last = the(plan, "welfare_call", Party.CHILD, "day-30")
    assert (first.opens_at, first.due_at) == (utc("2026-02-11T15:00"), utc("2026-02-19T03:00"))
    # Summer time has begun: 09:00 in Chicago is 14:00 UTC.
    assert (last.opens_at, last.due_at) == (utc("2026-03-17T14:00"), utc("2026-03-25T02:00"))


def test_the_older_policy_calls_once_at_thirty_days():
    plan = release_plan(a_release(), a_policy("swb-2016r3"))
    call = the(plan, "welfare_call", Party.CHILD, "day-30")
    assert keys(plan, "welfare_call", Party.CHILD) == ["day-30"]
    assert local_day(call.opens_at, CHICAGO) == date(2026, 3, 4)
    assert local_day(call.due_at, CHICAGO) == date(2026, 3, 11)


@pytest.mark.parametrize(
    ("consent", "child_has_number", "texted"),
    [
        ({Party.CHILD, Party.SPONSOR}, True, {Party.CHILD, Party.SPONSOR}),
        ({Party.CHILD, Party.SPONSOR}, False, {Party.SPONSOR}),
        ({Party.CHILD}, True, {Party.CHILD}),
        (set(), True, set()),
    ],
)
def test_texts_go_only_to_people_with_consent_and_a_number(consent, child_has_number, texted):
    facts = a_release(text_consent=frozenset(consent), child_has_number=child_has_number)
    plan = release_plan(facts, POLICY)
    assert {d.party for d in plan if d.kind == "text_reminder"} == texted


def test_no_sight_check_stands_open_while_a_planned_call_is_ahead():
    assert not [d for d in release_plan(a_release(), POLICY) if d.kind == "sight_check"]


def test_a_first_call_that_lies_too_far_ahead_is_preceded_by_a_sight_check():
    source = re.sub(r"after_business_days = \d+", "after_days = 200", policy_text())
    plan = release_plan(a_release(), parse_followup_policy(source, procedures_text()))
    assert keys(plan, "sight_check", Party.CHILD) == ["sight-2026-05-03"]


def test_representation_is_a_duty_from_the_release_on():
    duty = next(d for d in release_plan(a_release(), POLICY) if d.kind == "representation_known")
    assert duty.opens_at == utc("2026-02-02T18:00")
    assert duty.due_at == utc("2026-02-16T18:00")


@pytest.mark.parametrize(
    ("birthday", "calls", "closes"),
    [
        (date(2026, 2, 10), [], True),
        (date(2026, 2, 11), [], True),  # the first call would open on the birthday
        (date(2026, 2, 12), ["day-7"], True),
        (date(2026, 3, 17), ["day-7", "day-14"], True),
        (date(2026, 3, 18), ["day-7", "day-14", "day-30"], False),
    ],
)
def test_nothing_opens_after_eighteen_but_a_review_on_that_day(birthday, calls, closes):
    plan = release_plan(a_release(turns_18_on=birthday), POLICY)
    assert keys(plan, "welfare_call", Party.CHILD) == calls
    reviews = [d for d in plan if d.kind == "closure_review"]
    assert [local_day(d.due_at, CHICAGO) for d in reviews] == ([birthday] if closes else [])
    assert all(d.in_sight for d in reviews)
    assert all(local_day(d.due_at, CHICAGO) <= birthday for d in plan)


def test_a_call_that_runs_into_the_birthday_is_due_by_then():
    plan = release_plan(a_release(turns_18_on=date(2026, 2, 13)), POLICY)
    assert the(plan, "welfare_call", Party.CHILD, "day-7").due_at == utc("2026-02-14T03:00")


def test_the_last_planned_call_is_followed_by_a_sight_check_in_ninety_days():
    (duty,) = after_child_contact((), utc("2026-03-18T16:00"), a_release(), POLICY)
    assert (duty.kind, duty.party, duty.key) == ("sight_check", Party.CHILD, "sight-2026-06-16")
    assert (duty.opens_at, duty.due_at) == (utc("2026-06-16T14:00"), utc("2026-07-01T02:00"))
    assert duty.in_sight


def test_the_first_planned_call_is_followed_by_nothing_new():
    plan = release_plan(a_release(), POLICY)
    left = [d for d in plan if d.key != "day-7"]
    assert after_child_contact(left, utc("2026-02-12T16:00"), a_release(), POLICY) == ()


def test_a_short_duty_in_sight_does_not_stand_in_for_the_next_look():
    """A child to be heard alone within 3 days: if that ended otherwise, nobody would look again."""
    hear_alone = Duty(
        "hear_child_alone",
        Party.CHILD,
        "x",
        utc("2026-03-18T16:00"),
        utc("2026-03-21T16:00"),
        "rota",
        "R",
        "swb-2024r3",
        in_sight=True,
    )
    (duty,) = after_child_contact([hear_alone], utc("2026-03-18T16:00"), a_release(), POLICY)
    assert duty.kind == "sight_check"


@pytest.mark.parametrize(
    ("birthday", "kind", "due_on"),
    [
        (date(2026, 6, 15), "closure_review", date(2026, 6, 15)),
        (date(2026, 6, 16), "closure_review", date(2026, 6, 16)),
        (date(2026, 6, 17), "sight_check", date(2026, 6, 17)),
        (date(2026, 7, 1), "sight_check", date(2026, 6, 30)),
    ],
)
def test_the_next_look_ends_at_eighteen(birthday, kind, due_on):
    duty = next_sight(utc("2026-03-18T16:00"), CHICAGO, birthday, POLICY, planned=())
    assert (duty.kind, local_day(duty.due_at, CHICAGO)) == (kind, due_on)


def test_a_contact_after_the_birthday_leaves_a_day_to_close_the_case():
    duty = next_sight(utc("2026-03-18T16:00"), CHICAGO, date(2026, 3, 1), POLICY, planned=())
    assert (duty.kind, local_day(duty.due_at, CHICAGO)) == ("closure_review", date(2026, 3, 19))


@pytest.mark.parametrize(("opening", "covers"), [("2026-06-16T14:00", True), ("2026-06-17T14:00", False)])
def test_a_planned_look_counts_when_it_opens_within_ninety_days(opening, covers):
    duty = next_sight(utc("2026-03-18T16:00"), CHICAGO, date(2029, 1, 1), POLICY, planned=[utc(opening)])
    assert (duty is None) is covers


SILENCE = timedelta(days=POLICY.silence.max_silence_days)
RELEASES = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
ACTS = st.lists(
    st.tuples(st.sampled_from(["talk", "void", "wait"]), st.integers(0, 40 * 24)), min_size=1, max_size=25
)


@settings(max_examples=150, deadline=None)
@given(
    RELEASES,
    st.integers(0, 1200),
    st.sampled_from([NEW_YORK, CHICAGO, PHOENIX, HAWAII]),
    st.sampled_from(["swb-2024r3", "swb-2016r3"]),
    ACTS,
)
def test_a_child_is_always_due_a_look_within_the_longest_silence(released, days_to_18, zone, version, acts):
    """Whatever is settled or voided, and when: over holidays, clock changes and the birthday."""
    policy = a_policy(version)
    birthday = local_day(released, zone) + timedelta(days=days_to_18)
    facts = a_release(released_at=released, turns_18_on=birthday, zone=zone)
    standing = [d for d in release_plan(facts, policy) if d.in_sight]
    now = last_contact = released
    _assert_in_sight(standing, last_contact, birthday, zone)
    for act, hours in acts:
        now += timedelta(hours=hours)
        if act == "wait" or not standing:
            continue
        if act == "talk":
            last_contact = now
            standing = [d for d in standing if d.opens_at > now or d.kind == "closure_review"]
        else:
            standing.pop(0)
        standing += after_child_contact(standing, last_contact, facts, policy)
        _assert_in_sight(standing, last_contact, birthday, zone)


def _assert_in_sight(standing, last_contact, birthday, zone):
    assert standing
    soonest = min(standing, key=lambda d: d.due_at)
    assert soonest.in_sight
    assert soonest.due_at <= last_contact + SILENCE
    for duty in standing:
        assert duty.opens_at < duty.due_at
        assert local_day(duty.opens_at, zone) < birthday or duty.kind == "closure_review"
