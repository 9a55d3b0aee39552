"""Every allowed move, of the stages and of the application's states, is made by what people do.

That every other one is refused is shown pair by pair in tests/unit/test_states.py; moves among the states
of vetting follow the facts, and stand in tests/unit/vetting/test_stage.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from models.states import APPLICATION_MOVES, STAGE_MOVES, ApplicationState, Stage
from tests.integration import scenes
from tests.integration.test_appeals import acknowledge, decide, deliver, file, neutral
from tests.integration.test_ladder import Make, Request, request_of, world

__all__ = ["request_of", "world"]

A, S = ApplicationState, Stage
VETTING = {A.SUBMITTED, A.INCOMPLETE, A.IN_CHECKS, A.IN_REVIEW, A.HOME_STUDY}


def weighty(case: Request) -> Request:
    """An amendment that takes opinions back and leaves the home as it is. Vetting runs again."""
    said = case.packet["sponsor"].get("sponsored_before", 0)
    case.amend(sponsor__other_names=[f"Name {case.now:%d%H}"], sponsor__sponsored_before=said)
    scenes.vet(case.kit, case.id, now=case.now)
    return case.confirm()


def again(case: Request, **changes: Any) -> Request:
    """What was withdrawn is handed in again, with another number; vetting runs."""
    case.amend(**(changes or {"sponsor__phone": "+17135550108"}))
    scenes.vet(case.kit, case.id, now=case.now)
    return case


def approve(case: Request) -> Request:
    return case.recommend("approve").decide("approve")


def reverse(case: Request) -> Request:
    person = neutral(case)
    return decide(deliver(acknowledge(file(case))), "reversed", person)


def before_and_after_a_waiver(request_of: Make) -> Request:
    case = request_of().confirm().waive_review().recommend("deny", "cm").decide("remand")
    case.waive_review().recommend("deny", "cm").study("order").study("receive", "positive")
    case.waive_review().recommend("deny", "cm").decide("remand").waive_review().recommend("deny", "cm")
    return case.study("order")


def home_studies_and_withdrawals(request_of: Make) -> Request:
    case = again(request_of().study("order").withdraw(), address__unit="Apt 9")
    case.study("receive", "positive").recommend("deny", "cm").ask("Why?").answer(1).study("order")
    case.study("receive", "positive").study("order").study("receive", "positive").withdraw()
    again(case).recommend("deny").study("order").study("receive", "positive")
    return case


def the_coordinators_questions(request_of: Make) -> Request:
    case = weighty(request_of().recommend("deny", "cm").ask("Why?").answer(1)).withdraw()
    again(case).recommend("deny", "cm").ask("Why?")
    weighty(case).answer(2)
    return case.recommend("deny", "cm").study("order")


def a_denial_while_a_study_is_out(request_of: Make) -> Request:
    case = request_of().study("order").recommend("deny").consult().conclude().decide("deny")
    weighty(case).study("receive", "positive").recommend("deny").decide("deny")
    weighty(case).recommend("deny").decide("deny")
    reverse(case).consult().conclude().consult()
    weighty(case).recommend("deny").recommend("deny", "cm")
    weighty(case).recommend("deny")
    return weighty(case).recommend("deny").withdraw()


def approvals(request_of: Make) -> Request:
    return weighty(approve(request_of().confirm())).recommend("approve").decide("approve").withdraw()


def approvals_after_a_study(request_of: Make) -> Request:
    case = request_of().confirm().study("order").study("receive", "positive").offer_services()
    return weighty(approve(weighty(approve(case))).study("order"))


def a_release(request_of: Make) -> Request:
    return approve(request_of().confirm()).release()


def the_round_of_the_decider(request_of: Make) -> Request:
    case = request_of().recommend("deny").recommend("deny", "cm").withdraw()
    weighty(case).recommend("deny")
    weighty(case).recommend("deny").consult().conclude().consult()
    weighty(case).recommend("deny").consult().withdraw()
    weighty(case).recommend("deny").withdraw()
    weighty(case).recommend("deny").decide("deny")
    return reverse(weighty(case).recommend("deny").decide("deny"))


def a_remand_and_a_study(request_of: Make) -> Request:
    case = request_of().recommend("deny").decide("remand", questions=["Why?"]).withdraw()
    again(case).study("order").study("receive", "positive").answer(1)
    return case.recommend("deny", "cm").withdraw()


STAGE_WALKS: tuple[Callable[[Make], Request], ...] = (
    before_and_after_a_waiver,
    home_studies_and_withdrawals,
    the_coordinators_questions,
    a_denial_while_a_study_is_out,
    approvals,
    approvals_after_a_study,
    a_release,
    the_round_of_the_decider,
    a_remand_and_a_study,
)
# What makes a packet stand in each state of vetting.
STARTS: dict[A, dict[str, Any]] = {
    A.INCOMPLETE: {"documents": []},
    A.IN_CHECKS: {"identity": "NEVER"},
    A.IN_REVIEW: {},
    A.HOME_STUDY: {
        "sponsor__relationship": "family friend",
        "sponsor__related": False,
        "child__date_of_birth": "2018-05-02",
    },
}


def from_vetting(request_of: Make, state: A) -> list[Request]:
    """From this state: withdrawn and handed in again, amended, recommended, and each decision."""
    changes = dict(STARTS[state])
    if identity := changes.pop("identity", None):
        changes["sponsor__identity_document"] = {
            "type": "passport",
            "issuer": "UTO",
            "number": f"TEST{identity}",
        }
    case = request_of(**changes).confirm()
    assert case.show()["state"] == state
    case.withdraw()
    weighty(case)
    weighty(case).recommend("deny")
    if state is A.IN_REVIEW:
        case.withdraw()
        weighty(case).recommend("remand").decide("remand")
        weighty(case).recommend("remand").decide("remand").withdraw()
        weighty(case).recommend("remand").decide("remand").recommend("home_study").decide("home_study")
    early = request_of(**changes).amend(sponsor__other_names=["Other"]).withdraw()
    return [case, early]


def _pairs(cases: Iterable[Request], noun: str) -> set[tuple[str, str]]:
    query = f"SELECT old, new FROM history WHERE row_id = :id AND noun = '{noun}' AND old IS NOT NULL AND old <> new"
    return {(row.old, row.new) for case in cases for row in case.rows(query)}


def _allowed(moves: Any) -> set[tuple[str, str]]:
    return {(frm.value, to.value) for frm, tos in moves.items() for to in tos}


@pytest.mark.timeout(600)
def test_every_allowed_move_is_made_by_what_people_do(request_of: Make) -> None:
    cases = [walk(request_of) for walk in STAGE_WALKS]
    for state in STARTS:
        cases += from_vetting(request_of, state)
    assert _pairs(cases, "application_stage") ^ _allowed(STAGE_MOVES) == set()
    words = {state.value for state in A}
    made = {(old, new) for old, new in _pairs(cases, "application") if {old, new} <= words}
    by_facts = {(a.value, b.value) for a in VETTING for b in VETTING - {A.SUBMITTED}}
    assert (made - by_facts) ^ (_allowed(APPLICATION_MOVES) - by_facts) == set()
