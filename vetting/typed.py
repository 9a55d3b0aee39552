"""What a person typed while reading a document: its form, and whether it is what the packet says.

The names of the fields that differ leave this module; their values never do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.packet import Address, Packet, Sponsor
from models.states import IDENTITY_DOCUMENTS, DocumentKind
from vetting.address import dwelling_key_text
from vetting.category import person_of, stated_document
from vetting.names import name_words

TypedForm = Literal["text", "date"]
_IDENTITY: Mapping[str, TypedForm] = {
    "given_names": "text",
    "family_names": "text",
    "type": "text",
    "issuer": "text",
    "number": "text",
    "date_of_birth": "date",
    "expires_on": "date",
}
_ADDRESS: Mapping[str, TypedForm] = {
    "name": "text",
    "line1": "text",
    "unit": "text",
    "city": "text",
    "state": "text",
    "zip": "text",
    "issued_on": "date",
}
_OTHER: Mapping[str, TypedForm] = {"seen": "text"}
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class TypedComparison:
    """`agrees` None: the packet holds nothing to compare with. `differs` names fields, never values."""

    agrees: bool | None
    differs: tuple[str, ...] = ()
    expires_on: date | None = None


def parse_typed(item: str, raw: bytes) -> dict[str, str]:
    """What was typed for a document of this kind, by field; dates as YYYY-MM-DD. Null means absent.

    Raises:
        BadInput: one problem per fault. No message repeats a value.
    """
    tree = _json(raw)
    fields, problems = fields_of(item), []
    typed: dict[str, str] = {}
    for name, value in tree.items():
        if name not in fields:
            known = ", ".join(fields)
            problems.append(
                Problem(name, "unknown_key", "Kinline does not know this field.", f"Use only: {known}.")
            )
        elif value is not None:
            problem = _fault(name, value, fields[name])
            if problem:
                problems.append(problem)
            else:
                typed[name] = value.strip()
    given = {name for name, value in tree.items() if value is not None}
    problems += [
        Problem(name, "missing_key", "This field is required.", "Type what the document says.")
        for name in required_fields(item, given)
        if name not in given
    ]
    if problems:
        raise BadInput(problems)
    return typed


def compare(item: str, subject: str, typed: Mapping[str, Any], packet: Packet) -> TypedComparison:
    """How what was typed compares with the packet, field by field where both speak.

    Names agree without regard to accents, case and order of words; numbers without spaces and hyphens.
    """
    expires_on = date.fromisoformat(typed["expires_on"]) if typed.get("expires_on") else None
    if item in IDENTITY_DOCUMENTS:
        outcomes = dict(_identity(subject, typed, packet))
    elif item == DocumentKind.PROOF_OF_ADDRESS:
        outcomes = dict(_address(typed, packet))
    else:
        outcomes = {}
    differs = tuple(name for name, same in outcomes.items() if not same)
    return TypedComparison(not differs if outcomes else None, differs, expires_on)


def fields_of(item: str) -> Mapping[str, TypedForm]:
    """What is typed from a document of this kind, in the order in which people read it."""
    if item in IDENTITY_DOCUMENTS:
        return _IDENTITY
    return _ADDRESS if item == DocumentKind.PROOF_OF_ADDRESS else _OTHER


def required_fields(item: str, given: Collection[str] = ()) -> tuple[str, ...]:
    """What must be typed, beside these. A birth certificate need not have a number, but a birthday."""
    if item == DocumentKind.CHILD_IDENTITY:
        return ("date_of_birth",)
    if item in IDENTITY_DOCUMENTS:
        return ("number",)
    if item == DocumentKind.PROOF_OF_ADDRESS:
        return ("line1",) if {"city", "zip"}.intersection(given) else ("line1", "zip")
    return ("seen",)


def _json(raw: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as err:
        raise BadInput(
            Problem("typed", "broken_json", "The file is not JSON in UTF-8.", "Mend it; see docs/packet.md.")
        ) from err
    if not isinstance(tree, dict):
        raise BadInput(
            Problem("typed", "wrong_type", "The file must hold one JSON object.", 'Write {"field": "text"}.')
        )
    return tree


def _fault(name: str, value: Any, form: TypedForm) -> Problem | None:
    if not isinstance(value, str):
        return Problem(name, "wrong_type", "This must be text.", "Put it in double quotes.")
    if not value.strip() or len(value) > _MAX_TEXT:
        return Problem(
            name, "wrong_value", f"This must be 1 to {_MAX_TEXT} characters.", "Type what the document says."
        )
    if form == "date":
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
                raise ValueError
            date.fromisoformat(value.strip())
        except ValueError:
            return Problem(name, "wrong_type", "This is not a date.", "Write the date as YYYY-MM-DD.")
    return None


# --- comparing ---------------------------------------------------------------------------------


def _identity(subject: str, typed: Mapping[str, Any], packet: Packet) -> Iterator[tuple[str, bool]]:
    person = person_of(packet, subject)
    if person is None:
        return
    others = person.other_names if isinstance(person, Sponsor) else ()
    if not _is_other_name(typed, others):
        for name in ("given_names", "family_names"):
            if name in typed:
                yield name, _words(typed[name]) == _words(getattr(person, name))
    if "date_of_birth" in typed:
        yield "date_of_birth", typed["date_of_birth"] == person.date_of_birth.isoformat()
    stated = stated_document(packet, subject)
    if stated is None:
        return
    for name in ("number", "type", "issuer"):
        if name in typed:
            yield name, _plain(typed[name]) == _plain(getattr(stated, name))
    if "expires_on" in typed and stated.expires_on is not None:
        yield "expires_on", typed["expires_on"] == stated.expires_on.isoformat()


def _is_other_name(typed: Mapping[str, Any], others: tuple[str, ...]) -> bool:
    """True when the whole typed name is one of the other full names that the packet states."""
    if "given_names" not in typed or "family_names" not in typed:
        return False
    whole = _words(f"{typed['given_names']} {typed['family_names']}")
    return any(whole == _words(other) for other in others)


def _address(typed: Mapping[str, Any], packet: Packet) -> Iterator[tuple[str, bool]]:
    """The building and the unit by their normal form; a unit on one side only is a difference."""
    stated = packet.address
    if "name" in typed:
        sponsor = packet.sponsor
        names = (f"{sponsor.given_names} {sponsor.family_names}", *sponsor.other_names)
        yield "name", any(_words(typed["name"]) == _words(name) for name in names)
    read = _read_address(typed, stated)
    if read is None:
        yield "line1", False
    else:
        ours, theirs = dwelling_key_text(stated), dwelling_key_text(read)
        # The ZIP has its own line below; here it must not make the street differ.
        yield "line1", ours.building.rpartition("|")[0] == theirs.building.rpartition("|")[0]
        yield "unit", ours.unit == theirs.unit
    if "city" in typed:
        yield "city", _words(typed["city"]) == _words(stated.city)
    if "state" in typed:
        yield "state", _plain(typed["state"]) == _plain(stated.state)
    if "zip" in typed:
        yield "zip", _plain(typed["zip"])[:5] == stated.zip[:5]


def _read_address(typed: Mapping[str, Any], stated: Address) -> Address | None:
    """What was typed in the packet's form, with the stated place where none was typed."""
    try:
        return Address(
            line1=typed["line1"],
            unit=typed.get("unit"),
            city=typed.get("city", stated.city),
            state=stated.state,
            zip=stated.zip,
        )
    except ValidationError:
        return None


def _words(text: str) -> list[str]:
    return sorted(name_words(text)) or [_plain(text)]


def _plain(text: str) -> str:
    """Letters and digits in capitals, nothing else: `GT-0000 001` and `gt0000001` are one number."""
    return "".join(c for c in text.upper() if c.isalnum())
