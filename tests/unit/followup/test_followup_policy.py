"""The policy files: complete, sourced, consistent; a broken one is refused with its line."""

from __future__ import annotations

import pytest
from followup_builders import POLICY, ROOM, a_policy, policy_text, procedures_text

from followup.accounting import LOST_REVIEW_WITHIN
from followup.calendar import EVENING, MORNING
from followup.policy import lines, parse_followup_policy, review_of
from models.contacts import CallOutcome, Channel
from models.errors import BadInput

VERSIONS = sorted(path.stem for path in (ROOM / "policies").glob("*.toml"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_holds_the_version_that_its_name_says(version):
    assert a_policy(version).version == version


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_ours_or_second_hand_is_marked_unverified(version):
    for _, line in lines(a_policy(version)):
        if any(word in line.source for word in ("ours", "second-hand", "from memory", "training deck")):
            assert line.unverified, line.rule


@pytest.mark.parametrize("version", VERSIONS)
def test_no_step_is_planned_in_quiet_hours(version):
    policy = a_policy(version)
    hours = [step.local_time for step in policy.ladder] + [rule.local_time for rule in policy.reminders]
    assert all(policy.quiet.ends <= hour < policy.quiet.begins for hour in [*hours, MORNING])
    assert policy.quiet.begins >= EVENING


@pytest.mark.parametrize("version", VERSIONS)
def test_the_review_of_a_lost_child_is_as_near_as_the_accounting_wants(version):
    policy = a_policy(version)
    hours = [review_of(policy, "lost_contact_review").within_hours]
    hours += [d.within_hours for o in policy.outcomes for d in o.opens if d.kind == "lost_contact_review"]
    assert max(hours) <= LOST_REVIEW_WITHIN.total_seconds() / 3600


@pytest.mark.parametrize("version", VERSIONS)
def test_the_ladder_has_five_tries_on_five_days_and_each_at_its_own_hour(version):
    steps = [step for step in a_policy(version).ladder if not step.needs_approval]
    assert len(steps) >= 5
    assert len({step.day for step in steps}) >= 5
    assert len({step.local_time for step in steps}) == len(steps)
    assert {step.channel for step in steps} == {Channel.TEXT, Channel.AUTOMATED_CALL, Channel.HUMAN_CALL}


def test_a_duty_opened_by_a_call_has_the_time_that_its_review_line_gives():
    """Two tables of one file, one number."""
    for outcome in POLICY.outcomes:
        for duty in outcome.opens:
            line = review_of(POLICY, duty.kind)
            assert (duty.within_hours, duty.queue, duty.in_sight) == (
                line.within_hours,
                line.queue,
                line.in_sight,
            ), outcome.rule


def test_every_outcome_of_a_talk_but_a_plain_move_has_a_line():
    named = {line.outcome for line in POLICY.outcomes}
    assert {outcome.value for outcome in CallOutcome} - named == {"no_answer", "busy", "machine"}


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        (
            "window_days = 7\n",
            "window_days = 7\nwidth = 2\n",
            "calls[SWB24R3-CALL-7-CHILD] line 12",
            "unknown_key",
        ),
        ("window_days = 7\n", 'window_days = "x"\n', "calls[SWB24R3-CALL-7-CHILD] line 12", "wrong_value"),
        ("after_business_days = 7\n", "", "calls[SWB24R3-CALL-7-CHILD] line 12", "wrong_value"),
        (
            "SWB24R3-CALL-7-SPONSOR",
            "SWB24R3-CALL-7-CHILD",
            "calls[SWB24R3-CALL-7-CHILD] line 23",
            "rule_twice",
        ),
        ("max_silence_days = 120", "max_silence_days = 104", "silence[SWB24R3-SILENCE]", "too_short"),
        ("level = 2\n", "level = 5\n", "rungs[P2-RUNG-1]", "wrong_order"),
        ('template = "good_time"\n', "", "ladder[P2-LADDER-1]", "missing_key"),
        ("needs_approval = true", "needs_approval = false", "ladder[P2-LADDER-8]", "wrong_value"),
        ('kind = "call_back"', 'kind = "call_bakc"', "reviews", "missing_key"),
        ('outcome = "exhausted"', 'outcome = "busy"', "outcomes", "missing_key"),
        ("in_sight = false", "in_sight = true", "calls[SWB24R3-CALL-7-SPONSOR]", "wrong_value"),
    ],
)
def test_a_broken_policy_is_refused_at_its_line(old, new, field, code):
    schedule, procedures = policy_text(), procedures_text()
    assert old in schedule + procedures
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(schedule.replace(old, new, 1), procedures.replace(old, new, 1))
    assert any(p.field.startswith(field) and p.code == code for p in caught.value.problems), [
        (p.field, p.code) for p in caught.value.problems
    ]


def test_silence_of_one_day_more_than_the_longest_look_is_enough():
    assert parse_followup_policy(
        policy_text().replace("max_silence_days = 120", "max_silence_days = 105"), procedures_text()
    )


def test_a_table_stands_in_the_schedule_or_in_its_procedures_and_not_in_both():
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text() + "[quiet]\n", procedures_text())
    assert [(p.field, p.code) for p in caught.value.problems] == [("quiet", "table_twice")]


@pytest.mark.parametrize("version", [v for v in VERSIONS if a_policy(v).supersedes])
def test_a_version_replaces_one_of_the_same_day(version):
    policy = a_policy(version)
    assert a_policy(policy.supersedes).effective_from == policy.effective_from


def test_broken_toml_names_line_and_column():
    with pytest.raises(BadInput) as caught:
        parse_followup_policy("version = \n")
    assert "line 1" in caught.value.problems[0].message
