"""Texts and automated calls to a family stop while a person has the conversation, and go on when one says so."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from integrations.store import history
from models.tables.people import Case

# The machines are silent until somebody has read a text that may revoke the consent; then they go on by themselves.
PERHAPS_A_STOP = "perhaps a stop: a person reads it"
# Until a person says that they may go on.
A_PERSON_HAS_IT = "a person has the conversation"
CALL_RAISED_A_CONCERN = "a call raised a concern"


def pause(
    session: Session, case: Case, because: str, *, actor: str, why: str | None = None, now: datetime
) -> None:
    """The machines are silent from now on. What stopped them first stays the reason, unless that ends by reading
    a text: a child's call for help ends with a person's word alone, whatever came before it."""
    if case.paused_at is not None and (because == PERHAPS_A_STOP or case.paused_because != PERHAPS_A_STOP):
        return
    case.paused_at, case.paused_because = case.paused_at or now, because
    session.add(case)
    history.record(session, case, old=None, new="automation paused", actor=actor, why=why or because, now=now)


def resume(session: Session, case: Case, *, actor: str, why: str, now: datetime) -> None:
    """The machines go on."""
    case.paused_at = case.paused_because = None
    session.add(case)
    history.record(
        session, case, old="automation paused", new="automation resumed", actor=actor, why=why, now=now
    )
