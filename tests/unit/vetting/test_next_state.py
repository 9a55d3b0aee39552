"""Where an application stands and what is open for it, along its whole road."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.facts import ApplicationFacts, Duty, Finding, FindingFacts
from models.findings import FindingCode, FindingState
from models.states import ApplicationState, CheckKind, CheckState, DecisionValue, DocumentKind, Party
from tests.unit.vetting.scenes import (
    DAY,
    NO_SUCH_PLACE,
    NO_UNIT,
    NOW,
    P2025,
    STRANGER,
    a_link,
    a_packet,
    a_study,
    an_id,
    an_opinion,
    approved,
    checked,
    complete,
    ready,
    recommended,
    submitted,
    with_an_old_bill,
)
from vetting.completeness import requirements
from vetting.findings import found_now, identity_of
from vetting.steps import CLOCKS, duties, next_state

A = ApplicationState
YOUNG = a_packet(child={"date_of_birth": "2018-01-01"}, sponsor=STRANGER)


def state_of(facts: ApplicationFacts, days: int = 0) -> A:
    now = NOW + days * DAY
    return next_state(facts, requirements(facts, P2025, now), P2025, now)


def duties_of(facts: ApplicationFacts, days: int = 0) -> tuple[Duty, ...]:
    """The next pieces of work; the clocks of the whole have tests of their own (test_clocks.py)."""
    now = NOW + days * DAY
    found = duties(facts, requirements(facts, P2025, now), P2025, now)
    return tuple(d for d in found if d.kind not in CLOCKS)


def open_for(facts: ApplicationFacts, days: int = 0) -> list[tuple[str, str]]:
    return [(d.kind, d.key) for d in duties_of(facts, days)]


def filed(code: FindingCode) -> FindingFacts:
    return FindingFacts(an_id(code), Finding(code, "sponsor", "text", "rule", "source"), FindingState.OPEN)


def pending(kind: CheckKind, facts: ApplicationFacts, state: CheckState) -> ApplicationFacts:
    rows = tuple(replace(c, state=state) if c.kind is kind else c for c in facts.checks)
    return replace(facts, checks=rows)


PR = CheckKind.PUBLIC_RECORDS


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (submitted(), A.INCOMPLETE),
        (complete(submitted()), A.IN_CHECKS),
        (checked(complete(submitted())), A.IN_REVIEW),
        (ready(), A.IN_REVIEW),
        (ready(YOUNG), A.HOME_STUDY),
        (ready(YOUNG, home_studies=(a_study("ORR-3"),)), A.IN_REVIEW),
        (pending(PR, ready(YOUNG), CheckState.PENDING), A.IN_CHECKS),
        (pending(PR, ready(), CheckState.ERROR), A.IN_CHECKS),
        (pending(PR, ready(), CheckState.HIT_REVIEW), A.IN_REVIEW),
        (pending(PR, ready(), CheckState.HIT_BAR), A.IN_REVIEW),
        (ready(postal=NO_UNIT), A.INCOMPLETE),
        (with_an_old_bill(ready()), A.INCOMPLETE),
        (ready(a_packet(sponsor={"family_names": "Other Name", "other_names": []})), A.IN_REVIEW),
        # The file lags behind the facts: the facts win.
        (ready(findings=(filed(FindingCode.DOCUMENT_MISSING),)), A.IN_REVIEW),
        (ready(links=(a_link("address"),)), A.IN_REVIEW),
        (ready(postal=None), A.IN_CHECKS),
    ],
)
def test_the_state_follows_the_facts(facts: ApplicationFacts, state: A) -> None:
    assert state_of(facts) is state


@pytest.mark.parametrize("state", list(A))
def test_once_people_have_spoken_only_people_move_it(state: A) -> None:
    vetting = {A.SUBMITTED, A.INCOMPLETE, A.IN_CHECKS, A.IN_REVIEW, A.HOME_STUDY}
    assert state_of(submitted(state=state)) is (A.INCOMPLETE if state in vetting else state)


def test_a_clearance_that_runs_out_sends_it_back_to_checks() -> None:
    assert state_of(ready(), days=90) is A.IN_REVIEW
    assert state_of(ready(), days=91) is A.IN_CHECKS


# --- duties --------------------------------------------------------------------------------------


def test_a_bare_packet_opens_a_duty_for_each_document() -> None:
    assert set(open_for(submitted())) == {
        ("obtain_document", f"{item}@sponsor")
        for item in (
            "sponsor_identity",
            "proof_of_relationship",
            "proof_of_address",
            "proof_of_income",
            "release_authorization",
            "sponsor_care_agreement",
        )
    } | {("obtain_document", "child_identity@child")}


def test_with_consent_each_check_is_a_duty_and_each_reading() -> None:
    assert set(open_for(complete(submitted()))) == {
        ("record_check", "sponsor:public_records"),
        ("record_check", "sponsor:sex_offender_registry"),
        ("record_check", "sponsor:fbi_fingerprint"),
        ("record_check", "sponsor:child_abuse_registry:TX"),
        ("confirm_document", "sponsor_identity@sponsor"),
        ("confirm_document", "proof_of_relationship@sponsor"),
        ("confirm_document", "proof_of_address@sponsor"),
        ("confirm_document", "child_identity@child"),
    }


def test_an_illegible_document_is_to_be_replaced_before_it_is_read_back() -> None:
    facts = complete(submitted())
    poor = tuple(
        replace(d, sharpness=0.2) if d.kind is DocumentKind.SPONSOR_IDENTITY else d for d in facts.documents
    )
    found = open_for(replace(facts, documents=poor))
    assert ("obtain_document", "sponsor_identity@sponsor") in found
    assert ("confirm_document", "sponsor_identity@sponsor") not in found


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (ready(postal=NO_SUCH_PLACE), "address@sponsor"),
        (ready(postal_refused=True), "address@sponsor"),
        (ready(postal=NO_UNIT), "address@sponsor"),
        (with_an_old_bill(ready()), "proof_of_address@sponsor"),
    ],
)
def test_an_address_that_must_be_mended_is_somebodys_duty(facts: ApplicationFacts, key: str) -> None:
    assert ("obtain_document", key) in open_for(facts)


def test_a_fallback_settles_the_duty_of_the_check_that_it_replaces() -> None:
    facts = ready()
    first = next(c for c in facts.checks if c.kind is CheckKind.FBI_FINGERPRINT)
    bad = replace(first, state=CheckState.UNREADABLE)
    twice = (bad, replace(bad, id=an_id("second"), attempt=2))
    others = tuple(c for c in facts.checks if c is not first)
    facts = replace(facts, checks=(*others, *twice))
    assert open_for(facts) == [("record_check", "sponsor:fbi_fingerprint")]
    name = replace(first, id=an_id("name"), kind=CheckKind.FBI_NAME)
    assert ("record_check", "sponsor:fbi_fingerprint") not in open_for(
        replace(facts, checks=(*facts.checks, name))
    )


def test_every_open_review_finding_is_a_duty_until_cleared() -> None:
    facts = ready(links=(a_link("address"),))
    (link,) = found_now(facts, P2025, NOW)
    key = f"LINK_SHARED_ADDRESS:sponsor:{an_id('other')}"
    assert open_for(facts) == [("settle_finding", key)]
    cleared = replace(facts, findings=(FindingFacts(an_id("f"), link, FindingState.CLEARED),))
    assert identity_of(link) == identity_of(cleared.findings[0].finding)
    assert open_for(cleared) == [("recommend", "case_manager")]


def test_a_home_study_is_a_duty_until_it_has_come() -> None:
    assert open_for(ready(YOUNG)) == [("complete_home_study", "home_study@sponsor")]
    assert open_for(ready(YOUNG, home_studies=(a_study("ORR-3"),))) == [("recommend", "case_manager")]


def test_an_address_nobody_answered_for_is_a_duty() -> None:
    assert open_for(ready(postal=None)) == [("record_check", "address:postal_service")]


def test_a_bar_leaves_only_the_recommendation() -> None:
    assert open_for(pending(PR, ready(), CheckState.HIT_BAR)) == [("recommend", "case_manager")]


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (ready(), [("recommend", "case_manager")]),
        (
            replace(recommended(ready()), recommendations=(an_opinion(P2025.roles.recommend[0]),)),
            [("recommend", "case_coordinator")],
        ),
        (recommended(ready()), [("decide", "decision")]),
        (approved(ready()), [("release_child", "release")]),
        (
            replace(
                recommended(ready()),
                state=A.REMANDED,
                decision=an_opinion(P2025.roles.decide, DecisionValue.REMAND, 10),
            ),
            [("recommend", "case_manager")],
        ),
        (ready(state=A.DENIED), []),
        (ready(state=A.WITHDRAWN), []),
        (ready(state=A.RELEASED), []),
    ],
)
def test_whose_word_is_next(facts: ApplicationFacts, found: list[tuple[str, str]]) -> None:
    assert open_for(facts) == found


def test_work_that_comes_up_after_the_recommendation_stands_beside_the_decision() -> None:
    facts = recommended(ready(links=(a_link("contact"),)))
    assert [kind for kind, _ in open_for(facts)] == ["settle_finding", "decide"]


def test_a_live_application_always_has_a_duty() -> None:
    """No silent application: whatever is known, somebody has something to do."""
    for facts in (
        submitted(),
        complete(submitted()),
        ready(),
        ready(YOUNG),
        recommended(ready()),
        approved(ready()),
        pending(PR, ready(), CheckState.ERROR),
        pending(PR, ready(), CheckState.HIT_BAR),
        pending(PR, ready(), CheckState.HIT_REVIEW),
    ):
        assert open_for(facts)
        assert open_for(facts, days=200)


def test_duties_carry_the_policys_times_and_queues() -> None:
    (duty,) = duties_of(ready())
    line = next(line for line in P2025.duties if line.kind == "recommend:case_manager")
    assert (duty.opens_at, duty.due_at) == (NOW, NOW + timedelta(hours=line.within_hours))
    assert (duty.side, duty.party, duty.queue) == ("vetting", Party.CASE, line.queue)
    assert (duty.policy_version, duty.in_sight) == ("orr-2025", False)


def test_a_result_is_due_from_the_day_it_was_ordered() -> None:
    facts = pending(PR, ready(), CheckState.PENDING)
    (duty,) = duties_of(facts, days=3)
    assert duty.opens_at == NOW - DAY
