"""Which moves are allowed: every pair of every table, written out by hand and compared with the code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from models.contacts import LIVE_MESSAGES, MESSAGE_MOVES, SPOKEN, CallOutcome, MessageState
from models.errors import Refused
from models.findings import BLOCKS, REVIEWS, FindingCode, Severity, severity_of
from models.states import (
    APPLICATION_MOVES,
    CASE_MOVES,
    CHECK_MOVES,
    CLOSURES_FOR_A_SUPERVISOR,
    CLOSURES_FOR_FOUR_EYES,
    STAGE_MOVES,
    ApplicationState,
    CaseState,
    CheckKind,
    CheckState,
    ClosureReason,
    DocumentKind,
    Stage,
    require_move,
)

_VETTING = "incomplete in_checks in_review home_study"
TABLES: dict[str, tuple[type[StrEnum], Mapping[Any, frozenset[Any]], dict[str, str]]] = {
    "application": (
        ApplicationState,
        APPLICATION_MOVES,
        {
            "submitted": f"{_VETTING} withdrawn",
            "incomplete": "in_checks in_review home_study withdrawn submitted recommended",
            "in_checks": "incomplete in_review home_study withdrawn submitted recommended",
            "in_review": "incomplete in_checks home_study withdrawn submitted recommended",
            "home_study": "incomplete in_checks in_review withdrawn submitted recommended",
            "recommended": "home_study approved denied remanded withdrawn submitted",
            "approved": "released withdrawn submitted",
            "denied": "submitted recommended",
            "remanded": "withdrawn submitted recommended",
            "withdrawn": "submitted",
            "released": "",
        },
    ),
    "stage": (
        Stage,
        STAGE_MOVES,
        {
            "cm_initiated": "cc_review ffs_review hs_requested inactive",
            "cc_review": "ffs_review cm_further_information cm_initiated hs_requested inactive",
            "cm_further_information": "cm_initiated cc_review ffs_review hs_requested hs_completed_cm_review"
            " hs_completed_cc_review hs_completed_ffs_review inactive",
            "ffs_review": "dnf_generated completed case_consultation cm_further_information hs_requested"
            " cc_review cm_initiated inactive",
            "case_consultation": "ffs_review hs_completed_ffs_review cm_initiated hs_completed_cm_review"
            " hs_requested inactive",
            "hs_requested": "hs_completed_cm_review cm_further_information case_consultation completed"
            " inactive",
            "hs_completed_cm_review": "hs_completed_cc_review hs_completed_ffs_review hs_requested inactive",
            "hs_completed_cc_review": "hs_completed_ffs_review cm_further_information"
            " hs_completed_cm_review hs_requested inactive",
            "hs_completed_ffs_review": "dnf_generated completed case_consultation cm_further_information"
            " hs_requested hs_completed_cc_review hs_completed_cm_review inactive",
            "dnf_generated": "completed cm_initiated hs_completed_cm_review hs_requested inactive",
            "completed": "ffs_review hs_completed_ffs_review cm_initiated hs_completed_cm_review"
            " hs_requested",
            "inactive": "cm_initiated hs_completed_cm_review hs_requested cm_further_information",
        },
    ),
    "case": (
        CaseState,
        CASE_MOVES,
        {
            "in_care": "in_follow_up closed",
            "in_follow_up": "lost_contact closed",
            "lost_contact": "in_follow_up closed",
            "closed": "in_follow_up",
        },
    ),
    "check": (
        CheckState,
        CHECK_MOVES,
        {
            "required": "ordered pending clear hit_review hit_bar error",
            "ordered": "pending clear hit_review hit_bar unreadable error",
            "pending": "clear hit_review hit_bar unreadable error",
            "clear": "expired hit_review hit_bar",
            "hit_review": "hit_bar",
            "hit_bar": "",
            "unreadable": "ordered",
            "error": "ordered pending clear hit_review hit_bar unreadable",
            "expired": "",
        },
    ),
    "message": (
        MessageState,
        MESSAGE_MOVES,
        {
            "queued": "claimed expired cancelled",
            "claimed": "accepted delivered undelivered failed queued unknown expired cancelled",
            "accepted": "delivered undelivered failed unknown",
            "unknown": "accepted delivered undelivered failed",
            "delivered": "",
            "undelivered": "",
            "failed": "",
            "expired": "",
            "cancelled": "",
        },
    ),
}
PAIRS = [(name, frm, to) for name, (words, _, _) in TABLES.items() for frm in words for to in words]


@pytest.mark.parametrize(("name", "frm", "to"), PAIRS, ids=lambda value: str(value))
def test_each_move_is_allowed_or_refused_as_written(name: str, frm: StrEnum, to: StrEnum) -> None:
    _, moves, allowed = TABLES[name]
    if to.value in allowed[frm.value].split():
        require_move(moves, frm, to)
    else:
        with pytest.raises(Refused) as caught:
            require_move(moves, frm, to)
        assert caught.value.code == "move_not_allowed"
        assert str(frm) in caught.value.message
        assert str(to) in caught.value.message


@pytest.mark.parametrize("name", TABLES)
def test_each_table_knows_every_word_of_its_noun(name: str) -> None:
    words, moves, allowed = TABLES[name]
    assert set(moves) == set(words)
    assert set(allowed) == {word.value for word in words}


def test_a_decision_comes_only_after_a_recommendation() -> None:
    decided = {ApplicationState.APPROVED, ApplicationState.DENIED, ApplicationState.REMANDED}
    before = {frm for frm, to in APPLICATION_MOVES.items() if to & decided}
    assert before == {ApplicationState.RECOMMENDED}


def test_only_an_approved_application_is_released() -> None:
    before = {frm for frm, to in APPLICATION_MOVES.items() if ApplicationState.RELEASED in to}
    assert before == {ApplicationState.APPROVED}


def test_nothing_but_a_result_leads_to_clear_and_no_hit_becomes_clear() -> None:
    before = {frm for frm, to in CHECK_MOVES.items() if CheckState.CLEAR in to}
    assert before.isdisjoint(
        {CheckState.HIT_BAR, CheckState.HIT_REVIEW, CheckState.EXPIRED, CheckState.UNREADABLE}
    )


# --- the words that are a contract (design 6.3) ---------------------------------------------------

CONTRACT_BLOCKS = """DOCUMENT_MISSING DOCUMENT_ILLEGIBLE CONSENT_MISSING RELATIONSHIP_UNPROVEN IDENTITY_EXPIRED
ADDRESS_UNDELIVERABLE ADDRESS_UNIT_MISSING ADDRESS_DOCUMENT_STALE CHECK_PENDING CHECK_STALE CHECK_FAILED
CHECK_HIT_BAR HOME_STUDY_TVPRA HOME_STUDY_ORR"""
CONTRACT_REVIEWS = """DOCUMENT_REUSED IDENTITY_MISMATCH ADDRESS_NOT_RESIDENTIAL ADDRESS_DOCUMENT_MISMATCH
ADDRESS_NAME_MISMATCH ADDRESS_UNREAD CHECK_HIT_REVIEW LINK_SPONSOR_SEEN LINK_SHARED_ADDRESS LINK_SHARED_CONTACT
LINK_MANY_CHILDREN LINK_CHILD_SEEN TRAFFICKING_INDICATOR"""


def test_what_blocks_and_what_is_reviewed_are_the_contracts_lists() -> None:
    assert sorted(BLOCKS) == sorted(CONTRACT_BLOCKS.split())
    assert sorted(REVIEWS) == sorted(CONTRACT_REVIEWS.split())
    assert BLOCKS.isdisjoint(REVIEWS)


def test_every_finding_has_the_weight_of_its_list_and_the_rest_are_notes() -> None:
    expected = {
        code: Severity.BLOCK
        if code in CONTRACT_BLOCKS.split()
        else Severity.REVIEW
        if code in CONTRACT_REVIEWS.split()
        else Severity.NOTE
        for code in FindingCode
    }
    assert {code: severity_of(code) for code in FindingCode} == expected


@pytest.mark.parametrize(
    ("words", "contract"),
    [
        (
            ApplicationState,
            "submitted incomplete in_checks in_review home_study recommended approved denied remanded"
            " withdrawn released",
        ),
        (CheckState, "required ordered pending clear hit_review hit_bar unreadable error expired"),
        (
            CheckKind,
            "public_records sex_offender_registry fbi_fingerprint fbi_name child_abuse_registry state_criminal",
        ),
        (
            MessageState,
            "queued claimed accepted delivered undelivered failed expired cancelled unknown",
        ),
        (CaseState, "in_care in_follow_up lost_contact closed"),
        (
            ClosureReason,
            "turned_18 status_granted departed plan_completed returned_to_custody reunified_elsewhere"
            " declined_child_spoken_to declined_child_not_spoken_to lost_contact moved_provider deceased",
        ),
        (
            CallOutcome,
            "reached_alone reached_not_alone sponsor_only not_living_there missing moved no_answer busy"
            " machine wrong_number refused language_barrier",
        ),
        (
            DocumentKind,
            "sponsor_identity household_identity caregiver_identity child_identity proof_of_address"
            " proof_of_relationship proof_of_income release_authorization sponsor_care_agreement"
            " home_study_report legal_guardianship other",
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_the_words_are_the_contracts(words: type[StrEnum], contract: str) -> None:
    assert [word.value for word in words] == contract.split()


def test_immigration_status_is_never_a_check() -> None:
    assert [kind for kind in CheckKind if "immigration" in kind or "status" in kind] == []


def test_a_closure_that_looks_like_safety_is_a_supervisors() -> None:
    assert {ClosureReason.PLAN_COMPLETED, ClosureReason.LOST_CONTACT} <= CLOSURES_FOR_A_SUPERVISOR
    assert CLOSURES_FOR_FOUR_EYES <= CLOSURES_FOR_A_SUPERVISOR


def test_a_machine_a_ring_or_a_wrong_number_is_nobody_spoken_to() -> None:
    unspoken = {
        CallOutcome.NO_ANSWER,
        CallOutcome.BUSY,
        CallOutcome.MACHINE,
        CallOutcome.WRONG_NUMBER,
        CallOutcome.REFUSED,
        CallOutcome.LANGUAGE_BARRIER,
    }
    assert unspoken | SPOKEN == set(CallOutcome)
    assert unspoken.isdisjoint(SPOKEN)


def test_a_text_that_may_have_been_sent_is_live() -> None:
    given_up = {MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED, MessageState.CANCELLED}
    assert given_up | LIVE_MESSAGES == set(MessageState)
    assert given_up.isdisjoint(LIVE_MESSAGES)
