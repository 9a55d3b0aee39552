"""When a closed case is opened again, what its closing had ended is taken up: these are its new times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EndedDuty:
    """A duty that the closing ended. `is_contact`: it is a try to reach the family, by text or call."""

    id: UUID
    kind: str
    party: str
    opens_at: datetime
    due_at: datetime
    is_contact: bool


def times_again(ended: Sequence[EndedDuty], now: datetime) -> Mapping[UUID, tuple[datetime, datetime]]:
    """When each of these duties opens and is due from now on.

    One whose time has not come yet keeps its times. One whose time has passed gets the time that the policy gave
    it, from now. Calls and texts to one party that have passed keep their distance from each other, so that a
    family hears of us as the plan means it, and not of three things at once.
    """
    passed = [duty for duty in ended if duty.due_at <= now]
    first: dict[tuple[str, str], datetime] = defaultdict(lambda: now)
    for duty in passed:
        group = (duty.kind, duty.party)
        first[group] = min(first[group], duty.opens_at)
    times = {duty.id: (duty.opens_at, duty.due_at) for duty in ended}
    for duty in passed:
        after = duty.opens_at - first[duty.kind, duty.party] if duty.is_contact else timedelta(0)
        opens_at = now + after
        times[duty.id] = (opens_at, opens_at + (duty.due_at - duty.opens_at))
    return times
