"""Where a child stands: every answer, and each boundary."""

from __future__ import annotations

from datetime import timedelta

import pytest
from followup_builders import a_child, utc
from hypothesis import given
from hypothesis import strategies as st

from followup.accounting import LOST_REVIEW_WITHIN, classify
from models.states import CaseState

NOW = utc("2026-06-01T12:00")
SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)


def days(n):
    return timedelta(days=n)


def duty(due_in, owned_for=WEEK):
    return (NOW + due_in, NOW + due_in + owned_for)


def stands(**facts):
    return classify(a_child(NOW, **facts), NOW)


def test_a_child_with_nothing_is_silent():
    assert stands() == "silent"


def test_a_duty_ahead_accounts_for_the_child():
    assert stands(duties=(duty(days(5)),)) == "obligation"


@pytest.mark.parametrize(("seconds", "standing"), [(-1, "obligation"), (0, "obligation"), (1, "silent")])
def test_a_duty_too_far_ahead_is_nothing(seconds, standing):
    # Last contact 10 days ago, longest silence 120 days: the limit lies 110 days ahead.
    assert stands(duties=(duty(days(110) + seconds * SECOND),)) == standing


@pytest.mark.parametrize(("seconds", "standing"), [(-1, "unanswered"), (0, "obligation"), (1, "obligation")])
def test_a_late_duty_counts_while_the_ladder_owns_it(seconds, standing):
    assert stands(duties=(duty(-WEEK + seconds * SECOND),)) == standing


@pytest.mark.parametrize(("seconds", "standing"), [(-1, "unanswered"), (0, "escalation"), (1, "escalation")])
def test_an_escalation_counts_while_a_rung_owns_it(seconds, standing):
    assert stands(escalations=(NOW + seconds * SECOND,)) == standing


def test_a_duty_that_lies_ahead_does_not_heal_a_lapsed_one():
    assert stands(duties=(duty(-days(8)), duty(days(5)))) == "unanswered"
    assert stands(duties=(duty(days(5)),), escalations=(NOW - SECOND,)) == "unanswered"
    assert stands(escalations=(NOW - SECOND, NOW + WEEK)) == "unanswered"


def test_a_person_who_took_the_escalation_owns_the_late_duty_too():
    assert stands(duties=(duty(-days(8)),), escalations=(NOW + SECOND,)) == "escalation"


def test_a_closure_counts_only_with_reason_and_person():
    assert stands(state=CaseState.CLOSED, closed_with_reason_and_person=True) == "closed"
    assert stands(state=CaseState.CLOSED) == "silent"


@pytest.mark.parametrize(
    ("ahead", "standing"),
    [(WEEK, "obligation"), (WEEK - SECOND, "obligation"), (WEEK + SECOND, "silent")],
)
def test_a_lost_child_is_accounted_for_by_a_review_within_the_week_alone(ahead, standing):
    """After 300 days without contact nothing counts from the contact any more."""
    lost = {"state": CaseState.LOST_CONTACT, "last_contact_at": NOW - days(300)}
    assert stands(duties=(duty(ahead),), **lost) == standing
    assert LOST_REVIEW_WITHIN == WEEK


def test_a_child_that_is_not_lost_needs_more_than_another_review():
    assert stands(duties=(duty(days(3)),), last_contact_at=NOW - days(300)) == "silent"


OFFSETS = st.integers(-30 * 24, 200 * 24).map(lambda h: timedelta(hours=h))


@given(
    st.sampled_from(list(CaseState)),
    st.lists(OFFSETS.map(duty), max_size=3),
    st.lists(OFFSETS.map(lambda at: NOW + at), max_size=3),
    st.integers(0, 400),
)
def test_something_that_lapsed_is_never_called_accounted(state, duties, escalations, silent_for):
    child = a_child(
        NOW,
        state=state,
        duties=tuple(duties),
        escalations=tuple(escalations),
        last_contact_at=NOW - days(silent_for),
    )
    standing = classify(child, NOW)
    if any(at < NOW for at in escalations):
        assert standing == "unanswered"
    if standing == "silent":
        assert not any(at >= NOW for at in escalations)
        assert all(due > NOW for due, _ in duties)
