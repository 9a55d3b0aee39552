"""The next try of a welfare call: on another day, at another hour, by the channels that a person allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from followup.calendar import first_weekend_day, is_weekend, local_day, local_instant
from followup.lost import SECOND_LADDER_KIND, second_ladder
from followup.policy import in_force
from followup.tries import once_more
from models.contacts import Channel
from models.facts import AttemptFacts, NumberFacts, ObligationFacts
from models.followup_policy import FollowupPolicy, LadderStep
from models.states import Party

# A child who is to be heard alone, or who asked for help, is called by a person and by nothing else; and so is a
# family whose case worker calls each month.
HUMANS_ONLY = frozenset(
    {"hear_child_alone", "call_back", "lost_contact_review", SECOND_LADDER_KIND, "prs_contact"}
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The try to make at `at`, or at once when that is past. `number_id` says which phone, by id."""

    step: int
    channel: Channel
    number_id: UUID | None
    at: datetime
    template: str | None = None


@dataclass(frozen=True, slots=True)
class AsksFirst:
    """The next step is made only if a supervisor allows it, and nobody has said anything yet."""

    step: int


@dataclass(frozen=True, slots=True)
class Exhausted:
    """No step is left. `no_way`: no usable number was there to try at all."""

    tries: int
    reason: Literal["tried", "no_way"]


def next_step(
    duty: ObligationFacts,
    attempts: Sequence[AttemptFacts],
    numbers: Sequence[NumberFacts],
    policy: FollowupPolicy,
    *,
    zone: str,
    now: datetime,
    approved: bool = False,
    may_ask: bool = False,
    paused: bool = False,
    automated_ok: Collection[UUID] = (),
) -> NextStep | AsksFirst | Exhausted:
    """The first step not tried yet for which there is a phone.

    `at` is the policy's day and hour where the family lives, and never the day of the try before it when
    the policy puts a night between the two. A human call that was not planned counts as the next human
    step, once for each day on which somebody called. How the last try ended may want it made once more.

    `approved`: a supervisor allowed the contacts in the home country; `may_ask`: one can still be asked, after all
    that needs no leave was tried. `paused`: a person has the
    conversation, so machines are silent. `automated_ok`: numbers that take an automated call though they
    take no text (a landline with consent); others with ``texts = False`` are for people alone, since STOP
    looks the same.
    """
    steps = second_ladder(policy) if duty.kind == SECOND_LADDER_KIND else in_force(policy.ladder)
    remaining = _untried(attempts, steps, zone)
    machines = not paused and duty.kind not in HUMANS_ONLY

    def phone(step: LadderStep) -> NumberFacts | None:
        if step.needs_approval and not (approved or may_ask):
            return None
        return _number_for(step, duty, numbers, machines=machines, automated_ok=automated_ok)

    if again := _again(attempts, steps, policy, zone, phone):
        return again
    for step in remaining:
        if (number := phone(step)) is not None:
            if step.needs_approval and not approved:
                if not attempts:
                    continue
                return AsksFirst(step.step)
            at = _planned_at(step, duty, attempts, steps, zone)
            return NextStep(step.step, step.channel, number.id, at, step.template)
    return Exhausted(len(attempts), "tried" if attempts else "no_way")


def _again(
    attempts: Sequence[AttemptFacts],
    steps: Sequence[LadderStep],
    policy: FollowupPolicy,
    zone: str,
    phone: Callable[[LadderStep], NumberFacts | None],
) -> NextStep | None:
    """The last step once more, where the way in which it ended wants that and there is a phone for it."""
    found = once_more(attempts, policy, zone)
    if found is None:
        return None
    rule, last, at = found
    step = next((one for one in steps if one.step == last.step), None)
    number = phone(step) if step is not None else None
    if step is None or number is None or last.number_id is None:
        return None
    if (number.id == last.number_id) != (rule.then == "same_number"):
        return None
    return NextStep(step.step, step.channel, number.id, at, step.template)


def _untried(attempts: Sequence[AttemptFacts], steps: Sequence[LadderStep], zone: str) -> list[LadderStep]:
    """The steps after everything that was tried, in order. The ladder never goes back to a skipped step."""
    remaining = list(steps)
    planned = {step.step for step in remaining}
    counted = set()
    for attempt in sorted(attempts, key=lambda a: a.at):
        if attempt.step in planned:
            remaining = [step for step in remaining if step.step > attempt.step]
        elif attempt.channel == Channel.HUMAN_CALL and (day := local_day(attempt.at, zone)) not in counted:
            counted.add(day)
            human = next((step for step in remaining if step.channel == Channel.HUMAN_CALL), None)
            remaining = [step for step in remaining if step is not human]
    return remaining


def _planned_at(
    step: LadderStep,
    duty: ObligationFacts,
    attempts: Sequence[AttemptFacts],
    steps: Sequence[LadderStep],
    zone: str,
) -> datetime:
    """The step's hour on its day; after a late try not before the next day, if a night lay between them."""
    day = local_day(duty.opens_at, zone) + timedelta(days=step.day)
    if attempts:
        last = max(attempts, key=lambda a: a.at)
        days = {line.step: line.day for line in steps}
        night_between = days.get(last.step, step.day - 1) < step.day
        day = max(day, local_day(last.at, zone) + timedelta(days=1 if night_between else 0))
    if step.weekend and not _called_at_a_weekend(attempts, zone):
        weekend = local_instant(first_weekend_day(day), step.local_time, zone)
        if weekend <= duty.due_at:
            return weekend
    return local_instant(day, step.local_time, zone)


def _called_at_a_weekend(attempts: Sequence[AttemptFacts], zone: str) -> bool:
    return any(a.channel == Channel.HUMAN_CALL and is_weekend(local_day(a.at, zone)) for a in attempts)


def _number_for(
    step: LadderStep,
    duty: ObligationFacts,
    numbers: Sequence[NumberFacts],
    *,
    machines: bool,
    automated_ok: Collection[UUID],
) -> NumberFacts | None:
    """The phone for this step; None when the step is to be skipped."""
    if step.channel == Channel.TEXT:
        own = _own(duty.party, numbers)
        return own if machines and own is not None and own.texts and not own.shared else None
    if step.channel == Channel.AUTOMATED_CALL:
        own = _own(duty.party, numbers)
        allowed = own is not None and not own.shared and (own.texts or own.id in automated_ok)
        return own if machines and allowed else None
    if step.to == "home_country":
        return _first(numbers, "home_country")
    asked = _party_phone(duty.party, numbers)
    wanted = _first(numbers, step.to) if step.to != "party" else None
    # Without such a contact, a person tries the family's own phone once more, and the other way round:
    # five tries are five tries.
    return wanted or asked or _first(numbers, "backup")


def _own(party: Party, numbers: Sequence[NumberFacts]) -> NumberFacts | None:
    """The party's own usable number."""
    own = (n for n in numbers if n.party == party and n.role == "party" and n.usable)
    return next(own, None)


def _party_phone(party: Party, numbers: Sequence[NumberFacts]) -> NumberFacts | None:
    """Where a person asks for this party: its own phone, else, for the child, the sponsor's."""
    return _own(party, numbers) or (_own(Party.SPONSOR, numbers) if party == Party.CHILD else None)


def _first(numbers: Sequence[NumberFacts], role: str) -> NumberFacts | None:
    return next((n for n in numbers if n.role == role and n.usable), None)
