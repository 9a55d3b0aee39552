"""What an amendment opens again: each kind of change, alone, against a case where everything was settled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import ApplicationFacts, Finding, FindingFacts
from models.findings import FindingCode, FindingState
from models.packet import Packet
from models.states import DecisionValue
from tests.unit.vetting.scenes import (
    NOW,
    P2025,
    a_caregiver,
    a_member,
    a_packet,
    an_id,
    an_opinion,
    approved,
    ready,
)
from vetting.amendment import changed_fields, is_weighty, moved_subjects, reopened, sign_offs_that_fall

ELENA = {"given_names": "Elena", "family_names": "Example Ruiz", "date_of_birth": "1990-06-01"}
ELENA |= {"relationship_to_sponsor": "sister"}
BASE: dict[str, Any] = {
    "household": [a_member(), ELENA],
    "alternate_caregiver": a_caregiver(),
    "contacts": [{"name": "Luz Example", "role": "care_plan", "phone": "+17135550150"}],
}


def packet_with(**parts: Any) -> Packet:
    return a_packet(**(BASE | parts))


OLD = packet_with()


def changed_by(**parts: Any) -> tuple[str, ...]:
    return changed_fields(OLD, packet_with(**parts), {}, {})


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ({}, ()),
        ({"sponsor": {"phone": "+17135550102"}}, ("sponsor.phone",)),
        ({"sponsor": {"email": "a@example.org"}}, ("sponsor.email",)),
        ({"child": {"phone": "+17135550103"}}, ("child.phone",)),
        ({"child": {"circumstances": {"abused": True}}}, ("child.circumstances",)),
        ({"address": {"unit": "Apt 4"}}, ("address.unit",)),
        ({"address": {"line1": "9 Example Rd", "zip": "77002"}}, ("address.line1", "address.zip")),
        ({"previous_states": ["NY"]}, ("previous_states",)),
        ({"contacts": []}, ("contacts",)),
        ({"household": [a_member()]}, ("household:1.removed",)),
        ({"household": [a_member(), ELENA, a_member("1999-01-01")]}, ("household:2.added",)),
        ({"household": [ELENA, a_member()]}, ()),
        ({"household": [ELENA]}, ("household:0.removed",)),
        ({"household": [a_member() | {"relationship_to_sponsor": "cousin"}, ELENA]},
         ("household:0.relationship_to_sponsor",)),
        ({"alternate_caregiver": a_caregiver() | {"phone": "+17135550104"}}, ("alternate_caregiver.phone",)),
        ({"alternate_caregiver": None}, ("alternate_caregiver.removed",)),
    ],
)  # fmt: skip
def test_what_changed_is_told_by_the_names_of_fields(parts: dict[str, Any], names: tuple[str, ...]) -> None:
    assert changed_by(**parts) == names


def test_what_changed_never_says_what_the_packet_says() -> None:
    told = " ".join(changed_by(sponsor={"phone": "+17135550199"}, address={"line1": "77 Secret Example Rd"}))
    assert "555" not in told
    assert "Secret" not in told


def test_papers_are_compared_person_by_person() -> None:
    before = {
        "household_identity@household:0": frozenset("a"),
        "household_identity@household:1": frozenset("b"),
    }
    swapped = packet_with(household=[ELENA, a_member()])
    after = {
        "household_identity@household:0": frozenset("b"),
        "household_identity@household:1": frozenset("a"),
    }
    assert changed_fields(OLD, swapped, before, after) == ()
    assert changed_fields(OLD, OLD, before, after) == (
        "documents.household_identity@household:0",
        "documents.household_identity@household:1",
    )
    assert changed_fields(OLD, OLD, {"other@sponsor": frozenset("a")}, {}) == ("documents.other@sponsor",)
    assert moved_subjects(OLD, swapped)["household:0"] == "household:1"


# --- what is opened again ------------------------------------------------------------------------


def settled() -> ApplicationFacts:
    """Everything is confirmed, checked, recommended and approved."""
    return approved(ready(OLD))


def after(
    old: ApplicationFacts, packet: Packet, *, lost: tuple[str, ...] = (), **facts: Any
) -> ApplicationFacts:
    """The facts with the new packet; `lost`: subjects whose confirmations or checks do not hold any more."""
    return replace(
        old,
        packet=packet,
        confirmations=tuple(c for c in old.confirmations if f"{c.item}@{c.subject}" not in lost),
        checks=tuple(c for c in old.checks if c.subject not in lost),
        **facts,
    )


def items(old: ApplicationFacts, new: ApplicationFacts) -> dict[str, tuple[str, ...]]:
    changed = changed_fields(old.packet, new.packet, {}, {})
    return {f"{r.what} {r.item}": r.because for r in reopened(old, new, changed, P2025, NOW)}


FALLEN = {
    "opinion recommendation case_manager",
    "opinion recommendation case_coordinator",
    "decision approve",
}


@pytest.mark.parametrize(
    "parts",
    [
        {"sponsor": {"phone": "+17135550102"}},
        {"sponsor": {"backup_phone": "+17135550103", "email": "b@example.org"}},
        {"child": {"phone": "+17135550105"}},
        {"contacts": []},
        {"alternate_caregiver": a_caregiver() | {"phone": "+17135550106"}},
        {"household": [ELENA, a_member()]},
    ],
    ids=str,
)
def test_how_people_are_reached_opens_nothing_again(parts: dict[str, Any]) -> None:
    packet = packet_with(**parts)
    assert items(settled(), after(settled(), packet)) == {}
    assert not is_weighty(changed_by(**parts))


def test_another_home_opens_its_proof_its_look_up_and_what_people_said() -> None:
    old = settled()
    new = after(old, packet_with(address={"unit": "Apt 4"}), lost=("proof_of_address@sponsor",), postal=None)
    found = items(old, new)
    assert set(found) == {"requirement proof_of_address@sponsor", "address postal_service"} | FALLEN
    assert set(found.values()) == {("address.unit",)}


def test_another_state_asks_for_its_registry_and_for_nothing_else() -> None:
    old = settled()
    found = items(old, after(old, packet_with(previous_states=["NY"])))
    asked = {key for key in found if key.startswith("check")}
    assert asked == {
        f"check child_abuse_registry@{who}:NY"
        for who in ("sponsor", "household:0", "household:1", "alternate_caregiver")
    }
    assert all(found[key] == ("previous_states",) for key in asked)
    assert not {key for key in found if key.startswith(("requirement", "address"))}


def test_a_new_adult_in_the_home_opens_their_own_papers_and_checks_alone() -> None:
    old = settled()
    three = packet_with(household=[a_member(), ELENA, a_member("1999-01-01")])
    found = items(old, after(old, three))
    assert all("household:2" in key for key in set(found) - FALLEN)
    assert "check fbi_fingerprint@household:2" in found
    assert "requirement household_identity@household:2" in found
    assert set(found.values()) == {("household:2.added",)}


def test_somebody_who_moves_out_opens_nothing_but_what_people_said() -> None:
    old = settled()
    assert set(items(old, after(old, packet_with(household=[a_member()])))) == FALLEN


def test_a_child_under_the_age_now_asks_for_a_home_study() -> None:
    unrelated = {"relationship": "family friend", "related": False}
    base = a_packet(sponsor=unrelated)
    old = approved(ready(base))
    new = after(old, a_packet(sponsor=unrelated, child={"date_of_birth": "2018-05-02"}))
    assert items(old, new)["home_study home_study@sponsor"] == ("child.date_of_birth",)


def test_a_remand_stands_through_an_amendment_and_a_denial_does_not() -> None:
    for value, is_taken_back in ((DecisionValue.REMAND, False), (DecisionValue.DENY, True)):
        old = replace(settled(), decision=an_opinion(P2025.roles.decide, value, 10))
        found = items(old, after(old, packet_with(address={"unit": "Apt 4"})))
        assert (f"decision {value}" in found) is is_taken_back


def cleared(code: FindingCode, **evidence: Any) -> FindingFacts:
    subject = "child" if code is FindingCode.LINK_CHILD_SEEN else "sponsor"
    finding = Finding(code, subject, "text", "rule", "source", evidence)
    return FindingFacts(an_id((code, str(evidence))), finding, FindingState.CLEARED)


@pytest.mark.parametrize(
    ("code", "parts", "falls"),
    [
        (FindingCode.LINK_SHARED_ADDRESS, {"address": {"unit": "Apt 4"}}, True),
        (FindingCode.LINK_SHARED_ADDRESS, {"sponsor": {"phone": "+17135550102"}}, False),
        (FindingCode.LINK_SHARED_CONTACT, {"sponsor": {"phone": "+17135550102"}}, True),
        (FindingCode.LINK_SHARED_CONTACT, {"child": {"phone": "+17135550102"}}, True),
        (FindingCode.LINK_SHARED_CONTACT, {"address": {"unit": "Apt 4"}}, False),
        (FindingCode.LINK_SPONSOR_SEEN, {"sponsor": {"family_names": "Example Lux"}}, True),
        (FindingCode.LINK_SPONSOR_SEEN, {"sponsor": {"phone": "+17135550102"}}, False),
        (FindingCode.LINK_CHILD_SEEN, {"child": {"date_of_birth": "2010-06-02"}}, True),
        (FindingCode.LINK_CHILD_SEEN, {"child": {"phone": "+17135550102"}}, False),
        (FindingCode.ADDRESS_NOT_RESIDENTIAL, {"address": {"line1": "9 Example Rd"}}, True),
        (FindingCode.ADDRESS_NOT_RESIDENTIAL, {"household": []}, False),
        (FindingCode.TRAFFICKING_INDICATOR, {"address": {"unit": "Apt 4"}}, False),
    ],
)
def test_a_sign_off_falls_with_what_it_was_given_on(
    code: FindingCode, parts: dict[str, Any], falls: bool
) -> None:
    old = replace(settled(), findings=(cleared(code),))
    new = after(old, packet_with(**parts))
    changed = changed_fields(old.packet, new.packet, {}, {})
    assert bool(sign_offs_that_fall(old, new, changed)) is falls
    open_one = replace(old.findings[0], state=FindingState.OPEN)
    assert sign_offs_that_fall(replace(old, findings=(open_one,)), new, changed) == ()


@pytest.mark.parametrize(
    ("parts", "falls"),
    [
        ({"household": [a_member(), a_member("1999-09-09")]}, True),
        ({"alternate_caregiver": a_caregiver() | {"given_names": "Other"}}, True),
        ({"sponsor": {"phone": "+17135550102"}}, False),
    ],
)
def test_a_sign_off_of_a_link_through_people_falls_when_others_are_named(
    parts: dict[str, Any], falls: bool
) -> None:
    link = cleared(FindingCode.LINK_SPONSOR_SEEN, kind="person", other_application="one")
    old = replace(settled(), findings=(link,))
    new = after(old, packet_with(**parts))
    changed = changed_fields(old.packet, new.packet, {}, {})
    assert bool(sign_offs_that_fall(old, new, changed)) is falls


def test_a_sign_off_about_a_paper_falls_when_the_paper_is_another() -> None:
    kept = settled().documents[0]
    old = replace(
        settled(),
        findings=(
            cleared(FindingCode.ADDRESS_DOCUMENT_MISMATCH, document=str(an_id("gone"))),
            cleared(FindingCode.DOCUMENT_REUSED, document=str(kept.id)),
        ),
    )
    new = after(old, packet_with(address={"unit": "Apt 4"}))
    found = items(old, new)
    assert found["sign_off ADDRESS_DOCUMENT_MISMATCH@sponsor"] == ("address.unit",)
    assert "sign_off DOCUMENT_REUSED@sponsor" not in found


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "sponsor": st.sampled_from(
            [{"phone": "+17135550102"}, {"family_names": "Example Lux"}, {"sponsored_before": 2}]
        ),
        "address": st.sampled_from([{"unit": "Apt 4"}, {"state": "NY", "city": "Albany", "zip": "12207"}]),
        "household": st.sampled_from(
            [[], [ELENA], [ELENA, a_member()], [a_member(), ELENA, a_member("1999-01-01")]]
        ),
        "child": st.sampled_from([{"phone": "+17135550105"}, {"circumstances": {"abused": True}}]),
        "previous_states": st.sampled_from([[], ["NY"], ["NY", "CA"]]),
    },
)


@given(CHANGES)
def test_nothing_is_opened_again_without_a_change_behind_it(parts: dict[str, Any]) -> None:
    old = settled()
    new = after(old, packet_with(**parts))
    changed = changed_fields(old.packet, new.packet, {}, {})
    found = reopened(old, new, changed, P2025, NOW)
    assert all(set(item.because) <= set(changed) and item.because for item in found)
    assert bool(changed) or not found
    said = {i.item for i in found if i.what in ("opinion", "decision")}
    assert bool(said) is is_weighty(changed)
