"""Which of the addresses on a document is the home that it proves.

A bill bears several: the issuer's PO box, the payment stub, the landlord's office, the mailing block. The
choice goes by what stands around each block and never by what the packet says, or a bill that is merely
mailed to the stated address would prove it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from models.reading import ReadLine
from vetting.address_form import (
    PO_BOX,
    STATES,
    SUFFIXES,
    UNIT_CLASSES,
    AddressParts,
    parse_street,
    plain,
    state_code,
)

_STATE = "|".join(sorted((*STATES, *STATES.values()), key=len, reverse=True))
_FIELD_LABEL = re.compile(r"\b(?:CITY|STATE|ZIP(?: CODE)?|CIUDAD|ESTADO|CODIGO POSTAL|STREET|CALLE)\s*:\s*")
# Print that OCR mistakes for digits is taken along: a ZIP holds no letters.
_ANCHOR = re.compile(
    rf"(?<![A-Z])(?P<state>{_STATE})(?![A-Z])[ ,:]*(?:ZIP\s*)?(?P<zip>(?=(?:[A-Z]*\d){{3}})[0-9OILSBGZ]{{5}})(?:-\d{{4}})?(?![0-9])"
)
_ENDS_WITH_STATE = re.compile(rf"[ ,](?:{_STATE})$")
_ZIP_SLIPS = str.maketrans("OILSBGZ", "0115862")
_NUMBER = re.compile(r"(?<![\w#/-])(?:[OIL]?\d[\dOIL]{0,5}[A-Z]?|\d{1,3}-\d{1,4})(?:\s\d/\d)?(?=[\s,])")

_HOME = re.compile(
    r"SERVICE (?:ADDRESS|LOCATION|AT|FOR|ADDR)|SERVICED AT|PREMISES?|(?:RENTAL|RENTED|LEASED) (?:UNIT|PROPERTY|HOME|ADDRESS)"
    r"|PROPERTY (?:ADDRESS|LOCATED|LOCATION)|(?:HOME|RESIDENCE|RESIDENTIAL|PHYSICAL) ADDRESS|DWELLING"
    r"|(?:RESIDE|RESIDES|RESIDING|LIVES|LIVING|LIVED|RENTS|RENTING|OCCUPIES) (?:\w+ ){0,4}(?:AT|IN)"
    r"|(?:DIRECCION|LUGAR|DOMICILIO) DEL? SERVICIO|DOMICILIO|(?:RESIDE|VIVE|RENTA|HABITA) (?:\w+ ){0,4}EN|INMUEBLE|VIVIENDA"
)
_PLACE = re.compile(r"LOCATED AT|UBICAD[OA] EN|SITUATED AT")
_HOLDER = re.compile(
    r"ACCOUNT (?:HOLDER|NAME|OWNER)|CUSTOMER|BILL(?:ED)? TO|TENANT|LESSEE|EMPLOYEE|RESIDENT|POLICYHOLDER|MEMBER|INSURED"
    r"|ADDRESSEE|RECIPIENT|PREPARED FOR|TITULAR|CLIENTE|INQUILIN[OA]|ARRENDATARI[OA]|EMPLEAD[OA]"
)
_MAILING = re.compile(r"MAILING ADDRESS|MAIL(?:ED)? TO|DIRECCION POSTAL|CORREO")
_NOT_HOME = re.compile(
    r"REMIT|RETURN (?:THIS|PAYMENT|MAIL|TO)|MAKE CHECKS?|SEND (?:YOUR )?PAYMENTS?|PAY(?:ABLE)? TO|PAYMENT (?:ADDRESS|CENTER)|MAIL PAYMENTS?"
    r"|LANDLORD|LESSOR|\bOWNER|MANAGER|MANAGEMENT|HEADQUARTERS|EMPLOYER|OFFICE|CUSTOMER (?:SERVICE|CARE|SUPPORT)|QUESTIONS|WRITE TO"
    r"|SINCERELY|REGARDS|ATENTAMENTE|CORDIALMENTE|CORRESPONDENCE|INQUIRIES|(?:PREVIOUS|FORMER|PRIOR|OLD|FORWARDING) ADDRESS|EMERGENCY"
    r"|ARRENDADOR|PROPIETARI[OA]|PATRON|ENVI[EA]R? (?:SU )?PAGOS?|OFICINA|DIRECCION ANTERIOR"
)
_STUB = re.compile(
    r"DETACH|RETURN (?:THIS|BOTTOM|THE BOTTOM|LOWER) (?:STUB|PORTION|PART)|RETURN (?:STUB|PORTION)"
    r"|(?:STUB|PORTION) WITH (?:YOUR )?PAYMENT|PAYMENT (?:STUB|COUPON|SLIP)|REMITTANCE|TALON|CORTE AQUI|DESPRENDA|CUPON DE PAGO"
)
COMPANY = re.compile(
    r"\b(?:INC|LLC|LTD|CORP|CORPORATION|CO|COMPANY|BANK|BANCO|CREDIT UNION|FINANCIAL|INSURANCE|POWER|LIGHT|ENERGY|ELECTRIC|ELECTRICITY"
    r"|GAS|WATER|SEWER|UTILITY|UTILITIES|TELECOM|WIRELESS|MOBILE|CABLE|INTERNET|BROADBAND|NETWORK|SERVICES?|DEPARTMENT|DEPT|CITY OF"
    r"|COUNTY OF|STATE OF|COUNTY|AGENCY|OFFICE|AUTHORITY|DISTRICT|COMMISSION|ADMINISTRATION|REALTY|PROPERTIES|MANAGEMENT|APARTMENTS"
    r"|ROOFING|CLEANING|CONSTRUCTION|FOODS?|PROCESSING|PAYROLL|GROUP|PARTNERS|ASSOCIATES|SCHOOL|CHURCH|CLINIC|HOSPITAL|COMPANIA|CIUDAD DE)\b"
)
_GLUED_UNITS = ("APT", "UNIT", "LOT", "BLDG", "FL", "STE")
_STROKES = str.maketrans("1I05", "LLOS")
_UNIT_SLIPS = {word.translate(_STROKES): word for word in UNIT_CLASSES}
# OCR loses word spaces. Where a small letter meets the capital of a street's or a unit's word, one was lost.
_GLUED = re.compile(
    rf"(?<=[a-zà-ÿ]{{3}})(?=(?:{'|'.join(sorted((w.title() for w in (*SUFFIXES, *_GLUED_UNITS)), key=len, reverse=True))})\b)"
)
# The direction before a street: `1420 NExample Ave`, `1420 SW17th St`. In capitals alone nobody can tell: NEVADA ST.
_GLUED_DIRECTION = re.compile(
    r"(?<=\d )(NE|NW|SE|SW|[NSEW])(?=[A-ZÀ-Ý][a-zà-ÿ]{2}|\d{1,3}(?:ST|ND|RD|TH|st|nd|rd|th)\b)"
)
_LINES_ABOVE = 4
# A block of an address is narrower, or has fewer words. Source: ours, unreviewed.
_PROSE_FROM_WIDTH = 0.5
_PROSE_FROM_WORDS = 8
NameTest = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Block:
    """One address on the document. `above`: the lines over it, nearest first. Higher `score`, likelier the home."""

    parts: AddressParts
    score: int
    above: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(slots=True)
class _Found:
    """An address as it was put together: its first line and what precedes it in the same words."""

    parts: AddressParts
    first: ReadLine
    lead: str
    used: list[ReadLine] = field(default_factory=list)


def address_blocks(lines: Sequence[ReadLine], is_holder: NameTest) -> tuple[Block, ...]:
    """Every street address on the document, likeliest home first. PO boxes are left out: nobody lives there."""
    lines = [replace(line, text=_with_its_spaces(line.text)) for line in lines]
    lines = [_with_its_zip(lines, line) for line in lines]
    found = [f for line in lines for f in _anchored(lines, line)]
    found += [f for line in lines if not _is_used(line, found) for f in _street_alone(lines, line, found)]
    blocks = [_judged(lines, f, is_holder) for f in found if not f.parts.po_box]
    return tuple(sorted(blocks, key=lambda b: -b.score))


def _with_its_spaces(text: str) -> str:
    return _GLUED_DIRECTION.sub(r"\1 ", _GLUED.sub(" ", text))


def _with_its_zip(lines: Sequence[ReadLine], line: ReadLine) -> ReadLine:
    """A line of prose that ends with the state, with the ZIP that begins the next one."""
    if not _ENDS_WITH_STATE.search(plain(line.text)):
        return line
    for below in lines:
        zip_code = re.match(r"\d{5}(?!\d)", below.text)
        if zip_code and below.page == line.page and lines_above(lines, below)[:1] == [line]:
            return replace(line, text=f"{line.text} {zip_code[0]}")
    return line


def _anchored(lines: Sequence[ReadLine], line: ReadLine) -> Iterator[_Found]:
    """Addresses that end with a state and a ZIP on this line; the street may stand on the lines above."""
    text = _FIELD_LABEL.sub("", plain(line.text))
    begin = 0
    for hit in _ANCHOR.finditer(text):
        place = (hit["state"], hit["zip"].translate(_ZIP_SLIPS))
        found = _put_together(lines, line, text[begin : hit.start()], place)
        if found is not None:
            yield found
        begin = hit.end()


def _put_together(
    lines: Sequence[ReadLine], line: ReadLine, head: str, place: tuple[str, str]
) -> _Found | None:
    used = [line]
    text = head.strip(" ,")
    for higher in [None, *lines_above(lines, line)[:3]]:
        if higher is not None:
            wraps = _is_prose(higher) or text.split(" ")[0].strip(",.") in SUFFIXES
            joint = " " if wraps else ", "
            text = f"{_FIELD_LABEL.sub('', plain(higher.text))}{joint}{text}"
            used.append(higher)
        if PO_BOX.search(text):
            return _Found(AddressParts(po_box=True), used[-1], "", used)
        parsed = _street_in(text, place)
        if parsed is not None:
            parts, lead = parsed
            return _Found(parts, used[-1], lead, used)
    return None


def _is_prose(line: ReadLine) -> bool:
    """A line that breaks where the paper ends, and may do so within a name: `Los | Angeles, CA`."""
    return line.width > _PROSE_FROM_WIDTH and len(line.text.split()) >= _PROSE_FROM_WORDS


def _street_in(text: str, place: tuple[str, str]) -> tuple[AddressParts, str] | None:
    """The street, unit and city in `text`, and what precedes them; None without a house number and a street.

    The last number that begins a whole address is the house's: what precedes may be an account number.
    """
    best: tuple[AddressParts, str] | None = None
    for hit in reversed(list(_NUMBER.finditer(text))):
        before = text[: hit.start()].rstrip(" ,.:#").split(" ")[-1]
        if before in UNIT_CLASSES or text[: hit.start()].rstrip().endswith("#"):
            continue
        parts = parse_street(mended(text[hit.start() :]), "", *place)
        if parts.number and parts.name and parts.city and not parts.ambiguous:
            if parts.suffix:
                return parts, text[: hit.start()]
            best = best or (parts, text[: hit.start()])
    return best


def mended(text: str) -> str:
    """Suffixes and unit words that OCR spelt with other strokes (`B1VD`, `FI 2`) as they are."""
    words = text.split()
    return " ".join(
        _mended_unit_word(word) if following[:1].isdigit() or following[:1] == "#" else _mended_word(word)
        for word, following in zip(words, [*words[1:], ""], strict=True)
    )


def _mended_word(word: str) -> str:
    core = word.strip(",.")
    if core[:1].isalpha() and any(c.isdigit() for c in core):
        for table in (str.maketrans("105", "LOS"), str.maketrans("105", "IOS")):
            if core.translate(table) in SUFFIXES:
                return word.replace(core, core.translate(table))
    return word


def _mended_unit_word(word: str) -> str:
    """In front of a unit's number. `FI` is nothing, `FL` a floor: lost, it would make two flats one."""
    core = word.strip(",.")
    meant = _UNIT_SLIPS.get(core.translate(_STROKES)) if core[:1].isalpha() else None
    return word.replace(core, meant) if meant else _mended_word(word)


def _street_alone(lines: Sequence[ReadLine], line: ReadLine, found: list[_Found]) -> Iterator[_Found]:
    """A street without a city under a label that says it is the home, as many bills print it.

    City and ZIP are taken from the same street elsewhere on the document, or stay empty.
    """
    text = plain(line.text)
    hit = next(_NUMBER.finditer(text), None)
    if hit is None or PO_BOX.search(text):
        return
    label = f"{text[: hit.start()]} {' '.join(_labels(lines, line))}"
    parts = parse_street(mended(text[hit.start() :]), "", "", "")
    if not _HOME.search(label) or not (parts.number and parts.name and parts.suffix):
        return
    same = next((f.parts for f in found if f.parts.street == parts.street), None)
    if same is not None:
        parts = parse_street(mended(text[hit.start() :]), same.city, same.state, same.zip5)
    yield _Found(parts, line, text[: hit.start()], [line])


def _labels(lines: Sequence[ReadLine], line: ReadLine) -> list[str]:
    """What stands left of the line and directly above it."""
    return [plain(near.text) for near in [*left_of(lines, line)[:1], *lines_above(lines, line)[:1]]]


def _judged(lines: Sequence[ReadLine], found: _Found, is_holder: NameTest) -> Block:
    over = [_own_words(line) for line in lines_above(lines, found.first)[:_LINES_ABOVE]]
    beside = [plain(line.text) for line in left_of(lines, found.first)[:1]]
    score = label = _label_score([found.lead, *beside, *over])
    # In prose the holder's name may stand on the same line or far above; only a block's own top counts.
    named = [text for text in (found.lead, *over[:3]) if text]
    if any(is_holder(text) for text in named):
        score += 40
    elif over and not label and COMPANY.search(over[0]):
        score -= 20
    elif over and not label and _looks_like_a_person(over[0]):
        score += 15
    if _on_the_stub(lines, found.first):
        score -= 60
    raw = [line.text for line in lines_above(lines, found.first)[:_LINES_ABOVE]]
    return Block(found.parts, score, tuple(raw), min(line.confidence for line in found.used))


def _own_words(line: ReadLine) -> str:
    """What a line says after the address that it may end: that one's label is not the next one's."""
    text = plain(line.text)
    ends = [hit.end() for hit in _ANCHOR.finditer(text)]
    return text[ends[-1] :].strip(" ,.") if ends else text


def _label_score(contexts: Sequence[str]) -> int:
    """The word of the nearest label; of several in one line, the last."""
    kinds = ((_NOT_HOME, -100), (_HOME, 100), (_PLACE, 60), (_HOLDER, 30), (_MAILING, 5))
    for text in contexts:
        hits = [(hit.end(), score) for pattern, score in kinds for hit in pattern.finditer(text)]
        if not hits:
            continue
        _, score = max(hits)
        away = any(value == -100 for _, value in hits)
        return -40 if score == 60 and away else score  # `our office located at`
    return 0


def _looks_like_a_person(text: str) -> bool:
    words = text.replace(",", " ").split()
    return 2 <= len(words) <= 5 and all(w.replace("-", "").isalpha() for w in words)


def _on_the_stub(lines: Sequence[ReadLine], line: ReadLine) -> bool:
    return any(
        other.page == line.page and other.y < line.y and _STUB.search(plain(other.text)) for other in lines
    )


def lines_above(lines: Sequence[ReadLine], line: ReadLine) -> list[ReadLine]:
    """The lines over this one in its own column, nearest first, as long as they follow closely."""
    chain: list[ReadLine] = []
    below = line
    for other in sorted(lines, key=lambda o: -o.y):
        if other.page != line.page or other.y >= below.y - 0.4 * min(other.height, below.height):
            continue
        if not _in_one_column(other, line):
            continue
        if below.y - other.y > 2.8 * max(other.height, below.height):
            break
        chain.append(other)
        below = other
    return chain


def left_of(lines: Sequence[ReadLine], line: ReadLine) -> list[ReadLine]:
    """What stands on the same row to the left, nearest first."""
    row = [
        other
        for other in lines
        if other.page == line.page and other.x < line.x and abs(other.y - line.y) < 0.6 * line.height
    ]
    return sorted(row, key=lambda other: -other.x)


def _in_one_column(one: ReadLine, other: ReadLine) -> bool:
    overlap = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    return overlap > 0.3 * min(one.width, other.width)


def _is_used(line: ReadLine, found: Sequence[_Found]) -> bool:
    return any(line is used for f in found for used in f.used)


def state_matches(one: str, other: str) -> bool:
    """True unless both name a state, and not the same."""
    return not one or not other or state_code(one) == state_code(other)
