"""Why something is asked, what answers it, and that kept facts give the same judgement again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from models.facts import ApplicationFacts, WaiverFacts
from models.findings import FindingCode
from models.kept_facts import FactsUnreadable, keep, restore
from models.states import CheckKind, CheckState
from models.vetting_policy import When
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2024,
    P2025,
    POLICIES,
    STRANGER,
    a_caregiver,
    a_link,
    a_member,
    a_packet,
    approved,
    interviewed,
    ready,
    submitted,
)
from vetting.completeness import requirements
from vetting.explain import asked_by, because, evidence_of
from vetting.replay import differences, judge

YOUNG_STRANGER = a_packet(
    sponsor=STRANGER,
    child={"date_of_birth": "2016-05-02", "circumstances": {"disability": True}},
    household=[a_member()],
    alternate_caregiver=a_caregiver(),
    previous_states=["CA"],
)


def an_asked(facts: ApplicationFacts, key: str, policy: Any = P2025) -> Any:
    return next(r for r in requirements(facts, policy, NOW) if r.key == key)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_every_requirement_names_the_lines_that_ask_for_it(policy: Any) -> None:
    facts = submitted(YOUNG_STRANGER)
    for asked in requirements(facts, policy, NOW):
        told = asked_by(facts, policy, asked, NOW)
        assert told, asked.key
        assert all(line.source for line in told)
        if asked.kind != "home_study":
            assert asked.rule in [line.rule for line in told]


def test_the_conditions_of_a_line_are_said_in_words() -> None:
    facts = submitted(YOUNG_STRANGER)
    told = asked_by(facts, P2024, an_asked(facts, "fbi_fingerprint@household:0", P2024), NOW)
    assert ("the sponsor is of category 3", "this person is 18 or older") in [line.because for line in told]
    study = asked_by(facts, P2024, an_asked(facts, "home_study@sponsor", P2024), NOW)
    assert ("the child: disability",) in [line.because for line in study]
    assert because(When()) == ()


def test_each_condition_that_a_policy_may_set_has_words() -> None:
    values: dict[str, Any] = {
        "categories": ("2A", "3"),
        "circumstances_any": ("abused",),
        "risk_any": ("concern", "child_abuse_hit"),
        "submitted_from": NOW.date(),
    }
    for name, field in When.model_fields.items():
        value = values.get(name, True if "bool" in str(field.annotation) else 12)
        (words,) = because(When.model_construct(**{name: value}))
        assert words.replace(" ", ""), name
        assert "_" not in words, name


def test_the_evidence_of_a_paper_is_the_paper_and_who_read_it() -> None:
    facts = ready()
    paper, read = evidence_of(facts, P2025, an_asked(facts, "sponsor_identity@sponsor"), NOW)
    assert paper["document"] == read["document"]
    assert read["confirmed_by"]
    assert read["agrees"] is True
    assert evidence_of(submitted(), P2025, an_asked(submitted(), "sponsor_identity@sponsor"), NOW) == ()


def test_the_evidence_of_a_check_is_every_order_of_it_and_of_its_fallback() -> None:
    facts = ready()
    first = next(c for c in facts.checks if c.kind is CheckKind.FBI_FINGERPRINT)
    bad = replace(first, state=CheckState.UNREADABLE)
    name = replace(first, kind=CheckKind.FBI_NAME)
    facts = replace(facts, checks=(bad, replace(bad, attempt=2), name))
    told = evidence_of(facts, P2025, an_asked(facts, "fbi_fingerprint@sponsor"), NOW)
    assert [(e["kind"], e["attempt"], e["state"]) for e in told] == [
        ("fbi_fingerprint", 1, "unreadable"),
        ("fbi_fingerprint", 2, "unreadable"),
        ("fbi_name", 1, "clear"),
    ]


@pytest.mark.parametrize(("approved_by_two", "words"), [(True, "approved"), (False, "proposed; a second")])
def test_a_waiver_is_evidence_too(approved_by_two: bool, words: str) -> None:
    waiver = WaiverFacts("proof_of_income@sponsor", "sponsor", approved_by_two)
    facts = submitted(waivers=(waiver,))
    (told,) = evidence_of(facts, P2025, an_asked(facts, "proof_of_income@sponsor"), NOW)
    assert str(told["waiver"]).startswith(words)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_kept_facts_come_back_whole_and_are_judged_alike(policy: Any) -> None:
    for facts in (
        submitted(YOUNG_STRANGER),
        approved(ready()),
        ready(links=(a_link("person", through=("household:0=sponsor",)),)),
        interviewed(),
    ):
        again = restore(keep(facts))
        assert again == facts
        assert differences(judge(facts, policy, NOW), judge(again, policy, NOW)) == ()


def test_a_judgement_that_changed_says_in_what() -> None:
    facts = ready()
    then = judge(facts, P2025, NOW)
    later = differences(then, judge(facts, P2025, NOW + 100 * DAY))
    assert any(
        line.startswith("requirement then, not now: public_records@sponsor confirmed") for line in later
    )
    assert any(line.startswith("finding now, not then") and FindingCode.CHECK_STALE in line for line in later)
    assert any(line.startswith("missing now, not then: check public_records@sponsor") for line in later)


def test_kept_facts_of_an_earlier_program_get_the_defaults_of_what_it_did_not_know() -> None:
    tree = json.loads(keep(ready()))
    del tree["postal_refused"], tree["acted"], tree["interviews"], tree["question_sets"], tree["merged"]
    assert restore(json.dumps(tree).encode()) == ready()


def test_broken_facts_are_refused_without_telling_what_they_say() -> None:
    tree = json.loads(keep(ready()))
    tree["packet"]["child"]["date_of_birth"] = "Ixchel"
    with pytest.raises(FactsUnreadable) as caught:
        restore(json.dumps(tree).encode())
    assert "packet.child" in str(caught.value)
    assert "Ixchel" not in str(caught.value)
