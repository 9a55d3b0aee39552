"""What people do with their queues: put off the sight of an item, hand many to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from integrations.desk.escalations import hand_over, locked_escalation, new_owner
from integrations.kit import Kit
from integrations.store import history
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.states import EscalationState
from models.tables.ledger import Escalation
from models.tables.queues import Snooze

# Source: ours. More than a person can have looked at before they hand it over.
MOST_AT_ONCE = 50


def snooze(
    kit: Kit, escalation_id: UUID, person: Person, *, until: datetime, reason: str, now: datetime
) -> UUID:
    """Their own escalation is out of the owner's sight until then. Its time runs on, and what is late is back.

    Raises:
        BadInput: no reason, or a time that is past or behind the escalation's own. Refused: it is not theirs.
    """
    _want_reason(reason)
    with kit.transaction() as session:
        row = locked_escalation(session, escalation_id)
        if row.owner != person.id or row.state != EscalationState.ACKNOWLEDGED.value:
            raise Refused("not_yours", "only what you have taken can be put off", ["take it first"])
        if not now < until <= row.resolve_by:
            raise BadInput(
                Problem(
                    "--until",
                    "out_of_range",
                    "It can be put off until a time to come, and no longer than it may take.",
                    f"Choose a time before {row.resolve_by:%Y-%m-%d %H:%M} UTC.",
                )
            )
        session.add(Snooze(escalation_id=row.id, staff_id=person.id, until=until, reason=reason, at=now))
        history.record(
            session,
            row,
            old=row.state,
            new=f"put off until {until.isoformat()}",
            actor=str(person.id),
            why=reason,
            now=now,
        )
        return row.case_id


def reassign_many(
    kit: Kit, ids: Sequence[UUID], person: Person, *, to_email: str, reason: str, now: datetime
) -> int:
    """Another named person owns all of these, or none: each by its own row of history. Returns how many.

    Raises:
        BadInput: none or too many are named, no reason, or nobody active has the address.
        Refused: the wrong role, or one of them is resolved or was never taken.
    """
    _want_reason(reason)
    if not 1 <= len(set(ids)) <= MOST_AT_ONCE:
        raise BadInput(
            Problem(
                "ids",
                "out_of_range",
                f"{len(set(ids))} were chosen.",
                f"Choose 1 to {MOST_AT_ONCE} at a time.",
            )
        )
    with kit.transaction() as session:
        owner = new_owner(session, to_email)
        rows = _locked_in_order(session, ids)
        for row in rows:
            hand_over(session, row, person, owner, reason=reason, now=now)
        history.audit(
            session,
            actor=str(person.id),
            act="reassign many",
            noun="escalation",
            ids=sorted(row.id for row in rows),
            now=now,
        )
        return len(rows)


def _locked_in_order(session: Session, ids: Sequence[UUID]) -> list[Escalation]:
    """Locked as everybody locks, so that two people who hand over the same ones don't wait for each other."""
    return [locked_escalation(session, one) for one in sorted(set(ids))]


def _want_reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
