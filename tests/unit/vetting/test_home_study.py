"""The triggers of a mandatory home study, at their boundaries."""

from __future__ import annotations

from typing import Any

import pytest

from models.facts import Finding, FindingFacts, LinkFacts, WaiverFacts
from models.findings import FindingCode, FindingState
from models.states import ApplicationState as A
from models.states import CheckKind, CheckState, RequirementState
from models.vetting_policy import VettingPolicy
from tests.unit.vetting.scenes import (
    NOW,
    P2025,
    POLICIES,
    STRANGER,
    a_check,
    a_link,
    a_packet,
    a_study,
    an_id,
    submitted,
)
from vetting.home_study import (
    findings,
    kind_of,
    prs_must_be_offered,
    prs_required,
    requirement,
    triggers,
)

COUSIN = {"relationship": "second cousin"}
BEFORE = STRANGER | {"sponsored_before": 1}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
@pytest.mark.parametrize(
    ("child", "sponsor", "links", "codes"),
    [
        ({}, {}, (), []),
        ({"circumstances": {"trafficking_victim": True}}, {}, (), ["TVPRA-1"]),
        ({"circumstances": {"disability": True}}, {}, (), ["TVPRA-2"]),
        ({"circumstances": {"abused": True}}, {}, (), ["TVPRA-3"]),
        ({"circumstances": {"especially_vulnerable": True}}, {}, (), []),
        ({}, BEFORE, (), ["ORR-2"]),
        ({}, {"sponsored_before": 5}, (), []),
        ({}, STRANGER, (a_link("sponsor"),), ["ORR-1", "ORR-2"]),
        ({}, STRANGER, (a_link("sponsor", other_state=A.IN_CHECKS),), ["ORR-1", "ORR-2"]),
        ({}, STRANGER, (a_link("sponsor", other_state=A.RELEASED),), ["ORR-2"]),
        ({}, STRANGER, (a_link("sponsor", other_state=A.WITHDRAWN),), ["ORR-2"]),
        # The law speaks of any sponsor, a relative too.
        ({}, {}, (a_link("sponsor", other_state=A.DENIED),), ["TVPRA-4"]),
        ({}, {}, (a_link("sponsor", "possible", other_state=A.DENIED),), []),
        ({}, STRANGER, (a_link("sponsor", "possible"),), []),
        ({}, STRANGER, (a_link("sponsor", "possible", state="confirmed"),), ["ORR-1", "ORR-2"]),
        ({}, STRANGER, (a_link("sponsor", state="split"),), []),
        ({}, STRANGER, (a_link("address"),), []),
        # Submitted on 2 February 2026: 12 years old up to the day before the 13th birthday.
        ({"date_of_birth": "2013-02-01"}, STRANGER, (), []),
        ({"date_of_birth": "2013-02-02"}, STRANGER, (), []),
        ({"date_of_birth": "2013-02-03"}, STRANGER, (), ["ORR-3"]),
        # It turns on the relation, not on category 3.
        ({"date_of_birth": "2018-01-01"}, COUSIN, (), []),
        (
            {"date_of_birth": "2018-01-01", "circumstances": {"abused": True}},
            BEFORE,
            (),
            ["TVPRA-3", "ORR-2", "ORR-3"],
        ),
    ],
)
def test_triggers(
    policy: VettingPolicy, child: Any, sponsor: Any, links: tuple[LinkFacts, ...], codes: list[str]
) -> None:
    facts = submitted(a_packet(child=child, sponsor=sponsor), links=links)
    assert [rule.code for rule in triggers(facts, policy, NOW)] == codes


BOTH = a_packet(child={"date_of_birth": "2018-01-01", "circumstances": {"abused": True}}, sponsor=STRANGER)
ORR_ONLY = a_packet(child={"date_of_birth": "2018-01-01"}, sponsor=STRANGER)


def test_each_family_of_triggers_is_a_block_until_the_study_has_come() -> None:
    got = findings(submitted(BOTH), P2025, NOW)
    assert [(f.code, f.evidence["triggers"]) for f in got] == [
        (FindingCode.HOME_STUDY_TVPRA, ["TVPRA-3"]),
        (FindingCode.HOME_STUDY_ORR, ["ORR-3"]),
    ]
    assert findings(submitted(BOTH, home_studies=(a_study("TVPRA-3", "ORR-3"),)), P2025, NOW) == ()


@pytest.mark.parametrize(
    ("packet", "state"), [(BOTH, RequirementState.MISSING), (ORR_ONLY, RequirementState.WAIVED)]
)
def test_a_home_study_that_statute_requires_cannot_be_waived(packet: Any, state: RequirementState) -> None:
    facts = submitted(packet, waivers=(WaiverFacts("home_study", "sponsor", True),))
    asked = requirement(facts, P2025, NOW)
    assert asked is not None
    assert asked.state is state
    assert bool(findings(facts, P2025, NOW)) is (state is RequirementState.MISSING)


def test_no_trigger_asks_for_no_home_study() -> None:
    assert requirement(submitted(), P2025, NOW) is None


CAN, PR, FP = CheckKind.CHILD_ABUSE_REGISTRY, CheckKind.PUBLIC_RECORDS, CheckKind.FBI_FINGERPRINT
INDICATOR = Finding(FindingCode.TRAFFICKING_INDICATOR, "sponsor", "text", "L5", "source")


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
@pytest.mark.parametrize(
    ("facts", "does"),
    [
        ({"checks": (a_check(FP, CheckState.HIT_BAR),)}, False),  # it denies by itself
        ({"checks": (a_check(PR, CheckState.HIT_REVIEW),)}, False),
        ({"checks": (a_check(CAN, CheckState.HIT_REVIEW),)}, True),
        ({"checks": (a_check(CAN, CheckState.HIT_REVIEW, "household:0"),)}, True),
        ({"checks": (a_check(CAN, CheckState.HIT_REVIEW, adjudication="clear"),)}, False),
        ({"checks": (a_check(CAN, CheckState.PENDING),)}, False),
        ({"findings": (FindingFacts(an_id("f"), INDICATOR, FindingState.OPEN),)}, True),
        ({"findings": (FindingFacts(an_id("f"), INDICATOR, FindingState.CLEARED),)}, False),
    ],
)
def test_a_clear_risk_is_computed_from_objective_facts(policy: VettingPolicy, facts: Any, does: bool) -> None:
    codes = [rule.code for rule in triggers(submitted(**facts), policy, NOW)]
    assert codes == (["TVPRA-4"] if does else [])


def state_with(*studies: Any, packet: Any = ORR_ONLY) -> RequirementState | None:
    asked = requirement(submitted(packet, home_studies=studies), P2025, NOW)
    return None if asked is None else asked.state


@pytest.mark.parametrize(
    ("studies", "state"),
    [
        ((a_study("ORR-3", result=None),), RequirementState.MISSING),
        ((a_study("ORR-3"),), RequirementState.CONFIRMED),
        ((a_study("ORR-3", result="negative"),), RequirementState.RECEIVED),
        ((a_study("ORR-3", result="negative", overridden=True),), RequirementState.CONFIRMED),
        # An addendum's word is the newest.
        ((a_study("ORR-3"), a_study("ORR-3", result=None, number=2)), RequirementState.MISSING),
        ((a_study("ORR-3"), a_study("ORR-3", result="negative", number=2)), RequirementState.RECEIVED),
        ((a_study("ORR-3", result="negative"), a_study("ORR-3", number=2)), RequirementState.CONFIRMED),
        # One that was made before the trigger was known does not answer it.
        ((a_study(),), RequirementState.MISSING),
        ((a_study(), a_study("ORR-3", number=2)), RequirementState.CONFIRMED),
    ],
)
def test_a_study_answers_the_triggers_that_it_was_made_for(studies: Any, state: RequirementState) -> None:
    assert state_with(*studies) is state


def test_a_study_that_a_person_ordered_is_required_like_any_other() -> None:
    facts = submitted(home_studies=(a_study(result=None),))
    asked = requirement(facts, P2025, NOW)
    assert asked is not None
    assert (asked.rule, asked.state, asked.waivable) == ("DISC", RequirementState.MISSING, True)
    (told,) = findings(facts, P2025, NOW)
    assert (told.code, told.evidence["triggers"]) == (FindingCode.HOME_STUDY_ORR, ["DISC"])
    assert findings(submitted(home_studies=(a_study(),)), P2025, NOW) == ()


def test_what_to_do_next_is_said() -> None:
    def told(*studies: Any) -> str:
        return findings(submitted(ORR_ONLY, home_studies=studies), P2025, NOW)[0].message

    assert "Order one" in told()
    assert "has been ordered" in told(a_study("ORR-3", result=None))
    assert "order an addendum" in told(a_study())
    assert "advises against" in told(a_study("ORR-3", result="negative"))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_the_kind_of_a_study_follows_its_triggers(policy: VettingPolicy) -> None:
    assert kind_of(triggers(submitted(BOTH), policy, NOW)) == "tvpra"
    assert kind_of(triggers(submitted(ORR_ONLY), policy, NOW)) == "orr"
    assert kind_of(()) == "discretionary"


@pytest.mark.parametrize(
    ("packet", "studies", "offer", "required", "must_offer"),
    [
        (None, (), None, False, False),
        (ORR_ONLY, (a_study("ORR-3", result=None),), None, False, False),
        (ORR_ONLY, (a_study("ORR-3"),), None, False, True),
        (ORR_ONLY, (a_study("ORR-3"),), "declined", False, False),
        (BOTH, (), None, True, False),
        # The law's study was made; that the trigger has gone since takes nothing away.
        (None, (a_study("TVPRA-3"),), None, True, True),
    ],
)
def test_services_follow_a_study(
    packet: Any, studies: Any, offer: Any, required: bool, must_offer: bool
) -> None:
    facts = submitted(packet, home_studies=studies, prs_offer=offer)
    assert prs_required(facts, P2025, NOW) is required
    assert prs_must_be_offered(facts) is must_offer
