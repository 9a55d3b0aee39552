"""A named person writes down an interview; what of it speaks of trafficking is a finding at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from integrations.desk.acting import Act
from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.questions import NEWEST, question_set
from integrations.store import history
from integrations.store.sealing import seal_json
from integrations.store.staff import require_role
from models.facts import Person
from models.states import Role
from models.tables.base import Sealed
from models.tables.linkage import Interview
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
