"""When a home study is mandatory. The triggers are lines of the policy; nobody chooses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from models.facts import ApplicationFacts, Finding, Requirement
from models.policy import HomeStudyRule, VettingPolicy
from models.states import FindingCode, RequirementState
from vetting.category import subjects
from vetting.policy import applies, is_waived

ITEM = "home_study"
SUBJECT = "sponsor"


def triggers(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[HomeStudyRule, ...]:
    """The active triggers that hold for this application, in the policy's order."""
    sponsor = subjects(facts.packet)[0]
    return tuple(
        rule for rule in policy.home_studies if rule.active and applies(rule.when, facts, sponsor, now)
    )


def requirement(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> Requirement | None:
    """The home study as a requirement; None when nothing triggers one. One statutory trigger forbids a waiver."""
    held = triggers(facts, policy, now)
    if not held:
        return None
    first = next((rule for rule in held if rule.statutory), held[0])
    asked = Requirement(
        item=ITEM,
        subject=SUBJECT,
        kind="home_study",
        rule=", ".join(rule.code for rule in held),
        source=first.source,
        confirm=False,
        waivable=not first.statutory,
        state=RequirementState.CONFIRMED if facts.home_study_received else RequirementState.MISSING,
    )
    if asked.state is RequirementState.MISSING and is_waived(facts, asked.key, waivable=asked.waivable):
        return replace(asked, state=RequirementState.WAIVED)
    return asked


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """A block for each family of triggers, until the home study has been received or, where allowed, waived."""
    asked = requirement(facts, policy, now)
    if asked is None or asked.state in (RequirementState.CONFIRMED, RequirementState.WAIVED):
        return ()
    held = triggers(facts, policy, now)
    statutory = [rule for rule in held if rule.statutory]
    ordered = [rule for rule in held if not rule.statutory]
    found = []
    if statutory:
        found.append(_finding(FindingCode.HOME_STUDY_TVPRA, statutory, "The law requires a home study"))
    if ordered:
        found.append(_finding(FindingCode.HOME_STUDY_ORR, ordered, "ORR's rules require a home study"))
    return tuple(found)


def _finding(code: FindingCode, held: Sequence[HomeStudyRule], says: str) -> Finding:
    codes = [rule.code for rule in held]
    return Finding(
        code=code,
        subject=SUBJECT,
        message=f"{says} ({', '.join(codes)}). Order one; the case waits until its report has come.",
        rule=held[0].rule,
        source=held[0].source,
        evidence={"triggers": codes},
    )
