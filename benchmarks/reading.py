"""How many proofs of address are read right, by kind of paper and by how it was handed in.

    .venv/bin/python benchmarks/reading.py [--seed N] [--each N]        (default: 90125, 4)

Draws every kind of proof for invented holders, in English and Spanish by turns, at every look, and reads each
with the reader and the judgement that vetting uses. The stated address is spelt otherwise than the paper's.

    right   the true home, name and date: no finding
    unread  a person is asked to read it (ADDRESS_UNREAD, or an illegible scan)
    WRONG   a finding that accuses a true document

Then each reading is judged against homes and people that are not the paper's: one digit of the number or ZIP
changed, another unit, none, another given name, a brother's or a sister's, another surname. One without any finding is a FALSE MATCH.
`blur` is hopeless on purpose; every other look counts as clean to moderately poor. Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from integrations.documents.reader import DocumentReading, ReaderProcess
from integrations.policies import vetting_policy
from models.facts import ApplicationFacts, DocumentFacts, Finding
from models.packet import parse_packet
from models.states import ApplicationState, DocumentKind, FindingCode
from samples.draw import handed_in, seeded
from samples.drawing.bills import PROOFS
from samples.drawing.holder import Holder
from samples.papers import SUFFIXES
from vetting import proof_of_address

SEED = 90125  # not 2026, the seed of the samples, nor 4711: on those the reading was developed
HOPELESS = "blur"
POLICY = vetting_policy("orr-2025")
NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
Read = Callable[[bytes], DocumentReading]

_GIVEN = "María|José Luis|Yesenia|Ixchel|Ángel|Mario|Begoña|Rosa Elena|Óscar|Juana|Luis José|Nicolás|Micaela|Héctor"
_FAMILY = """Ordóñez|Muñoz|López|Pérez|Xicay|Tzoc|Güity|Hernández|Peña|Coj|Ixcot|Cárdenas|de León|Núñez|Ajanel
|Velásquez|Chávez|Toj|Castañeda|Álvarez|Paz|Ruiz|Yax|Meléndez"""
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


def judged(case: Case, stated: Stated, reading: DocumentReading) -> tuple[str, tuple[Finding, ...]]:
    """'right', 'unread' or 'WRONG', with the findings: what vetting says of a packet that states this."""
    sharpness = reading.legibility.sharpness if reading.legibility else None
    found = proof_of_address.findings(_facts(case, stated, reading, sharpness), POLICY, NOW)
    if sharpness is None or sharpness < POLICY.identity.sharpness_at_least:
        return "unread", found  # the identity step's finding
    if not found:
        return "right", found
    unread = any(one.code is FindingCode.ADDRESS_UNREAD for one in found)
    return ("unread" if unread else "WRONG"), found


def _facts(case: Case, stated: Stated, reading: DocumentReading, sharpness: float | None) -> ApplicationFacts:
    packet = {
        "format": "kinline-packet/1",
        "reference": "BENCH-0001",
        "care_provider": "Example Shelter",
        "child": {
            "a_number": "220555001",
            "given_names": "Ixchel",
            "family_names": "Example Coj",
            "date_of_birth": "2012-05-02",
            "languages": ["es"],
            "entered_care_on": "2026-01-10",
        },
        "sponsor": {
            "given_names": stated.given,
            "family_names": stated.family,
            "date_of_birth": "1989-11-20",
            "relationship": "aunt",
            "related": True,
            "languages": ["es"],
            "phone": "+17135550101",
        },
        "address": {
            "line1": stated.line1,
            "unit": stated.unit,
            "city": stated.city,
            "state": stated.state,
            "zip": stated.zip,
        },
    }
    proof = DocumentFacts(
        UUID(int=1),
        DocumentKind.PROOF_OF_ADDRESS,
        "sponsor",
        case.issued_on,
        sharpness=sharpness,
        text=reading.text,
    )
    return ApplicationFacts(
        UUID(int=2),
        UUID(int=3),
        ApplicationState.SUBMITTED,
        NOW,
        POLICY.version,
        parse_packet(json.dumps(packet).encode()),
        documents=(proof,),
    )


def main(seed: int, each: int, read: Read) -> None:
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    missed: list[str] = []
    false_matches: list[str] = []
    tried, begun = 0, time.perf_counter()
    for case in cases(seed, each):
        reading = read(drawn(case, seed))
        outcome, found = judged(case, case.stated, reading)
        outcomes.setdefault((case.kind, case.look), Counter())[outcome] += 1
        label = f"{case.kind} {case.look} {case.number} {case.language}"
        if outcome != "right" and case.look != HOPELESS:
            said = "; ".join(f"{one.code} {_told(one)}" for one in found)
            missed.append(f"{label}: {outcome} {said or 'illegible'}")
        for what, other in case.others:
            tried += 1
            if judged(case, other, reading)[0] == "right":
                false_matches.append(f"{label}: {what}")
    _table(outcomes)
    print(f"\nfalse matches: {len(false_matches)} of {tried} judgements against another home or person")
    print(f"seed {seed}, {each} of each, {time.perf_counter() - begun:.0f} s")
    for line in [*false_matches, *missed]:
        print("   ", line)


def _told(finding: Finding) -> str:
    keep = ("compared", "name", "unread", "read", "stated", "dates_differ_by_days")
    return " ".join(f"{key}={finding.evidence[key]}" for key in keep if key in finding.evidence)


def _table(outcomes: dict[tuple[str, str], Counter[str]]) -> None:
    looks = list(SUFFIXES)
    print("right of drawn; -n unread, !n WRONG\n")
    print(f"{'':10s}" + "".join(f"{look:>11s}" for look in looks) + "     all but blur")
    for kind in PROOFS:
        row = [outcomes[kind, look] for look in looks]
        print(f"{kind:10s}" + "".join(f"{_cell(one):>11s}" for one in row) + f"     {_share(kind, outcomes)}")
    sums = [sum((outcomes[kind, look] for kind in PROOFS), Counter()) for look in looks]
    print(f"{'all':10s}" + "".join(f"{_cell(one):>11s}" for one in sums) + f"     {_share(None, outcomes)}")


def _cell(count: Counter[str]) -> str:
    tail = (f" -{count['unread']}" if count["unread"] else "") + (
        f" !{count['WRONG']}" if count["WRONG"] else ""
    )
    return f"{count['right']}/{count.total()}{tail}"


def _share(kind: str | None, outcomes: dict[tuple[str, str], Counter[str]]) -> str:
    total: Counter[str] = Counter()
    for (one, look), count in outcomes.items():
        if look != HOPELESS and kind in (None, one):
            total += count
    return f"{_cell(total)} = {100 * total['right'] / total.total():.0f} %"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Proofs of address, read and judged.")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--each", type=int, default=4)
    asked = parser.parse_args()
    with ReaderProcess() as reader:
        main(asked.seed, asked.each, reader.read)
