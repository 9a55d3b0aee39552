"""The phone table of design 6.5, row by row, and when a phone answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.sandbox.phones import (
    ANSWERING,
    TABLE,
    ApiManner,
    Pickup,
    Walk,
    asks,
    behaviour,
    is_sandbox_phone,
    opt_out_type,
    parse_twiml,
    picks_up_for_people,
    reply_delay,
    reply_to,
)

DAY = timedelta(days=1)


def test_the_table_covers_every_ending_exactly_once() -> None:
    covered = [digits for first, last, _ in TABLE for digits in range(first, last + 1)]
    assert covered == list(range(100))


# digits: texts arrive?, reply to a question, presses, people meet, the provider's API
@pytest.mark.parametrize(
    ("first", "last", "error", "reply", "presses", "people", "api"),
    [
        (0, 49, None, "1", "1", Pickup.ANSWERS, ApiManner.ACCEPTS),
        (50, 59, None, None, None, Pickup.RINGS_OUT, ApiManner.ACCEPTS),
        (60, 64, 30006, None, "1", Pickup.ANSWERS, ApiManner.ACCEPTS),
        (65, 69, None, "STOP", None, Pickup.ANSWERS, ApiManner.ACCEPTS),
        (70, 74, None, "2", "2", Pickup.ANSWERS, ApiManner.ACCEPTS),
        (75, 79, None, "3", "3", Pickup.ANSWERS, ApiManner.ACCEPTS),
        (80, 82, 30005, None, None, Pickup.OUT_OF_SERVICE, ApiManner.ACCEPTS),
        (83, 84, 30003, None, None, Pickup.OUT_OF_SERVICE, ApiManner.ACCEPTS),
        (85, 89, None, None, None, Pickup.MACHINE, ApiManner.ACCEPTS),
        (90, 94, None, "1", "1", Pickup.ANSWERS, ApiManner.STUMBLES),
        (95, 99, None, "1", "1", Pickup.ANSWERS, ApiManner.LOSES_RESPONSE),
    ],
)
def test_each_row_behaves_as_the_blueprint_says_from_its_first_ending_to_its_last(
    first: int,
    last: int,
    error: int | None,
    reply: str | None,
    presses: str | None,
    people: Pickup,
    api: ApiManner,
) -> None:
    for digits in (first, last):
        number = f"+1305555{100 + digits:04d}"
        phone = behaviour(number)
        assert (phone.text_error, phone.presses, phone.api) == (error, presses, api)
        assert reply_to(phone, "Will you go?", is_first_text=True) == reply
        assert picks_up_for_people(number) is people


@pytest.mark.parametrize(
    "number", ["+13055550200", "+13055550099", "+1305555010", "13055550100", "+523055550100", "+10555550100"]
)
def test_a_number_outside_the_sandbox_range_rings_out_and_never_answers(number: str) -> None:
    assert not is_sandbox_phone(number)
    assert picks_up_for_people(number, tries=9) is Pickup.RINGS_OUT
    assert behaviour(number).reply is None


def test_an_unreachable_phone_comes_back_exactly_a_day_after_the_first_try() -> None:
    number = "+13055550183"
    assert picks_up_for_people(number, tries=1, since=DAY - timedelta(seconds=1)) is Pickup.OUT_OF_SERVICE
    assert picks_up_for_people(number, tries=1, since=DAY) is Pickup.ANSWERS
    assert behaviour(number).after(DAY) == ANSWERING
    assert picks_up_for_people("+13055550180", tries=1, since=DAY) is Pickup.OUT_OF_SERVICE


def test_stop_is_said_to_the_first_text_alone_and_even_to_one_that_asks_nothing() -> None:
    phone = behaviour("+13055550165")
    assert reply_to(phone, "You have an appointment.", is_first_text=True) == "STOP"
    assert reply_to(phone, "Will you go?", is_first_text=False) is None


@pytest.mark.parametrize(
    "body",
    [
        "Reply 1 if you will go, 2 if you need help.",
        "Responda 1 si puede hablar, 2 si necesita ayuda",
        "1=yes 2=help",
        "(1) yes (2) help",
        "¿Puede hablar?",
        "可以吗？",
    ],
)
def test_a_text_with_a_question_or_an_option_asks(body: str) -> None:
    assert asks(body)


@pytest.mark.parametrize(
    "body",
    [
        "Thank you. We have your message.",
        "You have an appointment on 2 March at 1:30.",
        "You have an appointment on 1 March at 9:00.",
        "El 1 de marzo a las 9:00",
        "Please call 1-800-555-0100.",
        "Please call 1 (305) 555 0100.",
        "On 11/1 at 1 p.m.",
        "Costs 1.50",
    ],
)
def test_a_text_with_only_dates_times_and_phones_does_not_ask(body: str) -> None:
    assert not asks(body)


def test_a_reply_takes_two_to_nine_minutes_and_always_the_same_for_one_text() -> None:
    delays = [reply_delay(f"SM{number}") for number in range(500)]
    assert timedelta(minutes=2) <= min(delays) < timedelta(minutes=2, seconds=20)
    assert timedelta(minutes=8, seconds=40) < max(delays) <= timedelta(minutes=9)
    assert reply_delay("SM1") == delays[1]


@pytest.mark.parametrize(
    ("body", "word"),
    [("stop", "STOP"), (" StopAll ", "STOP"), ("start", "START"), ("HELP", "HELP"), ("please stop", None)],
)
def test_an_opt_out_word_counts_only_alone(body: str, word: str | None) -> None:
    assert opt_out_type(body) == word


def walk(inside: str, presses: str | None = "1") -> Walk:
    return Walk("https://k.test/voice/a?x=1", presses).follow(parse_twiml(f"<Response>{inside}</Response>"))


def test_pressing_follows_the_gathers_action_and_silence_falls_through() -> None:
    menu = '<Gather action="../next"><Say>One?</Say></Gather><Say>Bye</Say><Hangup/><Say>Never</Say>'
    pressed, silent = walk(menu), walk(menu, presses=None)
    assert (pressed.next_url, pressed.extra["Digits"]) == ("https://k.test/next", "1")
    assert (silent.next_url, silent.heard) == (None, ["One?", "Bye"])


def test_a_gather_without_action_returns_to_the_same_document() -> None:
    assert walk("<Gather/>").next_url == "https://k.test/voice/a?x=1"


def test_a_gather_for_speech_gets_no_keys() -> None:
    assert walk('<Gather input="speech" action="n"/>').next_url is None


def test_a_redirect_and_a_recording_lead_on() -> None:
    assert walk("<Pause length='3'/><Redirect>/b</Redirect>").next_url == "https://k.test/b"
    recorded = walk('<Record action="done"/>')
    assert (recorded.next_url, recorded.extra) == ("https://k.test/voice/done", {"RecordingDuration": "5"})


def test_an_unknown_verb_ends_the_call_with_an_error() -> None:
    assert walk("<Say>Hi</Say><Dance/><Say>No</Say>").error == "12100"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<Response>",
        "<Reply/>",
        '<!DOCTYPE r [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>',
        '<!-- x --><!DOCTYPE r SYSTEM "file:///etc/passwd"><Response/>',
    ],
)
def test_what_is_not_plain_twiml_is_refused(document: str) -> None:
    with pytest.raises(ValueError):
        parse_twiml(document)
