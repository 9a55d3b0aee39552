"""Post-release services as duties: a start, contacts, visits, by the level of the child's services.

Each line of the policy's `prs` is a series. One duty of each stands open at a time; the next opens when the
last was done, until the line's time is over or the child is 18.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from followup.calendar import EVENING, MORNING, local_day, local_instant
from followup.policy import in_force
from models.facts import Duty, ReleaseFacts
from models.followup_policy import FollowupPolicy, PrsRule
from models.states import PrsLevel

KINDS = frozenset({"prs_start", "prs_contact", "prs_visit"})


def rules_of(policy: FollowupPolicy, level: PrsLevel) -> tuple[PrsRule, ...]:
    """The lines in force for this level."""
    return tuple(rule for rule in in_force(policy.prs) if level in rule.levels)


def rule_now(policy: FollowupPolicy, earlier: FollowupPolicy, rule: str, level: PrsLevel) -> str:
    """The rule by which a series goes on that an earlier version had under this one; itself when there is none."""
    old = next((line for line in earlier.prs if line.rule == rule), None)
    return next(
        (
            line.rule
            for line in rules_of(policy, level)
            if old is not None and (line.kind, line.key, line.party) == (old.kind, old.key, old.party)
        ),
        rule,
    )


def first_level(policy: FollowupPolicy, *, tvpra_home_study: bool, approved_with_prs: bool) -> PrsLevel:
    """The level on which the services of a child begin who is released like this."""
    holds = {"tvpra_home_study": tvpra_home_study, "approve_with_prs": approved_with_prs, "any": True}
    fits = (line.level for line in in_force(policy.prs_begins) if holds[line.after])
    return next(fits, PrsLevel.ONE)


def prs_due(
    facts: ReleaseFacts,
    policy: FollowupPolicy,
    *,
    standing: Collection[str] = (),
    done: Mapping[str, datetime] | None = None,
) -> tuple[Duty, ...]:
    """The duties of post-release services that must be opened now, earliest first.

    `standing`: the rules of which a duty stands open. `done`: when a rule's duty was done last, since the level
    began.
    """
    found = [
        _duty(rule, day, facts, policy)
        for rule in rules_of(policy, facts.prs_level)
        if rule.rule not in standing and (day := _opens_on(rule, facts, done or {})) is not None
    ]
    return tuple(sorted(found, key=lambda duty: (duty.opens_at, duty.due_at, duty.kind, duty.party)))


def _opens_on(rule: PrsRule, facts: ReleaseFacts, done: Mapping[str, datetime]) -> date | None:
    """The local day on which the next duty of the series opens; None: the series is over."""
    began = local_day(facts.prs_since or facts.released_at, facts.zone)
    last = done.get(rule.rule)
    if last is None:
        day = began + timedelta(days=rule.after_days)
    elif rule.every_days is not None:
        day = local_day(last, facts.zone) + timedelta(days=rule.every_days)
    else:
        return None
    over = rule.for_days is not None and day > began + timedelta(days=rule.for_days)
    return None if over or day >= facts.turns_18_on else day


def _duty(rule: PrsRule, day: date, facts: ReleaseFacts, policy: FollowupPolicy) -> Duty:
    due_on = min(day + timedelta(days=rule.window_days), facts.turns_18_on)
    opens_at = local_instant(day, MORNING, facts.zone)
    due_at = local_instant(due_on, EVENING, facts.zone)
    return Duty(
        kind=rule.kind,
        party=rule.party,
        key=f"{rule.key}-{day.isoformat()}",
        opens_at=opens_at,
        due_at=due_at,
        queue=rule.queue,
        rule=rule.rule,
        policy_version=policy.version,
        in_sight=rule.in_sight,
    )
