"""The ladder of tries: text, machine, people, and in the end somebody who owns the silence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.desk.views import queue_json
from integrations.kit import Kit
from models.facts import Person
from models.states import Party
from models.tables.ledger import Attempt, Call, Obligation
from models.tables.messages import Message
from tests.integration.followup_scenes import DAY, HOUR, Family, World, a_family, local, open_world

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def first_call(world: World, family: Family, party: str = "child", state: str = "open") -> Obligation:
    return next(d for d in world.duties(family, "welfare_call", state) if d.party == party)


def nobody_answers(world: World, family: Family, until: Any) -> None:
    """Hour by hour; a person makes each call that is asked of them, and nobody picks up."""
    while world.now < until:
        world.live_until(world.now + HOUR)
        for call in world.calls_of(family, kind="human", state="due"):
            world.records(family, "no_answer", Party(call.party))


def test_a_family_that_never_answers_goes_through_the_ladder_into_the_queue(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    duty = first_call(world, family)
    world.desk_work(family).live_until(duty.opens_at - HOUR, step=6 * HOUR)
    nobody_answers(world, family, duty.opens_at + 7 * DAY)

    tries = world.attempts(duty)
    assert [(a.step, a.channel, a.outcome) for a in tries] == [
        (1, "text", "delivered"),
        (2, "automated_call", "no_answer"),
        (3, "human_call", "no_answer"),
        (4, "human_call", "no_answer"),
        (5, "human_call", "no_answer"),
        (6, "human_call", "no_answer"),
        (7, "human_call", "no_answer"),
    ]
    days = [a.at.astimezone(CHICAGO).date() for a in tries if a.channel == "human_call"]
    assert len(set(days)) == 5  # five tries, five days
    (alarm,) = [e for e in world.alarms(family, "no_contact") if e.key == "child"]
    assert alarm.obligation_id == duty.id
    assert str(alarm.id) in {item["id"] for item in queue_json(world.kit, now=world.now)["items"]}
    assert world.case(family).state == "lost_contact"
    review = world.duty(family, "lost_contact_review")
    assert review.in_sight
    assert review.due_at <= alarm.opened_at + 7 * DAY
    assert first_call(world, family).state == "open"  # nothing was settled by trying
    assert world.account().is_whole


def test_two_rounds_at_once_do_nothing_twice(world: World) -> None:
    for n in range(20):
        a_family(world.kit, world.staff, child=50 + n % 10, sponsor=50)
    world.at(local(9, 11))
    together = threading.Barrier(2)

    def run() -> None:
        together.wait()
        world.round("contacts")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run), pool.submit(run)]:
            done.result()
    world.round("contacts")
    texts = [(m.obligation_id, m.purpose) for m in world.rows(Message)]
    tries = [(a.obligation_id, a.step) for a in world.rows(Attempt)]
    assert len(texts) == len(set(texts)) == 20 * 2
    assert sorted(map(str, tries)) == sorted(map(str, set(tries)))


def test_a_task_that_nobody_does_becomes_overdue_and_escalates(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, consent=())
    duty = first_call(world, family)
    world.at(duty.opens_at).live_until(duty.due_at)
    assert [c.state for c in world.calls_of(family, kind="human") if c.party == "child"] == ["due"]
    assert [e for e in world.alarms(family) if e.obligation_id == duty.id] == []
    world.later(HOUR).round("lost")
    (alarm,) = [e for e in world.alarms(family, "overdue") if e.obligation_id == duty.id]
    assert (alarm.level, alarm.queue, alarm.opened_at) == (1, "rota", duty.due_at)
    assert alarm.owned_until == duty.owned_until
    assert world.account().is_whole


def test_a_child_without_a_phone_is_asked_for_on_the_sponsors(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=51)
    duty = first_call(world, family)
    world.at(duty.opens_at).live_until(duty.opens_at + 2 * DAY)
    assert [a for a in world.attempts(duty) if a.channel != "human_call"] == []
    (call,) = [c for c in world.calls_of(family, kind="human") if c.obligation_id == duty.id]
    assert (call.party, call.number_id) == ("child", family.numbers["sponsor"])


def test_a_number_that_the_child_shares_is_for_people_alone(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, shared=True)
    world.at(local(9, 8)).live_until(local(12, 20))
    assert world.messages(family) == []
    assert {c.kind for c in world.calls_of(family)} == {"human"}


def test_without_any_usable_phone_the_case_is_somebodys_at_once(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.says(family.phones["child"], "Wrong number")
    world.says(family.phones["sponsor"], "Wrong number")
    world.at(first_call(world, family).opens_at).round("contacts")
    assert {e.key for e in world.alarms(family, "no_contact")} == {"child", "sponsor"}
    assert world.case(family).state == "lost_contact"


def test_a_reminder_is_a_try_and_only_its_delivery_settles_it(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.at(local(3, 17, 31)).round("contacts")
    duty = next(d for d in world.duties(family, "text_reminder") if d.party == "child")
    assert [(a.channel, a.outcome) for a in world.attempts(duty)] == [("text", "queued")]
    world.send()
    assert [a.outcome for a in world.attempts(duty)] == ["accepted"]
    assert world.duties(family, "text_reminder", "settled") == []
    world.phones()
    assert [a.outcome for a in world.attempts(duty)] == ["delivered"]
    assert len(world.duties(family, "text_reminder", "settled")) == 2


def test_a_reminder_that_the_round_comes_to_days_late_is_not_sent(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=51)
    world.at(local(5, 12)).round("contacts")
    assert world.messages(family) == []
    assert world.duty(family, "tell_by_voice").detail["reminder"] == str(
        world.duty(family, "text_reminder", "void").id
    )


@pytest.mark.parametrize("language", ["quc", "mam"])
def test_who_reads_none_of_our_languages_is_told_by_a_person(world: World, language: str) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=51, language=language)
    world.at(local(3, 17, 31)).round("contacts")
    assert world.messages(family) == []
    assert world.duty(family, "tell_by_voice").party == "sponsor"


def test_the_round_does_what_is_due_and_nothing_early(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    duty = first_call(world, family)
    world.at(duty.opens_at).round("contacts")
    assert world.rows(Call) == []
    assert world.messages(family, obligation_id=duty.id) == []
    assert first_call(world, family).next_at == duty.opens_at + HOUR  # 10:00 where they live
    world.later(HOUR).round("contacts")
    assert len(world.messages(family, obligation_id=duty.id)) == 1
