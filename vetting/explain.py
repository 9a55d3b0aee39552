"""Why something is asked for, and what stands in the file for it: rule, source and evidence.

For officers and inspectors. Everything here is ids, codes, dates and words about rules; nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.facts import ApplicationFacts, Requirement
from models.policy import Line
from models.states import IDENTITY_DOCUMENTS, CheckKind
from models.vetting_policy import CheckRule, DocumentRule, ManualRule, VettingPolicy, When
from vetting import checks, home_study
from vetting.category import subjects
from vetting.completeness import confirmation_of, documents_for
from vetting.policy import asks, lines


@dataclass(frozen=True, slots=True)
class AskedBy:
    """One line of the policy that asks for a requirement, and the conditions of it that hold."""

    rule: str
    source: str
    unverified: bool
    because: tuple[str, ...]


def asked_by(
    facts: ApplicationFacts, policy: VettingPolicy, asked: Requirement, now: datetime
) -> tuple[AskedBy, ...]:
    """Every line of the policy that asks for this now; there may be several, and the strictest speaks."""
    return tuple(
        AskedBy(line.rule, line.source, line.unverified, because(when))
        for line, when in _asking(facts, policy, asked, now)
    )


def evidence_of(
    facts: ApplicationFacts, policy: VettingPolicy, asked: Requirement, now: datetime
) -> tuple[Mapping[str, Any], ...]:
    """What in the file answers this requirement, or has been done about it; empty when nothing has."""
    kinds: Mapping[str, Callable[[], Iterator[Mapping[str, Any]]]] = {
        "document": lambda: _papers(facts, asked),
        "check": lambda: _orders(facts, policy, asked, now),
        "manual": lambda: _by_hand(facts, asked),
        "home_study": lambda: _studies(facts),
    }
    found = kinds[asked.kind]() if asked.kind in kinds else iter(())
    return (*found, *_waivers(facts, asked))


def because(when: When) -> tuple[str, ...]:
    """The conditions of a line in plain words; none means that it is asked of everybody."""
    given = ((name, getattr(when, name)) for name in type(when).model_fields)
    return tuple(_words(name, value) for name, value in given if value is not None)


def _words(name: str, value: Any) -> str:
    say = _SAY.get(name)
    if say is None:
        shown = " or ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        return f"{name.replace('_', ' ')}: {shown.replace('_', ' ')}"
    return say(value)


_SAY: Mapping[str, Callable[[Any], str]] = {
    "categories": lambda v: f"the sponsor is of category {' or '.join(v)}",
    "related": lambda v: "the sponsor is a relative" if v else "the sponsor is not a relative",
    "circumstances_any": lambda v: f"the child: {' or '.join(x.replace('_', ' ') for x in v)}",
    "child_age_at_most": lambda v: f"the child is {v} or younger",
    "sponsored_before_at_least": lambda v: f"the sponsor has asked for {v} or more other children",
    "seeking_now_at_least": lambda v: f"the sponsor asks for {v} or more other children now",
    "risk_any": lambda v: f"the file shows: {' or '.join(x.replace('_', ' ') for x in v)}",
    "biological_kin": lambda v: f"the claimed relationship is {'' if v else 'not '}by blood",
    "submitted_from": lambda v: f"the application came in on {v} or later",
    "home_study_required": lambda v: "a home study is required" if v else "no home study is required",
    "subject_age_at_least": lambda v: f"this person is {v} or older",
}


def _asking(
    facts: ApplicationFacts, policy: VettingPolicy, asked: Requirement, now: datetime
) -> Iterator[tuple[Line, When]]:
    if asked.kind == "home_study":
        yield from ((rule, rule.when) for rule in home_study.triggers(facts, policy, now))
        return
    studied = bool(home_study.triggers(facts, policy, now))
    person = next((s for s in subjects(facts.packet) if s.key == asked.subject), None)
    for _, line in lines(policy):
        if person is None or not isinstance(line, DocumentRule | CheckRule | ManualRule):
            continue
        if line.item == asked.item and asks(line, facts, person, now, home_study=studied):
            yield line, line.when


def _papers(facts: ApplicationFacts, asked: Requirement) -> Iterator[Mapping[str, Any]]:
    for paper in documents_for(facts, asked.item, asked.subject):
        yield {
            "document": str(paper.id),
            "issued_on": paper.issued_on.isoformat() if paper.issued_on else None,
            "sharpness": paper.sharpness,
            "readable": paper.readable,
        } | ({"zone_read": paper.zone is not None} if paper.kind in IDENTITY_DOCUMENTS else {})
    read = confirmation_of(facts, asked.item, asked.subject)
    if read is not None:
        yield {
            "confirmed_by": str(read.by),
            "at": read.at.isoformat(),
            "document": str(read.document_id),
            "agrees": read.agrees,
            "differs": list(read.differs),
        }


def _orders(
    facts: ApplicationFacts, policy: VettingPolicy, asked: Requirement, now: datetime
) -> Iterator[Mapping[str, Any]]:
    kinds: set[CheckKind] = {CheckKind(asked.item)}
    for one in checks.required_checks(facts, policy, now):
        if one.key == asked.key and one.rule.fallback is not None:
            kinds.add(one.rule.fallback)
    for row in sorted(facts.checks, key=lambda c: (c.kind, c.attempt)):
        if row.subject == asked.subject and row.jurisdiction == asked.jurisdiction and row.kind in kinds:
            yield {
                "check": str(row.id),
                "kind": str(row.kind),
                "attempt": row.attempt,
                "state": str(row.state),
                "ordered_at": row.ordered_at.isoformat() if row.ordered_at else None,
                "result_at": row.result_at.isoformat() if row.result_at else None,
                "expires_on": row.expires_on.isoformat() if row.expires_on else None,
                "adjudication": row.adjudication,
            }


def _by_hand(facts: ApplicationFacts, asked: Requirement) -> Iterator[Mapping[str, Any]]:
    for done in facts.manual:
        if (done.item, done.subject) == (asked.item, asked.subject):
            yield {"by_hand": str(done.id), "result": done.result, "on": done.on.isoformat()}


def _studies(facts: ApplicationFacts) -> Iterator[Mapping[str, Any]]:
    for study in facts.home_studies:
        yield {
            "study": str(study.id),
            "number": study.number,
            "kind": study.kind,
            "triggers": list(study.triggers),
            "ordered_at": study.ordered_at.isoformat(),
            "due_at": study.due_at.isoformat(),
            "received_at": study.received_at.isoformat() if study.received_at else None,
            "result": study.result,
            "overridden": study.overridden or None,
        }


def _waivers(facts: ApplicationFacts, asked: Requirement) -> Iterator[Mapping[str, Any]]:
    for waiver in facts.waivers:
        if asked.key in (waiver.item, f"{waiver.item}@{waiver.subject}"):
            yield {"waiver": "approved" if waiver.approved else "proposed; a second person must approve it"}
