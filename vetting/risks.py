"""What in the file speaks of a risk: computed from facts that stand there, never from an impression.

Policy lines name these words in `risk_any`. A hit stays a hit for the question whether more must be looked
at; whether it bars is for the two people who judge it.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.facts import ApplicationFacts, LinkFacts
from models.findings import FindingCode, FindingState
from models.states import ApplicationState, CheckKind, CheckState
from models.vetting_policy import Risk

_HITS = frozenset({CheckState.HIT_REVIEW, CheckState.HIT_BAR})


def risks_of(facts: ApplicationFacts, subject: str) -> frozenset[Risk]:
    """The risks of the whole application, and this person's own."""
    return frozenset((*_of_the_whole(facts), *_of_the_person(facts, subject)))


def _of_the_whole(facts: ApplicationFacts) -> Iterator[Risk]:
    if facts.concerns:
        yield "concern"
    if any(
        row.finding.code is FindingCode.TRAFFICKING_INDICATOR and row.state is FindingState.OPEN
        for row in facts.findings
    ):
        yield "trafficking_indicator"
    merged_denied = any(one.state is ApplicationState.DENIED for one in facts.merged)
    if merged_denied or any(_denied_the_same_person(link) for link in facts.links):
        yield "denied_before"
    if any(
        check.kind is CheckKind.CHILD_ABUSE_REGISTRY
        and check.state in _HITS
        and check.adjudication not in ("clear", "not_this_person")
        for check in facts.checks
    ):
        yield "child_abuse_hit"


def _of_the_person(facts: ApplicationFacts, subject: str) -> Iterator[Risk]:
    hits = [check for check in facts.checks if check.subject == subject and check.state in _HITS]
    if any(check.kind is CheckKind.PUBLIC_RECORDS for check in hits):
        yield "public_records_hit"
    if any(check.disposition == "unresolved" for check in hits):
        yield "unresolved_disposition"


def _denied_the_same_person(link: LinkFacts) -> bool:
    return counts(link) and link.other_state is ApplicationState.DENIED


def counts(link: LinkFacts) -> bool:
    """True for a link to the same sponsor, of both applications today, that is likely or a person confirmed."""
    return _stands(link) and (not link.through or "sponsor=sponsor" in link.through)


def counts_once(link: LinkFacts) -> bool:
    """As `counts`, and true also where this sponsor was named there before an amendment named somebody else."""
    return _stands(link) and (not link.through or any(one.startswith("sponsor=") for one in link.through))


def _stands(link: LinkFacts) -> bool:
    return (
        link.kind == "sponsor"
        and link.state != "split"
        and (link.tier == "likely" or link.state == "confirmed")
    )
