"""Judging an application from its facts alone, and judging it again years later.

The same facts under the same policy at the same instant give the same judgement: nothing here reads a
clock, a database or a setting. Where they do not, the program has changed its mind, and says in what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from models.facts import ApplicationFacts
from models.vetting_policy import VettingPolicy
from vetting.completeness import requirements
from vetting.findings import identity_of
from vetting.gate import unmet
from vetting.steps import open_findings


@dataclass(frozen=True, slots=True)
class Judgement:
    """Keys alone: `requirements` by key with state and rule, open findings, what an approval must wait for."""

    requirements: tuple[tuple[str, str, str], ...]
    findings: tuple[str, ...]
    missing: tuple[str, ...]


def judge(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> Judgement:
    """What these facts give under this policy at `now`."""
    asked = requirements(facts, policy, now)
    return Judgement(
        requirements=tuple(sorted((r.key, str(r.state), r.rule) for r in asked)),
        findings=tuple(sorted(identity_of(f) for f in open_findings(facts, policy, now))),
        missing=unmet(facts, asked, policy, now),
    )


def differences(then: Judgement, again: Judgement) -> tuple[str, ...]:
    """In what two judgements of one application differ, in words; empty when they agree."""
    return tuple(_differences(then, again))


def _differences(then: Judgement, again: Judgement) -> Iterator[str]:
    for name, old, new in (
        ("requirement", set(map(" ".join, then.requirements)), set(map(" ".join, again.requirements))),
        ("finding", set(then.findings), set(again.findings)),
        ("missing", set(then.missing), set(again.missing)),
    ):
        yield from (f"{name} then, not now: {line}" for line in sorted(old - new))
        yield from (f"{name} now, not then: {line}" for line in sorted(new - old))
