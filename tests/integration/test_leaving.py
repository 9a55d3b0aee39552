"""Nothing falls to nobody: what is not taken is said again, and what a leaver had taken goes up the ladder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from integrations.desk import escalations, leaving
from integrations.desk.escalations import open_escalation
from integrations.kit import Kit
from integrations.policies import followup_policy
from integrations.store.staff import add_staff, get_person
from kinline.doctor import rungs_have_somebody
from kinline.play import staff as play_staff
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Role
from models.tables.ledger import Escalation
from models.tables.people import Case, Staff
from models.tables.system import AuditEntry, History
from tests.integration.followup_scenes import HOUR, POLICY, Family, World, a_family, still_world

RUNGS = {rung.level: rung for rung in followup_policy(POLICY).rungs}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def alarm_of(world: World, family: Family, key: str = "") -> Escalation:
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        new = open_escalation(
            session, case, reason="concern_help", key=key, rule="T", actor="cli", now=world.now
        )
    return now_of(world, new)


def now_of(world: World, alarm_id: Any) -> Escalation:
    row: Escalation = world.rows(Escalation, id=alarm_id)[0]
    return row


def join(world: World, email: str, *roles: Role) -> Person:
    with world.kit.transaction() as session:
        add_staff(session, email=email, name="New Example", roles=roles, now=world.now)
        return get_person(session, email)


def leave(world: World, email: str, by: str = "admin", anyway: bool = False) -> dict[str, Any]:
    return leaving.leave(
        world.kit, email, world.staff[by], reason="another post", anyway=anyway, now=world.now
    )


def nags(world: World, alarm: Escalation) -> int:
    with world.kit.transaction() as session:
        return len(
            session.scalars(
                select(AuditEntry).where(col(AuditEntry.act) == "nag", col(AuditEntry.row_id) == alarm.id)
            ).all()
        )


def test_what_nobody_takes_is_said_again_until_somebody_does(world: World) -> None:
    family = a_family(world.kit, world.staff)
    alarm = alarm_of(world, family)
    world.later(8 * HOUR - timedelta(seconds=1)).round("lost")
    assert now_of(world, alarm.id).nag_count == 0
    world.later(timedelta(seconds=1))
    assert world.round("lost")["nagged"] == 1
    row = now_of(world, alarm.id)
    assert (row.nag_count, row.last_nagged_at, nags(world, alarm)) == (1, world.now, 1)
    world.round("lost")
    world.later(15 * HOUR).round("lost")  # late: once, not twice
    assert (now_of(world, alarm.id).nag_count, nags(world, alarm)) == (2, 2)
    escalations.acknowledge(world.kit, alarm.id, world.staff["cm"], now=world.now)
    world.later(20 * HOUR).round("lost")
    assert now_of(world, alarm.id).nag_count == 2
    world.later(53 * HOUR).round("lost")  # not resolved in time: another rung, and said again there
    world.later(7 * HOUR).round("lost")
    row = now_of(world, alarm.id)
    assert (row.level, row.state, row.nag_count > 2) == (2, "open", True)


def test_what_a_leaver_had_taken_goes_to_the_fallback_at_once(world: World) -> None:
    family = a_family(world.kit, world.staff)
    colleague = join(world, "cm2@example.org", Role.CASE_MANAGER)
    alarm, other = alarm_of(world, family), alarm_of(world, family, "other")
    escalations.acknowledge(world.kit, alarm.id, colleague, now=world.now)
    escalations.acknowledge(world.kit, other.id, world.staff["cm"], now=world.now)
    world.later(HOUR)
    assert leave(world, "CM2@example.org") == {"email": "cm2@example.org", "handed_on": 1, "warnings": []}
    row, fallback = now_of(world, alarm.id), RUNGS[RUNGS[1].fallback or 0]
    assert (row.state, row.owner, row.level, row.queue) == ("open", None, fallback.level, fallback.queue)
    assert row.acknowledge_by == world.now + fallback.acknowledge_within_hours * HOUR
    assert now_of(world, other.id).owner == world.staff["cm"].id
    with world.kit.transaction() as session, pytest.raises(Refused, match="suspended"):
        get_person(session, "cm2@example.org")
    with world.kit.transaction() as session:
        told = session.scalars(select(History).where(col(History.row_id) == alarm.id)).all()
    assert "its owner has left" in {one.why for one in told}
    assert world.account().is_whole


def test_nobody_plays_a_person_who_has_left(world: World) -> None:
    join(world, "cm2@example.org", Role.CASE_MANAGER)
    leave(world, "cm@example.org")
    with pytest.raises(Refused, match=r"staff_left: cm@example\.org has left") as refusal:
        play_staff.Staff(world.kit, 1)
    assert refusal.value.missing == ("--staff none",)


def test_the_last_one_on_a_rung_leaves_only_knowingly(world: World) -> None:
    family = a_family(world.kit, world.staff)
    alarm = alarm_of(world, family)
    with pytest.raises(Refused, match="last_reachable") as caught:
        leave(world, "cm@example.org")
    assert "level 1 (case_manager)" in caught.value.message
    assert world.rows(Staff, email="cm@example.org")[0].active
    with world.kit.transaction() as session:
        assert rungs_have_somebody(session).ok
    told = leave(world, "cm@example.org", anyway=True)
    assert told["warnings"] == ["nobody on swb-2024r3 level 1 (case_manager)"]
    assert now_of(world, alarm.id).level == 2  # it waited where nobody is left
    with world.kit.transaction() as session:
        check = rungs_have_somebody(session)
    assert (check.ok, "level 1 (case_manager)" in check.detail) == (False, True)
    people = {one["level"]: one["people"] for one in leaving.rungs_json(world.kit, now=world.now)["rungs"]}
    assert (people[1], people[2]) == ([], ["supervisor@example.org"])


def test_who_may_not_send_whom_away_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="wrong_role"):
        leave(world, "caller@example.org", by="supervisor")
    with pytest.raises(Refused, match="own_account"):
        leave(world, "admin@example.org")
    with pytest.raises(BadInput):
        leave(world, "nobody@example.org")
    leave(world, "caller@example.org")
    with pytest.raises(Refused, match="already_left"):
        leave(world, "caller@example.org")


def test_an_unanswered_one_stays_loud_when_its_owner_leaves(world: World) -> None:
    family = a_family(world.kit, world.staff)
    alarm = alarm_of(world, family)
    escalations.acknowledge(world.kit, alarm.id, world.staff["cm"], now=world.now)
    world.at(now_of(world, alarm.id).owned_until + HOUR)
    assert world.account().unanswered == (family.case_id,)
    leave(world, "cm@example.org", anyway=True)
    assert world.account().unanswered == (family.case_id,)


ACTS = st.one_of(
    st.tuples(st.just("alarm"), st.integers(0, 3)),
    st.tuples(st.just("ack"), st.integers(0, 9)),
    st.tuples(st.just("ack"), st.integers(0, 9)),
    st.tuples(st.just("leave"), st.integers(0, 9)),
    st.tuples(st.just("join"), st.sampled_from([Role.CASE_MANAGER, Role.SUPERVISOR])),
    st.tuples(st.just("wait"), st.integers(1, 100)),
)


@given(st.lists(ACTS, min_size=5, max_size=25))
@settings(
    max_examples=10,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whoever_comes_and_goes_no_escalation_is_left_to_nobody(
    world: World, acts: list[tuple[str, Any]]
) -> None:
    family = a_family(world.kit, world.staff, released_at=world.now)
    for name, value in acts:
        people = [s for s in world.rows(Staff, active=True) if {"case_manager", "supervisor"} & set(s.roles)]
        alarms = [e for e in world.alarms(family) if e.state == "open"]
        if name == "alarm":
            with world.kit.transaction() as session:
                case = session.get_one(Case, family.case_id)
                open_escalation(
                    session, case, reason="concern_help", key=str(value), rule="T", actor="cli", now=world.now
                )
        elif name == "ack" and alarms and people:
            with world.kit.transaction() as session:
                person = get_person(session, people[value % len(people)].email)
            escalations.acknowledge(world.kit, alarms[value % len(alarms)].id, person, now=world.now)
        elif name == "leave" and people:
            leave(world, people[value % len(people)].email, anyway=True)
        elif name == "join":
            join(world, f"new{len(world.rows(Staff))}@example.org", value)
        elif name == "wait":
            world.later(value * HOUR).round("lost")
        _nobody_is_left_alone(world, family)


def _nobody_is_left_alone(world: World, family: Family) -> None:
    active = {s.id for s in world.rows(Staff, active=True)}
    for alarm in world.alarms(family):
        assert alarm.queue
        assert alarm.level in RUNGS
        assert alarm.owner in active if alarm.state == "acknowledged" else alarm.owner is None
        assert alarm.nag_at is None if alarm.state == "acknowledged" else alarm.nag_at is not None
    assert world.account().silent == ()
