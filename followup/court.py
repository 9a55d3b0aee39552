"""Duties around a hearing: neutral reminders before it, its outcome after it, look-ups for its date."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from followup.calendar import EVENING, MORNING, local_day, local_instant
from followup.policy import review_of
from models.facts import Duty
from models.policy import FollowupPolicy
from models.states import Party


def hearing_duties(
    hearing_id: UUID,
    starts_at: datetime,
    zone: str,
    text_consent: Collection[Party],
    policy: FollowupPolicy,
    now: datetime,
) -> tuple[Duty, ...]:
    """The reminders still ahead, per party with consent, and the duty to record the outcome.

    When nobody takes texts, the sponsor gets one reminder, which a person then gives by voice. A hearing
    that moved is planned anew: void the old duties first.
    """
    parties = [party for party in (Party.CHILD, Party.SPONSOR) if party in text_consent]
    days = [n for n in policy.hearings.reminder_days if _last_moment(starts_at, zone, n) > now]
    if not parties:
        parties, days = [Party.SPONSOR], days[:1]
    reminders = [_reminder(hearing_id, starts_at, zone, n, party, policy) for n in days for party in parties]
    return (*reminders, _outcome(hearing_id, starts_at, policy, now))


def lookup_duty(
    zone: str, policy: FollowupPolicy, now: datetime, *, starts_at: datetime | None = None
) -> Duty | None:
    """The next look at the court's own word: within the month while no hearing is known.

    With a hearing ahead: on the next of the policy's days before it. None when none of them is left.
    """
    line = review_of(policy, "court_lookup")
    if starts_at is None:
        opens_at, due_at = now, now + timedelta(days=policy.hearings.lookup_every_days_without_date)
    else:
        hearing_on = local_day(starts_at, zone)
        days = sorted(hearing_on - timedelta(days=n) for n in policy.hearings.lookup_days_before)
        ahead = [day for day in days if local_instant(day, MORNING, zone) > now]
        if not ahead:
            return None
        opens_at, due_at = local_instant(ahead[0], MORNING, zone), local_instant(ahead[0], EVENING, zone)
    return Duty(
        kind="court_lookup",
        party=Party.CASE,
        key=f"lookup-{local_day(opens_at, zone).isoformat()}",
        opens_at=opens_at,
        due_at=due_at,
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
    )


def _last_moment(starts_at: datetime, zone: str, days_before: int) -> datetime:
    """The end of the day on which that reminder goes out."""
    return local_instant(local_day(starts_at, zone) - timedelta(days=days_before), EVENING, zone)


def _reminder(
    hearing_id: UUID, starts_at: datetime, zone: str, days_before: int, party: Party, policy: FollowupPolicy
) -> Duty:
    day = local_day(starts_at, zone) - timedelta(days=days_before)
    return Duty(
        kind="hearing_reminder",
        party=party,
        key=f"h:{hearing_id}:{days_before}",
        opens_at=local_instant(day, policy.hearings.local_time, zone),
        due_at=_last_moment(starts_at, zone, days_before),
        queue=policy.hearings.queue,
        rule=policy.hearings.rule,
        policy_version=policy.version,
        detail={"hearing_id": str(hearing_id), "days_before": days_before},
    )


def _outcome(hearing_id: UUID, starts_at: datetime, policy: FollowupPolicy, now: datetime) -> Duty:
    """Whether the child was there is recorded; of a hearing that we learn of late, from now on."""
    line = review_of(policy, "hearing_outcome")
    since = max(starts_at, now)
    return Duty(
        kind="hearing_outcome",
        party=Party.CASE,
        key=f"h:{hearing_id}:outcome",
        opens_at=starts_at,
        due_at=since + timedelta(hours=policy.hearings.outcome_within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        detail={"hearing_id": str(hearing_id)},
    )
