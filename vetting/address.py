"""Proof of address: what follows from the words that were read and from the postal service's answer.

Pure. The reading is `integrations.documents`' work; `vetting.address_match` compares. Nothing here is
certain enough to release a child on: no finding says only that no machine saw a fault, and a person
confirms. What could not be read is a finding of its own, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from models.findings import FindingCode
from models.packet import Address, Packet
from models.reading import DocumentText, PostalAnswer, ReadLine
from vetting.address_form import DwellingText, dwelling_key_text, parse_stated
from vetting.address_match import AddressMatch, AddressReading, find_address, looks_like_a_lease
from vetting.document_date import DocumentDate, find_date
from vetting.holder import Holder, find_name
from vetting.names import NameVerdict

__all__ = [
    "AddressFinding",
    "AddressReading",
    "DocumentDate",
    "DwellingText",
    "Holder",
    "address_findings",
    "dwelling_key_text",
    "find_address",
    "find_date",
    "find_name",
    "holder_of",
    "looks_like_a_lease",
    "postal_findings",
]

# A bill is often written a day or two after the date that its sender typed. Source: ours, unreviewed.
_DATES_AGREE_WITHIN_DAYS = 3

_MISMATCH: Mapping[AddressMatch, str] = {
    "street_differs": "The proof of address shows another street address than the packet. Compare the two; ask the sponsor for a document of the stated home, or correct the packet.",
    "unit_differs": "The proof of address shows another apartment or unit than the packet. Ask the sponsor which one is right.",
    "unit_missing_on_document": "The packet gives an apartment or unit, the proof of address shows none. Ask for a document that shows it, or clear this with your reason.",
    "unit_missing_in_packet": "The proof of address shows an apartment or unit, the packet gives none. Add it to the packet if it is right.",
}


@dataclass(frozen=True, slots=True)
class AddressFinding:
    """A fault or a note. `evidence` holds codes, dates and counts; never a name or an address."""

    code: FindingCode
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


def holder_of(packet: Packet) -> Holder:
    """The sponsor, as the one whose name the document should bear."""
    sponsor = packet.sponsor
    return Holder(sponsor.given_names, sponsor.family_names, sponsor.other_names)


def address_findings(
    text: DocumentText | None,
    packet: Packet,
    *,
    issued_on: date | None,
    submitted_on: date,
    window_days: int,
    window_exempt: bool,
    sharpness: float | None,
    sharpness_at_least: float,
    postal: PostalAnswer | None,
) -> tuple[AddressFinding, ...]:
    """What one proof of address and the postal service give rise to.

    `text` None: not read yet, and `postal` None: not asked yet; both are the caller's to keep pending,
    since no answer is never a clear answer. `window_exempt`: leases, see `looks_like_a_lease`. An
    illegible scan is not judged further: its words are guesses. `sharpness` None: it was not measured,
    which only a digital text can do without.
    """
    found = list(postal_findings(packet.address, postal))
    if text is None:
        return tuple(found)
    if sharpness is not None and sharpness < sharpness_at_least:
        found.append(_illegible(sharpness, sharpness_at_least))
        return tuple(found)
    holder = holder_of(packet)
    reading, name = _compared(text.lines, packet.address, holder)
    found.extend(_of_the_address(reading, text))
    if reading.match != "not_found":
        found.extend(_of_the_name(name))
        found.extend(_of_the_date(text.lines, issued_on, submitted_on, window_days, window_exempt))
    if text.text_layer_agrees is False:
        found.append(
            AddressFinding(
                FindingCode.ADDRESS_TEXT_DISAGREES,
                "The PDF holds hidden text that differs from what the page shows. Kinline used what the page shows; look at the page with care.",
                {"text_layer_agrees": False},
            )
        )
    return tuple(found)


def postal_findings(stated: Address, postal: PostalAnswer | None) -> Iterator[AddressFinding]:
    """What the postal service says of the stated address. No answer gives nothing: it stays pending."""
    if parse_stated(stated).po_box:
        yield AddressFinding(
            FindingCode.ADDRESS_NOT_RESIDENTIAL,
            "The packet gives a PO box. Ask the sponsor for the address where the child will live.",
            {"po_box": True},
        )
    if (
        stated.dwelling == "apartment"
        and not parse_stated(stated).unit
        and not (postal and postal.dpv == "D")
    ):
        # The postal service knows few converted basements and divided houses; the sponsor knows.
        yield AddressFinding(
            FindingCode.ADDRESS_UNIT_MISSING,
            "The packet says that the home is an apartment and names none. Ask the sponsor for the apartment or unit, or what the door says, and add it.",
            {"dwelling": "apartment"},
        )
    if postal is None or postal.dpv is None:
        return
    evidence = {
        "dpv": postal.dpv,
        "checked_at": postal.checked_at.isoformat(),
        "reference": postal.reference_version,
    }
    if postal.dpv in _POSTAL:
        code, message = _POSTAL[postal.dpv]
        yield AddressFinding(code, message, evidence)
    if postal.business or postal.vacant:
        kind = "a business" if postal.business else "vacant"
        yield AddressFinding(
            FindingCode.ADDRESS_NOT_RESIDENTIAL,
            f"The postal service lists this address as {kind}. Find out who lives there before you go on.",
            evidence | {"business": postal.business, "vacant": postal.vacant},
        )


_POSTAL = {
    "N": (
        FindingCode.ADDRESS_UNDELIVERABLE,
        "The postal service does not know this address. Check street number, street and ZIP with the sponsor and correct the packet.",
    ),
    "S": (
        FindingCode.ADDRESS_UNDELIVERABLE,
        "The postal service knows the building, but not this apartment or unit. Ask the sponsor for the right unit and correct the packet.",
    ),
    "D": (
        FindingCode.ADDRESS_UNIT_MISSING,
        "This building has several units and the packet names none. Ask the sponsor for the apartment or unit number and add it.",
    ),
}


def _illegible(sharpness: float, at_least: float) -> AddressFinding:
    return AddressFinding(
        FindingCode.DOCUMENT_ILLEGIBLE,
        "The proof of address is too blurred to read. Ask for a new scan or photo, in focus and in good light.",
        {"sharpness": round(sharpness, 2), "sharpness_at_least": at_least},
    )


def _of_the_address(reading: AddressReading, text: DocumentText) -> Iterator[AddressFinding]:
    if reading.match == "not_found":
        unread = "text" if not text.lines else "address"
        yield AddressFinding(
            FindingCode.ADDRESS_UNREAD,
            "No machine could read a home address on the proof of address. Look at it yourself and type what you read.",
            {"unread": unread, "method": text.method},
        )
    elif reading.match != "match":
        yield AddressFinding(
            FindingCode.ADDRESS_DOCUMENT_MISMATCH,
            _MISMATCH[reading.match],
            {"compared": reading.match, "method": text.method},
        )
    if reading.match != "not_found" and reading.city_differs:
        yield AddressFinding(
            FindingCode.ADDRESS_CITY_DIFFERS,
            "The proof of address names another city than the packet, under the same ZIP. Often both are right.",
            {"compared": "city"},
        )


@lru_cache(maxsize=64)
def _compared(
    lines: tuple[ReadLine, ...], stated: Address, holder: Holder
) -> tuple[AddressReading, NameVerdict]:
    """How the document's address and name compare with the stated ones.

    Kept, since one act of a person judges the same document four to six times, at 15 ms each.
    """
    reading = find_address(lines, stated, holder)
    return reading, find_name(lines, holder, reading.above)


def _of_the_name(verdict: NameVerdict) -> Iterator[AddressFinding]:
    if verdict == "match":
        return
    message = {
        "partial": "The name on the proof of address agrees only in part with the sponsor's. Compare them; other names belong in the packet.",
        "differs": "The proof of address is in another person's name. Ask how the sponsor lives there, and for a document in the sponsor's name.",
        "not_found": "The sponsor's name was not found on the proof of address. Look for it yourself, or ask for a document in the sponsor's name.",
    }[verdict]
    yield AddressFinding(FindingCode.ADDRESS_NAME_MISMATCH, message, {"name": verdict})


def _of_the_date(
    lines: Sequence[ReadLine],
    issued_on: date | None,
    submitted_on: date,
    window_days: int,
    window_exempt: bool,
) -> Iterator[AddressFinding]:
    read = find_date(lines, issued_on)
    evidence: dict[str, Any] = {"window_days": window_days}
    if read is not None:
        evidence |= {"read": read.value.isoformat(), "read_as": read.kind}
    if issued_on is not None:
        evidence["stated"] = issued_on.isoformat()
    if read is not None and issued_on is not None:
        apart = abs((read.value - issued_on).days)
        if apart > _DATES_AGREE_WITHIN_DAYS:
            evidence["dates_differ_by_days"] = apart
    if not window_exempt:
        day = read.value if read is not None else issued_on
        yield from _in_window(day, submitted_on, window_days, evidence)
    if "dates_differ_by_days" in evidence and not window_exempt:
        yield AddressFinding(
            FindingCode.ADDRESS_TEXT_DISAGREES,
            "The date on the proof of address is not the one in the packet. The date on the document was used; look at it.",
            evidence,
        )


def _in_window(
    day: date | None, submitted_on: date, window_days: int, evidence: Mapping[str, Any]
) -> Iterator[AddressFinding]:
    if day is None or (day - submitted_on).days > _DATES_AGREE_WITHIN_DAYS:
        unread = "date" if day is None else "date_in_the_future"
        yield AddressFinding(
            FindingCode.ADDRESS_UNREAD,
            "No believable date could be read on the proof of address. Look at it yourself and type what you read.",
            {**evidence, "unread": unread},
        )
        return
    age = (submitted_on - day).days
    if age > window_days:
        yield AddressFinding(
            FindingCode.ADDRESS_DOCUMENT_STALE,
            f"The proof of address is {age} days older than the application; at most {window_days} are allowed. Ask for a newer one.",
            {**evidence, "age_days": age},
        )
