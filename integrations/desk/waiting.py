"""Which applications wait for vetting, and that one is to be looked at right now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

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
            col(BackgroundCheck.state).in_(("required", "ordered", "pending")),
        )
        .values(next_look_at=now)
    )


def take_jobs(session: Session, application_id: UUID, *, now: datetime) -> None:
    """The waiting jobs of this application are done: it is being vetted by hand."""
    session.execute(
        update(Job)
        .where(col(Job.kind) == "vet", col(Job.key) == str(application_id), col(Job.state) == "waiting")
        .values(state="done", ended_at=now)
    )
