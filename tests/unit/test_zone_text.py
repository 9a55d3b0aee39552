"""OCR's lines made into a zone, or into nothing. The oracle for what a right zone is: the `mrz` package."""

from __future__ import annotations

import pytest
from mrz.generator.td1 import TD1CodeGenerator
from mrz.generator.td2 import TD2CodeGenerator
from mrz.generator.td3 import TD3CodeGenerator

from integrations.documents.zone_text import check_digit, zone_of
from models.reading import MachineZone, machine_zone
from samples.drawing import cards

# The specimens of ICAO 9303, parts 4, 5 and 6.
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
CARD = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
LARGE_CARD = (
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
    "D231458907UTO7408122F1204159<<<<<<<6",
)
SPECIMENS = {"td3": PASSPORT, "td1": CARD, "td2": LARGE_CARD}


def changed(lines: tuple[str, ...], line: int, place: int, to: str) -> tuple[str, ...]:
    mended = list(lines)
    mended[line] = mended[line][:place] + to + mended[line][place + 1 :]
    return tuple(mended)


@pytest.mark.parametrize("form", SPECIMENS)
def test_the_specimens_of_icao_are_read(form: str) -> None:
    number = "L898902C3" if form == "td3" else "D23145890"
    expected = MachineZone(form, "UTO", number, "ERIKSSON<<ANNA<MARIA", "740812", "120415")  # type: ignore[arg-type]
    assert zone_of(SPECIMENS[form]) == expected
    assert machine_zone(expected.as_json()) == expected


def test_what_another_program_makes_is_read() -> None:
    day, number = ("850211", "300228"), "AB1234567"
    passport = TD3CodeGenerator("P", "GTM", "Example Muñoz", "Ana", number, "GTM", day[0], "F", day[1])
    card = TD1CodeGenerator("I", "GTM", number, day[0], "F", day[1], "GTM", "Example Muñoz", "Ana")
    large = TD2CodeGenerator("I", "GTM", "Example Muñoz", "Ana", number, "GTM", day[0], "F", day[1])
    for code, form in ((passport, "td3"), (card, "td1"), (large, "td2")):
        zone = zone_of(str(code).splitlines())
        assert zone is not None, form
        assert (zone.form, zone.number, zone.date_of_birth, zone.expires_on) == (form, number, *day)


def test_the_check_digit_is_the_one_of_the_sample_drawings() -> None:
    for text in ("L898902C3", "740812", "ZE184226B<<<<<", "<<<<<<", "0"):
        assert check_digit(text) == cards.check_digit(text)


@pytest.mark.parametrize("form", SPECIMENS)
def test_a_zone_with_one_wrong_figure_is_no_zone(form: str) -> None:
    lines = SPECIMENS[form]
    whole = "".join(lines)
    width = len(lines[0])
    places = [n for n, c in enumerate(whole) if c.isdigit()]
    assert len(places) > 15
    for place in places:
        line, at = divmod(place, width)
        figure = str((int(whole[place]) + 1) % 10)
        assert zone_of(changed(lines, line, at, figure)) is None, (line, at)


@pytest.mark.parametrize(
    ("line", "place", "read"),
    [
        (0, 2, "UT0ERIKSS0N<<ANNA<MAR1A<<<<<<<<<<<<<<<<<<<"),  # letters read as figures, in letters alone
        (1, 10, "UT07408122F1204159ZE184226B<<<<<10"),
        (1, 13, "74O8I22F1204159ZE184226B<<<<<10"),  # figures read as letters, in figures alone
        (1, 42, "lO"),
        (0, 0, "Ρ<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"),  # the Greek letter
        (0, 25, "<<<<<<<<"),  # fillers miscounted
        (1, 37, "<<<10"),
        (1, 37, "<<<<<<<10"),
        (0, 9, " KSSON« ANNA‹MARIA<<<"),
    ],
)
def test_what_ocr_is_known_to_mistake_is_mended(line: int, place: int, read: str) -> None:
    lines = list(PASSPORT)
    lines[line] = lines[line][:place] + read
    zone = zone_of(lines)
    assert zone is not None
    assert (zone.number, zone.issuer, zone.date_of_birth) == ("L898902C3", "UTO", "740812")


def test_letters_and_figures_of_a_number_are_left_as_they_were_read() -> None:
    # 8 for B: nothing says which of the two stands there but the check digit.
    assert zone_of(changed(PASSPORT, 1, 8, "8")) is None
    # An O between letters is read as a 0 by nearly every reader.
    number = "UT09DOWN<"
    digit = check_digit(number)
    whole = check_digit(f"{number}{digit}" + "7408122" + "1204159" + "<" * 14 + "0")
    second = f"{number}{digit}UTO7408122F1204159{'<' * 14}0{whole}"
    for read in (second, second.replace("DOWN", "D0WN")):
        zone = zone_of((PASSPORT[0], read))
        assert zone is not None
        assert zone.number == "UT09DOWN"


def test_a_number_of_more_than_nine_characters_goes_on_in_the_next_field() -> None:
    number = "D23145890734"
    first = f"I<UTO{number[:9]}<{number[9:]}{check_digit(number)}".ljust(30, "<")
    whole = check_digit(first[5:30] + "7408122" + "1204159" + "<" * 11)
    zone = zone_of((first, f"7408122F1204159UTO{'<' * 11}{whole}", CARD[2]))
    assert zone is not None
    assert zone.number == number


@pytest.mark.parametrize(
    ("born", "holds"),
    [("74<<<<", True), ("7408<<", True), ("<<<<<<", True), ("741312", False), ("740230", False)],
)
def test_a_birthday_may_be_known_in_part_but_must_be_one(born: str, holds: bool) -> None:
    digit = check_digit(born)
    whole = check_digit(f"L898902C36{born}{digit}1204159ZE184226B<<<<<1")
    zone = zone_of((PASSPORT[0], f"L898902C36UTO{born}{digit}F1204159ZE184226B<<<<<1{whole}"))
    assert (zone is not None) is holds


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("", ""),
        ("<" * 44,) * 2,
        ("P<UTO",) * 3,
        ("SAMPLE STATE", "IDENTIFICATION CARD"),
        (PASSPORT[1],),
    ],
)
def test_other_print_is_no_zone(lines: tuple[str, ...]) -> None:
    assert zone_of(lines) is None


def test_lines_around_a_zone_do_no_harm() -> None:
    assert zone_of(("SIGNATURE OF BEARER", *PASSPORT, "SPECIMEN")) == zone_of(PASSPORT)
