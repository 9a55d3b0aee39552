"""When a home study is required, and when one that was made answers it. Nobody chooses the triggers.

A discretionary one is ordered by a person; from then on it is required like any other. A study answers the
triggers that it was made for: one that comes up later asks for an addendum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from models.facts import ApplicationFacts, Finding, HomeStudyFacts, Requirement
from models.findings import FindingCode
from models.policy import Line
from models.states import RequirementState
from models.vetting_policy import HomeStudyRule, VettingPolicy
from vetting.category import subjects
from vetting.policy import asks, is_waived

ITEM = "home_study"
SUBJECT = "sponsor"
DISCRETIONARY = "DISC"


def triggers(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[HomeStudyRule, ...]:
    """The active triggers that hold for this application, in the policy's order."""
    sponsor = subjects(facts.packet)[0]
    return tuple(rule for rule in policy.home_studies if asks(rule, facts, sponsor, now))


def kind_of(held: Sequence[HomeStudyRule]) -> Literal["tvpra", "orr", "discretionary"]:
    """What a study for these triggers is called; for none of them it is a person's choice."""
    if any(rule.statutory for rule in held):
        return "tvpra"
    return "orr" if held else "discretionary"


def latest(facts: ApplicationFacts) -> HomeStudyFacts | None:
    """The newest study or addendum: its word is the one that counts."""
    return max(facts.home_studies, key=lambda study: study.number, default=None)


def is_out(facts: ApplicationFacts) -> bool:
    """True while a study or an addendum has been ordered and its report has not come."""
    newest = latest(facts)
    return newest is not None and newest.received_at is None


def last_report_at(facts: ApplicationFacts) -> datetime | None:
    """When the newest report came; None when none has."""
    return max((study.received_at for study in facts.home_studies if study.received_at), default=None)


def of_another_home(facts: ApplicationFacts) -> bool:
    """True when an amendment has named another home, or somebody more in it, since the newest study was ordered."""
    newest, changed = latest(facts), facts.ladder.home_changed_at
    return newest is not None and changed is not None and newest.ordered_at < changed


def requirement(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> Requirement | None:
    """The home study as a requirement; None when nothing asks for one. One statutory trigger forbids a waiver."""
    held = triggers(facts, policy, now)
    ordered = latest(facts)
    if not held and ordered is None:
        return None
    first: Line = next((rule for rule in held if rule.statutory), held[0]) if held else _discretion(policy)
    asked = Requirement(
        item=ITEM,
        subject=SUBJECT,
        kind="home_study",
        rule=", ".join(rule.code for rule in held) or DISCRETIONARY,
        source=first.source,
        confirm=False,
        waivable=not any(rule.statutory for rule in held),
        state=_state(ordered, held, facts),
    )
    if asked.state is not RequirementState.CONFIRMED and is_waived(facts, asked.key, waivable=asked.waivable):
        return replace(asked, state=RequirementState.WAIVED)
    return asked


def not_covered(facts: ApplicationFacts, held: Sequence[HomeStudyRule]) -> tuple[str, ...]:
    """The triggers that came up after the last study, so that none was made with them in mind."""
    known = {code for study in facts.home_studies if study.received_at for code in study.triggers}
    return tuple(rule.code for rule in held if rule.code not in known)


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """A block for each family of triggers, until a study has been received that answers it, or it is waived."""
    asked = requirement(facts, policy, now)
    if asked is None or asked.state in (RequirementState.CONFIRMED, RequirementState.WAIVED):
        return ()
    held = triggers(facts, policy, now)
    statutory = [rule for rule in held if rule.statutory]
    by_orr = [rule for rule in held if not rule.statutory]
    found = []
    if statutory:
        found.append(
            _finding(FindingCode.HOME_STUDY_TVPRA, statutory, facts, "The law requires a home study")
        )
    if by_orr:
        found.append(_finding(FindingCode.HOME_STUDY_ORR, by_orr, facts, "ORR's rules require a home study"))
    if not held:
        found.append(_ordered_by_a_person(facts, policy))
    return tuple(found)


def prs_required(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> bool:
    """True after a home study that the law asked for: post-release services must follow it.

    Source: 8 USC 1232(c)(3)(B).
    """
    made_for_law = any(study.kind == "tvpra" for study in facts.home_studies)
    return made_for_law or any(rule.statutory for rule in triggers(facts, policy, now))


def prs_must_be_offered(facts: ApplicationFacts) -> bool:
    """True after every home study, until it is on record that they were offered and what the answer was.

    Source: CFR 410.1204; ORR Policy Guide 6.1.
    """
    return any(study.received_at for study in facts.home_studies) and facts.prs_offer is None


def _state(
    ordered: HomeStudyFacts | None, held: Sequence[HomeStudyRule], facts: ApplicationFacts
) -> RequirementState:
    if ordered is None or ordered.received_at is None or not_covered(facts, held):
        return RequirementState.MISSING
    if of_another_home(facts):
        return RequirementState.MISSING
    passes = ordered.result == "positive" or ordered.overridden
    return RequirementState.CONFIRMED if passes else RequirementState.RECEIVED


def _discretion(policy: VettingPolicy) -> Line:
    line = next((one for one in policy.inactive if one.rule.endswith(DISCRETIONARY)), None)
    return line or Line(rule=DISCRETIONARY, source="CFR 410.1204(c): discretionary home study", active=False)


def _finding(code: FindingCode, held: Sequence[HomeStudyRule], facts: ApplicationFacts, says: str) -> Finding:
    codes = [rule.code for rule in held]
    newest = latest(facts)
    what = f"{says} ({', '.join(codes)}). {_next(newest, not_covered(facts, held), moved=of_another_home(facts))}"
    return Finding(
        code=code,
        subject=SUBJECT,
        message=what,
        rule=held[0].rule,
        source=held[0].source,
        evidence={"triggers": codes, **_evidence(newest)},
    )


def _ordered_by_a_person(facts: ApplicationFacts, policy: VettingPolicy) -> Finding:
    line, newest = _discretion(policy), latest(facts)
    return Finding(
        code=FindingCode.HOME_STUDY_ORR,
        subject=SUBJECT,
        message=f"A home study was ordered. {_next(newest, (), moved=of_another_home(facts))}",
        rule=line.rule,
        source=line.source,
        evidence={"triggers": [DISCRETIONARY], **_evidence(newest)},
    )


def _evidence(newest: HomeStudyFacts | None) -> dict[str, str]:
    return {"study": str(newest.id), "result": newest.result} if newest and newest.result else {}


def _next(newest: HomeStudyFacts | None, uncovered: Sequence[str], *, moved: bool) -> str:
    if newest is None:
        return "Order one; the case waits until its report has come."
    if newest.received_at is None:
        return "It has been ordered; the case waits until its report has come."
    if moved:
        return "The last study was made before the home or the people in it changed: order an addendum."
    if uncovered:
        return f"The last study was made before {', '.join(uncovered)} was known: order an addendum."
    return (
        "Its report advises against this home. The decider may deny, ask for an addendum, or write down why "
        "the child may go there all the same; then a second person must agree."
    )
