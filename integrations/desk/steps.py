"""The steps of vetting, each re-entrant: take the application as far as it can go now, save, stop.

A step gathers the facts, does what is not done yet (measure, read, look up, order), and brings the
findings that it owns in line with what holds. Run twice, killed half-way, run again: same outcome.
No transaction is open while an outside service is at work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations import keys
from integrations.desk.checks import look_at_checks, order_checks
from integrations.kit import Kit
from integrations.policies import followup_policy, vetting_policy
from integrations.store import history, ledger
from integrations.store.applications import current_address, current_documents, current_packet, gather
from integrations.store.links import find_links
from integrations.store.sealing import open_bytes, open_json, seal_json
from models.errors import IntegrationError
from models.facts import ApplicationFacts, DocumentFacts, Duty, Finding
from models.policy import VettingPolicy
from models.states import (
    APPLICATION_MOVES,
    ApplicationState,
    CheckKind,
    CheckState,
    DocumentKind,
    FindingCode,
    FindingState,
)
from models.tables.ledger import Obligation
from models.tables.vetting import (
    Application,
    BackgroundCheck,
    Decision,
    Document,
    DocumentFile,
    Recommendation,
    Release,
)
from models.tables.vetting import Finding as FindingRow
from vetting import address, checks, completeness, findings, home_study, identity, linkage, steps
from vetting.ports import AddressQuery

STEPS = (
    "completeness",
    "identity",
    "proof_of_address",
    "background_checks",
    "linkage",
    "assessment",
)
ACTOR = "engine:vetting"
_OVER = frozenset({ApplicationState.DENIED, ApplicationState.WITHDRAWN, ApplicationState.RELEASED})


def run_step(kit: Kit, step: str, application_id: UUID, *, now: datetime) -> dict[str, int]:
    """The step has taken the application as far as it can go now. Returns counts, for the run's log."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        if ApplicationState(application.state) in _OVER:
            return {"skipped": 1}
    return _WORK[step](kit, application_id, now)


def _sync(
    kit: Kit,
    application_id: UUID,
    step: str,
    judge: Callable[[ApplicationFacts, VettingPolicy], Iterable[Finding]],
    now: datetime,
) -> dict[str, int]:
    """The file's findings of this step are those that hold now."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id, with_for_update=True)
        facts = gather(session, kit.vault, application)
        policy = vetting_policy(application.policy_version)
        found = tuple(judge(facts, policy))
        changes = findings.sync(facts.findings, found, findings.STEP_CODES[step])
        for finding in changes.open:
            _add_finding(session, application_id, finding, now)
        for row_id in changes.reopen:
            _move_finding(session, row_id, FindingState.OPEN, "holds again", now)
        for row_id in changes.resolve:
            _move_finding(session, row_id, FindingState.RESOLVED, "no longer holds", now)
        return {"findings": len(found)}


def _add_finding(session: Session, application_id: UUID, finding: Finding, now: datetime) -> None:
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


def _move_finding(session: Session, row_id: UUID, to: FindingState, why: str, now: datetime) -> None:
    row = session.get_one(FindingRow, row_id)
    old, row.state = row.state, to.value
    row.settled_at = now if to == FindingState.RESOLVED else None
    session.add(row)
    history.record(session, row, old=old, new=to.value, actor=ACTOR, why=why, now=now)


def _completeness(kit: Kit, application_id: UUID, now: datetime) -> dict[str, int]:
    return _sync(kit, application_id, "completeness", lambda f, p: completeness.findings(f, p, now), now)


def _unread(kit: Kit, application_id: UUID, wanted: Callable[[Document], bool]) -> list[tuple[UUID, bytes]]:
    """The bytes of the documents of the newest revision that this step has not looked at."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        documents = [d for d in current_documents(session, application) if wanted(d)]
        files = {
            f.id: open_bytes(kit.vault, f, "sealed_content")
            for f in session.scalars(
                select(DocumentFile).where(col(DocumentFile.id).in_([d.file_id for d in documents]))
            )
        }
        return [(d.id, files[d.file_id]) for d in documents]


def _identity(kit: Kit, application_id: UUID, now: datetime) -> dict[str, int]:
    """Every document is measured: how sharp it is, and whether it opens at all. Proofs of address are
    measured where they are read."""
    kind = DocumentKind.PROOF_OF_ADDRESS.value
    for document_id, content in _unread(
        kit, application_id, lambda d: d.kind != kind and d.measured_at is None
    ):
        legibility = kit.reader.measure_only(content)
        with kit.transaction() as session:
            row = session.get_one(Document, document_id)
            row.sharpness = None if legibility is None else legibility.sharpness
            row.readable = legibility is not None
            row.measured_at = now
            session.add(row)
    return _sync(kit, application_id, "identity", lambda f, p: identity.findings(f, p, now), now)


def _proof_of_address(kit: Kit, application_id: UUID, now: datetime) -> dict[str, int]:
    """Each proof of address is read once, and the stated address looked up once."""
    kind = DocumentKind.PROOF_OF_ADDRESS.value
    for document_id, content in _unread(kit, application_id, lambda d: d.kind == kind and d.read_at is None):
        _read(kit, document_id, content, now)
    _look_up_address(kit, application_id, now)
    # Its legibility is the identity step's finding, like every document's.
    _sync(kit, application_id, "identity", lambda f, p: identity.findings(f, p, now), now)
    return _sync(kit, application_id, "proof_of_address", lambda f, p: _address_findings(f, p), now)


def _read(kit: Kit, document_id: UUID, content: bytes, now: datetime) -> None:
    with kit.transaction() as session:
        row = session.get_one(Document, document_id)
        twin = session.scalars(
            select(Document).where(col(Document.file_id) == row.file_id, col(Document.read_at).is_not(None))
        ).first()
        known = None if twin is None else open_json(kit.vault, twin, "sealed_reading")
        legible = None if twin is None else (twin.sharpness, twin.readable)
    if known is None:
        reading = kit.reader.read(content)
        known = reading.text.as_json()
        sharp = None if reading.legibility is None else reading.legibility.sharpness
        legible = (sharp, reading.media_type is not None and reading.legibility is not None)
    with kit.transaction() as session:
        row = session.get_one(Document, document_id)
        seal_json(kit.vault, row, "sealed_reading", known)
        if legible is not None:
            row.sharpness, row.readable = legible
        row.read_at = row.measured_at = now
        session.add(row)


def _look_up_address(kit: Kit, application_id: UUID, now: datetime) -> None:
    with kit.transaction() as session:
        row = current_address(session, application_id)
        if row.postal_checked_at is not None:
            return
        stated = current_packet(session, kit.vault, session.get_one(Application, application_id)).address
    try:
        answer = kit.postal.look_up(
            AddressQuery(
                line1=stated.line1, unit=stated.unit, city=stated.city, state=stated.state, zip=stated.zip
            )
        )
    except IntegrationError:
        # No answer is never a clear answer: the look-up stays open, and the check round asks again.
        return
    with kit.transaction() as session:
        row = current_address(session, application_id)
        row.postal_dpv, row.postal_business = answer.dpv, answer.business
        row.postal_vacant, row.postal_version = answer.vacant, answer.reference_version
        row.postal_checked_at = now
        row.state = "deliverable" if answer.dpv == "Y" else "defective"
        session.add(row)


def _address_findings(facts: ApplicationFacts, policy: VettingPolicy) -> list[Finding]:
    if facts.postal is None:
        found = [_not_looked_up(policy)]
    else:
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
        # An illegible scan is the identity step's finding, as it is for every document.
        found += [
            _of_address(one, policy, proof) for one in raw if one.code != FindingCode.DOCUMENT_ILLEGIBLE
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


def _not_looked_up(policy: VettingPolicy) -> Finding:
    return Finding(
        code=FindingCode.ADDRESS_UNDELIVERABLE,
        subject="sponsor",
        message="The postal service has not answered yet. Kinline asks again; nothing is needed from you.",
        rule=policy.address.rule,
        source=policy.address.source,
        evidence={"postal": "no answer yet"},
    )


def _background_checks(kit: Kit, application_id: UUID, now: datetime) -> dict[str, int]:
    """What is missing is ordered, once; what has arrived is collected."""
    for _ in range(4):  # a rejected print leads to a new order, and that one to a name check
        added = _place_needs(kit, application_id, now)
        order_checks(kit, application_id, now=now)
        look_at_checks(kit, application_id, now=now)
        if not added:
            break
    return _sync(kit, application_id, "background_checks", lambda f, p: checks.findings(f, p, now), now)


def _place_needs(kit: Kit, application_id: UUID, now: datetime) -> int:
    with kit.transaction() as session:
        application = session.get_one(Application, application_id, with_for_update=True)
        facts = gather(session, kit.vault, application)
        people = keys.person_keys(kit.vault, facts.packet)
        needs = checks.orders_needed(facts, vetting_policy(application.policy_version), now)
        for need in needs:
            row = BackgroundCheck(
                application_id=application_id,
                subject=need.subject,
                person_key=people[need.subject],
                kind=CheckKind(need.kind).value,
                jurisdiction=need.jurisdiction,
                attempt=need.attempt,
                rule=need.rule,
                provider="clearline",
                next_look_at=now,
            )
            session.add(row)
            session.flush()
            history.record(
                session, row, old=None, new=CheckState.REQUIRED.value, actor=ACTOR, why=need.rule, now=now
            )
        return len(needs)


def _linkage(kit: Kit, application_id: UUID, now: datetime) -> dict[str, int]:
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        find_links(session, application, now=now)
    return _sync(kit, application_id, "linkage", lambda f, p: linkage.findings(f, p, now), now)


def _assessment(kit: Kit, application_id: UUID, now: datetime) -> dict[str, int]:
    """Home-study triggers, the state that follows from everything, and the duties that stand open."""
    _sync(kit, application_id, "assessment", lambda f, p: home_study.findings(f, p, now), now)
    with kit.transaction() as session:
        application = session.get_one(Application, application_id, with_for_update=True)
        settle_state(session, kit, application, actor=ACTOR, why="vetting ran", now=now)
        application.vetted_at = now
        session.add(application)
    return {"assessed": 1}


def settle_state(
    session: Session, kit: Kit, application: Application, *, actor: str, why: str, now: datetime
) -> None:
    """State and open duties follow from the facts. Called after every step and every act of a person."""
    facts = gather(session, kit.vault, application)
    policy = vetting_policy(application.policy_version)
    required = completeness.requirements(facts, policy, now)
    state = steps.next_state(facts, required, policy, now)
    history.move(session, application, state, APPLICATION_MOVES, actor=actor, why=why, now=now)
    if state != facts.state:
        session.flush()
        facts = gather(session, kit.vault, application)
    _sync_duties(session, application, steps.duties(facts, required, policy, now), actor=actor, now=now)


def _sync_duties(
    session: Session, application: Application, wanted: Sequence[Duty], *, actor: str, now: datetime
) -> None:
    duties = [_own(duty, application) for duty in wanted]
    rungs = followup_policy("swb-2024").rungs
    grace = timedelta(hours=sum(r.acknowledge_within_hours for r in rungs))
    ledger.open_duties(
        session,
        application.case_id,
        duties,
        owned_until={d.due_at: d.due_at + grace for d in duties},
        application_id=application.id,
        actor=actor,
        why="vetting asks for it",
        now=now,
    )
    keep = {(d.kind, d.key) for d in duties}
    for row in ledger.open_of(session, application.case_id, side="vetting", application_id=application.id):
        if (row.kind, row.key) not in keep:
            _end_duty(session, application, row, actor=actor, now=now)


def _own(duty: Duty, application: Application) -> Duty:
    """Two rival applications of one child have duties of the same kind: the key says whose it is."""
    return dataclasses.replace(duty, key=f"{duty.key}#{str(application.id)[:8]}")


def _end_duty(
    session: Session, application: Application, row: Obligation, *, actor: str, now: datetime
) -> None:
    """A vetting duty that nothing asks for any more: settled by what ended it, or over with the application."""
    if ApplicationState(application.state) in _OVER:
        ledger.void_by_closure(
            session, [row], actor=actor, why=f"the application is {application.state}", now=now
        )
        return
    kind, row_id = _what_ended(session, application, row.kind)
    evidence = ledger.add_evidence(
        session, case_id=application.case_id, kind=kind, row_id=row_id, actor=actor, now=now
    )
    ledger.settle(session, row, evidence, actor=actor, why="done", now=now)


_ENDED_BY: Mapping[str, tuple[str, Any]] = {
    "record_check": ("check", BackgroundCheck),
    "recommend": ("decision", Recommendation),
    "decide": ("decision", Decision),
    "release_child": ("release", Release),
}


def _what_ended(session: Session, application: Application, duty_kind: str) -> tuple[str, UUID]:
    """The newest row of the kind that ends such a duty; the application's own file for the rest."""
    kind, table = _ENDED_BY.get(duty_kind, ("document", None))
    if table is not None:
        order = "result_at" if table is BackgroundCheck else "at"
        found = session.scalars(
            select(table)
            .where(col(table.application_id) == application.id)
            .order_by(col(getattr(table, order)).desc().nullslast())
            .limit(1)
        ).first()
        if found is not None:
            return kind, found.id
    return "document", application.id


_WORK: Mapping[str, Callable[[Kit, UUID, datetime], dict[str, int]]] = {
    "completeness": _completeness,
    "identity": _identity,
    "proof_of_address": _proof_of_address,
    "background_checks": _background_checks,
    "linkage": _linkage,
    "assessment": _assessment,
}
