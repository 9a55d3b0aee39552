"""Reads the official list of released children, row by row: a CSV with a header, or a JSON array of objects."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from followup.roster import COLUMNS, parse_row
from models.errors import BadInput, Problem
from models.roster import BadRow, RosterRow

_BROKEN_LINE = Problem("row", "unreadable", "This line can't be read as CSV.", "Mend its quotes.")
_BROKEN_ITEM = Problem("row", "unreadable", "This item is not an object.", "Give it the four keys.")


def file_digest(path: Path) -> bytes:
    """The SHA-256 of the file.

    Raises:
        BadInput: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as err:
        raise BadInput(
            Problem("ROSTER", "not_found", f"The file can't be read ({err.strerror}).", "Check the path.")
        ) from None


def read_roster(path: Path, today: date) -> Iterator[RosterRow | BadRow]:
    """Each row of the list, good or bad, in its order. Of a CSV, one row at a time is in memory.

    `line` is the line of the CSV, or the number of the item in the JSON. A row is one line: a quote that is
    never closed costs that row alone, not all that come after it.

    Raises:
        BadInput: the file is none of the two, or lacks a column. What stands in it is never quoted.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        begins = file.read(1)
        while begins.isspace():
            begins = file.read(1)
        file.seek(0)
        yield from _json_rows(file.read(), today) if begins == "[" else _csv_rows(file, today)


def _csv_rows(file: Iterator[str], today: date) -> Iterator[RosterRow | BadRow]:
    lines = enumerate(file, start=1)
    places = _places(next(lines, (1, ""))[1])
    for number, line in lines:
        try:
            cells = next(csv.reader((line,), strict=True))
        except csv.Error:
            yield BadRow(number, (_BROKEN_LINE,))
            continue
        if any(cells):
            named = {column: cells[place] for column, place in places.items() if place < len(cells)}
            yield parse_row(number, named, today)


def _places(first: str) -> dict[str, int]:
    """Where each of our columns stands in the first line; what else the list holds is not looked at."""
    try:
        header = [cell.strip().lower() for cell in next(csv.reader((first,), strict=True))]
    except (StopIteration, csv.Error):
        header = []
    missing = [column for column in COLUMNS if header.count(column) != 1]
    if missing:
        raise BadInput(
            [
                Problem(
                    "ROSTER",
                    "missing_column",
                    f"The first line does not name the column {column} once.",
                    f"Begin the file with a line like: {','.join(COLUMNS)}",
                )
                for column in missing
            ]
        )
    return {column: header.index(column) for column in COLUMNS}


def _json_rows(text: str, today: date) -> Iterator[RosterRow | BadRow]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput(
            Problem("ROSTER", "broken_json", "This is not JSON.", "Give an array of objects, or a CSV.")
        ) from None
    for number, item in enumerate(items, start=1):
        yield parse_row(number, item, today) if isinstance(item, dict) else BadRow(number, (_BROKEN_ITEM,))
