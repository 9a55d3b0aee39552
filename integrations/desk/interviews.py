"""A named person writes down an interview; what of it speaks of trafficking is a finding at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from integrations.desk.acting import Act
from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.questions import NEWEST, question_set
from integrations.store import history
from integrations.store.applications import find_application, gather
from integrations.store.sealing import open_json, seal_json
from integrations.store.staff import require_role
from models.errors import NotFound
from models.facts import Person
from models.states import Role
from models.tables.base import Sealed
from models.tables.linkage import Interview
from models.tables.people import Staff
from models.tables.vetting import Application
from vetting import acts
from vetting.interviews import parse_interview, parse_interviewee

MAY_INTERVIEW = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.INTEGRITY_REVIEWER)


def record(kit: Kit, key: str, person: Person, *, party: str, answers: bytes, now: datetime) -> UUID:
    """The answers stand in the file, sealed, and are never rewritten; a later interview stands beside them.

    Raises:
        Refused: wrong role, or the application is over. BadInput: one problem per fault of what was given.
    """
    interviewee = parse_interviewee(party)
    said = parse_interview(interviewee, question_set(), answers)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = require_role(person, *MAY_INTERVIEW)
        acts.refuse_when_over(act.facts)
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
        application = _open(session, kit, key, person)
        rows = session.execute(_held(application)).all()
        if rows:
            _look_on_record(session, person, [row.id for row, _ in rows], now)
        return {
            "application_id": str(application.id),
            "interviews": [_told(kit, row, staff.email) for row, staff in rows],
        }


def read_one(kit: Kit, key: str, interview_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """As `read`, of this one: with each question as it was asked beside its answer (`said`), who held it by name, and
    whether the file of the questions calls any of those asked `unverified`.

    Raises:
        NotFound: no such application, or the interview is not of it. Refused: as `read`.
    """
    with kit.transaction() as session:
        application = _open(session, kit, key, person)
        found = session.execute(_held(application).where(col(Interview.id) == interview_id)).one_or_none()
        if found is None:
            raise NotFound("interview", str(interview_id))
        row, staff = found
        _look_on_record(session, person, [row.id], now)
        told = _told(kit, row, staff.email)
        asked = question_set(row.question_set).asked_of(parse_interviewee(row.party))
        return {
            **told,
            "application_id": str(application.id),
            "reference": application.reference,
            "by_name": staff.display_name,
            "said": [{"asked": q.ask[row.party], "answer": told["answers"][q.code]} for q in asked],
            "unverified": any(q.unverified for q in asked),
        }


def _open(session: Session, kit: Kit, key: str, person: Person) -> Application:
    """The application, for somebody who may read what was said."""
    application = find_application(session, key)
    acts.may_act(gather(session, kit.vault, application), person, *MAY_INTERVIEW)
    return application


def _held(application: Application) -> Select[Interview, Staff]:
    return (
        select(Interview, Staff)
        .join(Staff, col(Staff.id) == col(Interview.recorded_by))
        .where(col(Interview.application_id) == application.id)
        .order_by(col(Interview.at), col(Interview.id))
    )


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
        "language": said.get("language") or None,
        "interpreter": said.get("interpreter") or None,
        "note": said.get("note") or None,
        "by": email,
        "at": row.at.isoformat(),
    }
