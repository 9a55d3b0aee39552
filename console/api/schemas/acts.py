"""What is sent with an act, and what a packet that came in is answered with."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from console.api.schemas.common import Shown
from followup.answers import Answers
from models.contacts import CallOutcome
from models.packet import Address
from models.states import ApplicationState, Party

_ADDRESS: JsonDict = {
    "address": {
        "line1": "77 Sample St",
        "unit": "Apt 2",
        "city": "Dallas",
        "state": "TX",
        "zip": "75201",
    },
    "moved_on": "2026-02-01",
}
_CALL: JsonDict = {
    "party": "child",
    "outcome": "reached_alone",
    "answers": {"spoke_to": "child", "alone": True, "school": "yes", "food": "yes"},
}


def _no_control(words: str) -> str:
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in words):
        raise ValueError("control characters")
    return words


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_no_control),
]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]


class _Sent(BaseModel):
    """Unknown keys are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewHome(_Sent):
    """Where a family lives now. `moved_on`: the day of the move, if not today."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ADDRESS]})
    address: Address
    moved_on: date | None = None


class NewCall(_Sent):
    """A call that the person made. `true_time`: when it really was, where it is written down late."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CALL]})
    party: Literal[Party.CHILD, Party.SPONSOR]
    outcome: CallOutcome
    answers: Answers
    true_time: AwareDatetime | None = None


class Resolution(_Sent):
    """`reason`: what was done, without names. `outcome`: a short word for what came of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "spoke with the school", "outcome": "resolved"}]}
    )
    reason: Words
    outcome: Word = "resolved"


class Handover(_Sent):
    """`to`: the new owner's e-mail address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "supervisor@example.org", "reason": "on leave from Friday"}]}
    )
    to: Email
    reason: Words


class Retake(Shown):
    """A scan that nobody can read, while its sender can still take a new one."""

    field: str = Field(examples=["proof_of_address@sponsor"])
    code: str
    message: str


class Submitted(Shown):
    """One entry of `kinline submit --json`. `path` is null: a program sends no path."""

    path: None
    reference: str = Field(examples=["KL-EXAMPLE-1"])
    application_id: UUID
    state: ApplicationState
    revision: int
    how: Literal["new", "amended", "unchanged"]
    changed: list[str]
    reopened: list[dict[str, Any]]
    retake: list[Retake]
    problems: list[Any] = Field(max_length=0)
