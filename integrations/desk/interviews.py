"""A named person writes down an interview; what of it speaks of trafficking is a finding at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.acting import Act
from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.questions import NEWEST, question_set
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import require_role
from models.facts import Person
from models.states import Role
from models.tables.base import Sealed
from models.tables.linkage import Interview
from models.tables.people import Staff
from vetting import decision
from vetting.interviews import parse_interview, parse_interviewee

_MAY_INTERVIEW = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.INTEGRITY_REVIEWER)


def record(kit: Kit, key: str, person: Person, *, party: str, answers: bytes, now: datetime) -> UUID:
    """The answers stand in the file, sealed, and are never rewritten; a later interview stands beside them.

    Raises:
        Refused: wrong role, or the application is over. BadInput: one problem per fault of what was given.
    """
    interviewee = parse_interviewee(party)
    said = parse_interview(interviewee, question_set(), answers)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = require_role(person, *_MAY_INTERVIEW)
        decision.refuse_when_over(act.facts)
        row = Interview(
            application_id=act.application.id,
            party=interviewee,
            question_set=NEWEST,
            alone=said.get("alone"),
            sealed_answers=Sealed(b""),
            recorded_by=person.id,
            at=now,
        )
        seal_json(kit.vault, row, "sealed_answers", said)
        session.add(row)
        session.flush()
        history.record(
            session,
            row,
            old=None,
            new="recorded",
            actor=act.actor,
            why=f"interview with {interviewee}",
            now=now,
        )
        # A sign asks for more checks, and may ask for a home study: the whole of vetting looks again.
        enqueue_vetting(session, act.application.id, now=now)
        return act.done(role, f"interview {interviewee}", judge="interviews")


def read(kit: Kit, key: str, person: Person, *, now: datetime) -> dict[str, Any]:
    """What was answered in each interview of this application, the oldest first. The look is on record.

    Raises:
        NotFound: no such application.
        Refused: wrong role, or the person has acted on this case in a role that holds no interviews.
    """
    with kit.transaction() as session:
        application = find_application(session, key)
        decision.may_act(gather(session, kit.vault, application), person, *_MAY_INTERVIEW)
        rows = session.execute(
            select(Interview, col(Staff.email))
            .join(Staff, col(Staff.id) == col(Interview.recorded_by))
            .where(col(Interview.application_id) == application.id)
            .order_by(col(Interview.at), col(Interview.id))
        ).all()
        if rows:
            _look_on_record(session, person, [row.id for row, _ in rows], now)
        return {
            "application_id": str(application.id),
            "interviews": [_told(kit, row, email) for row, email in rows],
        }


def _look_on_record(session: Session, person: Person, ids: list[UUID], now: datetime) -> None:
    actor = str(person.id)
    history.audit(session, actor=actor, act="read interviews", noun="interview", ids=ids, now=now)


def _told(kit: Kit, row: Interview, email: str) -> dict[str, Any]:
    said = open_json(kit.vault, row, "sealed_answers")
    return {
        "id": str(row.id),
        "with": row.party,
        "question_set": row.question_set,
        "alone": row.alone,
        "answers": said["answers"],
        "note": said.get("note") or None,
        "by": email,
        "at": row.at.isoformat(),
    }
