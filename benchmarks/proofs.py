"""The papers that `reading.py` draws: for whom, of which home, and what the packet says, truly and otherwise."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from samples.draw import handed_in, seeded
from samples.drawing.bills import PROOFS
from samples.drawing.holder import Holder
from samples.papers import SUFFIXES

NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)

_GIVEN = "María|José Luis|Yesenia|Ixchel|Ángel|Mario|Begoña|Rosa Elena|Óscar|Juana|Luis José|Nicolás|Micaela|Héctor"
_FAMILY = """Ordóñez|Muñoz|López|Pérez|Xicay|Tzoc|Güity|Hernández|Peña|Coj|Ixcot|Cárdenas|de León|Núñez|Ajanel
|Velásquez|Chávez|Toj|Castañeda|Álvarez|Paz|Ruiz|Yax|Meléndez"""
_DIRECTIONS = ("North", "South", "East", "West", "Southwest")
# As the paper prints it, and as the packet states it.
_STREETS = (
    ("Muestra St", "Muestra Street"),
    ("Sample Oak Blvd", "Sample Oak Boulevard"),
    ("N Ejemplo Ave", "North Ejemplo Avenue"),
    ("Specimen Hill Rd", "Specimen Hill Road"),
    ("SW 17th Ter", "Southwest 17th Terrace"),
    ("Example Creek Ln", "Example Creek Lane"),
    ("Old Sample Pkwy", "Old Sample Parkway"),
    ("Invented Ct", "Invented Court"),
    ("W Nowhere Dr", "West Nowhere Drive"),
    ("Saint Specimen Way", "St Specimen Way"),
    ("38th Ave", "38th Avenue"),
    ("Example Rd S", "Example Road South"),
)
_UNITS = (
    ("Apt 3B", "#3-B"),
    ("#12", "Apt 12"),
    ("Unit 204", "204"),
    ("Apt. 5", "Depto 5"),
    ("Apt 14C", "Unit 14-c"),
    ("Lot 18", "Lot 18"),
    ("Bldg 2 Apt 14", "Building 2, Apt 14"),
    ("Fl 2", "2nd Floor"),
    ("Apt B", "Unit B"),
    (None, None),
    (None, None),
    (None, None),
)
_TOWNS = (
    ("Houston", "TX", "77036"),
    ("Los Angeles", "CA", "90011"),
    ("Homestead", "FL", "33033"),
    ("Hyattsville", "MD", "20783"),
    ("Charlotte", "NC", "28205"),
    ("Jamaica", "NY", "11435"),
    ("Trenton", "NJ", "08611"),
    ("Springdale", "AR", "72764"),
)


@dataclass(frozen=True)
class Stated:
    """What a packet says of the sponsor's name and home."""

    given: str
    family: str
    line1: str
    unit: str | None
    city: str
    state: str
    zip: str


@dataclass(frozen=True)
class Case:
    """One paper to be drawn, what the packet truly says, and what it might say instead."""

    kind: str
    look: str
    number: int
    language: str
    issued_on: date
    holder: Holder
    stated: Stated
    others: tuple[tuple[str, Stated], ...]


def cases(seed: int, each: int) -> Iterator[Case]:
    """`each` papers of every kind at every look, each for a holder of its own."""
    for kind in PROOFS:
        for look in SUFFIXES:
            for number in range(each):
                chance = random.Random(f"{seed}|{kind}|{look}|{number}")
                yield _case(kind, look, number, chance)


def _case(kind: str, look: str, number: int, chance: random.Random) -> Case:
    given = chance.choice(_GIVEN.split("|"))
    surnames = chance.sample("".join(_FAMILY.splitlines()).split("|"), 2)
    printed_street, stated_street = chance.choice(_STREETS)
    printed_unit, stated_unit = chance.choice(_UNITS)
    house = str(chance.randint(12, 18999))
    city, state, zip5 = chance.choice(_TOWNS)
    family = " ".join(surnames)
    # Half of the papers leave the second surname out, as issuers with one field for it do.
    name = f"{given} {family if chance.random() < 0.5 else surnames[0]}"
    stated = Stated(given, family, f"{house} {stated_street}", stated_unit, city, state, zip5)
    days = chance.randint(2, 55)
    return Case(
        kind,
        look,
        number,
        "es" if number % 2 else "en",
        NOW.date() - timedelta(days=days),
        Holder(name, f"{house} {printed_street}", printed_unit, city, state, zip5),
        stated,
        tuple(_others(stated, house, stated_street, chance)),
    )


def _others(true: Stated, house: str, street: str, chance: random.Random) -> Iterator[tuple[str, Stated]]:
    yield "number", replace(true, line1=f"{_one_digit_changed(house, chance)} {street}")
    yield "zip", replace(true, zip=_one_digit_changed(true.zip, chance))
    yield "street", replace(true, line1=f"{house} Otherwise {street.split()[-1]}")
    yield "suffix", replace(true, line1=f"{house} {_other_suffix(street)}")
    yield "direction", replace(true, line1=f"{house} {_other_direction(street)}")
    if true.unit is None:
        yield "unit", replace(true, unit=f"Apt {chance.randint(1, 9)}")
    else:
        yield "unit", replace(true, unit=_other_unit(true.unit, chance))
        yield "no unit", replace(true, unit=None)
    first, _, second = true.family.rpartition(" ")
    yield "given name", replace(true, given=chance.choice(("Pedro", "Elvira", "Wendy")))
    yield "her brother", replace(true, given=_of_the_other_sex(true.given))
    yield "surname", replace(true, family=f"Quiroga {second}" if first else "Quiroga")


def _of_the_other_sex(given: str) -> str:
    """`Juana` of Juan, `Mario` of María: no likeness of spelling may make them one."""
    ends = {"a": given[:-1] + "o", "o": given[:-1] + "a"}
    return ends.get(given[-1], given + "a")


def _other_suffix(street: str) -> str:
    """Alley, where the street was another kind of way; no street of ours is one."""
    words = street.split()
    place = -2 if words[-1] in _DIRECTIONS else -1
    words[place] = "Alley"
    return " ".join(words)


def _other_direction(street: str) -> str:
    """The street without its direction; East of one that has none."""
    words = [word for word in street.split() if word not in _DIRECTIONS]
    return " ".join(words) if len(words) < len(street.split()) else f"East {street}"


def _one_digit_changed(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    digit = chance.choice([d for d in "0123456789" if d != text[place] and (place or d != "0")])
    return text[:place] + digit + text[place + 1 :]


def _other_unit(unit: str, chance: random.Random) -> str:
    """The same words with the last digit, or the letter when it has none, changed."""
    digits = [place for place, char in enumerate(unit) if char.isdigit()]
    if not digits:
        return unit[:-1] + chance.choice([c for c in "ACDEFGH" if c != unit[-1]])
    place = digits[-1]
    digit = chance.choice([d for d in "123456789" if d != unit[place]])
    return unit[:place] + digit + unit[place + 1 :]


def drawn(case: Case, seed: int) -> bytes:
    """The file of this paper."""
    words = (case.kind, case.look, str(case.number))
    sheet = PROOFS[case.kind](case.holder, case.issued_on, case.language, seeded(seed, *words))
    return handed_in(sheet, case.look, seeded(seed, *words, "look"))
