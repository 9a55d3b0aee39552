"""Brings the findings in the file in line with what the facts say now, step by step. Asks nobody outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import gather
from models.facts import ApplicationFacts, Finding
from models.findings import FindingState
from models.states import ApplicationState
from models.tables.vetting import Application
from models.tables.vetting import Finding as FindingRow
from models.vetting_policy import VettingPolicy
from vetting import (
    checks,
    completeness,
    findings,
    home_study,
    identity,
    interviews,
    linkage,
    proof_of_address,
)

ACTOR = "engine:vetting"

Judge = Callable[[ApplicationFacts, VettingPolicy, datetime], Iterable[Finding]]


def judge(kit: Kit, step: str, application_id: UUID, *, now: datetime) -> dict[str, int]:
    """The file's findings of this step are those that hold now. Returns how many hold."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id, with_for_update=True)
        return {"findings": judge_in(session, kit, application, step, now=now)}


def judge_in(session: Session, kit: Kit, application: Application, step: str, *, now: datetime) -> int:
    """As `judge`, inside the transaction that holds the application locked."""
    facts = gather(session, kit.vault, application)
    policy = vetting_policy(application.policy_version)
    found = list(_JUDGES[step](facts, policy, now))
    codes = findings.STEP_CODES[step]
    if facts.state is ApplicationState.RELEASED:
        codes &= findings.AFTER_RELEASE
    changes = findings.sync(facts.findings, found, codes)
    for finding in changes.open:
        _add(session, application.id, finding, now)
    for row_id in changes.reopen:
        _move(session, row_id, FindingState.OPEN, "holds again", now)
    for row_id in changes.resolve:
        _move(session, row_id, FindingState.RESOLVED, "no longer holds", now)
    session.flush()
    return len(found)


def _add(session: Session, application_id: UUID, finding: Finding, now: datetime) -> None:
    row = FindingRow(
        application_id=application_id,
        code=finding.code.value,
        severity=finding.severity.value,
        subject=finding.subject,
        evidence_key=findings.identity_of(finding),
        message=finding.message,
        rule=finding.rule,
        source=finding.source,
        evidence=dict(finding.evidence),
        found_at=now,
    )
    session.add(row)
    session.flush()
    history.record(session, row, old=None, new="open", actor=ACTOR, why=finding.rule, now=now)


def _move(session: Session, row_id: UUID, to: FindingState, why: str, now: datetime) -> None:
    row = session.get_one(FindingRow, row_id)
    old, row.state = row.state, to.value
    row.settled_at = now if to == FindingState.RESOLVED else None
    session.add(row)
    history.record(session, row, old=old, new=to.value, actor=ACTOR, why=why, now=now)


_JUDGES: Mapping[str, Judge] = {
    "completeness": completeness.findings,
    "identity": identity.findings,
    "proof_of_address": proof_of_address.findings,
    "background_checks": checks.findings,
    "linkage": linkage.findings,
    "assessment": home_study.findings,
    "interviews": interviews.findings,
}
