"""The letter that tells of a denial: its words from a versioned template, as a PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from integrations.letters.pages import day_in_words, printed, template
from models.states import Appellant, DenialGround

TEMPLATE = "denial_letter_1"
_GROUNDS: Mapping[DenialGround, str] = {
    DenialGround.SPONSOR_RISK: "We found a risk to the child with you or in your home.",
    DenialGround.BARRING_RECORD: "The result of a required background check does not allow the release.",
    DenialGround.IDENTITY_UNPROVEN: "We could not establish who you are.",
    DenialGround.RELATIONSHIP_UNPROVEN: "We could not establish how you and the child are related.",
    DenialGround.HOME_UNSUITABLE: "The home is not suitable for the child.",
    DenialGround.INCOMPLETE: "What we asked for did not come.",
    DenialGround.DANGER_TO_SELF_OR_OTHERS: "The child would be a danger to themselves or to others.",
}


@dataclass(frozen=True, slots=True)
class DenialLetterFacts:
    """What the letter says. `reason`: the decider's own words, where no ground was named."""

    reference: str
    sponsor: str
    child: str
    care_provider: str
    grounds: Sequence[DenialGround]
    reason: str
    may_appeal: Sequence[Appellant]
    appeal_until: date
    on: date


def denial_letter(facts: DenialLetterFacts) -> bytes:
    """The letter as a PDF; the same bytes for the same facts."""
    return printed(letter_text(facts), title="Decision on a request for release")


def letter_text(facts: DenialLetterFacts) -> str:
    """The words of the letter."""
    grounds = [_GROUNDS[ground] for ground in facts.grounds] or [facts.reason]
    return template(TEMPLATE).format(
        date=day_in_words(facts.on),
        reference=facts.reference,
        sponsor=facts.sponsor,
        child=facts.child,
        care_provider=facts.care_provider,
        grounds="\n".join(f"- {ground}" for ground in grounds),
        appeal=_appeal(facts),
    )


def _appeal(facts: DenialLetterFacts) -> str:
    people = {Appellant.SPONSOR: "You", Appellant.CHILD: "The child"}
    who = " and ".join(people[appellant] for appellant in facts.may_appeal)
    if not who:
        return "This decision can not be appealed."
    return (
        f"{who} may appeal this decision in writing to the Assistant Secretary for Children and Families, with or "
        f"without a hearing. The appeal must come in by {day_in_words(facts.appeal_until)}. We say within five business "
        "days that we have it, and a person who had no part in this decision decides it."
    )
