"""What an invented caller finds when a phone of an invented family is picked up (design 6.5). Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.phones import Pickup
from models.contacts import CallOutcome
from models.states import Party

_UNANSWERED = {
    Pickup.RINGS_OUT: CallOutcome.NO_ANSWER,
    Pickup.MACHINE: CallOutcome.MACHINE,
    Pickup.OUT_OF_SERVICE: CallOutcome.NO_ANSWER,
    Pickup.BUSY: CallOutcome.BUSY,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller writes down."""

    outcome: CallOutcome
    answers: dict[str, Any]

    def as_bytes(self) -> bytes:
        return json.dumps(self.answers).encode()


def heard(party: Party, role: str, pickup: Pickup, a_number: str, *, sponsor_only_before: int) -> Heard:
    """What came of the call. `role`: whose phone it was; `sponsor_only_before` counts earlier such calls."""
    if pickup != Pickup.ANSWERS:
        return Heard(_UNANSWERED[pickup], {})
    if role in ("care_plan", "home_country"):
        # A third party learns nothing: they hear only "please ask them to call".
        return Heard(CallOutcome.NO_ANSWER, {"note": "asked to pass on that we would like to talk"})
    if party == Party.SPONSOR:
        return Heard(CallOutcome.REACHED_ALONE, {"spoke_to": "sponsor", "lives_with_sponsor": "yes"})
    return _child(int(a_number[-2:]), sponsor_only_before)


_WELL: dict[str, Any] = {
    "spoke_to": "child",
    "alone": True,
    "lives_with_sponsor": "yes",
    "school": "yes",
    "work": {"works": False},
    "food": "yes",
    "hurt_or_threatened": "no",
    "free_to_phone": "yes",
    "wants_to_stay": "yes",
}


def _child(suffix: int, sponsor_only_before: int) -> Heard:
    """The table by the last two digits of the child's A-number."""
    if 60 <= suffix <= 64:
        return Heard(CallOutcome.REACHED_NOT_ALONE, {**_WELL, "alone": False})
    if 65 <= suffix <= 69 and sponsor_only_before < 2:
        return Heard(CallOutcome.SPONSOR_ONLY, {"spoke_to": "sponsor"})
    if 70 <= suffix <= 74:
        return Heard(
            CallOutcome.NOT_LIVING_THERE,
            {"spoke_to": "sponsor", "lives_with_sponsor": "no", "note": "lives with a relative, place known"},
        )
    if 75 <= suffix <= 79:
        return Heard(CallOutcome.MISSING, {"spoke_to": "sponsor", "lives_with_sponsor": "no"})
    if 80 <= suffix <= 84:
        work = {"works": True, "hours": "night", "owes_money": True}
        return Heard(CallOutcome.REACHED_ALONE, {**_WELL, "work": work, "money_owed": "yes"})
    return Heard(CallOutcome.REACHED_ALONE, dict(_WELL))
