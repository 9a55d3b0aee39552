"""Paging: what calls a person at any hour, whom, in which order, and with which words. Types of a versioned file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.policy import Line
from models.states import Role

FIRST, FALLBACK = 1, 2
ON_CALL_RUNGS = (FIRST, FALLBACK)


class PagingReason(Line):
    """An escalation of this reason pages."""

    reason: str


class PagingRung(Line):
    """Whose turn it is: those on call on `place` of the rota, or everybody who holds `role`; and for how long."""

    level: int = Field(gt=0)
    who: Literal["on_call", "role"]
    place: Literal[1, 2] | None = None
    role: Role | None = None
    wait_minutes: int = Field(gt=0)

    @model_validator(mode="after")
    def _says_who(self) -> PagingRung:
        if (self.who == "on_call") != (self.place is not None) or (self.who == "role") != (
            self.role is not None
        ):
            raise ValueError("a rung of who is on call names its place, one of a role its role")
        return self


class PagingRepeat(Line):
    """The whole ladder is gone `times` times. Where nobody could be told, it begins anew after `retry_minutes`."""

    times: int = Field(gt=0)
    retry_minutes: int = Field(gt=0)


class StrangerPaging(Line):
    """A cry for help from a number that nobody knows pages once in so many minutes, so that nobody can flood us."""

    again_after_minutes: int = Field(gt=0)


class RotaLook(Line):
    """How far ahead a gap in the rota is told."""

    ahead_days: int = Field(gt=0)


class PageText(Line):
    """The words, in one part; `{task}` is the beginning of the task's id."""

    body: str


class PagingRules(BaseModel):
    """One version of the rules. A merged one is never edited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    title: str
    reasons: tuple[PagingReason, ...]
    rungs: tuple[PagingRung, ...]
    repeat: PagingRepeat
    strangers: StrangerPaging
    rota: RotaLook
    text: PageText

    @model_validator(mode="after")
    def _goes_up(self) -> PagingRules:
        if not self.rungs or [rung.level for rung in self.rungs] != list(range(1, len(self.rungs) + 1)):
            raise ValueError("levels run 1, 2, 3 without a gap")
        return self


@dataclass(frozen=True, slots=True)
class PagingFacts:
    """How far it has come: `step` counts the turns that are over; `told`, those at which somebody was reached."""

    step: int
    told: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's time on the rota."""

    staff_id: UUID
    place: int
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A time when nobody who can be reached stands on this place of the rota."""

    place: int
    begins_at: datetime
    ends_at: datetime
