"""Does the document bear the stated address? Its words against the packet's.

Nothing here is certain enough to release a child on: a match says only that no machine saw a difference,
and a person confirms it. A different house number or unit is never a match, whatever the blur.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Hamming

from models.packet import Address
from models.reading import ReadLine
from vetting.address_block import Block, address_blocks, state_matches
from vetting.address_form import SUFFIXES, AddressParts, Unit, parse_stated
from vetting.address_form import plain as _plain
from vetting.holder import Holder

AddressMatch = Literal[
    "match",
    "unit_differs",
    "unit_missing_on_document",
    "unit_missing_in_packet",
    "street_differs",
    "not_found",
]

_LEASE = re.compile(
    r"(?:LEASE|RENTAL|TENANCY) (?:AGREEMENT|CONTRACT)|(?:RESIDENTIAL|HOME|APARTMENT|HOUSE) LEASE|\bDEED\b"
    r"|CONTRATO DE (?:ARRENDAMIENTO|ALQUILER|RENTA)|ESCRITURA"
)
_HEADING_WORDS = 7
_HEADING_ABOVE = 0.4  # page widths: the upper third of a letter page
# Only print that OCR takes for each other; digit against digit is a different address.
_DIGIT_SLIPS = str.maketrans("OIL", "011")
_LETTER_SLIPS = str.maketrans("01583", "OLSBB")
_LONG_ENOUGH_FOR_A_SLIP = 7
_NAMES_ABOVE = 3


@dataclass(frozen=True, slots=True)
class AddressReading:
    """The home address that the document bears, and how it compares with the stated one.

    `by_slip`: they agree only when slips of the OCR are allowed for. `above`: the lines right over the address, wherever it stands on the document.
    """

    match: AddressMatch
    parts: AddressParts | None = None
    city_differs: bool = False
    by_slip: bool = False
    above: tuple[str, ...] = ()


def find_address(lines: Sequence[ReadLine], stated: Address, holder: Holder) -> AddressReading:
    """The holder's or service address on the document, compared with the stated one.

    Never the issuer's PO box, its office, the payment stub or the landlord's address: when only such are
    found, the answer is 'not_found'.
    """
    blocks = [b for b in address_blocks(lines, holder.is_named_in) if b.score >= 0]
    if not blocks:
        return AddressReading("not_found")
    wanted = parse_stated(stated)
    best = [b for b in blocks if b.score == blocks[0].score]
    readings = [_compared(block, wanted, lines, blocks) for block in best]
    # Two blocks of equal standing that differ: the one that does not match is for a person to see.
    return min(readings, key=lambda r: r.match == "match")


def looks_like_a_lease(lines: Sequence[ReadLine]) -> bool:
    """True for a lease or a deed, which prove an address for as long as they run.

    Only the first page's heading counts: many a bill or letter mentions a rental agreement.
    """
    return any(
        line.page == 0
        and line.y < _HEADING_ABOVE
        and len(line.text.split()) <= _HEADING_WORDS
        and _LEASE.search(_plain(line.text))
        for line in lines
    )


def _compared(
    block: Block, wanted: AddressParts, lines: Sequence[ReadLine], blocks: Sequence[Block]
) -> AddressReading:
    read = block.parts
    # The service address rarely bears a name; the mailing block of the same home does.
    above = [text for b in blocks if b.parts.street == read.street for text in b.above[:_NAMES_ABOVE]]
    match, slip = _judge(read, wanted, lines)
    return AddressReading(
        match=match,
        parts=read,
        city_differs=bool(read.city) and _city_differs(read, wanted),
        by_slip=slip,
        above=tuple(above),
    )


def _judge(read: AddressParts, wanted: AddressParts, lines: Sequence[ReadLine]) -> tuple[AddressMatch, bool]:
    if not read.zip5 and not any(wanted.zip5 and wanted.zip5 in line.text for line in lines):
        return "not_found", False  # a street without a town is in every town
    number = _same_number(read.number, wanted.number)
    street = _same_street(read, wanted)
    zip5 = read.zip5 in ("", wanted.zip5)
    if number is None or street is None or not zip5:
        return "street_differs", False
    if read.unit is None and wanted.unit is None:
        return "match", number or street
    if read.unit is None:
        return "unit_missing_on_document", False
    if wanted.unit is None:
        return "unit_missing_in_packet", False
    unit = _same_unit(read.unit, wanted.unit)
    return ("unit_differs", False) if unit is None else ("match", number or street or unit)


def _same_number(read: str, wanted: str) -> bool | None:
    """None: different. Else whether a slip had to be allowed for."""
    one, other = read.replace(" ", ""), wanted.replace(" ", "")
    if not one or not other:
        return None
    if one == other:
        return False
    if _without_the_hyphen(one, other):
        return True
    return True if one.translate(_DIGIT_SLIPS) == other.translate(_DIGIT_SLIPS) else None


def _without_the_hyphen(one: str, other: str) -> bool:
    """`12-34` is written 1234 as well, in Queens; 14-20 and 142-0 are two houses, and so are 1420-2 and 14202."""
    short, long = sorted((one, other), key=len)
    return short.isdigit() and bool(re.fullmatch(r"\d{1,3}-\d{2,3}", long)) and long.replace("-", "") == short


def _same_unit(read: Unit, wanted: Unit) -> bool | None:
    kinds = {read.kind, wanted.kind}
    # A lot in a mobile home park is as often written `#18` or `Unit 18`.
    if len(kinds) == 2 and kinds != {"", "LOT"}:
        return None
    if read.id == wanted.id:
        return False
    return True if read.id.translate(_DIGIT_SLIPS) == wanted.id.translate(_DIGIT_SLIPS) else None


def _same_street(read: AddressParts, wanted: AddressParts) -> bool | None:
    # A missing direction or suffix counts as another: Example Ave and Example Ct may cross.
    one, other = ((p.direction, SUFFIXES.get(p.suffix, p.suffix), p.post_direction) for p in (read, wanted))
    return _same_name(read.name, wanted.name) if one == other else None


def _same_name(read: str, wanted: str) -> bool | None:
    one, other = read.replace(" ", ""), wanted.replace(" ", "")
    if one == other:
        return False
    if one.isdigit() or other.isdigit() or (_digits(one) != _digits(other) and _digits(other)):
        return None  # 17th and 19th Street are one stroke apart
    one, other = _settled(one), _settled(other)
    if one == other:
        return True
    close = len(one) == len(other) >= _LONG_ENOUGH_FOR_A_SLIP and Hamming.distance(one, other) == 1
    return True if close else None


def _settled(text: str) -> str:
    return text.translate(_LETTER_SLIPS).replace("I", "L").replace("RN", "M").replace("VV", "W")


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _city_differs(read: AddressParts, wanted: AddressParts) -> bool:
    # Saint Louis and St Louis are one city.
    one, other = (_settled(p.city.replace("SAINT ", "ST ").replace(" ", "")) for p in (read, wanted))
    return one != other or not state_matches(read.state, wanted.state)
