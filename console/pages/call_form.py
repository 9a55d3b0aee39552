"""A call's form: the fields of each topic, and the answers that a filled-in form says. The words come with the script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from followup.answers import Answers
from models.contacts import SPOKEN, CallOutcome

_YES_NO = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))
_WORDS = frozenset({"what_happened", "sleeps_where", "sleeps_with", "safe_word", "good_time"})
_WORK = ("works", "hours", "hours_a_week", "where", "owes_money")
_HOME = ("line1", "unit", "city", "state", "zip")
HOURS = (
    ("day", "By day"),
    ("evening", "In the evening"),
    ("night", "At night"),
    ("weekend", "At weekends"),
    ("mixed", "At changing hours"),
    ("unknown", "Not known"),
)
HEARD = (("child", "The child"), ("sponsor", "The sponsor"), ("other", "Somebody else"))
OUTCOMES: Mapping[CallOutcome, str] = {
    CallOutcome.REACHED_ALONE: "I spoke with them alone",
    CallOutcome.REACHED_NOT_ALONE: "I spoke with them, and they were not alone",
    CallOutcome.SPONSOR_ONLY: "I spoke with the sponsor only",
    CallOutcome.MOVED: "The family has moved",
    CallOutcome.NOT_LIVING_THERE: "The child lives somewhere else",
    CallOutcome.MISSING: "Nobody knows where the child is",
    CallOutcome.REFUSED: "They did not want to talk",
    CallOutcome.LANGUAGE_BARRIER: "We had no language in common",
    CallOutcome.NO_ANSWER: "Nobody answered",
    CallOutcome.BUSY: "The line was busy",
    CallOutcome.MACHINE: "A machine answered",
    CallOutcome.WRONG_NUMBER: "It is a wrong number",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the form: how it is filled in, and what is asked."""

    name: str
    kind: str
    asked: str


def topics(questions: Mapping[str, str]) -> list[Topic]:
    """Every topic of the questionnaire in its order, with its question from the script."""
    return [Topic(name, _kind(name), questions.get(name, "")) for name in Answers.model_fields]


def _kind(name: str) -> str:
    if name in ("spoke_to", "alone", "work", "new_address", "moved_on", "note"):
        return name
    return "words" if name in _WORDS else "yes_no"


def outcome_options(*, to_family: bool) -> list[tuple[str, str]]:
    """How a call may have ended. A contact's phone hears one sentence, and nobody of the family speaks there."""
    return [(code.value, words) for code, words in OUTCOMES.items() if to_family or code not in SPOKEN]


def answers_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as the questionnaire's JSON. What is left open was not asked."""
    found = dict(_plain(form))
    if work := dict(_part(form, "work", _WORK)):
        found["work"] = {name: _work_value(name, value) for name, value in work.items()}
    if home := dict(_part(form, "new_address", _HOME)):
        found["new_address"] = home
    return found


def _plain(form: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name in Answers.model_fields:
        value = form.get(name, "").strip()
        if value:
            yield name, (value == "yes" if name == "alone" else value)


def _part(form: Mapping[str, str], name: str, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        if value := form.get(f"{name}.{field}", "").strip():
            yield field, value


def _work_value(name: str, value: str) -> Any:
    if name in ("works", "owes_money"):
        return value == "yes"
    return int(value) if name == "hours_a_week" and value.isdecimal() else value


def filled(form: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields for answers that were saved before: the opposite of `answers_of`."""
    values: dict[str, str] = {}
    for name in Answers.model_fields:
        said = form.get(name)
        parts = said.items() if isinstance(said, Mapping) else [("", said)]
        for field, value in parts:
            if value is not None:
                values[f"{name}.{field}" if field else name] = _shown(value)
    return values


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


# Each field of the desk's problems, and the form's field that it is about.
FIELDS: Mapping[str, str] = (
    {f"answers.{name}": name for name in Answers.model_fields}
    | {f"answers.work.{name}": f"work.{name}" for name in _WORK}
    | {f"answers.new_address.{name}": f"new_address.{name}" for name in _HOME}
    | {"outcome": "outcome", "--outcome": "outcome", "party": "party", "--true-time": "true_time"}
)
