"""What the commands that list something take: a state that there is, and not too many rows."""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import BadInput, Problem


def check_list_options(state: str, limit: int, states: Sequence[str], most: int) -> None:
    """Nothing, when both options are good.

    Raises:
        BadInput: a problem for each that is not.
    """
    problems = []
    if state not in states:
        problems.append(
            Problem("--state", "wrong_value", "There is no such state.", f"Use one of: {', '.join(states)}.")
        )
    if not 1 <= limit <= most:
        problems.append(
            Problem("--limit", "wrong_value", f"It must be from 1 to {most}.", "Use --limit 200.")
        )
    if problems:
        raise BadInput(problems)
