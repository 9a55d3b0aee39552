"""Who may do what, in which order; every other person is refused with a code."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from models.errors import BadInput, Refused
from models.facts import ApplicationFacts, Finding, FindingFacts, Person, Requirement
from models.findings import FindingCode, FindingState
from models.hits import VERDICTS
from models.states import APPROVALS, ApplicationState, CheckKind, CheckState, DecisionValue, Role
from tests.unit.vetting.scenes import (
    NOW,
    P2025,
    a_check,
    a_person,
    a_study,
    an_id,
    an_opinion,
    approved,
    complete,
    ready,
    recommended,
    submitted,
)
from vetting import acts, decision
from vetting.completeness import requirements

R, V, A = Role, DecisionValue, ApplicationState
CM, CC, FFS = R.CASE_MANAGER, R.CASE_COORDINATOR, R.FEDERAL_FIELD_SPECIALIST
REASON = "Looked at both files; two families in one house."


def code_of(call: Any, *args: Any, **named: Any) -> str:
    """The code of the refusal, or the role in which the person may."""
    try:
        return str(call(*args, **named))
    except Refused as refusal:
        return refusal.code


def recommend(facts: ApplicationFacts, person: Person, value: V = V.APPROVE) -> str:
    asked = requirements(facts, P2025, NOW)
    return code_of(decision.may_recommend, facts, person, value, asked, P2025, NOW)


def decide(facts: ApplicationFacts, person: Person, value: V = V.APPROVE) -> str:
    asked = requirements(facts, P2025, NOW)
    return code_of(decision.may_decide, facts, person, value, asked, P2025, NOW)


def release(facts: ApplicationFacts, person: Person) -> str:
    return code_of(decision.may_release, facts, person, requirements(facts, P2025, NOW), P2025, NOW)


def asked_for(facts: ApplicationFacts, key: str) -> Requirement:
    return {r.key: r for r in requirements(facts, P2025, NOW)}[key]


def confirm(facts: ApplicationFacts, person: Person, key: str = "sponsor_identity@sponsor") -> str:
    return code_of(acts.may_confirm, facts, person, asked_for(facts, key))


def a_row(code: FindingCode, state: FindingState = FindingState.OPEN) -> FindingFacts:
    return FindingFacts(an_id(code), Finding(code, "sponsor", "text", "rule", "source"), state)


def clear(facts: ApplicationFacts, person: Person, row: FindingFacts | None = None) -> str:
    row = row or a_row(FindingCode.LINK_SHARED_ADDRESS)
    return code_of(acts.may_clear, facts, person, row, REASON)


def waive(facts: ApplicationFacts, person: Person, key: str = "proof_of_income@sponsor", **named: Any) -> str:
    return code_of(acts.may_waive, facts, person, asked_for(facts, key), REASON, **named)


def override(facts: ApplicationFacts, person: Person, *, proposed_by: Person | None = None) -> str:
    study = a_study("ORR-3", result="negative", override_proposed_by=proposed_by.id if proposed_by else None)
    facts = replace(facts, home_studies=(study,))
    try:
        return str(acts.may_override(facts, person, REASON)[0])
    except Refused as refusal:
        return refusal.code


def adjudicate(facts: ApplicationFacts, person: Person, **named: Any) -> str:
    hit = a_check(CheckKind.FBI_FINGERPRINT, CheckState.HIT_REVIEW)
    return code_of(acts.may_adjudicate, facts, person, hit, REASON, word="clear", now=NOW, **named)


# act, an application on which it may be done, the roles that may
ACTS = [
    (recommend, ready(), {CM}),
    (recommend, replace(recommended(ready()), recommendations=(an_opinion(CM),)), {CM, CC}),
    (decide, recommended(ready()), {FFS}),
    (release, approved(ready()), {CM}),
    (confirm, complete(submitted()), {R.INTAKE_OFFICER, CM}),
    (clear, ready(), {CM, R.SUPERVISOR, FFS}),
    (waive, ready(), {R.SUPERVISOR, FFS}),
    (adjudicate, ready(), {R.SUPERVISOR, FFS}),
    (override, ready(), {FFS}),
    (partial(override, proposed_by=a_person(FFS, name="decider")), ready(), {R.SUPERVISOR, FFS}),
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("act", "facts", "allowed"), ACTS)
def test_only_these_roles_may(act: Any, facts: ApplicationFacts, allowed: set[Role], role: Role) -> None:
    outcome = act(facts, a_person(role))
    if role in allowed:
        assert outcome == role
    else:
        assert outcome in {"wrong_role", "out_of_order"}


@pytest.mark.parametrize(("act", "facts", "allowed"), ACTS)
def test_nobody_acts_in_a_second_role_on_one_case(
    act: Any, facts: ApplicationFacts, allowed: set[Role]
) -> None:
    role = sorted(allowed)[0]
    person = a_person(role, R.POST_RELEASE_CALLER, name="both")
    assert act(facts, person) == role
    assert act(replace(facts, acted={person.id: R.POST_RELEASE_CALLER}), person) == "two_roles"
    assert act(replace(facts, acted={person.id: role}), person) == role


def test_a_person_with_two_roles_keeps_to_the_one_used_on_the_case() -> None:
    person = a_person(R.SUPERVISOR, FFS, name="both")
    facts = ready()
    assert waive(facts, person) == FFS
    assert waive(replace(facts, acted={person.id: R.SUPERVISOR}), person) == R.SUPERVISOR
    assert decide(replace(recommended(facts), acted={person.id: R.SUPERVISOR}), person) == "two_roles"


# --- recommending and deciding --------------------------------------------------------------------


def test_the_case_manager_recommends_before_the_coordinator() -> None:
    asked = requirements(ready(), P2025, NOW)
    with pytest.raises(Refused) as caught:
        decision.may_recommend(ready(), a_person(CC), V.APPROVE, asked, P2025, NOW)
    assert caught.value.code == "out_of_order"
    assert caught.value.missing == ("recommendation case_manager",)


@pytest.mark.parametrize("value", list(V))
def test_only_an_approval_waits_for_what_is_missing(value: V) -> None:
    facts = replace(complete(submitted()), state=A.IN_CHECKS)
    assert recommend(facts, a_person(CM), value) == ("gate_closed" if value in APPROVALS else CM)
    assert decide(recommended(facts), a_person(FFS), value) == ("gate_closed" if value in APPROVALS else FFS)


def test_a_refused_approval_says_what_is_missing() -> None:
    facts = replace(ready(), confirmations=())
    with pytest.raises(Refused) as caught:
        decision.may_recommend(facts, a_person(CM), V.APPROVE, requirements(facts, P2025, NOW), P2025, NOW)
    assert "confirm sponsor_identity@sponsor" in caught.value.missing


@pytest.mark.parametrize("value", list(V))
@pytest.mark.parametrize(
    "given",
    [(), (an_opinion(CM),), (an_opinion(CM, minutes=5), an_opinion(CC, minutes=1))],
    ids=["none", "case manager only", "coordinator too early"],
)
def test_no_decision_comes_before_both_recommendations(value: V, given: tuple[Any, ...]) -> None:
    facts = replace(recommended(ready()), recommendations=given)
    assert decide(facts, a_person(FFS), value) == "out_of_order"


@pytest.mark.parametrize("value", list(V))
def test_an_approval_needs_every_recommendation_to_approve(value: V) -> None:
    facts = recommended(ready(), V.APPROVE, V.DENY)
    assert decide(facts, a_person(FFS), value) == ("out_of_order" if value in APPROVALS else FFS)


@pytest.mark.parametrize("state", list(A))
def test_in_which_states_one_may_recommend_and_decide(state: A) -> None:
    may = {A.INCOMPLETE, A.IN_CHECKS, A.IN_REVIEW, A.HOME_STUDY, A.RECOMMENDED, A.REMANDED}
    assert recommend(ready(state=state), a_person(CM)) == (CM if state in may else "out_of_order")
    facts = replace(recommended(ready()), state=state)
    assert decide(facts, a_person(FFS)) == (FFS if state is A.RECOMMENDED else "out_of_order")


def test_a_release_that_must_wait_says_for_what() -> None:
    facts = recommended(ready())
    with pytest.raises(Refused) as caught:
        decision.may_release(facts, a_person(CM), requirements(facts, P2025, NOW), P2025, NOW)
    assert (caught.value.code, caught.value.missing) == ("gate_closed", ("decision",))


# --- confirming, clearing, waiving ----------------------------------------------------------------


def test_what_is_not_there_or_no_document_cannot_be_confirmed() -> None:
    officer = a_person(R.INTAKE_OFFICER)
    assert confirm(submitted(), officer) == "not_reviewable"
    assert confirm(ready(), officer, "public_records@sponsor") == "not_reviewable"


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (a_row(FindingCode.IDENTITY_MISMATCH), CM),
        (a_row(FindingCode.TRAFFICKING_INDICATOR), CM),
        (a_row(FindingCode.DOCUMENT_MISSING), "not_reviewable"),
        (a_row(FindingCode.CHECK_HIT_BAR), "not_reviewable"),
        (a_row(FindingCode.CHECK_HIT_REVIEW), "not_reviewable"),
        (a_row(FindingCode.ADDRESS_CITY_DIFFERS), "not_reviewable"),
        (a_row(FindingCode.IDENTITY_MISMATCH, FindingState.CLEARED), "not_reviewable"),
        (a_row(FindingCode.IDENTITY_MISMATCH, FindingState.RESOLVED), "not_reviewable"),
    ],
)
def test_only_an_open_review_finding_can_be_cleared(row: FindingFacts, outcome: str) -> None:
    assert clear(ready(), a_person(CM), row) == outcome


@pytest.mark.parametrize(
    "key", ["sponsor_identity@sponsor", "fbi_fingerprint@sponsor", "release_authorization@sponsor"]
)
def test_what_law_requires_cannot_be_waived(key: str) -> None:
    assert waive(ready(), a_person(R.SUPERVISOR), key) == "statutory"


@pytest.mark.parametrize("act", [waive, adjudicate])
def test_two_different_people_waive_and_judge(act: Any) -> None:
    person = a_person(R.SUPERVISOR)
    assert act(ready(), person, proposed_by=person.id) == "four_eyes"
    assert act(ready(), person, proposed_by=an_id("another")) == R.SUPERVISOR


def judge(state: CheckState, word: str, *, second: bool = False, **facts: Any) -> str:
    check = a_check(CheckKind.FBI_FINGERPRINT, state, **facts)
    first = an_id("another") if second else None
    may = acts.may_adjudicate
    return code_of(may, ready(), a_person(FFS), check, REASON, first, word=word, now=NOW)


@pytest.mark.parametrize("state", [CheckState.CLEAR, CheckState.PENDING, CheckState.ERROR])
@pytest.mark.parametrize("word", VERDICTS)
def test_where_there_is_no_hit_nothing_is_judged(state: CheckState, word: str) -> None:
    assert judge(state, word) == judge(state, word, second=True) == "not_reviewable"


@pytest.mark.parametrize("adjudication", ["clear", "not_this_person"])
def test_a_hit_that_two_people_settled_is_not_judged_again(adjudication: str) -> None:
    assert judge(CheckState.HIT_REVIEW, "bar", adjudication=adjudication) == "not_reviewable"


@pytest.mark.parametrize(
    ("state", "facts"),
    [
        (CheckState.HIT_BAR, {}),
        (CheckState.HIT_BAR, {"adjudication": "clear"}),
        (CheckState.HIT_REVIEW, {"adjudication": "bar"}),
        (CheckState.HIT_REVIEW, {"adjudication": "bar_5y", "bars_until_on": NOW.date()}),
    ],
)
def test_of_what_bars_it_may_only_be_said_that_it_is_another_persons(
    state: CheckState, facts: dict[str, Any]
) -> None:
    first = {word: judge(state, word, **facts) for word in VERDICTS}
    assert {word for word, answer in first.items() if answer == FFS} == {"not_this_person"}
    assert {answer for answer in first.values() if answer != FFS} == {"bar_stands"}
    second = {word for word in VERDICTS if judge(state, word, second=True, **facts) == FFS}
    assert second == {"not_this_person", "bar"}


def test_a_negative_study_is_overridden_by_another_than_who_proposed_it() -> None:
    decider = a_person(FFS)
    assert override(ready(), decider, proposed_by=decider) == "four_eyes"
    assert override(ready(), a_person(FFS, name="second"), proposed_by=decider) == FFS


def test_a_reason_is_wanted() -> None:
    person = a_person(R.SUPERVISOR)
    with pytest.raises(BadInput):
        acts.may_clear(ready(), person, a_row(FindingCode.LINK_SPONSOR_SEEN), " ")
    with pytest.raises(BadInput):
        acts.may_waive(ready(), person, asked_for(ready(), "proof_of_income@sponsor"), "")


@pytest.mark.parametrize("state", [A.DENIED, A.WITHDRAWN, A.RELEASED])
@pytest.mark.parametrize(
    ("act", "role"), [(confirm, CM), (clear, CM), (waive, FFS), (adjudicate, FFS), (override, FFS)]
)
def test_nothing_is_settled_on_an_application_that_is_over(act: Any, role: Role, state: A) -> None:
    if (act, state) == (adjudicate, A.RELEASED):
        # A hit that comes after the release is judged like any other.
        assert act(ready(state=state), a_person(role)) == role
    else:
        assert act(ready(state=state), a_person(role)) == "out_of_order"
