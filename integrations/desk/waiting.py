"""Which applications wait for vetting, and that one is to be looked at right now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, or_, select, update
from sqlmodel import Session, col

from integrations.desk.jobs import LEASE
from models.states import ApplicationState
from models.tables.system import Job
from models.tables.vetting import Application, BackgroundCheck

_A = ApplicationState
_WAITING = (
    _A.SUBMITTED.value,
    _A.INCOMPLETE.value,
    _A.IN_CHECKS.value,
    _A.IN_REVIEW.value,
    _A.HOME_STUDY.value,
)


def waiting_applications(session: Session, *, limit: int = 1000) -> list[UUID]:
    """Applications that vetting may take further, oldest first."""
    return list(
        session.scalars(
            select(col(Application.id))
            .where(col(Application.state).in_(_WAITING))
            .order_by(col(Application.submitted_at), col(Application.id))
            .limit(limit)
        )
    )


def look_now(session: Session, application_id: UUID, *, now: datetime) -> None:
    """What this application waits for at the provider is looked at now, not at its next slot."""
    session.execute(
        update(BackgroundCheck)
        .where(
            col(BackgroundCheck.application_id) == application_id,
            or_(
                col(BackgroundCheck.state).in_(("required", "ordered", "pending")),
                # An order that was refused waits for a person; other unknown words may yet be followed.
                (col(BackgroundCheck.state) == "error") & col(BackgroundCheck.provider_ref).is_not(None),
            ),
        )
        .values(next_look_at=now)
    )


def take_jobs(session: Session, application_id: UUID, *, now: datetime) -> list[UUID]:
    """The waiting jobs of this application are ours, as a worker's would be: it is being vetted by hand.

    To be ended by `jobs.finish`. Should this process die, its lease ends and a worker does the job.
    """
    return list(
        session.scalars(
            update(Job)
            .where(col(Job.kind) == "vet", col(Job.key) == str(application_id), col(Job.state) == "waiting")
            .values(state="claimed", lease_until=now + LEASE, tries=Job.tries + 1)
            .returning(col(Job.id))
        )
    )


def vetted_with_news(session: Session, *, limit: int = 500) -> set[UUID]:
    """Applications that were vetted before and have had news since: a result that came by itself."""
    waiting = session.scalars(
        select(col(Application.id))
        .join(Job, col(Job.key) == cast(col(Application.id), Text))
        .where(col(Job.kind) == "vet", col(Job.state) == "waiting", col(Application.vetted_at).is_not(None))
        .limit(limit)
    )
    return set(waiting)
