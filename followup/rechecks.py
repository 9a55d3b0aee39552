"""What a look at a home's address says, and what of it is news. Pure: the rules' text is an argument."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.reading import DeliveryPoint, PostalAnswer
from models.rechecks import Defect, DefectLine, RecheckRules

AddressState = Literal["deliverable", "defective", "unknown"]
REFUSED: Literal["refused"] = "refused"
"""In place of an answer: the service will not look this address up, whoever asks."""

_BY_POINT = {"N": Defect.UNDELIVERABLE, "S": Defect.UNIT_UNKNOWN, "D": Defect.UNIT_MISSING}
# While nothing clear is known, neither way of not knowing is news of the other.
_NOT_KNOWN = frozenset({Defect.REFUSED, Defect.UNCLEAR})


@dataclass(frozen=True, slots=True)
class Known:
    """What the file says of an address: its state, and the last clear answer (None: there never was one)."""

    state: str
    dpv: DeliveryPoint | None = None
    business: bool = False
    vacant: bool = False

    @property
    def defects(self) -> frozenset[Defect]:
        found = _defects(self.dpv, self.business, self.vacant)
        return found | _NOT_KNOWN if self.state == "unknown" else found


@dataclass(frozen=True, slots=True)
class Look:
    """What follows from one answer. `news`: the line of the gravest defect that the file did not know of."""

    state: AddressState
    news: DefectLine | None


def look_at(known: Known, answer: PostalAnswer | Literal["refused"], rules: RecheckRules) -> Look:
    """The address's state from now on, and whether a person has something new to look at.

    A defect that stands in the file already is no news: whoever looked at it is not asked again each month.
    An answer that is none makes the address `unknown`: it never counts as fine.
    """
    found = _found(answer)
    news = found - known.defects
    line = next((one for word in Defect for one in rules.defects if one.word == word and word in news), None)
    return Look(_state(answer), line)


def is_clear(answer: PostalAnswer | Literal["refused"]) -> bool:
    """True when the service said something of the address that we understand."""
    return answer != REFUSED and answer.dpv is not None


def _found(answer: PostalAnswer | Literal["refused"]) -> frozenset[Defect]:
    if answer == REFUSED:
        return frozenset({Defect.REFUSED})
    if answer.dpv is None:
        return frozenset({Defect.UNCLEAR})
    return _defects(answer.dpv, answer.business, answer.vacant)


def _defects(dpv: DeliveryPoint | None, business: bool, vacant: bool) -> frozenset[Defect]:
    named = {_BY_POINT[dpv]} if dpv in _BY_POINT else set()
    if business:
        named.add(Defect.BUSINESS)
    if vacant:
        named.add(Defect.VACANT)
    return frozenset(named)


def _state(answer: PostalAnswer | Literal["refused"]) -> AddressState:
    if answer == REFUSED or answer.dpv is None:
        return "unknown"
    return "deliverable" if answer.dpv == "Y" else "defective"


def parse_recheck_rules(text: str) -> RecheckRules:
    """The rules that this TOML text holds.

    Raises:
        BadInput: it is no such file, or it is silent about a defect.
    """
    try:
        rules = RecheckRules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("rechecks", "wrong_value", f"{err}.", "See models/rechecks.py.")) from None
    words = [line.word for line in rules.defects]
    if sorted(words) != sorted(Defect):
        raise BadInput(
            Problem("defects", "wrong_value", "Each defect has one line.", f"Name once: {', '.join(Defect)}.")
        )
    return rules
