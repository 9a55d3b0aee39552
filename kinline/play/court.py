"""Invented staff look up where a case stands in court and write down what came of a hearing (design 6.5)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from integrations.desk import attendance, court
from integrations.kit import Kit
from integrations.store.court import hearing_ahead
from integrations.store.sealing import open_json
from models.court_status import Attendance, CourtSource, CourtStatus
from models.facts import Person
from models.states import FOLLOWED
from models.tables.ledger import Hearing, Obligation
from models.tables.people import Case, Child

# Of a child whose A-number ends so, the next hearing is missed.
_MISSES = range(85, 90)
_AT_COURT = (court.LOOKUP, attendance.OUTCOME)


def open_court_duties(session: Session) -> list[Obligation]:
    """Duties that a record of the court settles, of children who are followed, earliest due first."""
    return list(
        session.scalars(
            select(Obligation)
            .join(Case, col(Case.id) == col(Obligation.case_id))
            .where(
                col(Obligation.state) == "open",
                col(Obligation.kind).in_(_AT_COURT),
                col(Case.state).in_([state.value for state in FOLLOWED]),
            )
            .order_by(col(Obligation.due_at), col(Obligation.id))
        )
    )


def do_at_court(kit: Kit, duty: Obligation, person: Person, *, now: datetime) -> str:
    """What the duty asks for is on record. Returns what to count."""
    if duty.kind == court.LOOKUP:
        with kit.transaction() as session:
            known = hearing_ahead(session, session.get_one(Case, duty.case_id), now) is not None
        status = CourtStatus.DATED if known else CourtStatus.FILED_NO_DATE
        look = court.Look(status, CourtSource.ACIS_WEB, "simulated: as the line says")
        court.record_look(kit, str(duty.case_id), look, person, now=now)
        return f"looked_{status.value}"
    hearing_id = UUID(str(duty.detail["hearing_id"]))
    with kit.transaction() as session:
        came = _came(kit, session, duty.case_id)
    attendance.say_outcome(
        kit,
        str(hearing_id),
        came,
        person,
        source=CourtSource.FAMILY,
        note="simulated: as the family says",
        now=now,
    )
    return f"hearing_{came.value}"


def _came(kit: Kit, session: Session, case_id: UUID) -> Attendance:
    """The next hearing is missed by some; whoever missed one comes to those after it."""
    case = session.get_one(Case, case_id)
    child = session.get_one(Child, case.child_id)
    ends = int(str(open_json(kit.vault, child, "sealed_details")["a_number"])[-2:])
    missed = session.scalars(
        select(func.count()).where(
            col(Hearing.case_id) == case_id, col(Hearing.outcome) == Attendance.MISSED.value
        )
    ).one()
    return Attendance.MISSED if ends in _MISSES and not missed else Attendance.ATTENDED
