"""The closure table, reason by reason: what it asks for, what is lacking and what puts it right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from followup_builders import CHICAGO, POLICY, a_policy, policy_text, procedures_text, utc

from followup.closing import ClosingFacts, closure_rule, closure_rules, lacking, needs
from followup.policy import parse_followup_policy
from models.errors import BadInput
from models.reports import MUST_BE_TOLD
from models.states import CaseState, ClosureReason, Role

NOW = utc("2026-03-10T18:00")
# Nothing speaks for any closing: a child of 15, never heard since the release, never asked for, not lost.
NOTHING = ClosingFacts(state=CaseState.IN_FOLLOW_UP, zone=CHICAGO, turns_18_on=date(2029, 1, 1))
CM, SUPERVISOR, FFS = Role.CASE_MANAGER, Role.SUPERVISOR, Role.FEDERAL_FIELD_SPECIALIST
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)

TABLE = {
    "turned_18": ((CM, SUPERVISOR), (), ["not_18_yet"]),
    "status_granted": ((CM, SUPERVISOR), (), ["evidence_missing"]),
    "departed": ((CM, SUPERVISOR), (), ["evidence_missing"]),
    "plan_completed": ((SUPERVISOR,), (), ["child_not_heard"]),
    "returned_to_custody": ((CM, SUPERVISOR), (), ["evidence_missing"]),
    "reunified_elsewhere": ((CM, SUPERVISOR), (), ["evidence_missing"]),
    "declined_child_spoken_to": ((SUPERVISOR,), (), ["child_not_heard"]),
    "declined_child_not_spoken_to": ((SUPERVISOR,), (), ["child_not_asked_for"]),
    "lost_contact": ((SUPERVISOR,), (SUPERVISOR, FFS), ["contact_not_lost"]),
    "moved_provider": ((CM, SUPERVISOR), (), ["evidence_missing"]),
    "deceased": ((CM, SUPERVISOR), (), ["evidence_missing"]),
}


def codes(reason, facts=NOTHING, *, evidence=False, policy=POLICY, now=NOW):
    rule = closure_rule(policy, ClosureReason(reason))
    return [one.code for one in lacking(rule, facts, evidence=evidence, now=now)]


def test_the_table_has_a_row_for_each_reason_of_the_contract():
    assert list(TABLE) == [reason.value for reason in ClosureReason]


@pytest.mark.parametrize("reason", TABLE)
def test_each_reason_says_who_may_and_what_it_lacks_on_an_empty_file(reason):
    roles, confirmed_by, lacks = TABLE[reason]
    rule = closure_rule(POLICY, ClosureReason(reason))
    assert (rule.roles, rule.confirmed_by, codes(reason)) == (roles, confirmed_by, lacks)
    assert all(one.remedy for one in lacking(rule, NOTHING, evidence=False, now=NOW))


@pytest.mark.parametrize("reason", [r for r, row in TABLE.items() if row[2] == ["evidence_missing"]])
def test_evidence_is_all_that_these_reasons_want(reason):
    assert codes(reason, evidence=True) == []


@pytest.mark.parametrize(("day", "expected"), [(11, ["not_18_yet"]), (10, []), (9, [])])
def test_nobody_is_18_before_the_day_where_the_family_lives(day, expected):
    assert codes("turned_18", replace(NOTHING, turns_18_on=date(2026, 3, day))) == expected


def test_the_day_is_the_familys_and_not_the_servers():
    facts = replace(NOTHING, turns_18_on=date(2026, 3, 10))
    assert codes("turned_18", facts, now=utc("2026-03-10T04:59")) == ["not_18_yet"]
    assert codes("turned_18", facts, now=utc("2026-03-10T05:00")) == []


@pytest.mark.parametrize(("reason", "days"), [("plan_completed", 90), ("declined_child_spoken_to", 30)])
def test_who_was_heard_long_ago_is_to_be_heard_again(reason, days):
    assert closure_rule(POLICY, ClosureReason(reason)).heard_within_days == days
    heard = replace(NOTHING, heard_at=NOW - days * DAY)
    assert codes(reason, heard) == []
    assert codes(reason, heard, now=NOW + SECOND) == ["heard_too_long_ago"]


@pytest.mark.parametrize(("asked", "expected"), [(4, ["child_not_asked_for"]), (5, []), (6, [])])
def test_a_family_that_declines_is_tried_on_five_days(asked, expected):
    assert codes("declined_child_not_spoken_to", replace(NOTHING, asked_on_days=asked)) == expected


def test_lost_contact_is_closed_only_once_every_step_to_find_the_child_is_done():
    lost = replace(NOTHING, state=CaseState.LOST_CONTACT)
    assert codes("lost_contact", lost) == []
    open_steps = replace(lost, lost_steps_open=("school_check", "prs_visit"))
    assert codes("lost_contact", open_steps) == ["lost_step_open", "lost_step_open"]


@pytest.mark.parametrize("version", ["swb-2016", "swb-2024"])
def test_a_version_without_the_table_goes_on_by_what_held_before(version):
    policy = a_policy(version)
    assert policy.closures == ()
    assert [line.reason for line in closure_rules(policy)] == list(ClosureReason)
    wanted = {
        "turned_18": ["not_18_yet"],
        "plan_completed": ["child_not_heard"],
        "declined_child_spoken_to": ["child_not_heard"],
    }
    for reason, (roles, confirmed_by, _) in TABLE.items():
        rule = closure_rule(policy, ClosureReason(reason))
        assert (rule.roles, rule.confirmed_by) == (roles, confirmed_by)
        assert codes(reason, policy=policy) == wanted.get(reason, [])
    heard_long_ago = replace(NOTHING, heard_at=NOW - 400 * DAY)
    assert codes("plan_completed", heard_long_ago, policy=policy) == []


@pytest.mark.parametrize("line", closure_rules(POLICY), ids=lambda line: line.reason)
def test_what_a_reason_needs_is_said_with_the_lines_own_numbers(line):
    told = " ".join(needs(line))
    for number in (line.heard_within_days, line.asked_on_days):
        assert number is None or f" {number} " in told
    assert line.evidence is None or line.evidence in told
    assert told


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ('reason = "deceased"', 'reason = "departed"', "closures", "missing_key"),
        ('reason = "deceased"', 'reason = "departed"', "closures[P2-CLOSURE-DECEASED]", "reason_twice"),
        (
            'reason = "plan_completed"\nroles = ["supervisor"]',
            'reason = "plan_completed"\nroles = ["case_manager"]',
            "closures[P2-CLOSURE-PLAN-COMPLETED]",
            "wrong_value",
        ),
        (
            'confirmed_by = ["supervisor", "federal_field_specialist"]\n',
            "",
            "closures[P2-CLOSURE-LOST-CONTACT]",
            "missing_key",
        ),
        (
            "child_heard = true\nheard_within_days = 30",
            "heard_within_days = 30",
            "closures[P2-CLOSURE-DECLINED-SPOKEN-TO]",
            "wrong_value",
        ),
    ],
)
def test_a_table_that_makes_closing_too_easy_is_refused_at_its_line(old, new, field, code):
    procedures = procedures_text()
    assert old in procedures
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text(), procedures.replace(old, new, 1))
    assert any(p.field.startswith(field) and p.code == code for p in caught.value.problems)


@pytest.mark.parametrize("reason", TABLE)
def test_no_reason_closes_over_what_must_still_be_told(reason):
    facts = replace(NOTHING, to_be_told=("notice_of_concern", "report_otip"))
    assert codes(reason, facts).count("report_open") == 2


def test_a_form_to_the_court_and_an_answer_that_is_awaited_hold_no_closing_up():
    assert not MUST_BE_TOLD & {"court_address_form", "request_vor", "notice_acknowledged"}
    assert {"report_police", "report_ncmec", "report_otip", "notice_of_concern"} <= MUST_BE_TOLD
