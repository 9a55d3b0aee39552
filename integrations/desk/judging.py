"""Brings the findings in the file in line with what the facts say now, step by step. Asks nobody outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import current_address, gather
from models.facts import ApplicationFacts, DocumentFacts, Finding
from models.policy import VettingPolicy
from models.states import DocumentKind, FindingCode, FindingState
from models.tables.vetting import Application
from models.tables.vetting import Finding as FindingRow
from vetting import address, checks, completeness, findings, home_study, identity, linkage

ACTOR = "engine:vetting"
# The postal service will not look this address up, whoever asks.
REFUSED = "unknown"

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
    if step == "proof_of_address" and current_address(session, application.id).state == REFUSED:
        found.append(_refused(policy))
    changes = findings.sync(facts.findings, found, findings.STEP_CODES[step])
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


def _of_the_address(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> list[Finding]:
    """What the postal service and each proof of address give rise to. No answer yet is no finding: the
    gate waits for it by `address_pending`, and so does a duty."""
    said = address.postal_findings(facts.packet.address, facts.postal)
    found = [_of_address(one, policy, None) for one in said]
    for proof in facts.documents:
        if proof.kind != DocumentKind.PROOF_OF_ADDRESS:
            continue
        raw = address.address_findings(
            proof.text,
            facts.packet,
            issued_on=proof.issued_on,
            submitted_on=facts.submitted_at.date(),
            window_days=policy.address.document_window_days,
            window_exempt=proof.text is not None and address.looks_like_a_lease(proof.text.lines),
            sharpness=proof.sharpness,
            sharpness_at_least=policy.identity.sharpness_at_least,
            postal=None,
        )
        # An illegible scan is the identity step's finding, as it is for every document; and a PO box is
        # said once, above.
        found += [
            _of_address(one, policy, proof)
            for one in raw
            if one.code != FindingCode.DOCUMENT_ILLEGIBLE and "po_box" not in one.evidence
        ]
    return found


def _of_address(one: address.AddressFinding, policy: VettingPolicy, proof: DocumentFacts | None) -> Finding:
    evidence = dict(one.evidence)
    if proof is not None:
        evidence["document"] = str(proof.id)
    return Finding(
        code=one.code,
        subject="sponsor",
        message=one.message,
        rule=policy.address.rule,
        source=policy.address.source,
        evidence=evidence,
    )


def _refused(policy: VettingPolicy) -> Finding:
    return Finding(
        code=FindingCode.ADDRESS_UNDELIVERABLE,
        subject="sponsor",
        message="The postal service can't look this address up as it is written. "
        "Check street, city, state and ZIP with the sponsor and correct the packet.",
        rule=policy.address.rule,
        source=policy.address.source,
        evidence={"postal": "refused"},
    )


_JUDGES: Mapping[str, Judge] = {
    "completeness": completeness.findings,
    "identity": identity.findings,
    "proof_of_address": _of_the_address,
    "background_checks": checks.findings,
    "linkage": linkage.findings,
    "assessment": home_study.findings,
}
