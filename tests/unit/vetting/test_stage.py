"""The stage that facts give, the moves that facts make among the states of vetting, and the clocks' days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.policies import policy_files
from models.errors import BadInput, Refused
from models.facts import ApplicationFacts
from models.ladder import ConsultationFacts, LadderFacts, QuestionFacts, ReviewWaiverFacts
from models.states import (
    APPLICATION_MOVES,
    ApplicationState,
    ConsultationOutcome,
    DecisionValue,
    Role,
    Stage,
    require_move,
)
from tests.unit.vetting.scenes import (
    DAY,
    NOW,
    P2024,
    P2025,
    POLICIES,
    STRANGER,
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
)
from vetting.completeness import requirements
from vetting.gate import current_recommendations, lacking_recommendations
from vetting.ladder import acknowledge_by, next_review, review_due_on, window_ends
from vetting.policy import duty_line, parse_vetting_policy
from vetting.stage import stage_of
from vetting.steps import CLOCKS, duties, next_state

A, S = ApplicationState, Stage
CM, CC = P2025.roles.recommend
MINUTE = timedelta(minutes=1)
YOUNG = a_packet(child={"date_of_birth": "2018-01-01"}, sponsor=STRANGER)


def on(facts: ApplicationFacts, *, study: Any = None, **ladder: Any) -> ApplicationFacts:
    """`study`: minutes from now at which one was ordered, and at which its report came."""
    if study is not None:
        ordered, received = (None if m is None else NOW + m * MINUTE for m in study)
        made = a_study(ordered_at=ordered, received_at=received, result="positive" if received else None)
        facts = replace(facts, home_studies=(made,))
    return replace(facts, ladder=LadderFacts(**ladder))


def first_word(value: DecisionValue = DecisionValue.DENY) -> ApplicationFacts:
    return replace(ready(), recommendations=(an_opinion(CM, value),))


def sent_back(value: DecisionValue, minutes: int = 10) -> ApplicationFacts:
    """Decided after both had recommended; nothing has been said since."""
    state = A.REMANDED if value is DecisionValue.REMAND else A.HOME_STUDY
    decision = an_opinion(P2025.roles.decide, value, minutes)
    return replace(recommended(ready()), decision=decision, state=state)


def question(answered: bool = False) -> QuestionFacts:
    return QuestionFacts(an_id("q"), 1, an_id("cc"), NOW, NOW if answered else None)


def waiver(minutes: int = 0, role: Role = CC) -> ReviewWaiverFacts:
    return ReviewWaiverFacts(an_id("w"), role, an_id("ffs"), NOW + minutes * MINUTE)


def consultation(outcome: ConsultationOutcome | None = None) -> ConsultationFacts:
    return ConsultationFacts(an_id("c"), an_id("ffs"), NOW, outcome)


OUT: dict[str, Any] = {"study": (20, None)}
BACK: dict[str, Any] = {"study": (20, 30)}
EARLY: dict[str, Any] = {"study": (-20, -10)}


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (submitted(), S.CM_INITIATED),
        (ready(), S.CM_INITIATED),
        (first_word(), S.CC_REVIEW),
        (recommended(ready()), S.FFS_REVIEW),
        (on(first_word(), review_waivers=(waiver(),)), S.FFS_REVIEW),
        (on(ready(), review_waivers=(waiver(),)), S.CM_INITIATED),
        (on(first_word(), questions=(question(),)), S.CM_FURTHER_INFORMATION),
        (on(first_word(), questions=(question(answered=True),)), S.CC_REVIEW),
        (sent_back(DecisionValue.REMAND), S.CM_FURTHER_INFORMATION),
        (
            replace(sent_back(DecisionValue.REMAND), recommendations=(an_opinion(CM, minutes=11),)),
            S.CC_REVIEW,
        ),
        (on(sent_back(DecisionValue.REMAND), **OUT), S.HS_REQUESTED),
        (on(sent_back(DecisionValue.REMAND), **BACK), S.HS_COMPLETED_CM_REVIEW),
        (on(sent_back(DecisionValue.REMAND), **EARLY), S.CM_FURTHER_INFORMATION),
        (on(recommended(ready()), consultation=consultation()), S.CASE_CONSULTATION),
        (on(recommended(ready()), consultation=consultation(), **OUT), S.CASE_CONSULTATION),
        (
            on(recommended(ready()), consultation=consultation(ConsultationOutcome.DENIAL_SUPPORTED)),
            S.FFS_REVIEW,
        ),
        (on(ready(), **OUT), S.HS_REQUESTED),
        (on(recommended(ready()), **OUT), S.HS_REQUESTED),
        (on(ready(), **EARLY), S.HS_COMPLETED_CM_REVIEW),
        (on(first_word(), **EARLY), S.HS_COMPLETED_CC_REVIEW),
        (on(recommended(ready()), **EARLY), S.HS_COMPLETED_FFS_REVIEW),
        (on(recommended(ready()), **BACK), S.HS_COMPLETED_CM_REVIEW),
        (approved(ready()), S.DNF_GENERATED),
        (replace(ready(), state=A.DENIED), S.COMPLETED),
        (replace(ready(), state=A.RELEASED), S.COMPLETED),
        (replace(ready(), state=A.WITHDRAWN), S.INACTIVE),
    ],
)
def test_the_stage_follows_from_the_facts(facts: ApplicationFacts, stage: Stage) -> None:
    for policy in POLICIES:
        assert stage_of(facts, policy) is stage


def test_every_stage_is_one_that_facts_give() -> None:
    marks = test_the_stage_follows_from_the_facts.pytestmark  # type: ignore[attr-defined]
    assert {stage for _, stage in marks[0].args[1]} == set(Stage)


# --- moves that facts make -----------------------------------------------------------------------

GIVE: dict[A, ApplicationFacts] = {
    A.INCOMPLETE: submitted(),
    A.IN_CHECKS: complete(submitted()),
    A.IN_REVIEW: checked(complete(submitted())),
    A.HOME_STUDY: ready(YOUNG),
}


@pytest.mark.parametrize("to", list(GIVE))
@pytest.mark.parametrize("frm", [A.SUBMITTED, *GIVE])
def test_among_the_states_of_vetting_facts_move_it_either_way(frm: A, to: A) -> None:
    facts = replace(GIVE[to], state=frm)
    assert next_state(facts, requirements(facts, P2025, NOW), P2025, NOW) is to
    if frm is not to:
        require_move(APPLICATION_MOVES, frm, to)


# --- whose word counts ---------------------------------------------------------------------------


def test_a_waived_review_is_passed_over_and_the_first_word_never_is() -> None:
    facts = on(first_word(), review_waivers=(waiver(), waiver(role=CM)))
    assert lacking_recommendations(facts, P2025) == ()
    assert [r.role for r in current_recommendations(facts, P2025)] == [CM]
    assert lacking_recommendations(on(ready(), review_waivers=(waiver(role=CM),)), P2025) == (CM, CC)


def test_a_waiver_and_an_opinion_from_before_the_case_was_sent_back_do_not_count() -> None:
    for value in (DecisionValue.REMAND, DecisionValue.HOME_STUDY):
        facts = on(sent_back(value), review_waivers=(waiver(),))
        assert lacking_recommendations(facts, P2025) == (CM, CC)
        later = on(sent_back(value), review_waivers=(waiver(minutes=11),))
        assert lacking_recommendations(later, P2025) == (CM,)
    assert lacking_recommendations(on(recommended(ready()), **BACK), P2025) == (CM, CC)


# --- clocks --------------------------------------------------------------------------------------


def clocks(facts: ApplicationFacts, policy: Any = P2025) -> set[str]:
    found = duties(facts, requirements(facts, policy, NOW), policy, NOW)
    return {d.kind for d in found if d.kind in CLOCKS}


@pytest.mark.parametrize(
    ("facts", "running"),
    [
        (submitted(), {"recommendation_clock", "review_pending"}),
        (complete(submitted()), {"recommendation_clock", "decision_clock", "review_pending"}),
        (ready(), {"recommendation_clock", "decision_clock", "review_pending"}),
        (ready(YOUNG), {"recommendation_clock", "review_pending"}),
        (recommended(ready()), {"decision_clock", "review_pending"}),
        (sent_back(DecisionValue.REMAND), {"review_pending"}),
        (on(ready(), **OUT), {"review_pending"}),
        (on(ready(), questions=(question(),)), {"review_pending"}),
        (approved(ready()), {"review_pending"}),
        (replace(ready(), state=A.DENIED), set()),
        (replace(ready(), state=A.WITHDRAWN), set()),
        (replace(ready(), state=A.RELEASED), set()),
    ],
)
def test_which_clocks_run(facts: ApplicationFacts, running: set[str]) -> None:
    assert clocks(facts) == running


@pytest.mark.parametrize(
    ("sponsor", "recommend", "decide"),
    [
        ({"relationship": "mother"}, 10, 10),
        ({"relationship": "grandmother"}, 10, 10),
        ({"relationship": "aunt"}, 14, 14),
        (STRANGER, 21, 14),
    ],
)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.version)
def test_the_days_of_each_category(sponsor: Any, recommend: int, decide: int, policy: Any) -> None:
    facts = submitted(a_packet(sponsor=sponsor))
    assert duty_line("recommendation_clock", facts, policy, NOW).within_hours == recommend * 24
    assert duty_line("decision_clock", facts, policy, NOW).within_hours == decide * 24


def test_of_several_lines_the_shortest_time_counts() -> None:
    assert duty_line("obtain_document", submitted(), P2025, NOW).within_hours == 7 * 24
    helped = on(submitted(), helped_by_case_manager=True)
    assert duty_line("obtain_document", helped, P2025, NOW).within_hours == 2 * 24


def test_a_version_without_a_time_for_some_category_is_refused() -> None:
    raw = policy_files("vetting")["orr-2024"].read_text()
    broken = raw.replace('when = { categories = ["2B", "3"] }', 'when = { categories = ["3"] }')
    with pytest.raises(BadInput) as caught:
        parse_vetting_policy(broken)
    assert [p.message for p in caught.value.problems] == [
        "No line says how long decision_clock may take for category 2B."
    ]


IN_CARE = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("submitted_on", "reviewed_on", "due"),
    [
        ("2026-01-05", None, "2026-04-01"),
        ("2026-04-01", None, "2026-04-01"),
        ("2026-06-29", None, "2026-04-01"),
        ("2026-06-30", None, "2026-06-30"),
        ("2026-12-31", None, "2026-12-27"),
        ("2026-01-05", "2026-04-03", "2026-06-30"),
        ("2026-01-05", "2026-02-01", "2026-04-01"),
        ("2026-01-05", "2026-09-01", "2026-09-28"),
        ("2025-12-01", None, "2026-04-01"),
    ],
)
def test_the_day_of_the_next_review(submitted_on: str, reviewed_on: str | None, due: str) -> None:
    reviewed = date.fromisoformat(reviewed_on) if reviewed_on else None
    found = review_due_on(IN_CARE, date.fromisoformat(submitted_on), reviewed, P2024)
    assert found.isoformat() == due


@given(st.integers(0, 900), st.integers(0, 900))
def test_after_each_review_the_next_lies_ahead_by_no_more_than_a_period(came: int, after: int) -> None:
    submitted_on = IN_CARE + came * DAY
    reviewed = submitted_on + after * DAY
    due = review_due_on(IN_CARE, submitted_on, reviewed, P2024)
    assert timedelta(0) < due - reviewed <= timedelta(days=P2024.pending_review.every_days)
    assert (due - IN_CARE).days % P2024.pending_review.every_days == 0


def test_a_review_that_is_late_with_the_packet_is_due_from_the_packet_on() -> None:
    facts = replace(submitted(a_packet(child={"entered_care_on": "2025-06-01"})), submitted_at=NOW)
    duty = next_review(facts, P2025)
    assert duty is not None
    assert (duty.opens_at, duty.key) == (NOW, "review:2025-11-28")
    assert next_review(replace(facts, state=A.DENIED), P2025) is None


def test_business_days_and_the_window() -> None:
    assert acknowledge_by(date(2026, 2, 12), P2025) == date(2026, 2, 20)  # over Presidents' Day
    assert window_ends(date(2026, 2, 2), P2025) == date(2026, 3, 4)


def test_a_refused_move_names_both_ends() -> None:
    with pytest.raises(Refused, match="denied does not become approved"):
        require_move(APPLICATION_MOVES, A.DENIED, A.APPROVED)
