"""The ladder of people: who owns a late or worrying thing, until when, and who is next.

Every window follows from the instant at which the rung below let it lapse, never from the instant of the
sweep that noticed: a late sweep changes nothing about who owns what, and `owned_until` never moves by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from followup.policy import in_force
from models.errors import Refused
from models.facts import EscalationFacts
from models.followup_policy import FollowupPolicy, Rung
from models.states import Role


@dataclass(frozen=True, slots=True)
class EscalationWindow:
    """One rung's turn: in whose queue it stands, and the three instants that count.

    `owned_until` is the last instant at which somebody up the ladder still owns it if nobody acts.
    """

    level: int
    queue: str
    role: Role
    acknowledge_by: datetime
    resolve_by: datetime
    owned_until: datetime
    nag_at: datetime | None = None  # when it is said again, if nobody has taken it


def first(policy: FollowupPolicy, now: datetime, level: int = 1) -> EscalationWindow:
    """The turn of this rung, open from `now`. A level beyond the top is the top."""
    rung = _rung(level, policy)
    acknowledge_by = now + timedelta(hours=rung.acknowledge_within_hours)
    return EscalationWindow(
        level=rung.level,
        queue=rung.queue,
        role=rung.role,
        acknowledge_by=acknowledge_by,
        resolve_by=now + timedelta(hours=rung.resolve_within_hours),
        owned_until=acknowledge_by + _above(rung.level, policy),
        nag_at=next_nag(rung.level, now, policy),
    )


def next_nag(level: int, since: datetime, policy: FollowupPolicy) -> datetime | None:
    """When an escalation on this rung is said again; None where the policy does not nag.

    After a standstill it is said once, not once for each time that was missed.
    """
    hours = _rung(level, policy).nag_every_hours
    return None if hours is None else since + timedelta(hours=hours)


def handed_on(
    level: int, policy: FollowupPolicy, now: datetime, reachable: Collection[Role]
) -> EscalationWindow:
    """The turn of the rung that takes over when this one's owner has left, or nobody of its role is there.

    The first up the fallbacks that has somebody; with nobody anywhere the top one, where it is loud.
    """
    rung = _fallback(_rung(level, policy), policy)
    while rung.role not in reachable and rung.level < _top(policy):
        rung = _fallback(rung, policy)
    return first(policy, now, rung.level)


def _fallback(rung: Rung, policy: FollowupPolicy) -> Rung:
    return _rung(rung.fallback or rung.level + 1, policy)


def _unacknowledged(facts: EscalationFacts, now: datetime) -> datetime | None:
    """Nobody took it in time."""
    return facts.acknowledge_by if facts.state == "open" and now > facts.acknowledge_by else None


def _unresolved(facts: EscalationFacts, now: datetime) -> datetime | None:
    """Somebody took it, and did not end it in time."""
    return facts.resolve_by if facts.state == "acknowledged" and now > facts.resolve_by else None


# Each says when the escalation lapsed on its rung, or None. The first that holds moves it up.
RULES: tuple[Callable[[EscalationFacts, datetime], datetime | None], ...] = (_unacknowledged, _unresolved)


def lapsed_at(facts: EscalationFacts, now: datetime) -> datetime | None:
    """The instant at which its rung let it lapse; None while it is in time."""
    return next((at for rule in RULES if (at := rule(facts, now)) is not None), None)


def climb(facts: EscalationFacts, policy: FollowupPolicy, now: datetime) -> EscalationWindow | None:
    """The rung on which the escalation stands at `now`, open again; None when it stays where it is.

    It stays while it is in time, and on the top rung, which gets no new time: it is unanswered, and loud.
    After a long standstill it climbs several rungs at once, each as long as the policy gives it.
    """
    window: EscalationWindow | None = None
    while facts.level < _top(policy) and (lapsed := lapsed_at(facts, now)) is not None:
        window = first(policy, lapsed, facts.level + 1)
        facts = EscalationFacts(facts.id, window.level, "open", window.acknowledge_by, window.resolve_by)
    return window


def acknowledged(facts: EscalationFacts, policy: FollowupPolicy, now: datetime) -> EscalationWindow:
    """The same rung, taken by a person, with its whole time to resolve from `now`.

    Raises:
        Refused: it was taken or resolved already: taking it twice would give it new time.
    """
    if facts.state != "open":
        raise Refused(f"already_{facts.state}", f"this escalation is {facts.state} already")
    rung = _rung(facts.level, policy)
    resolve_by = now + timedelta(hours=rung.resolve_within_hours)
    return EscalationWindow(
        level=rung.level,
        queue=rung.queue,
        role=rung.role,
        acknowledge_by=facts.acknowledge_by,
        resolve_by=resolve_by,
        owned_until=owned_until(rung.level, "acknowledged", facts.acknowledge_by, resolve_by, policy),
    )


def owned_until(
    level: int, state: str, acknowledge_by: datetime, resolve_by: datetime, policy: FollowupPolicy
) -> datetime:
    """The last instant at which somebody up the ladder still owns it if nobody acts."""
    return (resolve_by if state == "acknowledged" else acknowledge_by) + _above(level, policy)


def duty_owned_until(due_at: datetime, policy: FollowupPolicy) -> datetime:
    """The same for a duty: from `due_at` it stands in its own queue at level 1 without any sweep."""
    return due_at + time_of_the_ladder(policy)


def time_of_the_ladder(policy: FollowupPolicy) -> timedelta:
    """How long the rungs have, one after the other, for what nobody acknowledges."""
    return timedelta(hours=_rung(1, policy).acknowledge_within_hours) + _above(1, policy)


def _rung(level: int, policy: FollowupPolicy) -> Rung:
    rungs = sorted(in_force(policy.rungs), key=lambda rung: rung.level)
    return rungs[min(max(level, 1), len(rungs)) - 1]


def _top(policy: FollowupPolicy) -> int:
    return max(rung.level for rung in in_force(policy.rungs))


def _above(level: int, policy: FollowupPolicy) -> timedelta:
    """The time that the rungs above this one have to acknowledge, one after the other."""
    hours = (rung.acknowledge_within_hours for rung in in_force(policy.rungs) if rung.level > level)
    return timedelta(hours=sum(hours))
