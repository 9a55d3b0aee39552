"""The court's form: what it says, what it leaves to the one who signs, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pypdfium2 import PdfDocument

from integrations.letters.court_form import CourtFormFacts, court_form, fields_told, form_text
from models.packet import Address

NEW = Address(line1="77 Sample St", unit="Apt 2", city="Dallas", state="TX", zip="75201")
OLD = Address(line1="1420 Example Ave", city="Houston", state="TX", zip="77036")
FACTS = CourtFormFacts(
    child={"child_name": "Ixchel Example Coj", "a_number": "220559901", "child_date_of_birth": "2 May 2012"},
    old=OLD,
    new=NEW,
    moved_on=date(2026, 2, 3),
    due_on=date(2026, 2, 8),
    legal_basis="8 CFR 1003.15(d)(2)",
)


def test_the_form_has_both_homes_the_copy_for_dhs_and_marked_places_to_sign() -> None:
    text = form_text(FACTS)
    assert "1420 Example Ave\nHouston, TX 77036" in text
    assert "77 Sample St, Apt 2\nDallas, TX 75201" in text
    assert text.count("SIGN HERE") == text.count("Signature: ____") == 2
    assert "Proof of service: copy for the Department of Homeland Security" in text
    assert "DISCUSS" in text
    assert "not the official form" in text
    assert "c/o" not in text.casefold()


def test_the_same_facts_give_the_same_bytes() -> None:
    assert court_form(FACTS) == court_form(FACTS)
    assert court_form(FACTS).startswith(b"%PDF")


def test_the_form_is_one_page_with_no_empty_one_behind_it() -> None:
    facts = replace(FACTS, old=OLD.model_copy(update={"unit": "Apt 6B"}))
    assert len(PdfDocument(court_form(facts))) == 1


def test_where_nobody_knew_where_the_child_was_the_old_home_is_left_to_who_signs() -> None:
    assert "[not known: by the person who signs]" in form_text(replace(FACTS, old=None))


def test_the_disclosure_names_what_the_form_tells() -> None:
    assert fields_told() == (
        "child_name",
        "a_number",
        "child_date_of_birth",
        "moved_on",
        "old_address",
        "new_address",
    )
