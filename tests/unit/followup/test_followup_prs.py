"""Post-release services: which duties a level opens, and when the next of a series follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from followup_builders import POLICY, a_release, utc
from hypothesis import given
from hypothesis import strategies as st

from followup.calendar import local_day
from followup.prs import first_level, prs_due, rules_of
from models.states import Party, PrsLevel

RELEASED = date(2026, 2, 2)


def due(level, **more):
    facts = a_release(prs_level=PrsLevel(level), **more.pop("facts", {}))
    return {(d.kind, d.party.value, d.key): d for d in prs_due(facts, POLICY, **more)}


def day(offset):
    return RELEASED + timedelta(days=offset)


def test_level_1_is_the_calls_of_the_schedule():
    assert due("1") == {}


@pytest.mark.parametrize(
    ("level", "opened"),
    [
        ("2", {("prs_start", 0, 2), ("prs_visit", 0, 14), ("prs_visit", 90, 104), ("prs_contact", 30, 37)}),
        (
            "3",
            {
                ("prs_start", 0, 2),
                ("prs_visit", 0, 14),
                ("prs_visit", 90, 104),
                ("prs_contact", 7, 10),
                ("prs_contact", 90, 97),
            },
        ),
        (
            "tvpra",
            {("prs_start", 0, 2), ("prs_visit", 0, 14), ("prs_visit", 90, 104), ("prs_contact", 30, 37)},
        ),
    ],
)
def test_what_a_level_opens_at_the_release(level, opened):
    found = {
        (
            d.kind,
            (local_day(d.opens_at, "America/Chicago") - RELEASED).days,
            (local_day(d.due_at, "America/Chicago") - RELEASED).days,
        )
        for d in due(level).values()
    }
    assert found == opened


@pytest.mark.parametrize("level", ["2", "3", "tvpra"])
def test_child_and_sponsor_are_contacted_separately_and_the_child_is_visited(level):
    found = due(level).values()
    assert {d.party for d in found if d.kind == "prs_contact"} == {Party.CHILD, Party.SPONSOR}
    assert all(d.party == Party.CHILD and d.in_sight for d in found if d.kind == "prs_visit")
    assert not any(d.in_sight for d in found if d.kind != "prs_visit")


def rule(suffix):
    return next(r for r in POLICY.prs if r.rule == f"P2-PRS-{suffix}")


@pytest.mark.parametrize(
    ("level", "of", "done_on", "next_on"),
    [
        ("2", "MONTH-CHILD", day(33), day(63)),
        ("2", "MONTH-CHILD", day(153), day(183)),  # the last day of the half year
        ("2", "MONTH-CHILD", day(154), None),
        ("tvpra", "MONTH-TVPRA-CHILD", day(700), day(730)),  # until 18
        ("tvpra", "MONTH-TVPRA-CHILD", date(2028, 12, 2), None),  # the next would be on the birthday
        ("tvpra", "MONTH-TVPRA-CHILD", date(2028, 12, 1), date(2028, 12, 31)),
        ("3", "WEEK-SPONSOR", day(50), day(57)),
        ("3", "WEEK-SPONSOR", day(54), None),
        ("2", "START", day(1), None),
    ],
)
def test_the_next_of_a_series_follows_the_last_that_was_done(level, of, done_on, next_on):
    done = utc(f"{done_on.isoformat()}T18:00")
    found = [d for d in due(level, done={rule(of).rule: done}).values() if d.rule == rule(of).rule]
    assert [local_day(d.opens_at, "America/Chicago") for d in found] == ([next_on] if next_on else [])


def test_a_series_with_a_duty_open_opens_no_second_one():
    standing = [r.rule for r in rules_of(POLICY, PrsLevel.TWO)]
    assert due("2", standing=standing) == {}


def test_a_new_level_begins_on_its_own_day():
    found = due("2", facts={"prs_since": utc("2026-05-01T15:00")})
    assert found["prs_start", "case", "start-2026-05-01"].due_at == utc("2026-05-04T02:00")


@pytest.mark.parametrize(
    ("tvpra", "prs", "level"),
    [(True, True, "tvpra"), (True, False, "tvpra"), (False, True, "2"), (False, False, "1")],
)
def test_the_first_level_follows_from_home_study_and_decision(tvpra, prs, level):
    assert first_level(POLICY, tvpra_home_study=tvpra, approved_with_prs=prs) == level


@given(
    st.sampled_from(["2", "3", "tvpra"]),
    st.dates(date(2026, 2, 3), date(2031, 1, 1)),
    st.dictionaries(
        st.sampled_from([r.rule for r in POLICY.prs]),
        st.datetimes(
            utc("2026-02-02T18:00").replace(tzinfo=None), utc("2030-01-01T00:00").replace(tzinfo=None)
        ),
    ),
)
def test_nothing_opens_from_the_birthday_on_and_nothing_is_due_after_it(level, birthday, done):
    done = {key: at.replace(tzinfo=utc("2026-01-01T00:00").tzinfo) for key, at in done.items()}
    for duty in due(level, facts={"turns_18_on": birthday}, done=done).values():
        assert local_day(duty.opens_at, "America/Chicago") < birthday
        assert local_day(duty.due_at, "America/Chicago") <= birthday
        assert duty.opens_at < duty.due_at
