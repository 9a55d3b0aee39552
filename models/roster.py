"""The official list of released children: one of its rows, and the rules for a child whom it alone names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.errors import Problem
from models.policy import Line

RosterDutyKind = Literal["locate_child", "confirm_release"]


class RosterDuty(Line):
    """A duty that the roster opens, and how long it may take. Both kinds keep the child in sight."""

    kind: RosterDutyKind
    within_hours: int = Field(gt=0)
    queue: str


class RosterZone(Line):
    """The time zone of a child whose home nobody has told us yet."""

    zone: str


class RosterRules(BaseModel):
    """One version of the rules. A merged one is never edited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    title: str
    zone: RosterZone
    duties: tuple[RosterDuty, ...]

    def duty(self, kind: RosterDutyKind) -> RosterDuty:
        return next(line for line in self.duties if line.kind == kind)

    @model_validator(mode="after")
    def _has_each_duty_once(self) -> RosterRules:
        if sorted(line.kind for line in self.duties) != ["confirm_release", "locate_child"]:
            raise ValueError("there must be one line for locate_child and one for confirm_release")
        return self


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One released child as the list names it. `line` is where it stands in the file."""

    line: int
    reference: str
    released_on: date
    a_number: str = field(repr=False)  # nine digits
    born_on: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be taken, and all that is wrong with it. `a_number`: whom it is about, where that is clear."""

    line: int
    problems: tuple[Problem, ...]
    reference: str | None = None
    a_number: str | None = field(default=None, repr=False)
