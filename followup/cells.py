"""Reads the cells of a row that somebody sent us. A problem names the column and never quotes the cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from models.errors import Problem

# As it is written on papers: with or without the letter, the separators and the leading zero.
_A_NUMBER = re.compile(r"[Aa]?[- ]?(?:[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{3}|[0-9]{8})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_DIGIT = re.compile(r"[^0-9]+")


def text_in(cells: Mapping[str, object], column: str, problems: list[Problem]) -> str | None:
    """The text of this cell, trimmed; None, and a problem more, where there is none."""
    value = cells.get(column)
    text = value.strip() if isinstance(value, str) else value
    if text in (None, ""):
        problems.append(Problem(column, "missing", "This field is empty.", "Fill it in."))
        return None
    if not isinstance(text, str):
        problems.append(Problem(column, "wrong_value", "This is not a text.", "Put it between quotes."))
        return None
    return text


def a_number_in(cells: Mapping[str, object], problems: list[Problem]) -> str | None:
    """The nine digits of the A-number; one of eight is padded on the left."""
    text = text_in(cells, "a_number", problems)
    if text is None:
        return None
    if _A_NUMBER.fullmatch(text) is None:
        problems.append(
            Problem("a_number", "wrong_value", "This is not an A-number.", "Give its nine digits.")
        )
        return None
    return _NO_DIGIT.sub("", text).zfill(9)


def is_padded(cells: Mapping[str, object]) -> bool:
    """True when the A-number of this row was written with eight digits."""
    return len(_NO_DIGIT.sub("", str(cells.get("a_number", "")))) == 8


def day_in(cells: Mapping[str, object], column: str, latest: date, problems: list[Problem]) -> date | None:
    """The day in this cell, no later than `latest`."""
    text = text_in(cells, column, problems)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        problems.append(Problem(column, "wrong_value", "This is not a date.", "Write it as 2026-02-28."))
    elif day > latest:
        problems.append(
            Problem(column, "in_the_future", "This day has not come yet.", "Check the date, or send it then.")
        )
        return None
    return day


def holds(text: str, a_number: str | None) -> bool:
    """True when a text that is shown openly has the child's A-number in it."""
    return a_number is not None and a_number.lstrip("0") in _NO_DIGIT.sub("", text)
