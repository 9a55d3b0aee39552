"""Checks that are out at a release: only by a line of the policy, signed off by name, and never statute's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from integrations.policies import policy_files, vetting_policies, vetting_policy
from models.errors import BadInput, Refused
from models.facts import ApplicationFacts, CheckFacts, PendingAllowanceFacts
from models.findings import FindingCode, Severity
from models.states import ApplicationState, CheckKind, CheckState, RequirementState, Role
from models.vetting_policy import PendingReleaseRule, When
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2024,
    PARENT,
    STRANGER,
    a_check,
    a_member,
    a_packet,
    a_person,
    an_id,
    approved,
    ready,
)
from vetting import checks
from vetting.acts import may_allow_pending
from vetting.completeness import requirements
from vetting.gate import gate
from vetting.out_at_release import duty_of, next_duty, out_at_release
from vetting.pending_release import allowance_for
from vetting.policy import parse_vetting_policy
from vetting.steps import duties

SURGE = vetting_policy("surge-2021")
FP, CAN = CheckKind.FBI_FINGERPRINT, CheckKind.CHILD_ABUSE_REGISTRY
VULNERABLE = {"circumstances": {"especially_vulnerable": True}}
A_MOTHER = a_packet(sponsor=PARENT, child=VULNERABLE)


def with_one_out(
    kind: CheckKind = CAN, state: CheckState = CheckState.PENDING, packet: Any = A_MOTHER, policy: Any = SURGE
) -> tuple[ApplicationFacts, CheckFacts]:
    """Everything is there and approved, but that the sponsor's check of this kind has no result."""
    whole = approved(ready(packet, policy))
    (mine,) = [c for c in whole.checks if c.kind is kind and c.subject == "sponsor"]
    out = replace(mine, state=state, result_at=None, expires_on=None)
    return replace(whole, checks=tuple(out if c is mine else c for c in whole.checks)), out


def allowed(
    facts: ApplicationFacts, out: CheckFacts, rule: str = "SURGE-PENDING-CAN-SPONSOR", **said: Any
) -> ApplicationFacts:
    given = {"check": out.id, "rule": rule, "by": an_id("boss"), "role": Role.SUPERVISOR, "at": NOW}
    word = PendingAllowanceFacts(**(given | {"reason": "The state takes months."} | said))
    return replace(facts, pending_allowances=(word,))


def missing(facts: ApplicationFacts, policy: Any = SURGE) -> tuple[str, ...]:
    return gate(facts, requirements(facts, policy, NOW), policy, NOW).missing


def test_a_version_in_force_lets_no_check_be_out() -> None:
    assert [p.version for p in vetting_policies() if p.pending_release] == ["surge-2021"]
    assert not SURGE.active
    assert all(line.unverified and line.due_days == 7 for line in SURGE.pending_release)


def test_without_the_authoritys_word_the_gate_stays_closed() -> None:
    facts, _ = with_one_out()
    assert missing(facts) == (
        "check child_abuse_registry@sponsor:TX",
        "finding CHECK_PENDING sponsor child_abuse_registry TX",
    )


@pytest.mark.parametrize("state", [CheckState.ORDERED, CheckState.PENDING])
def test_with_it_the_gate_lets_the_order_through_and_says_so(state: CheckState) -> None:
    facts, out = with_one_out(state=state)
    facts = allowed(facts, out)
    assert missing(facts) == ()
    (asked,) = [r for r in requirements(facts, SURGE, NOW) if r.item == CAN]
    assert (asked.state, asked.pending_under) == (RequirementState.RECEIVED, "SURGE-PENDING-CAN-SPONSOR")
    (found,) = checks.findings(facts, SURGE, NOW)
    assert (found.code, found.severity) == (FindingCode.CHECK_PENDING_ALLOWED, Severity.NOTE)
    assert (found.rule, found.evidence["signed_off_by"]) == ("SURGE-PENDING-CAN-SPONSOR", str(an_id("boss")))
    assert "no result yet" in found.message
    assert "supervisor" in found.message


@pytest.mark.parametrize(
    "state", sorted(set(CheckState) - {CheckState.ORDERED, CheckState.PENDING, CheckState.CLEAR})
)
def test_what_is_not_out_at_the_provider_is_never_let_through(state: CheckState) -> None:
    """A failed, unreadable or unsent order is nobody's answer to come, and a hit is an answer."""
    facts, out = with_one_out(state=state)
    assert missing(allowed(facts, out)) != ()


@pytest.mark.parametrize(
    "said",
    [
        {"check": an_id("another order")},
        {"rule": "SURGE-PENDING-FP-SPONSOR"},
        {"role": Role.FEDERAL_FIELD_SPECIALIST},
    ],
    ids=lambda said: next(iter(said)),
)
def test_the_word_is_for_one_order_under_one_line_by_one_authority(said: dict[str, Any]) -> None:
    facts, out = with_one_out()
    assert missing(allowed(facts, out, **said)) != ()


def test_the_word_falls_with_the_line() -> None:
    """Moved to a version without the line, the case is judged by that version."""
    facts, out = with_one_out()
    assert missing(allowed(facts, out), P2024) != ()


def a_line(kind: CheckKind, *categories: Any) -> PendingReleaseRule:
    return PendingReleaseRule(
        rule="OURS",
        source="made for this test",
        item=kind,
        subject="sponsor",
        when=When(categories=categories),
        authority=Role.SUPERVISOR,
        due_days=7,
        queue="case_manager",
    )


@pytest.mark.parametrize("kind", [FP, CheckKind.FBI_NAME])
def test_what_statute_asks_for_is_never_out_whatever_a_line_says(kind: CheckKind) -> None:
    """Nor what stands in for it: the name check after rejected prints."""
    policy = SURGE.model_copy(update={"pending_release": (a_line(kind, "1", "2A", "2B", "3"),)})
    for packet, statutory in ((A_MOTHER, False), (a_packet(), True), (a_packet(sponsor=STRANGER), True)):
        facts = ready(packet, policy)
        out = a_check(kind, CheckState.PENDING, attempt=3)
        facts = allowed(replace(facts, checks=(*facts.checks, out)), out, "OURS")
        assert (allowance_for(facts, policy, out, NOW) is None) is statutory
        with pytest.raises(Refused) as caught:
            may_allow_pending(facts, policy, a_person(Role.SUPERVISOR), out, "why", NOW)
        assert caught.value.code == ("statutory" if statutory else "not_reviewable")


def code_of(facts: ApplicationFacts, out: CheckFacts, role: Role, reason: str = "why") -> str:
    try:
        return may_allow_pending(facts, SURGE, a_person(role), out, reason, NOW)[0]
    except Refused as err:
        return err.code
    except BadInput as err:
        return err.problems[0].code


def test_who_signs_off_is_whom_the_line_names() -> None:
    facts, out = with_one_out()
    for role in Role:
        assert code_of(facts, out, role) == (role if role is Role.SUPERVISOR else "wrong_role")
    assert code_of(facts, out, Role.SUPERVISOR, " ") == "missing_key"
    assert code_of(allowed(facts, out), out, Role.SUPERVISOR) == "not_reviewable"
    assert code_of(replace(facts, state=ApplicationState.RELEASED), out, Role.SUPERVISOR) == "out_of_order"
    acted = replace(facts, acted={a_person(Role.SUPERVISOR).id: Role.CASE_MANAGER})
    assert code_of(acted, out, Role.SUPERVISOR) == "two_roles"


def test_a_category_that_the_line_does_not_name_must_wait() -> None:
    facts, out = with_one_out(packet=a_packet(sponsor=STRANGER))
    assert code_of(facts, out, Role.SUPERVISOR) == "not_allowed"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('item = "child_abuse_registry"', 'item = "public_records"', "never_pending"),
        ('item = "child_abuse_registry"', 'item = "sex_offender_registry"', "never_pending"),
        ('when = { categories = ["1", "2A", "2B"] }', "when = { related = true }", "missing_key"),
        ("due_days = 7", "due_days = 0", "wrong_value"),
        ('authority = "supervisor"\n', "", "missing_key"),
    ],
)
def test_a_line_that_goes_too_far_is_no_policy(old: str, new: str, code: str) -> None:
    text = policy_files("vetting")["surge-2021"].read_text()
    start = text.index('rule = "SURGE-PENDING-CAN-SPONSOR"')
    with pytest.raises(BadInput) as caught:
        parse_vetting_policy(text[:start] + text[start:].replace(old, new, 1))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert "SURGE-PENDING-CAN-SPONSOR" in problem.field


def test_its_duty_stands_while_people_recommend_and_decide() -> None:
    facts, out = with_one_out()
    facts = replace(facts, recommendations=(), decision=None, state=ApplicationState.IN_REVIEW)
    before = {d.kind for d in duties(facts, requirements(facts, SURGE, NOW), SURGE, NOW)}
    facts = allowed(facts, out)
    after = {d.kind for d in duties(facts, requirements(facts, SURGE, NOW), SURGE, NOW)}
    assert "record_check" in before & after
    assert "recommend" in after - before


def test_at_the_release_each_order_out_is_a_duty_that_is_late_on_the_lines_day() -> None:
    facts, out = with_one_out()
    (one,) = out_at_release(allowed(facts, out), SURGE, NOW)
    duty = duty_of(one, SURGE, NOW)
    assert (duty.kind, duty.key) == ("pending_check", "sponsor:child_abuse_registry:TX")
    assert (duty.opens_at, duty.due_at, duty.queue) == (NOW, NOW + 7 * DAY, "case_manager")
    assert (duty.side, duty.in_sight, duty.rule) == ("followup", False, "SURGE-PENDING-CAN-SPONSOR")
    assert duty.detail == {"check": str(out.id), "fallback": None}
    late = NOW + 9 * DAY
    second = next_duty(duty.rule, duty.key, dict(duty.detail), SURGE, late)
    third = next_duty(second.rule, second.key, dict(second.detail), SURGE, late + timedelta(days=7))
    assert (second.key, second.due_at) == (f"{duty.key}~2", late + 7 * DAY)
    assert (third.key, third.detail) == (f"{duty.key}~3", duty.detail)


def test_nothing_is_out_that_nobody_signed_off() -> None:
    facts, _ = with_one_out()
    assert out_at_release(facts, SURGE, NOW) == ()


def test_prints_out_say_what_may_stand_in_for_them() -> None:
    facts, out = with_one_out(FP)
    (one,) = out_at_release(allowed(facts, out, "SURGE-PENDING-FP-SPONSOR"), SURGE, NOW)
    assert duty_of(one, SURGE, NOW).detail["fallback"] == "fbi_name"


def test_a_line_for_the_household_is_for_the_household() -> None:
    packet = a_packet(sponsor=PARENT, child=VULNERABLE, household=[a_member()])
    facts = ready(packet, SURGE)
    waits = [replace(c, state=CheckState.PENDING) for c in facts.checks if c.kind is CAN]
    assert {c.subject for c in waits} == {"sponsor", "household:0"}
    rules = {
        c.subject: may_allow_pending(facts, SURGE, a_person(Role.SUPERVISOR), c, "w", NOW)[1].rule
        for c in waits
    }
    assert rules == {
        "sponsor": "SURGE-PENDING-CAN-SPONSOR",
        "household:0": "SURGE-PENDING-CAN-HOUSEHOLD",
    }
