"""Measures for those who oversee: each counts what it says, and names the cases behind it."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.desk.oversight import oversight_json
from integrations.kit import Kit
from models.facts import Person
from models.states import Party
from tests.integration.followup_scenes import DAY, Family, World, a_family, still_world


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def measures(world: World) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in oversight_json(world.kit, now=world.now)["measures"]}


def part(found: dict[str, Any]) -> tuple[int, int]:
    return found["numerator"], found["denominator"]


def behind(found: dict[str, Any], *families: Family) -> bool:
    return found["exceptions"] == sorted(family.key for family in families)


def test_with_nobody_released_nothing_is_divided(world: World) -> None:
    found = measures(world)
    assert {one["share"] for one in found.values()} == {None}
    assert all(one["definition"] and one["source"] and one["title"] for one in found.values())
    assert len(found) == 13


def test_calls_in_time_are_those_that_a_person_made_by_their_last_day(world: World) -> None:
    heard = a_family(world.kit, world.staff, a_number="220500001")
    not_heard = a_family(world.kit, world.staff, a_number="220500002")
    first = world.duties(heard, "welfare_call")[0]
    world.at(first.opens_at)
    world.records(heard, "reached_alone", Party.CHILD)
    assert part(measures(world)["welfare_calls_in_time"]) == (0, 0)  # no last day has come
    world.at(first.due_at)
    found = measures(world)
    assert part(found["welfare_calls_in_time"]) == (1, 2)
    assert behind(found["welfare_calls_in_time"], not_heard)
    # Made late is not made in time.
    world.later(DAY)
    world.records(not_heard, "reached_alone", Party.CHILD)
    assert part(measures(world)["welfare_calls_in_time"]) == (1, 2)


def test_who_was_not_heard_and_what_nobody_took_is_named(world: World) -> None:
    family = a_family(world.kit, world.staff)
    other = a_family(world.kit, world.staff)
    assert part(measures(world)["children_heard"]) == (2, 2)
    first = world.duties(family, "welfare_call")[0]
    world.at(first.due_at + DAY).round("lost")
    world.later(2 * DAY)
    found = measures(world)
    assert behind(found["escalations_without_owner"], family, other)
    assert behind(found["duties_overdue"], family, other)
    silence = world.case(family).max_silence_days or 0
    world.at(first.due_at + silence * DAY)
    assert part(measures(world)["children_heard"]) == (0, 2)
    account = world.account()
    assert part(measures(world)["children_silent"]) == (len(account.silent), 2)
    assert part(measures(world)["children_unanswered"]) == (len(account.unanswered), 2)
