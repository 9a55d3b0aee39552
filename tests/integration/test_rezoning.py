"""A move to another time zone: what stands open is planned anew for the family's hours there, on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from integrations.desk import addresses
from integrations.kit import Kit
from models.errors import Unavailable
from models.facts import Person, PostalAnswer
from models.tables.ledger import Call
from models.tables.messages import Message
from tests.integration.followup_scenes import DAY, HOUR, MINUTE, Family, World, a_family, local, open_world
from vetting.ports import AddressQuery

CHICAGO, HONOLULU = "America/Chicago", "Pacific/Honolulu"
HOMES = {
    CHICAGO: {"city": "Chicago", "state": "IL", "zip": "60601"},
    HONOLULU: {"city": "Honolulu", "state": "HI", "zip": "96813"},
}
MOVED = "they live in another time zone"


class _NoPost:
    """The postal service is down: whether mail can reach the home is another matter."""

    def look_up(self, query: AddressQuery) -> PostalAnswer:
        raise Unavailable("postal", "down")


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        kit.make_postal = _NoPost
        yield opened


def moves(world: World, family: Family, zone: str, street: str = "100 Example Street") -> None:
    home = {"line1": street, "unit": None, **HOMES[zone]}
    addresses.change_address(
        world.kit,
        family.key,
        json.dumps(home).encode(),
        world.staff["cm"],
        moved_at=world.now,
        now=world.now,
    )
    assert world.case(family).zone == zone


def changes(world: World, family: Family) -> int:
    with world.kit.transaction() as session:
        return int(
            session.execute(
                text(
                    "SELECT count(*) FROM history WHERE why = :why AND (row_id = :case OR row_id IN"
                    " (SELECT id FROM obligation WHERE case_id = :case UNION SELECT id FROM message"
                    " WHERE case_id = :case UNION SELECT id FROM call WHERE case_id = :case))"
                ),
                {"why": MOVED, "case": family.case_id},
            ).scalar_one()
        )


def planned(world: World, family: Family) -> dict[tuple[str, str, str], tuple[datetime, datetime]]:
    kinds = ("welfare_call", "sight_check", "text_reminder")
    found = [d for kind in kinds for d in world.duties(family, kind)]
    return {(d.kind, d.party, d.key): (d.opens_at, d.due_at) for d in found}


def clock(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def test_what_is_planned_keeps_its_hours_there_and_comes_back_as_it_was(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.at(local(1, 12))
    before = planned(world, family)
    moves(world, family, HONOLULU)
    after = planned(world, family)
    assert after.keys() == before.keys()
    for key, window in before.items():
        assert [clock(at, HONOLULU) for at in after[key]] == [clock(at, CHICAGO) for at in window]
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    assert (duty.next_at, duty.owned_until > duty.due_at) == (duty.opens_at, True)
    made = changes(world, family)
    assert made >= len(before)
    moves(world.later(HOUR), family, HONOLULU, "200 Example Street")  # within the city: nothing more
    assert (planned(world, family), changes(world, family)) == (after, made)
    moves(world.later(HOUR), family, CHICAGO)
    assert planned(world, family) == before
    assert world.account().is_whole


def a_text(world: World, family: Family, send_after: datetime) -> None:
    with world.kit.transaction() as session:
        session.add(
            Message(
                case_id=family.case_id,
                obligation_id=next(d.id for d in world.duties(family, "welfare_call") if d.party == "child"),
                number_id=family.numbers["child"],
                to_party="child",
                purpose="step-1",
                template="good_time",
                language="en",
                send_after=send_after,
                not_after=send_after + 12 * HOUR,
                created_at=world.now,
            )
        )


def test_a_text_of_the_evening_goes_in_the_evening_there_and_not_at_night(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.at(local(1, 12))
    a_text(world, family, local(1, 20, 30))
    moves(world, family, HONOLULU)
    (waiting,) = world.messages(family, state="queued")
    assert clock(waiting.send_after, HONOLULU) == clock(local(1, 20, 30), CHICAGO)
    moves(world.at(local(1, 20)), family, CHICAGO)
    (waiting,) = world.messages(family, state="queued")
    assert waiting.send_after == local(1, 20, 30)
    # At 20:30 in Honolulu it is night in Chicago: what waits goes in the morning.
    moves(world, family, HONOLULU)
    world.at(local(2, 0, 20))
    moves(world, family, CHICAGO)
    assert world.send().get("accepted", 0) == 0
    (waiting,) = world.messages(family, state="queued")
    assert clock(waiting.send_after, CHICAGO).hour == 8


def test_a_ladder_on_its_way_goes_on_by_the_new_clock(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, consent=())
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(local(9, 9)).round("contacts")
    assert world.rows(type(duty), id=duty.id)[0].next_at == local(10, 17, 30)
    moves(world.later(HOUR), family, HONOLULU)
    world.at(local(9, 12)).round("contacts")
    waits = world.rows(type(duty), id=duty.id)[0].next_at
    assert clock(waits, HONOLULU) == clock(local(10, 17, 30), CHICAGO)


def test_an_automated_call_that_is_due_waits_for_the_morning_there(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, zone=HONOLULU)
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(local(9, 23))  # 19:00 in Honolulu
    with world.kit.transaction() as session:
        session.add(
            Call(
                case_id=family.case_id,
                obligation_id=duty.id,
                number_id=family.numbers["child"],
                kind="automated",
                party="child",
                step=2,
                due_at=world.now + 30 * MINUTE,
                not_after=world.now + DAY,
            )
        )
    moves(world, family, CHICAGO)
    (call,) = world.calls_of(family, kind="automated")
    assert clock(call.due_at, CHICAGO).hour == 8
    world.at(local(9, 23, 45))
    assert "placed" not in world.call()
