"""What two people may say of a hit, and what follows from it. Frozen values."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["clear", "bar", "bar_5y", "not_this_person"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HitClass(_Frozen):
    """One verdict, with examples for whoever judges. `years`: it bars so long, from the day of the offence."""

    verdict: Verdict
    effect: str
    years: int | None = Field(default=None, ge=1)
    examples: tuple[str, ...] = ()
    source: str = Field(min_length=1)
    unverified: bool = False


class HitClasses(_Frozen):
    """One version of the verdicts, the gravest first. A merged one is never edited."""

    version: str
    title: str
    classes: tuple[HitClass, ...]
