"""A family that lives in another time zone now: what was planned for their day and hour, planned anew.

The same day and the same hour on the clock where they live now. What was reckoned from an instant stays.
"""

from __future__ import annotations

from datetime import datetime, time

from followup.calendar import EVENING, MORNING, local_instant, quiet_ends, zone_named
from models.followup_policy import FollowupPolicy, QuietRule

# Duties that open and end at an hour of the family's day.
BY_THE_CLOCK = frozenset(
    {
        "welfare_call",
        "sight_check",
        "closure_review",
        "prs_start",
        "prs_contact",
        "prs_visit",
        "text_reminder",
        "hearing_reminder",
        "court_lookup",
    }
)


def same_hour(at: datetime, old: str, new: str) -> datetime:
    """The instant at which the clocks of the new zone show what those of the old one show at `at`.

    >>> from datetime import UTC
    >>> same_hour(datetime(2026, 2, 3, 15, tzinfo=UTC), "America/Chicago", "Pacific/Honolulu").isoformat()
    '2026-02-03T19:00:00+00:00'
    """
    local = at.astimezone(zone_named(old))
    return local_instant(local.date(), local.time(), new)


def window_there(
    opens_at: datetime,
    due_at: datetime,
    policy: FollowupPolicy,
    *,
    old: str,
    new: str,
    now: datetime,
    latest: datetime | None = None,
) -> tuple[datetime, datetime]:
    """When a duty of these kinds opens and is due in the new zone.

    What has passed stays; nothing comes to lie before `now` by the move, nor, of a duty that keeps the child in
    sight, behind `latest`, the end of the longest silence.
    """
    hours = {MORNING, policy.hearings.local_time, *(line.local_time for line in policy.reminders)}
    opens = _there(opens_at, hours, old, new, now)
    due = _there(due_at, {EVENING}, old, new, now)
    if latest is not None and due > latest >= due_at:
        due = latest
    return opens, max(due, opens)


def _there(at: datetime, hours: set[time], old: str, new: str, now: datetime) -> datetime:
    planned = at.astimezone(zone_named(old)).time() in hours
    moved = same_hour(at, old, new) if planned and at > now else at
    return moved if moved > now else at


def sending_there(
    send_after: datetime,
    not_after: datetime,
    quiet: QuietRule,
    *,
    old: str,
    new: str,
    now: datetime,
    end: datetime | None = None,
) -> tuple[datetime, datetime]:
    """From when and until when a text or an automated call that waits may go out in the new zone.

    It keeps its hours, and waits for the end of a night that it would fall into. One that could go already stays of
    use no longer than it was, and none beyond `end`. What can't go out in its time there stays as it was: it expires.
    """
    moved = max(same_hour(send_after, old, new), now) if send_after > now else send_after
    until = not_after + (moved - send_after)
    until = until if end is None else min(until, end)
    awake = quiet_ends(max(moved, now), (new,), quiet)
    begins = moved if awake <= now else awake
    return (begins, until) if begins < until else (send_after, not_after)
