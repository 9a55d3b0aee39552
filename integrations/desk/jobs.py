"""Jobs for the resident worker: put in with the rows that cause them, claimed under a lease."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from models.tables.system import Job

LEASE = timedelta(minutes=5)
MAX_TRIES = 5


def enqueue(session: Session, *, kind: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """A job of this kind and key waits. One that waits already is enough. `payload` holds ids only."""
    row = Job(kind=kind, key=key, payload=dict(payload), run_after=now, created_at=now)
    session.execute(
        insert(Job)
        .values(row.model_dump())
        .on_conflict_do_nothing(index_elements=["kind", "key"], index_where=text("state = 'waiting'"))
    )


def enqueue_vetting(session: Session, application_id: UUID, *, now: datetime) -> None:
    """This application will be vetted again, soon and once."""
    key = str(application_id)
    enqueue(session, kind="vet", key=key, payload={"application_id": key}, now=now)


def claim(session: Session, *, now: datetime, kinds: tuple[str, ...] | None = None) -> Job | None:
    """The oldest job that waits, or whose worker died, now ours until the lease ends."""
    query = (
        select(Job)
        .where(
            col(Job.run_after) <= now,
            or_(col(Job.state) == "waiting", (col(Job.state) == "claimed") & (col(Job.lease_until) < now)),
        )
        .order_by(col(Job.run_after), col(Job.created_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if kinds is not None:
        query = query.where(col(Job.kind).in_(kinds))
    job = session.scalars(query).one_or_none()
    if job is not None:
        job.state, job.lease_until, job.tries = "claimed", now + LEASE, job.tries + 1
        session.add(job)
    return job


def finish(session: Session, job_id: UUID, *, now: datetime, prefect_run: str | None = None) -> None:
    job = session.get_one(Job, job_id)
    job.state, job.ended_at, job.lease_until, job.prefect_run = "done", now, None, prefect_run
    session.add(job)


def give_back(session: Session, job_id: UUID, *, error: str, now: datetime) -> None:
    """The job failed: it waits a little longer each time, and after `MAX_TRIES` a person must look.

    `error` is a class name or code, never an exception's text.
    """
    job = session.get_one(Job, job_id)
    job.error, job.lease_until = error, None
    if job.tries >= MAX_TRIES:
        job.state, job.ended_at = "failed", now
    else:
        # A new one of the same kind and key may wait already; then that one does the work.
        waiting = session.scalars(
            select(Job).where(col(Job.kind) == job.kind, col(Job.key) == job.key, col(Job.state) == "waiting")
        ).first()
        job.state = "failed" if waiting else "waiting"
        job.run_after = now + timedelta(seconds=10 * 2**job.tries)
    session.add(job)
