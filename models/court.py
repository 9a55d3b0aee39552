"""The court's list of hearings: one of its rows, the courts, and what a row changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from models.errors import Problem

HearingKind = Literal["master", "individual", "other"]
HearingState = Literal["scheduled", "moved", "cancelled", "completed"]
HearingOutcome = Literal["attended", "missed", "continued", "unknown"]
# A hearing that is still to be.
COMING: tuple[HearingState, ...] = ("scheduled", "moved")
# Where a hearing is known from that no court's list has named yet: the packet, or a person.
PACKET, SAID = "packet", "said"


class HearingChange(StrEnum):
    """What a row of the list does to what is known."""

    ADDED = "added"
    MOVED = "moved"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    RESTORED = "restored"  # it had been cancelled or was over, and stands on the list again
    UPDATED = "updated"
    SAME = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingSaid:
    """A hearing as somebody names it: the court's list, or a person. `zone`: its own, where it was said."""

    court: str
    hearing_key: str
    starts_at: datetime
    kind: HearingKind
    state: HearingState = "scheduled"
    outcome: HearingOutcome | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingRow(HearingSaid):
    """One hearing as the list names it. `line`: where it stands in the file.

    `padded`: the A-number had eight digits; a person confirms that it is this child.
    """

    line: int
    padded: bool
    a_number: str = field(repr=False)  # nine digits
    born_on: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadHearing:
    """A row that can't be taken, and all that is wrong with it."""

    line: int
    problems: tuple[Problem, ...]
    hearing_key: str | None = None


@dataclass(frozen=True, slots=True)
class KnownHearing:
    """A hearing as Kinline knows it. `source`: which list named it last; `packet` or `said` until a court's own has."""

    starts_at: datetime
    kind: str
    state: str
    outcome: str | None
    source: str
    vanished: bool


class Court(BaseModel):
    """An immigration court: its name, the city that a text may name, and its clock. `also`: other names of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    city: str
    state: str
    zone: str
    also: tuple[str, ...] = ()


class WholeList(BaseModel):
    """When a list that lacks known hearings is taken for a part of the list: nothing has vanished then.

    Of `from_known` hearings or more, when more than `at_most_share` of them are missing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_most_share: float
    from_known: int


class Courts(BaseModel):
    """One version of the list of courts, with its source. A merged one is never edited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    title: str
    source: str
    unverified: bool
    whole_list: WholeList
    courts: tuple[Court, ...]
