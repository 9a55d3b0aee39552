"""Whose turn it is to be paged, and where the rota has a gap. The rules' text is an argument; `now` is passed in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ValidationError

from followup.catalog import fold_to_gsm, forbidden_in, segments
from models.errors import BadInput, Problem
from models.paging import ON_CALL_RUNGS, Gap, PagingFacts, PagingRules, PagingRung, Shift

# Six: a longer run of digits alone could be taken for somebody's number, and would be refused in a text.
TASK_LETTERS = 6
_SENDER = "Kinline: "
_TASK = "{task}"


@dataclass(frozen=True, slots=True)
class Turn:
    """These people are paged now, and have until `next_at` to take it. `empty`: turns at which nobody stood."""

    step: int
    rung: PagingRung
    people: tuple[UUID, ...]
    next_at: datetime
    empty: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NobodyReached:
    """A whole ladder reached nobody: it begins anew at `step` when `next_at` has come. This never ends by itself."""

    step: int
    next_at: datetime
    empty: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """Everybody has been paged as often as the rules say, and nobody has taken it."""

    empty: tuple[int, ...] = ()


def next_turn(
    facts: PagingFacts, people: Mapping[int, Sequence[UUID]], rules: PagingRules, now: datetime
) -> Turn | NobodyReached | Spent:
    """What is due at `now`, when a turn is over and nobody has taken the task.

    `people`: who can be reached on each level. A level with nobody gives its turn to the next one at once.
    """
    size, step = len(rules.rungs), facts.step
    empty: list[int] = []
    while True:
        ladder_ends = step > 0 and step % size == 0
        if ladder_ends and not facts.told.intersection(range(step - size, step)):
            retry_at = now + timedelta(minutes=rules.repeat.retry_minutes)
            return NobodyReached(step - size, retry_at, tuple(empty))
        if step >= size * rules.repeat.times:
            return Spent(tuple(empty))
        rung = rules.rungs[step % size]
        if found := tuple(people.get(rung.level, ())):
            return Turn(step, rung, found, now + timedelta(minutes=rung.wait_minutes), tuple(empty))
        empty.append(step)
        step += 1


def rung_at(step: int, rules: PagingRules) -> PagingRung:
    """The rung whose turn this step is."""
    return rules.rungs[step % len(rules.rungs)]


def pages(reason: str, rules: PagingRules) -> bool:
    """True when an escalation of this reason pages somebody."""
    return any(line.active and line.reason == reason for line in rules.reasons)


def page_text(task_id: UUID, rules: PagingRules) -> str:
    """The words of the page: neutral, with the beginning of the task's id."""
    return rules.text.body.replace(_TASK, str(task_id)[:TASK_LETTERS])


def gaps(shifts: Iterable[Shift], begins_at: datetime, ends_at: datetime) -> tuple[Gap, ...]:
    """Each time between the two instants when a place of the rota is empty, place by place, earliest first."""
    known = sorted(shifts, key=lambda shift: shift.begins_at)
    found: list[Gap] = []
    for place in ON_CALL_RUNGS:
        covered = begins_at
        for shift in known:
            if shift.place != place or shift.ends_at <= covered:
                continue
            if shift.begins_at >= ends_at:
                break
            if shift.begins_at > covered:
                found.append(Gap(place, covered, shift.begins_at))
            covered = shift.ends_at
        if covered < ends_at:
            found.append(Gap(place, covered, ends_at))
    return tuple(found)


def parse_paging_rules(text: str) -> PagingRules:
    """The rules that this TOML text holds.

    Raises:
        BadInput: they are not whole, or the words of the page could tell something to whoever reads the phone.
    """
    try:
        rules = PagingRules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("paging rules", "wrong_value", f"{err}.", "See models/paging.py.")) from None
    if faults := list(_faults(rules.text.body)):
        raise BadInput(
            [Problem(f"text[{rules.text.rule}]", "not_neutral", fault, "Reword it.") for fault in faults]
        )
    return rules


def _faults(body: str) -> Iterable[str]:
    said = body.replace(_TASK, "f" * TASK_LETTERS)
    if words := forbidden_in(said):
        yield f"It holds {', '.join(words)}."
    if not body.startswith(_SENDER):
        yield f"It does not begin with {_SENDER.strip()}"
    if _TASK not in body or "{" in said:
        yield f"It names {_TASK}, and nothing else in braces."
    if segments(said) != 1 or said != fold_to_gsm(said):
        yield "It does not fit in one part."
