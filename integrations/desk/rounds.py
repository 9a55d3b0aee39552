"""The other rounds: what is late climbs, checks are looked at, addresses are kept true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.policy import in_force
from integrations.database import wall_clock
from integrations.desk import jobs
from integrations.desk.account_review import review_round
from integrations.desk.address_round import address_round
from integrations.desk.checks import due_checks, look_at_checks
from integrations.desk.contacts import contact_round
from integrations.desk.court_round import court_round
from integrations.desk.escalations import Alarm, climb, open_alarms
from integrations.desk.nagging import nag
from integrations.desk.notices import concern_known_at
from integrations.desk.pending import open_pending_reviews
from integrations.desk.steps import STEPS, run_step
from integrations.desk.waiting import take_jobs, vetted_with_news
from integrations.kit import Kit
from integrations.policies import followup_policies
from integrations.store.accounting import take_account
from models.states import ApplicationState, EscalationState
from models.tables.ledger import Escalation, Obligation
from models.tables.people import Address, Case
from models.tables.system import RoundSlot
from models.tables.vetting import Application

BATCH = 500
ROUNDS = ("contacts", "lost", "checks", "court", "address", "accounts")


def lost_contact_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Every escalation stands on the rung where it must be; every overdue duty has one; what nobody takes is said again."""
    counts: Counter[str] = Counter()
    while True:
        with kit.transaction() as session:
            climbed = _climb(session, now)
        counts["climbed"] += climbed
        if climbed < BATCH:
            break
    while True:
        with kit.transaction() as session:
            escalated = _escalate_overdue(session, now)
        counts["escalated"] += escalated
        if escalated < BATCH:
            break
    while True:
        with kit.transaction() as session:
            nagged = nag(session, limit=BATCH, now=now)
        if nagged:
            counts["nagged"] += nagged
        if nagged < BATCH:
            return dict(counts)


def _climb(session: Session, now: datetime) -> int:
    """Up to a batch of them. On the top rung there is nothing more to climb: the account says so loudly."""
    below_the_top = [
        (col(Escalation.policy_version) == policy.version)
        & (col(Escalation.level) < max(rung.level for rung in in_force(policy.rungs)))
        for policy in followup_policies()
    ]
    rows = session.scalars(
        select(Escalation)
        .where(
            or_(
                (col(Escalation.state) == "open") & (col(Escalation.acknowledge_by) < now),
                (col(Escalation.state) == "acknowledged") & (col(Escalation.resolve_by) < now),
            ),
            or_(*below_the_top),
        )
        .order_by(col(Escalation.acknowledge_by))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    return sum(climb(session, row, now=now) for row in rows)


def _escalate_overdue(session: Session, now: datetime) -> int:
    standing = exists().where(
        col(Escalation.obligation_id) == col(Obligation.id),
        col(Escalation.state) != EscalationState.RESOLVED.value,
    )
    rows = session.execute(
        select(Obligation, Case)
        .join(Case, col(Case.id) == col(Obligation.case_id))
        .where(col(Obligation.state) == "open", col(Obligation.due_at) < now, ~standing)
        .order_by(col(Obligation.due_at))
        .limit(BATCH)
        .with_for_update(of=Obligation, key_share=True, skip_locked=True)
    ).all()
    alarms = [_overdue(duty, case) for duty, case in rows]
    return len(open_alarms(session, alarms, actor="engine:lost", now=now))


def _overdue(duty: Obligation, case: Case) -> Alarm:
    return Alarm(
        case,
        reason="overdue",
        key=f"{duty.kind}:{str(duty.id)[:8]}",
        rule=duty.rule,
        # Its own queue is the first rung: who let it lapse sees it first, and it climbs from there.
        queue=duty.queue,
        obligation_id=duty.id,
        # From then on it has stood in that queue, sweep or no sweep.
        since=concern_known_at(duty) or max(duty.due_at, duty.created_at),
    )


_CHECKING = ("proof_of_address", "background_checks", "assessment")


def check_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Checks that are due for a try or a look get it, and unanswered address look-ups are asked again.

    What has been pending long has its next review open.
    """
    counts: Counter[str] = Counter()
    with kit.transaction() as session:
        unanswered = _addresses_unanswered(session)
        applications = set(due_checks(session, now=now)) | unanswered | vetted_with_news(session)
    for application_id in sorted(applications):
        counts[_check(kit, application_id, ask_postal=application_id in unanswered, now=now)] += 1
    if opened := open_pending_reviews(kit, now=now):
        counts["reviews"] += opened
    return dict(counts)


def _check(kit: Kit, application_id: UUID, *, ask_postal: bool, now: datetime) -> str:
    """What is due for this application has been done. Returns what it counts as."""
    with kit.transaction() as session:
        state = session.get_one(Application, application_id).state
        taken = take_jobs(session, application_id, now=now)
    if state == ApplicationState.RELEASED:
        # A result that comes after the release is taken all the same; a hit is somebody's at once.
        look_at_checks(kit, application_id, now=now)
    elif state not in (ApplicationState.DENIED, ApplicationState.WITHDRAWN):
        # Whoever takes the job of a packet that came in does all that it is for.
        for step in STEPS if taken else _CHECKING:
            if step != "proof_of_address" or taken or ask_postal:
                run_step(kit, step, application_id, now=now)
    with kit.transaction() as session:
        for job_id in taken:
            jobs.finish(session, job_id, now=now)
    return "released" if state == ApplicationState.RELEASED else "applications"


def _addresses_unanswered(session: Session) -> set[UUID]:
    rows = session.scalars(
        select(col(Address.application_id))
        .join(Application, col(Application.id) == col(Address.application_id))
        .where(
            col(Address.until_at).is_(None),
            col(Address.postal_checked_at).is_(None),
            col(Application.vetted_at).is_not(None),
            col(Application.state).not_in(("released", "denied", "withdrawn")),
        )
        .limit(BATCH)
    )
    return set(rows)


def accounting_round(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """The nightly account; a silent or unanswered child is in the answer by id."""
    with kit.transaction() as session:
        return take_account(session, now=now).as_json()


def account_round(kit: Kit, *, now: datetime) -> dict[str, int]:
    """Accounts that nobody confirmed in time are suspended. Their time is the wall's."""
    return review_round(kit, now=now, wall=wall_clock())


WORK: dict[str, Callable[..., dict[str, int]]] = {
    "contacts": contact_round,
    "lost": lost_contact_round,
    "checks": check_round,
    "court": court_round,
    "address": address_round,
    "accounts": account_round,
}


def run_round(kit: Kit, name: str, *, now: datetime) -> dict[str, int]:
    """One round by name."""
    return WORK[name](kit, now=now)


def claim_slot(session: Session, name: str, slot: datetime, *, now: datetime) -> bool:
    """True for the one who gets this round's slot; a second trigger does nothing."""
    row = RoundSlot(round=name, slot=slot, claimed_at=now)
    return (
        session.execute(
            insert(RoundSlot)
            .values(row.model_dump())
            .on_conflict_do_nothing()
            .returning(col(RoundSlot.round))
        ).scalar_one_or_none()
        is not None
    )
