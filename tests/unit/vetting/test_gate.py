"""The gate: each thing that must be there, taken away on its own, closes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.facts import ApplicationFacts, Finding, FindingFacts, WaiverFacts
from models.findings import FindingCode, FindingState
from models.states import ApplicationState, CheckKind, CheckState, DecisionValue, DocumentKind, Role
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2024,
    P2025,
    POSTAL,
    STRANGER,
    a_link,
    a_packet,
    a_study,
    an_id,
    an_opinion,
    approved,
    ready,
    recommended,
)
from vetting.completeness import requirements
from vetting.findings import found_now
from vetting.gate import Gate, current_recommendations, gate

CM, CC, FFS = P2025.roles.recommend[0], P2025.roles.recommend[1], P2025.roles.decide
V = DecisionValue


def at_the_gate(facts: ApplicationFacts, days: int = 0, policy: Any = P2025) -> Gate:
    now = NOW + days * DAY
    return gate(facts, requirements(facts, policy, now), policy, now)


def missing(facts: ApplicationFacts, days: int = 0) -> tuple[str, ...]:
    return at_the_gate(facts, days).missing


@pytest.mark.parametrize("policy", [P2024, P2025], ids=lambda p: p.version)
def test_the_gate_opens_when_everything_is_there(policy: Any) -> None:
    assert at_the_gate(approved(ready(policy=policy)), policy=policy) == Gate(open=True)


def test_a_clean_packet_waits_for_a_person_to_confirm() -> None:
    facts = replace(approved(ready()), confirmations=())
    assert missing(facts) == (
        "confirm sponsor_identity@sponsor",
        "confirm proof_of_relationship@sponsor",
        "confirm proof_of_address@sponsor",
        "confirm child_identity@child",
    )


@pytest.mark.parametrize("item", [r.item for r in requirements(ready(), P2025, NOW) if r.kind == "document"])
def test_each_document_taken_away_closes_the_gate(item: str) -> None:
    whole = approved(ready())
    facts = replace(whole, documents=tuple(d for d in whole.documents if d.kind != item))
    subject = "child" if item == "child_identity" else "sponsor"
    assert f"document {item}@{subject}" in missing(facts)


@pytest.mark.parametrize("kind", [c.kind for c in ready().checks])
@pytest.mark.parametrize("state", [None, *(s for s in CheckState if s is not CheckState.CLEAR)])
def test_each_check_that_is_not_clear_closes_the_gate(kind: CheckKind, state: CheckState | None) -> None:
    whole = approved(ready())
    others = tuple(c for c in whole.checks if c.kind is not kind)
    mine = next(c for c in whole.checks if c.kind is kind)
    facts = replace(whole, checks=others if state is None else (*others, replace(mine, state=state)))
    tail = ":TX" if kind is CheckKind.CHILD_ABUSE_REGISTRY else ""
    assert f"check {kind}@sponsor{tail}" in missing(facts)


def test_a_clearance_that_runs_out_before_the_release_closes_the_gate() -> None:
    facts = approved(ready())
    assert at_the_gate(facts, days=90).open
    assert "check public_records@sponsor" in missing(facts, days=91)


@pytest.mark.parametrize(
    ("code", "state", "blocks"),
    [
        (FindingCode.ADDRESS_UNDELIVERABLE, FindingState.OPEN, True),
        (FindingCode.ADDRESS_NAME_MISMATCH, FindingState.OPEN, True),
        (FindingCode.ADDRESS_NAME_MISMATCH, FindingState.CLEARED, False),
        (FindingCode.ADDRESS_UNDELIVERABLE, FindingState.RESOLVED, False),
        (FindingCode.ADDRESS_CITY_DIFFERS, FindingState.OPEN, False),
    ],
)
def test_an_open_block_or_review_closes_the_gate(
    code: FindingCode, state: FindingState, blocks: bool
) -> None:
    row = FindingFacts(an_id("f"), Finding(code, "sponsor", "text", "rule", "source"), state)
    facts = replace(approved(ready()), findings=(row,))
    assert missing(facts) == ((f"finding {code} sponsor",) if blocks else ())


def test_a_link_that_no_step_has_written_down_yet_closes_the_gate() -> None:
    facts = replace(approved(ready()), links=(a_link("address"),))
    assert missing(facts) == ("finding LINK_SHARED_ADDRESS sponsor",)


def test_a_link_that_a_person_has_cleared_is_silent() -> None:
    facts = replace(approved(ready()), links=(a_link("address"),))
    (found,) = found_now(facts, P2025, NOW)
    row = FindingFacts(an_id("f"), found, FindingState.CLEARED)
    assert at_the_gate(replace(facts, findings=(row,))).open


def test_a_reading_that_disagrees_closes_the_gate_until_cleared() -> None:
    whole = approved(ready())
    wrong = tuple(replace(c, agrees=False, differs=("number",)) for c in whole.confirmations[:1])
    facts = replace(whole, confirmations=(*wrong, *whole.confirmations[1:]))
    assert missing(facts) == ("finding IDENTITY_MISMATCH sponsor sponsor_identity",)


@pytest.mark.parametrize("dpv", [None, "Y"])
def test_an_address_without_an_answer_closes_the_gate(dpv: Any) -> None:
    facts = replace(approved(ready()), postal=replace(POSTAL, dpv=dpv))
    assert missing(facts) == (("address postal_service",) if dpv is None else ())
    assert missing(replace(facts, postal=None)) == ("address postal_service",)


def test_a_proof_of_address_that_was_not_read_yet_closes_the_gate() -> None:
    whole = approved(ready())
    unread = tuple(
        replace(d, text=None) if d.kind is DocumentKind.PROOF_OF_ADDRESS else d for d in whole.documents
    )
    assert missing(replace(whole, documents=unread)) == ("address reading",)


def test_a_proof_of_address_that_cannot_be_read_is_a_finding_not_a_wait() -> None:
    whole = approved(ready())
    broken = tuple(
        replace(d, text=None, readable=False) if d.kind is DocumentKind.PROOF_OF_ADDRESS else d
        for d in whole.documents
    )
    assert missing(replace(whole, documents=broken)) == (
        "finding DOCUMENT_ILLEGIBLE sponsor proof_of_address",
    )


def test_requirements_that_were_never_computed_close_the_gate() -> None:
    assert gate(approved(ready()), (), P2025, NOW).missing == ("requirements not_computed",)


def test_a_waiver_opens_for_what_may_be_waived_only() -> None:
    whole = approved(ready())
    income = DocumentKind.PROOF_OF_INCOME
    facts = replace(
        whole,
        documents=tuple(d for d in whole.documents if d.kind is not income),
        waivers=(WaiverFacts(income, "sponsor", True),),
    )
    assert at_the_gate(facts).open
    facts = replace(
        whole,
        checks=tuple(c for c in whole.checks if c.kind is not CheckKind.FBI_FINGERPRINT),
        waivers=(WaiverFacts("fbi_fingerprint", "sponsor", True),),
    )
    assert "check fbi_fingerprint@sponsor" in missing(facts)


def test_a_home_study_closes_the_gate_until_received() -> None:
    packet = a_packet(child={"date_of_birth": "2018-01-01"}, sponsor=STRANGER)
    facts = approved(ready(packet))
    assert missing(facts) == ("home_study home_study@sponsor", "finding HOME_STUDY_ORR sponsor")
    assert at_the_gate(replace(facts, home_studies=(a_study("ORR-3"),))).open


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"recommendations": ()}, ("recommendation case_manager", "recommendation case_coordinator")),
        ({"recommendations": (an_opinion(CM),)}, ("recommendation case_coordinator",)),
        (
            {"recommendations": (an_opinion(CC),)},
            ("recommendation case_manager", "recommendation case_coordinator"),
        ),
        # The coordinator spoke before the case manager: not independent review of it.
        (
            {"recommendations": (an_opinion(CM, minutes=5), an_opinion(CC, minutes=4))},
            ("recommendation case_coordinator",),
        ),
        (
            {"recommendations": (an_opinion(CM, V.DENY), an_opinion(CC, minutes=1))},
            ("recommendation case_manager",),
        ),
        ({"decision": None}, ("decision",)),
        ({"decision": an_opinion(FFS, V.DENY, 10)}, ("decision",)),
        ({"decision": an_opinion(FFS, V.APPROVE_WITH_PRS, 10)}, ()),
        ({"decision": an_opinion(Role.CASE_MANAGER, V.APPROVE, 10)}, ("decision",)),
        # Decided before the coordinator recommended.
        ({"decision": an_opinion(FFS, V.APPROVE, 0)}, ("decision",)),
        ({"state": ApplicationState.IN_REVIEW}, ("state in_review",)),
        ({"state": ApplicationState.RELEASED}, ("state released",)),
        ({"state": ApplicationState.WITHDRAWN}, ("state withdrawn",)),
    ],
)
def test_the_people_and_their_order(change: dict[str, Any], what: tuple[str, ...]) -> None:
    assert missing(replace(approved(ready()), **change)) == what


def test_what_was_recommended_before_a_remand_speaks_no_more() -> None:
    facts = recommended(ready())
    remanded = replace(facts, decision=an_opinion(FFS, V.REMAND, 10))
    assert len(current_recommendations(facts, P2025)) == 2
    assert current_recommendations(remanded, P2025) == ()
    again = replace(remanded, recommendations=(*facts.recommendations, an_opinion(CM, minutes=20)))
    assert [r.role for r in current_recommendations(again, P2025)] == [CM]
