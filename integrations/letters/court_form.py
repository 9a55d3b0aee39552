"""The court's form for a change of address: its words from a versioned template, as a PDF for a person to sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from string import Formatter

from integrations.letters.pages import day_in_words, printed, template
from models.packet import Address, Child

TEMPLATE = "eoir_33_1"
_ABOUT_THE_PAPER = frozenset({"template", "legal_basis", "due_on"})
_UNKNOWN = "[not known: by the person who signs]"


@dataclass(frozen=True, slots=True)
class CourtFormFacts:
    """What the form says. `old`: None where nobody knew where the child was. `due_on`: the last day for the court."""

    child: Mapping[str, str]
    old: Address | None
    new: Address
    moved_on: date
    due_on: date
    legal_basis: str


def child_of(packet_child: Child) -> Mapping[str, str]:
    """Of the child, what the form names."""
    return {
        "child_name": f"{packet_child.given_names} {packet_child.family_names}",
        "a_number": packet_child.a_number,
        "child_date_of_birth": day_in_words(packet_child.date_of_birth),
    }


def court_form(facts: CourtFormFacts) -> bytes:
    """The form as a PDF, to be signed; the same bytes for the same facts."""
    return printed(form_text(facts), title="Change of address")


def form_text(facts: CourtFormFacts) -> str:
    """The words of the form."""
    return template(TEMPLATE).format(
        **facts.child,
        old_address=_UNKNOWN if facts.old is None else _lines(facts.old),
        new_address=_lines(facts.new),
        moved_on=day_in_words(facts.moved_on),
        due_on=day_in_words(facts.due_on),
        legal_basis=facts.legal_basis,
        template=TEMPLATE,
    )


def fields_told() -> tuple[str, ...]:
    """The names of what the form tells of people, in its order: read off the template, so never out of date."""
    named = [name for _, name, _, _ in Formatter().parse(template(TEMPLATE)) if name]
    return tuple(dict.fromkeys(name for name in named if name not in _ABOUT_THE_PAPER))


def _lines(home: Address) -> str:
    street = f"{home.line1}, {home.unit}" if home.unit else home.line1
    return f"{street}\n{home.city}, {home.state} {home.zip}"
