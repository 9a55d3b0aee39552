"""The work to find a child whose contact is lost: which duties open, and what is still to be done.

The weekly review is what keeps the child in sight; these steps come beside it. Their order and waits are lines of
the policy (`lost`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from followup.policy import in_force
from models.contacts import Channel
from models.errors import BadInput, Problem
from models.facts import Duty
from models.followup_policy import FollowupPolicy, LadderStep, LostStep

_PREFIX = "lost_"
SECOND_LADDER = "second_ladder"
SECOND_LADDER_KIND = _PREFIX + SECOND_LADDER

# A supervisor says whether people may call the contacts in the home country (design rule 10).
ALLOW_HOME_COUNTRY = "allow_home_country"


def asks_for_home_country(policy: FollowupPolicy) -> bool:
    """Whether the first ladder asks a supervisor, too; where it does not, it goes on without these contacts."""
    return any(line.kind == ALLOW_HOME_COUNTRY for line in in_force(policy.reviews))


def kind_of(step: str) -> str:
    """The kind of the duty of this step."""
    return _PREFIX + step


def lost_kinds(policy: FollowupPolicy) -> frozenset[str]:
    """The kinds of duty that the steps open."""
    return frozenset(kind_of(line.step) for line in in_force(policy.lost))


def lost_duties(policy: FollowupPolicy, lost_at: datetime) -> tuple[Duty, ...]:
    """The duty of every step, each in its queue from the instant of the loss on."""
    return tuple(_duty(line, policy, lost_at) for line in in_force(policy.lost))


def _duty(line: LostStep, policy: FollowupPolicy, lost_at: datetime) -> Duty:
    opens_at = lost_at + timedelta(hours=line.after_hours)
    return Duty(
        kind=kind_of(line.step),
        party=line.party,
        key=f"since-{lost_at.date().isoformat()}",
        opens_at=opens_at,
        due_at=opens_at + timedelta(hours=line.within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        detail={"step": line.step},
    )


def step_of(policy: FollowupPolicy, step: str) -> LostStep:
    """The line of this step.

    Raises:
        BadInput: the policy of the case has no such step.
    """
    lines = {line.step: line for line in in_force(policy.lost)}
    if step not in lines:
        known = ", ".join(lines) or "none: this case's policy has the weekly review alone"
        raise BadInput(Problem("STEP", "wrong_value", "There is no such step.", f"Use one of: {known}."))
    return lines[step]


def second_ladder(policy: FollowupPolicy) -> tuple[LadderStep, ...]:
    """The calls by people that are made once more, as steps of a ladder; none where the policy has none."""
    return tuple(
        LadderStep(
            rule=line.rule,
            source=line.source,
            unverified=line.unverified,
            step=one.step,
            channel=Channel.HUMAN_CALL,
            to=one.to,
            day=one.day,
            local_time=one.local_time,
            needs_approval=one.needs_approval,
        )
        for line in in_force(policy.lost)
        if line.step == SECOND_LADDER
        for one in line.tries
    )


def open_before_closing(policy: FollowupPolicy, open_kinds: Collection[str]) -> tuple[str, ...]:
    """The steps that must be done before the contact may be closed as lost, in the order of the file."""
    return tuple(
        line.step
        for line in in_force(policy.lost)
        if line.before_closing and kind_of(line.step) in open_kinds
    )
