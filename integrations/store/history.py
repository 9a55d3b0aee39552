"""Changes of state, each with who, when and why; and the audit of reads and changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from models.states import require_move
from models.tables.system import AuditEntry, History

S = TypeVar("S", bound=StrEnum)


def record(
    session: Session,
    row: Any,
    *,
    old: str | None,
    new: str,
    actor: str,
    why: str,
    now: datetime,
) -> None:
    """One row of history: `row` (any table with an id) went from `old` to `new`."""
    session.add(
        History(noun=row.__tablename__, row_id=row.id, old=old, new=new, actor=actor, why=why, at=now)
    )


def move(
    session: Session,
    row: Any,
    to: S,
    moves: Mapping[S, frozenset[S]],
    *,
    actor: str,
    why: str,
    now: datetime,
) -> bool:
    """`row.state` is `to`, and history says so. False when it stood there already.

    Raises:
        Refused: the move is not in the table of allowed moves.
    """
    frm = type(to)(row.state)
    if frm == to:
        return False
    require_move(moves, frm, to)
    row.state = to.value
    session.add(row)
    record(session, row, old=frm.value, new=to.value, actor=actor, why=why, now=now)
    return True


def audit(
    session: Session,
    *,
    actor: str,
    act: str,
    noun: str,
    ids: Sequence[UUID],
    now: datetime,
) -> None:
    """One audit row for this act on these rows: a single id as it is, many as count and digest."""
    digest = hashlib.sha256(b"".join(i.bytes for i in sorted(ids))).digest() if len(ids) > 1 else None
    session.add(
        AuditEntry(
            at=now,
            actor=actor,
            act=act,
            noun=noun,
            row_id=ids[0] if len(ids) == 1 else None,
            count=len(ids),
            digest=digest,
        )
    )
