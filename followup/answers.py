"""The answers of a welfare call, after the topics of form R-6 (OMB 0970-0552), as a person wrote them down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from followup.forms import FormPart, Note, Words, read_form
from models.contacts import SPOKEN, CallOutcome
from models.errors import BadInput, Problem
from models.packet import Address
from models.states import Party

# The child lives elsewhere than we thought, with the family or without.
MOVES = frozenset({CallOutcome.MOVED, CallOutcome.NOT_LIVING_THERE})
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
Hours = Annotated[
    Literal["day", "evening", "night", "weekend", "mixed", "unknown"], BeforeValidator(_as_hours)
]


class Work(FormPart):
    """`hours` is the part of the day; `owes_money`: to the employer, or for the work."""

    works: bool
    hours: Hours | None = None
    hours_a_week: int | None = None
    where: Words | None = None
    owes_money: bool = False


class Answers(FormPart):
    """Every topic may be absent. `spoke_to` and `alone` are asked for where somebody was reached."""

    spoke_to: Heard | None = None
    alone: bool | None = None
    lives_with_sponsor: YesNo | None = None
    what_happened: Words | None = None  # where the child does not live with the sponsor
    sleeps_where: Words | None = None
    sleeps_with: Words | None = None  # who sleeps in the same room
    school: YesNo | None = None
    work: Work | None = None
    money_owed: YesNo | None = None
    doctor: YesNo | None = None
    food: YesNo | None = None
    hurt_or_threatened: YesNo | None = None
    in_danger_now: YesNo | None = None
    sexual_acts_for_gain: YesNo | None = None  # for money, food, a place to sleep; whoever gains
    free_to_phone: YesNo | None = None
    papers_held_by_other: YesNo | None = None
    court_date_known: YesNo | None = None
    lawyer: YesNo | None = None
    wants_to_stay: YesNo | None = None
    asks_for_help: YesNo | None = None
    safe_word: Words | None = None  # the word agreed on, with which the child may ask for help
    safe_word_used: YesNo | None = None
    address_matches: YesNo | None = None  # the address that we hold is where they live
    new_address: Address | None = None
    moved_on: date | None = None
    court_form_filed: YesNo | None = None  # EOIR-33, for the new address
    good_time: Words | None = None
    note: Note | None = None


def parse_answers(party: Party, outcome: CallOutcome, raw: bytes) -> dict[str, Any]:
    """The answers as plain JSON values, without the topics that were not asked.

    Raises:
        BadInput: with one problem per fault. No message repeats an answer: it is a child's.
    """
    if party == Party.CASE:
        raise BadInput(
            Problem("party", "wrong_value", "A call is to the child or to the sponsor.", "Say which.")
        )
    answers = read_form(Answers, raw, "answers")
    problems = list(_contradictions(party, outcome, answers))
    if problems:
        raise BadInput(problems)
    return answers.model_dump(mode="json", exclude_none=True)


def parse_draft(raw: bytes) -> dict[str, Any]:
    """The answers of a call that still goes on: each must be one that can be given, none must be there yet.

    Raises:
        BadInput: with one problem per fault.
    """
    return read_form(Answers, raw, "answers").model_dump(mode="json", exclude_none=True)


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
    yield from _move_problems(outcome, answers)
    if outcome not in SPOKEN:
        if answers.spoke_to is not None:
            yield Problem(
                "answers.spoke_to",
                "contradiction",
                f"{outcome.value} says that nobody of the family spoke.",
                "Choose the outcome of the talk, or leave spoke_to out.",
            )
        return
    if answers.spoke_to is None:
        yield Problem(
            "answers.spoke_to", "missing_key", "Say whom you spoke to.", "Write child, sponsor or other."
        )
        return
    heard = _HEARD.get((party, outcome))
    if heard is not None and answers.spoke_to not in heard:
        yield Problem(
            "answers.spoke_to",
            "contradiction",
            f"{outcome.value} on a call to the {party.value} was said by: {' or '.join(sorted(heard))}.",
            "Correct spoke_to, or choose another outcome. A talk with the child is a call to the child.",
        )
    yield from _alone_problems(party, outcome, answers)


def _move_problems(outcome: CallOutcome, answers: Answers) -> Iterator[Problem]:
    moved = outcome in MOVES or answers.address_matches == "no" or answers.lives_with_sponsor == "no"
    if answers.moved_on is not None and not moved:
        yield Problem(
            "answers.moved_on",
            "contradiction",
            "Nothing else says that anybody moved.",
            "Choose moved or not_living_there, or answer address_matches with no.",
        )


def _alone_problems(party: Party, outcome: CallOutcome, answers: Answers) -> Iterator[Problem]:
    if party != Party.CHILD or answers.spoke_to != "child":
        return
    if answers.alone is None:
        yield Problem(
            "answers.alone", "missing_key", "Say whether the child was alone.", "Write true or false."
        )
    elif outcome in _ALONE and answers.alone != _ALONE[outcome]:
        yield Problem(
            "answers.alone",
            "contradiction",
            f"{outcome.value} and this answer say different things.",
            "Correct one of them.",
        )
