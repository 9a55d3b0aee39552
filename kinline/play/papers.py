"""Invented staff make the reports that a call asked for, and bring notices of concern to their recipient."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.new_home import COURT_FORM
from integrations.desk import notices, reports
from integrations.desk.duties import BY_PAPER
from integrations.kit import Kit
from models.facts import Person
from models.reports import NOTICE_DUTY, REPORT_DUTIES
from models.tables.ledger import Obligation

_FACTS = b'{"what_happened": "simulated: as the call record says"}'
_WHO, _THEIRS, _HOW = "simulated", "SIMULATED", "phone"


def open_papers(session: Session) -> list[Obligation]:
    """Duties that a report or a notice ends, earliest due first."""
    return list(
        session.scalars(
            select(Obligation)
            .where(
                col(Obligation.state) == "open",
                col(Obligation.kind).in_(BY_PAPER),
                col(Obligation.kind) != COURT_FORM,  # filed once the new home is on file: `play.homes`
            )
            .order_by(col(Obligation.due_at), col(Obligation.id))
        )
    )


def make_paper(kit: Kit, duty: Obligation, manager: Person, supervisor: Person, *, now: datetime) -> None:
    """The report is made, or the notice goes its next steps: drafted by one, approved by another."""
    if duty.kind in REPORT_DUTIES:
        named = duty.detail.get("recipient")
        to = None if named else min(REPORT_DUTIES[duty.kind])
        told = reports.Told(_WHO, _THEIRS, _HOW, now, to)
        reports.file_report(kit, duty.id, manager, told, now=now)
    elif duty.kind == NOTICE_DUTY:
        notice = notices.draft(kit, str(duty.case_id), _FACTS, manager, duty_id=duty.id, now=now)
        notices.approve(kit, notice, supervisor, now=now)
        notices.certify(kit, notice, manager, method=_HOW, now=now)
    else:
        answer = notices.Acknowledgement(_THEIRS, now)
        notices.acknowledge(kit, UUID(str(duty.detail["notice_id"])), manager, answer, now=now)
