"""How the commands that take in a list tell its rows on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kinline.cli.common import OUT

# How many of a kind are told on a terminal. `--json` names them all.
_TOLD = 50
Say = Callable[[dict[str, Any]], str]


def teller(key: str, nameless: str) -> Callable[[str, list[dict[str, Any]], Say], None]:
    """Prints what became of some rows, each by its line and its `key`, or `nameless` where it has none."""

    def tell(what: str, rows: list[dict[str, Any]], say: Say) -> None:
        for row in rows[:_TOLD]:
            place = f"line {row['line']}, " if "line" in row else ""
            OUT.print(f"{what}: {place}{row[key] or nameless}, {say(row)}", markup=False)
        if len(rows) > _TOLD:
            OUT.print(f"{what}: {len(rows) - _TOLD} more; --json names them all")

    return tell


def twice(row: dict[str, Any]) -> str:
    """Of a row that is on the list a second time: where the first stands, and what differs."""
    differs = f", with another {', '.join(row['differs'])}" if row["differs"] else ""
    return f"first in line {row['first_line']}{differs}"


def not_taken(row: dict[str, Any]) -> str:
    """Of a row that can't be taken: the field, the reason, the remedy."""
    return f"{row['field']}: {row['message']} {row['remedy']}"
