"""The steps to find a child whose contact is lost: their order, waits and hours, from the policy's lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from followup_builders import CHICAGO, POLICY, a_duty, a_number, a_policy, policy_text, procedures_text, utc

from followup.ladder import Exhausted, next_step
from followup.lost import (
    SECOND_LADDER_KIND,
    lost_duties,
    lost_kinds,
    open_before_closing,
    second_ladder,
    step_of,
)
from followup.policy import parse_followup_policy
from models.contacts import Channel
from models.errors import BadInput
from models.facts import AttemptFacts
from models.states import Party

LOST_AT = utc("2026-03-02T16:00")  # a Monday morning in Chicago
CHILD = a_number(10)
BACKUP = a_number(12, party=Party.SPONSOR, role="backup", texts=False)
HOME = a_number(14, party=Party.CASE, role="home_country", texts=False)


def hours(n):
    return timedelta(hours=n)


def test_every_step_is_a_duty_in_a_queue_with_its_own_wait():
    told = [
        (d.kind, (d.opens_at - LOST_AT) / hours(1), (d.due_at - d.opens_at) / hours(1), d.queue)
        for d in lost_duties(POLICY, LOST_AT)
    ]
    assert told == [
        ("lost_supervisor_review", 0, 24, "supervision"),
        ("lost_second_ladder", 0, 168, "rota"),
        ("lost_school_check", 24, 72, "case_management"),
        ("lost_prs_visit", 48, 120, "case_management"),
        ("lost_welfare_check", 72, 96, "supervision"),
    ]
    assert {d.rule for d in lost_duties(POLICY, LOST_AT)} == {line.rule for line in POLICY.lost}


def test_a_version_without_the_table_has_the_weekly_review_alone():
    for version in ("swb-2016", "swb-2024"):
        policy = a_policy(version)
        assert (lost_duties(policy, LOST_AT), lost_kinds(policy), second_ladder(policy)) == (
            (),
            frozenset(),
            (),
        )
        with pytest.raises(BadInput):
            step_of(policy, "school_check")


def walk(numbers, **how):
    duty, attempts = a_duty(kind=SECOND_LADDER_KIND, in_sight=False, opens_at=LOST_AT), []
    while True:
        step = next_step(duty, attempts, numbers, POLICY, zone=CHICAGO, now=LOST_AT, **how)
        if isinstance(step, Exhausted):
            return
        attempts.append(AttemptFacts(step.step, step.channel, step.at, "no_answer"))
        yield step


def test_the_second_ladder_is_people_on_other_days_at_hours_that_were_not_tried():
    steps = list(walk([CHILD, BACKUP, HOME]))
    assert {step.channel for step in steps} == {Channel.HUMAN_CALL}
    assert [step.number_id for step in steps] == [CHILD.id, CHILD.id, BACKUP.id, CHILD.id, CHILD.id]
    first_hours = {step.local_time for step in POLICY.ladder}
    assert first_hours.isdisjoint(step.local_time for step in second_ladder(POLICY))
    assert len({step.day for step in second_ladder(POLICY)}) == len(second_ladder(POLICY))
    assert all(POLICY.quiet.ends <= s.local_time < POLICY.quiet.begins for s in second_ladder(POLICY))


def test_the_home_country_is_called_only_after_approval():
    assert HOME.id not in {step.number_id for step in walk([CHILD, HOME])}
    assert HOME.id in {step.number_id for step in walk([CHILD, HOME], approved=True)}


def test_what_must_be_done_before_closing_is_told_in_the_files_order():
    kinds = {"lost_prs_visit", "lost_school_check", "welfare_call"}
    assert open_before_closing(POLICY, kinds) == ("school_check", "prs_visit")
    assert open_before_closing(POLICY, {"lost_contact_review"}) == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('step = "prs_visit"', 'step = "school_check"', "step_twice"),
        ('decided_by = ["supervisor"]\n', "", "missing_key"),
        ("local_time = 15:00:00, needs_approval = true", "local_time = 15:00:00", "wrong_value"),
        ("day = 0, local_time = 20:00:00", "day = 0, local_time = 17:30:00", "wrong_value"),
        ("day = 2, local_time = 14:00:00", "day = 0, local_time = 14:00:00", "wrong_order"),
    ],
)
def test_a_table_that_tells_others_unasked_or_tries_the_same_hours_is_refused(old, new, code):
    procedures = procedures_text()
    assert old in procedures
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text(), procedures.replace(old, new, 1))
    assert any(p.field.startswith("lost[") and p.code == code for p in caught.value.problems)
