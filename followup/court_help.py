"""Legal clocks after a missed hearing, and where free help is found. The text of the file is an argument."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import BadInput, Problem
from models.policy import Line

# A programme that ended on 16 April 2025: no family is sent to it. Source: domain.md section 7.
ENDED = ("LOPC", "Legal Orientation Program for Custodians")


class Clock(Line):
    """A time that the law gives. `days`: None, no limit."""

    text: str
    days: int | None = Field(default=None, gt=0)
    counts_from: Literal["order"]


class Pointer(Line):
    """Where free help is found, in words that a person says."""

    text: str


class CourtHelp(BaseModel):
    """One version. A merged one is never edited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    title: str
    effective_from: date
    clocks: tuple[Clock, ...] = Field(min_length=1)
    pointers: tuple[Pointer, ...] = Field(min_length=1)


def parse_court_help(text: str) -> CourtHelp:
    """The version that this TOML text holds.

    Raises:
        BadInput: it is not whole, a line has no source or stands twice, or it sends families to what has ended.
    """
    try:
        found = CourtHelp.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(
            Problem("court help", "wrong_value", f"{err}.", "See followup/court_help.py.")
        ) from None
    if problems := list(_faults(found)):
        raise BadInput(problems)
    return found


def _faults(found: CourtHelp) -> Iterator[Problem]:
    seen: set[str] = set()
    lines: list[Clock | Pointer] = [*found.clocks, *found.pointers]
    for line in lines:
        if line.rule in seen:
            yield Problem(line.rule, "rule_twice", "This rule id stands twice.", "Give each line its own.")
        seen.add(line.rule)
        if not line.source.strip():
            yield Problem(line.rule, "no_source", "A line needs its source.", "Name the source.")
        if any(ended.lower() in line.text.lower() for ended in ENDED):
            yield Problem(line.rule, "ended", "That programme has ended.", "Name one that there is.")


def ends_on(clock: Clock, ordered_on: date | None) -> date | None:
    """The last day of the clock; None where there is no limit, or nobody knows the day of the order.

    >>> line = Clock(rule="R", source="s", text="t", days=180, counts_from="order")
    >>> ends_on(line, date(2026, 3, 20)).isoformat()
    '2026-09-16'
    """
    if clock.days is None or ordered_on is None:
        return None
    return ordered_on + timedelta(days=clock.days)
