"""What a person may call a check: with its state, or without where there is but one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations.desk.naming import find_check_place, find_hit
from models.errors import BadInput
from models.facts import ApplicationFacts
from models.states import CheckKind, CheckState
from tests.unit.vetting.scenes import a_check, ready

CAN, FP = CheckKind.CHILD_ABUSE_REGISTRY, CheckKind.FBI_FINGERPRINT


def _with(
    *places: tuple[str, str | None], kind: CheckKind = CAN, state: CheckState = CheckState.HIT_REVIEW
) -> ApplicationFacts:
    checks = tuple(a_check(kind, state, subject=who, jurisdiction=where) for who, where in places)
    return replace(ready(), checks=checks)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("child_abuse_registry", ("sponsor", "CA")),
        ("child-abuse-registry@sponsor", ("sponsor", "CA")),
        ("sponsor:child_abuse_registry", ("sponsor", "CA")),
        ("child_abuse_registry@sponsor:CA", ("sponsor", "CA")),
        ("child_abuse_registry@sponsor:ca", ("sponsor", "CA")),
    ],
)
@pytest.mark.parametrize("state", [CheckState.HIT_REVIEW, CheckState.HIT_BAR])
def test_where_there_is_one_state_nobody_has_to_name_it(
    name: str, place: tuple[str, str], state: CheckState
) -> None:
    facts = _with(("sponsor", "CA"), state=state)
    assert find_check_place(facts, (), name) == (place[0], CAN, place[1])
    assert (find_hit(facts, name).subject, find_hit(facts, name).jurisdiction) == place


@pytest.mark.parametrize("name", ["child_abuse_registry", "child_abuse_registry@sponsor"])
def test_where_there_are_two_states_the_answer_lists_them(name: str) -> None:
    facts = _with(("sponsor", "CA"), ("sponsor", "TX"))
    for find in (lambda: find_check_place(facts, (), name), lambda: find_hit(facts, name)):
        with pytest.raises(BadInput) as caught:
            find()
        (problem,) = caught.value.problems
        assert (problem.field, problem.code) == ("CHECK", "ambiguous_check")
        names = "child_abuse_registry@sponsor:CA, child_abuse_registry@sponsor:TX"
        assert problem.remedy == f"Use one of: {names}."


def test_a_state_that_is_named_is_the_one_that_counts() -> None:
    facts = _with(("sponsor", "CA"), ("household:0", "TX"))
    assert find_hit(facts, "child_abuse_registry@household:0").jurisdiction == "TX"
    with pytest.raises(BadInput, match="unknown_check"):
        find_hit(facts, "child_abuse_registry@sponsor:TX")
