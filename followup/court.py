"""Duties around a hearing: neutral reminders before it, its outcome after it, look-ups for its date."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from followup.calendar import EVENING, MORNING, local_day, local_instant
from followup.policy import review_of
from models.court import HearingChange
from models.court_status import WITHOUT_A_DATE, Attendance, CourtStatus, Standing
from models.facts import Duty
from models.followup_policy import FollowupPolicy
from models.states import Party

HEARING_CHANGE = "hearing_change"
# In the detail of a look that a contradiction asks for, beside the looks that are planned by the next hearing.
DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class HearingAhead:
    """The next hearing that is not cancelled: when it begins, and since when we know of it."""

    id: UUID
    starts_at: datetime
    known_since: datetime


def hearing_duties(
    hearing_id: UUID,
    starts_at: datetime,
    zone: str,
    text_consent: Collection[Party],
    policy: FollowupPolicy,
    now: datetime,
) -> tuple[Duty, ...]:
    """The reminders still ahead, per party with consent, and the duty to record the outcome.

    When nobody takes texts, the sponsor gets one reminder, which a person then gives by voice; when it is too
    late for the last text, a person calls before the hearing. A hearing that moved is planned anew: void the
    old duties first.
    """
    plan = hearing_plan(starts_at, zone, text_consent, policy, now)
    return tuple(of_hearing(duty, hearing_id) for duty in plan)


def hearing_plan(
    starts_at: datetime, zone: str, text_consent: Collection[Party], policy: FollowupPolicy, now: datetime
) -> tuple[Duty, ...]:
    """As `hearing_duties`, of no hearing yet: the same for all that begin then. `of_hearing` makes each one's own."""
    parties = _told(text_consent)
    days = [n for n in policy.hearings.reminder_days if _last_moment(starts_at, zone, n) > now]
    if not text_consent:
        days = days[:1]
    reminders = [_reminder(starts_at, zone, n, party, policy) for n in days for party in parties]
    if not days and starts_at > now:
        reminders = [_by_voice(party, "late", starts_at, policy, now) for party in parties]
    return (*reminders, _outcome(starts_at, policy, now))


def of_hearing(duty: Duty, hearing_id: UUID) -> Duty:
    """This duty of a plan, owed for this hearing. The store says the same in SQL, of many hearings at once."""
    return replace(
        duty, key=f"h:{hearing_id}:{duty.key}", detail={"hearing_id": str(hearing_id)} | dict(duty.detail)
    )


def change_duties(
    hearing_id: UUID,
    change: HearingChange,
    starts_at: datetime,
    text_consent: Collection[Party],
    policy: FollowupPolicy,
    now: datetime,
    *,
    until: datetime,
) -> tuple[Duty, ...]:
    """The family is told that the hearing was moved to `starts_at`, or is off, before they would set out (`until`).

    One duty per party with consent; a person tells those who take no texts, and all where the policy has no words.
    """
    parties = _told(text_consent)
    template = template_of(change, policy)
    key = f"{change.value}-{starts_at:%Y%m%dT%H%M}"
    if template is None or not text_consent:
        return tuple(of_hearing(_by_voice(party, key, until, policy, now), hearing_id) for party in parties)
    due_at = min(now + timedelta(hours=policy.hearings.change_within_hours), max(until, now))
    return tuple(
        Duty(
            kind=HEARING_CHANGE,
            party=party,
            key=f"h:{hearing_id}:{key}",
            opens_at=now,
            due_at=due_at,
            queue=policy.hearings.queue,
            rule=policy.hearings.rule,
            policy_version=policy.version,
            detail={"hearing_id": str(hearing_id), "change": change.value},
        )
        for party in parties
    )


def template_of(change: HearingChange, policy: FollowupPolicy) -> str | None:
    """The message that says so."""
    off = change == HearingChange.CANCELLED
    return policy.hearings.cancelled_template if off else policy.hearings.moved_template


def ask_court(key: str, policy: FollowupPolicy, now: datetime, *, hearing_id: UUID | None = None) -> Duty:
    """A person asks the court itself within days: its list contradicts what is known, or a new date must be found."""
    line = review_of(policy, "court_lookup")
    return Duty(
        kind="court_lookup",
        party=Party.CASE,
        key=key,
        opens_at=now,
        due_at=now + timedelta(hours=min(policy.hearings.doubt_within_hours, line.within_hours)),
        queue=line.queue,
        rule=policy.hearings.rule,
        policy_version=policy.version,
        detail={DOUBT: True} | ({"hearing_id": str(hearing_id)} if hearing_id else {}),
    )


def _told(text_consent: Collection[Party]) -> list[Party]:
    return [party for party in (Party.CHILD, Party.SPONSOR) if party in text_consent] or [Party.SPONSOR]


def _by_voice(party: Party, key: str, until: datetime, policy: FollowupPolicy, now: datetime) -> Duty:
    """A person tells them, before it is of no use."""
    line = review_of(policy, "tell_by_voice")
    return Duty(
        kind="tell_by_voice",
        party=party,
        key=key,
        opens_at=now,
        due_at=max(now, min(now + timedelta(hours=line.within_hours), until)),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
    )


def lookup_duty(
    zone: str,
    policy: FollowupPolicy,
    now: datetime,
    *,
    ahead: HearingAhead | None = None,
    contradicted: bool = False,
) -> Duty:
    """The next look at the court's own word: within the month while no hearing is known.

    With a hearing ahead: on the next of the policy's days before it, and after the last of them from the morning
    after the hearing, within the month. `contradicted`: the court names no date though we know of a hearing ahead.
    """
    line = review_of(policy, "court_lookup")
    opens_at, due_at = _look_window(zone, policy, now, ahead)
    if contradicted:
        opens_at, due_at = now, min(due_at, now + timedelta(hours=policy.hearings.look_again_hours))
    return Duty(
        kind="court_lookup",
        party=Party.CASE,
        key=f"lookup-{local_day(opens_at, zone).isoformat()}",
        opens_at=opens_at,
        due_at=max(due_at, opens_at),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        detail=_looks_for(ahead),
    )


def _look_window(
    zone: str, policy: FollowupPolicy, now: datetime, ahead: HearingAhead | None
) -> tuple[datetime, datetime]:
    month = timedelta(days=policy.hearings.lookup_every_days_without_date)
    if ahead is None:
        return now, now + month
    hearing_on = local_day(ahead.starts_at, zone)
    days = sorted(hearing_on - timedelta(days=n) for n in policy.hearings.lookup_days_before)
    for day in days:
        if local_instant(day, MORNING, zone) > now:
            return local_instant(day, MORNING, zone), local_instant(day, EVENING, zone)
    opens_at = max(now, local_instant(hearing_on + timedelta(days=1), MORNING, zone))
    return opens_at, opens_at + month


def _looks_for(ahead: HearingAhead | None) -> dict[str, Any]:
    """Which hearing, at which second, a look was planned by: with another one ahead it is planned anew."""
    if ahead is None:
        return {}
    return {"hearing_id": str(ahead.id), "starts": int(ahead.starts_at.timestamp())}


def is_planned_by(detail: Mapping[str, Any], ahead: HearingAhead) -> bool:
    """True when a look with this detail was planned by this hearing at this time."""
    return all(detail.get(name) == value for name, value in _looks_for(ahead).items())


def standing_now(status: Standing, ahead: HearingAhead | None, passed_at: datetime | None) -> Standing:
    """Where the case stands at this moment: a known date makes it dated, and one that has passed unknown.

    `passed_at`: when the last hearing that is not cancelled began. What the court has said of an end stays, and so does
    its word that there is no date while nothing newer names one.
    """
    if ahead is not None and status.status in WITHOUT_A_DATE and _is_news(ahead, status):
        return Standing(CourtStatus.DATED, ahead.known_since)
    if ahead is None and status.status == CourtStatus.DATED:
        since = status.since if passed_at is None else max(passed_at, status.since or passed_at)
        return Standing(CourtStatus.UNKNOWN, since)
    return status


def _is_news(ahead: HearingAhead, status: Standing) -> bool:
    said_nothing = status.status == CourtStatus.UNKNOWN or status.since is None
    return said_nothing or ahead.known_since > (status.since or ahead.known_since)


def status_after(outcome: Attendance) -> CourtStatus:
    """Where a case stands after a hearing with no next one known. Put off: it goes on there, without a date."""
    return CourtStatus.FILED_NO_DATE if outcome == Attendance.CONTINUED else CourtStatus.UNKNOWN


# A court hears many at the same hour: a list names few hours and many children.
@lru_cache(maxsize=50_000)
def _before(starts_at: datetime, zone: str, days: int, local_time: time) -> datetime:
    """The instant of this local time so many days before the hearing."""
    return local_instant(local_day(starts_at, zone) - timedelta(days=days), local_time, zone)


def _last_moment(starts_at: datetime, zone: str, days_before: int) -> datetime:
    """The end of the day on which that reminder goes out."""
    return _before(starts_at, zone, days_before, EVENING)


def _reminder(starts_at: datetime, zone: str, days_before: int, party: Party, policy: FollowupPolicy) -> Duty:
    return Duty(
        kind="hearing_reminder",
        party=party,
        key=str(days_before),
        opens_at=_before(starts_at, zone, days_before, policy.hearings.local_time),
        due_at=_last_moment(starts_at, zone, days_before),
        queue=policy.hearings.queue,
        rule=policy.hearings.rule,
        policy_version=policy.version,
        detail={"days_before": days_before},
    )


def outcome_duty(hearing_id: UUID, starts_at: datetime, policy: FollowupPolicy, now: datetime) -> Duty:
    """Whether the child was there is recorded; of a hearing that we learn of late, from now on."""
    return of_hearing(_outcome(starts_at, policy, now), hearing_id)


def _outcome(starts_at: datetime, policy: FollowupPolicy, now: datetime) -> Duty:
    line = review_of(policy, "hearing_outcome")
    since = max(starts_at, now)
    return Duty(
        kind="hearing_outcome",
        party=Party.CASE,
        key="outcome",
        opens_at=starts_at,
        due_at=since + timedelta(hours=policy.hearings.outcome_within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
    )
