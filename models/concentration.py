"""When unrelated children or sponsors at one home are for a reviewer to look at. Frozen values."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

REVIEW_DUTY = "concentration_review"
Place = Literal["dwelling", "building"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Line(_Frozen):
    rule: str
    source: str = Field(min_length=1)
    unverified: bool = False


class Sign(_Line):
    """So many unrelated children, or so many sponsors, at one place `within_days` of each other.

    `business_only`: of homes that the postal service lists as a business alone.
    """

    active: bool = True
    by: Place
    business_only: bool = False
    children_at_least: int = Field(ge=2)
    sponsors_at_least: int = Field(ge=2)
    within_days: int = Field(ge=1)


class ReviewLine(_Line):
    """In whose queue the review stands, and how long it may take."""

    queue: str
    within_hours: int = Field(ge=1)


class LooksLine(_Line):
    """How many places one person may look into in 24 hours."""

    per_day: int = Field(ge=1)


class ConcentrationRules(_Frozen):
    """One version of these lines. A merged one is never edited."""

    version: str
    title: str
    signs: tuple[Sign, ...]
    review: ReviewLine
    looks: LooksLine
