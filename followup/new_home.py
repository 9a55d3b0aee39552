"""What a move asks for under the policy, and what the loss of a child's whereabouts does. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from followup.policy import in_force, review_of
from models.followup_policy import FollowupPolicy, MoveRule
from models.states import PrsLevel

VERIFY, COURT_FORM, VOR = "verify_address", "court_address_form", "request_vor"
# The duties that one move opens once, however often and by whomever it is told.
MOVE_DUTIES = (VERIFY, COURT_FORM, VOR)
LOCATION_UNKNOWN = "location_unknown"
# Versions from before the table knew no line for it: then, too, a supervisor is told at once. Ours, unreviewed.
_UNKNOWN_LEVEL = 2


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """A move from one home to another. `same_dwelling`: the address was only written better."""

    same_dwelling: bool
    old_state: str | None
    new_state: str
    old_zip: str | None
    new_zip: str
    prs_level: PrsLevel | None


def opened_by(policy: FollowupPolicy, move: MoveFacts) -> tuple[str, ...]:
    """The kinds of duties that this move opens besides those of every move, in the order of the file."""
    kinds = (kind for line in in_force(policy.moves) if _fits(line, move) for kind in line.opens)
    return tuple(dict.fromkeys(kinds))


def _fits(line: MoveRule, move: MoveFacts) -> bool:
    if move.same_dwelling:
        return False
    if line.when == "services_elsewhere":
        return move.prs_level in line.levels and _is_elsewhere(line, move)
    return line.when == "another_dwelling"


def _is_elsewhere(line: MoveRule, move: MoveFacts) -> bool:
    """Another area, or nobody knows from where."""
    if line.area == "state":
        return move.old_state != move.new_state
    return move.old_zip is None or move.old_zip[:3] != move.new_zip[:3]


def on_unknown(policy: FollowupPolicy) -> tuple[str, int, tuple[str, ...]]:
    """When nobody knows where a child is: the rule, the level of its escalation, and the duties that open."""
    for line in in_force(policy.moves):
        if line.when == LOCATION_UNKNOWN:
            return line.rule, line.escalate_level, line.opens
    level = min(_UNKNOWN_LEVEL, len(in_force(policy.rungs)))
    return review_of(policy, VERIFY).rule, level, ()
