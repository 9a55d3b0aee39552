"""A machine-readable zone against the packet and against what a person typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from models.reading import MachineZone
from tests.unit.vetting.scenes import a_member, a_packet
from vetting.zone import COMPARED, differs_from_packet, differs_from_typed, expiry_of, names_agree

# What `a_packet` states of the sponsor.
ZONE = MachineZone("td3", "GTM", "GT0000001", "EXAMPLE<COJ<<MARTA", "891120", "290301")


def printed(names: str) -> MachineZone:
    return replace(ZONE, names=names)


def test_a_zone_that_says_what_the_packet_says_differs_in_nothing() -> None:
    assert differs_from_packet(ZONE, "sponsor", a_packet()) == ()


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"number": "GT0000002"}, ("number",)),
        ({"date_of_birth": "891121"}, ("date_of_birth",)),
        ({"expires_on": "290302"}, ("expires_on",)),
        ({"names": "OTHER<<ROSA"}, ("names",)),
        ({"issuer": "MEX"}, ()),
        # Not known on the document: what is printed agrees.
        ({"date_of_birth": "89<<<<"}, ()),
        ({"date_of_birth": "<<<<<<"}, ()),
        ({"date_of_birth": "90<<<<"}, ("date_of_birth",)),
    ],
)
def test_each_field_is_compared(change: dict[str, str], differs: tuple[str, ...]) -> None:
    assert differs_from_packet(replace(ZONE, **change), "sponsor", a_packet()) == differs
    assert set(differs) <= COMPARED


@pytest.mark.parametrize("stated", ["gt-0000001", "GT 0000 001", "6T0000001", "GT000000l"[:-1] + "1"])
def test_numbers_are_compared_without_what_the_check_digit_cannot_see(stated: str) -> None:
    packet = a_packet(sponsor={"identity_document": {"type": "p", "issuer": "GT", "number": stated}})
    assert differs_from_packet(ZONE, "sponsor", packet) == ()


def test_a_passport_has_room_for_nine_characters_of_a_number() -> None:
    packet = a_packet(sponsor={"identity_document": {"type": "p", "issuer": "GT", "number": "GT000000199"}})
    assert differs_from_packet(ZONE, "sponsor", packet) == ()
    assert differs_from_packet(replace(ZONE, form="td1"), "sponsor", packet) == ("number",)


def test_of_somebody_without_a_stated_document_name_and_birthday_are_compared() -> None:
    packet = a_packet(household=[a_member()])
    zone = replace(ZONE, names="EXAMPLE<RUIZ<<JORGE", date_of_birth="850211")
    assert differs_from_packet(zone, "household:0", packet) == ()
    assert differs_from_packet(ZONE, "household:0", packet) == ("names", "date_of_birth")
    assert differs_from_packet(ZONE, "child", packet) == ("names", "date_of_birth")
    assert differs_from_packet(ZONE, "household:7", packet) == ()


@pytest.mark.parametrize(
    ("given", "family", "names"),
    [
        ("Marta", "Example Coj", "EXAMPLE<COJ<<MARTA"),
        ("Begoña", "Example Muñoz", "EXAMPLE<MUNOZ<<BEGONA"),
        ("Begoña", "Example Muñoz", "EXAMPLE<MUNXXOZ<<BEGONXXA"),
        ("Begon\u0303a", "Example Mun\u0303oz", "EXAMPLE<MUNOZ<<BEGONA"),  # ñ in two characters
        ("José María", "Núñez Güell", "NUNEZ<GUELL<<JOSE<MARIA"),
        ("José María", "Núñez Güell", "NUNEZ<GUEELL<<JOSE<MARIA"[:11] + "LL<<JOSE<MARIA"),
        ("Jörg", "Strauß", "STRAUSS<<JOERG"),
        ("Søren", "Ærø", "AEROE<<SOEREN"),
        ("Ixch'el", "Ajú O’Brien", "AJU<OBRIEN<<IXCHEL"),
        ("Ixch'el", "Ajú O’Brien", "AJU<O<BRIEN<<IXCH<EL"),
        ("Ana", "Pérez-Gómez", "PEREZ<GOMEZ<<ANA"),
        ("Ana", "Pérez-Gómez", "PEREZGOMEZ<<ANA"),
        ("Luz del Carmen", "de la Cruz", "DE<LA<CRUZ<<LUZ<DEL<CARMEN"),
        ("Luz del Carmen", "de la Cruz", "DELACRUZ<<LUZ<DEL<CARMEN"),
        ("Luz del Carmen", "de la Cruz", "CRUZ<<LUZ<CARMEN"),
        # Two surnames or one, one given name or two, on either side.
        ("Marta", "Example Coj", "EXAMPLE<<MARTA"),
        ("Marta", "Example", "EXAMPLE<COJ<<MARTA<LUCIA"),
        ("Marta Lucía", "Example Coj", "EXAMPLE<COJ<<MARTA"),
        # Swapped, as officials who do not know two surnames write them; and with no mark between the parts.
        ("Marta", "Example Coj", "MARTA<<EXAMPLE<COJ"),
        ("Marta", "Example Coj", "EXAMPLE<COJ<MARTA"),
        ("Marta", "Example Coj", "EXAMPLECOJMARTA"),
        # One slip of the reader.
        ("Marta", "Example Coj", "EXAMPIE<COJ<<MARTA"),
        ("Marta", "Example Coj", "EXAMPE<COJ<<MARTA"),
        ("Marta", "Example Coj", "EXAMPLE<COI<<MARTA"),
        ("Marta", "Example Coj", "EXAMPLE<COJ<<MARTA<<<<K<<<KK"),
        # Names that say nothing.
        ("Marta", "Example Coj", ""),
        ("Марта", "Пример", "EXAMPLE<<MARTA"),
    ],
)
def test_the_same_name(given: str, family: str, names: str) -> None:
    assert names_agree(printed(names), given, family)


@pytest.mark.parametrize(
    "names",
    [
        "OTHER<<ROSA",
        "EXAMPLE<COJ<<ROSA",  # a sister
        "OTHER<COJ<<MARIO",
        "EXAMPLE<COJ<<MARTO",  # no slip: a brother
        "EXAMPLE<RUIZ<<MARTA",  # another second surname
        "EXAMPLE<COX<<MARTA",  # no look-alike
        "EXAMPIE<COJ<<MARFA",  # two slips
        "EXAMPLE<<COJ",  # no given name
        "MARTA",
    ],
)
def test_another_name(names: str) -> None:
    assert not names_agree(printed(names), "Marta", "Example Coj")


def test_names_are_cut_at_the_width_of_the_zone() -> None:
    given, family = "Maximiliana Esperanza", "Example Etxeberria Goikoetxea"
    cut = "EXAMPLE<ETXEBERRIA<GOIKOETXEA<<MAXIMILIANA"[:39]
    assert names_agree(printed(cut), given, family)
    assert not names_agree(printed(cut[:35]), given, family)  # there is room, yet a name ends too soon
    assert not names_agree(printed("OTHER<ETXEBERRIA<GOIKOETXEA<<MAXIMILIANA"[:39]), given, family)
    small = replace(printed("EXAMPLE<ETXEBERRIA<GOIKOETXEA<<MAX"[:30]), form="td1")
    assert names_agree(small, given, family)


def test_another_full_name_that_the_packet_states_will_do() -> None:
    assert differs_from_packet(printed("LOPEZ<<MARTA<E"), "sponsor", a_packet()) == ()
    assert not names_agree(printed("LOPEZ<<MARTA"), "Marta", "Example Coj")


def test_what_a_person_typed_is_compared_where_both_speak() -> None:
    typed = {
        "given_names": "Marta",
        "family_names": "Example Coj",
        "number": "GT-0000001",
        "date_of_birth": "1989-11-20",
        "expires_on": "2029-03-01",
        "issuer": "Guatemala",
    }
    assert differs_from_typed(ZONE, typed) == ()
    assert differs_from_typed(ZONE, {"number": "1"}) == ("number",)
    other = typed | {"date_of_birth": "1989-11-02", "expires_on": "2030-03-01", "given_names": "Rosa"}
    assert differs_from_typed(ZONE, other) == ("date_of_birth", "expires_on", "names")
    assert differs_from_typed(ZONE, {}) == ()


@pytest.mark.parametrize(
    ("expires", "day"),
    [
        ("290301", date(2029, 3, 1)),
        ("200301", date(2020, 3, 1)),
        ("060301", date(2006, 3, 1)),  # 20 years before 2026
        ("050301", None),
        ("560301", date(2056, 3, 1)),  # 30 years after
        ("570301", None),
        ("990301", None),
        ("270229", None),
        ("280229", date(2028, 2, 29)),
        ("<<<<<<", None),
    ],
)
def test_the_century_of_an_expiry_is_the_one_that_can_be(expires: str, day: date | None) -> None:
    assert expiry_of(replace(ZONE, expires_on=expires), date(2026, 2, 2)) == day


def test_the_century_turns_with_the_day_of_the_application() -> None:
    assert expiry_of(replace(ZONE, expires_on="010301"), date(2095, 2, 2)) == date(2101, 3, 1)
    assert expiry_of(replace(ZONE, expires_on="950301"), date(2101, 2, 2)) == date(2095, 3, 1)
