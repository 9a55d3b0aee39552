"""Escalations: owned at every instant, climbing rung by rung, and never just closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from followup.escalation import duty_owned_until, first
from integrations.desk import escalations
from integrations.desk.escalations import open_escalation
from integrations.kit import Kit
from integrations.policies import followup_policy
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.tables.ledger import Escalation, Evidence, Obligation
from models.tables.people import Case
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    MINUTE,
    POLICY,
    Family,
    World,
    a_family,
    open_world,
)
from tests.refusals import refused

RUNGS = followup_policy(POLICY).rungs


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def overdue(world: World) -> tuple[Family, Obligation, Escalation]:
    """The child's first call is an hour late, and nobody has taken the escalation."""
    family = a_family(world.kit, world.staff, child=50, sponsor=51, consent=())
    world.desk_work(family)
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.due_at + HOUR).round("lost")
    (alarm,) = [e for e in world.alarms(family) if e.obligation_id == duty.id]
    return family, duty, alarm


def now_of(world: World, alarm: Escalation) -> Escalation:
    row: Escalation = world.rows(Escalation, id=alarm.id)[0]
    return row


def acknowledge(world: World, alarm: Escalation, who: str = "cm") -> None:
    escalations.acknowledge(world.kit, alarm.id, world.staff[who], now=world.now)


def resolve(world: World, alarm: Escalation, who: str = "cm", reason: str = "looked into") -> None:
    escalations.resolve(world.kit, alarm.id, world.staff[who], outcome="done", reason=reason, now=world.now)


def test_a_late_duty_is_owned_from_the_instant_at_which_it_was_late(world: World) -> None:
    _, duty, alarm = overdue(world)
    window = first(followup_policy(POLICY), duty.due_at)
    assert (alarm.acknowledge_by, alarm.resolve_by) == (window.acknowledge_by, window.resolve_by)
    assert alarm.owned_until == duty.owned_until == duty_owned_until(duty.due_at, followup_policy(POLICY))


def test_who_acknowledges_owns_it_with_the_rungs_whole_time(world: World) -> None:
    _, _, alarm = overdue(world)
    world.later(HOUR)
    acknowledge(world, alarm)
    row = now_of(world, alarm)
    assert (row.state, row.owner) == ("acknowledged", world.staff["cm"].id)
    assert row.resolve_by == world.now + RUNGS[0].resolve_within_hours * HOUR
    with pytest.raises(Refused, match="already_acknowledged"):
        acknowledge(world, alarm, "supervisor")


def test_unacknowledged_it_climbs_every_rung_and_the_top_one_is_loud(world: World) -> None:
    family, _, alarm = overdue(world)
    seen = [(alarm.level, alarm.queue)]
    for rung in RUNGS[1:]:
        row = now_of(world, alarm)
        world.at(row.acknowledge_by)
        assert world.round("lost").get("climbed", 0) == 0  # on the very instant it is still in time
        world.later(MINUTE).round("lost")
        row = now_of(world, alarm)
        seen.append((row.level, row.queue))
        assert (row.level, row.queue) == (rung.level, rung.queue)
        assert family.case_id not in world.account().unanswered
    assert [level for level, _ in seen] == [1, 2, 3, 4]
    top = now_of(world, alarm)
    world.at(top.acknowledge_by)
    assert family.case_id not in world.account().unanswered
    world.later(MINUTE).round("lost")
    assert world.account().unanswered == (family.case_id,)
    assert now_of(world, alarm).queue == "oversight"


def test_a_sweep_after_a_long_standstill_finds_the_top_rung_and_gives_no_new_time(world: World) -> None:
    family, duty, alarm = overdue(world)
    world.at(duty.owned_until + DAY)
    assert family.case_id in world.account().unanswered  # without any sweep
    world.round("lost")
    row = now_of(world, alarm)
    assert (row.level, row.owned_until) == (4, duty.owned_until)
    assert family.case_id in world.account().unanswered


def test_a_first_sweep_long_after_gives_no_new_time_either(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.owned_until + HOUR).round("lost")
    (alarm,) = [e for e in world.alarms(family) if e.obligation_id == duty.id]
    assert (alarm.level, alarm.owned_until) == (4, duty.owned_until)
    assert family.case_id in world.account().unanswered


def test_acknowledged_and_not_resolved_in_time_it_climbs_and_is_nobodys_again(world: World) -> None:
    _, _, alarm = overdue(world)
    acknowledge(world, alarm)
    row = now_of(world, alarm)
    world.at(row.resolve_by + MINUTE).round("lost")
    climbed = now_of(world, alarm)
    assert (climbed.state, climbed.level, climbed.owner) == ("open", 2, None)
    assert climbed.acknowledge_by == row.resolve_by + RUNGS[1].acknowledge_within_hours * HOUR


def test_an_answer_on_the_top_rung_ends_the_noise(world: World) -> None:
    family, duty, _ = overdue(world)
    world.at(duty.owned_until + DAY).round("lost")
    for other in world.alarms(family):
        acknowledge(world, other, "supervisor")
    assert world.account().unanswered == ()
    for other in world.alarms(family):
        resolve(world, other, "supervisor")
    assert world.account().is_whole


def test_resolving_a_late_call_goes_on_as_a_review_and_settles_nothing(world: World) -> None:
    family, duty, alarm = overdue(world)
    acknowledge(world, alarm)
    resolve(world, alarm)
    row = now_of(world, alarm)
    review = world.duty(family, "lost_contact_review")
    assert (row.state, row.successor_id, row.evidence_id) == ("resolved", review.id, None)
    old = world.rows(Obligation, id=duty.id)[0]
    assert (old.state, old.successor_id) == ("void", review.id)
    assert review.due_at == world.now + 7 * DAY
    assert world.account().is_whole


def test_resolving_needs_words_and_settles_a_desk_duty_with_them_as_evidence(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    duty = world.duty(family, "representation_known")
    world.at(duty.due_at + HOUR).round("lost")
    (alarm,) = [e for e in world.alarms(family) if e.obligation_id == duty.id]
    with pytest.raises(BadInput):
        resolve(world, alarm, reason="  ")
    resolve(world, alarm, reason="a lawyer took the case")
    row = world.rows(Obligation, id=duty.id)[0]
    assert (row.state, row.evidence_kind) == ("settled", "review")
    evidence = world.rows(Evidence, id=row.evidence_id)[0]
    assert (evidence.by_staff, evidence.note) == (world.staff["cm"].id, "a lawyer took the case")


def test_the_database_refuses_an_escalation_that_just_closes(world: World) -> None:
    _, _, alarm = overdue(world)
    acknowledge(world, alarm)
    with world.kit.transaction() as session, refused(session, "escalation_cannot_just_close"):
        row = session.get_one(Escalation, alarm.id)
        row.state, row.outcome = "resolved", "done"
        row.resolved_at, row.resolved_by = world.now, world.staff["cm"].id
        session.add(row)


def test_settling_the_duty_resolves_what_had_escalated_only_because_it_was_late(world: World) -> None:
    family, _, alarm = overdue(world)
    world.records(family, "reached_alone")
    row = now_of(world, alarm)
    assert (row.state, row.outcome, row.owner) == ("resolved", "settled", world.staff["caller"].id)
    assert row.evidence_id is not None


def test_another_person_takes_over_and_the_times_stay(world: World) -> None:
    _, _, alarm = overdue(world)
    with pytest.raises(Refused, match="not_acknowledged"):
        hand_on(world, alarm, "caller@example.org")
    acknowledge(world, alarm)
    before = now_of(world, alarm)
    world.later(HOUR)
    hand_on(world, alarm, "caller@example.org")
    after = now_of(world, alarm)
    assert after.owner == world.staff["caller"].id
    assert (after.resolve_by, after.owned_until) == (before.resolve_by, before.owned_until)
    with pytest.raises(BadInput):
        hand_on(world, alarm, "nobody@example.org")
    with pytest.raises(Refused, match="wrong_role"):
        hand_on(world, alarm, "auditor@example.org")
    with pytest.raises(BadInput, match="--reason"):
        hand_on(world, alarm, "cm@example.org", why=" ")


def hand_on(world: World, alarm: Escalation, to: str, why: str = "on leave") -> None:
    escalations.reassign(world.kit, alarm.id, world.staff["cm"], to_email=to, reason=why, now=world.now)


def test_an_ended_escalation_and_an_unknown_one_are_refused(world: World) -> None:
    _, duty, alarm = overdue(world)
    resolve(world, alarm)
    with pytest.raises(Refused, match="resolved"):
        resolve(world, alarm)
    with pytest.raises(NotFound):
        escalations.acknowledge(world.kit, duty.id, world.staff["cm"], now=world.now)


def test_who_may_not_own_an_escalation_is_refused(world: World) -> None:
    _, _, alarm = overdue(world)
    for who in ("auditor", "admin", "officer"):
        with pytest.raises(Refused, match="wrong_role"):
            acknowledge(world, alarm, who)


def test_one_thing_escalates_once(world: World) -> None:
    family, _, alarm = overdue(world)
    assert world.round("lost") == {"climbed": 0, "escalated": 0}
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        again = open_escalation(
            session, case, reason=alarm.reason, key=alarm.key, rule="T", actor="cli", now=world.now
        )
    assert again is None
