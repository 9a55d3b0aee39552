"""Every error survives pickling whole, as a worker or Prefect may ask, and says nothing about a person."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from models import errors
from models.errors import (
    BadInput,
    IntegrationError,
    KinlineError,
    NotFound,
    OutcomeUnknown,
    Problem,
    Refused,
    Rejected,
    Stale,
    Unavailable,
)

PROBLEM = Problem("child.a_number", "wrong_value", "Nine digits.", "Correct it.")
SAMPLES: list[KinlineError] = [
    KinlineError("x"),
    BadInput(PROBLEM),
    BadInput([PROBLEM, Problem("x", "y", "z")]),
    BadInput([]),
    Refused("gate_closed", "the gate is closed", ["a confirmation"]),
    Refused("four_eyes", "another person confirms"),
    NotFound("application", "FRP-1"),
    Stale("reload"),
    IntegrationError("twilio", "500"),
    Unavailable("twilio", "429", retry_after_seconds=1.5),
    Rejected("twilio", "bad number", code="21211"),
    OutcomeUnknown("twilio", "timed out after the send"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: f"{type(error).__name__}")
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_an_error_comes_back_whole(error: KinlineError, again: object) -> None:
    same = again(error)  # type: ignore[operator]
    assert type(same) is type(error)
    assert str(same) == str(error)
    assert same.args == error.args
    assert same.__dict__ == error.__dict__


def test_every_error_of_the_tree_is_among_the_samples() -> None:
    tree = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, KinlineError)}
    assert tree == {type(sample) for sample in SAMPLES}


def test_the_docstring_draws_the_whole_tree() -> None:
    drawn = errors.__doc__ or ""
    assert [type(sample).__name__ for sample in SAMPLES if type(sample).__name__ not in drawn] == []


def test_bad_input_keeps_its_problems_in_order_and_its_text_holds_codes_alone() -> None:
    error = BadInput([PROBLEM, Problem("reference", "missing_key", "This key is required.")])
    assert [problem.field for problem in error.problems] == ["child.a_number", "reference"]
    assert str(error) == "child.a_number: wrong_value; reference: missing_key"


def test_a_problem_is_its_four_fields() -> None:
    assert PROBLEM.as_json() == {
        "field": "child.a_number",
        "code": "wrong_value",
        "message": "Nine digits.",
        "remedy": "Correct it.",
    }


def test_a_caller_tells_what_can_be_done_by_the_branch() -> None:
    branches = (Unavailable, Rejected, OutcomeUnknown)
    assert all(issubclass(branch, IntegrationError) for branch in branches)
    assert not any(issubclass(a, b) for a in branches for b in branches if a is not b)
    assert not issubclass(Refused, BadInput)


def test_a_refusal_names_what_is_missing() -> None:
    assert Refused("gate_closed", "closed", ["a", "b"]).missing == ("a", "b")
    assert Refused("gate_closed", "closed").missing == ()
