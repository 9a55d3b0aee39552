"""How two people's words on a hit become one, and until when it bars. Pure: the file's text is an argument."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.hits import VERDICTS, HitClass, HitClasses, Verdict


@dataclass(frozen=True, slots=True)
class Voice:
    """What one person said of a hit. `bars_until_on`: the last day on which it bars, where that has an end."""

    verdict: Verdict
    bars_until_on: date | None = None


def parse_hit_classes(text: str) -> HitClasses:
    """The verdicts that this TOML text holds.

    Raises:
        BadInput: it is no such file, or lacks a verdict.
    """
    try:
        found = HitClasses.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("hits", "broken_toml", f"{err}.", "Mend the file.")) from None
    if sorted(c.verdict for c in found.classes) != sorted(VERDICTS):
        raise BadInput(Problem("hits", "missing_key", "Each verdict must stand once.", "Mend the file."))
    return found


def voice(word: str, offence_on: date | None, classes: HitClasses, today: date) -> Voice:
    """One person's word on a hit. A bar of some years needs the day of the offence, and years that still run.

    Raises:
        BadInput: no such verdict, or the day is missing, too much, to come or too long ago.
    """
    said = next((c for c in classes.classes if c.verdict == word), None)
    if said is None:
        known = ", ".join(c.verdict for c in classes.classes)
        raise BadInput(Problem("--verdict", "wrong_value", "This is not a verdict.", f"Use one of: {known}."))
    return Voice(said.verdict, _bars_until(said, offence_on, today))


def _bars_until(said: HitClass, offence_on: date | None, today: date) -> date | None:
    if said.years is None:
        if offence_on is None:
            return None
        raise _day(
            "wrong_value",
            f"Only a verdict that ends counts from a day; {said.verdict} does not.",
            "Leave it out.",
        )
    if offence_on is None:
        raise _day(
            "missing", f"A bar of {said.years} years counts from the offence.", "Add --offence-on DATE."
        )
    if offence_on > today:
        raise _day("in_the_future", "The offence can't be of a day to come.", "Give its day.")
    until = years_after(offence_on, said.years)
    if until < today:
        raise _day(
            "too_long_ago",
            f"That day is more than {said.years} years ago: it no longer bars by itself.",
            "Judge it: --verdict clear or --verdict bar.",
        )
    return until


def years_after(day: date, years: int) -> date:
    """The same day, years later; the 29th of February becomes the 1st of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def together(first: Voice, second: Voice) -> Voice:
    """What two voices give: where they differ, the graver word; of two ends, the later."""
    gravest = max((first, second), key=lambda v: _GRAVITY.index(v.verdict))
    if gravest.verdict != "bar_5y":
        return Voice(gravest.verdict)
    ends = [v.bars_until_on for v in (first, second) if v.verdict == "bar_5y" and v.bars_until_on is not None]
    return Voice("bar_5y", max(ends))


# Where one says that it is another person's and the other that it matters little, it is this person's.
_GRAVITY: tuple[Verdict, ...] = ("not_this_person", "clear", "bar_5y", "bar")


def _day(code: str, message: str, remedy: str) -> BadInput:
    return BadInput(Problem("--offence-on", code, message, remedy))
