"""The stage of a release request, and every change of it with who, when and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models.states import STAGE_MOVES, Stage, require_move
from models.tables.system import History
from models.tables.vetting import Application

_NOUN = "application_stage"


def move_stage(
    session: Session, application: Application, to: Stage, *, actor: str, why: str, now: datetime
) -> None:
    """The release request stands at this stage, and history says so.

    Raises:
        Refused: the stages' own table does not allow the move.
    """
    frm = Stage(application.stage)
    if frm is to:
        return
    require_move(STAGE_MOVES, frm, to)
    application.stage = to.value
    session.add(application)
    session.add(History(noun=_NOUN, row_id=application.id, old=frm, new=to, actor=actor, why=why, at=now))


def first_stage(session: Session, application: Application, *, actor: str, now: datetime) -> None:
    """History says where a new request begins."""
    session.add(
        History(
            noun=_NOUN,
            row_id=application.id,
            new=application.stage,
            actor=actor,
            why="packet submitted",
            at=now,
        )
    )


def stages_passed(session: Session, application: Application) -> list[dict[str, Any]]:
    """Each stage that the request came to, oldest first, by whom and when."""
    rows = session.scalars(
        select(History)
        .where(col(History.noun) == _NOUN, col(History.row_id) == application.id)
        .order_by(col(History.at), col(History.seq))
    )
    return [{"stage": row.new, "by": row.actor, "at": row.at.isoformat()} for row in rows]
