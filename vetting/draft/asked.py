"""Which documents policy asks of a draft, and why; and how far each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.errors import BadInput
from models.facts import ApplicationFacts
from models.packet import Packet, parse_packet
from models.states import ApplicationState
from models.vetting_policy import VettingPolicy
from vetting.completeness import requirements
from vetting.draft.answers import Draft, Entry, Page, draft_subject, packet_bytes
from vetting.draft.lacking import Progress

_NOBODY = UUID(int=0)
# Stands where the form has not asked yet, so that policy can be asked about the rest. Nothing of it is ever kept.
_STAND_IN: dict[str, dict[str, str]] = {
    "packet": {"care_provider": "unknown", "reference": "unknown"},
    "contact": {"phone": "+17135550100"},
    "address": {"line1": "unknown", "city": "unknown", "state": "TX", "zip": "77001"},
    "texts": {},
}


@dataclass(frozen=True, slots=True)
class AskedPaper:
    """One kind of document of one person (`subject` as the draft says it), and the rule that asks for it."""

    item: str
    subject: str
    rule: str
    source: str

    @property
    def slot(self) -> str:
        return f"{self.item}@{self.subject}"


def provisional(draft: Draft) -> tuple[Packet, Draft] | None:
    """A packet that policy can be asked about, once child, sponsor and relationship are known; and the draft that it is of.

    Household members are in it as soon as they can be.
    """
    stand_in = Draft(
        pages={**draft.pages, **{slug: Page(typed) for slug, typed in _STAND_IN.items()}},
        lists={"household": draft.entries("household")},
    )
    for candidate in _candidates(stand_in):
        try:
            return parse_packet(packet_bytes(candidate, ())), candidate
        except BadInput:
            continue
    return None


def _candidates(draft: Draft) -> Sequence[Draft]:
    """The draft; else without the members of the household, and then the caregiver, that are not whole yet."""
    whole = tuple(one for one in draft.entries("household") if _is_whole(one))
    with_whole = Draft(pages=draft.pages, lists={"household": whole})
    alone = Draft(pages={**draft.pages, "caregiver": Page()}, lists={"household": whole})
    return draft, with_whole, alone


def _is_whole(entry: Entry) -> bool:
    typed = entry.page.typed
    names = ("given_names", "family_names", "date_of_birth", "relationship")
    return all(typed.get(name, "").strip() for name in names)


def papers_asked(
    packet: Packet, draft: Draft, policy: VettingPolicy, now: datetime
) -> tuple[AskedPaper, ...]:
    """What this version asks for, on what the draft says. More may be asked for once checks are back."""
    facts = ApplicationFacts(
        id=_NOBODY,
        case_id=_NOBODY,
        state=ApplicationState.SUBMITTED,
        submitted_at=now,
        policy_version=policy.version,
        packet=packet,
    )
    return tuple(
        AskedPaper(one.item, draft_subject(draft, one.subject), one.rule, one.source)
        for one in requirements(facts, policy, now)
        if one.kind == "document"
    )


def paper_progress(seen: Sequence[str], reason: str) -> Progress:
    """How far one document is: `seen` is what was made of each of its files."""
    if seen:
        return "in_progress" if {"blurred", "blank"} & set(seen) else "done"
    return "cannot" if reason else "not_started"
