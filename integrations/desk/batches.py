"""Many packet zips at once: kept as they come, taken in one after the other by the worker, each with its own result.

What was sent is in the database before anything else happens: a console or a worker that dies loses none of it, and a
zip that was taken in just before is known again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from integrations.database import current_time
from integrations.desk.intake import MAY_SUBMIT, Taken, submit
from integrations.desk.jobs import enqueue
from integrations.kit import Kit
from integrations.packets import from_zip
from integrations.store import history
from integrations.store.sealing import open_bytes, seal_bytes
from integrations.store.staff import require_role
from models.errors import BadInput, IntegrationError, NotFound, Problem
from models.facts import Person
from models.states import BatchRowState, Role
from models.tables.base import Sealed
from models.tables.intake import PacketBatch, PacketBatchRow
from models.tables.system import Job
from models.tables.vetting import Application, ApplicationRevision

log = structlog.get_logger("kinline.batches")
# Source: ours. A packet of scans has 2 to 10 MB; what is larger goes by the command.
MOST_ZIPS = 50
MOST_BYTES = 100 * 1024 * 1024
_LIST = 20


def send_zips(kit: Kit, zips: Sequence[tuple[str, bytes]], person: Person, *, now: datetime) -> UUID:
    """These zips, by name and content, wait to be taken in. Returns the batch.

    Raises:
        BadInput: none, or too many. Refused: the wrong role.
    """
    require_role(person, *MAY_SUBMIT)
    if not zips:
        raise BadInput(Problem("zips", "missing", "No file was chosen.", "Choose one zip or more."))
    if len(zips) > MOST_ZIPS:
        raise BadInput(
            Problem("zips", "too_many", f"These are more than {MOST_ZIPS} files.", "Send fewer at once.")
        )
    with kit.transaction() as session:
        batch = PacketBatch(sent_by=person.id, at=now)
        session.add(batch)
        session.flush()
        for number, (name, content) in enumerate(zips, start=1):
            row = PacketBatchRow(batch_id=batch.id, number=number, size=len(content), sealed_name=Sealed(b""))
            seal_bytes(kit.vault, row, "sealed_name", name[-100:].encode())
            seal_bytes(kit.vault, row, "sealed_content", content)
            session.add(row)
            session.flush()
            session.expunge(row)  # a hundred megabytes are not held twice
        set_working(session, batch.id, now=now)
        actor = str(person.id)
        history.audit(session, actor=actor, act="send zips", noun="packet_batch", ids=[batch.id], now=now)
        return batch.id


def work_batch(kit: Kit, batch_id: UUID) -> None:
    """Every zip of the batch that still waits has been taken in, or has its problems on record.

    One that the machine can't take ends as `failed` and holds up no other; a lost database is raised, and the job
    comes again.
    """
    with kit.transaction() as session:
        actor = str(session.get_one(PacketBatch, batch_id).sent_by)
        waiting = session.scalars(
            select(col(PacketBatchRow.id))
            .where(
                col(PacketBatchRow.batch_id) == batch_id,
                col(PacketBatchRow.state) == BatchRowState.WAITING,
            )
            .order_by(col(PacketBatchRow.number))
        ).all()
    for row_id in waiting:
        _work_row(kit, row_id, actor)


@dataclass(frozen=True, slots=True)
class _End:
    state: BatchRowState
    result: dict[str, Any]
    application_id: UUID | None = None


def _work_row(kit: Kit, row_id: UUID, actor: str) -> None:
    with kit.transaction() as session:
        now = current_time(session)
        content = open_bytes(kit.vault, session.get_one(PacketBatchRow, row_id), "sealed_content")
    try:
        end = _taken_in(kit, submit(kit, from_zip(content), actor=actor, now=now), actor, row_id)
    except BadInput as err:
        end = _End(BatchRowState.PROBLEMS, {"problems": [one.as_json() for one in err.problems]})
    except DBAPIError:
        raise
    except Exception as err:  # whatever a file may do: the others are taken in all the same
        log.error("batch.row_failed", row=str(row_id), error=type(err).__name__)
        passing = isinstance(err, IntegrationError | OSError)
        end = _End(BatchRowState.FAILED, {"error": type(err).__name__, "passing": passing})
    with kit.transaction() as session:
        ended_at = current_time(session)
        row = session.get_one(PacketBatchRow, row_id, with_for_update=True)
        if row.state != BatchRowState.WAITING:
            return
        row.state, row.result, row.application_id = end.state.value, end.result, end.application_id
        row.ended_at = ended_at
        if end.state != BatchRowState.FAILED:
            row.sealed_content = None
        session.add(row)


def _taken_in(kit: Kit, taken: Taken, actor: str, row_id: UUID) -> _End:
    """What came of it. A worker that died just after finds it unchanged: what it was then is told."""
    how = taken.how
    if how == "unchanged":
        with kit.transaction() as session:
            row = session.get_one(PacketBatchRow, row_id)
            sent_at = session.get_one(PacketBatch, row.batch_id).at
            revision = session.scalars(
                select(ApplicationRevision).where(
                    col(ApplicationRevision.application_id) == taken.application_id,
                    col(ApplicationRevision.number) == taken.revision,
                )
            ).one()
            known = select(func.count()).where(
                col(PacketBatchRow.batch_id) == row.batch_id,
                col(PacketBatchRow.application_id) == taken.application_id,
            )
            if revision.actor == actor and revision.at >= sent_at and not session.scalars(known).one():
                how = "new" if taken.revision == 1 else "amended"
    result = {"revision": taken.revision, "changed": list(taken.changed)}
    return _End(BatchRowState(how), result, taken.application_id)


@dataclass(frozen=True, slots=True)
class BatchRowView:
    number: int
    name: str
    size: int
    state: str
    reference: str
    application_id: UUID | None
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as it stands. `done` counts the rows whose end is known. `is_left`: some wait, and nobody works on them."""

    id: UUID
    at: datetime
    rows: tuple[BatchRowView, ...]
    is_left: bool

    @property
    def done(self) -> int:
        return sum(row.state != BatchRowState.WAITING for row in self.rows)


def view_batch(kit: Kit, batch_id: UUID, person: Person, *, now: datetime) -> BatchView:
    """The batch, for who sent it or a supervisor.

    Raises:
        NotFound: there is none, or it is somebody else's. Refused: the wrong role.
    """
    with kit.transaction() as session:
        batch = find_batch(session, batch_id, person)
        history.audit(session, actor=str(person.id), act="read", noun="packet_batch", ids=[batch_id], now=now)
        rows = _rows(kit, session, batch_id)
        waits = any(row.state == BatchRowState.WAITING for row in rows)
        return BatchView(batch.id, batch.at, rows, waits and not _is_worked_on(session, batch_id))


def find_batch(session: Session, batch_id: UUID, person: Person) -> PacketBatch:
    """The batch, for who sent it or a supervisor. Raises as `view_batch` does."""
    require_role(person, *MAY_SUBMIT)
    batch = session.get(PacketBatch, batch_id)
    if batch is None or (batch.sent_by != person.id and Role.SUPERVISOR not in person.roles):
        raise NotFound("batch", str(batch_id))
    return batch


def _is_worked_on(session: Session, batch_id: UUID) -> bool:
    """A job of it waits or runs. One that could not go on too often has ended."""
    alive = select(func.count()).where(
        col(Job.kind) == "intake", col(Job.key) == str(batch_id), col(Job.state).in_(("waiting", "claimed"))
    )
    return bool(session.scalars(alive).one())


def set_working(session: Session, batch_id: UUID, *, now: datetime) -> None:
    """The worker takes in what waits of this batch."""
    enqueue(session, kind="intake", key=str(batch_id), payload={"batch_id": str(batch_id)}, now=now)


def _rows(kit: Kit, session: Session, batch_id: UUID) -> tuple[BatchRowView, ...]:
    told = [getattr(PacketBatchRow, name) for name in PacketBatchRow.model_fields if name != "sealed_content"]
    query = (
        select(*told, col(Application.reference).label("reference"))
        .outerjoin(Application, col(Application.id) == col(PacketBatchRow.application_id))
        .where(col(PacketBatchRow.batch_id) == batch_id)
        .order_by(col(PacketBatchRow.number))
    )
    found = []
    for one in session.execute(query):
        values = dict(one._mapping)
        reference = values.pop("reference") or ""
        row = PacketBatchRow(**values)
        name = open_bytes(kit.vault, row, "sealed_name").decode()
        found.append(
            BatchRowView(row.number, name, row.size, row.state, reference, row.application_id, row.result)
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class BatchLine:
    id: UUID
    at: datetime
    count: int
    done: int


def my_batches(kit: Kit, person: Person) -> list[BatchLine]:
    """What this person sent many at once, newest first."""
    require_role(person, *MAY_SUBMIT)
    with kit.transaction() as session:
        ended = func.count(col(PacketBatchRow.ended_at))
        rows = session.execute(
            select(col(PacketBatch.id), col(PacketBatch.at), func.count(), ended)
            .join(PacketBatchRow, col(PacketBatchRow.batch_id) == col(PacketBatch.id))
            .where(col(PacketBatch.sent_by) == person.id)
            .group_by(col(PacketBatch.id), col(PacketBatch.at))
            .order_by(col(PacketBatch.at).desc())
            .limit(_LIST)
        )
        return [BatchLine(*row) for row in rows]
