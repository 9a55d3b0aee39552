"""What the pinned policy version asks of this application, and what is not there yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models.facts import (
    ApplicationFacts,
    ConfirmationFacts,
    DocumentFacts,
    Finding,
    ManualFacts,
    Requirement,
)
from models.findings import FindingCode
from models.states import DocumentKind, RequirementState
from models.vetting_policy import DocumentRule, ManualRule, VettingPolicy
from vetting import checks, home_study
from vetting.category import Subject, stated_document, subjects, who
from vetting.pending_release import allowance_for
from vetting.policy import asks, is_waived

_STATE = RequirementState


def requirements(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Requirement, ...]:
    """Everything that must be there, person by person as an officer reads: documents, then checks.

    The sponsor comes first, then the child, the household and the other caregiver; the home study last.
    """
    documents = _documents(facts, policy, now)
    asked_checks = _checks(facts, policy, now)
    found: list[Requirement] = []
    for subject in subjects(facts.packet):
        found += [r for r in documents if r.subject == subject.key]
        found += [r for r in asked_checks if r.subject == subject.key]
        found += _by_hand(facts, policy, subject, now)
    study = home_study.requirement(facts, policy, now)
    return (*found, study) if study else tuple(found)


def _by_hand(
    facts: ApplicationFacts, policy: VettingPolicy, subject: Subject, now: datetime
) -> list[Requirement]:
    """What people do and write down with evidence. One that failed is there, and does not pass."""
    found: dict[str, Requirement] = {}
    studied = bool(home_study.triggers(facts, policy, now))
    for rule in policy.manual:
        if not asks(rule, facts, subject, now, home_study=studied):
            continue
        asked = Requirement(
            item=rule.item,
            subject=subject.key,
            kind="manual",
            rule=rule.rule,
            source=rule.source,
            confirm=False,
            waivable=rule.waivable,
            state=_manual_state(facts, rule, subject.key),
        )
        known = found.get(asked.key)
        if known is None or (known.waivable and not asked.waivable):
            found[asked.key] = asked
    return list(found.values())


def manual_of(facts: ApplicationFacts, item: str, subject: str) -> ManualFacts | None:
    """The newest word on it; a failure is never outlived by an earlier success."""
    return max(
        (m for m in facts.manual if (m.item, m.subject) == (item, subject)),
        key=lambda m: (m.on, m.result == "failed"),
        default=None,
    )


def _manual_state(facts: ApplicationFacts, rule: ManualRule, subject: str) -> RequirementState:
    said = manual_of(facts, rule.item, subject)
    if said is not None and said.result == "confirmed":
        return _STATE.CONFIRMED
    if is_waived(facts, f"{rule.item}@{subject}", waivable=rule.waivable) and said is None:
        return _STATE.WAIVED
    return _STATE.RECEIVED if said is not None else _STATE.MISSING


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """A block for each document that is not there: what is missing and what to do about it."""
    checked = {asked.subject for asked in checks.required_checks(facts, policy, now)}
    return tuple(
        _missing(r, consent=r.subject in checked)
        for r in _documents(facts, policy, now)
        if r.state is _STATE.MISSING
    )


def documents_for(facts: ApplicationFacts, item: str, subject: str) -> tuple[DocumentFacts, ...]:
    """The documents of this revision that answer one requirement."""
    return tuple(d for d in facts.documents if d.kind == item and d.subject == subject)


def confirmation_of(facts: ApplicationFacts, item: str, subject: str) -> ConfirmationFacts | None:
    """The newest confirmation that was typed from a document still in the file."""
    present = {d.id for d in documents_for(facts, item, subject)}
    typed = [
        c for c in facts.confirmations if (c.item, c.subject) == (item, subject) and c.document_id in present
    ]
    return max(typed, key=lambda c: c.at, default=None)


def _documents(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> list[Requirement]:
    studied = bool(home_study.triggers(facts, policy, now))
    found: dict[str, Requirement] = {}
    for subject in subjects(facts.packet):
        for rule in policy.documents:
            if not asks(rule, facts, subject, now, home_study=studied):
                continue
            asked = _document(facts, rule, subject.key)
            known = found.get(asked.key)
            if known is None or (known.waivable and not asked.waivable):
                found[asked.key] = asked
    return list(found.values())


def _document(facts: ApplicationFacts, rule: DocumentRule, subject: str) -> Requirement:
    item = str(rule.item)
    if is_waived(facts, f"{item}@{subject}", waivable=rule.waivable):
        state = _STATE.WAIVED
    elif not documents_for(facts, item, subject) or not _is_accepted(facts, rule, subject):
        state = _STATE.MISSING
    elif confirmation_of(facts, item, subject) is None:
        state = _STATE.RECEIVED
    else:
        state = _STATE.CONFIRMED
    return Requirement(
        item=item,
        subject=subject,
        kind="document",
        rule=rule.rule,
        source=rule.source,
        confirm=rule.confirm,
        waivable=rule.waivable,
        state=state,
    )


def _is_accepted(facts: ApplicationFacts, rule: DocumentRule, subject: str) -> bool:
    """Whether the identity document that the packet names is of a type that this version takes."""
    if rule.accepted_types is None:
        return True
    stated = stated_document(facts.packet, subject)
    return stated is not None and "_".join(stated.type.casefold().split()) in rule.accepted_types


def _checks(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> list[Requirement]:
    return [
        Requirement(
            item=str(asked.rule.item),
            subject=asked.subject,
            kind="check",
            rule=asked.rule.rule,
            source=asked.rule.source,
            confirm=False,
            waivable=asked.rule.waivable,
            state=_check_state(facts, asked, now),
            jurisdiction=asked.jurisdiction,
            pending_under=_pending_under(facts, policy, asked, now),
        )
        for asked in checks.required_checks(facts, policy, now)
    ]


def _pending_under(
    facts: ApplicationFacts, policy: VettingPolicy, asked: checks.RequiredCheck, now: datetime
) -> str | None:
    allowed = allowance_for(facts, policy, checks.status(facts, asked, now).latest, now)
    return allowed[1].rule if allowed else None


def _check_state(facts: ApplicationFacts, asked: checks.RequiredCheck, now: datetime) -> RequirementState:
    stands = checks.status(facts, asked, now)
    if stands.value is checks.Standing.CLEAR:
        return _STATE.CONFIRMED
    if checks.hit_in(stands.value) is None and is_waived(facts, asked.key, waivable=asked.rule.waivable):
        return _STATE.WAIVED
    not_begun = stands.value in (checks.Standing.NOT_ORDERED, checks.Standing.REQUIRED)
    # Once a fallback has taken over, an answer to the first check is in, though it does not pass.
    return _STATE.MISSING if not_begun and stands.kind is asked.rule.item else _STATE.RECEIVED


_ASK: Mapping[str, tuple[str, str]] = {
    DocumentKind.SPONSOR_IDENTITY: (
        "photo identity document",
        "Ask for a passport, licence, consular or national card: front and back, sharp enough to read.",
    ),
    DocumentKind.HOUSEHOLD_IDENTITY: (
        "photo identity document",
        "Every adult in the home needs one: ask for a passport, licence, consular or national card.",
    ),
    DocumentKind.CAREGIVER_IDENTITY: (
        "photo identity document",
        "Ask for a passport, licence, consular or national card: front and back.",
    ),
    DocumentKind.CHILD_IDENTITY: ("birth certificate", "Ask the family or the consulate for it."),
    DocumentKind.PROOF_OF_ADDRESS: (
        "proof of address",
        "Ask for a lease, or a bill, bank statement, pay stub or official letter of the last weeks.",
    ),
    DocumentKind.PROOF_OF_RELATIONSHIP: (
        "proof of relationship",
        "Ask for the chain of birth or marriage certificates; for a guardian, the court's order.",
    ),
    DocumentKind.PROOF_OF_INCOME: (
        "proof of income",
        "Ask for a tax return, pay stubs or an employer's letter.",
    ),
    DocumentKind.RELEASE_AUTHORIZATION: (
        "signed authorization for release of information",
        "Ask for the signature: no check may be ordered without it.",
    ),
    DocumentKind.SPONSOR_CARE_AGREEMENT: ("signed sponsor care agreement", "Ask for the signed agreement."),
    DocumentKind.HOME_STUDY_REPORT: ("home study report", "Ask the home study provider for it."),
    DocumentKind.LEGAL_GUARDIANSHIP: ("court order of guardianship", "Ask for a copy with the court's seal."),
}


def document_words(item: str) -> str:
    """What a document is called in a message."""
    return _ASK.get(item, (item.replace("_", " "), ""))[0]


def document_advice(item: str) -> str:
    """What to ask a family for."""
    return _ASK.get(item, ("", ""))[1]


def _missing(asked: Requirement, *, consent: bool) -> Finding:
    code = FindingCode.DOCUMENT_MISSING
    if asked.item == DocumentKind.PROOF_OF_RELATIONSHIP:
        code = FindingCode.RELATIONSHIP_UNPROVEN
    elif asked.item == DocumentKind.RELEASE_AUTHORIZATION and consent:
        code = FindingCode.CONSENT_MISSING
    remedy = _ASK.get(asked.item, ("", "Ask for it."))[1]
    return Finding(
        code=code,
        subject=asked.subject,
        message=f"The {document_words(asked.item)} of {who(asked.subject)} is missing. {remedy}",
        rule=asked.rule,
        source=asked.source,
        evidence={"item": asked.item},
    )
