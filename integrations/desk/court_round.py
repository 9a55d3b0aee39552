"""The court round: every followed child's status is true, a look stands open, and each past hearing is asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from followup.court import lookup_duty, outcome_duty, standing_now
from integrations.desk.duties import owned
from integrations.kit import Kit
from integrations.policies import followup_policies, pinned_followup_policy
from integrations.store.court_round import (
    InCourt,
    NewStatus,
    Unasked,
    WithoutLook,
    followed_page,
    hearing_page,
    hearings_unasked,
    in_court,
    lock_followed,
    set_statuses,
    stale_statuses,
    without_look,
)
from integrations.store.many_duties import NewDuty, open_new, void_many
from integrations.zones import FALLBACK

BATCH = 500
_FIRST = UUID(int=0)
_ACTOR = "engine:court"
# One batch from this key on: what it did, and the last key that it saw; None when there are no more.
Sweep = Callable[[Session, UUID, datetime], tuple[int, UUID | None]]


def court_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Batch by batch, each of its own: killed at any instant, the next run goes on with what is left."""
    counts: Counter[str] = Counter()
    for word, sweep in (("statuses", _statuses), ("lookups", _looks), ("outcomes", _outcomes)):
        after: UUID | None = _FIRST
        while after is not None:
            with kit.transaction() as session:
                done, after = sweep(session, after, now)
            if done:
                counts[word] += done
    return dict(counts)


def _last(keys: list[UUID]) -> UUID | None:
    return keys[-1] if len(keys) == BATCH else None


def follow(session: Session, case_ids: Collection[UUID], *, actor: str, why: str, now: datetime) -> None:
    """As `hearings_changed`, of many cases at a time. They are locked and followed."""
    _set_statuses(session, case_ids, actor=actor, why=why, now=now)
    shortest = min(policy.hearings.lookup_every_days_without_date for policy in followup_policies())
    _plan_looks(session, case_ids, actor=actor, latest=now + timedelta(days=shortest), now=now)


def _statuses(session: Session, after: UUID, now: datetime) -> tuple[int, UUID | None]:
    """A date that has passed makes a case unknown, and one that is known makes it dated."""
    page = followed_page(session, after=after, limit=BATCH)
    found = stale_statuses(session, page, now=now)
    done = _set_statuses(session, lock_followed(session, found), actor=_ACTOR, now=now)
    return done, _last(page)


def _set_statuses(
    session: Session, case_ids: Collection[UUID], *, actor: str, why: str | None = None, now: datetime
) -> int:
    rows = in_court(session, case_ids, now)
    changed = [new for row in rows if (new := _new_status(row, why, now)) is not None]
    set_statuses(session, changed, actor=actor, now=now)
    return len(changed)


def _new_status(row: InCourt, why: str | None, now: datetime) -> NewStatus | None:
    """What its hearings make of it. A status that stays keeps its age."""
    new = standing_now(row.standing, row.ahead, row.passed_at)
    if new.status == row.status and row.since is not None:
        return None
    why = why or ("a hearing is known" if row.ahead else "the date has passed")
    return NewStatus(row.case_id, row.status, new.status.value, new.since or now, why)


def _looks(session: Session, after: UUID, now: datetime) -> tuple[int, UUID | None]:
    """Who has no look open gets one; one that was planned by another date than the next gives way."""
    longest = max(policy.hearings.lookup_every_days_without_date for policy in followup_policies())
    # A look after a hearing opens on the morning after it.
    latest = now + timedelta(days=longest + 2)
    page = followed_page(session, after=after, limit=BATCH)
    found = [one.case_id for one in without_look(session, page, latest=latest, now=now)]
    done = _plan_looks(session, lock_followed(session, found), actor=_ACTOR, latest=latest, now=now)
    return done, _last(page)


def _plan_looks(
    session: Session, case_ids: Collection[UUID], *, actor: str, latest: datetime, now: datetime
) -> int:
    """`latest`: by then a look without a date is due."""
    rows = without_look(session, case_ids, latest=latest, now=now)
    missing = [_new_look(row, now) for row in rows if row.standing_id is None]
    open_new(session, missing, actor=actor, why="no look at the court stands open", now=now)
    pairs = [(row.standing_id, _new_look(row, now)) for row in rows if row.standing_id is not None]
    given_way = [(old, new.id) for old, new in pairs]
    void_many(session, given_way, actor=actor, why="the court date changed", now=now)
    open_new(session, [new for _, new in pairs], actor=actor, why="the court date changed", now=now)
    return len(rows)


def _new_look(row: WithoutLook, now: datetime) -> NewDuty:
    policy = pinned_followup_policy(row.policy)
    duty = lookup_duty(row.zone or FALLBACK, policy, now, ahead=row.ahead)
    return NewDuty(uuid4(), row.case_id, owned(row.policy, duty, now))


def _outcomes(session: Session, after: UUID, now: datetime) -> tuple[int, UUID | None]:
    """Each hearing since the release has a duty to say what came of it, until that is known."""
    page = hearing_page(session, after=after, limit=BATCH)
    free = set(lock_followed(session, {one.case_id for one in hearings_unasked(session, page)}))
    wanted = [_new_outcome(row, now) for row in hearings_unasked(session, page) if row.case_id in free]
    open_new(session, wanted, actor=_ACTOR, why="what came of the hearing is not known", now=now)
    return len(wanted), _last(page)


def _new_outcome(row: Unasked, now: datetime) -> NewDuty:
    duty = outcome_duty(row.hearing_id, row.starts_at, pinned_followup_policy(row.policy), now)
    return NewDuty(uuid4(), row.case_id, owned(row.policy, duty, now))
