"""The papers of a release: the verification that the family keeps, and the notice of the discharge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from string import Formatter

from integrations.letters.pages import day_in_words, printed, template
from models.packet import Packet
from models.states import ReleasePaperKind

TEMPLATES: Mapping[ReleasePaperKind, str] = {
    ReleasePaperKind.VERIFICATION: "verification_of_release_1",
    ReleasePaperKind.DISCHARGE_NOTICE: "discharge_notice_1",
}
_TITLES: Mapping[ReleasePaperKind, str] = {
    ReleasePaperKind.VERIFICATION: "Verification of Release",
    ReleasePaperKind.DISCHARGE_NOTICE: "Discharge notification",
}
# What a template names that tells nothing of a person.
_ABOUT_THE_PAPER = frozenset({"recipient", "legal_basis", "template"})


def release_paper(kind: ReleasePaperKind, packet: Packet, on: date, *, recipient: str, basis: str) -> bytes:
    """The paper as a PDF; the same bytes for the same facts."""
    return printed(paper_text(kind, packet, on, recipient=recipient, basis=basis), title=_TITLES[kind])


def paper_text(kind: ReleasePaperKind, packet: Packet, on: date, *, recipient: str, basis: str) -> str:
    """The words of the paper."""
    child, sponsor, home = packet.child, packet.sponsor, packet.address
    street = f"{home.line1}, {home.unit}" if home.unit else home.line1
    return template(TEMPLATES[kind]).format(
        child_name=f"{child.given_names} {child.family_names}",
        child_date_of_birth=day_in_words(child.date_of_birth),
        a_number=child.a_number,
        sponsor_name=f"{sponsor.given_names} {sponsor.family_names}",
        relationship=sponsor.relationship,
        address=f"{street}\n{home.city}, {home.state} {home.zip}",
        care_provider=packet.care_provider,
        released_on=day_in_words(on),
        reference=packet.reference,
        recipient=recipient,
        legal_basis=basis,
        template=TEMPLATES[kind],
    )


def fields_told(kind: ReleasePaperKind) -> tuple[str, ...]:
    """The names of what this paper tells of people, in its order: read off the template, so never out of date."""
    named = [name for _, name, _, _ in Formatter().parse(template(TEMPLATES[kind])) if name]
    return tuple(dict.fromkeys(name for name in named if name not in _ABOUT_THE_PAPER))
