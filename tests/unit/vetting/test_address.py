"""The chooser, the comparison and the dates, on lines as a reader would hand them over."""

from __future__ import annotations

import re
from datetime import date

import pytest
from address_lines import BILL, HOLDER, HOME, ISSUED, ISSUER, PO_BOX, STUB, block, home, stated

from models.reading import ReadLine
from vetting.address import dwelling_key_text, find_address, find_date, find_name, looks_like_a_lease


def test_service_address_is_chosen_on_a_full_bill() -> None:
    reading = find_address(BILL, stated(), HOLDER)
    assert reading.match == "match"
    assert reading.parts is not None
    assert (reading.parts.street, str(reading.parts.unit), reading.parts.zip5) == (
        "1420 EXAMPLE AVE",
        "3B",
        "77036",
    )
    assert not reading.by_slip


@pytest.mark.parametrize("lines", [ISSUER, PO_BOX, STUB, [*PO_BOX, *STUB]], ids=str)
def test_issuer_po_box_and_stub_are_never_the_home(lines: list[ReadLine]) -> None:
    assert find_address(lines, stated(), HOLDER).match == "not_found"


def test_stub_that_bears_the_stated_address_does_not_prove_it() -> None:
    stub = block("Payment stub", "Marta Example Coj", "1420 Example Ave Apt 3B", "Houston, TX 77036", y=1.0)
    assert find_address([*PO_BOX, *stub], stated(), HOLDER).match == "not_found"


def test_bill_only_mailed_to_the_stated_address_does_not_prove_it() -> None:
    elsewhere = block("Service address", "77 Other St", "Houston, TX 77001", x=0.6, y=0.25)
    assert find_address([*PO_BOX, *HOME, *elsewhere], stated(), HOLDER).match == "street_differs"


def test_landlords_office_is_not_the_home() -> None:
    letter = [
        *block("Landlord: Pedro Example Paz", "1420 Example Ave Apt 3B", "Houston, TX 77036"),
        *block("Marta Example Coj lives at 88 Example Ct, Houston, TX 77002 and pays rent.", y=0.4),
    ]
    assert find_address(letter, stated(), HOLDER).match == "street_differs"


def test_writers_address_under_a_letter_does_not_inherit_the_homes_label() -> None:
    letter = block(
        "Houston, Texas, a 5 de enero de 2026",
        "Marta Example Coj vive en 1420 Example Ave Apt 3B, Houston, TX 77036.",
        "Atentamente, Pedro Example Paz, 500 Main St, Houston, TX 77002",
    )
    assert find_address(letter, stated(), HOLDER).match == "match"
    dated = find_date(letter)
    assert dated is not None
    assert dated.value == ISSUED


def test_two_homes_of_equal_standing_are_left_to_a_person() -> None:
    lines = [*HOME, *block("Marta Example Coj", "77 Other St", "Houston, TX 77001", x=0.6, y=0.25)]
    assert find_address(lines, stated(), HOLDER).match == "street_differs"
    assert find_address(lines[::-1], stated(), HOLDER).match == "street_differs"


def test_address_that_wraps_in_a_lease_is_read() -> None:
    lease = block(
        "RESIDENTIAL LEASE AGREEMENT",
        "This lease is made between Pedro Example Paz (Landlord), 500 Main St, Houston, TX 77002",
        "and Marta Example Coj (Tenant) for the premises located at 1420 Example",
        "Ave, Apt 3B, Houston, Texas 77036 for a term beginning June 1, 2025.",
    )
    assert find_address(lease, stated(), HOLDER).match == "match"
    assert looks_like_a_lease(lease)
    assert not looks_like_a_lease(BILL)


def test_bill_that_mentions_a_lease_is_no_lease() -> None:
    mention = block(
        "Your rental agreement with us renews by itself unless you call.", "Lease agreement fee", y=0.7
    )
    assert not looks_like_a_lease([*BILL, *mention])


def test_service_street_without_city_takes_it_from_the_mailing_block() -> None:
    lines = [*HOME, *block("Service location: 1420 Example Ave Apt 3B", y=0.5)]
    assert find_address(lines, stated(), HOLDER).match == "match"


def test_service_street_without_any_town_is_not_a_match() -> None:
    lines = block("Service location: 1420 Example Ave Apt 3B")
    assert find_address(lines, stated(), HOLDER).match == "not_found"


def test_spanish_bill_is_read() -> None:
    lines = block("Dirección de servicio:", "1420 Example Ave Depto 3B, Houston, TX 77036")
    assert find_address(lines, stated(), HOLDER).match == "match"


@pytest.mark.parametrize(
    "street",
    [
        "1420 EXAMPLE AVENUE #3-B",
        "1420 Example Ave., Unit 3b",
        "1420 Example Av 3B",
        "l42O Example Ave Apt 3B",  # l for 1, O for 0
        "1420Example Ave.Apt3B",  # word spaces lost
        "1420 Exarnple Ave Apt 3B",
        "1420 Exemple Ave Apt 3B",  # one letter of a long name
    ],
)
def test_spellings_and_slips_of_one_home_match(street: str) -> None:
    assert find_address(home(street), stated(), HOLDER).match == "match"


@pytest.mark.parametrize("street", ["1420 Example Ave FI 2", "1420 Example Ave F1 2", "1420 ExampleAve Fl 2"])
def test_floor_that_the_reader_misspelt_is_not_lost(street: str) -> None:
    assert find_address(home(street), stated(unit="2nd Floor"), HOLDER).match == "match"
    assert find_address(home(street), stated(unit=None), HOLDER).match == "unit_missing_in_packet"


def test_piece_of_the_street_line_that_nobody_knows_is_not_lost() -> None:
    reading = find_address(home("1420 Example Ave Tower 2"), stated(unit=None), HOLDER)
    assert reading.match == "unit_missing_in_packet"


def test_direction_before_a_unit_does_not_slip_into_the_city() -> None:
    south = stated(line1="1420 Example Ave S")
    for lines in (
        home("1420 Example Ave S #3B"),
        block("Property address", "1420 Example Ave S #3B, Houston, TX 77036"),
    ):
        reading = find_address(lines, south, HOLDER)
        assert (reading.match, reading.city_differs) == ("match", False)


@pytest.mark.parametrize(
    "rows",
    [
        ("1420 Example Ave S Apt 3B", "Houston, TX 77036, and has lived there since 2019."),
        ("1420 Example Ave S", "Apt 3B Houston, TX 77036, and has lived there since 2019."),
        ("1420 Example Ave", "S Apt 3B Houston, TX 77036, and has lived there since 2019."),
        ("1420 Example Ave S Bldg 3 Apt B", "Houston, TX 77036, and has lived there since 2019."),
    ],
    ids=str,
)
def test_direction_before_a_unit_stays_with_its_street_although_no_comma_follows(
    rows: tuple[str, str],
) -> None:
    letter = block("January 5, 2026", f"I confirm that Marta Example Coj lives at {rows[0]}", rows[1])
    unit = "Bldg 3 Apt B" if "Bldg" in rows[0] else "Apt 3B"
    south = find_address(letter, stated(line1="1420 Example Ave S", unit=unit), HOLDER)
    assert (south.match, south.city_differs) == ("match", False)
    for another in ("1420 Example Ave", "1420 Example Ave N", "1420 S Example Ave"):
        assert find_address(letter, stated(line1=another, unit=unit), HOLDER).match == "street_differs"


@pytest.mark.parametrize(
    ("street", "line1"),
    [
        ("1420 NExample Ave Apt 3B", "1420 North Example Avenue"),
        ("1420 SWExample Ave Apt 3B", "1420 Southwest Example Avenue"),
        ("1420 SEspécimen Ave Apt 3B", "1420 South Especimen Avenue"),
        ("1420 W38th Ave Apt 3B", "1420 W 38th Avenue"),
        ("1420 SW17TH TER Apt 3B", "1420 Southwest 17th Terrace"),
    ],
)
def test_direction_that_lost_its_space_is_read(street: str, line1: str) -> None:
    assert find_address(home(street), stated(line1=line1), HOLDER).match == "match"
    bare = re.sub(r" (?:North|South|Southwest|W) ", " ", line1)
    for another in (bare, bare.replace(" ", " East ", 1)):
        assert find_address(home(street), stated(line1=another), HOLDER).match == "street_differs"


@pytest.mark.parametrize("street", ["1420 NEXAMPLE AVE", "1420 Nexample Ave", "1420 Noexample Ave"])
def test_direction_is_taken_from_no_street_whose_capitals_do_not_show_it(street: str) -> None:
    for line1 in ("1420 N Example Ave", "1420 Example Ave", "1420 North Oexample Ave"):
        assert find_address(home(street), stated(line1=line1, unit=None), HOLDER).match == "street_differs"


@pytest.mark.parametrize(
    "rows",
    [
        ("1420 Example Ave Apt 3B, Houston, TX", "77036, and has lived there since 2019."),
        ("1420 Example Ave Apt 3B,", "Houston, TX 77036, and has lived there since 2019."),
        ("1420", "Example Ave Apt 3B, Houston, TX 77036, since 2019."),
    ],
    ids=str,
)
def test_address_in_a_letter_is_read_wherever_its_line_breaks(rows: tuple[str, str]) -> None:
    letter = block("January 5, 2026", f"I confirm that Marta Example Coj lives at {rows[0]}", rows[1])
    reading = find_address(letter, stated(), HOLDER)
    assert (reading.match, reading.city_differs) == ("match", False)


def test_city_of_two_words_may_break_between_them() -> None:
    letter = block(
        "Por medio de la presente hago constar que Marta Example Coj vive en 1420 Example Ave, Los",
        "Angeles, CA 90011, desde 2021.",
    )
    angeles = stated(unit=None, city="Los Angeles", state="CA", zip="90011")
    reading = find_address(letter, angeles, HOLDER)
    assert (reading.match, reading.city_differs) == ("match", False)


@pytest.mark.parametrize(
    ("read", "wanted", "verdict"),
    [
        ("1234 Example Blvd", "12-34 Example Blvd", "match"),  # Queens writes both
        ("14-20 Example Blvd", "142-0 Example Blvd", "street_differs"),
        ("14202 Example Blvd", "1420-2 Example Blvd", "street_differs"),
    ],
)
def test_hyphen_of_a_house_number_counts_except_where_both_ways_are_usual(
    read: str, wanted: str, verdict: str
) -> None:
    assert find_address(home(read), stated(line1=wanted, unit=None), HOLDER).match == verdict


def test_a_match_that_needed_a_slip_says_so() -> None:
    assert find_address(home("l420 Example Ave Apt 3B"), stated(), HOLDER).by_slip


def test_suffix_misread_with_digits_is_mended() -> None:
    boulevard = stated(line1="2131 Example Blvd", unit=None)
    assert find_address(home("213l Example B1vd"), boulevard, HOLDER).match == "match"


@pytest.mark.parametrize(
    ("street", "verdict"),
    [
        ("1421 Example Ave Apt 3B", "street_differs"),
        ("1428 Example Ave Apt 3B", "street_differs"),
        ("142 Example Ave Apt 3B", "street_differs"),
        ("1420 Sample Ave Apt 3B", "street_differs"),
        ("1420 Example Ct Apt 3B", "street_differs"),
        ("1420 S Example Ave Apt 3B", "street_differs"),
        ("1420 Example Ave Apt 3C", "unit_differs"),
        ("1420 Example Ave Apt 38", "unit_differs"),  # may be 3B, may be 38: a person looks
        ("1420 Example Ave Apt B3", "unit_differs"),
        ("1420 Example Ave Fl 3", "unit_differs"),
        ("1420 Example Ave", "unit_missing_on_document"),
    ],
)
def test_another_home_is_never_a_match(street: str, verdict: str) -> None:
    assert find_address(home(street), stated(), HOLDER).match == verdict


def test_numbered_streets_one_stroke_apart_differ() -> None:
    seventeenth = stated(line1="1420 17th St", unit=None)
    assert find_address(home("1420 17th Street"), seventeenth, HOLDER).match == "match"
    assert find_address(home("1420 19th Street"), seventeenth, HOLDER).match == "street_differs"


@pytest.mark.parametrize(
    ("street", "line1"),
    [
        ("12345 Highway 6 South", "12345 Hwy 6 S"),
        ("742 Saint Example St", "742 St Example Street"),
        ("12-34 Example Blvd", "12-34 Example Boulevard"),
        ("1420 1/2 Example Ave", "1420 1/2 Example Avenue"),
    ],
)
def test_odd_streets_match_their_other_spelling(street: str, line1: str) -> None:
    assert find_address(home(street), stated(line1=line1, unit=None), HOLDER).match == "match"


def test_other_zip_is_another_street_and_other_city_is_noted() -> None:
    assert find_address(home("1420 Example Ave Apt 3B", "Houston, TX 77037"), stated(), HOLDER).match == (
        "street_differs"
    )
    reading = find_address(home("1420 Example Ave Apt 3B", "Bellaire, TX 77036"), stated(), HOLDER)
    assert (reading.match, reading.city_differs) == ("match", True)


def test_unit_that_only_the_document_knows_is_reported() -> None:
    reading = find_address(home("1420 Example Ave Apt 3B"), stated(unit=None), HOLDER)
    assert reading.match == "unit_missing_in_packet"


@pytest.mark.parametrize(
    ("unit", "same"),
    [
        ("#3-B", True),
        ("Unit 3b", True),
        ("03B", True),
        ("Apt. 3 B", True),
        ("Depto 3-B", True),
        ("3C", False),
        ("B3", False),
        (None, False),
        ("Fl 3B", False),
    ],
)
def test_dwelling_key_joins_spellings_and_parts_dwellings(unit: str | None, same: bool) -> None:
    found = dwelling_key_text(stated(line1="1420 EXAMPLE AVENUE", unit=unit, zip="77036-1234"))
    wanted = dwelling_key_text(stated())
    assert found.building == wanted.building == "1420 EXAMPLE AVE | 77036"
    assert (found.unit == wanted.unit) is same


def test_dwelling_key_keeps_building_floor_and_direction_apart() -> None:
    assert dwelling_key_text(stated(unit="Bldg 2 Apt 14")).unit == "2-14"
    assert dwelling_key_text(stated(unit="Fl 2")).unit != dwelling_key_text(stated(unit="Apt 2")).unit
    assert dwelling_key_text(stated(line1="820 S Kedzie Ave")).building != (
        dwelling_key_text(stated(line1="820 Kedzie Ave")).building
    )
    # The parser reads a label twice here; it must not raise.
    assert dwelling_key_text(stated(unit="2nd Floor Rear")).unit == "FL 2 REAR"


def test_name_over_the_address_counts_and_another_persons_outweighs() -> None:
    mine = find_address(BILL, stated(), HOLDER)
    assert find_name(BILL, HOLDER, mine.above) == "match"
    spouse = block("Jorge Example Ruiz", "1420 Example Ave Apt 3B", "Houston, TX 77036", y=0.25)
    reading = find_address(spouse, stated(), HOLDER)
    assert find_name(spouse, HOLDER, reading.above) == "differs"
    mentioned = [*spouse, *block("Also lives here: Marta Example Coj", y=0.6)]
    assert find_name(mentioned, HOLDER, find_address(mentioned, stated(), HOLDER).above) == "partial"
    assert find_name(PO_BOX, HOLDER) == "not_found"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Statement date: January 5, 2026", ISSUED),
        ("Bill date 01/05/2026", ISSUED),
        ("Invoice Date: 2026-01-05", ISSUED),
        ("Pay date: 1/5/26", ISSUED),
        ("Fecha de factura: 5 de enero de 2026", ISSUED),
        ("Fecha de emisión: 05 ENE 2026", ISSUED),
        ("January 5, 2026", ISSUED),
        ("Statement date 01/05/2026 Due date 01/26/2026", ISSUED),
        ("Due date: January 26, 2026", None),
        ("Bill due date: 01/26/2026", None),
        ("Fecha de vencimiento: 26/01/2026", None),
        ("Date of birth: 11/20/1989", None),
        ("Statement date: 02/30/2026", None),
    ],
)
def test_issue_date_is_read_and_due_date_is_not(text: str, day: date | None) -> None:
    found = find_date(block(text))
    assert (found.value if found else None) == day


def test_end_of_the_period_counts_only_without_an_issue_date() -> None:
    period = block("Service period 12/04/2025 - 01/03/2026")
    found = find_date(period)
    assert found is not None
    assert (found.value, found.kind) == (date(2026, 1, 3), "period_end")
    with_issue = find_date([*period, *block("Bill date: 01/05/2026", y=0.5)])
    assert with_issue is not None
    assert with_issue.value == ISSUED


def test_date_under_its_column_head_is_read() -> None:
    lines = [*block("Statement date", "01/05/2026", x=0.1), *block("Due date", "01/26/2026", x=0.5)]
    found = find_date(lines)
    assert found is not None
    assert (found.value, found.kind) == (ISSUED, "issue")


def test_day_first_pages_are_read_day_first() -> None:
    lines = block("Fecha de factura: 05/01/2026", "Fecha de vencimiento: 26/01/2026")
    found = find_date(lines)
    assert found is not None
    assert found.value == ISSUED
