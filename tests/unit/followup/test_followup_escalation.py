"""The ladder of people: who owns it, until when, who is next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from followup_builders import POLICY, a_policy, an_escalation, an_id, policy_text, procedures_text, utc
from hypothesis import given
from hypothesis import strategies as st

from followup.escalation import acknowledged, climb, duty_owned_until, first, handed_on, next_nag, owned_until
from followup.policy import parse_followup_policy
from models.errors import BadInput, Refused
from models.facts import EscalationFacts
from models.states import Role

NOW = utc("2026-02-02T00:00")
HOURS = (24, 24, 48, 72)  # to acknowledge, per rung


def hours(n):
    return timedelta(hours=n)


@pytest.mark.parametrize(
    ("level", "queue", "role", "acknowledge", "resolve"),
    [
        (1, "case_management", Role.CASE_MANAGER, 24, 72),
        (2, "supervision", Role.SUPERVISOR, 24, 72),
        (3, "programme", Role.SUPERVISOR, 48, 96),
        (4, "oversight", Role.SUPERVISOR, 72, 168),
        (9, "oversight", Role.SUPERVISOR, 72, 168),
    ],
)
def test_each_rung_has_its_queue_and_its_time(level, queue, role, acknowledge, resolve):
    window = first(POLICY, NOW, level)
    assert (window.queue, window.role) == (queue, role)
    assert window.acknowledge_by == NOW + hours(acknowledge)
    assert window.resolve_by == NOW + hours(resolve)


def test_a_new_escalation_is_owned_for_a_week_if_nobody_acts():
    assert first(POLICY, NOW).owned_until == NOW + hours(sum(HOURS))
    assert first(POLICY, NOW, 4).owned_until == NOW + hours(72)
    assert duty_owned_until(NOW, POLICY) == NOW + timedelta(days=7)


@pytest.mark.parametrize(("seconds", "level"), [(-1, None), (0, None), (1, 2)])
def test_an_escalation_that_nobody_took_climbs_after_its_time(seconds, level):
    facts = an_escalation()
    window = climb(facts, POLICY, facts.acknowledge_by + timedelta(seconds=seconds))
    assert (window and window.level) == level


@pytest.mark.parametrize(("seconds", "level"), [(-1, None), (0, None), (1, 2)])
def test_an_escalation_that_was_not_ended_climbs_after_its_time(seconds, level):
    facts = an_escalation(state="acknowledged")
    window = climb(facts, POLICY, facts.resolve_by + timedelta(seconds=seconds))
    assert (window and window.level) == level


def test_the_next_rungs_time_runs_from_the_lapse_not_from_the_sweep():
    facts = an_escalation()
    window = climb(facts, POLICY, facts.acknowledge_by + hours(5))
    assert window.acknowledge_by == facts.acknowledge_by + hours(24)


def test_a_long_standstill_climbs_several_rungs_at_once():
    facts = an_escalation()
    assert climb(facts, POLICY, facts.acknowledge_by + hours(24 + 48)).level == 3
    assert climb(facts, POLICY, facts.acknowledge_by + hours(24 + 48 + 1)).level == 4
    assert climb(facts, POLICY, facts.acknowledge_by + hours(10_000)).level == 4


@pytest.mark.parametrize("state", ["open", "acknowledged"])
def test_the_top_rung_gets_no_new_time(state):
    assert climb(an_escalation(level=4, state=state), POLICY, NOW + hours(10_000)) is None


def test_a_resolved_escalation_stays():
    assert climb(an_escalation(state="resolved"), POLICY, NOW + hours(10_000)) is None


def test_taking_it_gives_the_rungs_time_to_end_it():
    facts = an_escalation()
    window = acknowledged(facts, POLICY, NOW)
    assert (window.level, window.acknowledge_by) == (1, facts.acknowledge_by)
    assert window.resolve_by == NOW + hours(72)
    assert window.owned_until == NOW + hours(72 + 24 + 48 + 72)


@pytest.mark.parametrize("state", ["acknowledged", "resolved"])
def test_taking_it_twice_is_refused(state):
    with pytest.raises(Refused, match=f"already_{state}"):
        acknowledged(an_escalation(state=state), POLICY, NOW)


def _facts(window, state="open"):
    return EscalationFacts(an_id(3), window.level, state, window.acknowledge_by, window.resolve_by)


@given(
    st.sampled_from(["swb-2024r3", "swb-2016r3"]),
    st.integers(1, 4),
    st.sampled_from(["open", "acknowledged"]),
    st.lists(st.integers(0, 200), max_size=12),
)
def test_sweeps_never_move_the_end_of_ownership(version, level, state, sweeps):
    """However late and however often it is looked at, it is owned exactly until the same instant."""
    policy = a_policy(version)
    window = first(policy, NOW, level)
    facts = _facts(window, state)
    end = owned_until(facts.level, facts.state, facts.acknowledge_by, facts.resolve_by, policy)
    now = NOW
    for wait in sweeps:
        now += hours(wait)
        climbed = climb(facts, policy, now)
        if climbed is None:
            continue
        assert climbed.level > facts.level
        assert climbed.owned_until == end
        facts = _facts(climbed)
        assert climb(facts, policy, now) is None
    if now > end:
        assert facts.level == 4
        assert climb(facts, policy, now) is None


# --- who takes over, and what is said again -------------------------------------------------------


@pytest.mark.parametrize(("level", "nag_hours"), [(1, 8), (2, 6), (3, 12), (4, 12)])
def test_each_rung_says_it_again_at_its_own_interval(level, nag_hours):
    assert first(POLICY, NOW, level).nag_at == NOW + hours(nag_hours)
    assert next_nag(level, NOW + hours(100), POLICY) == NOW + hours(100 + nag_hours)
    assert acknowledged(an_escalation(level=level), POLICY, NOW).nag_at is None


def test_a_version_without_an_interval_says_it_once():
    policy = a_policy("swb-2024")
    assert (first(policy, NOW).nag_at, next_nag(1, NOW, policy)) == (None, None)


@pytest.mark.parametrize("version", ["swb-2024r3", "swb-2024"])
@pytest.mark.parametrize(
    ("level", "reachable", "expected"),
    [
        (1, {Role.CASE_MANAGER, Role.SUPERVISOR}, 2),
        (2, {Role.SUPERVISOR}, 3),
        (4, {Role.SUPERVISOR}, 4),
        (1, {Role.CASE_MANAGER}, 4),  # nobody up there: the top, where it is loud
        (1, set(), 4),
    ],
)
def test_what_an_owner_leaves_goes_up_to_a_rung_that_has_somebody(version, level, reachable, expected):
    window = handed_on(level, a_policy(version), NOW, reachable)
    assert (window.level, window.acknowledge_by > NOW) == (expected, True)


@pytest.mark.parametrize("fallback", [1, 2, 5])
def test_a_fallback_that_goes_round_or_nowhere_is_refused(fallback):
    procedures = procedures_text()
    assert "fallback = 3\n" in procedures
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text(), procedures.replace("fallback = 3", f"fallback = {fallback}", 1))
    assert [p.field.split("]")[0] for p in caught.value.problems] == ["rungs[P2-RUNG-2"]
