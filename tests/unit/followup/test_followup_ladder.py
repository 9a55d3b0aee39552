"""The ladder of tries: who is tried next, on which phone, at what hour."""

from __future__ import annotations

import pytest
from followup_builders import CHICAGO, POLICY, a_duty, a_number, an_attempt, an_id, utc

from followup.calendar import local_day
from followup.ladder import AsksFirst, Exhausted, next_step
from models.contacts import Channel
from models.facts import AttemptFacts
from models.states import Party

NOW = utc("2026-02-11T15:00")
TEXT, AUTOMATED, HUMAN = Channel.TEXT, Channel.AUTOMATED_CALL, Channel.HUMAN_CALL
CHILD = a_number(10)
SPONSOR = a_number(11, party=Party.SPONSOR)
BACKUP = a_number(12, party=Party.SPONSOR, role="backup", texts=False)
CARE_PLAN = a_number(13, party=Party.CASE, role="care_plan", texts=False)
HOME = a_number(14, party=Party.CASE, role="home_country", texts=False)
ALL = [CHILD, SPONSOR, BACKUP, CARE_PLAN, HOME]


def step_after(attempts, numbers=ALL, duty=None, **how):
    return next_step(duty or a_duty(), attempts, numbers, POLICY, zone=CHICAGO, now=NOW, **how)


def walk(numbers, duty=None, **how):
    """Every step, each made exactly when it was planned."""
    attempts = []
    while not isinstance(step := step_after(attempts, numbers, duty, **how), Exhausted):
        attempts.append(AttemptFacts(step.step, step.channel, step.at, "no_answer"))
        yield step


def test_the_whole_ladder_goes_over_six_days_and_all_channels():
    steps = list(walk(ALL))
    assert [(s.channel, s.number_id) for s in steps] == [
        (TEXT, CHILD.id),
        (AUTOMATED, CHILD.id),
        (HUMAN, CHILD.id),
        (HUMAN, CHILD.id),
        (HUMAN, BACKUP.id),
        (HUMAN, CARE_PLAN.id),
        (HUMAN, CHILD.id),
    ]
    assert [s.at for s in steps[:3]] == [
        utc("2026-02-11T16:00"),
        utc("2026-02-12T00:30"),
        utc("2026-02-12T23:30"),
    ]
    assert steps[0].template == "good_time"


def test_the_home_country_is_called_only_after_approval_and_by_a_person():
    *_, last = walk(ALL, approved=True)
    assert (last.number_id, last.channel) == (HOME.id, HUMAN)
    assert HOME.id not in {s.number_id for s in walk(ALL)}


def test_a_supervisor_is_asked_when_nothing_else_is_left_and_something_was_tried():
    spent = [an_attempt(7, "2026-02-16T17:00")]
    assert step_after(spent, may_ask=True) == AsksFirst(8)
    assert step_after([an_attempt(6, "2026-02-15T18:00")], may_ask=True).step == 7
    assert step_after(spent) == Exhausted(1, "tried")
    assert step_after(spent, [CHILD], may_ask=True) == Exhausted(1, "tried")
    assert step_after([], [HOME], may_ask=True) == Exhausted(0, "no_way")


def test_a_child_without_a_phone_is_asked_for_on_the_sponsors_by_people_alone():
    steps = list(walk([SPONSOR]))
    assert [s.channel for s in steps] == [HUMAN] * 5
    assert {s.number_id for s in steps} == {SPONSOR.id}
    assert len({local_day(s.at, CHICAGO) for s in steps}) == 5


@pytest.mark.parametrize(
    ("child", "first"),
    [
        (a_number(10), TEXT),
        (a_number(10, texts=False), HUMAN),
        (a_number(10, shared=True), HUMAN),
        (a_number(10, usable=False), HUMAN),
    ],
)
def test_a_number_that_machines_may_not_use_is_for_people(child, first):
    assert step_after([], [child, SPONSOR]).channel == first


def test_a_number_out_of_service_is_not_called():
    steps = list(walk([a_number(10, usable=False), SPONSOR, a_number(12, role="backup", usable=False)]))
    assert {s.number_id for s in steps} == {SPONSOR.id}


def test_a_landline_with_consent_takes_the_automated_call_but_no_text():
    landline = a_number(10, texts=False)
    step = step_after([], [landline], automated_ok={landline.id})
    assert step.channel == AUTOMATED


def test_the_sponsors_own_call_never_goes_to_the_child():
    steps = list(walk(ALL, a_duty(party=Party.SPONSOR, in_sight=False)))
    assert CHILD.id not in {s.number_id for s in steps}
    assert steps[0].number_id == SPONSOR.id


@pytest.mark.parametrize("how", [{"paused": True}, {"duty": a_duty(kind="hear_child_alone")}])
def test_machines_are_silent_when_a_person_has_the_conversation(how):
    assert step_after([], **how).channel == HUMAN


def test_a_step_is_due_now_when_its_hour_has_passed():
    step = next_step(a_duty(), [], ALL, POLICY, zone=CHICAGO, now=utc("2026-02-14T15:00"))
    assert step.at == utc("2026-02-11T16:00")


@pytest.mark.parametrize(
    ("tried_at", "expected"),
    [
        ("2026-02-12T15:00", "2026-02-13T16:30"),  # early on its day: the next keeps its plan
        ("2026-02-12T23:30", "2026-02-13T16:30"),  # as planned
        ("2026-02-13T15:00", "2026-02-14T16:30"),  # a day late: a night lies between two tries
        ("2026-02-16T23:00", "2026-02-17T16:30"),
    ],
)
def test_the_next_try_is_on_another_day_however_late_the_last_was(tried_at, expected):
    assert step_after([an_attempt(3, tried_at)]).at == utc(expected)


def test_a_late_text_is_followed_by_the_call_of_the_same_evening():
    step = step_after([an_attempt(1, "2026-02-13T16:00", TEXT)])
    assert (step.channel, step.at) == (AUTOMATED, utc("2026-02-14T00:30"))


def test_a_skipped_step_is_not_gone_back_to():
    assert step_after([an_attempt(4, "2026-02-13T16:30")]).step == 5


def test_a_call_that_nobody_planned_counts_as_the_next_human_step():
    unplanned = an_attempt(100, "2026-02-11T15:30")
    planned = [an_attempt(1, "2026-02-11T16:00", TEXT), an_attempt(2, "2026-02-12T00:30", AUTOMATED)]
    assert step_after([unplanned]).step == 1
    assert step_after([unplanned, *planned]).step == 4


def test_five_calls_in_one_hour_are_one_try():
    attempts = [an_attempt(100 + n, f"2026-02-11T15:{n:02d}") for n in range(5)]
    assert step_after(attempts, [SPONSOR]).step == 4


def test_no_phone_at_all_is_not_the_same_as_having_tried():
    assert step_after([], []) == Exhausted(0, "no_way")
    assert step_after([], [HOME]) == Exhausted(0, "no_way")
    assert step_after([an_attempt(7, "2026-02-16T17:00")]) == Exhausted(1, "tried")


def test_the_number_is_named_by_id_only():
    assert step_after([]).number_id == an_id(10)
