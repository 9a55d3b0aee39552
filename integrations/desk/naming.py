"""What a person means by the words they typed for a required item, a finding or a check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from models.errors import BadInput, Problem, Refused
from models.facts import ApplicationFacts, CheckFacts, FindingFacts, Requirement
from models.findings import FindingState
from models.states import CheckState
from vetting.checks import RequiredCheck, hit_of
from vetting.findings import key_of
from vetting.pending_release import AWAITED

T = TypeVar("T")
Place = tuple[str, str, str | None]
"""Of a check: subject, kind, and the state where the kind goes by states."""
_ID_PREFIX = 8


def find_requirement(required: Sequence[Requirement], item: str) -> Requirement:
    """The requirement that a person named: `sponsor_identity`, or with its subject after `@` or a colon.

    An item alone means the sponsor's or the child's where several people have one.

    Raises:
        BadInput: none, or more than one, fits; the remedy lists the names.
    """
    wanted = _plain(item)
    fitting = [r for r in required if wanted == _plain(r.key)]
    fitting = fitting or [r for r in required if wanted == _plain(f"{r.item}@{r.subject}")]
    fitting = fitting or [r for r in required if wanted == r.item]
    if len(fitting) > 1 and len({r.jurisdiction for r in fitting}) == 1:
        fitting = [r for r in fitting if r.subject in ("sponsor", "child")] or fitting
    if len(fitting) == 1:
        return fitting[0]
    raise _not_one("ITEM", "required item", [r.key for r in fitting], [r.key for r in required])


def find_finding(facts: ApplicationFacts, name: str) -> FindingFacts:
    """The open finding that a person named: by id or its beginning, by key, by code, or by code and subject.

    Raises:
        BadInput: none, or more than one, fits.
        Refused: it has been settled already.
    """
    fitting = _findings(facts, name, {FindingState.OPEN})
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and (ended := _findings(facts, name, set(FindingState) - {FindingState.OPEN})):
        raise Refused("not_reviewable", f"This finding is already {ended[-1].state}.")
    every = [key_of(f.finding) for f in facts.findings if f.state == FindingState.OPEN]
    raise _not_one("FINDING", "open finding", [key_of(f.finding) for f in fitting], every)


def _findings(facts: ApplicationFacts, name: str, states: Iterable[FindingState]) -> list[FindingFacts]:
    wanted = _plain(name)
    known = [f for f in facts.findings if f.state in states]
    exact = [f for f in known if wanted in (_plain(str(f.id)), _plain(key_of(f.finding)))]
    if not exact and len(wanted) >= _ID_PREFIX:
        exact = [f for f in known if _plain(str(f.id)).startswith(wanted)]
    return exact or [
        f
        for f in known
        if wanted in (_plain(f.finding.code), _plain(f"{f.finding.code}:{f.finding.subject}"))
    ]


def find_standing_hit(facts: ApplicationFacts, name: str, now: datetime) -> CheckFacts:
    """The hit that stands, to be judged or barring, and that a person named, by kind, `kind@subject` or id.

    Raises:
        BadInput: none, or more than one, fits.
    """
    hits = [c for c in facts.checks if hit_of(c, now) is not None]
    return _one_order(hits, name, "hit that stands")


def find_hit(facts: ApplicationFacts, name: str) -> CheckFacts:
    """The order that brought a hit and that a person named, judged or not.

    Raises:
        BadInput: none, or more than one, fits.
    """
    hits = (CheckState.HIT_REVIEW, CheckState.HIT_BAR)
    return _one_order([c for c in facts.checks if c.state in hits], name, "check that brought a hit")


def find_check_out(facts: ApplicationFacts, name: str) -> CheckFacts:
    """The order without a result that a person named, by kind, `kind@subject` or id.

    Raises:
        BadInput: none, or more than one, fits.
    """
    return _one_order([c for c in facts.checks if c.state in AWAITED], name, "check that is out")


def _one_order(orders: Sequence[CheckFacts], name: str, noun: str) -> CheckFacts:
    # One person in two places of the packet has one check.
    known = list({c.id: c for c in orders}.values())
    wanted = _plain(name)
    named = [c for c in orders if wanted in (_plain(str(c.id)), *_words(_place(c)))]
    named = named or [c for c in orders if wanted in (_plain(c.kind), *_words(_anywhere(c)))]
    named = named or [c for c in orders if len(wanted) >= _ID_PREFIX and _plain(str(c.id)).startswith(wanted)]
    found = list({c.id: c for c in named}.values())
    if len(found) == 1:
        return found[0]
    raise _not_one("CHECK", noun, [_key(_place(c)) for c in found], [_key(_place(c)) for c in known])


def find_check_place(facts: ApplicationFacts, required: Sequence[RequiredCheck], name: str) -> Place:
    """The check that a person named: one that the policy asks for, or one that has been ordered.

    Without its state where there is but one.

    Raises:
        BadInput: none, or more than one, fits; the remedy lists the names.
    """
    places: dict[Place, None] = {(r.subject, str(r.rule.item), r.jurisdiction): None for r in required}
    places |= {_place(c): None for c in facts.checks}
    by_id = {_plain(str(c.id)): _place(c) for c in facts.checks}
    wanted = _plain(name)
    if wanted in by_id:
        return by_id[wanted]
    named = [p for p in places if wanted in _words(p)]
    named = named or [p for p in places if wanted in _words((p[0], p[1], None))]
    named = named or [p for p in places if wanted == _plain(p[1])]
    if len(named) > 1 and len({p[2] for p in named}) == 1:
        named = [p for p in named if p[0] == "sponsor"] or named
    if len(named) == 1:
        return named[0]
    raise _not_one("CHECK", "check", [_key(p) for p in named], [_key(p) for p in places])


def _place(check: CheckFacts) -> Place:
    return check.subject, str(check.kind), check.jurisdiction


def _anywhere(check: CheckFacts) -> Place:
    """The place without its state: who names no state means the one that there is."""
    return check.subject, str(check.kind), None


def _key(place: Place) -> str:
    subject, kind, jurisdiction = place
    return f"{kind}@{subject}" + (f":{jurisdiction}" if jurisdiction else "")


def _words(place: Place) -> tuple[str, ...]:
    """The ways to name this check in full: `kind@subject`, with its state, or the subject first."""
    subject, kind, jurisdiction = place
    tail = f":{jurisdiction}" if jurisdiction else ""
    return tuple(_plain(text + tail) for text in (f"{kind}@{subject}", f"{subject}:{kind}"))


def _plain(text: str) -> str:
    """One spelling for `Sponsor-Identity`, `sponsor identity` and `sponsor_identity`; `@` is a colon."""
    return text.strip().casefold().replace("-", "_").replace(" ", "_").replace("@", ":")


def _not_one(field: str, noun: str, fitting: Sequence[str], known: Sequence[str]) -> BadInput:
    word = noun.split(" ")[-1] if " that " not in noun else "check"
    code = f"ambiguous_{field.lower()}" if fitting else f"unknown_{field.lower()}"
    names = ", ".join(sorted(set(fitting or known)))
    says = f"This names more than one {noun}." if fitting else f"This names no {noun}."
    remedy = f"Use one of: {names}." if names else f"There is no {word} to name now."
    return BadInput(Problem(field, code, says, remedy))
