"""How the closing of a case stands, to be read: the last contact, and what each reason would need today."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.accounting import heard_until
from followup.closing import ClosingFacts, closure_rules, lacking, needs
from integrations.desk.closing import closing_facts, evidence_named, standing_closure
from integrations.desk.escalations import policy_of
from integrations.desk.sight import child_in_sight
from integrations.kit import Kit
from integrations.store.lost import acts_of
from integrations.store.sealing import open_json
from models.followup_policy import ClosureRule
from models.states import CaseState
from models.tables.closing import LostAct
from models.tables.ledger import Call
from models.tables.people import Case, Staff
from models.tables.vetting import Release


def closure_json(session: Session, kit: Kit, case: Case) -> dict[str, Any] | None:
    """The closing that stands; None while the case is open."""
    if case.closed_at is None:
        return None
    told = {"reason": case.closure_reason, "by": str(case.closed_by), "at": case.closed_at.isoformat()}
    row = standing_closure(session, case.id)
    if row is None:  # closed before closings were rows
        return told
    proposed_by = str(row.proposed_by) if row.proposed_by else None
    return told | {"rule": row.rule, "proposed_by": proposed_by, "evidence": evidence_named(kit, row)}


def closing_json(session: Session, kit: Kit, case: Case, now: datetime) -> dict[str, Any] | None:
    """The last contact and what each closing would need; None for a case that is closed."""
    if case.state == CaseState.CLOSED:
        return None
    facts = closing_facts(kit, session, case)
    proposed_by = _email(session, case.closure_proposed_by)
    return {
        "last_contact": _last_contact(session, case),
        "max_silence_days": case.max_silence_days,
        "heard_until": heard_until(child_in_sight(session, case), now).isoformat()
        if case.released_at
        else None,
        "asked_on_days": facts.asked_on_days,
        "proposed": {"reason": case.closure_proposed, "by": proposed_by} if case.closure_proposed else None,
        "reasons": [_reason(rule, facts, now) for rule in closure_rules(policy_of(case))],
    }


def lost_json(session: Session, kit: Kit, case: Case) -> list[dict[str, Any]]:
    """What was done and decided to find the child, oldest first."""
    return [
        {
            "step": act.step,
            "act": act.act,
            "outcome": act.outcome,
            "spoke_with": act.spoke_with,
            "alone": act.alone,
            "by": _email(session, act.by_staff),
            "at": act.at.isoformat(),
            "note": open_json(kit.vault, act, "sealed_note"),
        }
        for act in acts_of(session, case.id)
    ]


def _reason(rule: ClosureRule, facts: ClosingFacts, now: datetime) -> dict[str, Any]:
    """`lacking` leaves the evidence out: whoever closes brings it along."""
    return {
        "reason": rule.reason.value,
        "roles": [role.value for role in rule.roles],
        "confirmed_by": [role.value for role in rule.confirmed_by],
        "needs": list(needs(rule)),
        "evidence": rule.evidence,
        "lacking": [
            {"code": one.code, "message": one.message, "remedy": one.remedy}
            for one in lacking(rule, facts, evidence=True, now=now)
        ],
        "rule": rule.rule,
        "source": rule.source,
        "unverified": rule.unverified,
    }


def _last_contact(session: Session, case: Case) -> dict[str, Any] | None:
    """When a person last spoke with the child, who, and how; the release counts as the first time."""
    if case.last_contact_at is None:
        return None
    call = session.execute(
        select(col(Staff.email), col(Call.outcome))
        .join(Staff, col(Staff.id) == col(Call.called_by))
        .where(
            col(Call.case_id) == case.id,
            col(Call.spoke_with) == "child",
            col(Call.at) == case.last_contact_at,
        )
    ).first()
    if call is not None:
        return {"at": case.last_contact_at.isoformat(), "how": "call", "by": call[0], "outcome": call[1]}
    visit = session.execute(
        select(col(Staff.email), col(LostAct.step))
        .join(Staff, col(Staff.id) == col(LostAct.by_staff))
        .where(
            col(LostAct.case_id) == case.id,
            col(LostAct.spoke_with) == "child",
            col(LostAct.at) == case.last_contact_at,
        )
    ).first()
    if visit is not None:
        return {"at": case.last_contact_at.isoformat(), "how": visit[1], "by": visit[0], "outcome": "found"}
    release = session.scalars(
        select(col(Release.released_by)).where(
            col(Release.case_id) == case.id, col(Release.at) == case.last_contact_at
        )
    ).first()
    by = _email(session, release) if release else None
    return {"at": case.last_contact_at.isoformat(), "how": "release", "by": by, "outcome": None}


def _email(session: Session, staff_id: UUID | None) -> str | None:
    return None if staff_id is None else session.get_one(Staff, staff_id).email
