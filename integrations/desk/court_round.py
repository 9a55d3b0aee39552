"""The court round: every followed child's status is true, a look stands open, and each past hearing is asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.court import HearingAhead, outcome_duty, standing_now
from integrations.desk.court import look_row, planned_look, set_status
from integrations.desk.duties import open_many
from integrations.desk.escalations import policy_of
from integrations.kit import Kit
from integrations.policies import followup_policies
from integrations.store import ledger
from integrations.store.cases import lock_cases
from integrations.store.court import (
    WithoutLook,
    as_ahead,
    hearings_by_case,
    hearings_unasked,
    stale_statuses,
    standing_of,
    without_look,
)
from models.court import COMING
from models.facts import Duty
from models.states import FOLLOWED
from models.tables.ledger import Obligation
from models.tables.people import Case

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


def _followed(session: Session, ids: set[UUID]) -> dict[UUID, Case]:
    """Those of these cases that are free and followed; whoever holds one leaves it as it must be."""
    locked = lock_cases(session, ids, skip_locked=True)
    return {key: case for key, case in locked.items() if case.state in FOLLOWED}


def _statuses(session: Session, after: UUID, now: datetime) -> tuple[int, UUID | None]:
    """A date that has passed makes a case unknown, and one that is known makes it dated."""
    found = stale_statuses(session, after=after, limit=BATCH, now=now)
    cases = _followed(session, set(found))
    hearings = hearings_by_case(session, cases)
    changed = 0
    for case in cases.values():
        ahead, passed_at = None, None
        for row in hearings.get(case.id, ()):
            if row.starts_at <= now:
                passed_at = row.starts_at
            elif ahead is None and row.state in COMING:
                ahead = as_ahead(row, case)
        new = standing_now(standing_of(case), ahead, passed_at)
        why = "a hearing is known" if ahead else "the date has passed"
        changed += set_status(session, case, new, actor=_ACTOR, why=why, now=now)
    return changed, _last(found)


def _looks(session: Session, after: UUID, now: datetime) -> tuple[int, UUID | None]:
    """Who has no look open gets one; one that was planned by another date than the next gives way."""
    longest = max(policy.hearings.lookup_every_days_without_date for policy in followup_policies())
    # A look after a hearing opens on the morning after it.
    latest = now + timedelta(days=longest + 2)
    found = without_look(session, after=after, latest=latest, limit=BATCH, now=now)
    cases = _followed(session, {row.case_id for row in found})
    planned = [(row, cases[row.case_id]) for row in found if row.case_id in cases]
    duties = {row.case_id: planned_look(case, _ahead(row), now) for row, case in planned}
    missing = [(case, duties[case.id]) for row, case in planned if row.standing_id is None]
    open_many(session, missing, actor=_ACTOR, why="no look at the court stands open", now=now)
    pairs = _in_their_place(session, planned, duties, now)
    ledger.replace(session, pairs, actor=_ACTOR, why="the court date changed", now=now)
    return len(missing) + len(pairs), _last([row.case_id for row in found])


def _ahead(row: WithoutLook) -> HearingAhead | None:
    if row.hearing_id is None or row.starts_at is None or row.seen_at is None:
        return None
    return HearingAhead(row.hearing_id, row.starts_at, row.seen_at)


def _in_their_place(
    session: Session,
    planned: list[tuple[WithoutLook, Case]],
    duties: dict[UUID, Duty],
    now: datetime,
) -> list[tuple[Obligation, Obligation]]:
    wanted = [row.standing_id for row, _ in planned if row.standing_id is not None]
    if not wanted:
        return []
    standing = session.scalars(
        select(Obligation)
        .where(col(Obligation.id).in_(wanted), col(Obligation.state) == "open")
        .order_by(col(Obligation.case_id))
        .with_for_update()
    ).all()
    cases = {case.id: case for _, case in planned}
    return [(old, look_row(cases[old.case_id], duties[old.case_id], now)) for old in standing]


def _outcomes(session: Session, after: UUID, now: datetime) -> tuple[int, UUID | None]:
    """Each hearing since the release has a duty to say what came of it, until that is known."""
    found = hearings_unasked(session, after=after, limit=BATCH)
    cases = _followed(session, {case_id for _, case_id, _ in found})
    wanted = [
        (cases[case_id], outcome_duty(hearing_id, starts_at, policy_of(cases[case_id]), now))
        for hearing_id, case_id, starts_at in found
        if case_id in cases
    ]
    open_many(session, wanted, actor=_ACTOR, why="what came of the hearing is not known", now=now)
    return len(wanted), _last([hearing_id for hearing_id, _, _ in found])
