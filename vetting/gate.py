"""The gate: whether the child may be released, and what is missing. Facts alone; who may act is `vetting.acts`' and `vetting.decision`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.facts import (
    ApplicationFacts,
    Finding,
    OpinionFacts,
    Requirement,
)
from models.findings import FindingState, Severity
from models.states import (
    APPROVALS,
    SENT_BACK,
    ApplicationState,
    DocumentKind,
    RequirementState,
    Role,
)
from models.vetting_policy import VettingPolicy
from vetting import home_study
from vetting.findings import found_now, identity_of


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the child may be released. Each of `missing` begins with a stable code."""

    open: bool
    missing: tuple[str, ...] = ()


def gate(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> Gate:
    """Open only when every requirement has its evidence, nothing open speaks against it, and people decided.

    `requirements` must be those of `now`: what has expired since is missing again.
    """
    missing = (
        *unmet(facts, requirements, policy, now),
        *_people_missing(facts, policy),
    )
    return Gate(open=not missing, missing=missing)


def unmet(
    facts: ApplicationFacts, requirements: Sequence[Requirement], policy: VettingPolicy, now: datetime
) -> tuple[str, ...]:
    """What an approval would have to wait for: requirements without evidence, and open findings.

    The file's findings may lag behind the facts, so those that hold now and that nobody has cleared
    count too.
    """
    wanting = [w for r in requirements if (w := _unmet(r)) is not None]
    if not requirements:
        wanting.append("requirements not_computed")
    wanting += address_pending(facts)
    if facts.ladder.is_unvetted_amendment:
        # Its numbers and people have not been looked for elsewhere yet.
        wanting.append("vetting amendment")
    settled = {identity_of(row.finding) for row in facts.findings if row.state is FindingState.CLEARED}
    speaking = [row.finding for row in facts.findings if row.state is FindingState.OPEN]
    speaking += [f for f in found_now(facts, policy, now) if identity_of(f) not in settled]
    serious = [_finding_words(f) for f in speaking if f.severity is not Severity.NOTE]
    return tuple(dict.fromkeys((*wanting, *serious)))


def address_pending(facts: ApplicationFacts) -> tuple[str, ...]:
    """What nobody has answered yet about the address: no answer is never a clear one.

    A proof of address counts as read once any of those in the file is; one that can't be read is a finding.
    """
    proofs = [d for d in facts.documents if d.kind is DocumentKind.PROOF_OF_ADDRESS]
    unread = bool(proofs) and all(d.text is None and d.readable for d in proofs)
    unasked = facts.postal is None or facts.postal.dpv is None
    return (*(["address postal_service"] if unasked else []), *(["address reading"] if unread else []))


def current_recommendations(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[OpinionFacts, ...]:
    """The recommendations that count now, in the policy's order, up to the first that is missing.

    The newest of each role, each no earlier than the one before it: when the case manager recommends
    anew, the coordinator must too. One from before a remand, or before the report of a home study, does
    not count. A review that was waived is passed over.
    """
    waived = waived_reviews(facts, policy)
    counted: list[OpinionFacts] = []
    for role in policy.roles.recommend:
        mine = [
            r
            for r in facts.recommendations
            if r.role is role and _still_speaks(facts, r.at) and (not counted or r.at >= counted[-1].at)
        ]
        if mine:
            counted.append(max(mine, key=lambda r: r.at))
        elif role not in waived:
            break
    return tuple(counted)


def lacking_recommendations(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[Role, ...]:
    """Whose recommendation must come before a decision, in the policy's order."""
    given = {r.role for r in current_recommendations(facts, policy)}
    waived = waived_reviews(facts, policy)
    return tuple(role for role in policy.roles.recommend if role not in given and role not in waived)


def waived_reviews(facts: ApplicationFacts, policy: VettingPolicy) -> frozenset[Role]:
    """The roles whose review the decider has waived in this round. The first recommendation never is."""
    return frozenset(
        w.role
        for w in facts.ladder.review_waivers
        if w.role in policy.roles.recommend[1:] and _still_speaks(facts, w.at)
    )


def _still_speaks(facts: ApplicationFacts, at: datetime) -> bool:
    """True for what was said after the case was last sent back, and with the newest home study in hand."""
    decision, received = facts.decision, home_study.last_report_at(facts)
    sent_back = decision.at if decision is not None and decision.value in SENT_BACK else None
    return (sent_back is None or at > sent_back) and (received is None or at >= received)


def _unmet(requirement: Requirement) -> str | None:
    state = requirement.state
    if state is RequirementState.CONFIRMED:
        return None
    if state is RequirementState.WAIVED and requirement.waivable:
        return None
    if requirement.pending_under is not None:
        return None
    if requirement.kind != "document":
        return f"{requirement.kind} {requirement.key}"
    if state is RequirementState.RECEIVED:
        return f"confirm {requirement.key}" if requirement.confirm else None
    return f"document {requirement.key}"


def _finding_words(finding: Finding) -> str:
    told = [finding.evidence.get(name) for name in ("kind", "jurisdiction", "item")]
    tail = "".join(f" {part}" for part in told if part)
    return f"finding {finding.code} {finding.subject}{tail}"


def _people_missing(facts: ApplicationFacts, policy: VettingPolicy) -> tuple[str, ...]:
    given = current_recommendations(facts, policy)
    missing = [f"recommendation {role}" for role in lacking_recommendations(facts, policy)]
    missing += [f"recommendation {r.role}" for r in given if r.value not in APPROVALS]
    decision = facts.decision
    if (
        decision is None
        or decision.role is not policy.roles.decide
        or decision.value not in policy.roles.decisions_that_release
        or any(r.at > decision.at for r in given)
    ):
        missing.append("decision")
    elif facts.state is not ApplicationState.APPROVED:
        missing.append(f"state {facts.state}")
    return tuple(missing)
