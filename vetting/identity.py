"""Is each document legible, in date, what the packet says, and nobody else's?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from models.facts import ApplicationFacts, ConfirmationFacts, DocumentFacts, Finding
from models.findings import FindingCode
from models.policy import Line
from models.reading import MachineZone
from models.states import IDENTITY_DOCUMENTS, DocumentKind
from models.vetting_policy import DocumentRule, VettingPolicy
from vetting import zone
from vetting.category import stated_document, who
from vetting.checks import is_legible
from vetting.completeness import confirmation_of, document_words, documents_for, requirements


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """Illegible, expired, disagreeing and re-used documents, document by document.

    Legibility and dates are asked of the documents that the policy requires. Those in which a person or the
    machine read something else than the packet says, and those that another case holds too, are for review.
    """
    found = [*illegible(facts, policy, now), *reused(facts, policy)]
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


def reused(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[Finding, ...]:
    """Each document that another case holds too, in the order of the documents."""
    return tuple(
        _reused(document, policy) for document in facts.documents if document.reused_in or document.alike_in
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
    """By the earlier of the days that a person and the machine read from the document, else by the day that
    the packet states.

    The tolerance counts from the day of submission, as every window of a document does.
    """
    typed = confirmation_of(facts, item, subject)
    stated = stated_document(facts.packet, subject)
    by_person = typed.expires_on if typed else None
    by_machine = _zone_expiry(facts, item, subject)
    read = [day for day in (by_person, by_machine) if day is not None]
    without = by_person or (stated.expires_on if stated else None)
    expires_on = min(read, default=without)
    rule = policy.identity
    if expires_on is None or not rule.active or not _is_past(expires_on, rule.expired_tolerance_days, facts):
        return []
    by_machine_alone = expires_on != without
    return [
        Finding(
            code=FindingCode.IDENTITY_EXPIRED,
            subject=subject,
            message=f"The {document_words(item)} of {who(subject)} expired on {expires_on}"
            f"{' by its machine-readable zone' if by_machine_alone else ''}, more than "
            f"{rule.expired_tolerance_days} days before the application. Ask for one that is valid.",
            rule=rule.rule,
            source=rule.source,
            evidence={"item": str(item), "expires_on": expires_on.isoformat()}
            | ({"read_by": "machine"} if by_machine_alone else {}),
        )
    ]


def _zone_expiry(facts: ApplicationFacts, item: DocumentKind, subject: str) -> date | None:
    """The earliest among the papers with a zone; among those alone that bear the stated number, if any does."""
    read = _zones(facts, item, subject)
    stated = [d for d in read if "number" not in zone.differs_from_packet(d.zone, subject, facts.packet)]
    days = (zone.expiry_of(d.zone, facts.submitted_at.date()) for d in stated or read)
    return min((day for day in days if day is not None), default=None)


def _is_past(expires_on: date, tolerance_days: int, facts: ApplicationFacts) -> bool:
    return facts.submitted_at.date() > expires_on + timedelta(days=tolerance_days)


# --- what the packet says, what a person read, what the machine read ---------------------------


@dataclass(frozen=True, slots=True)
class _Zoned:
    """A document whose machine-readable zone was read."""

    id: UUID
    zone: MachineZone


def _zones(facts: ApplicationFacts, item: DocumentKind, subject: str) -> tuple[_Zoned, ...]:
    if item not in IDENTITY_DOCUMENTS:
        return ()
    papers = documents_for(facts, item, subject)
    return tuple(_Zoned(d.id, d.zone) for d in papers if d.zone is not None)


def _mismatch(
    facts: ApplicationFacts, policy: VettingPolicy, item: DocumentKind, subject: str
) -> list[Finding]:
    """At most one for what a person read, one for each document that the machine read, and one where person
    and machine read the same document and disagree though no other finding tells it."""
    by_machine = _zone_differences(facts, item, subject)
    line = _line(policy, item)

    def found(document: UUID, differs: Iterable[str], message: str, **read_by: str) -> Finding:
        return Finding(
            code=FindingCode.IDENTITY_MISMATCH,
            subject=subject,
            message=message.format(
                paper=f"the {document_words(item)} of {who(subject)}", fields=_in_words(differs)
            ),
            rule=line.rule,
            source=line.source,
            evidence={"item": str(item), "document": str(document), "differs": sorted(differs)} | read_by,
        )

    typed = confirmation_of(facts, item, subject)
    out = []
    if typed is not None and typed.agrees is False:
        slip = _says_what_the_packet_says(typed, by_machine)
        out.append(found(typed.document_id, typed.differs, _TYPED + (_ZONE_AGREES if slip else "")))
    out += [
        found(document, differs, _BY_MACHINE, read_by="machine")
        for document, differs in by_machine.items()
        if differs
    ]
    untold = _untold(typed, by_machine)
    if typed is not None and untold:
        out.append(found(typed.document_id, untold, _PERSON_OR_MACHINE, read_by="person_and_machine"))
    return out


_TYPED = (
    "What was read from {paper} is not what the packet says ({fields}). Look again, or say why the two "
    "belong together."
)
_ZONE_AGREES = " Its machine-readable zone says what the packet says."
_BY_MACHINE = (
    "The machine-readable zone of {paper}, read by machine, is not what the packet says ({fields}). Look at the "
    "document, and say why the two belong together."
)
_PERSON_OR_MACHINE = (
    "What a person typed from {paper} is not what the machine read from its machine-readable zone ({fields}). "
    "Look again, and say which of the two is right."
)


def _zone_differences(
    facts: ApplicationFacts, item: DocumentKind, subject: str
) -> Mapping[UUID, tuple[str, ...]]:
    """The fields in which each document's zone is not what the packet says.

    Beside the document that the packet states, another of the same person has a number and days of its own.
    """
    found = {
        paper.id: zone.differs_from_packet(paper.zone, subject, facts.packet)
        for paper in _zones(facts, item, subject)
    }
    if any("number" not in differs for differs in found.values()):
        found = {
            document: differs if "number" not in differs else _of_the_person(differs)
            for document, differs in found.items()
        }
    return found


def _of_the_person(differs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in differs if name not in ("number", "expires_on"))


def _says_what_the_packet_says(typed: ConfirmationFacts, by_machine: Mapping[UUID, tuple[str, ...]]) -> bool:
    zoned = by_machine.get(typed.document_id)
    return zoned == () and bool(typed.differs) and _as_in_zone(typed.differs) <= zone.COMPARED


def _untold(typed: ConfirmationFacts | None, by_machine: Mapping[UUID, tuple[str, ...]]) -> tuple[str, ...]:
    """Where person and machine disagree, and neither or both differ from the packet: of a field in which one
    alone does, that one's finding speaks already."""
    if typed is None or typed.document_id not in by_machine:
        return ()
    person, machine = _as_in_zone(typed.differs), by_machine[typed.document_id]
    return tuple(name for name in typed.not_in_zone if (name in person) == (name in machine))


def _as_in_zone(fields: Iterable[str]) -> frozenset[str]:
    return frozenset("names" if name in ("given_names", "family_names") else name for name in fields)


def _in_words(fields: Iterable[str]) -> str:
    return ", ".join(field.replace("_", " ") for field in fields) or "a field"


def _line(policy: VettingPolicy, item: DocumentKind) -> Line:
    """The policy's line for this document; the identity line for one that no line asks for."""
    lines: list[DocumentRule] = [rule for rule in policy.documents if rule.item is item]
    return lines[0] if lines else policy.identity
