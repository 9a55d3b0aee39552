"""Closed never looks like safe: fixed reasons, the right people, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from integrations.desk import cases
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import CLOSURES_FOR_A_SUPERVISOR, ClosureReason
from models.tables.ledger import Escalation, Message, Obligation
from tests.integration.followup_scenes import DAY, HOUR, Family, World, a_family, local, open_world


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def close(world: World, family: Family, who: str, reason: str, note: str = "as it was") -> None:
    cases.close_case(world.kit, family.key, world.staff[who], reason=reason, note=note, now=world.now)


def reopen(world: World, family: Family, who: str = "supervisor") -> None:
    cases.reopen_case(world.kit, family.key, world.staff[who], note="news of the child", now=world.now)


PLAIN = [r.value for r in ClosureReason if r not in CLOSURES_FOR_A_SUPERVISOR and r != "turned_18"]


@pytest.mark.parametrize("reason", PLAIN)
def test_a_case_manager_closes_for_each_plain_reason(world: World, reason: str) -> None:
    family = a_family(world.kit, world.staff)
    close(world, family, "cm", reason)
    case = world.case(family)
    assert (case.state, case.closure_reason, case.closed_by) == ("closed", reason, world.staff["cm"].id)
    assert world.account().by_state["closed"] == 1


@pytest.mark.parametrize("reason", sorted(CLOSURES_FOR_A_SUPERVISOR))
def test_what_might_hide_a_child_needs_a_supervisor(world: World, reason: str) -> None:
    family = a_family(world.kit, world.staff)
    with pytest.raises(Refused, match="wrong_role"):
        close(world, family, "cm", reason)
    assert world.case(family).state == "in_follow_up"


def test_no_other_reason_and_no_other_role_closes(world: World) -> None:
    family = a_family(world.kit, world.staff)
    with pytest.raises(BadInput):
        close(world, family, "cm", "done")
    for who in ("caller", "auditor", "admin"):
        with pytest.raises(Refused, match="wrong_role"):
            close(world, family, who, "departed")


def test_a_lost_contact_is_closed_by_four_eyes(world: World) -> None:
    family = a_family(world.kit, world.staff)
    close(world, family, "supervisor", "lost_contact")
    assert world.case(family).state == "in_follow_up"  # proposed, and followed all the while
    assert world.duties(family) != []
    with pytest.raises(Refused, match="four_eyes"):
        close(world, family, "supervisor", "lost_contact")
    with pytest.raises(Refused, match="wrong_role"):
        close(world, family, "cm", "lost_contact")
    close(world, family, "ffs", "lost_contact")
    case = world.case(family)
    assert (case.state, case.closed_by) == ("closed", world.staff["ffs"].id)
    assert case.closure_proposed_by == world.staff["supervisor"].id


@pytest.mark.parametrize("reason", ["plan_completed", "declined_child_spoken_to"])
def test_a_reason_that_says_the_child_was_heard_needs_that_call(world: World, reason: str) -> None:
    family = a_family(world.kit, world.staff)
    with pytest.raises(Refused, match="child_not_heard"):
        close(world, family, "supervisor", reason)
    world.at(local(9, 12)).records(family, "reached_alone")
    close(world, family, "supervisor", reason)
    assert world.case(family).state == "closed"


def test_nobody_is_18_before_the_birthday(world: World) -> None:
    family = a_family(world.kit, world.staff, born_on=date(2008, 2, 4))
    with pytest.raises(Refused, match="not_18_yet"):
        close(world, family, "cm", "turned_18")
    world.at(local(2, 0, 1))
    close(world, family, "cm", "turned_18")
    assert world.case(family).state == "closed"


def test_what_was_open_ends_with_the_case_and_nothing_is_sent_after(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + 34 * HOUR).round("contacts")  # texts queued
    world.at(duty.due_at + HOUR).round("lost")
    waiting = world.messages(family, state="queued")
    assert waiting
    assert world.alarms(family)
    close(world, family, "cm", "departed")

    assert world.duties(family) == []
    void = world.duties(family, state="void")
    assert {d.by_closure for d in void if d.successor_id is None} == {True}
    assert {m.state for m in world.messages(family)} == {"cancelled"}
    assert {c.state for c in world.calls_of(family)} <= {"cancelled", "done"}
    assert {(e.state, e.by_closure) for e in world.rows(Escalation, family)} == {("resolved", True)}
    world.live_until(world.now + 3 * DAY, step=12 * HOUR)
    assert world.texts(family.phones["child"]) == world.texts(family.phones["sponsor"]) == []
    assert world.sandbox.store.find("twilio_call") == []
    assert world.rows(Obligation, family, state="open") == []


def test_a_reopened_child_is_in_sight_and_called_at_once(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    close(world, family, "cm", "departed")
    with pytest.raises(Refused, match="already_closed"):
        close(world, family, "cm", "departed")
    world.later(10 * DAY)
    reopen(world, family)
    assert world.case(family).state == "in_follow_up"
    look = world.duty(family, "sight_check")
    assert (look.in_sight, look.party, look.opens_at) == (True, "child", world.now)
    assert world.account().is_whole
    world.later(DAY).round("contacts")
    assert world.rows(Message, family, obligation_id=look.id) != []
    with pytest.raises(Refused, match="not_closed"):
        reopen(world, family)


def test_a_child_reopened_after_a_year_counts_as_lost_until_heard(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    close(world, family, "cm", "departed")
    world.later(400 * DAY)
    reopen(world, family)
    assert world.case(family).state == "lost_contact"
    assert {d.kind for d in world.duties(family)} == {"sight_check", "lost_contact_review"}
    assert world.account().is_whole
    world.later(DAY).records(family, "reached_alone")
    assert world.case(family).state == "in_follow_up"
    assert world.account().is_whole


def test_a_closed_lost_contact_that_is_reopened_needs_four_eyes_again(world: World) -> None:
    family = a_family(world.kit, world.staff)
    close(world, family, "supervisor", "lost_contact")
    close(world, family, "ffs", "lost_contact")
    world.later(DAY)
    reopen(world, family)
    close(world, family, "supervisor", "lost_contact")
    assert world.case(family).state != "closed"
