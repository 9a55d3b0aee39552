"""A child whom the list of releases alone had named is located by a packet: it says where to call."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from followup.roster import LOCATE_CHILD
from integrations.desk.escalations import resolve_settled
from integrations.desk.particulars import Submission
from integrations.desk.rezoning import live_by
from integrations.desk.sight import keep_in_sight
from integrations.store import ledger
from integrations.store.applications import current_address
from integrations.store.cases import lock_case
from models.tables.people import Case, Staff
from models.tables.vetting import Application


def located_by_packet(work: Submission, case: Case, application: Application) -> None:
    """The search for this child, if there is one, ends with the packet as its evidence; a call to the child opens.

    What had escalated because the search was late is resolved where a named person handed the packet in.
    """
    session = work.session
    if case.origin != "roster":
        return
    lock_case(session, case.id)
    sought = ledger.open_of(session, case.id, kind=LOCATE_CHILD)
    if not sought:
        return
    zone = current_address(session, application.id).zone
    live_by(session, case, zone, actor=work.actor, now=work.now)
    evidence = ledger.add_evidence(
        session, case_id=case.id, kind="document", row_id=application.id, actor=work.actor, now=work.now
    )
    person = _person(work)
    for duty in sought:
        why = "a packet says where the child is"
        ledger.settle(session, duty, evidence, actor=work.actor, why=why, now=work.now)
        if person is not None:
            resolve_settled(session, duty, evidence, by=person, now=work.now)
    keep_in_sight(work.kit, session, case, actor=work.actor, now=work.now)


def _person(work: Submission) -> UUID | None:
    """Who handed the packet in, when that is a person by name."""
    try:
        asked = UUID(work.actor)
    except ValueError:
        return None
    return work.session.scalars(select(col(Staff.id)).where(col(Staff.id) == asked)).first()
