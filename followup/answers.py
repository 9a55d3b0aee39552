"""The answers of a welfare call, after the topics of form R-6 (OMB 0970-0552), as a person wrote them down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from models.errors import BadInput, Problem
from models.packet import Address
from models.states import SPOKEN, CallOutcome, Party

Heard = Literal["child", "sponsor", "other"]


def _as_word(value: object) -> object:
    """True and false are yes and no."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _as_hours(value: object) -> object:
    """`nights` and `at night` are `night`: people write it as they say it."""
    if not isinstance(value, str):
        return value
    said = value.strip().casefold()
    return next((word for word in ("night", "evening", "weekend", "day", "mixed") if word in said), said)


YesNo = Annotated[Literal["yes", "no", "unknown"], BeforeValidator(_as_word)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Hours = Annotated[
    Literal["day", "evening", "night", "weekend", "mixed", "unknown"], BeforeValidator(_as_hours)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Work(_Part):
    """`hours` is the part of the day; `owes_money`: to the employer, or for the work."""

    works: bool
    hours: Hours | None = None
    hours_a_week: int | None = None
    where: Words | None = None
    owes_money: bool = False


class Answers(_Part):
    """Every topic may be absent. `spoke_to` and `alone` are asked for where somebody was reached."""

    spoke_to: Heard | None = None
    alone: bool | None = None
    lives_with_sponsor: YesNo | None = None
    sleeps_where: Words | None = None
    school: YesNo | None = None
    work: Work | None = None
    money_owed: YesNo | None = None
    doctor: YesNo | None = None
    food: YesNo | None = None
    hurt_or_threatened: YesNo | None = None
    free_to_phone: YesNo | None = None
    papers_held_by_other: YesNo | None = None
    court_date_known: YesNo | None = None
    lawyer: YesNo | None = None
    wants_to_stay: YesNo | None = None
    asks_for_help: YesNo | None = None
    safe_word: Words | None = None  # the word agreed on, with which the child may ask for help
    safe_word_used: YesNo | None = None
    new_address: Address | None = None
    good_time: Words | None = None
    note: Note | None = None


def parse_answers(party: Party, outcome: CallOutcome, raw: bytes) -> dict[str, Any]:
    """The answers as plain JSON values, without the topics that were not asked.

    Raises:
        BadInput: with one problem per fault. No message repeats an answer: it is a child's.
    """
    if party == Party.CASE:
        raise BadInput(
            _problem("party", "wrong_value", "A call is to the child or to the sponsor.", "Say which.")
        )
    answers = _read(raw)
    problems = list(_contradictions(party, outcome, answers))
    if problems:
        raise BadInput(problems)
    return answers.model_dump(mode="json", exclude_none=True)


def _read(raw: bytes) -> Answers:
    text = raw.strip() or b"{}"
    try:
        tree = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as err:
        place = f"line {err.lineno}, column {err.colno}"
        raise BadInput(
            _problem("answers", "broken_json", f"The JSON breaks at {place}.", "Mend that line.")
        ) from None
    except (ValueError, RecursionError):
        raise BadInput(
            _problem("answers", "broken_json", "The file cannot be read as JSON.", "Write plain UTF-8 JSON.")
        ) from None
    if not isinstance(tree, dict):
        raise BadInput(_problem("answers", "wrong_type", "The answers are one JSON object.", "Begin with {."))
    given = json.dumps({key: value for key, value in tree.items() if value is not None})
    try:
        return Answers.model_validate_json(given)
    except ValidationError as err:
        raise BadInput([_of(e) for e in err.errors(include_url=False, include_input=False)]) from None


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a key stands twice")
    return tree


_KNOWN = {
    "extra_forbidden": ("unknown_key", "The form has no such topic.", "Remove it, or write it as a note."),
    "missing": ("missing_key", "This answer is required.", "Add it."),
}


def _of(error: Any) -> Problem:
    field = ".".join(["answers", *(str(part) for part in error["loc"])])
    code, message, remedy = _KNOWN.get(
        error["type"], ("wrong_value", f"{error['msg']}.", "Correct it, or leave the topic out.")
    )
    return _problem(field, code, message, remedy)


def _problem(field: str, code: str, message: str, remedy: str) -> Problem:
    return Problem(field, code, message, remedy)


# Whom each outcome says was spoken to, by the party that was called. The rest may have been anybody.
_HEARD: dict[tuple[Party, CallOutcome], frozenset[Heard]] = {
    (Party.CHILD, CallOutcome.REACHED_ALONE): frozenset({"child"}),
    (Party.CHILD, CallOutcome.REACHED_NOT_ALONE): frozenset({"child"}),
    (Party.CHILD, CallOutcome.SPONSOR_ONLY): frozenset({"sponsor"}),
    (Party.CHILD, CallOutcome.MISSING): frozenset({"sponsor", "other"}),
    (Party.SPONSOR, CallOutcome.REACHED_ALONE): frozenset({"sponsor"}),
    (Party.SPONSOR, CallOutcome.REACHED_NOT_ALONE): frozenset({"sponsor"}),
    (Party.SPONSOR, CallOutcome.SPONSOR_ONLY): frozenset({"sponsor"}),
    (Party.SPONSOR, CallOutcome.MISSING): frozenset({"sponsor", "other"}),
    (Party.SPONSOR, CallOutcome.MOVED): frozenset({"sponsor", "other"}),
    (Party.SPONSOR, CallOutcome.NOT_LIVING_THERE): frozenset({"sponsor", "other"}),
}
_ALONE: dict[CallOutcome, bool] = {CallOutcome.REACHED_ALONE: True, CallOutcome.REACHED_NOT_ALONE: False}


def _contradictions(party: Party, outcome: CallOutcome, answers: Answers) -> Iterator[Problem]:
    """What outcome and answers can't both say."""
    if outcome not in SPOKEN:
        if answers.spoke_to is not None:
            yield _problem(
                "answers.spoke_to",
                "contradiction",
                f"{outcome.value} says that nobody of the family spoke.",
                "Choose the outcome of the talk, or leave spoke_to out.",
            )
        return
    if answers.spoke_to is None:
        yield _problem(
            "answers.spoke_to", "missing_key", "Say whom you spoke to.", "Write child, sponsor or other."
        )
        return
    heard = _HEARD.get((party, outcome))
    if heard is not None and answers.spoke_to not in heard:
        yield _problem(
            "answers.spoke_to",
            "contradiction",
            f"{outcome.value} on a call to the {party.value} was said by: {' or '.join(sorted(heard))}.",
            "Correct spoke_to, or choose another outcome. A talk with the child is a call to the child.",
        )
    yield from _alone_problems(party, outcome, answers)


def _alone_problems(party: Party, outcome: CallOutcome, answers: Answers) -> Iterator[Problem]:
    if party != Party.CHILD or answers.spoke_to != "child":
        return
    if answers.alone is None:
        yield _problem(
            "answers.alone", "missing_key", "Say whether the child was alone.", "Write true or false."
        )
    elif outcome in _ALONE and answers.alone != _ALONE[outcome]:
        yield _problem(
            "answers.alone",
            "contradiction",
            f"{outcome.value} and this answer say different things.",
            "Correct one of them.",
        )
