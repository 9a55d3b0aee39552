"""When the postal service is asked again about a home, and which of its answers are for a person. Frozen values."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Defect(StrEnum):
    """What may be wrong with an address, by the postal service's word or for want of it. The gravest stands first."""

    UNDELIVERABLE = "undeliverable"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_MISSING = "unit_missing"
    VACANT = "vacant"
    BUSINESS = "business"
    REFUSED = "refused"
    UNCLEAR = "unclear"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Line(_Frozen):
    rule: str
    source: str = Field(min_length=1)
    unverified: bool = False


class AgainLine(_Line):
    """How many days after an answer the same is asked again."""

    after_days: int = Field(ge=1)


class DefectLine(_Line):
    """A defect that a person looks at. `why`: in plain words, for the duty's history."""

    word: Defect
    why: str = Field(min_length=1)


class RecheckRules(_Frozen):
    """One version of these lines. `again`: after a clear answer; `unclear`: after one that was none."""

    version: str
    title: str
    again: AgainLine
    unclear: AgainLine
    defects: tuple[DefectLine, ...]
