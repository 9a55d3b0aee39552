"""Is each document legible, in date, what the packet says, and nobody else's?"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from models.facts import ApplicationFacts, DocumentFacts, Finding
from models.policy import DocumentRule, Line, VettingPolicy
from models.states import IDENTITY_DOCUMENTS, DocumentKind, FindingCode
from vetting.category import stated_document, who
from vetting.checks import is_legible
from vetting.completeness import confirmation_of, document_words, requirements


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """Illegible, expired, disagreeing and re-used documents, document by document.

    Legibility and dates are asked of the documents that the policy requires. Those in which a person
    typed something else than the packet says, and those that another case holds too, are for review.
    """
    found = list(illegible(facts, policy, now))
    for document in facts.documents:
        if document.reused_in or document.alike_in:
            found.append(_reused(document, policy))
    for item, subject in dict.fromkeys((d.kind, d.subject) for d in facts.documents):
        if item in IDENTITY_DOCUMENTS:
            found += _expired(facts, policy, item, subject)
        found += _mismatch(facts, policy, item, subject)
    return tuple(found)


def illegible(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """Each required document that was measured and that nobody can read, in the order of the documents."""
    required = {(r.item, r.subject) for r in requirements(facts, policy, now) if r.kind == "document"}
    return tuple(
        _illegible(document, policy)
        for document in facts.documents
        if (document.kind, document.subject) in required and not is_legible(document, policy)
    )


def _illegible(document: DocumentFacts, policy: VettingPolicy) -> Finding:
    return Finding(
        code=FindingCode.DOCUMENT_ILLEGIBLE,
        subject=document.subject,
        message=f"The {document_words(document.kind)} of {who(document.subject)} cannot be read. "
        "Ask for a new photo: flat, in good light, all four corners showing.",
        rule=policy.identity.rule,
        source=policy.identity.source,
        evidence={"item": str(document.kind), "document": str(document.id)},
    )


def _reused(document: DocumentFacts, policy: VettingPolicy) -> Finding:
    line = _line(policy, document.kind)
    what = f"given as {document_words(document.kind)} of {who(document.subject)}"
    told = (
        f"The file {what} also stands in another case."
        if document.reused_in
        else f"A picture that looks the same as the one {what} stands in another case, at another size or quality."
    )
    evidence: dict[str, object] = {
        "item": str(document.kind),
        "document": str(document.id),
        "other_applications": sorted(str(other) for other in (*document.reused_in, *document.alike_in)),
    }
    if document.alike_in:
        evidence["alike_in"] = sorted(str(other) for other in document.alike_in)
    return Finding(
        code=FindingCode.DOCUMENT_REUSED,
        subject=document.subject,
        message=f"{told} Compare the two and say what you found.",
        rule=line.rule,
        source=line.source,
        evidence=evidence,
    )


def _expired(
    facts: ApplicationFacts, policy: VettingPolicy, item: DocumentKind, subject: str
) -> list[Finding]:
    """By the day that a person read from the document, else by the day that the packet states.

    The tolerance counts from the day of submission, as every window of a document does.
    """
    typed = confirmation_of(facts, item, subject)
    stated = stated_document(facts.packet, subject)
    expires_on = (typed.expires_on if typed else None) or (stated.expires_on if stated else None)
    rule = policy.identity
    if expires_on is None or not rule.active or not _is_past(expires_on, rule.expired_tolerance_days, facts):
        return []
    return [
        Finding(
            code=FindingCode.IDENTITY_EXPIRED,
            subject=subject,
            message=f"The {document_words(item)} of {who(subject)} expired on {expires_on}, more than "
            f"{rule.expired_tolerance_days} days before the application. Ask for one that is valid.",
            rule=rule.rule,
            source=rule.source,
            evidence={"item": str(item), "expires_on": expires_on.isoformat()},
        )
    ]


def _is_past(expires_on: date, tolerance_days: int, facts: ApplicationFacts) -> bool:
    return facts.submitted_at.date() > expires_on + timedelta(days=tolerance_days)


def _mismatch(
    facts: ApplicationFacts, policy: VettingPolicy, item: DocumentKind, subject: str
) -> list[Finding]:
    typed = confirmation_of(facts, item, subject)
    if typed is None or typed.agrees is not False:
        return []
    line = _line(policy, item)
    fields = ", ".join(field.replace("_", " ") for field in typed.differs) or "a field"
    return [
        Finding(
            code=FindingCode.IDENTITY_MISMATCH,
            subject=subject,
            message=f"What was read from the {document_words(item)} of {who(subject)} is not what the packet "
            f"says ({fields}). Look again, or say why the two belong together.",
            rule=line.rule,
            source=line.source,
            evidence={
                "item": str(item),
                "document": str(typed.document_id),
                "differs": sorted(typed.differs),
            },
        )
    ]


def _line(policy: VettingPolicy, item: DocumentKind) -> Line:
    """The policy's line for this document; the identity line for one that no line asks for."""
    lines: list[DocumentRule] = [rule for rule in policy.documents if rule.item is item]
    return lines[0] if lines else policy.identity
