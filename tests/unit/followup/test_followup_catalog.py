"""What we say: neutral, short, the same in every language."""

from __future__ import annotations

import dataclasses
import string
from datetime import date, time

import pytest
import zipcodes
from followup_builders import ROOM, a_catalog, a_policy
from hypothesis import given
from hypothesis import strategies as st

from followup.catalog import (
    FORBIDDEN,
    check_catalogs,
    day_in_words,
    fold_to_gsm,
    forbidden_in,
    parse_catalog,
    render,
    sayable_city,
    segments,
    time_in_words,
    worst_case,
    written_in,
)
from models.errors import BadInput

LANGUAGES = sorted(path.stem for path in (ROOM / "messages").glob("*.toml"))
ALL = {language: a_catalog(language) for language in LANGUAGES}
EN, ES = ALL["en"], ALL["es"]
DATES = """
[dates]
weekdays = ["a", "b", "c", "d", "e", "f", "g"]
months = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]
day = "{day}"
time = "{hour}"
"""
HEARING = {"day": "Tuesday, March 3", "time": "9:30 AM", "city": "Houston"}


def with_message(catalog, **messages):
    return dataclasses.replace(catalog, messages={**catalog.messages, **messages})


def test_every_catalog_passes_every_check():
    assert check_catalogs([a_catalog("en"), *map(a_catalog, LANGUAGES)]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_holds_the_language_that_its_name_says(language):
    assert a_catalog(language).language == language


def test_we_write_in_the_five_languages_at_the_least():
    assert set(LANGUAGES) >= {"en", "es", "pt", "ht", "fr"}


def test_nobody_has_reviewed_the_messages_yet_and_they_say_so():
    assert [language for language, catalog in ALL.items() if not catalog.unreviewed] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_at_its_longest_is_one_part_and_ends_in_its_opt_out(language):
    catalog = ALL[language]
    for key, body in catalog.messages.items():
        if not key.startswith("voice_"):
            assert segments(worst_case(catalog, body)) == 1, key
        if key in ("checkin", "merged_checkin", "good_time", "hearing"):
            assert "STOP" in body[-20:], key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["checkin", "merged_checkin", "hearing"])
def test_every_question_offers_its_digits(language, key):
    digits = {c for c in ALL[language].messages[key] if c.isdecimal()}
    assert digits == ({"1", "2"} if key == "hearing" else {"1", "2", "3"})


def test_no_town_of_the_country_can_make_a_text_name_what_it_must_not():
    towns = {entry["city"] for entry in zipcodes.list_all()}
    assert len(towns) > 15_000
    assert [town for town in towns if forbidden_in(sayable_city(town))] == []
    assert sum(not sayable_city(town) for town in towns) < 60


@given(st.sampled_from(sorted(FORBIDDEN)), st.sampled_from(["{}", "la {}", "{} 3", "EL {}!", "l'{}"]))
def test_no_value_carries_a_forbidden_word_into_a_text(word, around):
    value = around.format(word)
    assert forbidden_in(value.upper())
    assert sayable_city(value) == ""
    with pytest.raises(BadInput):
        render(EN, "hearing", {**HEARING, "day": value})


def test_every_template_of_a_policy_is_in_the_catalog():
    for policy in map(
        a_policy, ("swb-2016", "swb-2024", "swb-2016r2", "swb-2024r2", "swb-2016r3", "swb-2024r3")
    ):
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
    st.sampled_from(sorted(ALL.values(), key=lambda c: c.language)),
    st.dates(date(2026, 1, 1), date(2035, 12, 31)),
    st.times(),
    st.text(max_size=40),
)
def test_every_hearing_text_is_one_neutral_part(catalog, day, at, city):
    said = render(
        catalog,
        "hearing",
        {
            "day": day_in_words(day, catalog.dates),
            "time": time_in_words(at, catalog.dates),
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
    assert time_in_words(at, EN.dates) == english
    assert time_in_words(at, ES.dates) == spanish


@pytest.mark.parametrize(
    ("language", "day", "at"),
    [
        ("en", "Wednesday, September 30", "1:05 PM"),
        ("es", "miércoles 30 de septiembre", "la 1:05 de la tarde"),
        ("pt", "quarta-feira, 30 de setembro", "13:05"),
        ("fr", "mercredi 30 septembre", "13 h 05"),
        ("ht", "mèkredi 30 septanm", "1:05 apremidi"),
    ],
)
def test_a_day_and_an_hour_are_said_in_each_language(language, day, at):
    assert day_in_words(date(2026, 9, 30), ALL[language].dates) == day
    assert time_in_words(time(13, 5), ALL[language].dates) == at


@pytest.mark.parametrize(
    ("named", "read"),
    [
        *[("es", "es"), ("es-GT", "es"), ("spa", "es"), ("EN_us", "en"), ("pt-BR", "pt"), ("por", "pt")],
        *[("hat", "ht"), ("fr-CA", "fr"), ("fra", "fr"), ("mam", None), ("quc", None), ("ar", None)],
        *[("esp", None), ("", None), ("est", None)],
    ],
)
def test_nobody_is_written_to_in_a_language_that_they_did_not_name(named, read):
    found = written_in(named, list(ALL.values()))
    assert (found.language if found else None) == read


@pytest.mark.parametrize(
    "text",
    [
        "language = ",
        'language = "en"',
        'language = "en"\nsender = "S"\nunreviewed = true\nmessages = 3\n' + DATES,
        'language = "en"\nsender = "S"\nextra = 1\nunreviewed = true\n' + DATES + '[messages]\na = "b"',
        'language = "en"\nsender = "S"\n' + DATES + '[messages]\na = "b"',
        'language = "en"\nsender = "S"\nreviewed_by = "R Example"\n' + DATES + '[messages]\na = "b"',
        'language = "en"\nsender = "S"\nunreviewed = true\n' + DATES + "[messages]\na = 3",
        'language = "en"\nsender = "S"\nunreviewed = true\n[messages]\na = "b"',
        'language = "en"\nsender = "S"\nunreviewed = true\n'
        + DATES.replace('"g"]', "]")
        + '[messages]\na = "b"',
    ],
)
def test_a_broken_catalog_is_refused(text):
    with pytest.raises(BadInput):
        parse_catalog(text)


REVIEWED = 'language = "en"\nsender = "S"\nreviewed_by = "R Example"\nreviewed_on = 2026-02-01\n'


def test_a_reviewed_catalog_says_by_whom():
    catalog = parse_catalog(REVIEWED + DATES + '[messages]\na = "b"')
    assert not catalog.unreviewed
    assert (catalog.reviewed_by, catalog.reviewed_on) == ("R Example", date(2026, 2, 1))


def test_a_file_is_not_reviewed_and_unreviewed_at_once():
    with pytest.raises(BadInput):
        parse_catalog(REVIEWED + "unreviewed = true\n" + DATES + '[messages]\na = "b"')
