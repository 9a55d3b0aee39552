"""Automated calls: spoken, answered by keys, and never more than a try."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from integrations.desk import cases
from integrations.desk.voice import greet, take_call_status, take_digits
from integrations.kit import Kit
from integrations.messaging.webhooks import AnsweredBy, CallReport, CallStatus
from models.errors import NotFound
from models.facts import Person
from models.tables.ledger import Call, Obligation
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    MINUTE,
    Family,
    World,
    a_family,
    open_world,
)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def welfare_call(world: World, family: Family, state: str = "open") -> Obligation:
    """The first call to the child."""
    return next(d for d in world.duties(family, "welfare_call", state) if d.party == "child")


def at_the_automated_call(world: World, ends: int, **more: Any) -> tuple[Family, Call]:
    """The child's day 7 has come: the text found no answer, and the machine's call is due."""
    family = a_family(
        world.kit, world.staff, **({"child": ends, "sponsor": 50, "consent": ("child",)} | more)
    )
    duty = welfare_call(world, family)
    world.at(duty.opens_at + 65 * MINUTE).beat()
    world.phones()
    world.at(duty.opens_at + 9 * HOUR + 35 * MINUTE).round("contacts")
    (call,) = world.calls_of(family, kind="automated")
    return family, call


def test_a_call_is_spoken_answered_by_a_key_and_settles_nothing(world: World) -> None:
    family, _ = at_the_automated_call(world, 0)
    assert world.call() == {"placed": 1}
    world.phones(5 * MINUTE)
    (heard,) = world.sandbox.store.find("twilio_call")
    assert heard["heard"][0].startswith("Hello")
    assert heard["pressed"] == ["1"]
    (call,) = world.calls_of(family, kind="automated")
    assert (call.state, call.digits, call.spoke_with) == ("done", "1", "nobody")
    assert call.provider_ref == heard["sid"]
    duty = welfare_call(world, family)
    assert duty.state == "open"
    assert world.attempts(duty)[-1].outcome == "pressed_yes"
    # The ladder goes on: a person must speak with the child.
    world.later(DAY).round("contacts")
    assert [c.state for c in world.calls_of(family, kind="human", party="child")] == ["due"]


@pytest.mark.parametrize(("ends", "outcome"), [(50, "no_answer"), (85, "machine")])
def test_each_way_a_call_ends_is_a_try_and_the_ladder_goes_on(world: World, ends: int, outcome: str) -> None:
    family, call = at_the_automated_call(world, ends)
    world.call()
    world.phones(5 * MINUTE)
    (call,) = world.calls_of(family, kind="automated")
    assert (call.state, call.outcome) == ("done", outcome)
    assert world.attempts(welfare_call(world, family))[-1].outcome == outcome
    world.later(DAY).round("contacts")
    assert [c.state for c in world.calls_of(family, kind="human", party="child")] == ["due"]


def test_who_said_stop_to_the_text_is_not_rung_by_a_machine(world: World) -> None:
    family = a_family(world.kit, world.staff, child=65, sponsor=50, consent=("child",))
    duty = welfare_call(world, family)
    world.at(duty.opens_at + 65 * MINUTE).beat()
    world.phones()
    world.at(duty.opens_at + 10 * HOUR).round("contacts")
    world.at(duty.opens_at + 33 * HOUR).round("contacts")
    assert world.calls_of(family, kind="automated") == []
    assert [c.state for c in world.calls_of(family, kind="human", party="child")] == ["due"]


@pytest.mark.parametrize(
    ("word", "outcome"), [("busy", "busy"), ("failed", None), ("no-answer", "no_answer")]
)
def test_busy_and_failed_are_told_apart(world: World, word: str, outcome: str) -> None:
    family, call = at_the_automated_call(world, 50)
    world.call()
    report = CallReport("CA1", CallStatus(word), None, None)
    for _ in range(2):
        take_call_status(world.kit, call.id, report, now=world.now)
    (done,) = world.calls_of(family, kind="automated")
    assert (done.state, done.outcome) == ("done", outcome)
    assert world.number(family, "child").usable


def test_a_machine_hears_nothing(world: World) -> None:
    at_the_automated_call(world, 85)
    world.call()
    world.phones(5 * MINUTE)
    (heard,) = world.sandbox.store.find("twilio_call")
    assert heard["heard"] == []
    assert heard["answered_by"] == "machine_start"


def test_a_landline_with_consent_is_called_by_the_machine(world: World) -> None:
    family, _ = at_the_automated_call(world, 60)
    assert world.number(family, "child").unusable_because == "landline"
    assert world.call() == {"placed": 1}
    world.phones(5 * MINUTE)
    assert world.calls_of(family, kind="automated")[0].digits == "1"


@pytest.mark.parametrize(
    ("ends", "opens"), [(70, {"call_back"}), (75, {"verify_address", "court_address_form"})]
)
def test_keys_mean_what_texts_mean(world: World, ends: int, opens: set[str]) -> None:
    # The child takes no part in texts here: only the machine's call asks.
    family = a_family(world.kit, world.staff, child=ends, sponsor=50, consent=("child",))
    duty = welfare_call(world, family)
    call_id = a_placed_call(world, family, duty)
    before = {d.id for d in world.duties(family)}
    assert "Thank you" in take_digits(world.kit, call_id, "2" if ends == 70 else "3", now=world.now)
    take_digits(world.kit, call_id, "1", now=world.now)  # a second key changes nothing
    assert {d.kind for d in world.duties(family) if d.id not in before} == opens
    assert world.rows(Call, id=call_id)[0].digits == ("2" if ends == 70 else "3")


def a_placed_call(world: World, family: Family, duty: Obligation) -> Any:
    with world.kit.transaction() as session:
        call = Call(
            case_id=family.case_id,
            obligation_id=duty.id,
            number_id=family.numbers["child"],
            kind="automated",
            party="child",
            step=2,
            state="placed",
            due_at=world.now,
            lease_until=world.now + HOUR,
        )
        session.add(call)
        return call.id


def test_every_key_gets_the_same_answer(world: World) -> None:
    answers = set()
    for digits in ("1", "2", "3", "9", "7", None):
        family = a_family(world.kit, world.staff, child=50)
        call_id = a_placed_call(world, family, welfare_call(world, family))
        answers.add(take_digits(world.kit, call_id, digits, now=world.now))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("language", "voice"), [("en-US", "en-US"), ("es-GT", "es-US"), ("por", "pt-BR"), ("fr", "fr-FR")]
)
def test_a_call_speaks_what_its_hearer_named(world: World, language: str, voice: str) -> None:
    family = a_family(world.kit, world.staff, child=50, language=language)
    call_id = a_placed_call(world, family, welfare_call(world, family))
    assert f'language="{voice}"' in greet(world.kit, call_id, "human", now=world.now)


@pytest.mark.parametrize("language", ["quc", "ht"])
def test_a_machine_says_nothing_in_a_language_that_it_does_not_speak(world: World, language: str) -> None:
    family = a_family(world.kit, world.staff, child=50, language=language)
    call_id = a_placed_call(world, family, welfare_call(world, family))
    assert "<Say" not in greet(world.kit, call_id, "human", now=world.now)


def test_quiet_hours_hold_for_calls_too(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, consent=("child",))
    duty = welfare_call(world, family)
    with world.kit.transaction() as session:
        session.add(
            Call(
                case_id=family.case_id,
                obligation_id=duty.id,
                number_id=family.numbers["child"],
                kind="automated",
                party="child",
                step=2,
                due_at=duty.opens_at + 12 * HOUR,
            )
        )
    world.at(duty.opens_at + 12 * HOUR)  # 21:00 where they live
    assert world.call() == {"waits": 1}
    world.later(10 * HOUR + 59 * MINUTE)
    assert world.call() == {}
    world.later(MINUTE)
    assert world.call() == {"placed": 1}


def test_after_a_stop_the_machine_calls_nobody(world: World) -> None:
    family, _ = at_the_automated_call(world, 50)
    world.says(family.phones["child"], "STOP")
    assert world.call() == {"cancelled": 1}
    assert world.sandbox.store.find("twilio_call") == []


def test_after_the_childs_cry_for_help_a_call_that_was_due_is_not_made(world: World) -> None:
    family, _ = at_the_automated_call(world, 50)
    world.says(family.phones["child"], "2")
    assert world.call() == {"cancelled": 1}


def test_after_the_closure_a_call_that_was_due_is_not_made(world: World) -> None:
    family, _ = at_the_automated_call(world, 50)
    cases.close_case(
        world.kit,
        family.key,
        world.staff["cm"],
        reason="departed",
        note="",
        evidence="a record",
        now=world.now,
    )
    assert world.call() == {}
    assert world.sandbox.store.find("twilio_call") == []


def test_429_waits_and_a_lost_answer_is_told_by_the_calls_own_webhooks(world: World) -> None:
    family, _ = at_the_automated_call(world, 95)
    assert world.call() == {"unsure": 1}
    world.phones(5 * MINUTE)
    (call,) = world.calls_of(family, kind="automated")
    assert (call.state, call.digits) == ("done", "1")
    assert len(world.sandbox.store.find("twilio_call")) == 1


def test_a_provider_that_stumbles_never_rings_twice(world: World) -> None:
    family, _ = at_the_automated_call(world, 90)
    assert world.call() == {"later": 1}
    world.later(MINUTE)
    assert world.call() == {"unsure": 1}
    world.later(40 * MINUTE)
    assert world.call() == {"no_word": 1}
    assert world.calls_of(family, kind="automated")[0].outcome == "no_answer"
    assert world.sandbox.store.find("twilio_call") == []


def test_of_a_call_whose_end_nobody_tells_the_ladder_hears_no_answer(world: World) -> None:
    family, _ = at_the_automated_call(world, 50)
    world.call()
    world.later(31 * MINUTE)
    assert world.call() == {"no_word": 1}
    assert world.attempts(welfare_call(world, family))[-1].outcome == "no_answer"


def test_a_call_that_we_never_made_is_not_found(world: World) -> None:
    for ask in (
        lambda: greet(world.kit, uuid4(), "human", now=world.now),
        lambda: take_digits(world.kit, uuid4(), "1", now=world.now),
        lambda: take_call_status(
            world.kit, uuid4(), CallReport("CA1", CallStatus.COMPLETED, AnsweredBy.HUMAN, 1), now=world.now
        ),
    ):
        with pytest.raises(NotFound):
            ask()
