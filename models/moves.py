"""Which checks a move to another home starts again. Frozen values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from models.states import CheckKind


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MoveLine(_Frozen):
    """A kind of check that looks at where somebody lives."""

    kind: CheckKind
    source: str = Field(min_length=1)
    unverified: bool = False


class MoveRules(_Frozen):
    """One version of these lines. A merged one is never edited."""

    version: str
    title: str
    checks: tuple[MoveLine, ...]
