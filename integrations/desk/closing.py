"""What closing a case rests on and ends: the facts that it is judged by, its evidence, and everything left open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.calendar import local_day
from followup.closing import ClosingFacts
from followup.lost import open_before_closing
from integrations.desk.escalations import policy_of
from integrations.desk.planned import cancel_all
from integrations.desk.sight import turns_18_on
from integrations.kit import Kit
from integrations.store import history, ledger
from integrations.store.sealing import open_json, seal_json
from models.errors import BadInput, Problem
from models.followup_policy import ClosureRule
from models.reports import MUST_BE_TOLD
from models.states import CaseState, EscalationState, ObligationState, Party
from models.tables.closing import Closure
from models.tables.ledger import Call, Escalation, Obligation
from models.tables.people import Case
from models.tables.vetting import Application, Document

DEFAULT_ZONE = "America/New_York"
LONGEST_REFERENCE = 200


def closing_facts(kit: Kit, session: Session, case: Case) -> ClosingFacts:
    """What the closing of this case is judged by, as it stands now."""
    zone = case.zone or DEFAULT_ZONE
    heard_at = heard_since_release(case)
    asked = session.scalars(
        select(col(Call.at)).where(
            col(Call.case_id) == case.id,
            col(Call.kind) == "human",
            col(Call.state) == "done",
            col(Call.party) == Party.CHILD.value,
            col(Call.at) > (heard_at or case.released_at or case.created_at),
        )
    )
    open_kinds = _open_kinds(session, case)
    return ClosingFacts(
        state=CaseState(case.state),
        zone=zone,
        turns_18_on=turns_18_on(kit, session, case),
        heard_at=heard_at,
        asked_on_days=len({local_day(at, zone) for at in asked if at is not None}),
        lost_steps_open=open_before_closing(policy_of(case), open_kinds),
        to_be_told=tuple(sorted(open_kinds & MUST_BE_TOLD)),
    )


def _open_kinds(session: Session, case: Case) -> set[str]:
    """Read without a lock: pages ask too."""
    return set(
        session.scalars(
            select(col(Obligation.kind)).where(
                col(Obligation.case_id) == case.id, col(Obligation.state) == ObligationState.OPEN.value
            )
        )
    )


def heard_since_release(case: Case) -> datetime | None:
    """When a person last spoke with the child since the release; None: nobody has."""
    if case.released_at is None or case.last_contact_at is None or case.last_contact_at <= case.released_at:
        return None
    return case.last_contact_at


def write_closure(
    kit: Kit,
    session: Session,
    case: Case,
    rule: ClosureRule,
    *,
    policy_version: str,
    evidence: str,
    note: str,
    by: UUID,
    now: datetime,
) -> Closure:
    """The closing stands on record with its evidence.

    Raises:
        BadInput: the evidence is no document of this case, or too long for a reference.
    """
    row = Closure(
        case_id=case.id,
        reason=rule.reason.value,
        rule=rule.rule,
        policy_version=policy_version,
        note=note,
        document_id=_document(session, case, evidence),
        proposed_by=case.closure_proposed_by if rule.confirmed_by else None,
        closed_by=by,
        closed_at=now,
    )
    if evidence.strip() and row.document_id is None:
        seal_json(kit.vault, row, "sealed_reference", evidence.strip())
    session.add(row)
    session.flush()
    return row


def _document(session: Session, case: Case, evidence: str) -> UUID | None:
    """The document of this case with this id; None for a reference in words."""
    try:
        wanted = UUID(evidence.strip())
    except ValueError:
        if len(evidence.strip()) > LONGEST_REFERENCE:
            raise BadInput(
                Problem(
                    "--evidence",
                    "too_long",
                    f"A reference has {LONGEST_REFERENCE} characters at most.",
                    "Name the paper, not what stands in it.",
                )
            ) from None
        return None
    found = session.scalars(
        select(col(Document.id))
        .join(Application, col(Application.id) == col(Document.application_id))
        .where(col(Document.id) == wanted, col(Application.case_id) == case.id)
    ).first()
    if found is None:
        raise BadInput(
            Problem(
                "--evidence",
                "not_found",
                "This case has no document with this id.",
                "Use an id of this case's documents, or a reference in words.",
            )
        )
    return found


def standing_closure(session: Session, case_id: UUID) -> Closure | None:
    """The closing that stands; None while the case is open."""
    return session.scalars(
        select(Closure).where(col(Closure.case_id) == case_id, col(Closure.reopened_at).is_(None))
    ).one_or_none()


def evidence_named(kit: Kit, row: Closure) -> str | None:
    """The document's id or the reference that the closing rests on."""
    reference: str | None = open_json(kit.vault, row, "sealed_reference")
    return str(row.document_id) if row.document_id else reference


def end_everything(session: Session, case: Case, closure: Closure, *, why: str, now: datetime) -> None:
    """No duty, call, text or escalation of the case is left open, and each says which closing ended it."""
    actor = str(closure.closed_by)
    duties = ledger.open_of(session, case.id)
    ledger.void_by_closure(session, duties, actor=actor, why=why, now=now, closure_id=closure.id)
    cancel_all(session, case.id, now=now)
    for alarm in session.scalars(
        select(Escalation).where(
            col(Escalation.case_id) == case.id, col(Escalation.state) != EscalationState.RESOLVED.value
        )
    ):
        old = alarm.state
        alarm.state, alarm.by_closure = EscalationState.RESOLVED.value, True
        alarm.closure_id = closure.id
        alarm.owner = alarm.owner or closure.closed_by
        alarm.acknowledged_at = alarm.acknowledged_at or now
        alarm.resolved_by, alarm.resolved_at, alarm.outcome = closure.closed_by, now, "case closed"
        session.add(alarm)
        history.record(session, alarm, old=old, new="resolved", actor=actor, why=why, now=now)
