"""What we say: neutral, short, the same in every language."""

from __future__ import annotations

import dataclasses
import string
from datetime import date, time

import pytest
from followup_builders import ROOM, a_catalog, a_policy
from hypothesis import given
from hypothesis import strategies as st

from followup.catalog import (
    check_catalogs,
    day_in_words,
    fold_to_gsm,
    forbidden_in,
    parse_catalog,
    reading_language,
    render,
    sayable_city,
    segments,
    time_in_words,
)
from models.errors import BadInput

LANGUAGES = sorted(path.stem for path in (ROOM / "messages").glob("*.toml"))
EN, ES = a_catalog("en"), a_catalog("es")
HEARING = {"day": "Tuesday, March 3", "time": "9:30 AM", "city": "Houston"}


def with_message(catalog, **messages):
    return dataclasses.replace(catalog, messages={**catalog.messages, **messages})


def test_every_catalog_passes_every_check():
    assert check_catalogs([a_catalog("en"), *map(a_catalog, LANGUAGES)]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_holds_the_language_that_its_name_says(language):
    assert a_catalog(language).language == language


def test_nobody_has_reviewed_the_messages_yet_and_they_say_so():
    assert EN.unreviewed
    assert ES.unreviewed


def test_every_template_of_a_policy_is_in_the_catalog():
    for policy in map(a_policy, ("swb-2016", "swb-2024", "swb-2016r2", "swb-2024r2")):
        named = {step.template for step in policy.ladder if step.template}
        named |= {rule.template for rule in policy.reminders} | {policy.hearings.template}
        assert named <= EN.messages.keys()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("Family Line: Your court is near. STOP to end.", "court"),
        ("Family Line: Su sponsor llama. STOP to end.", "sponsor"),
        ("Family Line: La migra viene. STOP to end.", "migra"),
        ("Family Line: ICE calls. STOP to end.", "ice"),
        ("Family Line: A123456789. STOP to end.", "a number"),
        ("Hello. STOP to end.", "does not begin with"),
        ("Family Line: Hello.", "how to end"),
        ("Family Line: Hello {name}. STOP to end.", "values of checkin"),
        (
            "Family Line: ¿Cómo está usted hoy? Todo lo que necesite, aquí estamos siempre. STOP para terminar.",
            "2 parts",
        ),
    ],
)
def test_a_message_that_breaks_a_rule_is_named(body, fault):
    found = check_catalogs([EN, with_message(ES, checkin=body)])
    assert any(fault in line for line in found), found
    assert all(line.startswith("es") for line in found)


def test_a_missing_and_an_unknown_message_are_named():
    less = dataclasses.replace(ES, messages={k: v for k, v in ES.messages.items() if k != "thanks"})
    assert check_catalogs([EN, less]) == ["es: the message thanks is missing"]
    more = with_message(ES, voice_extra="Hola.")
    assert check_catalogs([EN, more]) == ["es: the message voice_extra is unknown to en"]


def test_rendering_fills_in_the_values():
    assert render(EN, "hearing", HEARING) == (
        "Family Line: You have an appointment on Tuesday, March 3 at 9:30 AM in Houston. Bring your paper. "
        "Reply 1 if you will go, 2 if you need help. STOP to end."
    )


@pytest.mark.parametrize(
    "city", ["", "Corte Madera", "123 Main St", "Llanfairpwllgwyngyllgogerych", "A 123456789"]
)
def test_a_city_that_is_not_neutral_or_short_is_left_out(city):
    said = render(EN, "hearing", {**HEARING, "city": city})
    assert "at 9:30 AM. Bring" in said


def test_a_text_that_would_not_fit_leaves_the_city_out():
    values = {"day": "miércoles 30 de septiembre", "time": "las 10:30 de la mañana"}
    assert "en Houston" not in render(ES, "hearing", {**values, "city": "Houston Heights Manor"})
    assert segments(render(ES, "hearing", {**values, "city": "Houston Heights Manor"})) == 1


@pytest.mark.parametrize(
    ("key", "params", "code"),
    [
        ("no_such", {}, "unknown_template"),
        ("hearing", {"day": "Tuesday"}, "missing_key"),
        ("hearing", {**HEARING, "day": "immigration day"}, "not_neutral"),
        ("hearing", {**HEARING, "time": "A123456789"}, "not_neutral"),
    ],
)
def test_a_message_that_cannot_be_said_is_refused(key, params, code):
    with pytest.raises(BadInput) as caught:
        render(EN, key, params)
    assert {p.code for p in caught.value.problems} == {code}


@given(
    st.sampled_from([EN, ES]),
    st.dates(date(2026, 1, 1), date(2035, 12, 31)),
    st.times(),
    st.text(max_size=40),
)
def test_every_hearing_text_is_one_neutral_part(catalog, day, at, city):
    said = render(
        catalog,
        "hearing",
        {
            "day": day_in_words(day, catalog.language),
            "time": time_in_words(at, catalog.language),
            "city": city,
        },
    )
    assert segments(said) == 1
    assert forbidden_in(said) == []
    assert "{" not in said


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("ñ" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
    ],
)
def test_a_letter_outside_gsm_more_than_halves_a_part(body, parts):
    assert segments(body) == parts


@given(st.text(alphabet=string.printable + "áéíóúñü¿¡ÁÉÍÓÚÑ’“”–—…", max_size=80))
def test_folding_leaves_only_what_a_text_can_carry(text):
    folded = fold_to_gsm(text)
    assert fold_to_gsm(folded) == folded
    assert segments("x" * 80 + folded) <= 2


@pytest.mark.parametrize(
    ("city", "said"),
    [
        ("San José", "San José"),
        ("Bayamón", "Bayamon"),
        ("  New   York ", "New York"),
        ("O'Fallon", "O'Fallon"),
    ],
)
def test_a_city_is_said_in_letters_of_one_part(city, said):
    assert sayable_city(city) == said


@pytest.mark.parametrize(
    ("at", "english", "spanish"),
    [
        (time(0, 0), "12:00 AM", "las 12:00 de la mañana"),
        (time(1, 0), "1:00 AM", "la 1:00 de la mañana"),
        (time(11, 59), "11:59 AM", "las 11:59 de la mañana"),
        (time(12, 0), "12:00 PM", "las 12:00 de la tarde"),
        (time(13, 5), "1:05 PM", "la 1:05 de la tarde"),
        (time(18, 59), "6:59 PM", "las 6:59 de la tarde"),
        (time(19, 0), "7:00 PM", "las 7:00 de la noche"),
    ],
)
def test_an_hour_is_said_as_people_say_it(at, english, spanish):
    assert time_in_words(at, "en") == english
    assert time_in_words(at, "es-MX") == spanish


def test_a_day_is_said_in_words():
    assert day_in_words(date(2026, 9, 30), "en") == "Wednesday, September 30"
    assert day_in_words(date(2026, 9, 30), "es") == "miércoles 30 de septiembre"


@pytest.mark.parametrize(
    ("spoken", "read"),
    [("es", "es"), ("es-GT", "es"), ("EN_us", "en"), ("mam", "es"), ("quc", "es"), ("fr", "en")],
)
def test_a_language_without_messages_is_read_in_the_nearest(spoken, read):
    assert reading_language(spoken, {"en", "es"}) == read


@pytest.mark.parametrize(
    "text",
    [
        "language = ",
        'language = "en"',
        'language = "en"\nsender = "S"\nmessages = 3',
        'language = "en"\nsender = "S"\nextra = 1\n[messages]\na = "b"',
        'language = "en"\nsender = "S"\nreviewer = "R Example"\n[messages]\na = "b"',
        'language = "en"\nsender = "S"\n[messages]\na = 3',
    ],
)
def test_a_broken_catalog_is_refused(text):
    with pytest.raises(BadInput):
        parse_catalog(text)


def test_a_reviewed_catalog_says_by_whom():
    catalog = parse_catalog(
        'language = "en"\nsender = "S"\nreviewer = "R Example"\nreviewed_on = 2026-02-01\n[messages]\na = "b"'
    )
    assert not catalog.unreviewed
    assert (catalog.reviewer, catalog.reviewed_on) == ("R Example", date(2026, 2, 1))
