"""What a move to another home makes worthless: results that speak of the home before. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.moves import MoveRules
from models.states import CheckKind


@dataclass(frozen=True, slots=True)
class Home:
    """Where the child would live: since when the file names it, and in which state."""

    since: datetime
    state: str


def parse_move_rules(text: str) -> MoveRules:
    """The lines that this TOML text holds.

    Raises:
        BadInput: it is no such file.
    """
    try:
        return MoveRules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("moves", "broken_toml", f"{err}.", "Mend the file.")) from None


def is_of_an_earlier_home(
    kind: CheckKind,
    subject: str,
    jurisdiction: str | None,
    *,
    asked_at: datetime | None,
    home: Home,
    rules: MoveRules,
) -> bool:
    """True for an order from before the move, of a kind that looks at where somebody lives.

    Not of the alternate caregiver, who lives elsewhere; nor of the registry of a state that was left.
    """
    if subject == "alternate_caregiver" or asked_at is None or asked_at >= home.since:
        return False
    return kind in {line.kind for line in rules.checks} and jurisdiction in (None, home.state)
