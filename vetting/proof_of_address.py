"""What the postal service's answer and each proof of address give rise to, as findings under the policy.

Pure, so that a stored decision can be judged again years later and give the same findings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from models.facts import ApplicationFacts, DocumentFacts, Finding
from models.findings import FindingCode
from models.states import DocumentKind
from models.vetting_policy import VettingPolicy
from vetting import address


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """What stands against the address. No answer yet is no finding: the gate waits for it by
    `vetting.gate.address_pending`, and so does a duty."""
    return tuple(_all(facts, policy))


def _all(facts: ApplicationFacts, policy: VettingPolicy) -> Iterator[Finding]:
    if facts.postal_refused:
        yield _refused(policy)
    for said in address.postal_findings(facts.packet.address, facts.postal):
        yield _finding(said, policy, None)
    for proof in facts.documents:
        if proof.kind is not DocumentKind.PROOF_OF_ADDRESS:
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
        for one in raw:
            # An illegible scan is the identity step's finding, as it is for every document; and a PO box
            # is said once, above.
            if one.code is not FindingCode.DOCUMENT_ILLEGIBLE and "po_box" not in one.evidence:
                yield _finding(one, policy, proof)


def _finding(one: address.AddressFinding, policy: VettingPolicy, proof: DocumentFacts | None) -> Finding:
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
