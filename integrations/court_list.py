"""The court's list of hearings as it comes (CSV or JSON), and the courts of ``followup/courts``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from followup.hearings import NEEDED, OPTIONAL, court_named, courts_by_name, parse_courts, parse_hearing
from integrations.row_file import Cells, Columns, json_rows, read_rows
from integrations.versioned import text_of
from models.court import BadHearing, Court, Courts, HearingRow
from models.errors import Problem

HEARINGS = Columns("FILE", NEEDED, OPTIONAL)
NEWEST = "courts-2026-02"


def courts_text(version: str = NEWEST) -> str:
    """The file of this version.

    Raises:
        NotFound: there is none.
    """
    return text_of("followup", "courts", version, noun="list of courts")


@cache
def courts(version: str = NEWEST) -> Courts:
    """The courts of this version.

    Raises:
        NotFound: there is no such version. BadInput: its file is wrong.
    """
    return parse_courts(courts_text(version))


@cache
def _by_name(version: str = NEWEST) -> Mapping[str, Court]:
    return courts_by_name(courts(version))


def city_of(court: str) -> str:
    """The city of this court; empty where the list of courts does not have it."""
    found = court_named(court, _by_name())
    return found.city if found else ""


def named_court(name: str) -> tuple[str, str | None]:
    """The court's name as the list of courts has it, and its zone; an unknown one is called what it was called."""
    found = court_named(name, _by_name())
    return (found.name, found.zone) if found else (" ".join(name.split()), None)


def read_hearings(path: Path, now: datetime) -> Iterator[HearingRow | BadHearing]:
    """Each row of the list, good or bad, in its order.

    Raises:
        BadInput: the file is no list, or lacks a column. What stands in it is never quoted.
    """
    return _parsed(read_rows(path, HEARINGS), now)


def hearings_in(items: Sequence[Any], now: datetime) -> Iterator[HearingRow | BadHearing]:
    """As `read_hearings`, of objects that came in another way; `line` is the number of the item."""
    return _parsed(json_rows(items, HEARINGS), now)


def _parsed(rows: Iterator[tuple[int, Cells]], now: datetime) -> Iterator[HearingRow | BadHearing]:
    for line, cells in rows:
        if isinstance(cells, Problem):
            yield BadHearing(line, (cells,))
        else:
            yield parse_hearing(line, cells, _by_name(), now)
