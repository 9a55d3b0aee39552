"""Codes as people read them, and the act that comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from console.pages.gate_words import Group, gate_groups
from console.pages.next_step import next_step
from console.pages.wording import span, time_left, without_command, words
from tests.builders import DAY, NOW

HOUR = timedelta(hours=1)
REVIEW = {
    "key": "ADDRESS_UNREAD:sponsor",
    "code": "ADDRESS_UNREAD",
    "severity": "review",
    "state": "open",
}
HIT = REVIEW | {"key": "CHECK_HIT_REVIEW:sponsor", "code": "CHECK_HIT_REVIEW"}
UNIT = REVIEW | {"key": "ADDRESS_UNIT_MISSING:sponsor", "code": "ADDRESS_UNIT_MISSING", "severity": "block"}


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (47 * HOUR, "47 hours"),
        (48 * HOUR, "2 days"),
        (-71 * HOUR, "2 days"),
    ],
)
def test_time_is_told_in_its_largest_unit(length: timedelta, told: str) -> None:
    assert span(length) == told


@pytest.mark.parametrize(("until", "told"), [(NOW, "less than a minute left"), (NOW - DAY, "24 hours late")])
def test_a_moment_that_is_past_is_late(until: Any, told: str) -> None:
    assert time_left(until.isoformat(), NOW) == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Ask for one (kinline address proof).", "Ask for one."),
        ("Record it (kinline address\nchange), or wait (kinline address still).", "Record it, or wait."),
        ("or the sign-off: kinline address confirm", "or the sign-off"),
        ("Say what came of it: kinline hearing outcome.", "Say what came of it."),
        ("kinline check adjudicate", ""),
        ("No hearing of this child has been.", "No hearing of this child has been."),
    ],
)
def test_a_page_names_no_command_that_would_do_it(said: str, told: str) -> None:
    assert without_command(said) == told


def test_word_that_nobody_put_into_words_is_still_readable() -> None:
    assert words("some_new_code") == "Some new code"


def test_gate_is_told_by_kinds_and_a_pending_check_once() -> None:
    missing = [
        "confirm sponsor_identity@sponsor",
        "check child_abuse_registry@household:0:NY",
        "address postal_service",
        "finding CHECK_PENDING household:0 child_abuse_registry NY",
        "finding LINK_SHARED_ADDRESS sponsor",
        "recommendation case_manager",
        "decision",
        "something new",
    ]
    assert gate_groups(missing) == [
        Group("Papers that a person must read and confirm", ("sponsor identity, the sponsor",), "#papers-in"),
        Group("The address", ("the postal service has not been asked",)),
        Group(
            "Checks that are not clear yet",
            ("child abuse registry check, household member 1, NY",),
            "#checks",
        ),
        Group("Open findings", ("LINK_SHARED_ADDRESS, the sponsor",), "#findings"),
        Group("Recommendations to approve", ("case manager",)),
        Group("The decision", ("nobody has decided to approve",)),
        Group("Also", ("Something new",)),
    ]


@pytest.mark.parametrize(
    ("state", "missing", "findings", "command"),
    [
        ("submitted", ["requirements not_computed"], [], "kinline vet 'R 1'"),
        ("incomplete", ["confirm a@sponsor", "document b@child"], [], "kinline submit PATH"),
        (
            "in_review",
            ["check x@sponsor", "confirm a@sponsor"],
            [],
            "kinline confirm 'R 1' a@sponsor --as me@example.org --typed FILE",
        ),
        (
            "in_review",
            ["finding ADDRESS_UNREAD sponsor", "check x@sponsor"],
            [UNIT, REVIEW],
            "kinline clear 'R 1' ADDRESS_UNREAD:sponsor --as me@example.org --reason TEXT",
        ),
        (
            "in_review",
            ["finding CHECK_HIT_REVIEW sponsor"],
            [HIT],
            "kinline check adjudicate 'R 1' CHECK --as me@example.org",
        ),
        (
            "in_checks",
            ["finding CHECK_HIT_BAR sponsor"],
            [{"code": "CHECK_HIT_BAR", "severity": "block", "state": "open"}],
            "kinline check adjudicate 'R 1' CHECK --as me@example.org --verdict not_this_person --evidence FILE"
            " --reason TEXT",
        ),
        ("incomplete", ["finding ADDRESS_UNIT_MISSING sponsor"], [UNIT], "kinline submit PATH"),
        ("in_checks", ["finding CHECK_PENDING sponsor x", "check x@sponsor"], [], "kinline vet 'R 1'"),
        (
            "in_review",
            ["recommendation case_manager", "decision"],
            [],
            "kinline recommend 'R 1' VALUE --as me@example.org --reason TEXT",
        ),
        ("recommended", ["decision"], [], "kinline decide 'R 1' VALUE --as me@example.org --reason TEXT"),
        ("approved", [], [], "kinline release 'R 1' --on DATE --as me@example.org"),
        ("released", [], [], ""),
        ("denied", ["decision"], [], ""),
    ],
)
def test_next_step_is_the_first_thing_the_gate_waits_for(
    state: str, missing: list[str], findings: list[dict[str, str]], command: str
) -> None:
    application = {
        "reference": "R 1",
        "state": state,
        "findings": findings,
        "gate": {"open": not missing, "missing": missing},
    }
    step = next_step(application, email="me@example.org")
    assert step.command == command
    assert step.text.endswith(".")


@pytest.mark.parametrize(
    ("results", "act"),
    [([], "order"), ([None], "order"), (["negative"], "override"), (["negative", None], "order")],
)
def test_a_negative_home_study_asks_for_an_answer(results: list[str | None], act: str) -> None:
    application = {
        "reference": "R1",
        "state": "home_study",
        "findings": [],
        "home_studies": [{"result": result} for result in results],
        "gate": {"open": False, "missing": ["home_study home_study@sponsor"]},
    }
    assert next_step(application, email="me@example.org").command.startswith(f"kinline homestudy {act} R1 ")


AT = "2026-02-02T15:00:00+00:00"


def an_appeal(**times: str | None) -> dict[str, Any]:
    """A denial whose letter went out, with an open appeal."""
    return {"denial": {"letter": {}, "appeal": {"outcome": None} | times}}


@pytest.mark.parametrize(
    ("parts", "command"),
    [
        ({"questions": [{"number": 2, "answer": None}]}, "kinline answer TEST-1 2 "),
        ({"consultation": {"outcome": None}}, "kinline consult conclude TEST-1 OUTCOME "),
        ({"denial": {"letter": None, "appeal": None}}, "kinline denial send TEST-1 "),
        (an_appeal(acknowledged_at=None, delivered_at=None), "kinline appeal acknowledge TEST-1 "),
        (an_appeal(acknowledged_at=AT, delivered_at=None), "kinline appeal deliver TEST-1 "),
        (an_appeal(acknowledged_at=AT, delivered_at=AT), "kinline appeal decide TEST-1 OUTCOME "),
    ],
)
def test_what_the_ladder_waits_for_comes_before_the_gate(parts: dict[str, Any], command: str) -> None:
    application = {"reference": "TEST-1", "state": "denied" if "denial" in parts else "remanded"} | parts
    assert next_step(application, email="me@example.org").command.startswith(command)
