"""The outbox when the provider stumbles, answers get lost and processes are killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.desk.inbound import take_status
from integrations.kit import Kit
from integrations.messaging.webhooks import StatusReport
from models.contacts import MessageState
from models.errors import Rejected
from models.facts import Person
from tests.integration.followup_scenes import (
    HOUR,
    MINUTE,
    World,
    a_family,
    a_phone,
    open_world,
)
from tests.integration.outbox_scenes import (
    at_reminder,
    nothing_went_out_twice,
    only_message,
    only_message_to_sponsor,
    outgoing,
    questions,
)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened
        nothing_went_out_twice(opened)


def test_429_then_500_then_accepted_is_exactly_one_text(world: World) -> None:
    family = at_reminder(world, sponsor=90)
    assert world.send() == {"later": 1}
    message = only_message(world, family)
    assert (message.state, message.send_after) == ("queued", world.now + 1 * (MINUTE / 60))
    world.later(MINUTE / 60)
    assert world.send() == {"unsure": 1}
    world.later(2 * MINUTE)
    assert world.send() == {}  # the list lags: nothing is concluded yet
    world.later(2 * MINUTE)
    assert world.send() == {"again": 1, "accepted": 1}
    world.phones()
    assert only_message_to_sponsor(world, family).state == "delivered"
    assert len(questions(world, family)) == 1


def test_a_lost_response_is_looked_up_found_and_never_sent_again(world: World) -> None:
    family = at_reminder(world, sponsor=95)
    assert world.send() == {"unsure": 1}
    assert only_message(world, family).state == "claimed"
    world.later(4 * MINUTE)
    assert world.send() == {"found": 1}
    message = only_message(world, family)
    assert message.state == "accepted"
    assert message.provider_ref == outgoing(world)[0]["sid"]
    world.phones()
    assert only_message_to_sponsor(world, family).state == "delivered"
    assert len(questions(world, family)) == 1


def test_a_lost_response_is_settled_by_the_callback_when_that_is_quicker(world: World) -> None:
    family = at_reminder(world, sponsor=95)
    assert world.send() == {"unsure": 1}
    world.phones(MINUTE)
    assert only_message_to_sponsor(world, family).state == "delivered"
    assert only_message_to_sponsor(world, family).provider_ref == outgoing(world)[0]["sid"]


def test_lost_responses_of_two_children_on_one_phone_are_told_apart(world: World) -> None:
    phone = a_phone(95)
    pair = [at_reminder(world, sponsor=phone), at_reminder(world, sponsor=phone)]
    world.round("contacts")
    assert world.send() == {"unsure": 2}
    world.later(4 * MINUTE)
    assert world.send() == {"found": 2}
    refs = [only_message(world, f).provider_ref for f in pair]
    assert len(set(refs)) == 2
    assert len(world.texts(phone)) == 2


class Killed(BaseException):
    """The process is gone at this instant."""


def killed(monkeypatch: pytest.MonkeyPatch, world: World, *, after_send: bool) -> None:
    """The next send kills the process, after or before the provider has taken the text."""
    real = world.kit.messenger.send_text

    def send_and_die(**named: Any) -> None:
        if after_send:
            real(**named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.kit.messenger, "send_text", send_and_die)
        with pytest.raises(Killed):
            world.send()


def test_killed_after_the_send_the_callback_settles_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    family = at_reminder(world)
    killed(monkeypatch, world, after_send=True)
    assert only_message(world, family).state == "claimed"
    world.phones(MINUTE)
    assert only_message_to_sponsor(world, family).state == "delivered"
    world.later(HOUR).send()
    assert len(questions(world, family)) == 1


def test_killed_after_the_send_and_without_a_callback_the_list_settles_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = at_reminder(world)
    killed(monkeypatch, world, after_send=True)
    world.later(2 * MINUTE)
    assert world.send() == {}  # the lease still runs
    world.later(MINUTE)
    assert world.send() == {"found": 1}
    assert only_message(world, family).state == "accepted"
    assert len(world.texts(family.phones["sponsor"])) == 1


def test_no_trace_is_unknown_never_sent_again_and_a_person_tells_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = at_reminder(world)
    killed(monkeypatch, world, after_send=False)
    found = []
    for _ in range(8):
        world.later(4 * MINUTE)
        found += list(world.send())
    assert found == ["look_up_later", "look_up_later", "unknown"]
    assert only_message(world, family).state == "unknown"
    assert world.texts(family.phones["sponsor"]) == []
    assert world.duty(family, "tell_by_voice").queue == "rota"


def test_no_trace_of_a_ladder_text_opens_the_next_rung(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    family = a_family(world.kit, world.staff, child=50, consent=("child",))
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + 2 * HOUR).round("contacts")
    killed(monkeypatch, world, after_send=False)
    for _ in range(4):
        world.later(4 * MINUTE).send()
    world.at(duty.opens_at + 10 * HOUR).round("contacts")
    assert [(a.channel, a.outcome) for a in world.attempts(duty)] == [
        ("text", "unknown"),
        ("automated_call", "queued"),
    ]


def test_a_late_receipt_still_proves_an_unknown_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    family = at_reminder(world)
    killed(monkeypatch, world, after_send=False)
    for _ in range(4):
        world.later(4 * MINUTE).send()
    message = only_message(world, family)
    take_status(world.kit, message.id, StatusReport("SM9", MessageState.DELIVERED, None), now=world.now)
    assert only_message(world, family).state == "delivered"
    assert world.duty(family, "tell_by_voice").state == "open"  # a person tells them all the same


def test_our_own_credentials_failing_says_nothing_of_the_number(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = at_reminder(world)

    def refuse(**_named: Any) -> None:
        raise Rejected("twilio", "http 401 code 20003", code="20003")

    with monkeypatch.context() as patch:
        patch.setattr(world.kit.messenger, "send_text", refuse)
        assert world.send() == {"later": 1}
    world.later(HOUR)
    assert world.send() == {"accepted": 1}
    assert world.number(family, "sponsor").textable


def test_a_provider_that_stays_away_ends_in_a_persons_task(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = at_reminder(world)
    world.kit.make_messenger = _nobody_there
    vars(world.kit).pop("messenger", None)
    for _ in range(20):  # a night of quiet hours lies between
        world.later(65 * MINUTE).send()
    assert only_message(world, family).error_code == "unavailable"
    assert world.duty(family, "tell_by_voice").state == "open"


def _nobody_there() -> Any:
    from integrations.messaging.twilio import TwilioMessenger

    return TwilioMessenger(
        account_sid="AC1", auth_token="t", from_number="+15005550006", base_url="http://127.0.0.1:9"
    )
