"""A better number after the release: what it replaces, what it settles, and what goes on with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.desk import numbers
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Party
from models.tables.people import PhoneNumber
from tests.integration.families import a_phone
from tests.integration.followup_scenes import DAY, HOUR, Family, World, a_family, open_world

CONSENT = {"given": True, "method": "spoken"}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def adds(
    world: World, family: Family, party: str = "child", role: str = "party", who: str = "cm", **told: Any
) -> str:
    number = told.pop("number", None) or a_phone(0)
    raw = json.dumps({"number": number, "language": "en", "text_consent": CONSENT} | told).encode()
    numbers.add_number(
        world.kit, family.key, raw, world.staff[who], party=Party(party), role=role, now=world.now
    )
    return number


def in_use(world: World, family: Family, party: str) -> list[PhoneNumber]:
    rows = world.rows(PhoneNumber, case_id=family.case_id, party=party, role="party")
    return [row for row in rows if row.retired_at is None]


def test_a_better_number_ends_the_search_and_texts_go_there(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.says(family.phones["child"], "Wrong number")
    search = world.duty(family, "find_number")
    phone = adds(world.later(HOUR), family)
    assert world.duty(family, "find_number", "settled").id == search.id
    assert world.duty(family, "find_number", "settled").evidence_kind == "review"
    (now_used,) = in_use(world, family, "child")
    assert now_used.id != family.numbers["child"]
    reminder = next(d for d in world.duties(family, "text_reminder") if d.party == "child")
    world.at(reminder.opens_at).beat()
    assert world.texts(phone)
    assert world.account().is_whole


def test_texts_are_planned_for_a_child_that_had_no_phone(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=51)
    assert [d for d in world.duties(family, "text_reminder") if d.party == "child"] == []
    adds(world.later(10 * DAY), family)
    ahead = [d for d in world.duties(family, "text_reminder") if d.party == "child"]
    assert {d.key for d in ahead} == {"checkin-28", "checkin-60"}  # the one of day 3 lies behind
    adds(world.later(HOUR), family)
    assert len([d for d in world.duties(family, "text_reminder") if d.party == "child"]) == len(ahead)


def test_without_a_word_about_texts_nobody_is_written_to(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=51)
    phone = adds(world.later(DAY), family, text_consent=None)
    world.live_until(world.now + 30 * DAY, step=12 * HOUR)
    assert world.texts(phone) == []


def test_a_number_that_child_and_sponsor_share_is_for_peoples_calls_whoever_named_it_first(
    world: World,
) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=51)
    adds(world.later(DAY), family, number=family.phones["sponsor"])
    assert [row.shared for who in ("child", "sponsor") for row in in_use(world, family, who)] == [True, True]


def test_a_call_whose_tries_had_ended_is_a_persons_task_again(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.says(family.phones["child"], "Wrong number")
    world.says(family.phones["sponsor"], "Wrong number")
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + HOUR).round("contacts")
    assert world.case(family).state == "lost_contact"
    adds(world.later(HOUR), family)
    assert [c.state for c in world.calls_of(family, obligation_id=duty.id, kind="human")] == ["due"]
    assert world.case(family).state == "lost_contact"  # a number is not a child that was heard
    assert world.account().is_whole


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "202 555 0100"}, "number.number"),
        ({"language": "English"}, "number.language"),
        ({"age": 3}, "number.age"),
    ],
)
def test_what_can_not_be_used_is_named(world: World, changes: dict[str, Any], field: str) -> None:
    family = a_family(world.kit, world.staff)
    with pytest.raises(BadInput) as caught:
        adds(world, family, **changes)
    assert [p.field for p in caught.value.problems] == [field]
    assert "0100" not in str(caught.value)


def test_a_place_that_does_not_exist_and_a_wrong_role_are_refused(world: World) -> None:
    family = a_family(world.kit, world.staff)
    with pytest.raises(BadInput):
        adds(world, family, role="neighbour")
    with pytest.raises(BadInput):
        adds(world, family, party="case")
    with pytest.raises(Refused) as caught:
        adds(world, family, who="auditor")
    assert caught.value.code == "wrong_role"
