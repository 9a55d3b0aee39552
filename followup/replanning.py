"""A case that moves to another version: what is planned ahead under the old one is planned by the new one.

What has begun, is late or has ended stays as it is. What the old version had planned ahead ends, each with the duty
that stands in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from followup.plan import (
    BACKBONE,
    CLOSURE_REVIEW,
    SIGHT_CHECK,
    TEXT_REMINDER,
    WELFARE_CALL,
    after_child_contact,
    release_plan,
)
from followup.prs import KINDS as PRS_KINDS
from models.facts import Duty, ObligationFacts, ReleaseFacts
from models.followup_policy import FollowupPolicy
from models.states import Party

PLANNED = frozenset({WELFARE_CALL, SIGHT_CHECK, CLOSURE_REVIEW, TEXT_REMINDER, *PRS_KINDS})
# What the plan of a release holds, but for the look after its last call: that one counts from the last contact.
_BY_RELEASE = frozenset({WELFARE_CALL, TEXT_REMINDER, CLOSURE_REVIEW})
# What tells one duty of a case from another: kind, party, key.
DutyKey = tuple[str, Party, str]


@dataclass(frozen=True, slots=True)
class Replanned:
    """`opens`: the duties of the new version. `ends`: each old duty with what takes its place: one of `opens`, or an
    open duty that stays."""

    opens: tuple[Duty, ...]
    ends: tuple[tuple[ObligationFacts, Duty | ObligationFacts], ...]

    def differs(self) -> tuple[list[ObligationFacts], list[Duty]]:
        """What is gone and what is new for the family, leaving out what only changes its version."""
        before = {_told(old) for old, _ in self.ends}
        after = {_told(duty) for duty in self.opens}
        gone = [old for old, _ in self.ends if _told(old) not in after]
        return gone, [duty for duty in self.opens if _told(duty) not in before]


def replan(
    standing: Sequence[ObligationFacts],
    done: Collection[DutyKey],
    facts: ReleaseFacts,
    policy: FollowupPolicy,
    *,
    services: Sequence[Duty] = (),
    was_released_here: bool = True,
    last_contact_at: datetime,
    now: datetime,
) -> Replanned:
    """What opens and what ends when the case comes under `policy` now.

    `standing`: its open duties of follow-up. `done`: what was settled already. `services`: the next duties of
    post-release services under the new version. `was_released_here`: False for a child whom the list of releases
    alone had named: no plan was made at its release.
    """
    ahead = [duty for duty in standing if duty.kind in PLANNED and duty.opens_at > now]
    stays = [duty for duty in standing if duty not in ahead]
    known = {*done, *(key_of(duty) for duty in stays)}
    planned = [d for d in release_plan(facts, policy) if was_released_here and d.kind in _BY_RELEASE]
    opens = [d for d in (*planned, *services) if d.opens_at > now and key_of(d) not in known]
    look = after_child_contact([*stays, *opens], last_contact_at, facts, policy)
    opens += [duty for duty in look if duty.due_at > now and key_of(duty) not in known]
    opens.sort(key=lambda d: (d.opens_at, d.due_at, d.kind, d.party))
    pairs = [(old, _in_its_place(old, opens, stays)) for old in ahead]
    return Replanned(tuple(opens), tuple((old, new) for old, new in pairs if new is not None))


def _in_its_place(
    old: ObligationFacts, opens: Sequence[Duty], stays: Sequence[ObligationFacts]
) -> Duty | ObligationFacts | None:
    """The same duty of the new version; else the nearest of its kind; else the next look at the child.

    None: nothing could; then the old one stays.
    """
    alike = [d for d in opens if (d.kind, d.party) == (old.kind, old.party)]
    alike.sort(key=lambda d: (d.key != old.key, abs(d.opens_at - old.opens_at)))
    standing: list[Duty | ObligationFacts] = [*opens, *stays]
    looks = [d for d in standing if d.in_sight and d.kind in BACKBONE]
    return alike[0] if alike else looks[0] if looks else None


def key_of(duty: Duty | ObligationFacts) -> DutyKey:
    return duty.kind, duty.party, duty.key


def _told(duty: Duty | ObligationFacts) -> tuple[object, ...]:
    return *key_of(duty), duty.opens_at, duty.due_at, duty.queue
