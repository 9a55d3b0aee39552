"""The letter that tells of a denial: its words from a versioned template, as a PDF."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from models.states import Appellant, DenialGround

# A new wording is a new file: letters that went out name the version they were made from.
TEMPLATE = "denial_letter_1"
_FOLDER = Path(__file__).parent
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
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=LETTER,
        leftMargin=inch,
        rightMargin=inch,
        topMargin=inch,
        bottomMargin=inch,
        title="Decision on a request for release",
        author="Office of Refugee Resettlement",
        lang="en",
        invariant=1,
    )
    body = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=15)
    head = ParagraphStyle("head", parent=body, fontName="Helvetica-Bold", fontSize=13, leading=18)
    story: list[Paragraph | Spacer] = []
    for number, block in enumerate(letter_text(facts).strip().split("\n\n")):
        words = "<br/>".join(escape(line) for line in block.splitlines())
        story += [Paragraph(words, body if number else head), Spacer(1, 0.15 * inch)]
    document.build(story)
    return out.getvalue()


def letter_text(facts: DenialLetterFacts) -> str:
    """The words of the letter."""
    grounds = [_GROUNDS[ground] for ground in facts.grounds] or [facts.reason]
    template = (_FOLDER / f"{TEMPLATE}.txt").read_text(encoding="utf-8")
    return template.format(
        date=_day(facts.on),
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
        f"without a hearing. The appeal must come in by {_day(facts.appeal_until)}. We say within five business "
        "days that we have it, and a person who had no part in this decision decides it."
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
