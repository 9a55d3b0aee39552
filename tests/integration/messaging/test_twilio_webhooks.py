"""What Twilio posts, read into our words: tables, odd words, signatures."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from integrations.messaging.segments import Encoding, Segments, count
from integrations.messaging.webhooks import (
    AnsweredBy,
    CallStatus,
    parse_call_status,
    parse_gather,
    parse_inbound,
    parse_status,
    verify_signature,
)
from models.contacts import MessageState
from models.errors import BadInput

TOKEN, PUBLIC, PATH = "token", "https://kinline.example.org", "/webhooks/twilio/status?id=m1"
FORM = [
    ("MessageSid", "SM1"),
    ("MessageStatus", "sent"),
    ("StatusCallbackEvent", "b"),
    ("StatusCallbackEvent", "a"),
]


def signature_of(*forms: dict[str, str], url: str = PUBLIC + PATH) -> str:
    """Twilio's rule, by hand: the URL, then each key and value in order of key, HMAC-SHA1."""
    return str(RequestValidator(TOKEN).compute_signature(url, forms[0] if forms else {}))


def test_a_signature_over_repeated_keys_is_verified_and_any_change_breaks_it() -> None:
    import base64
    import hashlib
    import hmac

    signed = PUBLIC + PATH + "MessageSidSM1MessageStatussent" + "StatusCallbackEventaStatusCallbackEventb"
    good = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    assert verify_signature(TOKEN, PUBLIC + "/", PATH, FORM, good)
    assert not verify_signature(TOKEN, PUBLIC, PATH + "0", FORM, good)
    assert not verify_signature(
        TOKEN, PUBLIC, PATH, [*FORM[:1], ("MessageStatus", "delivered"), *FORM[2:]], good
    )
    assert not verify_signature(TOKEN, PUBLIC, PATH, FORM[:-1], good)
    assert not verify_signature("other", PUBLIC, PATH, FORM, good)
    assert not verify_signature(TOKEN, "http://kinline.example.org", PATH, FORM, good)


@pytest.mark.parametrize(("token", "signature"), [("", signature_of()), (TOKEN, ""), (TOKEN, "ñ")])
def test_without_a_token_or_a_signature_nothing_is_verified(token: str, signature: str) -> None:
    assert not verify_signature(token, PUBLIC, PATH, [], signature)


def test_an_empty_form_can_be_signed() -> None:
    assert verify_signature(TOKEN, PUBLIC, PATH, [], signature_of())


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", MessageState.ACCEPTED),
        ("accepted", MessageState.ACCEPTED),
        ("scheduled", MessageState.ACCEPTED),
        ("sending", MessageState.ACCEPTED),
        ("sent", MessageState.ACCEPTED),
        ("delivered", MessageState.DELIVERED),
        ("read", MessageState.DELIVERED),
        ("undelivered", MessageState.UNDELIVERED),
        ("partially_delivered", MessageState.UNDELIVERED),
        ("failed", MessageState.FAILED),
        ("canceled", MessageState.CANCELLED),
    ],
)
def test_twilios_words_have_our_states(word: str, state: MessageState) -> None:
    assert parse_status({"MessageSid": "SM1", "MessageStatus": word}).state is state


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("delivered_maybe", "unknown message status: delivered_maybe"),
        ("received", "unknown message status: received"),
        ("", "no message status"),
        ("call +1 305 555 0100", "unreadable message status"),
    ],
)
def test_an_unknown_word_is_no_state_and_never_delivered(word: str, reason: str) -> None:
    report = parse_status({"MessageSid": "SM1", "MessageStatus": word})
    assert (report.state, report.reason) == (None, reason)


def test_an_error_code_is_kept_only_when_it_is_one() -> None:
    form = {"SmsSid": "SM1", "SmsStatus": "undelivered", "ErrorCode": "30006"}
    assert parse_status(form).error_code == "30006"
    assert parse_status(form | {"ErrorCode": "Maria"}).error_code is None


@pytest.mark.parametrize("parse", [parse_status, parse_inbound, parse_call_status, parse_gather])
def test_a_request_without_a_reference_is_bad_input(parse: object) -> None:
    with pytest.raises(BadInput) as bad:
        parse({"From": "+13055550100", "Body": "1"})  # type: ignore[operator]
    assert bad.value.problems[0].field in {"MessageSid", "CallSid"}


def test_an_inbound_text_keeps_its_words_and_shows_none_of_them_when_printed() -> None:
    text = parse_inbound(
        {
            "MessageSid": "SM1",
            "From": "+13055550100",
            "To": "+12025550100",
            "Body": " Sí ",
            "OptOutType": "stop",
        }
    )
    assert (text.body, text.opt_out_type) == (" Sí ", "STOP")
    assert "555" not in repr(text)
    assert "Sí" not in str(text)


@pytest.mark.parametrize("word", [status.value for status in CallStatus])
def test_every_call_status_is_read(word: str) -> None:
    assert parse_call_status({"CallSid": "CA1", "CallStatus": word}).status == word


def test_a_call_report_reads_who_answered_and_how_long() -> None:
    form = {
        "CallSid": "CA1",
        "CallStatus": "completed",
        "AnsweredBy": "machine_end_beep",
        "CallDuration": "12",
    }
    report = parse_call_status(form)
    assert (report.answered_by, report.duration) == (AnsweredBy.MACHINE_END_BEEP, 12)
    assert report.status is not None
    assert report.status.is_final
    assert AnsweredBy.MACHINE_END_BEEP.is_machine
    assert not AnsweredBy.UNKNOWN.is_machine


def test_odd_words_about_a_call_conclude_nothing() -> None:
    report = parse_call_status(
        {"CallSid": "CA1", "CallStatus": "sung", "AnsweredBy": "alien", "CallDuration": "-"}
    )
    assert (report.status, report.answered_by, report.duration) == (None, AnsweredBy.UNKNOWN, None)
    assert report.reason == "unknown call status: sung"


def test_nothing_pressed_is_none() -> None:
    assert parse_gather({"CallSid": "CA1", "Digits": ""}).digits is None
    assert parse_gather({"CallSid": "CA1", "Digits": "1"}).digits == "1"


@pytest.mark.parametrize(
    ("body", "encoding", "parts"),
    [
        ("", Encoding.GSM_7, 0),
        ("a" * 160, Encoding.GSM_7, 1),
        ("a" * 161, Encoding.GSM_7, 2),
        ("a" * 307, Encoding.GSM_7, 3),  # 2 x 153 = 306
        ("€" * 80, Encoding.GSM_7, 1),  # two septets each
        ("€" * 81, Encoding.GSM_7, 2),
        ("ñéü¿¡", Encoding.GSM_7, 1),
        ("María", Encoding.UCS_2, 1),
        ("á" * 70, Encoding.UCS_2, 1),
        ("á" * 71, Encoding.UCS_2, 2),
        ("á" * 135, Encoding.UCS_2, 3),  # 2 x 67 = 134
        ("😀" * 35, Encoding.UCS_2, 1),
        ("😀" * 36, Encoding.UCS_2, 2),
    ],
)
def test_segments_are_counted_at_their_boundaries(body: str, encoding: Encoding, parts: int) -> None:
    assert count(body) == Segments(encoding, parts)
