"""Checks that are out at a release: owned from then on until their result is in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.duties import open_followup
from integrations.policies import vetting_policy
from integrations.store import ledger
from integrations.store.cases import lock_case
from models.facts import ApplicationFacts
from models.states import PENDING_CHECK, CheckState
from models.tables.ledger import Obligation
from models.tables.people import Case
from models.tables.vetting import BackgroundCheck
from models.vetting_policy import VettingPolicy
from vetting.out_at_release import duty_of, next_duty, out_at_release
from vetting.pending_release import AWAITED

# What an unreadable or failed order brought is no result: the duty stays.
_RESULTS = frozenset({CheckState.CLEAR, CheckState.HIT_REVIEW, CheckState.HIT_BAR})


def lock_orders_out(session: Session, application_id: UUID) -> None:
    """No result comes in unseen while the release is made: it waits until the duty to record it stands."""
    session.scalars(
        select(BackgroundCheck)
        .where(
            col(BackgroundCheck.application_id) == application_id,
            col(BackgroundCheck.state).in_([state.value for state in AWAITED]),
        )
        .order_by(col(BackgroundCheck.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def open_at_release(
    session: Session,
    case: Case,
    facts: ApplicationFacts,
    policy: VettingPolicy,
    *,
    released_at: datetime,
    actor: str,
    now: datetime,
) -> dict[str, UUID]:
    """One duty for each check that is out. Returns them by the words that the vetting duty had for it."""
    out = out_at_release(facts, policy, now)
    once = {one.check.id: one for one in reversed(out)}
    duties = [duty_of(one, policy, released_at) for one in once.values()]
    opened = open_followup(session, case, duties, actor=actor, why="still out at the release", now=now)
    by_check = dict(zip(once, opened, strict=True))
    return {one.words: by_check[one.check.id] for one in out}


def on_late_result(
    session: Session,
    row: BackgroundCheck,
    case_id: UUID,
    *,
    actor: str,
    by: UUID | None = None,
    now: datetime,
) -> None:
    """A result after the release settles the duty that waited for it, and a hit is somebody's at once.

    `by`: who wrote it down; None for the provider.
    """
    if row.state not in _RESULTS:
        return
    # In here: what opens and resolves escalations also opens the next duty of this kind.
    from integrations.desk.escalations import open_escalation, resolve_settled

    case = lock_case(session, case_id)
    if row.state != CheckState.CLEAR:
        open_escalation(
            session,
            case,
            reason="late_hit",
            rule=row.rule,
            key=str(row.id)[:8],
            level=2,
            actor=actor,
            now=now,
        )
    for duty in ledger.open_of(session, case_id, kind=PENDING_CHECK):
        if not _answers(session, row, duty):
            continue
        evidence = ledger.add_evidence(
            session, case_id=case_id, kind="check", row_id=row.id, by_staff=by, actor=actor, now=now
        )
        ledger.settle(session, duty, evidence, actor=actor, why=f"result: {row.state}", now=now)
        if by is not None:
            resolve_settled(session, duty, evidence, by=by, now=now)


def _answers(session: Session, row: BackgroundCheck, duty: Obligation) -> bool:
    """True for a result of the same check of the same person, or of what stands in for it."""
    asked = session.get_one(BackgroundCheck, UUID(duty.detail["check"]))
    same_place = (row.application_id, row.person_key, row.jurisdiction) == (
        asked.application_id,
        asked.person_key,
        asked.jurisdiction,
    )
    # An earlier clear result had run out before this order was placed: it answers nothing now.
    is_newer = row.id == asked.id or row.kind != asked.kind or row.attempt > asked.attempt
    return same_place and is_newer and row.kind in (asked.kind, duty.detail["fallback"])


def go_on(session: Session, case: Case, duty: Obligation, *, actor: str, why: str, now: datetime) -> UUID:
    """The next duty to record the same result; a word of a person never stands in for it."""
    policy = vetting_policy(duty.policy_version)
    following = next_duty(duty.rule, duty.key, duty.detail, policy, now)
    return open_followup(session, case, [following], actor=actor, why=why, now=now)[0]


def answered(session: Session, ended: Iterable[Obligation]) -> set[UUID]:
    """Those of these ended duties whose result has come meanwhile: there is nothing left to wait for."""
    return {row.id for row in ended if row.kind == PENDING_CHECK and _has_result(session, row)}


def _has_result(session: Session, duty: Obligation) -> bool:
    asked = session.get_one(BackgroundCheck, UUID(duty.detail["check"]))
    orders = session.scalars(
        select(BackgroundCheck).where(
            col(BackgroundCheck.application_id) == asked.application_id,
            col(BackgroundCheck.state).in_([state.value for state in _RESULTS]),
        )
    )
    return any(_answers(session, order, duty) for order in orders)
