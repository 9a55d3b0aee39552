"""The last look at a text, and what a failure says of the number."""

from __future__ import annotations

from datetime import timedelta

import pytest
from followup_builders import CHICAGO, HAWAII, POLICY, an_id, utc

from followup.delivery import (
    Cancel,
    Expire,
    MessageFacts,
    Send,
    WaitUntil,
    after_failure,
    judge,
)
from models.contacts import TryEnd

NOON = utc("2026-02-03T18:00")
NIGHT = utc("2026-02-04T04:00")  # 22:00 in Chicago
EIGHT = utc("2026-02-04T14:00")


def a_message(**changes):
    facts = {
        "id": an_id(5),
        "purpose": "step-1",
        "send_after": NOON - timedelta(hours=1),
        "not_after": NOON + timedelta(hours=48),
    }
    return MessageFacts(**facts | changes)


ANSWER = a_message(purpose="thanks", answer=True)


def verdict(message=None, now=NOON, **changes):
    facts = {
        "consent": True,
        "number_usable": True,
        "shared": False,
        "paused": False,
        "obligation_open": True,
        "zones": [CHICAGO],
    }
    return judge(message or a_message(), **facts | changes, quiet=POLICY.quiet, now=now)


def test_a_wanted_text_with_consent_goes_by_day():
    assert verdict() == Send()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consent": False}, "no_consent"),
        ({"number_usable": False}, "number_unusable"),
        ({"shared": True}, "shared_number"),
        ({"paused": True}, "person_took_over"),
        ({"obligation_open": False}, "no_longer_wanted"),
    ],
)
def test_a_text_is_cancelled_with_its_reason(changes, reason):
    assert verdict(**changes) == Cancel(reason)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-1, Send()), (0, Expire("too_late")), (1, Expire("too_late"))]
)
def test_a_text_is_of_no_use_from_its_end_on(seconds, expected):
    message = a_message(not_after=NOON)
    assert verdict(message, now=NOON + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("seconds", "waits"), [(-1, True), (0, False), (1, False)])
def test_a_text_waits_for_its_time(seconds, waits):
    message = a_message(send_after=NOON)
    expected = WaitUntil(NOON) if waits else Send()
    assert verdict(message, now=NOON + timedelta(seconds=seconds)) == expected


def test_a_text_waits_for_the_morning_of_every_place():
    assert verdict(now=NIGHT) == WaitUntil(EIGHT)
    assert verdict(now=NIGHT, zones=[CHICAGO, HAWAII]) == WaitUntil(utc("2026-02-04T18:00"))


def test_a_text_meant_for_the_night_is_told_the_morning_at_once():
    assert verdict(a_message(send_after=NIGHT), now=NOON) == WaitUntil(EIGHT)


@pytest.mark.parametrize(("end", "expected"), [(0, Expire("quiet_hours_outlast_it")), (1, WaitUntil(EIGHT))])
def test_a_text_that_the_night_outlasts_expires(end, expected):
    assert verdict(a_message(not_after=EIGHT + timedelta(seconds=end)), now=NIGHT) == expected


@pytest.mark.parametrize("changes", [{"shared": True}, {"paused": True}, {"obligation_open": False}])
def test_an_answer_goes_at_any_hour_to_any_phone_that_wrote(changes):
    assert verdict(ANSWER, now=NIGHT, **changes) == Send()


def test_without_consent_only_the_confirmation_of_a_stop_goes():
    assert verdict(ANSWER, consent=False) == Cancel("no_consent")
    confirmation = a_message(purpose="stop_confirm", answer=True)
    assert verdict(confirmation, consent=False, number_usable=False, now=NIGHT) == Send()
    assert verdict(a_message(purpose="stop_confirm"), consent=False) == Cancel("no_consent")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("30006", "landline"),
        ("30005", "out_of_service"),
        ("30003", "unreachable"),
        ("21610", "stopped"),
        ("21211", "invalid"),
        ("21614", "invalid"),
        ("30008", "provider_error"),
        ("", "provider_error"),
        ("no such code", "provider_error"),
    ],
)
def test_a_failure_says_what_the_number_is(code, meaning):
    assert after_failure(code) == TryEnd(meaning)
