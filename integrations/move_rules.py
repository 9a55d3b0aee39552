"""The lines of ``vetting/moves``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from integrations.versioned import text_of
from models.moves import MoveRules
from vetting.moves import parse_move_rules

NEWEST = "moves-2026-02"


def moves_text(version: str = NEWEST) -> str:
    """The file of this version."""
    return text_of("vetting", "moves", version, noun="rules of moves")


@cache
def move_rules() -> MoveRules:
    """The rules in use."""
    return parse_move_rules(moves_text())
