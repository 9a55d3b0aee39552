"""Lists that others send us, row by row: a CSV with a header, or a JSON array of objects.

A row is one line: a quote that is never closed costs that row alone, not all that come after it.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import BadInput, Problem

# One row as it stands in the file: its cells by column, or what is wrong with the row as a whole.
Cells = Mapping[str, object] | Problem


@dataclass(frozen=True, slots=True)
class Columns:
    """What a list must name, and may. `file`: what its problems call the file, as the command's help does."""

    file: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def broken_line(self) -> Problem:
        return Problem("row", "unreadable", "This line can't be read as CSV.", "Mend its quotes.")

    @property
    def broken_item(self) -> Problem:
        keys = ", ".join((*self.needed, *self.optional))
        return Problem("row", "unreadable", "This item is not an object.", f"Give it the keys {keys}.")


def file_digest(path: Path, file: str) -> bytes:
    """The SHA-256 of the file.

    Raises:
        BadInput: it can't be read.
    """
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").digest()
    except OSError as err:
        raise BadInput(
            Problem(file, "not_found", f"The file can't be read ({err.strerror}).", "Check the path.")
        ) from None


def read_rows(path: Path, columns: Columns) -> Iterator[tuple[int, Cells]]:
    """Each row of the file with its line (of a JSON: its number), in order. Of a CSV, one row is in memory.

    Raises:
        BadInput: the file is none of the two, or lacks a column. What stands in it is never quoted.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        begins = file.read(1)
        while begins.isspace():
            begins = file.read(1)
        file.seek(0)
        if begins == "[":
            yield from json_rows(_loaded(file.read(), columns), columns)
        else:
            yield from _csv_rows(file, columns)


def json_rows(items: Sequence[Any], columns: Columns) -> Iterator[tuple[int, Cells]]:
    """Each item of a JSON array with its number, from 1."""
    for number, item in enumerate(items, start=1):
        yield number, item if isinstance(item, dict) else columns.broken_item


def _loaded(text: str, columns: Columns) -> Sequence[Any]:
    try:
        items: list[Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput(
            Problem(columns.file, "broken_json", "This is not JSON.", "Give an array of objects, or a CSV.")
        ) from None
    return items


def _csv_rows(file: Iterator[str], columns: Columns) -> Iterator[tuple[int, Cells]]:
    lines = enumerate(file, start=1)
    places = _places(next(lines, (1, ""))[1], columns)
    for number, line in lines:
        try:
            cells = next(csv.reader((line,), strict=True))
        except csv.Error:
            yield number, columns.broken_line
            continue
        if any(cells):
            yield number, {column: cells[place] for column, place in places.items() if place < len(cells)}


def _places(first: str, columns: Columns) -> dict[str, int]:
    """Where each of our columns stands in the first line; what else the list holds is not looked at."""
    try:
        header = [cell.strip().lower() for cell in next(csv.reader((first,), strict=True))]
    except (StopIteration, csv.Error):
        header = []
    missing = [column for column in columns.needed if header.count(column) != 1]
    missing += [column for column in columns.optional if header.count(column) > 1]
    if missing:
        line = ",".join((*columns.needed, *columns.optional))
        raise BadInput(
            [
                Problem(
                    columns.file,
                    "missing_column",
                    f"The first line does not name the column {column} once.",
                    f"Begin the file with a line like: {line}",
                )
                for column in missing
            ]
        )
    return {
        column: header.index(column) for column in (*columns.needed, *columns.optional) if column in header
    }
