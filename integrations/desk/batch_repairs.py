"""Zips of a batch that were not taken in: tried again as they are, or another zip in their place. Their row stays the one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.batches import find_batch, set_working
from integrations.kit import Kit
from integrations.store import history
from integrations.store.sealing import seal_bytes
from models.errors import NotFound, Refused
from models.facts import Person
from models.states import BatchRowState
from models.tables.intake import PacketBatchRow

_NOT_TAKEN = (BatchRowState.FAILED, BatchRowState.PROBLEMS)


def try_again(kit: Kit, batch_id: UUID, number: int, person: Person, *, now: datetime) -> None:
    """The zip that the machine could not take waits anew, as it was sent.

    Raises:
        NotFound: no such batch or row, or it is somebody else's. Refused: it did not fail by the machine.
    """
    with kit.transaction() as session:
        row = _locked(session, batch_id, number, person)
        if row.state != BatchRowState.FAILED:
            raise Refused("not_failed", _why(row.state, "its packet is to be mended first: send another zip"))
        _wait(session, row, person, "tried again", now)


def send_another(
    kit: Kit, batch_id: UUID, number: int, another: tuple[str, bytes], person: Person, *, now: datetime
) -> None:
    """Another zip, by name and content, stands in the place of one that was not taken, and waits to be taken in.

    Raises:
        NotFound: no such batch or row, or it is somebody else's. Refused: that zip was taken in, or waits.
    """
    name, content = another
    with kit.transaction() as session:
        row = _locked(session, batch_id, number, person)
        if row.state not in _NOT_TAKEN:
            raise Refused(
                "taken_already", _why(row.state, "this zip was taken in; send a change as a new one")
            )
        row.size = len(content)
        seal_bytes(kit.vault, row, "sealed_name", name[-100:].encode())
        seal_bytes(kit.vault, row, "sealed_content", content)
        _wait(session, row, person, "another zip in its place", now)


def go_on(kit: Kit, batch_id: UUID, person: Person, *, now: datetime) -> None:
    """What waits of the batch is worked on, also after the worker had to give up. Raises `NotFound` as `try_again`."""
    with kit.transaction() as session:
        find_batch(session, batch_id, person)
        set_working(session, batch_id, now=now)
        history.audit(
            session, actor=str(person.id), act="go on", noun="packet_batch", ids=[batch_id], now=now
        )


def _why(state: str, other: str) -> str:
    return "this zip waits already" if state == BatchRowState.WAITING else other


def _locked(session: Session, batch_id: UUID, number: int, person: Person) -> PacketBatchRow:
    find_batch(session, batch_id, person)
    row = session.scalars(
        select(PacketBatchRow)
        .where(col(PacketBatchRow.batch_id) == batch_id, col(PacketBatchRow.number) == number)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("zip", str(number))
    return row


def _wait(session: Session, row: PacketBatchRow, person: Person, why: str, now: datetime) -> None:
    actor, old = str(person.id), row.state
    row.state, row.result, row.ended_at = BatchRowState.WAITING.value, {}, None
    session.add(row)
    history.record(session, row, old=old, new=row.state, actor=actor, why=why, now=now)
    set_working(session, row.batch_id, now=now)
