"""The triggers of a mandatory home study, at their boundaries."""

from __future__ import annotations

from typing import Any

import pytest

from models.facts import LinkFacts, WaiverFacts
from models.policy import VettingPolicy
from models.states import FindingCode, RequirementState
from tests.unit.vetting.scenes import NOW, P2025, POLICIES, STRANGER, a_link, a_packet, submitted
from vetting.home_study import findings, requirement, triggers

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
        ({}, BEFORE, (), ["ORR-1", "ORR-2"]),
        ({}, {"sponsored_before": 5}, (), []),
        ({}, STRANGER, (a_link("sponsor"),), ["ORR-1", "ORR-2"]),
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
            ["TVPRA-3", "ORR-1", "ORR-2", "ORR-3"],
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
    assert findings(submitted(BOTH, home_study_received=True), P2025, NOW) == ()


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
