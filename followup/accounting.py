"""Where one child stands: accounted for, unanswered (people failed) or silent (the engine failed)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from models.facts import ChildInSight
from models.states import CaseState

Standing = Literal["obligation", "escalation", "closed", "unanswered", "silent"]

# How far ahead the review of a lost child may lie: such a child has no contact to count from, so the look
# by a person must be near. Source: domain.md section 6, outcome table, "weekly review". A test holds each
# policy's `lost_contact_review` to it.
LOST_REVIEW_WITHIN = timedelta(days=7)
_NOTHING_TO_COUNT_FROM = frozenset({CaseState.LOST_CONTACT, CaseState.IN_CARE})


def classify(child: ChildInSight, now: datetime) -> Standing:
    """Where this child stands at `now`. The store's query says the same; the first that holds is the answer.

    - `closed`: state closed, with reason and person.
    - `unanswered`: an open escalation has `owned_until < now`; or an open duty in sight has
      `owned_until < now` and no open escalation of the child is owned (`owned_until >= now`).
      A duty that lies ahead does not heal either.
    - `obligation`: an open duty in sight is ahead and near (`now <= due_at <= heard_until`), or is late and
      owned (`due_at < now <= owned_until`). `heard_until` is `last_contact_at + max_silence_days`; for a
      child in state lost_contact it is `now + 7 days` where that is later; and so it is for one in care, whom
      the account counts only when there is word of a release that is not on record here.
    - `escalation`: an open escalation has `owned_until >= now`.
    - `silent`: nothing of this. A duty too far ahead is nothing.
    """
    if child.state == CaseState.CLOSED and child.closed_with_reason_and_person:
        return "closed"
    alarm_owned = any(owned_until >= now for owned_until in child.escalations)
    if any(owned_until < now for owned_until in child.escalations):
        return "unanswered"
    if any(owned_until < now for _, owned_until in child.duties) and not alarm_owned:
        return "unanswered"
    limit = heard_until(child, now)
    if any(now <= due_at <= limit or due_at < now <= owned_until for due_at, owned_until in child.duties):
        return "obligation"
    return "escalation" if alarm_owned else "silent"


def heard_until(child: ChildInSight, now: datetime) -> datetime:
    """The last instant at which a duty that accounts for this child may be due."""
    limit = child.last_contact_at + timedelta(days=child.max_silence_days)
    return max(limit, now + LOST_REVIEW_WITHIN) if child.state in _NOTHING_TO_COUNT_FROM else limit
