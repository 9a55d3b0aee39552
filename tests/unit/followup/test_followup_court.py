"""Duties around a hearing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from followup_builders import CHICAGO, POLICY, an_id, utc
from hypothesis import given
from hypothesis import strategies as st

from followup.court import (
    HEARING_CHANGE,
    HearingAhead,
    ask_court,
    change_duties,
    hearing_duties,
    is_planned_by,
    lookup_duty,
    standing_now,
    status_after,
    template_of,
)
from models.court import HearingChange
from models.court_status import Attendance, CourtStatus, Standing
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
        ("2026-03-20T02:00", set()),  # a person calls: below
        ("2026-03-21T12:00", set()),
    ],
)
def test_reminders_that_are_past_are_left_out(now, left):
    assert {n for _, n in reminders(duties(now))} == left


def test_when_nobody_takes_texts_the_sponsor_is_told_once_by_voice():
    assert reminders(duties("2026-02-20T12:00", frozenset())) == [(Party.SPONSOR, "7")]
    assert reminders(duties("2026-03-16T12:00", frozenset())) == [(Party.SPONSOR, "3")]


@pytest.mark.parametrize(
    ("consent", "parties"), [(BOTH, {Party.CHILD, Party.SPONSOR}), (frozenset(), {Party.SPONSOR})]
)
def test_too_late_for_a_text_a_person_calls_before_the_hearing(consent, parties):
    late = [d for d in duties("2026-03-20T02:00", consent) if d.kind == "tell_by_voice"]
    assert {d.party for d in late} == parties
    assert {(d.opens_at, d.due_at) for d in late} == {(utc("2026-03-20T02:00"), STARTS)}
    assert [d.kind for d in duties("2026-03-20T15:30", consent)] == ["hearing_outcome"]


@pytest.mark.parametrize("change", [HearingChange.MOVED, HearingChange.CANCELLED])
def test_a_change_is_told_to_each_within_the_day_and_before_they_would_set_out(change):
    now = utc("2026-03-10T12:00")
    told = change_duties(HEARING, change, STARTS, BOTH, POLICY, now, until=STARTS)
    assert [(d.kind, d.party) for d in told] == [
        (HEARING_CHANGE, Party.CHILD),
        (HEARING_CHANGE, Party.SPONSOR),
    ]
    assert {d.due_at for d in told} == {utc("2026-03-11T12:00")}
    soon = utc("2026-03-20T13:00")
    assert change_duties(HEARING, change, STARTS, BOTH, POLICY, soon, until=STARTS)[0].due_at == STARTS
    (by_voice,) = change_duties(HEARING, change, STARTS, frozenset(), POLICY, now, until=STARTS)
    assert (by_voice.kind, by_voice.party) == ("tell_by_voice", Party.SPONSOR)
    assert template_of(change, POLICY) in ("hearing_moved", "hearing_off")


def test_a_policy_without_the_words_has_a_person_tell_each_of_them():
    old = POLICY.model_copy(update={"hearings": POLICY.hearings.model_copy(update={"moved_template": None})})
    told = change_duties(
        HEARING, HearingChange.MOVED, STARTS, BOTH, old, utc("2026-03-10T12:00"), until=STARTS
    )
    assert [(d.kind, d.party) for d in told] == [("tell_by_voice", p) for p in (Party.CHILD, Party.SPONSOR)]


def test_of_a_doubt_the_court_is_asked_within_three_days():
    now = utc("2026-03-10T12:00")
    duty = ask_court("k", POLICY, now, hearing_id=HEARING)
    assert (duty.kind, duty.due_at) == ("court_lookup", utc("2026-03-13T12:00"))
    assert duty.detail == {"doubt": True, "hearing_id": str(HEARING)}


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


AHEAD = HearingAhead(HEARING, STARTS, utc("2026-02-02T15:00"))


def look(now, **options):
    return lookup_duty(CHICAGO, POLICY, utc(now), **options)


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
    duty = look(now, ahead=AHEAD)
    assert duty.key == key
    assert duty.opens_at > utc(now)
    assert duty.due_at - duty.opens_at == timedelta(hours=12)


def test_after_the_last_day_before_it_the_next_look_is_after_the_hearing_within_the_month():
    duty = look("2026-03-19T15:00", ahead=AHEAD)
    assert duty.opens_at == utc("2026-03-21T14:00")  # nine in the morning
    assert duty.due_at == duty.opens_at + timedelta(days=30)


def test_a_look_that_denies_a_date_which_we_know_is_made_again_within_three_days():
    duty = look("2026-02-02T18:00", ahead=AHEAD, contradicted=True)
    assert (duty.opens_at, duty.due_at) == (utc("2026-02-02T18:00"), utc("2026-02-05T18:00"))


def test_a_look_is_planned_by_one_hearing_at_one_time():
    detail = look("2026-02-02T18:00", ahead=AHEAD).detail
    assert is_planned_by(detail, AHEAD)
    assert not is_planned_by(detail, replace(AHEAD, starts_at=STARTS + timedelta(seconds=1)))
    assert not is_planned_by(detail, replace(AHEAD, id=an_id(21)))
    assert not is_planned_by(look("2026-02-02T18:00").detail, AHEAD)


@given(
    days=st.integers(min_value=-60, max_value=400),
    minutes=st.integers(min_value=0, max_value=24 * 60),
)
def test_there_is_always_a_next_look_and_it_is_never_due_behind_the_hearing_and_a_month(days, minutes):
    now = STARTS - timedelta(days=days, minutes=minutes)
    ahead = AHEAD if now < STARTS else None
    duty = lookup_duty(CHICAGO, POLICY, now, ahead=ahead)
    assert now <= duty.opens_at <= duty.due_at
    assert duty.due_at <= max(now, STARTS) + timedelta(days=32)


SAID = utc("2026-02-10T12:00")


@pytest.mark.parametrize(
    ("status", "ahead", "passed_at", "stands"),
    [
        ("unknown", AHEAD, None, ("dated", AHEAD.known_since)),
        # The court said so after we had learned of the hearing.
        ("filed_no_date", AHEAD, None, ("filed_no_date", SAID)),
        (
            "filed_no_date",
            replace(AHEAD, known_since=SAID + timedelta(days=1)),
            None,
            ("dated", utc("2026-02-11T12:00")),
        ),
        ("nta_not_served", None, None, ("nta_not_served", SAID)),
        ("dated", AHEAD, None, ("dated", SAID)),
        ("dated", None, STARTS, ("unknown", STARTS)),
        ("dated", None, None, ("unknown", SAID)),  # it was cancelled
        ("completed", AHEAD, STARTS, ("completed", SAID)),
        ("ordered_removed", AHEAD, None, ("ordered_removed", SAID)),
    ],
)
def test_a_status_follows_its_hearings_but_an_end_stays(status, ahead, passed_at, stands):
    found = standing_now(Standing(CourtStatus(status), SAID), ahead, passed_at)
    assert (found.status, found.since) == stands


def test_a_hearing_that_was_put_off_leaves_the_case_with_the_court():
    assert status_after(Attendance.CONTINUED) == CourtStatus.FILED_NO_DATE
    assert {status_after(a) for a in (Attendance.ATTENDED, Attendance.MISSED)} == {CourtStatus.UNKNOWN}
