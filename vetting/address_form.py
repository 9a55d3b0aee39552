"""The parts of an address and its normal form, so that eight spellings of one flat are one flat.

Plausibility only: whether a street number exists is the postal service's word. Normal form per
measured/libraries.md section 2. OCR slips are not repaired here, only tolerated by `vetting.address`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import usaddress

from models.packet import Address

# Source: USPS Publication 28, appendix C1, the suffixes in everyday use, and their Spanish cousins.
_SUFFIX_WORDS = """ALY ALLEY|AVE AVENUE AV AVEN AVENIDA|BLVD BOULEVARD BOUL BLV BULEVAR|BND BEND|BR BRANCH
BRG BRIDGE|BRK BROOK|BYP BYPASS|CIR CIRCLE CIRC|CLB CLUB|CMN COMMON|COR CORNER|CT COURT|CTS COURTS|CTR CENTER CENTRE
CV COVE|CRK CREEK|CRES CRESCENT|XING CROSSING|DR DRIVE DRV|EST ESTATE|ESTS ESTATES|EXPY EXPRESSWAY|EXT EXTENSION
FWY FREEWAY|FLDS FIELDS|FRST FOREST|GDN GARDEN|GDNS GARDENS|GLN GLEN|GRN GREEN|GRV GROVE|HBR HARBOR|HTS HEIGHTS
HWY HIGHWAY|HL HILL|HLS HILLS|HOLW HOLLOW|JCT JUNCTION|KNL KNOLL|LNDG LANDING|LN LANE|LOOP|MNR MANOR|MDWS MEADOWS
MDW MEADOW|ML MILL|OVAL|PARK PRK|PKWY PARKWAY PKY|PASS|PATH|PIKE|PL PLACE|PLN PLAIN|PLZ PLAZA|PT POINT|PRT PORT
RNCH RANCH|RDG RIDGE|RD ROAD|ROW|RUN|SHRS SHORES|SQ SQUARE|ST STREET STR|STA STATION|TER TERRACE|TRCE TRACE
TRL TRAIL|TPKE TURNPIKE|VLY VALLEY|VW VIEW|VLG VILLAGE|VIS VISTA|WALK|WAY WY|CALLE"""
_DIRECTION_WORDS = """N NORTH NORTE|S SOUTH SUR|E EAST ESTE|W WEST OESTE|NE NORTHEAST|NW NORTHWEST|SE SOUTHEAST|SW SOUTHWEST"""
# Word classes of units. GENERIC ones name the same thing; a floor or a lot is another thing.
_UNIT_WORDS = """APT APARTMENT APARTAMENTO APTO DEPTO DPTO DEPARTAMENTO UNIT UNIDAD STE SUITE NO NUM INT INTERIOR APMT
FL FLOOR PISO|LOT LOTE SPC SPACE SP TRLR TRAILER|RM ROOM CUARTO HAB|BLDG BUILDING BLD EDIFICIO EDIF
BSMT BASEMENT|REAR|FRNT FRONT|UPPR UPPER|LOWR LOWER|PH PENTHOUSE"""
_STATE_WORDS = """AL ALABAMA|AK ALASKA|AZ ARIZONA|AR ARKANSAS|CA CALIFORNIA|CO COLORADO|CT CONNECTICUT|DE DELAWARE
DC DISTRICT OF COLUMBIA|FL FLORIDA|GA GEORGIA|HI HAWAII|ID IDAHO|IL ILLINOIS|IN INDIANA|IA IOWA|KS KANSAS
KY KENTUCKY|LA LOUISIANA|ME MAINE|MD MARYLAND|MA MASSACHUSETTS|MI MICHIGAN|MN MINNESOTA|MS MISSISSIPPI
MO MISSOURI|MT MONTANA|NE NEBRASKA|NV NEVADA|NH NEW HAMPSHIRE|NJ NEW JERSEY|NM NEW MEXICO|NY NEW YORK
NC NORTH CAROLINA|ND NORTH DAKOTA|OH OHIO|OK OKLAHOMA|OR OREGON|PA PENNSYLVANIA|PR PUERTO RICO|RI RHODE ISLAND
SC SOUTH CAROLINA|SD SOUTH DAKOTA|TN TENNESSEE|TX TEXAS|UT UTAH|VT VERMONT|VA VIRGINIA|WA WASHINGTON
WV WEST VIRGINIA|WI WISCONSIN|WY WYOMING"""


def _table(words: str) -> dict[str, str]:
    groups = [group.split() for line in words.splitlines() for group in line.split("|")]
    return {word: group[0] for group in groups for word in group}


SUFFIXES = _table(_SUFFIX_WORDS)
_LEADING = {"SAINT": "ST", "MOUNT": "MT", "FORT": "FT"}
DIRECTIONS = _table(_DIRECTION_WORDS)
UNIT_CLASSES = _table(_UNIT_WORDS)
STATES = {
    name: code
    for line in _STATE_WORDS.splitlines()
    for code, _, name in (group.partition(" ") for group in line.split("|"))
}


_WORD = "|".join(sorted(UNIT_CLASSES, key=len, reverse=True))
_ID = r"(?:\d{1,5}\s?-?\s?[A-Z](?![A-Z0-9])|[A-Z]?\s?-?\s?\d{1,5}(?:-\d{1,4})?[A-Z]?|[A-Z])(?![A-Z0-9])"
_UNIT = re.compile(
    rf"(?<![A-Z0-9])(?:(?P<word>{_WORD})(?![A-Z])[.:]?\s*(?:#|NO\.?(?=\s))?\s*|#\s*)(?P<id>{_ID})"
)
_ORDINAL_FLOOR = re.compile(r"\b(?P<id>\d{1,2})(?:ST|ND|RD|TH)\s+(?:FLOOR|FL)\b")
_BARE_WORD = re.compile(r"\b(?P<word>BSMT|BASEMENT|REAR|FRNT|FRONT|UPPER|LOWER|UPPR|LOWR|PH|PENTHOUSE)\s*$")
PO_BOX = re.compile(r"\b(?:P\.?\s?[O0]\.?\s*B[O0]X|POST OFFICE BOX|APARTADO(?: POSTAL)?|PMB|LOCKBOX)\b")


@dataclass(frozen=True, slots=True)
class Unit:
    """`kind` is '' for apartments, units, suites and bare numbers; else FL, LOT, RM, BLDG, REAR..."""

    id: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}".strip()


@dataclass(frozen=True, slots=True)
class AddressParts:
    """An address in capitals, abbreviated as the postal service does. A part that is not there is ''."""

    number: str = ""
    direction: str = ""
    name: str = ""
    suffix: str = ""
    post_direction: str = ""
    unit: Unit | None = None
    city: str = ""
    state: str = ""
    zip5: str = ""
    po_box: bool = False
    ambiguous: bool = False  # the parser read one label twice: a person must look

    @property
    def street(self) -> str:
        words = (self.number, self.direction, self.name, self.suffix, self.post_direction)
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class DwellingText:
    """What the dwelling key is made from. A missing unit is never equal to a unit: at most possible."""

    building: str
    unit: str | None


def dwelling_key_text(address: Address) -> DwellingText:
    """The normal form of the stated address: `Apt 3B`, `#3-B` and `Unit 3b` are one; `Fl 2`, `Apt 2` are not."""
    parts = parse_stated(address)
    street = parts.street or plain(address.line1)
    return DwellingText(f"{street} | {parts.zip5}", str(parts.unit) if parts.unit else None)


def parse_stated(address: Address) -> AddressParts:
    """The parts of an address that came in fields. A unit in the first line counts as well."""
    unit = parse_unit(address.unit) if address.unit else None
    parts = parse_street(address.line1, address.city, address.state, address.zip)
    if unit is not None and parts.unit is not None and parts.unit != unit and parts.unit.kind == "BLDG":
        unit = Unit(f"{parts.unit.id}-{unit.id}")
    return _replace_unit(parts, unit or parts.unit)


def parse_street(street: str, city: str, state: str, zip_code: str) -> AddressParts:
    """The parts of a street line (with its unit, if it holds one), placed in a city.

    `city` may be '' when the line itself ends with it.
    """
    line, unit = split_unit(plain(street))
    if PO_BOX.search(line):
        return AddressParts(city=plain(city), state=state_code(state), zip5=zip_code[:5], po_box=True)
    tail = f"{plain(city)}, {state_code(state)} {zip_code[:5]}".lstrip(", ")
    tagged, ambiguous = _tag(f"{line}, {tail}".rstrip(", "))
    bare = tagged.get("OccupancyIdentifier", "")
    if unit is None and bare:
        unit = parse_unit(f"{tagged.get('OccupancyType', '')} {bare}")
    place = (plain(city) or tagged.get("PlaceName", ""), state_code(state), zip_code[:5])
    return _street_parts(tagged, unit, place, ambiguous)


def _street_parts(
    tagged: dict[str, str], unit: Unit | None, place: tuple[str, str, str], ambiguous: bool
) -> AddressParts:
    labels = ("AddressNumberPrefix", "AddressNumber", "AddressNumberSuffix")
    number = " ".join(tagged[label] for label in labels if label in tagged)
    name = " ".join(
        # `Highway 6` is Hwy 6; within the name itself a Park stays a Park.
        SUFFIXES.get(word, word) if label == "StreetNamePreType" else word
        for label in ("StreetNamePreModifier", "StreetNamePreType", "StreetName")
        for word in tagged.get(label, "").split()
    )
    words = [_name_word(w) for w in name.split()]
    if len(words) > 1:
        words[0] = _LEADING.get(words[0], words[0])
    suffix = SUFFIXES.get(tagged.get("StreetNamePostType", ""), tagged.get("StreetNamePostType", ""))
    if not suffix and len(words) > 1 and words[-1] in SUFFIXES:
        suffix = SUFFIXES[words.pop()]
    before, after = (tagged.get(f"StreetName{side}Directional", "") for side in ("Pre", "Post"))
    return AddressParts(
        number=re.sub(r"[^0-9A-Z/ -]", "", number),
        direction=DIRECTIONS.get(before, before),
        name=" ".join(words),
        suffix=suffix,
        post_direction=DIRECTIONS.get(after, after),
        unit=unit,
        city=place[0],
        state=place[1],
        zip5=place[2],
        ambiguous=ambiguous,
    )


def split_unit(line: str) -> tuple[str, Unit | None]:
    """The line (in capitals) without its unit, and the unit."""
    found: list[Unit] = []
    for pattern in (_ORDINAL_FLOOR, _UNIT, _UNIT, _BARE_WORD):
        hit = pattern.search(line)
        # A number at the very beginning is the house's.
        if hit is None or (hit.start() == 0 and pattern is _UNIT and not hit["word"]):
            continue
        groups = hit.groupdict()
        word = "FL" if pattern is _ORDINAL_FLOOR else UNIT_CLASSES.get(groups.get("word") or "", "APT")
        found.append(_unit(word, groups.get("id") or ""))
        line = f"{line[: hit.start()].rstrip(' ,;')} {line[hit.end() :].strip()}".strip()
    return line, _combined(found)


def parse_unit(text: str) -> Unit | None:
    """The unit that a field holds, whatever its word: `Apt 3B`, `# 3-B`, `3b`, `2nd floor`, `Rear`."""
    line = plain(text)
    rest, unit = split_unit(f"- {line}")
    if unit is None and _letters(line):
        return _unit("APT", line)
    leftover = _letters(rest)
    # Words that name no known unit (`Garage`, `Casa B`) stay: dropping them would make two flats one.
    return Unit(f"{unit.id}{leftover}", unit.kind) if unit and leftover else unit


def _combined(found: list[Unit]) -> Unit | None:
    if len(found) < 2:
        return found[0] if found else None
    building = next((u for u in found if u.kind == "BLDG"), None)
    if building is not None:
        rest = next(u for u in found if u is not building)
        return Unit(f"{building.id}-{rest.id}", rest.kind)
    first, second = found[0], found[1]
    return Unit(f"{first.id} {second}".strip(), first.kind)


def _unit(word: str, identifier: str) -> Unit:
    kind = "" if word == "APT" else word
    cleaned = _letters(identifier)
    cleaned = cleaned.lstrip("0") or cleaned[-1:]
    return Unit(cleaned, kind) if cleaned else Unit("", kind)


def _replace_unit(parts: AddressParts, unit: Unit | None) -> AddressParts:
    values = {name: getattr(parts, name) for name in AddressParts.__slots__} | {"unit": unit}
    return AddressParts(**values)


def _name_word(word: str) -> str:
    """`17TH` is 17."""
    ordinal = re.fullmatch(r"(\d+)(ST|ND|RD|TH)", word)
    return ordinal[1] if ordinal else word


def _tag(text: str) -> tuple[dict[str, str], bool]:
    """usaddress labels, in capitals; True when a label came twice (`2nd Floor Rear` does that)."""
    try:
        labels, _ = usaddress.tag(text)
        pairs, twice = list(labels.items()), False
    except usaddress.RepeatedLabelError as err:
        pairs, twice = [(label, token) for token, label in err.parsed_string], True
    out: dict[str, str] = {}
    for label, token in pairs:
        out[label] = f"{out[label]} {plain(token)}" if label in out else plain(token)
    return out, twice


def plain(text: str) -> str:
    """Capitals without accents, full stops and double spaces; commas and hyphens stay."""
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in bare if not unicodedata.combining(c)).upper()
    bare = re.sub(r"[‐-―−]", "-", bare)
    # OCR drops spaces after a full stop or a comma, and after a house number.
    bare = re.sub(r"(?<=\w\w)[.](?=[A-Z])", " ", bare).replace(",", ", ")
    bare = re.sub(r"(?<![\w#/-])(\d{1,6})(?=[A-Z]{3})", r"\1 ", bare)
    return re.sub(r" ,", ",", " ".join(re.sub(r"[.'’ʼ]", "", bare).split()))


def state_code(text: str) -> str:
    """Two letters for a state's name or code; '' when it is neither."""
    word = plain(text)
    return word if word in STATES.values() else STATES.get(word, "")


def _letters(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text)
