"""Duties around a hearing."""

from __future__ import annotations

import pytest
from followup_builders import CHICAGO, POLICY, an_id, utc

from followup.court import hearing_duties, lookup_duty
from models.states import Party

HEARING = an_id(20)
STARTS = utc("2026-03-20T15:30")  # Friday 10:30 in Chicago
BOTH = frozenset({Party.CHILD, Party.SPONSOR})


def duties(now, consent=BOTH):
    return hearing_duties(HEARING, STARTS, CHICAGO, consent, POLICY, utc(now))


def reminders(found):
    return [(d.party, d.key.rpartition(":")[2]) for d in found if d.kind == "hearing_reminder"]


def test_each_party_is_reminded_seven_three_and_one_day_before():
    found = duties("2026-02-20T12:00")
    assert reminders(found) == [(party, n) for n in ("7", "3", "1") for party in (Party.CHILD, Party.SPONSOR)]
    first = found[0]
    assert first.key == f"h:{HEARING}:7"
    assert (first.opens_at, first.due_at) == (utc("2026-03-13T22:00"), utc("2026-03-14T02:00"))
    assert first.opens_at < first.due_at < STARTS


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-03-14T01:59", {"7", "3", "1"}),  # the evening of day 7 is not over
        ("2026-03-14T02:00", {"3", "1"}),
        ("2026-03-20T01:59", {"1"}),
        ("2026-03-20T02:00", set()),
        ("2026-03-21T12:00", set()),
    ],
)
def test_reminders_that_are_past_are_left_out(now, left):
    assert {n for _, n in reminders(duties(now))} == left


def test_when_nobody_takes_texts_the_sponsor_is_told_once_by_voice():
    assert reminders(duties("2026-02-20T12:00", frozenset())) == [(Party.SPONSOR, "7")]
    assert reminders(duties("2026-03-16T12:00", frozenset())) == [(Party.SPONSOR, "3")]


@pytest.mark.parametrize(
    ("now", "due"), [("2026-02-20T12:00", "2026-03-23T15:30"), ("2026-04-01T00:00", "2026-04-04T00:00")]
)
def test_the_outcome_is_recorded_within_three_days_of_the_hearing_or_of_hearing_of_it(now, due):
    outcome = duties(now)[-1]
    assert (outcome.kind, outcome.party) == ("hearing_outcome", Party.CASE)
    assert (outcome.opens_at, outcome.due_at) == (STARTS, utc(due))
    assert not outcome.in_sight


def test_the_court_is_asked_within_the_month_while_no_hearing_is_known():
    duty = lookup_duty(CHICAGO, POLICY, utc("2026-02-02T18:00"))
    assert (duty.opens_at, duty.due_at) == (utc("2026-02-02T18:00"), utc("2026-03-04T18:00"))


@pytest.mark.parametrize(
    ("now", "key"),
    [
        ("2026-02-02T18:00", "lookup-2026-02-18"),
        ("2026-02-18T14:59", "lookup-2026-02-18"),
        ("2026-02-18T15:00", "lookup-2026-03-06"),
        ("2026-03-18T15:00", "lookup-2026-03-19"),
    ],
)
def test_a_known_date_is_looked_up_again_before_it(now, key):
    assert lookup_duty(CHICAGO, POLICY, utc(now), starts_at=STARTS).key == key


def test_after_the_last_look_there_is_none():
    assert lookup_duty(CHICAGO, POLICY, utc("2026-03-19T15:00"), starts_at=STARTS) is None
