"""What the schemas of the API share. They describe the desk's JSON and change nothing of it; tests compare the two."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Shown(BaseModel):
    """A part of an answer. Every key is always there; a later Kinline may add keys."""

    model_config = ConfigDict(frozen=True)


Moment = Annotated[AwareDatetime, Field(examples=["2026-02-02T15:00:00+00:00"])]
Day = Annotated[date, Field(examples=["2026-02-02"])]


class Fault(Shown):
    """One thing wrong with a request: where, which rule, why, what to do."""

    field: str = Field(examples=["answers.spoke_to"])
    code: str = Field(examples=["missing_key"])
    message: str = Field(examples=["Say whom you spoke to."])
    remedy: str = Field(examples=["Write child, sponsor or other."])


class ProblemDocument(Shown):
    """RFC 9457. `problems` with 400; `missing` with 409: what would have to be there first."""

    type: str = Field(examples=["urn:kinline:problem:bad_input"])
    title: str = Field(examples=["The request can't be taken as it is"])
    status: int = Field(examples=[400])
    detail: str | None = Field(None, examples=["Load it again and look."])
    problems: list[Fault] | None = None
    missing: list[str] | None = None
