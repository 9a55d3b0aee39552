"""Findings as the file holds them against findings as the facts give them now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.facts import ApplicationFacts, Finding, FindingFacts
from models.findings import FindingCode, FindingState
from models.vetting_policy import VettingPolicy
from vetting import checks, completeness, home_study, identity, interviews, linkage, proof_of_address

_F = FindingCode
# Each code that is computed belongs to exactly one step, so that no step resolves what another found.
STEP_CODES: Mapping[str, frozenset[FindingCode]] = {
    "completeness": frozenset({_F.DOCUMENT_MISSING, _F.CONSENT_MISSING, _F.RELATIONSHIP_UNPROVEN}),
    "identity": frozenset(
        {_F.DOCUMENT_ILLEGIBLE, _F.IDENTITY_EXPIRED, _F.IDENTITY_MISMATCH, _F.DOCUMENT_REUSED}
    ),
    "proof_of_address": frozenset(code for code in FindingCode if code.startswith("ADDRESS_")),
    "background_checks": frozenset(code for code in FindingCode if code.startswith("CHECK_")),
    "linkage": frozenset(code for code in FindingCode if code.startswith("LINK_")),
    "assessment": frozenset({_F.HOME_STUDY_TVPRA, _F.HOME_STUDY_ORR}),
    "interviews": frozenset({_F.TRAFFICKING_INDICATOR}),
}
# After the release nothing more is asked of the sponsor; what a late result says still stands in the file.
AFTER_RELEASE = frozenset({_F.CHECK_PENDING_ALLOWED, _F.CHECK_HIT_REVIEW, _F.CHECK_HIT_BAR})
# Said once, it stands until a person has cleared it: no recalculation may take it away.
_NEVER_RESOLVED = frozenset({_F.TRAFFICKING_INDICATOR})

# Evidence that may change while the finding stays the same one.
_VOLATILE = frozenset(
    {"as_of", "checked_at", "confidence", "link", "method", "reference", "reference_version", "score"}
)


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """What must be written: findings to add, and ids to open again or to mark as resolved."""

    open: tuple[Finding, ...] = ()
    reopen: tuple[UUID, ...] = ()
    resolve: tuple[UUID, ...] = ()


def identity_of(finding: Finding) -> str:
    """The same text for two findings that are one: same code, same subject, same evidence."""
    evidence = {k: v for k, v in finding.evidence.items() if k not in _VOLATILE and v is not None}
    return json.dumps([finding.code, finding.subject, evidence], sort_keys=True, default=str)


def found_now(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """Every finding that the facts alone give: all but those that people raise."""
    return (
        *completeness.findings(facts, policy, now),
        *identity.findings(facts, policy, now),
        *proof_of_address.findings(facts, policy, now),
        *checks.findings(facts, policy, now),
        *linkage.findings(facts, policy, now),
        *home_study.findings(facts, policy, now),
        *interviews.findings(facts, policy, now),
    )


def sync(
    existing: Sequence[FindingFacts], now_found: Sequence[Finding], codes: frozenset[FindingCode]
) -> FindingChanges:
    """What turns the file's findings into those that hold now. Only `codes` are touched.

    A cleared one stays cleared: a person looked at this very evidence. Other evidence is another finding.
    """
    wanted = {identity_of(f): f for f in now_found if f.code in codes}
    standing = [row for row in existing if row.finding.code in codes]
    settled = {
        identity_of(row.finding) for row in standing if row.state in (FindingState.OPEN, FindingState.CLEARED)
    }
    resolved = {identity_of(row.finding): row.id for row in standing if row.state is FindingState.RESOLVED}
    return FindingChanges(
        open=tuple(f for key, f in wanted.items() if key not in settled and key not in resolved),
        reopen=tuple(resolved[key] for key in wanted if key not in settled and key in resolved),
        resolve=tuple(
            row.id
            for row in standing
            if row.state is FindingState.OPEN
            and identity_of(row.finding) not in wanted
            and row.finding.code not in _NEVER_RESOLVED
        ),
    )


def key_of(finding: Finding) -> str:
    """A short key for people and for the ledger: code, subject, and what tells two of a kind apart."""
    names = ("kind", "jurisdiction", "item", "other_application", "document", "children", "read_by")
    told = [str(finding.evidence[n]) for n in names if finding.evidence.get(n) is not None]
    return ":".join([str(finding.code), finding.subject, *told])
