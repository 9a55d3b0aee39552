"""A spent ladder has tried on different days and hours, in the evening and at a weekend, whenever it began."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from followup_builders import CHICAGO, HAWAII, NEW_YORK, PHOENIX, POLICY, a_duty, a_number, utc

from followup.calendar import EVENING, MORNING, in_quiet_hours, local_instant
from followup.ladder import Exhausted, next_step
from models.contacts import Channel
from models.facts import AttemptFacts
from models.states import Party

CHILD, SPONSOR = a_number(10), a_number(11, party=Party.SPONSOR)
BACKUP = a_number(12, party=Party.SPONSOR, role="backup", texts=False)
FAMILIES = {"own phones": [CHILD, SPONSOR, BACKUP], "one phone, people alone": [SPONSOR]}


def spent(opens_on: date, window: int, zone: str, numbers) -> list[AttemptFacts]:
    """Every try, each made exactly when it was planned."""
    opens_at = local_instant(opens_on, MORNING, zone)
    due_at = local_instant(opens_on + timedelta(days=window), EVENING, zone)
    duty, attempts = a_duty(opens_at=opens_at, due_at=due_at), []
    while not isinstance(
        step := next_step(duty, attempts, numbers, POLICY, zone=zone, now=opens_at), Exhausted
    ):
        assert step.at <= due_at
        attempts.append(AttemptFacts(step.step, step.channel, step.at, "no_answer", step.number_id))
    return attempts


@pytest.mark.parametrize("zone", [NEW_YORK, CHICAGO, PHOENIX, HAWAII])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("window", [7, 14])  # a planned call's, and a later look's
def test_whatever_day_a_ladder_begins_on_it_tries_evenings_and_weekends(zone, family, window):
    for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(365)):
        tries = spent(day, window, zone, FAMILIES[family])
        local = [a.at.astimezone(ZoneInfo(zone)) for a in tries]
        assert len(tries) >= 5
        assert len({at.date() for at in local}) >= 3
        assert all(before.time() != after.time() for before, after in pairwise(local))
        people = [at for a, at in zip(tries, local, strict=True) if a.channel == Channel.HUMAN_CALL]
        assert any(at.isoweekday() >= 6 for at in people), day
        assert any(at.time() >= time(17) for at in people), day
        assert not any(in_quiet_hours(a.at, (zone,), POLICY.quiet) for a in tries)


def human(at: str) -> AttemptFacts:
    return AttemptFacts(6, Channel.HUMAN_CALL, utc(at), "no_answer")


@pytest.mark.parametrize(
    ("last_call", "at"),
    [
        ("2026-02-17T18:00", "2026-02-18T17:00"),  # on Tuesday; Saturday lies beyond the duty's time
        ("2026-02-15T18:00", "2026-02-16T17:00"),  # on Sunday: somebody called at a weekend
    ],
)
def test_a_weekend_that_is_not_needed_or_comes_too_late_is_not_waited_for(last_call, at):
    step = next_step(a_duty(), [human(last_call)], [SPONSOR], POLICY, zone=CHICAGO, now=utc(at))
    assert (step.step, step.at) == (7, utc(at))
