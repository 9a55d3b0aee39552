"""The ladder and the pages know no offices: what nobody of one answers reaches a named person of another."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from integrations.desk import escalations, rota
from integrations.desk.offices import closed_case, set_provider, set_staff_office
from integrations.desk.page_dispatch import dispatch_pages
from integrations.desk.queues import Look, queue_page
from integrations.kit import Kit
from integrations.policies import followup_policies, followup_policy
from integrations.store.scope import NATIONAL, scope_of
from integrations.store.staff import OWNERS, person_of
from models.facts import Person
from models.tables.ledger import Escalation
from models.tables.people import Case, Staff
from tests.builders import NOW
from tests.integration.followup_scenes import (
    DAY,
    MINUTE,
    POLICY,
    Family,
    World,
    a_family,
    local,
    open_world,
)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def test_a_cry_for_help_is_open_to_whoever_is_paged_in_whichever_office(world: World) -> None:
    family, admin = a_family(world.kit, world.staff, child=50, sponsor=50), world.staff["admin"]
    in_office(world, family.case_id)
    rota.set_phone(world.kit, "cm@example.org", "+19995550101", admin, now=world.now)
    rota.add(
        world.kit,
        "cm@example.org",
        world.staff["supervisor"],
        rung=1,
        begins_at=world.now,
        ends_at=world.now + 30 * DAY,
        now=world.now,
    )
    assert is_closed(world, family, "cm")
    world.at(local(1, 3)).says(family.phones["child"], "2")
    assert is_closed(world, family, "cm")
    assert dispatch_pages(world.kit, now=world.now)["accepted"] == 1
    assert not is_closed(world, family, "cm")
    assert is_closed(world, family, "ffs")
    (alarm,) = [e for e in world.alarms(family) if e.state == "open"]
    assert who_sees(world, alarm.id) == {"cm", "caller", "supervisor"}
    escalations.acknowledge(world.kit, alarm.id, world.staff["caller"], now=world.now)
    assert not is_closed(world, family, "cm")


def is_closed(world: World, family: Family, who: str) -> bool:
    return closed_case(world.kit, "cases", family.key, world.staff[who], "here", wall=NOW) is not None


def in_office(world: World, case_id: UUID) -> None:
    """The case is of the office there, where the caller works; the case manager works here."""
    with world.kit.transaction() as session:
        session.get_one(Case, case_id).care_provider = "Example House, There"
    for who, office in (("cm", "here"), ("ffs", "here"), ("caller", "there")):
        set_staff_office(world.kit, f"{who}@example.org", office, world.staff["admin"], wall=NOW)
    set_provider(world.kit, "Example House, There", "there", world.staff["admin"], wall=NOW)


def who_sees(world: World, alarm: UUID) -> set[str]:
    """The active people whose own queue holds it."""
    with world.kit.transaction() as session:
        people = [
            (row.email, person_of(row), scope_of(row))
            for row in session.scalars(select(Staff).where(col(Staff.active)))
        ]
    return {
        email.partition("@")[0]
        for email, person, office in people
        if not person.roles.isdisjoint(OWNERS)
        and str(alarm)
        in {i["id"] for i in queue_page(world.kit, person, Look(office=office), now=world.now)["items"]}
    }


def test_the_ladder_climbs_across_offices_and_is_always_in_somebodys_sight(world: World) -> None:
    """The office there has a caller alone, who answers nothing."""
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    in_office(world, family.case_id)
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.due_at + MINUTE).round("lost")
    (alarm,) = [e for e in world.alarms(family) if e.obligation_id == duty.id]
    for rung in followup_policy(POLICY).rungs:
        with world.kit.transaction() as session:
            row = session.get_one(Escalation, alarm.id)
        assert row.level == rung.level
        assert who_sees(world, alarm.id) == {"caller", "supervisor"}
        world.at(row.acknowledge_by + MINUTE).round("lost")
    assert family.case_id in world.account().unanswered
    set_staff_office(world.kit, "caller@example.org", "here", world.staff["admin"], wall=NOW)
    assert who_sees(world, alarm.id) == {"caller", "cm", "ffs", "supervisor"}


def test_every_rung_after_the_first_is_of_a_role_that_sees_all_offices() -> None:
    above = [rung.role for policy in followup_policies() for rung in policy.rungs if rung.level > 1]
    assert above
    assert NATIONAL.issuperset(above)


def test_an_office_in_which_nobody_can_be_reached_pages_a_named_person_all_the_same(world: World) -> None:
    family, admin = a_family(world.kit, world.staff, child=50, sponsor=50), world.staff["admin"]
    in_office(world, family.case_id)
    set_staff_office(world.kit, "supervisor@example.org", "here", admin, wall=NOW)
    rota.set_phone(world.kit, "supervisor@example.org", "+19995550103", admin, now=world.now)
    world.says(family.phones["child"], "2")
    assert dispatch_pages(world.kit, now=world.now) == {"nobody": 2, "accepted": 1}
    assert len(world.texts("+19995550103")) == 1
    (alarm,) = [e for e in world.alarms(family) if e.state == "open"]
    assert "supervisor" in who_sees(world, alarm.id)
    with world.kit.transaction() as session:
        session.scalars(select(Staff).where(col(Staff.email) == "caller@example.org")).one().active = False
    assert {"cm", "ffs", "supervisor"} <= who_sees(world, alarm.id)
