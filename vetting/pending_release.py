"""Checks that may still be out when a child is released: by a line of the policy, signed off by name.

No answer is never clear: such a check passes nothing. The line and the authority's word let the release go
on without its result, and the result stays a duty from the release on.
"""

from __future__ import annotations

from datetime import datetime

from models.facts import ApplicationFacts, CheckFacts, PendingAllowanceFacts
from models.states import CheckState
from models.vetting_policy import CheckRule, PendingReleaseRule, VettingPolicy
from vetting import home_study
from vetting.category import Subject, subjects
from vetting.policy import asks

# Out at the provider. One that failed, was unreadable or was never ordered may not be left so.
AWAITED = frozenset({CheckState.ORDERED, CheckState.PENDING})


def line_for(
    facts: ApplicationFacts, policy: VettingPolicy, check: CheckFacts, now: datetime
) -> PendingReleaseRule | None:
    """The line under which this person's check may be out at the release; None: it must be clear."""
    person = _person(facts, check)
    if person is None or is_statutory(facts, policy, check, now):
        return None
    studied = bool(home_study.triggers(facts, policy, now))
    return next(
        (
            line
            for line in policy.pending_release
            if line.item is check.kind and asks(line, facts, person, now, home_study=studied)
        ),
        None,
    )


def is_statutory(facts: ApplicationFacts, policy: VettingPolicy, check: CheckFacts, now: datetime) -> bool:
    """True when statute asks for this check of this person, or for the one that it stands in for."""
    person = _person(facts, check)
    studied = bool(home_study.triggers(facts, policy, now))
    return person is not None and any(
        rule.statutory and _is_answered_by(rule, check) and asks(rule, facts, person, now, home_study=studied)
        for rule in policy.checks
    )


def allowance_for(
    facts: ApplicationFacts, policy: VettingPolicy, check: CheckFacts | None, now: datetime
) -> tuple[PendingAllowanceFacts, PendingReleaseRule] | None:
    """Who signed off that this very order may be out, and under which line, while that holds.

    A new order needs a new word. So does the same order under another line.
    """
    if check is None or check.state not in AWAITED or not facts.pending_allowances:
        return None
    line = line_for(facts, policy, check, now)
    if line is None:
        return None
    for allowance in facts.pending_allowances:
        if (allowance.check, allowance.rule, allowance.role) == (check.id, line.rule, line.authority):
            return allowance, line
    return None


def _person(facts: ApplicationFacts, check: CheckFacts) -> Subject | None:
    return next((s for s in subjects(facts.packet) if s.key == check.subject), None)


def _is_answered_by(rule: CheckRule, check: CheckFacts) -> bool:
    return check.kind in (rule.item, rule.fallback)
