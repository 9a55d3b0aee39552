"""What is still out at the release, and the duty that its result stays from then on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.facts import ApplicationFacts, CheckFacts, Duty
from models.states import PENDING_CHECK, CheckKind, Party
from models.vetting_policy import PendingReleaseRule, VettingPolicy
from vetting.checks import RequiredCheck, required_checks, status
from vetting.pending_release import allowance_for
from vetting.policy import is_waived


@dataclass(frozen=True, slots=True)
class OutAtRelease:
    """One required check that is out, by the line that lets it be. `words`: as its duties name it."""

    check: CheckFacts
    line: PendingReleaseRule
    fallback: CheckKind | None
    words: str


def out_at_release(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[OutAtRelease, ...]:
    """Every required check that is out now and may be. One person in two places stands here twice."""
    return tuple(_out(facts, policy, now))


def _out(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> Iterator[OutAtRelease]:
    for asked in required_checks(facts, policy, now):
        stands = status(facts, asked, now)
        allowed = allowance_for(facts, policy, stands.latest, now)
        waived = is_waived(facts, asked.key, waivable=asked.rule.waivable)
        if stands.latest is not None and allowed is not None and not waived:
            yield OutAtRelease(stands.latest, allowed[1], asked.rule.fallback, _words(asked))


def _words(asked: RequiredCheck) -> str:
    return ":".join(part for part in (asked.subject, str(asked.rule.item), asked.jurisdiction) if part)


def duty_of(out: OutAtRelease, policy: VettingPolicy, released_at: datetime) -> Duty:
    """The duty to record its result: open from the release, late on the line's day. Nothing else settles it."""
    return Duty(
        kind=PENDING_CHECK,
        party=Party.CASE,
        key=out.words,
        opens_at=released_at,
        due_at=released_at + timedelta(days=out.line.due_days),
        queue=out.line.queue,
        rule=out.line.rule,
        policy_version=policy.version,
        detail={"check": str(out.check.id), "fallback": out.fallback and str(out.fallback)},
    )


def next_duty(rule: str, key: str, detail: dict[str, object], policy: VettingPolicy, now: datetime) -> Duty:
    """The duty that goes on from one whose result is still out, with the line's time from `now`."""
    line = next(line for line in policy.pending_release if line.rule == rule)
    words, _, number = key.partition("~")
    return Duty(
        kind=PENDING_CHECK,
        party=Party.CASE,
        key=f"{words}~{int(number or 1) + 1}",
        opens_at=now,
        due_at=now + timedelta(days=line.due_days),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        detail=detail,
    )
