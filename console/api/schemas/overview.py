"""The queue, the account, the measures of oversight."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from console.api.schemas.common import Moment, Shown


class QueueItem(Shown):
    """An overdue duty, or an escalation. `paging`: how the paging for a cry for help stands."""

    id: UUID
    kind: Literal["obligation", "escalation"]
    case_id: UUID
    level: int
    queue: str = Field(examples=["supervision"])
    owner: str | None = Field(examples=["supervisor@example.org"])
    reason: str = Field(examples=["no_contact"])
    age_hours: float
    acknowledge_by: Moment
    overdue: bool
    paging: str | None


class Queue(Shown):
    """One page. `next` leads to the following one."""

    items: list[QueueItem]
    next: str | None = Field(examples=["/api/v1/queue?limit=100&after=WyIyMDI2LTAyLTAy"])


class ByState(Shown):
    obligation: int
    escalation: int
    closed: int


class Accounting(Shown):
    """`silent` and `unanswered`: cases."""

    as_of: Moment
    children: int
    accounted: int
    by_state: ByState
    silent: list[UUID]
    unanswered: list[UUID]


class Measure(Shown):
    """`share` is null where there is nothing to count. `exceptions`: the cases behind it, up to a limit."""

    id: str = Field(examples=["children_silent"])
    title: str
    numerator: float
    denominator: float
    share: float | None
    source: str
    definition: str
    exceptions: list[UUID]


class DutiesOfToday(Shown):
    """Of one team and kind: still due today, done today, overdue."""

    team: str
    kind: str
    due: int
    done: int
    overdue: int


class ConcernBand(Shown):
    """Escalations that are not resolved, by their age; `under_hours` is null for the oldest."""

    band: str
    over_hours: int
    under_hours: int | None
    waiting: int
    taken: int


class Caseload(Shown):
    """Escalations that this person owns; `owner` is `nobody` for those that nobody has taken."""

    owner: str
    name: str | None
    late: int
    in_time: int


class ContactBand(Shown):
    """Followed children by the hours since a person last heard them; both are null for those not heard since the release."""

    band: str
    over_hours: int | None
    under_hours: int | None
    children: int


class Board(Shown):
    duties: list[DutiesOfToday]
    concerns: list[ConcernBand]
    caseloads: list[Caseload]
    last_contact: list[ContactBand]


class Oversight(Shown):
    as_of: Moment
    measures: list[Measure]
    board: Board
