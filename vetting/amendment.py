"""What an amendment changed, and what that opens again: everything that rests on it, and nothing else.

Field names, items and codes only: what the packet says never leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from models.facts import ApplicationFacts, FindingFacts, Requirement
from models.findings import FindingCode, FindingState
from models.packet import HouseholdMember, Packet
from models.states import APPROVALS, DecisionValue, RequirementState
from models.vetting_policy import VettingPolicy
from vetting.completeness import requirements

What = Literal[
    "requirement",
    "check",
    "manual",
    "home_study",
    "address",
    "sign_off",
    "waiver",
    "opinion",
    "decision",
    "appeal",
]
# The files of the packet by kind and subject: `proof_of_address@sponsor` -> what tells its files apart.
Papers = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Reopened:
    """One thing that must be looked at anew: what it is, how it stands now, and the changes behind it."""

    what: What
    item: str
    now: str
    because: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As a revision keeps it."""
        return {"what": self.what, "item": self.item, "now": self.now, "because": list(self.because)}


# How to reach people, and when they are in court: nobody's opinion was given on these. A number that is
# seen elsewhere becomes a finding, and that closes the gate by itself.
_NOT_WEIGHED = frozenset(
    {
        "reference",
        "care_provider",
        "contacts",
        "hearings",
        "sponsor.phone",
        "sponsor.backup_phone",
        "sponsor.email",
        "sponsor.text_consent",
        "sponsor.languages",
        "child.phone",
        "child.text_consent",
        "child.languages",
        "alternate_caregiver.phone",
    }
)
_NUMBERS = r"sponsor\.(phone|backup_phone|email)|child\.phone|contacts|alternate_caregiver\.phone"
_SPONSOR = r"sponsor\.(given_names|family_names|other_names|date_of_birth|identity_document)"
# What a sign-off of such a finding was given on, beside the document that it names.
_RESTS_ON: Mapping[FindingCode, str] = {
    FindingCode.ADDRESS_NOT_RESIDENTIAL: r"address\..+",
    FindingCode.LINK_SHARED_ADDRESS: r"address\..+",
    FindingCode.LINK_SHARED_CONTACT: _NUMBERS,
    FindingCode.LINK_SPONSOR_SEEN: _SPONSOR,
    FindingCode.LINK_MANY_CHILDREN: rf"{_SPONSOR}|sponsor\.sponsored_before",
    FindingCode.LINK_CHILD_SEEN: r"child\.(given_names|family_names|date_of_birth)",
}
_WHO = r"added|given_names|family_names|date_of_birth|identity_document"
# A link through anybody of the packet: somebody else in it may be linked to the very same application.
_ANYBODY = rf"(household:\d+|alternate_caregiver)\.({_WHO})|{_SPONSOR}"
# What decides who must bring and pass what, whoever they are.
_RULES = re.compile(
    r"sponsor\.(relationship|related|was_primary_caregiver|sponsored_before)"
    r"|child\.(circumstances|date_of_birth|entered_care_on)"
)
_RANK = {
    RequirementState.MISSING: 0,
    RequirementState.RECEIVED: 1,
    RequirementState.WAIVED: 2,
    RequirementState.CONFIRMED: 2,
}


# --- what changed --------------------------------------------------------------------------------


def changed_fields(old: Packet, new: Packet, old_papers: Papers, new_papers: Papers) -> tuple[str, ...]:
    """The names of what differs, in the packet's own words; never what it says.

    People of the household are the same person by name and day of birth, wherever they stand in the list.
    """
    found: list[str] = []
    for name in ("reference", "care_provider", "previous_states", "contacts", "hearings"):
        found += [name] if getattr(old, name) != getattr(new, name) else []
    for name in ("child", "sponsor", "address"):
        found += [f"{name}.{field}" for field in _differing(getattr(old, name), getattr(new, name))]
    found += _caregiver(old, new)
    found += _household(old, new)
    found += _papers(old, new, old_papers, new_papers)
    return tuple(found)


def is_weighty(changed: Sequence[str]) -> bool:
    """True when something changed that opinions were given on."""
    return bool(_weighty(changed))


def is_another_home(changed: Sequence[str]) -> bool:
    """True when the child would live elsewhere, or with somebody more."""
    return bool(_matching(changed, r"address\.(line1|unit|city|state|zip)|household:\d+\.added"))


def _weighty(changed: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in changed if name not in _NOT_WEIGHED)


def moved_subjects(old: Packet, new: Packet) -> Mapping[str, str]:
    """Who stands where: the newer packet's subject -> the older one's, for everybody who is in both."""
    same = {"child": "child", "sponsor": "sponsor"}
    if old.alternate_caregiver is not None and new.alternate_caregiver is not None:
        same["alternate_caregiver"] = "alternate_caregiver"
    before = [_who(member) for member in old.household]
    taken: set[int] = set()
    for number, member in enumerate(new.household):
        for place, known in enumerate(before):
            if place not in taken and known == _who(member):
                taken.add(place)
                same[f"household:{number}"] = f"household:{place}"
                break
    return same


def _who(member: HouseholdMember) -> tuple[str, str, str]:
    words = (" ".join(name.casefold().split()) for name in (member.given_names, member.family_names))
    given, family = words
    return given, family, member.date_of_birth.isoformat()


def _differing(old: BaseModel, new: BaseModel) -> list[str]:
    return [name for name in type(new).model_fields if getattr(old, name) != getattr(new, name)]


def _caregiver(old: Packet, new: Packet) -> list[str]:
    before, after = old.alternate_caregiver, new.alternate_caregiver
    if before is None or after is None:
        word = "added" if before is None else "removed"
        return [] if before is after else [f"alternate_caregiver.{word}"]
    return [f"alternate_caregiver.{field}" for field in _differing(before, after)]


def _household(old: Packet, new: Packet) -> Iterator[str]:
    same = moved_subjects(old, new)
    for number, member in enumerate(new.household):
        subject = f"household:{number}"
        if subject not in same:
            yield f"{subject}.added"
            continue
        known = old.household[int(same[subject].partition(":")[2])]
        yield from (f"{subject}.{field}" for field in _differing(known, member))
    stayed = set(same.values())
    for number in range(len(old.household)):
        if f"household:{number}" not in stayed:
            yield f"household:{number}.removed"


def _papers(old: Packet, new: Packet, before: Papers, after: Papers) -> Iterator[str]:
    same = moved_subjects(old, new)
    seen: set[str] = set()
    for paper in sorted(after):
        item, _, subject = paper.partition("@")
        then = f"{item}@{same.get(subject, '')}"
        seen.add(then)
        if after[paper] != before.get(then):
            yield f"documents.{paper}"
    stayed = set(same.values())
    for paper in sorted(set(before) - seen):
        # Of somebody who left the packet, the person's own line says it.
        if paper.partition("@")[2] in stayed:
            yield f"documents.{paper}"


# --- what that opens again -----------------------------------------------------------------------


def reopened(
    old: ApplicationFacts,
    new: ApplicationFacts,
    changed: Sequence[str],
    policy: VettingPolicy,
    now: datetime,
) -> tuple[Reopened, ...]:
    """What stood and stands no more, and what is asked for now and was not before.

    `old` and `new`: the facts before and after, by the same policy, at the same time. Empty when nothing
    that had been settled rests on what changed.
    """
    found = [*_asked_anew(old, new, changed, policy, now)]
    if old.postal is not None and old.postal.dpv is not None and new.postal is None:
        found.append(Reopened("address", "postal_service", "missing", _matching(changed, r"address\..+")))
    found += _waivers(old, new, changed)
    found += [
        Reopened("sign_off", f"{row.finding.code}@{row.finding.subject}", "open", because)
        for row, because in sign_offs_that_fall(old, new, changed)
    ]
    found += _words_of_people(old, changed)
    return tuple(found)


def sign_offs_that_fall(
    old: ApplicationFacts, new: ApplicationFacts, changed: Sequence[str]
) -> tuple[tuple[FindingFacts, tuple[str, ...]], ...]:
    """Findings that a person had settled about something that is not so any more, each with the changes.

    What people raised themselves, such as an indicator of trafficking, no amendment settles or opens.
    """
    papers = {str(d.id) for d in new.documents}
    found = []
    for row in old.findings:
        if row.state is not FindingState.CLEARED:
            continue
        through_people = row.finding.evidence.get("kind") in ("person", "document")
        rests_on = _ANYBODY if through_people else _RESTS_ON.get(row.finding.code)
        because = _matching(changed, rests_on) if rests_on else ()
        document = row.finding.evidence.get("document")
        if document is not None and document not in papers:
            subject = re.escape(row.finding.subject)
            because = because or _matching(changed, rf"documents\..+@{subject}|{subject}\..+|address\..+")
            because = because or tuple(changed)
        if because:
            found.append((row, because))
    return tuple(found)


def _asked_anew(
    old: ApplicationFacts,
    new: ApplicationFacts,
    changed: Sequence[str],
    policy: VettingPolicy,
    now: datetime,
) -> Iterator[Reopened]:
    same = moved_subjects(old.packet, new.packet)
    before = {(r.item, r.subject, r.jurisdiction): r for r in requirements(old, policy, now)}
    for asked in requirements(new, policy, now):
        known = before.get((asked.item, same.get(asked.subject, ""), asked.jurisdiction))
        if known is not None and _RANK[asked.state] >= _RANK[known.state]:
            continue
        what: What = "requirement" if asked.kind == "document" else asked.kind
        yield Reopened(what, asked.key, asked.state.value, _behind(asked, changed))


def _behind(asked: Requirement, changed: Sequence[str]) -> tuple[str, ...]:
    """The changes that a requirement rests on: the person's, their paper's, the home's; else the rules'."""
    subject = re.escape(asked.subject)
    person = r"given_names|family_names|other_names|date_of_birth|identity_document|added"
    rests_on = rf"documents\.{asked.item}@{subject}|{subject}\.({person})"
    if asked.kind == "check":
        rests_on += rf"|documents\.release_authorization@{subject}|previous_states"
        rests_on += r"|address\.(line1|unit|city|state|zip)"
    if asked.item == "proof_of_address":
        rests_on += r"|address\..+"
    if asked.kind == "home_study":
        rests_on += r"|address\.(line1|unit|city|state|zip)|household:\d+\.added"
    own = _matching(changed, rests_on)
    return own or tuple(c for c in changed if _RULES.match(c)) or _weighty(changed) or tuple(changed)


def _waivers(old: ApplicationFacts, new: ApplicationFacts, changed: Sequence[str]) -> Iterator[Reopened]:
    held = {(w.item, w.subject) for w in new.waivers if w.approved}
    for waiver in old.waivers:
        if waiver.approved and (waiver.item, waiver.subject) not in held:
            subject = re.escape(waiver.subject)
            because = _matching(changed, rf"{subject}\..+|address\..+")
            yield Reopened("waiver", waiver.item, "fallen", because or _weighty(changed))


def _words_of_people(old: ApplicationFacts, changed: Sequence[str]) -> Iterator[Reopened]:
    """Recommendations, a waived review, a consultation, an approval or denial: given on what has changed."""
    because = _weighty(changed)
    if not because:
        return
    for opinion in old.recommendations:
        yield Reopened("opinion", f"recommendation {opinion.role}", "fallen", because)
    for waiver in old.ladder.review_waivers:
        yield Reopened("opinion", f"waived review {waiver.role}", "fallen", because)
    if old.ladder.consultation is not None:
        yield Reopened("opinion", "consultation", "fallen", because)
    if old.decision is not None and falls(old.decision.value):
        yield Reopened("decision", str(old.decision.value), "fallen", because)
    if old.ladder.appeal is not None and old.ladder.appeal.outcome is None:
        yield Reopened("appeal", "appeal", "moot", because)


def falls(value: DecisionValue) -> bool:
    """True for decisions on the packet itself. A remand or a home study is what an amendment answers: it stays."""
    return value in APPROVALS or value is DecisionValue.DENY


def _matching(changed: Sequence[str], pattern: str) -> tuple[str, ...]:
    return tuple(name for name in changed if re.fullmatch(pattern, name))
