"""Which documents and checks are asked of whom, under which version, and where each stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.facts import WaiverFacts
from models.findings import FindingCode
from models.states import CheckKind, CheckState, DocumentKind, RequirementState
from models.vetting_policy import VettingPolicy
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2024,
    P2025,
    PARENT,
    POLICIES,
    STRANGER,
    a_caregiver,
    a_check,
    a_confirmation,
    a_document,
    a_member,
    a_packet,
    complete,
    keys,
    ready,
    submitted,
)
from vetting.completeness import findings, requirements

PR, SOR, FP, CAN = "public_records", "sex_offender_registry", "fbi_fingerprint", "child_abuse_registry"
HS = {"circumstances": {"disability": True}}
VULNERABLE = {"circumstances": {"especially_vulnerable": True}}
GRANDMOTHER = {"relationship": "grandmother"}
AUNT: dict[str, Any] = {}


def checks_of(subject: str, policy: VettingPolicy, **parts: Any) -> set[str]:
    packet = a_packet(household=[a_member()], alternate_caregiver=a_caregiver(), **parts)
    asked = requirements(submitted(packet), policy, NOW)
    return {r.item for r in asked if r.kind == "check" and r.subject == subject}


# The matrix of domain.md section 3, one row per cell that is not the same for all.
@pytest.mark.parametrize(
    ("policy", "sponsor", "child", "asked"),
    [
        (P2024, PARENT, {}, {PR, SOR}),
        (P2024, PARENT, HS, {PR, SOR, FP, CAN}),
        (P2024, PARENT, VULNERABLE, {PR, SOR, FP, CAN}),
        (P2024, GRANDMOTHER, {}, {PR, SOR, FP}),
        (P2024, GRANDMOTHER, HS, {PR, SOR, FP, CAN}),
        (P2024, AUNT, {}, {PR, SOR, FP}),
        (P2024, AUNT, VULNERABLE, {PR, SOR, FP, CAN}),
        (P2024, STRANGER, {}, {PR, SOR, FP, CAN}),
        (P2025, PARENT, {}, {PR, SOR, FP, CAN}),
        (P2025, GRANDMOTHER, {}, {PR, SOR, FP, CAN}),
        (P2025, AUNT, {}, {PR, SOR, FP, CAN}),
        (P2025, STRANGER, {}, {PR, SOR, FP, CAN}),
    ],
)
def test_checks_of_the_sponsor(policy: VettingPolicy, sponsor: Any, child: Any, asked: set[str]) -> None:
    assert checks_of("sponsor", policy, sponsor=sponsor, child=child) == asked


@pytest.mark.parametrize("subject", ["household:0", "alternate_caregiver"])
@pytest.mark.parametrize(
    ("policy", "sponsor", "child", "asked"),
    [
        (P2024, PARENT, {}, {PR, SOR}),
        (P2024, AUNT, {}, {PR, SOR}),
        (P2024, AUNT, HS, {PR, SOR, FP, CAN}),
        (P2024, AUNT, VULNERABLE, {PR, SOR, FP, CAN}),
        (P2024, STRANGER, {}, {PR, SOR, FP}),
        (P2025, PARENT, {}, {PR, SOR, FP, CAN}),
        (P2025, STRANGER, {}, {PR, SOR, FP, CAN}),
    ],
)
def test_checks_of_other_adults(
    subject: str, policy: VettingPolicy, sponsor: Any, child: Any, asked: set[str]
) -> None:
    assert checks_of(subject, policy, sponsor=sponsor, child=child) == asked


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
@pytest.mark.parametrize(
    ("born", "asked"), [("2008-02-03", False), ("2008-02-02", True), ("2008-02-01", True)]
)
def test_a_member_of_the_household_is_asked_from_the_18th_birthday(
    policy: VettingPolicy, born: str, asked: bool
) -> None:
    found = requirements(submitted(a_packet(household=[a_member(born)])), policy, NOW)
    assert bool([r for r in found if r.subject == "household:0"]) is asked


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_nothing_but_a_birth_certificate_is_asked_of_the_child(policy: VettingPolicy) -> None:
    found = requirements(submitted(), policy, NOW)
    assert [r.item for r in found if r.subject == "child"] == ["child_identity"]


def test_the_registry_is_asked_once_in_each_state_lived_in() -> None:
    found = requirements(submitted(a_packet(previous_states=["LA", "TX", "LA"])), P2025, NOW)
    assert [r.jurisdiction for r in found if r.item == CAN] == ["TX", "LA"]


def test_requirements_read_sponsor_first_and_documents_before_checks() -> None:
    packet = a_packet(household=[a_member()], sponsor=STRANGER, child={"date_of_birth": "2015-01-01"})
    assert keys(requirements(submitted(packet), P2025, NOW)) == [
        "sponsor_identity@sponsor",
        "proof_of_address@sponsor",
        "proof_of_income@sponsor",
        "release_authorization@sponsor",
        "sponsor_care_agreement@sponsor",
        "public_records@sponsor",
        "sex_offender_registry@sponsor",
        "fbi_fingerprint@sponsor",
        "child_abuse_registry@sponsor:TX",
        "child_identity@child",
        "household_identity@household:0",
        "release_authorization@household:0",
        "public_records@household:0",
        "sex_offender_registry@household:0",
        "fbi_fingerprint@household:0",
        "child_abuse_registry@household:0:TX",
        "home_study@sponsor",
    ]


@pytest.mark.parametrize(
    ("sponsor", "asked"),
    [
        (AUNT, True),
        (PARENT, True),
        ({"relationship": "legal guardian", "related": False}, True),
        (STRANGER, False),
    ],
)
def test_kin_and_guardians_prove_their_relationship(sponsor: Any, asked: bool) -> None:
    found = keys(requirements(submitted(a_packet(sponsor=sponsor)), P2025, NOW))
    assert ("proof_of_relationship@sponsor" in found) is asked


def test_the_statutory_line_speaks_where_two_lines_ask_for_one_check() -> None:
    found = {r.key: r for r in requirements(submitted(), P2025, NOW)}
    prints = found["fbi_fingerprint@sponsor"]
    assert (prints.rule, prints.waivable) == ("2025-FP-STATUTE", False)
    parent = {r.key: r for r in requirements(submitted(a_packet(sponsor=PARENT)), P2025, NOW)}
    assert parent["fbi_fingerprint@sponsor"].waivable is True


def test_the_order_of_the_lines_does_not_make_a_statutory_check_waivable() -> None:
    turned = P2025.model_copy(update={"checks": P2025.checks[::-1]})
    found = {r.key: r for r in requirements(submitted(), turned, NOW)}
    assert found["fbi_fingerprint@sponsor"].waivable is False
    lax = P2025.documents[0].model_copy(update={"rule": "lax", "waivable": True})
    lenient = P2025.model_copy(update={"documents": (lax, *P2025.documents)})
    (identity,) = [r for r in requirements(submitted(), lenient, NOW) if r.item == lax.item]
    assert (identity.rule, identity.waivable) == (P2025.documents[0].rule, False)


@pytest.mark.parametrize(
    ("item", "confirm"),
    [
        ("sponsor_identity", True),
        ("child_identity", True),
        ("household_identity", True),
        ("caregiver_identity", True),
        ("proof_of_address", True),
        ("proof_of_relationship", True),
        ("proof_of_income", False),
        ("release_authorization", False),
        ("sponsor_care_agreement", False),
    ],
)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_identity_address_and_relationship_are_read_back_by_a_person(
    policy: VettingPolicy, item: str, confirm: bool
) -> None:
    packet = a_packet(household=[a_member()], alternate_caregiver=a_caregiver())
    found = [r for r in requirements(submitted(packet), policy, NOW) if r.item == item]
    assert found
    assert {r.confirm for r in found} == {confirm}


# --- where a requirement stands -----------------------------------------------------------------


def state_of(facts: Any, key: str) -> RequirementState:
    return {r.key: r for r in requirements(facts, P2025, NOW)}[key].state


def test_a_document_goes_from_missing_to_received_to_confirmed() -> None:
    key = "sponsor_identity@sponsor"
    facts = submitted()
    assert state_of(facts, key) is RequirementState.MISSING
    facts = replace(facts, documents=(a_document(DocumentKind.SPONSOR_IDENTITY),))
    assert state_of(facts, key) is RequirementState.RECEIVED
    facts = replace(facts, confirmations=(a_confirmation("sponsor_identity"),))
    assert state_of(facts, key) is RequirementState.CONFIRMED


def test_a_confirmation_of_a_document_that_was_replaced_counts_no_more() -> None:
    newer = a_document(DocumentKind.SPONSOR_IDENTITY, id=submitted().id)
    facts = submitted(documents=(newer,), confirmations=(a_confirmation("sponsor_identity"),))
    assert state_of(facts, "sponsor_identity@sponsor") is RequirementState.RECEIVED


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (None, RequirementState.MISSING),
        (CheckState.REQUIRED, RequirementState.MISSING),
        (CheckState.ORDERED, RequirementState.RECEIVED),
        (CheckState.PENDING, RequirementState.RECEIVED),
        (CheckState.CLEAR, RequirementState.CONFIRMED),
        (CheckState.HIT_REVIEW, RequirementState.RECEIVED),
        (CheckState.HIT_BAR, RequirementState.RECEIVED),
        (CheckState.UNREADABLE, RequirementState.RECEIVED),
        (CheckState.ERROR, RequirementState.RECEIVED),
        (CheckState.EXPIRED, RequirementState.RECEIVED),
    ],
)
def test_only_a_clear_check_is_confirmed(check: CheckState | None, state: RequirementState) -> None:
    rows = () if check is None else (a_check(CheckKind.FBI_FINGERPRINT, check),)
    assert state_of(submitted(checks=rows), "fbi_fingerprint@sponsor") is state


@pytest.mark.parametrize(
    ("adjudication", "state"),
    [
        ("clear", RequirementState.CONFIRMED),
        ("bar", RequirementState.RECEIVED),
        (None, RequirementState.RECEIVED),
    ],
)
def test_a_hit_counts_once_it_was_adjudicated_clear(
    adjudication: str | None, state: RequirementState
) -> None:
    hit = a_check(CheckKind.FBI_FINGERPRINT, CheckState.HIT_REVIEW, adjudication=adjudication)
    assert state_of(submitted(checks=(hit,)), "fbi_fingerprint@sponsor") is state


@pytest.mark.parametrize(("days", "state"), [(0, RequirementState.CONFIRMED), (1, RequirementState.RECEIVED)])
def test_a_clear_check_counts_to_its_last_day(days: int, state: RequirementState) -> None:
    last = NOW.date()
    facts = submitted(checks=(a_check(CheckKind.PUBLIC_RECORDS, expires_on=last),))
    found = {r.key: r for r in requirements(facts, P2025, NOW + timedelta(days=days))}
    assert found["public_records@sponsor"].state is state


def test_a_clear_check_without_a_last_day_does_not_count() -> None:
    facts = submitted(checks=(a_check(CheckKind.PUBLIC_RECORDS, expires_on=None),))
    assert state_of(facts, "public_records@sponsor") is RequirementState.RECEIVED


@pytest.mark.parametrize(
    ("item", "subject", "approved", "key", "state"),
    [
        ("proof_of_income", "sponsor", True, "proof_of_income@sponsor", RequirementState.WAIVED),
        ("proof_of_income", "sponsor", False, "proof_of_income@sponsor", RequirementState.MISSING),
        ("proof_of_income", "child", True, "proof_of_income@sponsor", RequirementState.MISSING),
        ("public_records", "sponsor", True, "public_records@sponsor", RequirementState.WAIVED),
        (CAN, "sponsor:TX", True, f"{CAN}@sponsor:TX", RequirementState.WAIVED),
        (CAN, "sponsor", True, f"{CAN}@sponsor:TX", RequirementState.MISSING),
        ("sponsor_identity", "sponsor", True, "sponsor_identity@sponsor", RequirementState.MISSING),
        (FP, "sponsor", True, f"{FP}@sponsor", RequirementState.MISSING),
    ],
)
def test_a_waiver_counts_when_two_gave_it_for_exactly_this_and_law_allows(
    item: str, subject: str, approved: bool, key: str, state: RequirementState
) -> None:
    facts = submitted(waivers=(WaiverFacts(item, subject, approved),))
    assert state_of(facts, key) is state


# --- findings ------------------------------------------------------------------------------------


def test_each_missing_document_says_what_is_missing_and_what_to_do() -> None:
    found = {(f.code, f.subject, f.evidence["item"]): f for f in findings(submitted(), P2025, NOW)}
    assert set(found) == {
        (FindingCode.DOCUMENT_MISSING, "sponsor", "sponsor_identity"),
        (FindingCode.RELATIONSHIP_UNPROVEN, "sponsor", "proof_of_relationship"),
        (FindingCode.DOCUMENT_MISSING, "sponsor", "proof_of_address"),
        (FindingCode.DOCUMENT_MISSING, "sponsor", "proof_of_income"),
        (FindingCode.CONSENT_MISSING, "sponsor", "release_authorization"),
        (FindingCode.DOCUMENT_MISSING, "sponsor", "sponsor_care_agreement"),
        (FindingCode.DOCUMENT_MISSING, "child", "child_identity"),
    }
    for finding in found.values():
        assert "is missing" in finding.message
        assert "Ask" in finding.message
        assert finding.rule.startswith("2025-DOC-")
        assert finding.source


def test_nothing_is_missing_from_a_complete_packet() -> None:
    assert findings(complete(submitted()), P2025, NOW) == ()


def test_a_waived_document_is_not_missed() -> None:
    facts = submitted(waivers=(WaiverFacts("proof_of_income", "sponsor", True),))
    assert "proof_of_income" not in {f.evidence["item"] for f in findings(facts, P2025, NOW)}


def test_an_adult_who_moves_in_opens_requirements_again() -> None:
    before = ready()
    after = replace(before, packet=a_packet(household=[a_member()]))
    missing = {r.key for r in requirements(after, P2025, NOW) if r.state is RequirementState.MISSING}
    assert "household_identity@household:0" in missing
    assert "fbi_fingerprint@household:0" in missing


def test_waiting_never_takes_a_requirement_away() -> None:
    packet = a_packet(
        sponsor=STRANGER, child={"date_of_birth": "2013-02-03"}, household=[a_member("2008-03-01")]
    )
    facts = submitted(packet)
    for days in (0, 1, 30, 400):
        earlier = set(keys(requirements(facts, P2025, NOW)))
        later = set(keys(requirements(facts, P2025, NOW + days * DAY)))
        assert earlier <= later
