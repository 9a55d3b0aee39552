"""Amendments at every state: what is opened again, what stays, and what the file says about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from integrations.desk import rounds, vetting
from models.errors import Refused
from tests.integration import scenes
from tests.integration.scenes import amended, an_adult
from tests.integration.test_ladder import ALONE, Make, Request, request_of, world

__all__ = ["request_of", "world"]

PHONE = {"sponsor__phone": "+17135550108"}
MOVED = {"address__unit": "Apt 9"}
# Somebody else altogether, in another home.
ELSEWHERE = {
    "sponsor__given_names": "Aurora",
    "sponsor__family_names": "Example Vega",
    "sponsor__date_of_birth": "1975-05-05",
    "address__line1": "88 Sample Blvd",
    "household": [],
    "alternate_caregiver": None,
    "documents": [],
}
OPINIONS = {
    ("opinion", "recommendation case_manager"),
    ("opinion", "recommendation case_coordinator"),
}


def grown(case: Request) -> dict[str, Any]:
    """One more adult in the home, without any paper."""
    more = [*case.packet["household"], an_adult("Ana", "Example Luz", "1970-01-01", "GT-99")]
    return {"household": more}


def reopened(case: Request) -> set[tuple[str, str]]:
    return {(r["what"], r["item"]) for r in case.show()["amendments"][-1]["reopened"]}


def of_the_home(keys: Iterable[str]) -> set[str]:
    """The checks that look at where somebody lives, of those who live in the child's home."""
    kinds = ("public_records", "sex_offender_registry", "fbi_fingerprint", "child_abuse_registry")
    return {key for key in keys if key.startswith(kinds) and "@alternate_caregiver" not in key}


def states(case: Request) -> dict[str, str]:
    return {r["key"]: r["state"] for r in case.show()["required"]}


def at(request_of: Make, state: str) -> Request:
    """A case in this state by what people did; papers confirmed."""
    case = request_of().confirm()
    if state == "in_review":
        return case
    if state == "withdrawn":
        return case.withdraw()
    value = {"approved": "approve", "denied": "deny", "remanded": "remand"}.get(state, "approve")
    case.recommend(value)
    return case if state == "recommended" else case.decide(value)


ALL = ("in_review", "recommended", "approved", "denied", "remanded", "withdrawn")


@pytest.mark.parametrize("state", ALL)
def test_a_phone_opens_nothing_again_and_leaves_the_state(request_of: Make, state: str) -> None:
    case = at(request_of, state)
    before = states(case)
    looked_up = case.world.lookups()
    case.amend(**PHONE)
    found = case.show()
    said = found["amendments"][-1]
    assert (said["revision"], said["changed"], said["by"]) == (2, ["sponsor.phone"], "cli")
    assert said["reopened"] == []
    assert found["state"] == ("submitted" if state == "withdrawn" else state)
    scenes.vet(case.kit, case.id, now=case.now)
    assert states(case) == before
    assert case.world.lookups() == looked_up
    if state == "approved":
        assert case.show()["gate"] == {"open": True, "missing": []}
        case.release()


@pytest.mark.parametrize("state", ALL)
def test_another_home_opens_its_own_things_at_every_state(request_of: Make, state: str) -> None:
    case = at(request_of, state)
    before = states(case)
    case.amend(**MOVED)
    # The proof is the same file: what a person typed from it stands, and is compared with the new words.
    again = of_the_home(before)
    assert again
    expected = {("address", "postal_service"), *(("check", key) for key in again)}
    if state in ("recommended", "approved", "denied", "remanded"):
        expected |= OPINIONS
    if state in ("approved", "denied"):
        expected |= {("decision", {"approved": "approve", "denied": "deny"}[state])}
    assert reopened(case) == expected
    found = case.show()
    assert found["state"] == "submitted"
    assert found["recommendations"] == []
    stays = {"remanded": "cm_further_information"}
    assert found["stage"] == stays.get(state, "cm_initiated")
    kept = {key for key in before if not key.startswith("proof_of_address")} - again
    assert {key: states(case)[key] for key in kept} == {key: before[key] for key in kept}
    assert {states(case)[key] for key in again} == {"received"}
    assert {before[key] for key in again} == {"confirmed"}
    scenes.vet(case.kit, case.id, now=case.now)
    assert "ADDRESS_DOCUMENT_MISMATCH" in scenes.open_codes(case.show())
    assert {key: states(case)[key] for key in again} == {key: before[key] for key in again}
    # Ordered once more, and no more than once.
    orders = dict(case.rows("SELECT attempt, count(*) FROM background_check GROUP BY attempt"))
    assert orders[2] == len(again)
    assert set(orders) == {1, 2}


def test_the_same_home_in_other_words_starts_no_check_again_and_the_caregiver_lives_elsewhere(
    request_of: Make,
) -> None:
    case = at(request_of, "in_review")
    case.amend(address__line1="1420 EXAMPLE AVENUE", address__unit="#3-B")
    assert not {key for what, key in reopened(case) if what == "check"}
    case.amend(**MOVED)
    assert not {key for what, key in reopened(case) if what == "check" and "alternate_caregiver" in key}


def test_another_state_is_asked_anew_and_the_one_that_was_left_is_not(request_of: Make) -> None:
    case = at(request_of, "in_review")
    case.amend(
        address__line1="9 Sample Rd", address__city="Tulsa", address__state="OK", address__zip="74103",
        address__unit=None, previous_states=["TX"],
    )  # fmt: skip
    asked = {key for what, key in reopened(case) if what == "check"}
    assert "child_abuse_registry@sponsor:OK" in asked
    assert "public_records@sponsor" in asked
    assert not {key for key in asked if key.endswith(":TX")}


@pytest.mark.parametrize("state", ALL)
def test_a_new_adult_opens_their_papers_and_checks_at_every_state(request_of: Make, state: str) -> None:
    case = at(request_of, state)
    before = states(case)
    case.amend(**grown(case))
    mine = {item for what, item in reopened(case) if what in ("requirement", "check")}
    assert mine
    assert all("@household:1" in item for item in mine)
    assert {key: states(case)[key] for key in before} == before
    assert case.show()["state"] == "submitted"
    scenes.vet(case.kit, case.id, now=case.now)
    assert "obtain_document" in {kind for kind, _ in case.duties()}


def test_an_amended_packet_does_not_pass_the_gate_before_it_has_been_vetted(request_of: Make) -> None:
    case = at(request_of, "approved").amend(**PHONE)
    assert "vetting amendment" in case.show()["gate"]["missing"]
    with pytest.raises(Refused):
        case.release()
    rounds.check_round(case.kit, now=case.later())
    assert case.show()["gate"]["open"]


def test_a_number_that_is_seen_elsewhere_closes_the_gate_of_an_approved_case(request_of: Make) -> None:
    other = request_of(**ELSEWHERE, sponsor__phone="+17135550133")
    case = at(request_of, "approved").amend(sponsor__phone="+17135550133")
    rounds.check_round(case.kit, now=case.later())
    found = case.show()
    assert found["state"] == "approved"
    assert "LINK_SHARED_CONTACT" in scenes.open_codes(found)
    assert not found["gate"]["open"]
    assert str(other.id) in str(found["findings"])


def test_a_sign_off_about_the_old_number_is_opened_with_the_new_one(request_of: Make) -> None:
    request_of(**ELSEWHERE, sponsor__phone="+17135550133")
    case = request_of(sponsor__phone="+17135550133").confirm()
    key = next(f["key"] for f in case.show()["findings"] if f["code"] == "LINK_SHARED_CONTACT")
    vetting.clear(case.kit, case.key, key, case.staff["supervisor"], reason="Two sisters.", now=case.later())
    case.amend(sponsor__email="new@example.org")
    assert reopened(case) == {("sign_off", "LINK_SHARED_CONTACT@sponsor")}
    scenes.vet(case.kit, case.id, now=case.now)
    assert scenes.open_codes(case.show()) == ["LINK_SHARED_CONTACT"]


def test_a_household_in_another_order_keeps_what_a_person_typed(request_of: Make) -> None:
    case = request_of(
        household=[
            an_adult("Jorge", "Example Ruiz", "1985-02-11", "GT-77"),
            an_adult("Elena", "Example Ruiz", "1990-06-01", "GT-78"),
        ]
    )
    case.packet["documents"] = scenes.papers_of(case.packet)
    case.amend(care_provider="Another Shelter")
    scenes.vet(case.kit, case.id, now=case.now)
    case.confirm()
    other_way = amended(case.packet, household=case.packet["household"][::-1])
    case.amend(household=other_way["household"], documents=scenes.papers_of(other_way))
    assert case.show()["amendments"][-1]["reopened"] == []
    assert set(states(case).values()) <= {"confirmed", "received"}
    assert not [k for k, v in states(case).items() if v == "received" and "household_identity" in k]


def test_another_paper_must_be_read_again_and_only_that_one(request_of: Make, tmp_path: Path) -> None:
    case = at(request_of, "recommended")
    proof = "documents/proof_of_address-sponsor.png"
    scenes.hand_in(case.kit, case.folder, case.packet, now=case.later(), redrawn=(proof,))
    assert reopened(case) == {("requirement", "proof_of_address@sponsor")} | OPINIONS
    assert case.show()["amendments"][-1]["changed"] == ["documents.proof_of_address@sponsor"]
    assert states(case)["proof_of_address@sponsor"] == "received"
    assert states(case)["sponsor_identity@sponsor"] == "confirmed"


def test_a_waiver_of_the_proof_falls_with_the_home(request_of: Make) -> None:
    case = request_of()
    for who in ("ffs", "supervisor"):
        vetting.waive(
            case.kit, case.key, "proof_of_address", case.staff[who], reason="Lost.", now=case.later()
        )
    assert states(case)["proof_of_address@sponsor"] == "waived"
    case.amend(**PHONE)
    assert states(case)["proof_of_address@sponsor"] == "waived"
    case.amend(**MOVED)
    assert ("waiver", "proof_of_address@sponsor") in reopened(case)
    assert states(case)["proof_of_address@sponsor"] == "received"


def test_an_amendment_ends_a_consultation_and_a_waived_review(request_of: Make) -> None:
    case = request_of(**ALONE).waive_review().recommend("deny", "cm").consult()
    assert case.stage == "case_consultation"
    case.amend(**PHONE)
    assert case.stage == "case_consultation"
    case.amend(**MOVED)
    assert {("opinion", "consultation"), ("opinion", "waived review case_coordinator")} <= reopened(case)
    found = case.show()
    assert (found["stage"], found["consultation"], found["reviews_waived"]) == ("cm_initiated", None, [])


def test_the_questions_of_a_remand_outlive_an_amendment(request_of: Make) -> None:
    case = request_of().recommend("remand").decide("remand", questions=["Why?"]).amend(**MOVED)
    assert case.stage == "cm_further_information"
    assert ("answer_question", "question:1") in case.duties()
    assert case.answer(1).stage == "cm_further_information"
    assert case.recommend("deny", "cm").stage == "cc_review"


def test_what_an_amendment_keeps_in_the_open_names_fields_and_nobody(request_of: Make) -> None:
    case = request_of().amend(address__line1="77 Zebulon Example Rd", sponsor__phone="+17135550177")
    [row] = case.rows("SELECT row_to_json(a)::text FROM amendment a")
    assert "Zebulon" not in row[0]
    assert "5550177" not in row[0]
    with pytest.raises(Exception, match="kept as they were written"):
        case.rows("DELETE FROM amendment")


def test_the_same_packet_in_other_bytes_opens_nothing(request_of: Make) -> None:
    case = at(request_of, "approved")
    path = case.folder / "packet.json"
    path.write_text(path.read_text() + "\n")
    from integrations.desk.intake import submit
    from integrations.packets import read_path

    taken = submit(case.kit, read_path(case.folder), actor="cli", now=case.later())
    assert (taken.how, taken.changed, taken.reopened, taken.state) == ("amended", (), (), "approved")
