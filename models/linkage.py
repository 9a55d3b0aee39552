"""What two applications share, and how much each of it speaks for one person. Frozen values."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

LinkKind = Literal["sponsor", "person", "document", "address", "contact", "child", "image"]
Tier = Literal["likely", "possible"]
# Words only: no link ever says what a name, a date or a number is.
Feature = Literal[
    "document_same",
    "name_same",
    "name_alike",
    "name_differs",
    "birth_date_same",
    "birth_date_swapped",
    "birth_date_one_digit",
    "birth_date_differs",
    "image_same",
    "phone_same",
    "email_same",
    "home_same",
    "child_same",
    "not_compared",
]
FEATURES: tuple[Feature, ...] = get_args(Feature)


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeatureRule(_Frozen):
    """How many points one feature is worth. Never less than none: what agrees can't speak against."""

    word: Feature
    points: int = Field(ge=0)
    source: str = Field(min_length=1)
    unverified: bool = False


class LinkageRules(_Frozen):
    """One version of the points. A merged one is never edited.

    `likely_at`: points from which two people are likely one. `most_compared`: pairs of people for one application.
    """

    version: str
    title: str
    likely_at: int
    most_compared: int = Field(ge=1)
    features: tuple[FeatureRule, ...]

    @cached_property
    def points(self) -> dict[Feature, int]:
        """Of each feature, in the order in which they are told."""
        return {rule.word: rule.points for rule in self.features}

    @model_validator(mode="after")
    def _whole_and_safe(self) -> Self:
        if sorted(rule.word for rule in self.features) != sorted(FEATURES):
            raise ValueError("each feature must stand once")
        if self.points["name_same"] + self.points["birth_date_same"] >= self.likely_at:
            raise ValueError("a name and a day of birth alone must stay below likely_at")
        return self
