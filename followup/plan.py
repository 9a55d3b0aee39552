"""The plan of follow-up: what a release opens, and what each contact with the child opens next.

The child's planned calls, then `sight_check` after `sight_check`, then `closure_review` on the eighteenth
birthday: at every instant one of them stands open and falls due within the policy's longest silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol

from followup.calendar import EVENING, MORNING, business_days_after, local_day, local_instant
from followup.policy import in_force, review_of
from models.facts import Duty, ReleaseFacts
from models.followup_policy import CallRule, FollowupPolicy, ReminderRule
from models.states import Party

WELFARE_CALL = "welfare_call"
SIGHT_CHECK = "sight_check"
CLOSURE_REVIEW = "closure_review"
TEXT_REMINDER = "text_reminder"
# What keeps a child in sight for months. Shorter duties (a review, hearing the child alone) come on top.
BACKBONE = frozenset({WELFARE_CALL, SIGHT_CHECK, CLOSURE_REVIEW})


class StandingDuty(Protocol):
    """What is needed of an open duty here: a `Duty` and an `ObligationFacts` both have it."""

    @property
    def kind(self) -> str: ...
    @property
    def party(self) -> Party: ...
    @property
    def opens_at(self) -> datetime: ...
    @property
    def in_sight(self) -> bool: ...


def release_plan(facts: ReleaseFacts, policy: FollowupPolicy) -> tuple[Duty, ...]:
    """Every duty that the release opens, earliest first.

    Nothing opens on or after the eighteenth birthday but a `closure_review` on that day.
    """
    planned = [_call(rule, facts, policy) for rule in in_force(policy.calls)]
    planned += [_reminder(rule, facts, policy) for rule in in_force(policy.reminders) if _texts(rule, facts)]
    planned.append(_representation(facts, policy))
    kept = [_as_a_child(d, facts) for d in planned if local_day(d.opens_at, facts.zone) < facts.turns_18_on]
    looks = [d.opens_at for d in kept if d.in_sight]
    sight = next_sight(facts.released_at, facts.zone, facts.turns_18_on, policy, planned=looks)
    if sight is None and sum(d.in_sight for d in planned) > len(looks):
        sight = _closure_review(facts.released_at, facts.zone, facts.turns_18_on, policy)
    if sight is not None:
        kept.append(sight)
    return tuple(sorted(kept, key=lambda d: (d.opens_at, d.due_at, d.kind, d.party)))


def after_child_contact(
    open_duties: Sequence[StandingDuty],
    settled_at: datetime,
    facts: ReleaseFacts,
    policy: FollowupPolicy,
) -> tuple[Duty, ...]:
    """What must be opened so that the child stays in sight; nothing when a duty ahead does that already.

    `open_duties` are those that stay open; `settled_at` is the last direct contact with the child. Ask it
    after every duty in sight that was settled or voided, with the older contact when there was no new one.
    """
    if any(d.kind == CLOSURE_REVIEW for d in open_duties):
        return ()
    looks = [d.opens_at for d in open_duties if d.in_sight and d.kind in BACKBONE and d.party == Party.CHILD]
    duty = next_sight(settled_at, facts.zone, facts.turns_18_on, policy, planned=looks)
    return () if duty is None else (duty,)


def next_sight(
    last_contact_at: datetime,
    zone: str,
    turns_18_on: date,
    policy: FollowupPolicy,
    *,
    planned: Sequence[datetime],
) -> Duty | None:
    """The next look at the child, or None when one of the `planned` ones (their `opens_at`) comes in time.

    In time is: it opens no later than the policy's `every_days` after the last contact. The look is a
    `sight_check`, or from the eighteenth birthday on a `closure_review`.
    """
    opens_on = local_day(last_contact_at, zone) + timedelta(days=policy.sight.every_days)
    if any(local_day(opening, zone) <= opens_on for opening in planned):
        return None
    if opens_on >= turns_18_on:
        return _closure_review(last_contact_at, zone, turns_18_on, policy)
    due_on = min(opens_on + timedelta(days=policy.sight.window_days), turns_18_on)
    return Duty(
        kind=SIGHT_CHECK,
        party=Party.CHILD,
        key=f"sight-{opens_on.isoformat()}",
        opens_at=local_instant(opens_on, MORNING, zone),
        due_at=local_instant(due_on, EVENING, zone),
        queue=policy.sight.queue,
        rule=policy.sight.rule,
        policy_version=policy.version,
        in_sight=True,
    )


def hear_now(key: str, policy: FollowupPolicy, now: datetime) -> Duty:
    """The child is called from `now` on. The policy gives it the time of any other look at the child."""
    return Duty(
        kind=SIGHT_CHECK,
        party=Party.CHILD,
        key=key,
        opens_at=now,
        due_at=now + timedelta(days=policy.sight.window_days),
        queue=policy.sight.queue,
        rule=policy.sight.rule,
        policy_version=policy.version,
        in_sight=True,
    )


def _closure_review(after: datetime, zone: str, turns_18_on: date, policy: FollowupPolicy) -> Duty:
    """A person ends the follow-up of somebody who is 18: on the birthday, or the day after a later contact."""
    line = review_of(policy, CLOSURE_REVIEW)
    day = max(turns_18_on, local_day(after, zone) + timedelta(days=1))
    opens_at = local_instant(day, MORNING, zone)
    return Duty(
        kind=CLOSURE_REVIEW,
        party=Party.CASE,
        key="turned-18",
        opens_at=opens_at,
        due_at=min(opens_at + timedelta(hours=line.within_hours), local_instant(day, EVENING, zone)),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        in_sight=True,
    )


def _call(rule: CallRule, facts: ReleaseFacts, policy: FollowupPolicy) -> Duty:
    if rule.after_business_days is not None:
        opens_on = business_days_after(facts.released_at, rule.after_business_days, facts.zone)
    else:
        opens_on = local_day(facts.released_at, facts.zone) + timedelta(days=rule.after_days or 0)
    return Duty(
        kind=WELFARE_CALL,
        party=rule.party,
        key=rule.key,
        opens_at=local_instant(opens_on, MORNING, facts.zone),
        due_at=local_instant(opens_on + timedelta(days=rule.window_days), EVENING, facts.zone),
        queue=rule.queue,
        rule=rule.rule,
        policy_version=policy.version,
        in_sight=rule.in_sight,
    )


def _texts(rule: ReminderRule, facts: ReleaseFacts) -> bool:
    """A text goes to people with consent and a number of their own; the sponsor always has a number."""
    has_number = facts.child_has_number if rule.party == Party.CHILD else True
    return has_number and rule.party in facts.text_consent


def _reminder(rule: ReminderRule, facts: ReleaseFacts, policy: FollowupPolicy) -> Duty:
    day = local_day(facts.released_at, facts.zone) + timedelta(days=rule.after_days)
    return Duty(
        kind=TEXT_REMINDER,
        party=rule.party,
        key=rule.key,
        opens_at=local_instant(day, rule.local_time, facts.zone),
        due_at=local_instant(day + timedelta(days=rule.window_days), EVENING, facts.zone),
        queue=rule.queue,
        rule=rule.rule,
        policy_version=policy.version,
        detail={"template": rule.template, "not_after_hours": rule.not_after_hours},
    )


def _representation(facts: ReleaseFacts, policy: FollowupPolicy) -> Duty:
    """Legal representation is known, or the family was told where free help is."""
    line = review_of(policy, "representation_known")
    return Duty(
        kind=line.kind,
        party=Party.CASE,
        key="release",
        opens_at=facts.released_at,
        due_at=facts.released_at + timedelta(hours=line.within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        in_sight=line.in_sight,
    )


def _as_a_child(duty: Duty, facts: ReleaseFacts) -> Duty:
    """The duty, due on the birthday at the latest."""
    last = local_instant(facts.turns_18_on, EVENING, facts.zone)
    return replace(duty, due_at=min(duty.due_at, last))
