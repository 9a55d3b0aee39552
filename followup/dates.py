"""Days and hours in the words of a language's own file, for letters that a text can carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from models.errors import Problem


@dataclass(frozen=True, slots=True)
class DateWords:
    """How a language says a day and an hour.

    `day` and `time` are patterns: `weekday`, `day`, `month`; `hour` (1 to 12), `hour24`, `minute`, `words`, `article`.
    `hour_words`: from this hour on, these words.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    time: str
    hour_words: tuple[tuple[int, str], ...] = ((0, ""),)
    one_oclock: str = ""
    other_oclock: str = ""


def date_words(table: Mapping[str, Any]) -> DateWords:
    """The words of a file's `dates`, which `date_problems` has found right."""
    return DateWords(
        weekdays=tuple(table["weekdays"]),
        months=tuple(table["months"]),
        day=table["day"],
        time=table["time"],
        hour_words=tuple((hour, words) for hour, words in table.get("hour_words", [(0, "")])),
        one_oclock=table.get("one_oclock", ""),
        other_oclock=table.get("other_oclock", ""),
    )


def date_problems(table: Any) -> Iterator[Problem]:
    """What is missing or wrong in a file's `dates`."""
    if not isinstance(table, dict):
        yield Problem("dates", "missing_key", "A catalog says how days and hours are called.", "Add [dates].")
        return
    for key in sorted(set(table) - set(DateWords.__dataclass_fields__)):
        yield Problem(f"dates.{key}", "unknown_key", "Kinline does not know this key.", "Remove it.")
    for key, count in (("weekdays", 7), ("months", 12)):
        found = table.get(key)
        if not isinstance(found, list) or len(found) != count or not all(isinstance(w, str) for w in found):
            yield Problem(f"dates.{key}", "wrong_value", f"There are {count} of these.", "Name each of them.")
    for key in ("day", "time"):
        if not isinstance(table.get(key), str):
            yield Problem(f"dates.{key}", "missing_key", "A catalog needs this pattern.", "Add it.")


def day_in_words(day: date, words: DateWords) -> str:
    """The day as people say it, without the year: it is always near."""
    return words.day.format(
        weekday=words.weekdays[day.weekday()], month=words.months[day.month - 1], day=day.day
    )


def time_in_words(at: time | datetime, words: DateWords) -> str:
    """The local time as people say it; in Spanish with its article, since it follows "a"."""
    hour = (at.hour - 1) % 12 + 1
    return words.time.format(
        article=words.one_oclock if hour == 1 else words.other_oclock,
        hour=hour,
        hour24=at.hour,
        minute=at.minute,
        words=[said for begins, said in words.hour_words if at.hour >= begins][-1],
    )
