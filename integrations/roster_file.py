"""Reads the official list of released children, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from followup.roster import COLUMNS, parse_row
from integrations.row_file import Columns, read_rows
from models.errors import Problem
from models.roster import BadRow, RosterRow

ROSTER = Columns("ROSTER", COLUMNS)


def read_roster(path: Path, today: date) -> Iterator[RosterRow | BadRow]:
    """Each row of the list, good or bad, in its order.

    Raises:
        BadInput: the file is no list, or lacks a column. What stands in it is never quoted.
    """
    for line, cells in read_rows(path, ROSTER):
        yield BadRow(line, (cells,)) if isinstance(cells, Problem) else parse_row(line, cells, today)
