"""When a case may be closed: the fixed reasons, who may say each, and what must be true before it.

Closed never looks like safe (design rule 8). What a reason lacks is told with its remedy, to the person who tries
and on the case's page, by the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from followup.calendar import local_day
from followup.policy import in_force
from models.followup_policy import ClosureRule, FollowupPolicy
from models.states import (
    CLOSURES_FOR_A_SUPERVISOR,
    CLOSURES_FOR_FOUR_EYES,
    CaseState,
    ClosureReason,
    Role,
)


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What the closing of one case is judged by.

    `heard_at`: when a person last spoke with the child since the release; None: nobody has. `asked_on_days`: on how
    many different days people have asked for the child since then. `lost_steps_open`: what is still to be done to
    find a child whose contact is lost. `to_be_told`: reports and notices that are still to be made.
    """

    state: CaseState
    zone: str
    turns_18_on: date
    heard_at: datetime | None = None
    asked_on_days: int = 0
    lost_steps_open: tuple[str, ...] = ()
    to_be_told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lacking:
    """One thing that a closure lacks, and what would put it right."""

    code: str
    message: str
    remedy: str


def closure_rules(policy: FollowupPolicy) -> tuple[ClosureRule, ...]:
    """The line of each reason, in the order of the reasons."""
    lines = {line.reason: line for line in in_force(policy.closures)}
    return tuple(lines.get(reason) or _before_the_table(reason) for reason in ClosureReason)


def closure_rule(policy: FollowupPolicy, reason: ClosureReason) -> ClosureRule:
    """What this reason needs under this policy."""
    return next(line for line in closure_rules(policy) if line.reason == reason)


def _before_the_table(reason: ClosureReason) -> ClosureRule:
    """What held for versions that are older than the table: the cases under them go on by it."""
    alone = (Role.CASE_MANAGER, Role.SUPERVISOR)
    return ClosureRule(
        rule=f"CLOSURE-{reason.value.upper().replace('_', '-')}",
        source="design.md section 3, rules 8 and 9, and section 6.3; ours, unreviewed",
        unverified=True,
        reason=reason,
        roles=(Role.SUPERVISOR,) if reason in CLOSURES_FOR_A_SUPERVISOR else alone,
        confirmed_by=(Role.SUPERVISOR, Role.FEDERAL_FIELD_SPECIALIST)
        if reason in CLOSURES_FOR_FOUR_EYES
        else (),
        child_heard=reason in (ClosureReason.PLAN_COMPLETED, ClosureReason.DECLINED_CHILD_SPOKEN_TO),
        of_age=reason == ClosureReason.TURNED_18,
    )


def lacking(rule: ClosureRule, facts: ClosingFacts, *, evidence: bool, now: datetime) -> tuple[Lacking, ...]:
    """What stands in the way of closing for this reason now, the person apart; nothing when all is there."""
    found = [
        *_age(rule, facts, now),
        *_heard(rule, facts, now),
        *_asked(rule, facts),
        *_lost(rule, facts),
        *_told(facts),
    ]
    if rule.evidence is not None and not evidence:
        found.append(
            Lacking(
                "evidence_missing",
                f"this reason needs its evidence: {rule.evidence}",
                "name it with --evidence: a document's id or a reference",
            )
        )
    return tuple(found)


def _age(rule: ClosureRule, facts: ClosingFacts, now: datetime) -> Iterator[Lacking]:
    if rule.of_age and local_day(now, facts.zone) < facts.turns_18_on:
        yield Lacking("not_18_yet", "this child is not 18 yet", "the eighteenth birthday")


def _heard(rule: ClosureRule, facts: ClosingFacts, now: datetime) -> Iterator[Lacking]:
    if not rule.child_heard:
        return
    if facts.heard_at is None:
        yield Lacking(
            "child_not_heard",
            "nobody has spoken with this child since the release",
            "a call record that says so, or another reason",
        )
    elif rule.heard_within_days is not None and now > facts.heard_at + timedelta(days=rule.heard_within_days):
        yield Lacking(
            "heard_too_long_ago",
            f"a person last spoke with this child more than {rule.heard_within_days} days ago",
            "a new call record that says so, or another reason",
        )


def _asked(rule: ClosureRule, facts: ClosingFacts) -> Iterator[Lacking]:
    if rule.asked_on_days is not None and facts.asked_on_days < rule.asked_on_days:
        yield Lacking(
            "child_not_asked_for",
            f"people have asked for the child on {facts.asked_on_days} days of {rule.asked_on_days}",
            "call records of tries for the child on other days",
        )


def _lost(rule: ClosureRule, facts: ClosingFacts) -> Iterator[Lacking]:
    if not rule.contact_lost:
        return
    if facts.state != CaseState.LOST_CONTACT:
        yield Lacking(
            "contact_not_lost",
            "contact with this child is not lost: not every way to reach the child was tried",
            "the ladder of tries, to its end",
        )
    for step in facts.lost_steps_open:
        yield Lacking("lost_step_open", f"{step} has not been done", f"what came of {step}, written down")


def _told(facts: ClosingFacts) -> Iterator[Lacking]:
    """Closing would end the duty to tell what is known of this child, so nobody would ever be told."""
    for kind in facts.to_be_told:
        yield Lacking(
            "report_open",
            f"{kind} has not been made: what is known of this child must be told first",
            f"the paper that ends {kind}: kinline duty report, or kinline noc certify",
        )


def needs(rule: ClosureRule) -> tuple[str, ...]:
    """What this reason asks for, in words, the person apart. Every number comes from the line."""
    found = ["the child is 18"] if rule.of_age else []
    if rule.child_heard:
        days = rule.heard_within_days
        found.append(
            "a person has spoken with the child since the release"
            if days is None
            else f"a person has spoken with the child, {days} days ago at most"
        )
    if rule.asked_on_days is not None:
        found.append(f"people have asked for the child on {rule.asked_on_days} different days since then")
    if rule.contact_lost:
        found.append("contact is lost, and each step to find the child has been done")
    if rule.evidence is not None:
        found.append(rule.evidence)
    return tuple(found)
