"""A request that is sent twice under one `Idempotency-Key` is done once, whoever dies in between.

The row is claimed under a lease before the act. The act's own transaction marks it, so that afterwards nobody
needs to guess whether it was done. Times are the wall's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from integrations.kit import Kit
from integrations.store.sealing import open_json
from integrations.vault import Place
from models.errors import Stale
from models.tables.api import ApiAnswer

# Source: ours, unreviewed. Longer than a sender's own retries over a night.
KEPT = timedelta(hours=48)
# Source: ours, unreviewed. Longer than the largest packet takes to be read.
LEASE = timedelta(minutes=10)
Busy = Literal["another_request", "running", "answer_lost"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who sends what under which key. `repeatable`: doing it twice leaves the same as doing it once."""

    owner: str
    idempotency_key: bytes
    request_key: bytes
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """It is ours to do, until the lease ends."""

    id: UUID
    lease_until: datetime
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """It was done before, and this was answered."""

    status: int
    answer: dict[str, Any] = field(repr=False)


def claim(kit: Kit, asked: Asked, *, wall: datetime) -> Claim | Kept | Busy:
    """The request is ours to do; or what was answered; or why neither.

    `another_request`: the key came with other words. `running`: somebody is at it. `answer_lost`: it was done, and
    whoever did it died before the answer was kept.
    """
    with kit.transaction() as session:
        session.execute(delete(ApiAnswer).where(col(ApiAnswer.began_at) <= wall - KEPT))
        if (new := _insert(session, asked, wall)) is not None:
            return new
        row = session.scalars(
            select(ApiAnswer)
            .where(
                col(ApiAnswer.owner) == asked.owner,
                col(ApiAnswer.idempotency_key) == asked.idempotency_key,
            )
            .with_for_update()
        ).one_or_none()
        if row is None:  # given back this instant
            return "running"
        return _known(session, kit, row, asked, wall)


def _insert(session: Session, asked: Asked, wall: datetime) -> Claim | None:
    row = ApiAnswer(
        owner=asked.owner,
        idempotency_key=asked.idempotency_key,
        request_key=asked.request_key,
        began_at=wall,
        lease_until=wall + LEASE,
    )
    new = session.scalars(
        insert(ApiAnswer)
        .values(row.model_dump())
        .on_conflict_do_nothing(index_elements=["owner", "idempotency_key"])
        .returning(col(ApiAnswer.id))
    ).one_or_none()
    return None if new is None else Claim(new, row.lease_until, asked.repeatable)


def _known(session: Session, kit: Kit, row: ApiAnswer, asked: Asked, wall: datetime) -> Claim | Kept | Busy:
    if row.request_key != asked.request_key:
        return "another_request"
    if row.status is not None:
        return Kept(row.status, open_json(kit.vault, row, "sealed_answer"))
    if row.lease_until > wall:
        return "running"
    if row.acted_at is not None and not asked.repeatable:
        return "answer_lost"
    row.lease_until = wall + LEASE
    session.add(row)
    return Claim(row.id, row.lease_until, asked.repeatable)


def mark_done(session: Session, mine: Claim, *, wall: datetime) -> None:
    """The act is done, if this transaction is committed.

    Raises:
        Stale: the lease ended and somebody else does it.
    """
    marked = session.execute(
        update(ApiAnswer)
        .where(col(ApiAnswer.id) == mine.id, col(ApiAnswer.lease_until) == mine.lease_until)
        .values(acted_at=wall)
        .returning(col(ApiAnswer.id))
    ).one_or_none()
    if marked is None:
        raise Stale


def keep(kit: Kit, mine: Claim, status: int, answer: dict[str, Any], *, wall: datetime) -> None:
    """It is done, and from now on the same request is answered with this. It may tell of a family, and is sealed."""
    sealed = kit.vault.seal_json(answer, Place("api_answer", "sealed_answer", mine.id))
    with kit.transaction() as session:
        session.execute(
            update(ApiAnswer)
            .where(col(ApiAnswer.id) == mine.id, col(ApiAnswer.lease_until) == mine.lease_until)
            .values(
                status=status, sealed_answer=sealed, acted_at=func.coalesce(col(ApiAnswer.acted_at), wall)
            )
        )


def give_back(kit: Kit, mine: Claim, *, wall: datetime) -> None:
    """It did not come to an answer: what was not done may be sent again under the same key."""
    with kit.transaction() as session:
        ours = (col(ApiAnswer.id) == mine.id) & (col(ApiAnswer.lease_until) == mine.lease_until)
        undone = true() if mine.repeatable else col(ApiAnswer.acted_at).is_(None)
        session.execute(delete(ApiAnswer).where(ours, undone))
        session.execute(update(ApiAnswer).where(ours).values(lease_until=wall))
