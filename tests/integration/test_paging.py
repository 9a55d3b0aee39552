"""A cry for help wakes the person on call, at any hour; and what happens when they sleep, or nobody is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from followup.catalog import forbidden_in
from integrations.desk import cases, escalations, rota
from integrations.desk.page_dispatch import LEASE, dispatch_pages
from integrations.desk.reading import read_reply
from integrations.desk.replies import replies_json
from integrations.desk.views import case_json, queue_json
from integrations.kit import Kit
from models.facts import Person
from models.tables.ledger import Escalation
from models.tables.messages import InboundText
from models.tables.paging import Page, Paging
from models.tables.people import Staff
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    MINUTE,
    Family,
    World,
    a_family,
    local,
    open_world,
)
from tests.refusals import refused

FIRST, FALLBACK, BOSS = "+19995550101", "+19995550102", "+19995550103"
STRANGER = "+12025550177"
TURN = 10 * MINUTE


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def phone_of(world: World, who: str, number: str) -> None:
    rota.set_phone(world.kit, f"{who}@example.org", number, world.staff["admin"], now=world.now)


def on_call(world: World, who: str, rung: int) -> None:
    rota.add(
        world.kit,
        f"{who}@example.org",
        world.staff["supervisor"],
        rung=rung,
        begins_at=world.now,
        ends_at=world.now + 30 * DAY,
        now=world.now,
    )


def with_rota(world: World, first: str = FIRST, fallback: str = FALLBACK, boss: str = BOSS) -> World:
    for who, number in (("caller", first), ("cm", fallback), ("supervisor", boss)):
        phone_of(world, who, number)
    on_call(world, "caller", 1)
    on_call(world, "cm", 2)
    return world


def at_night(world: World) -> Family:
    """Three in the morning where the family lives."""
    family = a_family(world.kit, world.staff, child=50, sponsor=50)
    world.at(local(1, 3))
    return family


def page(world: World) -> dict[str, int]:
    return dispatch_pages(world.kit, now=world.now)


def told(world: World, *phones: str) -> list[int]:
    return [len(world.texts(phone)) for phone in phones or (FIRST, FALLBACK, BOSS)]


def paging_of(world: World, family: Family) -> dict[str, Any]:
    shown = case_json(world.kit, family.key, now=world.now)["escalations"]
    return next(e["paging"] for e in shown if e["paging"])


def take(world: World, family: Family) -> None:
    alarm = next(e for e in world.alarms(family) if e.state == "open")
    escalations.acknowledge(world.kit, alarm.id, world.staff["caller"], now=world.now)


def test_a_childs_2_at_three_in_the_morning_wakes_whoever_is_on_call_within_the_minute(world: World) -> None:
    family = at_night(with_rota(world))
    asked_at = world.now
    world.says(family.phones["child"], "2")
    assert page(world) == {"accepted": 1}
    assert world.now - asked_at <= MINUTE
    assert told(world) == [1, 0, 0]
    body, alarm = world.texts(FIRST)[0], world.alarms(family)[0]
    assert body == f"Kinline: an urgent task waits. Please sign in and take it. Task {str(alarm.id)[:6]}."
    assert forbidden_in(body) == []
    assert page(world) == {}
    world.phones(MINUTE)
    assert [p["state"] for p in paging_of(world, family)["pages"]] == ["delivered"]
    assert paging_of(world, family)["state"] == "paging"


def test_who_does_not_take_it_gives_the_turn_to_the_fallback_and_then_to_the_supervisors(
    world: World,
) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["child"], "HELP")
    page(world)
    world.later(TURN - MINUTE)
    assert page(world) == {}
    world.later(MINUTE)
    page(world)
    assert told(world) == [1, 1, 0]
    world.later(TURN)
    page(world)
    assert told(world) == [1, 1, 1]
    take(world, family)
    assert paging_of(world, family)["state"] == "taken"
    assert page(world) == {"taken": 1}
    world.later(HOUR)
    assert page(world) == {}
    assert told(world) == [1, 1, 1]


def test_when_nobody_ever_takes_it_that_is_seen_and_the_escalation_climbs_as_always(world: World) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["sponsor"], "2")
    for _ in range(9):
        page(world)
        world.later(TURN)
    assert page(world) == {"unanswered": 1}
    assert told(world) == [3, 3, 3]
    assert paging_of(world, family)["state"] == "unanswered"
    items = queue_json(world.kit, queue="rota", now=world.now)["items"]
    assert [(i["reason"], i["paging"]) for i in items if i["kind"] == "escalation"] == [
        ("sponsor_asks_for_help", "unanswered")
    ]
    world.later(25 * HOUR).round("lost")
    assert world.alarms(family, "sponsor_asks_for_help")[0].level == 2


def test_help_that_is_asked_for_again_later_wakes_somebody_again(world: World) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["child"], "help")
    page(world)
    take(world, family)
    world.says(family.phones["child"], "help")
    assert page(world) == {"taken": 1}
    assert told(world) == [1, 0, 0]
    world.later(HOUR)
    world.says(family.phones["child"], "help")
    assert page(world) == {"accepted": 1}
    assert told(world) == [2, 0, 0]


def test_a_cry_for_help_after_the_closure_wakes_somebody(world: World) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["child"], "help")
    page(world)
    why = {"reason": "departed", "note": "", "evidence": "a record"}
    cases.close_case(world.kit, family.key, world.staff["cm"], now=world.now, **why)
    assert page(world) == {"taken": 1}  # what ended with the case pages nobody any more
    world.says(family.phones["child"], "help")
    assert page(world) == {"accepted": 1}
    assert told(world) == [2, 0, 0]


# --- nobody there, and nothing that works ---------------------------------------------------------


def test_with_nobody_on_the_rota_the_supervisors_are_woken_at_once(world: World) -> None:
    phone_of(world, "supervisor", BOSS)
    family = at_night(world)
    world.says(family.phones["child"], "2")
    assert page(world) == {"nobody": 2, "accepted": 1}
    assert told(world) == [0, 0, 1]
    assert [(p["rung"], p["to"]) for p in paging_of(world, family)["pages"]] == [
        (1, None),
        (2, None),
        (3, "supervisor@example.org"),
    ]


def test_with_nobody_at_all_it_says_so_and_goes_on_until_there_is_somebody(world: World) -> None:
    family = at_night(world)
    world.says(family.phones["child"], "2")
    for _ in range(20):
        assert page(world) == {"nobody": 3}
        world.later(MINUTE)
    assert paging_of(world, family)["state"] == "nobody could be paged"
    assert len(world.rows(Page)) == 3
    phone_of(world, "supervisor", BOSS)
    page(world)
    assert told(world) == [0, 0, 1]
    assert paging_of(world, family)["state"] == "paging"


@pytest.mark.parametrize("ends", [90, 95])
def test_when_the_provider_fails_the_next_rung_is_woken_at_once(world: World, ends: int) -> None:
    """90: the provider answers 429; 95: it takes the page, and its answer is lost."""
    first = f"+199955501{ends}"
    family = at_night(with_rota(world, first=first))
    world.says(family.phones["child"], "2")
    assert page(world) == {"failed": 1, "accepted": 1}
    assert told(world, first, FALLBACK) == [int(ends == 95), 1]
    assert [p["state"] for p in paging_of(world, family)["pages"]] == ["failed", "accepted"]


def test_a_provider_that_is_down_is_tried_until_it_works(world: World) -> None:
    numbers = [f"+19995550{n}" for n in (190, 191, 192)]
    family = at_night(with_rota(world, *numbers))
    world.says(family.phones["child"], "2")
    assert page(world) == {"failed": 3}  # 429
    assert paging_of(world, family)["state"] == "nobody could be paged"
    assert page(world) == {}
    world.later(MINUTE)
    assert page(world) == {"failed": 3}  # 500
    world.later(MINUTE)
    assert page(world) == {"accepted": 1}
    assert told(world, *numbers) == [1, 0, 0]
    assert [p["tries"] for p in paging_of(world, family)["pages"]] == [3, 2, 2]


def test_a_page_that_does_not_arrive_gives_the_turn_on_when_the_receipt_says_so(world: World) -> None:
    family = at_night(with_rota(world, first="+19995550160"))  # a landline
    world.says(family.phones["child"], "2")
    assert page(world) == {"accepted": 1}
    world.phones(MINUTE).later(MINUTE)  # the console's own clock has run on a little
    assert page(world) == {"accepted": 1}
    assert told(world) == [0, 1, 0]
    first = paging_of(world, family)["pages"][0]
    assert (first["state"], first["error_code"]) == ("failed", "30006")


class Killed(BaseException):
    """The process is gone at this instant."""


def test_a_dispatcher_that_is_killed_loses_no_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["child"], "2")

    def die(**_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.kit.messenger, "send_text", die)
        with pytest.raises(Killed):
            page(world)
    assert page(world) == {}
    world.later(LEASE)
    assert page(world) == {"accepted": 1}
    assert told(world) == [1, 0, 0]


def test_who_has_left_is_woken_no_more(world: World) -> None:
    from integrations.desk import leaving

    family = at_night(with_rota(world))
    done = leaving.leave(
        world.kit, "caller@example.org", world.staff["admin"], reason="another post", now=world.now
    )
    assert "nobody on call for a time ahead: kinline rota list" in done["warnings"]
    row = world.rows(Staff, email="caller@example.org")[0]
    assert (row.sealed_phone, row.phone_key) == (None, None)
    world.says(family.phones["child"], "2")
    page(world)
    assert told(world) == [0, 1, 0]


# --- a number that nobody knows, and our own ------------------------------------------------------


def test_a_stranger_who_cries_for_help_is_heard_once_an_hour_and_learns_nothing(world: World) -> None:
    with_rota(world).at(local(1, 3))
    for _ in range(3):
        world.says(STRANGER, "ayuda por favor")
    assert page(world) == {"accepted": 1}
    world.says("+12025550178", "2")
    assert page(world) == {"accepted": 1}
    assert told(world) == [2, 0, 0]
    world.says(STRANGER, "when is lunch")
    assert len(world.rows(Paging)) == 2
    world.later(HOUR)
    world.says(STRANGER, "help")
    assert len(world.rows(Paging)) == 3
    world.send()
    assert world.texts(STRANGER) == []


def test_reading_a_strangers_text_ends_the_paging_for_it(world: World) -> None:
    with_rota(world).at(local(1, 3))
    world.says(STRANGER, "ayuda por favor")
    page(world)
    shown = replies_json(world.kit, world.staff["caller"], now=world.now)["items"]
    assert [(i["text"], i["paging"]) for i in shown] == [("ayuda por favor", "paging")]
    text_id = world.rows(InboundText)[0].id
    read_reply(
        world.kit, text_id, world.staff["caller"], meaning="nothing", reason="a wrong number", now=world.now
    )
    world.later(TURN)
    assert page(world) == {}
    assert world.rows(Paging)[0].outcome == "read"
    assert replies_json(world.kit, world.staff["caller"], now=world.now)["items"] == []


def test_a_text_from_a_telephone_of_ours_is_kept_and_does_nothing(world: World) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["child"], "2")
    page(world)
    alarm = world.alarms(family)[0]
    for body in (f"OK {str(alarm.id)[:6]}", "2", "STOP"):
        world.says(FIRST, body)
    assert [r.staff_id for r in world.rows(InboundText) if r.case_id is None] == [
        world.staff["caller"].id
    ] * 3
    assert world.alarms(family)[0].state == "open"
    assert len(world.rows(Paging)) == 1
    assert world.send() == {"accepted": 1}  # the thanks to the child
    assert replies_json(world.kit, world.staff["cm"], now=world.now)["items"] == []
    assert told(world) == [1, 0, 0]
    world.later(TURN)
    page(world)
    assert told(world) == [1, 1, 0]


def test_a_family_on_a_telephone_of_ours_is_heard_as_a_family(world: World) -> None:
    with_rota(world)
    family = a_family(world.kit, world.staff, child=FALLBACK, sponsor=50)
    world.at(local(1, 12)).says(FALLBACK, "2")
    assert world.duty(family, "call_back").party == "child"
    page(world)
    assert told(world, FIRST) == [1]


# --- what the database refuses --------------------------------------------------------------------


def test_pages_are_kept_and_a_paging_is_about_one_thing(world: World) -> None:
    family = at_night(with_rota(world))
    world.says(family.phones["child"], "2")
    page(world)
    with world.kit.transaction() as session:
        for table in ("page", "paging", "on_call"):
            with refused(session, f"rows of {table} are kept"):
                session.execute(text(f"DELETE FROM {table}"))
        for wrong, rule in (
            ("UPDATE paging SET escalation_id = NULL", "paging_about_one_thing"),
            ("UPDATE paging SET next_at = NULL", "paging_goes_on_until_it_ends"),
            ("UPDATE paging SET outcome = 'asleep'", "paging_ends_with_an_outcome"),
            ("UPDATE page SET state = 'asleep'", "page_state_known"),
            ("UPDATE page SET staff_id = NULL", "page_goes_to_a_person"),
        ):
            with refused(session, rule):
                session.execute(text(wrong))
    assert len(world.rows(Escalation)) == 1


def test_no_number_of_ours_stands_in_the_database_openly(world: World) -> None:
    with_rota(world)
    row = world.rows(Staff, email="caller@example.org")[0]
    assert b"5550101" not in row.sealed_phone
    assert FIRST not in str(rota.rota_json(world.kit, now=world.now))
    assert timedelta(0) < LEASE <= MINUTE
