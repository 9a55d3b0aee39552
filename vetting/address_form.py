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
_UNIT_WORDS = """APT APARTMENT APARTAMENTO APTO DEPTO DPTO DEPARTAMENTO UNIT UNIDAD STE SUITE NO NUM NUMBER NUMERO
APT INT INTERIOR APMT
FL FLOOR PISO|LOT LOTE SPC SPACE SP ESPACIO TRLR TRAILER|RM ROOM CUARTO HAB|BLDG BUILDING BLD EDIFICIO EDIF
TOWER TORRE|WING|BSMT BASEMENT SOTANO|REAR ATRAS|FRNT FRONT FRENTE|UPPR UPPER UPSTAIRS|LOWR LOWER DOWNSTAIRS
PH PENTHOUSE"""
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
_LEADING = {"SAINT": "ST", "MOUNT": "MT", "FORT": "FT", "AVENIDA": "AVE"}
DIRECTIONS = _table(_DIRECTION_WORDS)
UNIT_CLASSES = _table(_UNIT_WORDS)
STATES = {
    name: code
    for line in _STATE_WORDS.splitlines()
    for code, _, name in (group.partition(" ") for group in line.split("|"))
}


_WORD = "|".join(sorted(UNIT_CLASSES, key=len, reverse=True))
# After its word a unit may be any piece with a digit; else a letter, or letters and digits in their usual order.
_ID = (
    r"(?:(?:\d{1,5}\s?-?\s?[A-Z](?![A-Z0-9])|[A-Z]?\s?-?\s?\d{1,5}(?:[-/]\d{1,4})?[A-Z]?|[A-Z])(?![A-Z0-9]|[-/]\d)"
    r"|(?=[A-Z]*\d)[A-Z0-9]+(?:[-/][A-Z0-9]+)*(?![A-Z0-9]))"
)
_UNIT = re.compile(
    rf"(?<![A-Z0-9])(?:(?P<word>{_WORD})(?![A-Z])[.:]?\s*(?:#|NO\.?(?=\s))?\s*|#\s*)(?P<id>{_ID})"
)
_FLOORS = """FIRST PRIMER PRIMERO|SECOND SEGUNDO|THIRD TERCER TERCERO|FOURTH CUARTO|FIFTH QUINTO|SIXTH SEXTO
SEVENTH SEPTIMO|EIGHTH OCTAVO|NINTH NOVENO|TENTH DECIMO"""
_TEENS = "ELEVENTH TWELFTH THIRTEENTH FOURTEENTH FIFTEENTH SIXTEENTH SEVENTEENTH EIGHTEENTH NINETEENTH"
_TENS = "TWENTY THIRTY FORTY FIFTY SIXTY SEVENTY EIGHTY NINETY".split()  # noqa: SIM905
_FLOOR_NUMBERS = {
    word: str(number)
    for number, words in enumerate(_FLOORS.replace("\n", "|").split("|"), start=1)
    for word in words.split()
}
# `Second St` is 2nd St; in Spanish only floors are counted so.
_ORDINALS = {group.split()[0]: str(n) for n, group in enumerate(_FLOORS.replace("\n", "|").split("|"), 1)} | {
    word: str(number) for number, word in enumerate(_TEENS.split(), start=11)
}
_ORDINALS |= {f"{word[:-1]}IETH": str(10 * n) for n, word in enumerate(_TENS, start=2)}
_ORDINAL_FLOOR = re.compile(
    rf"\b(?:(?P<id>\d{{1,2}})(?:ST|ND|RD|TH|ER|DO|RO|TO|O)|(?P<spelt>{'|'.join(_FLOOR_NUMBERS)}))\s+(?:FLOOR|FL|PISO)\b"
)
_POSITIONS = frozenset({"BSMT", "REAR", "FRNT", "UPPR", "LOWR", "PH"})
_BARE_WORD = re.compile(
    rf"\b(?P<word>{'|'.join(w for w, kind in UNIT_CLASSES.items() if kind in _POSITIONS)})\s*$"
)
_OUTER = ("BLDG", "TOWER", "WING")  # they hold units of their own
_GENERIC = frozenset(word for word, kind in UNIT_CLASSES.items() if kind == "APT")
_ENDS_WITH_DIRECTION = re.compile(rf"\b(?:{'|'.join(SUFFIXES)}) (?:{'|'.join(DIRECTIONS)})$")
# Roads that go by a number, and one name that is written in five ways. After the house number only.
_NUMBERED = r"(?=(?: NO)? ?#?\d)"
_ROADS = tuple(
    (re.compile(rf"(?<=\d )(?P<way>(?:[NSEW] )?)(?:{pattern})"), name)
    for pattern, name in (
        (rf"(?:(?:COUNTY|CNTY|CTY|CO) (?:ROAD|RD)|CR){_NUMBERED}", "COUNTY RD"),
        (rf"(?:(?:STATE|ST) (?:HIGHWAY|HWY)|SH){_NUMBERED}", "STATE HWY"),
        (rf"(?:(?:STATE|ST) (?:ROUTE|RTE|RT)|SR){_NUMBERED}", "STATE ROUTE"),
        (rf"(?:U ?S) (?:(?:HIGHWAY|HWY|ROUTE|RTE|RT) )?{_NUMBERED}", "US HWY "),
        (rf"(?:ROUTE|RTE|RT){_NUMBERED}", "ROUTE"),
        (rf"(?:FARM TO MARKET|FM)(?: (?:ROAD|RD))?{_NUMBERED}", "FM"),
        (r"(?:DR )?(?:(?:MARTIN LUTHER|M L) KING|MLK)(?: JR)?(?= )", "MLK"),
    )
)
# What usaddress may find besides the street, the unit and the town.
_USED_LABELS = frozenset(
    {"OccupancyType", "OccupancyIdentifier", "PlaceName", "StateName", "ZipCode", "ZipPlus4", "CountryName"}
)
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
    if PO_BOX.search(plain(address.unit or "")):  # a private mailbox behind a street address
        return AddressParts(city=plain(address.city), state=address.state, zip5=address.zip[:5], po_box=True)
    # `Fl 1` in the first line and `Apt A` in the second are not the `Apt A` of another floor.
    pieces = _pieces_of(address.unit) if address.unit else []
    return _parsed(address.line1, address.city, address.state, address.zip, pieces)


def parse_street(street: str, city: str, state: str, zip_code: str) -> AddressParts:
    """The parts of a street line (with its unit, if it holds one), placed in a city.

    `city` may be '' when the line itself ends with it.
    """
    return _parsed(street, city, state, zip_code, [])


def _parsed(street: str, city: str, state: str, zip_code: str, pieces: list[Unit]) -> AddressParts:
    line, found = _taken(plain(street))
    if PO_BOX.search(line):
        return AddressParts(city=plain(city), state=state_code(state), zip5=zip_code[:5], po_box=True)
    tail = f"{plain(city)}, {state_code(state)} {zip_code[:5]}".lstrip(", ")
    tagged, ambiguous = _tag(f"{_spelt(line.strip(' ,'))}, {tail}".rstrip(", "))
    town = tagged.get("PlaceName", "")
    if city:
        # What stands before the city belongs to the street line: `Wing B`, `Garage`.
        left = town.removesuffix(plain(city)).strip(" ,") if town.endswith(plain(city)) else ""
        found += _pieces_of(left) if left not in ("", plain(city)) else []
        town = plain(city)
    unit = _combined([*found, *_pieces_of(_left_over(tagged)), *pieces])
    return _street_parts(tagged, unit, (town, state_code(state), zip_code[:5]), ambiguous)


def _left_over(tagged: dict[str, str]) -> str:
    """What usaddress found and no part of the street holds: dropping it would make two flats one."""
    words = [tagged[label] for label in ("OccupancyType", "OccupancyIdentifier") if label in tagged]
    for label, text in tagged.items():
        used = label in _USED_LABELS or label.startswith(("AddressNumber", "StreetName"))
        # A complex's name before the house number adds nothing; a tower's letter does.
        named = label == "Recipient" and not re.search(r"\d|\b[A-Z]\b", text)
        if not used and not named:
            words.append(text)
    return " ".join(words)


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
    words = _ordinals_as_digits(name.split())
    if len(words) > 1:
        words[0] = _LEADING.get(words[0], words[0])
    suffix = SUFFIXES.get(tagged.get("StreetNamePostType", ""), tagged.get("StreetNamePostType", ""))
    if not suffix and len(words) > 1 and words[-1] in SUFFIXES:
        suffix = SUFFIXES[words.pop()]
    extension = tagged.get("StreetNamePostModifier", "")
    before, after = (tagged.get(f"StreetName{side}Directional", "") for side in ("Pre", "Post"))
    return AddressParts(
        number=re.sub(r"[^0-9A-Z/ -]", "", number),
        direction=DIRECTIONS.get(before, before),
        name=" ".join(words),
        suffix=f"{suffix} {SUFFIXES.get(extension, extension)}".strip(),
        post_direction=DIRECTIONS.get(after, after),
        unit=unit,
        city=place[0],
        state=place[1],
        zip5=place[2],
        ambiguous=ambiguous,
    )


def split_unit(line: str) -> tuple[str, Unit | None]:
    """The line (in capitals) without its unit, and the unit."""
    rest, found = _taken(line)
    return rest, _combined(found)


def parse_unit(text: str) -> Unit | None:
    """The unit that a field holds, whatever its word: `Apt 3B`, `# 3-B`, `3b`, `2nd floor`, `Rear`."""
    return _combined(_pieces_of(text))


def _pieces_of(text: str) -> list[Unit]:
    """Every unit that the text names. All of it counts: what names no known unit (`Garage`, `Casa B`) stays."""
    line = re.sub(rf"\s+(?:{'|'.join(_GENERIC)})$", "", plain(text))  # `Rear Apt`
    rest, found = _taken(f"- {line}")
    words = rest.strip(" -#,.:()").split(" ")
    if found or len(words) > 1:
        words = [word for word in words if word.strip("#,.:()-") not in _GENERIC]
    left = _identifier(" ".join(words))
    if left:
        # In front of nothing else it is the unit itself, as in `3B`.
        found.append(_unit("APT", left))
    return found


def _taken(line: str) -> tuple[str, list[Unit]]:
    """The line (in capitals) without the units that it names, and these."""
    found: list[Unit] = []
    for pattern in (_ORDINAL_FLOOR, _UNIT, _UNIT, _UNIT, _BARE_WORD, _BARE_WORD):
        hit = pattern.search(line)
        # A number at the very beginning is the house's.
        if hit is None or (hit.start() == 0 and pattern is _UNIT and not hit["word"]):
            continue
        groups = hit.groupdict()
        if pattern is _ORDINAL_FLOOR:
            found.append(_unit("FL", groups["id"] or _FLOOR_NUMBERS[groups["spelt"]]))
        else:
            found.append(_unit(UNIT_CLASSES.get(groups.get("word") or "", "APT"), groups.get("id") or ""))
        before, after = line[: hit.start()].rstrip(" ,;"), line[hit.end() :]
        line = f"{before}{_parting(before, after)}{after.strip(' ,')}".strip()
    return line, found


def _parting(before: str, after: str) -> str:
    """What stays in a unit's place. In `Rd S #12, Trenton` and `Rd S #12 Trenton` it keeps the S out of the city."""
    ends = after.lstrip().startswith(",") or (after.strip() and _ENDS_WITH_DIRECTION.search(before))
    return ", " if ends else " "


def _combined(found: list[Unit]) -> Unit | None:
    """One unit from all its pieces, in one order: building, floor, flat, position (`2-14`, `FL 2 REAR`)."""
    pieces = sorted(dict.fromkeys(found), key=_rank)
    outer = [u.id if u.kind == "BLDG" else str(u) for u in pieces if u.kind in _OUTER and u.id]
    inner = [u for u in pieces if u.kind not in _OUTER or not u.id]
    if not outer:
        if len(inner) < 2:
            return inner[0] if inner else None
        rest = " ".join(map(str, inner[1:]))
        return Unit(f"{inner[0].id} {rest}".strip(), inner[0].kind)
    if not inner and len(outer) == 1:
        return next(u for u in pieces if u.kind in _OUTER)
    return Unit("-".join([*outer, *([" ".join(map(str, inner))] if inner else [])]))


def _rank(unit: Unit) -> int:
    if unit.kind in _OUTER:
        return 0
    return 1 if unit.kind == "FL" else 3 if unit.kind in _POSITIONS else 2


def _unit(word: str, identifier: str) -> Unit:
    kind = "" if word == "APT" else word
    return Unit(re.sub(r"^0+(?=[0-9A-Z])", "", _identifier(identifier)), kind)


def _spelt(line: str) -> str:
    """The street line with its numbers and numbered roads written one way: `500 CR 12` is on County Rd 12."""
    line = re.sub(r"^(\d{1,6})[ -]?(\d/\d)\b", r"\1 \2", line)
    line = re.sub(r"^(\d+) - (\d+)\b", r"\1-\2", line)
    line = re.sub(r"^(\d+)-([A-Z])\b", r"\1\2", line)
    line = re.sub(r"(?<=\d )([NS]) ([EW])(?= \S+ \S)", r"\1\2", line)
    for pattern, name in _ROADS:
        line = pattern.sub(rf"\g<way>{name}", line, count=1)
    return re.sub(r"(?<= FM )(\d+) (?:RD|ROAD)\b", r"\1", line)


def _ordinals_as_digits(words: list[str]) -> list[str]:
    """`17TH`, `SEVENTEENTH` are 17; `TWENTY SECOND` is 22."""
    out: list[str] = []
    for word in (part for joined in words for part in _parts_of_ordinal(joined)):
        ordinal = re.fullmatch(r"(\d+)(ST|ND|RD|TH)", word)
        number = ordinal[1] if ordinal else _ORDINALS.get(word, word)
        if out and out[-1] in _TENS and number.isdigit() and len(number) == 1:
            out[-1] = str(10 * (_TENS.index(out[-1]) + 2) + int(number))
        else:
            out.append(number)
    return out


def _parts_of_ordinal(word: str) -> list[str]:
    return word.split("-") if word.partition("-")[0] in _TENS else [word]


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
    bare = re.sub(r"(?=[¼½¾])", " ", text)
    bare = unicodedata.normalize("NFKD", bare).replace("\N{FRACTION SLASH}", "/")
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


def _identifier(text: str) -> str:
    """Letters and digits; between two digits what parts them stays: 1-11 is not 11-1, 1/2 is not 12."""
    parted = re.sub(r"(?<=\d)\s*([/-]|\s)\s*(?=\d)", lambda hit: "/" if hit[1] == "/" else "-", text)
    return re.sub(r"(?<!\d)[/-]|[/-](?!\d)|[^0-9A-Z/-]", "", parted)
