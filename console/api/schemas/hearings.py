"""The court's list of hearings: what is sent, and what became of it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from console.api.schemas.common import Moment, Shown

_EXAMPLE: JsonDict = {
    "a_number": "A220500001",
    "date_of_birth": "2011-05-02",
    "court": "Example Court",
    "hearing_key": "EX-2026-1",
    "starts_at": "2026-03-02T09:00:00-06:00",
    "kind": "master",
    "state": "scheduled",
}


class HearingItem(Shown):
    """One hearing as the court has it. What can't be taken is named in `problems` by its number; the rest is taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    a_number: str
    date_of_birth: str
    court: str
    hearing_key: str
    starts_at: str = Field(description="ISO 8601 with zone.")
    kind: Literal["master", "individual", "other"]
    state: Literal["scheduled", "moved", "cancelled", "completed"]
    outcome: Literal["attended", "missed", "continued", "unknown"] | None = None


class HearingList(Shown):
    """`whole`: what it lacks has vanished. `dry_run`: says what it would do."""

    model_config = ConfigDict(extra="forbid")
    hearings: list[HearingItem]
    whole: bool = False
    dry_run: bool = False


class ChangedHearing(Shown):
    line: int
    hearing_key: str
    hearing_id: UUID
    case_id: UUID
    starts_at: Moment


class VanishedHearing(Shown):
    hearing_key: str
    hearing_id: UUID
    case_id: UUID
    starts_at: Moment


class QueuedHearing(Shown):
    """It waits for a person: `kinline hearings queue`."""

    line: int
    hearing_key: str
    why: str = Field(examples=["unknown_child"])
    id: UUID | None
    case_id: UUID | None


class SecondHearing(Shown):
    line: int
    hearing_key: str
    first_line: int
    differs: list[str]


class RefusedHearing(Shown):
    line: int
    hearing_key: str | None
    field: str
    code: str
    message: str
    remedy: str


class Counts(Shown):
    rows: int
    refused: int
    unchanged: int
    added: int
    moved: int
    cancelled: int
    completed: int
    restored: int
    updated: int
    vanished: int
    queued: int
    duplicates: int


class HearingsTaken(Shown):
    """`line` is the number of the item. `run_id` is null for a dry run."""

    run_id: UUID | None
    dry_run: bool
    source: str = Field(examples=["court-feed"])
    rows: int
    refused: int
    unchanged: int
    added: list[ChangedHearing]
    moved: list[ChangedHearing]
    cancelled: list[ChangedHearing]
    completed: list[ChangedHearing]
    restored: list[ChangedHearing]
    updated: list[ChangedHearing]
    vanished: list[VanishedHearing]
    queued: list[QueuedHearing]
    duplicates: list[SecondHearing]
    problems: list[RefusedHearing]
    taken_for_a_part: bool
    counts: Counts
