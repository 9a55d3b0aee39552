"""What a person types from a paper, field by field, as a form asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.speech import gettext
from vetting.typed import fields_of, required_fields

_DAY = "As 2026-02-02."
_WORDS: Mapping[str, tuple[str, str]] = {
    "given_names": ("Given names", ""),
    "family_names": ("Family names", ""),
    "type": ("Kind of paper", "As passport or consular id."),
    "issuer": ("Issued by", "The letters of the country or state, as the paper prints them."),
    "number": ("Number", "Spaces and hyphens do not matter."),
    "date_of_birth": ("Date of birth", _DAY),
    "expires_on": ("Expires on", _DAY),
    "name": ("Name", "As the paper gives it."),
    "line1": ("Street address", "Number and street."),
    "unit": ("Apartment or unit", ""),
    "city": ("City", ""),
    "state": ("State", "Two letters."),
    "zip": ("ZIP code", "Not needed where the paper gives the city alone."),
    "issued_on": ("Date of the paper", _DAY),
    "seen": ("What you see", "What it is, whom it names, whether it is signed and dated."),
}
_SHORT = frozenset({"date_of_birth", "expires_on", "issued_on", "unit", "state", "zip"})


@dataclass(frozen=True, slots=True)
class TypedField:
    """One box. `must`: nothing is taken without it."""

    name: str
    label: str
    hint: str
    must: bool
    short: bool
    long: bool


def typed_fields(item: str) -> list[TypedField]:
    """The boxes for a paper of this kind, in the order in which people read it."""
    # A ZIP code may be left out where the city is given; the desk tells.
    musts = set(required_fields(item)) - {"zip"}
    return [
        TypedField(name, *_WORDS[name], must=name in musts, short=name in _SHORT, long=name == "seen")
        for name in fields_of(item)
    ]


def typed_json(item: str, form: Mapping[str, str]) -> bytes:
    """What stands in the boxes, as the desk takes it. An empty box is what the paper does not say."""
    return json.dumps({name: form[name] for name in fields_of(item) if form.get(name, "").strip()}).encode()


def in_words(names: Iterable[str]) -> str:
    """Names of fields as people read them, never what stands in them."""
    return ", ".join(
        gettext(_WORDS[name][0]).lower() if name in _WORDS else name.replace("_", " ") for name in names
    )
