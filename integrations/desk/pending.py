"""The sweep over applications that are pending: each has its next review by a supervisor open."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from followup.escalation import duty_owned_until
from integrations.desk.vetting_duties import own_duty
from integrations.kit import Kit
from integrations.policies import pinned_followup_policy, vetting_policy
from integrations.store import ledger
from models.facts import Duty
from models.states import ApplicationState
from models.tables.ladder import PendingReview
from models.tables.ledger import Obligation
from models.tables.people import Case
from models.tables.vetting import Application
from vetting.ladder import is_pending, review_due_on, review_duty

BATCH = 500
_ACTOR = "engine:pending"
_PENDING = [state.value for state in ApplicationState if is_pending(state)]


def open_pending_reviews(kit: Kit, *, now: datetime) -> int:
    """No pending application is without its next review, whoever has touched it last. Returns how many lacked it."""
    opened = 0
    while True:
        with kit.transaction() as session:
            batch = _open_batch(session, now)
        opened += batch
        if batch < BATCH:
            return opened


def _open_batch(session: Session, now: datetime) -> int:
    stands = exists().where(
        col(Obligation.application_id) == col(Application.id),
        col(Obligation.kind) == "review_pending",
        col(Obligation.state) == "open",
    )
    reviewed = (
        select(func.max(col(PendingReview.at)))
        .where(col(PendingReview.application_id) == col(Application.id))
        .scalar_subquery()
    )
    rows = session.execute(
        select(Application, col(Case.entered_care_on), reviewed)
        .join(Case, col(Case.id) == col(Application.case_id))
        .where(col(Application.state).in_(_PENDING), ~stands)
        .order_by(col(Application.id))
        .limit(BATCH)
        .with_for_update(of=Application, skip_locked=True)
    ).all()
    ladder = pinned_followup_policy(None)
    duties = []
    for application, entered, reviewed_at in rows:
        # The packet of the application said it, whatever else the case began with.
        since = cast(date, entered)
        duty = own_duty(_review(application, since, reviewed_at), application)
        owned = duty_owned_until(max(duty.due_at, now), ladder)
        duties.append(
            ledger.duty_row(
                application.case_id, duty, owned_until=owned, application_id=application.id, now=now
            )
        )
    return len(ledger.open_rows(session, duties, actor=_ACTOR, why="the application is pending", now=now))


def _review(application: Application, entered_care_on: date, reviewed_at: datetime | None) -> Duty:
    policy = vetting_policy(application.policy_version)
    reviewed_on = reviewed_at.date() if reviewed_at else None
    day = review_due_on(entered_care_on, application.submitted_at.date(), reviewed_on, policy)
    return review_duty(day, application.submitted_at, policy)
