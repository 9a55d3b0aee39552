"""What people have given their voices for on an application, as `<application>` shows it. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.instants import iso
from models.facts import ApplicationFacts
from models.tables.checks import CheckVerdict
from models.tables.policies import PolicyMove
from models.tables.studies import HomeStudy
from models.tables.vetting import Application, BackgroundCheck, Waiver

_TWO = 2


def voices_json(session: Session, application: Application, facts: ApplicationFacts) -> dict[str, Any]:
    """These keys stand in `<application>` beside the contract's own. Each list is in the order of time."""
    return {
        "waivers": list(_waivers(session, application, facts)),
        "adjudications": list(_adjudications(session, application, facts)),
        "policy_moves": [
            {
                "from": row.from_version,
                "to": row.to_version,
                "state": "approved" if row.completes else "proposed",
                **_who(facts, row.given_by, row.at),
                "reason": row.reason,
            }
            for row in session.scalars(
                select(PolicyMove)
                .where(col(PolicyMove.case_id) == application.case_id)
                .order_by(col(PolicyMove.at), col(PolicyMove.completes), col(PolicyMove.id))
            )
        ],
    }


def _who(facts: ApplicationFacts, person: UUID, at: datetime) -> dict[str, Any]:
    """Who, as what, when. The role is the one in which they act on this case."""
    role = facts.acted.get(person)
    return {"by": str(person), "role": role.value if role else None, "at": iso(at)}


def _waivers(session: Session, application: Application, facts: ApplicationFacts) -> Iterator[dict[str, Any]]:
    """`counts`: two people gave it, and no amendment has put another person or home where the waived one stood."""
    counting = {waiver.item for waiver in facts.waivers if waiver.approved}
    for row in session.scalars(
        select(Waiver)
        .where(col(Waiver.application_id) == application.id)
        .order_by(col(Waiver.proposed_at), col(Waiver.id))
    ):
        approved = None
        if row.approved_by is not None and row.approved_at is not None:
            approved = _who(facts, row.approved_by, row.approved_at)
        yield {
            "item": row.item,
            "counts": row.item in counting,
            "reason": row.reason,
            "proposed": _who(facts, row.proposed_by, row.proposed_at),
            "approved": approved,
        }


def _adjudications(
    session: Session, application: Application, facts: ApplicationFacts
) -> Iterator[dict[str, Any]]:
    """Each voice on a hit. Its reasons tell of a criminal record and stay sealed; while it is the only one of its
    round the word does too, so that the second is the speaker's own."""
    rows = session.execute(
        select(CheckVerdict, BackgroundCheck)
        .join(BackgroundCheck, col(BackgroundCheck.id) == col(CheckVerdict.check_id))
        .where(col(BackgroundCheck.application_id) == application.id)
        .order_by(col(CheckVerdict.at), col(CheckVerdict.id))
    ).all()
    voices = Counter((voice.check_id, voice.round) for voice, _ in rows)
    for voice, check in rows:
        both = voices[voice.check_id, voice.round] == _TWO
        yield {
            "check_id": str(check.id),
            "kind": check.kind,
            "subject": check.subject,
            "jurisdiction": check.jurisdiction,
            "round": voice.round,
            "verdict": voice.verdict if both else None,
            **_who(facts, voice.by_staff, voice.at),
        }


def home_studies_json(session: Session, application_id: UUID) -> Iterator[dict[str, Any]]:
    """The home studies and addenda, the first one first, each with the voices that overrode it."""
    for row in session.scalars(
        select(HomeStudy)
        .where(col(HomeStudy.application_id) == application_id)
        .order_by(col(HomeStudy.number))
    ):
        yield {
            "number": row.number,
            "kind": row.kind,
            "triggers": list(row.triggers),
            "ordered_at": iso(row.ordered_at),
            "due_at": iso(row.due_at),
            "received_at": iso(row.received_at),
            "result": row.result,
            "overridden": row.override_approved_by is not None,
            "override": _override(row),
        }


def _override(row: HomeStudy) -> dict[str, Any] | None:
    if row.override_by is None:
        return None
    return {
        "proposed_by": str(row.override_by),
        "proposed_at": iso(row.override_at),
        "reason": row.override_reason,
        "approved_by": str(row.override_approved_by) if row.override_approved_by else None,
        "approved_at": iso(row.override_approved_at),
    }
