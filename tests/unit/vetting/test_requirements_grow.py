"""A risk can only add: no circumstance, person or earlier child ever takes a requirement away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.facts import ApplicationFacts, Finding, FindingFacts
from models.findings import FindingCode, FindingState
from models.states import ApplicationState, CheckKind, CheckState, RequirementState
from tests.unit.vetting.scenes import (
    NOW,
    POLICIES,
    STRANGER,
    a_caregiver,
    a_check,
    a_concern,
    a_link,
    a_member,
    a_packet,
    a_study,
    an_id,
    keys,
    ready,
    submitted,
)
from vetting.completeness import requirements
from vetting.gate import gate

CIRCUMSTANCES = ("trafficking_victim", "disability", "abused", "especially_vulnerable")
SPONSORS: tuple[dict[str, Any], ...] = (
    {"relationship": "mother"},
    {"relationship": "grandmother"},
    {"relationship": "aunt"},
    {"relationship": "second cousin"},
    STRANGER,
)
packets = st.fixed_dictionaries(
    {
        "sponsor": st.sampled_from(SPONSORS),
        "child": st.fixed_dictionaries(
            {
                "date_of_birth": st.sampled_from(("2018-01-01", "2013-02-02", "2010-05-02")),
                "circumstances": st.fixed_dictionaries({name: st.booleans() for name in CIRCUMSTANCES}),
            }
        ),
        "household": st.lists(st.sampled_from((a_member(), a_member("2015-01-01"))), max_size=2),
        "previous_states": st.lists(st.sampled_from(("LA", "FL", "TX")), max_size=2),
    }
)
FACTS: dict[str, dict[str, Any]] = {
    "link": {"links": (a_link("sponsor"),)},
    "denied_before": {"links": (a_link("sponsor", other_state=ApplicationState.DENIED),)},
    "concern": {"concerns": (a_concern(),)},
    "indicator": {
        "findings": (
            FindingFacts(
                an_id("f"),
                Finding(FindingCode.TRAFFICKING_INDICATOR, "sponsor", "text", "L5", "source"),
                FindingState.OPEN,
            ),
        )
    },
    "hit": {"checks": (a_check(CheckKind.PUBLIC_RECORDS, CheckState.HIT_REVIEW),)},
    "bar": {"checks": (a_check(CheckKind.FBI_FINGERPRINT, CheckState.HIT_BAR),)},
    "abuse": {"checks": (a_check(CheckKind.CHILD_ABUSE_REGISTRY, CheckState.HIT_REVIEW),)},
    "study": {"home_studies": (a_study(result=None),)},
}
RISKS = (
    *CIRCUMSTANCES, "young", "sponsored_before", "another_adult", "caregiver", "another_state", "unrelated",
    *FACTS,
)  # fmt: skip
# Somebody whose papers prove no kinship has none to prove; that is the one thing that being unrelated takes away.
TAKEN = {"unrelated": {"proof_of_relationship@sponsor"}}


def with_risk(parts: dict[str, Any], risk: str) -> ApplicationFacts:
    child, sponsor = dict(parts["child"]), dict(parts["sponsor"])
    more: dict[str, Any] = {}
    if risk in CIRCUMSTANCES:
        child["circumstances"] = child["circumstances"] | {risk: True}
    elif risk == "young":
        child["date_of_birth"] = "2019-01-01"
    elif risk == "sponsored_before":
        sponsor["sponsored_before"] = 3
    elif risk == "another_adult":
        more["household"] = [*parts["household"], a_member()]
    elif risk == "caregiver":
        more["alternate_caregiver"] = a_caregiver()
    elif risk == "another_state":
        more["previous_states"] = [*parts["previous_states"], "GA"]
    elif risk == "unrelated":
        sponsor["related"] = False
    facts = submitted(a_packet(**(parts | {"child": child, "sponsor": sponsor} | more)))
    return replace(facts, **FACTS.get(risk, {}))


@given(parts=packets, risk=st.sampled_from(RISKS), policy=st.sampled_from(POLICIES))
def test_a_risk_never_removes_a_requirement(parts: dict[str, Any], risk: str, policy: Any) -> None:
    before = {r.key: r for r in requirements(submitted(a_packet(**parts)), policy, NOW)}
    after = {r.key: r for r in requirements(with_risk(parts, risk), policy, NOW)}
    assert set(before) - TAKEN.get(risk, set()) <= set(after)
    # Nor does it make one easier to waive or to satisfy.
    for key, asked in before.items():
        if key not in after:
            continue
        assert after[key].waivable <= asked.waivable
        assert after[key].confirm >= asked.confirm


@given(parts=packets, policy=st.sampled_from(POLICIES))
def test_keys_are_unique_and_the_sponsor_comes_first(parts: dict[str, Any], policy: Any) -> None:
    found = keys(requirements(submitted(a_packet(**parts)), policy, NOW))
    assert len(found) == len(set(found))
    assert found[0] == "sponsor_identity@sponsor"


@given(parts=packets, policy=st.sampled_from(POLICIES), choice=st.integers(0, 999))
def test_any_one_requirement_that_is_missing_keeps_the_gate_closed(
    parts: dict[str, Any], policy: Any, choice: int
) -> None:
    facts = ready(a_packet(**parts), policy)
    asked = requirements(facts, policy, NOW)
    index = choice % len(asked)
    holed = [replace(r, state=RequirementState.MISSING) if n == index else r for n, r in enumerate(asked)]
    answer = gate(facts, holed, policy, NOW)
    assert not answer.open
    assert any(asked[index].key in entry for entry in answer.missing)
