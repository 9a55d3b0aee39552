"""The two voices that move a case to another version, of vetting or of follow-up: four eyes, each on record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.policies import policy_files
from integrations.store import history
from integrations.store.policy_acts import room_of
from models.facts import Person
from models.states import Role
from models.tables.policies import PolicyMove
from models.voices import want_another

MAY_MOVE = (Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR)


def give_voice(
    session: Session, case_id: UUID, old: str, version: str, person: Person, *, reason: str, now: datetime
) -> bool:
    """This person's voice is on record. True when it was the second one, so that the case is moved now.

    Raises:
        Refused: the first voice was this person's own.
    """
    first = _first_voice(session, case_id, version)
    want_another(person, None if first is None else first.given_by)
    row = PolicyMove(
        case_id=case_id,
        from_version=old,
        to_version=version,
        completes=first is not None,
        reason=reason,
        given_by=person.id,
        at=now,
    )
    session.add(row)
    session.flush()
    word = "approved" if first is not None else "proposed"
    history.record(session, row, old=None, new=word, actor=str(person.id), why=reason, now=now)
    return first is not None


def _first_voice(session: Session, case_id: UUID, version: str) -> PolicyMove | None:
    """The voice that waits for a second; one from before the last move is spent."""
    latest = session.scalars(
        select(PolicyMove)
        .where(
            col(PolicyMove.case_id) == case_id,
            # What is said of vetting says nothing of follow-up.
            col(PolicyMove.to_version).in_(list(policy_files(room_of(version)))),
        )
        .order_by(col(PolicyMove.at).desc(), col(PolicyMove.completes).desc())
    ).first()
    waits = latest is not None and not latest.completes and latest.to_version == version
    return latest if waits else None
