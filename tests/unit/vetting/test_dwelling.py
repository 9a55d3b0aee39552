"""One dwelling has one key, whatever its spelling; two dwellings never share one."""

from __future__ import annotations

from typing import Any

import pytest
from address_lines import stated
from hypothesis import given, settings
from hypothesis import strategies as st

from models.packet import Address
from vetting.address import DwellingText, dwelling_key_text
from vetting.address_form import parse_stated

Home = tuple[str, str | None]


def key(line1: str, unit: str | None = None, **changes: Any) -> DwellingText:
    return dwelling_key_text(stated(line1=line1, unit=unit, **changes))


ONE_HOME: dict[str, tuple[Home, ...]] = {
    "flat": (
        ("1420 Example Ave", "Apt 3B"),
        ("1420 Example Ave", "#3-B"),
        ("1420 Example Ave", "Unit 3b"),
        ("1420 Example Ave", "Apt. No. 3B"),
        ("1420 Example Ave", "Number 3B"),
        ("1420 Example Ave", "Depto 03-B"),
        ("1420 Example Ave #3B", None),
        ("1420 EXAMPLE AVENUE, UNIT 3-B", None),
        ("Apt 3B, 1420 Example Av.", None),
        ("1420 Example Ave Apt 3B", "#3B"),
    ),
    "floor": (
        ("1420 Example Ave", "Fl 2"),
        ("1420 Example Ave", "2nd Floor"),
        ("1420 Example Ave", "Second Floor"),
        ("1420 Example Ave", "Piso 2"),
        ("1420 Example Ave", "2do. piso"),
        ("1420 Example Ave", "segundo piso"),
        ("1420 Example Ave 2nd Floor", None),
    ),
    "flat of a building": (
        ("1420 Example Ave", "Bldg 2 Apt 14"),
        ("1420 Example Ave", "Building 2, #14"),
        ("1420 Example Ave", "Apt 14, Bldg 2"),
        ("1420 Example Ave", "2-14"),
        ("1420 Example Ave", "Edificio 2 Apto 14"),
        ("1420 Example Ave Bldg 2", "Apt 14"),
        ("1420 Example Ave Apt 14", "Bldg 2"),
    ),
    "direction before a unit": (
        ("1420 Example Rd S", "Apt 3B"),
        ("1420 Example Rd S Apt 3B", None),
        ("1420 Example Rd S #3B Houston", None),
        ("1420 Example Rd South, Apt 3B, Houston", None),
    ),
    "rear of a floor": (
        ("1420 Example Ave", "2nd Floor Rear"),
        ("1420 Example Ave", "Rear, Fl 2"),
        ("1420 Example Ave Rear", "Fl 2"),
    ),
    "basement": (
        ("1420 Example Ave", "Basement"),
        ("1420 Example Ave", "BSMT Apt"),
        ("1420 Example Ave", "Apt Basement"),
        ("1420 Example Ave", "Sótano"),
        ("1420 Example Ave, Bsmt", None),
    ),
    "lot": (
        ("1420 Example Ave", "Lot 18"),
        ("1420 Example Ave", "Lote #18"),
        ("1420 Example Ave Spc 18", None),
    ),
    "half a number": (
        ("1420 1/2 Example Ave", None),
        ("1420½ Example Ave", None),
        ("1420 ½ Example Ave", None),
        ("1420-1/2 Example Ave", None),
    ),
    "Queens": (("12-34 Example Blvd", None), ("12 - 34 Example Boulevard", None)),
    "number with a letter": (("100A Example Ave", None), ("100-A Example Ave", None)),
    "highway": (("500 Highway 6 South", None), ("500 Hwy 6 S", None)),
    "state highway": (("500 State Highway 6", None), ("500 St Hwy 6", None), ("500 SH 6", None)),
    "US highway": (("500 U.S. Highway 90", None), ("500 US 90", None), ("500 US Hwy 90", None)),
    "county road": (("500 County Road 12", None), ("500 Co. Rd. 12", None), ("500 CR 12", None)),
    "route": (("500 Route 9 N", None), ("500 Rte 9 N", None), ("500 Rt. 9 North", None)),
    "farm road": (
        ("500 Farm to Market Road 1960 W", None),
        ("500 FM 1960 W", None),
        ("500 FM 1960 Rd W", None),
    ),
    "ordinal": (("100 Second St", None), ("100 2nd Street", None)),
    "ordinal of two words": (
        ("100 Twenty-First St", None),
        ("100 Twenty First St", None),
        ("100 21st St", None),
    ),
    "saint": (("742 Saint Example St", None), ("742 St. Example Street", None)),
    "direction": (("100 NW 5th Ct", None), ("100 N.W. Fifth Court", None), ("100 N W 5th Ct", None)),
    "Spanish street": (("100 Avenida Muestra", None), ("100 Ave Muestra", None)),
    "accent": (("100 Peña Blvd", None), ("100 PENA BOULEVARD", None)),
    "one man's street": (("9 Dr. Martin Luther King Jr. Blvd", None), ("9 MLK Blvd", None)),
}


@pytest.mark.parametrize("name", ONE_HOME)
def test_one_home_has_one_key_whatever_its_spelling(name: str) -> None:
    first, *others = ONE_HOME[name]
    assert {home: key(*home) for home in others} == dict.fromkeys(others, key(*first))


def test_zip_plus_four_and_another_name_of_the_city_are_the_same_home() -> None:
    home = key("1420 Example Ave", "Apt 3B")
    assert key("1420 Example Ave", "Apt 3B", zip="77036-1234") == home
    assert key("1420 Example Ave", "Apt 3B", city="Bellaire") == home
    assert key("1420 Example Ave, Houston", "Apt 3B") == home


_UNITS = """Apt 3B|Apt B3|Apt 3|Apt B|Apt 38|Apt 33B|Fl 2|Apt 2|Rm 2|Lot 2|Bldg 2|Rear|Front|Basement|Upper|Lower
Bldg 2 Apt 14|Apt 214|Bldg 14 Apt 2|Bldg 21 Apt 4|Apt B14|2nd Floor Rear|2nd Floor Front|Apt 2 Rear|Apt 1-11
Apt 11-1|Apt 111|Apt 1/2|Apt 12|Apt 1 1/2|Apt 112|Garage|Casa B|Left|Tower 2 Apt 3B|Tower 3 Apt 3B|Bldg 3 Apt 3B
Fl 2 Apt 3B|Fl 3 Apt 3B|Bldg 2 3rd Floor Apt 4|Bldg 2 3rd Floor Apt 5|Bldg 2 Fl 4 Apt 4|Wing B Apt 3|Wing C Apt 3
Studio 2|House 2|Apt A12B|Apt AB12"""
_STREETS = """1420 Example St|1420 Example Ct|1420 N Example Ave|1420 S Example Ave|1420 Example Ave N|1420 Example Ave Ext
1420 1/2 Example Ave|1420 1/4 Example Ave|142012 Example Ave|1420 12th Ave|14201 Example Ave|1420-2 Example Ave
14-20 Example Ave|142-0 Example Ave|1420B Example Ave|1420 Hwy 6|1420 Hwy 6 S|1420 State Hwy 6|1420 US Hwy 6
1420 County Rd 6|1420 Route 6|1420 FM 6|1420 6th St|1420 16th St|1420 Calle 6|1420 Old Example Ave|1420 Ave E
1420 Ave F|RR 2 Box 14|RR 2 Box 15|HC 1 Box 14|Km 3.2 Carr 108|Km 3.3 Carr 108|1420 Example Ave Tower A
1420 N Ave|1420 Example Ave N Apt 4|1420 Example Ave S Apt 4|1420 Example Ave Apt 4
1420 Example Ave Tower B|1420 Example Ave Wing B|1420 Example Ave Fl 1|1420 Example Ave Apt 9"""


def test_two_dwellings_never_share_a_key() -> None:
    homes: list[Home] = [("1420 Example Ave", None)]
    homes += [("1420 Example Ave", unit) for unit in _UNITS.replace("\n", "|").split("|")]
    homes += [(street, None) for street in _STREETS.replace("\n", "|").split("|")]
    homes += [("1420 Example Ave Apt 4", "Rear"), ("1420 Example Ave Apt 5", "Rear")]
    homes += [("1420 Example Ave Fl 1", "Apt A"), ("1420 Example Ave Fl 2", "Apt A")]
    homes += [("1420 Example Ave Tower A", "3"), ("1420 Example Ave Tower B", "3")]
    first: dict[DwellingText, Home] = {}
    shared = [(first[k], home) for home in homes if first.setdefault(k := key(*home), home) != home]
    assert shared == []


NUMBERS = st.integers(1, 9999)
LETTERS = st.sampled_from(["", *"ABCDEFGHJKLMNPQRSTUVWXYZ"])
BUILDINGS = st.none() | st.integers(1, 40)
SPELLINGS = (
    lambda n, a: f"Apt {n}{a}",
    lambda n, a: f"apt. {n}{a.lower()}",
    lambda n, a: f"#{n}{'-' if a else ''}{a}",
    lambda n, a: f"Unit {n} {a}".strip(),
    lambda n, a: f"Depto 0{n}{a}",
    lambda n, a: f"APARTMENT NO. {n}{a}",
)
STREETS = ("1420 Example Ave", "1420 EXAMPLE AVENUE", "1420 Example Av.")


@settings(max_examples=60, deadline=None)
@given(
    n=NUMBERS, a=LETTERS, building=BUILDINGS, one=st.sampled_from(SPELLINGS), street=st.sampled_from(STREETS)
)
def test_a_unit_has_one_key_in_every_spelling(
    n: int, a: str, building: int | None, one: Any, street: str
) -> None:
    unit = one(n, a) if building is None else f"Bldg {building}, {one(n, a)}"
    wanted = f"{n}{a}" if building is None else f"{building}-{n}{a}"
    for line1, field in ((street, unit), (f"{street} {unit}", None)):
        assert key(line1, field) == DwellingText("1420 EXAMPLE AVE | 77036", wanted)


@settings(max_examples=60, deadline=None)
@given(
    one=st.tuples(BUILDINGS, NUMBERS, LETTERS),
    other=st.tuples(BUILDINGS, NUMBERS, LETTERS),
    spelt=st.tuples(st.sampled_from(SPELLINGS), st.sampled_from(SPELLINGS)),
)
def test_two_units_never_share_a_key(one: Any, other: Any, spelt: Any) -> None:
    units = [
        spell(n, a) if building is None else f"{spell(n, a)} Bldg {building}"
        for (building, n, a), spell in zip((one, other), spelt, strict=True)
    ]
    assert (key("1420 Example Ave", units[0]) == key("1420 Example Ave", units[1])) is (one == other)


@pytest.mark.parametrize("unit", ["PMB 12", "P.O. Box 12"])
def test_mailbox_behind_a_street_address_is_no_home(unit: str) -> None:
    assert parse_stated(stated(unit=unit)).po_box


def test_complex_named_before_the_house_number_adds_nothing() -> None:
    assert (
        parse_stated(
            Address(line1="Example Apartments, 1420 Example Ave", city="Houston", state="TX", zip="77036")
        ).unit
        is None
    )
