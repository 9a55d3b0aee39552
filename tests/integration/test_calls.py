"""What a person's call record settles, what it opens, and where the child is heard next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from integrations.desk import cases, duties
from integrations.kit import Kit
from integrations.policies import followup_policy
from models.contacts import CallOutcome
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Party
from models.tables.ledger import Call, Obligation
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


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def day_7(world: World, **family: Any) -> tuple[Family, Obligation]:
    """The first call's morning has come, and the ladder has begun."""
    made = a_family(world.kit, world.staff, **({"child": 50, "sponsor": 51} | family))
    duty = next(d for d in world.duties(made, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + 2 * HOUR).round("contacts")
    return made, duty


def opened_by(world: World, family: Family, act: Any) -> set[tuple[str, str]]:
    before = {d.id for d in world.duties(family)}
    act()
    return {(d.kind, d.party) for d in world.duties(family) if d.id not in before}


def state_of(world: World, duty: Obligation) -> str:
    return str(world.rows(Obligation, id=duty.id)[0].state)


LINES = {str(line.outcome): line for line in followup_policy(POLICY).outcomes}


@pytest.mark.parametrize("outcome", list(CallOutcome), ids=str)
def test_each_outcome_opens_and_escalates_what_the_policys_table_says(
    world: World, outcome: CallOutcome
) -> None:
    family, duty = day_7(world)
    line = LINES.get(outcome.value)
    opened = opened_by(world, family, lambda: world.records(family, outcome))
    named = {(o.kind, o.party.value) for o in line.opens} if line else set()
    assert opened - {("sight_check", "child")} == named
    escalates = {line.escalate} if line and line.escalate and outcome != "sponsor_only" else set()
    escalates |= {"location_unknown"} if outcome == "missing" else set()
    assert {e.reason for e in world.alarms(family)} == escalates
    heard = outcome in ("reached_alone", "reached_not_alone", "moved", "not_living_there")
    assert state_of(world, duty) == ("settled" if heard else "open")
    assert world.account().is_whole


@pytest.mark.parametrize("outcome", ["reached_alone", "moved", "not_living_there"])
def test_a_call_with_the_sponsor_settles_the_sponsors_duty_alone(world: World, outcome: str) -> None:
    family, duty = day_7(world)
    world.records(family, outcome, Party.SPONSOR)
    assert state_of(world, duty) == "open"
    settled = world.duty(family, "welfare_call", "settled")
    assert (settled.party, settled.spoke_with) == ("sponsor", "sponsor")
    assert world.case(family).last_contact_at == world.case(family).released_at


def test_a_record_needs_to_say_whom_they_spoke_to_and_whether_the_child_was_alone(world: World) -> None:
    family, duty = day_7(world)
    for answers in ({"spoke_to": None}, {"alone": None}, {"spoke_to": "sponsor"}, {"alone": False}):
        with pytest.raises(BadInput):
            world.records(family, "reached_alone", **answers)
    assert state_of(world, duty) == "open"


def test_the_sponsor_alone_is_retried_and_the_second_time_the_supervisor_hears_of_it(world: World) -> None:
    family, duty = day_7(world)
    world.records(family, "sponsor_only")
    assert world.alarms(family) == []
    world.later(DAY).records(family, "sponsor_only")
    (alarm,) = world.alarms(family, "child_not_heard")
    assert (alarm.level, alarm.queue) == (2, "supervision")
    assert state_of(world, duty) == "open"


def test_a_child_heard_beside_somebody_is_to_be_heard_alone(world: World) -> None:
    family, duty = day_7(world)
    world.records(family, "reached_not_alone")
    alone = world.duty(family, "hear_child_alone")
    assert (alone.in_sight, alone.due_at) == (True, world.now + 72 * HOUR)
    assert state_of(world, duty) == "settled"
    world.later(DAY).records(family, "reached_not_alone")
    assert world.duty(family, "hear_child_alone").id == alone.id  # not settled, and not a second one
    world.later(DAY).records(family, "reached_alone")
    assert state_of(world, alone) == "settled"


def test_a_child_to_be_heard_alone_is_called_by_people_only(world: World) -> None:
    family, _ = day_7(world)
    world.records(family, "reached_not_alone")
    world.live_until(world.now + 2 * DAY)
    alone = world.duty(family, "hear_child_alone")
    assert {a.channel for a in world.attempts(alone)} <= {"human_call"}
    assert [c.kind for c in world.calls_of(family, obligation_id=alone.id)] == ["human"]


def test_after_the_last_planned_call_the_next_look_stands_open_in_the_same_transaction(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    for duty in [d for d in world.duties(family, "welfare_call") if d.party == "child"]:
        world.at(duty.opens_at + 2 * HOUR).records(family, "reached_alone")
        assert world.account().is_whole
    sight = world.duty(family, "sight_check")
    assert sight.in_sight
    assert timedelta(days=89) < sight.opens_at - world.now < timedelta(days=91)
    assert [d for d in world.duties(family, "welfare_call") if d.party == "child"] == []
    (born,) = _transaction_ids(world, "obligation", sight.id)
    assert born in _transaction_ids(world, "call", world.calls_of(family, kind="human")[-1].id)


def _transaction_ids(world: World, table: str, row_id: Any) -> list[str]:
    with world.kit.transaction() as session:
        return list(session.scalars(text(f"SELECT xmin::text FROM {table} WHERE id = :id"), {"id": row_id}))


def test_sight_check_follows_sight_check_until_the_eighteenth_birthday(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    kinds = []
    for _ in range(20):
        duty = min(
            (d for d in world.duties(family) if d.in_sight and d.party in ("child", "case")),
            key=lambda d: d.opens_at,
        )
        kinds.append(duty.kind)
        if duty.kind == "closure_review":
            break
        world.at(duty.opens_at + 2 * HOUR).records(family, "reached_alone")
        assert world.account().is_whole
        assert world.standing(family) == "obligation"
    assert kinds[:4] == ["welfare_call"] * 3 + ["sight_check"]
    assert kinds[-1] == "closure_review"
    review = world.duty(family, "closure_review")
    with pytest.raises(Refused, match="needs_evidence"):
        duties.do_duty(world.kit, review.id, world.staff["cm"], note="18 now", now=world.now)
    world.at(review.opens_at)
    cases.close_case(world.kit, family.key, world.staff["cm"], reason="turned_18", note="", now=world.now)
    assert world.account().by_state["closed"] == 1


def test_a_call_written_down_late_counts_from_its_true_time(world: World) -> None:
    family, duty = day_7(world)
    true_time = world.now
    world.later(2 * DAY).records(family, "reached_alone", true_time=true_time)
    (call,) = world.calls_of(family, state="done")
    assert (call.at, call.recorded_at) == (true_time, world.now)
    assert world.case(family).last_contact_at == true_time
    assert state_of(world, duty) == "settled"


def test_a_call_can_be_written_down_neither_ahead_nor_from_before_the_release(world: World) -> None:
    family, _ = day_7(world)
    for wrong in (world.now + MINUTE, world.now - 60 * DAY):
        with pytest.raises(BadInput):
            world.records(family, "reached_alone", true_time=wrong)


def test_a_very_late_record_makes_nobody_silent(world: World) -> None:
    family, _ = day_7(world)
    true_time = world.now
    for wait in (100, 250):
        world.at(true_time + wait * DAY).records(family, "no_answer", true_time=true_time)
        world.records(family, "reached_alone", true_time=true_time)
        assert world.account().silent == ()


def test_nobody_is_blamed_for_a_duty_that_is_born_late(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, released_at=world.now - 100 * DAY)
    assert {d.owned_until > world.now for d in world.duties(family)} == {True}
    assert world.account().is_whole


def test_an_older_call_does_not_move_the_last_contact_back(world: World) -> None:
    family, _ = day_7(world)
    world.later(DAY).records(family, "reached_alone")
    newest = world.case(family).last_contact_at
    world.later(DAY).records(family, "reached_alone", true_time=world.now - 3 * DAY)
    assert world.case(family).last_contact_at == newest


def lost(world: World) -> Family:
    """Both ladders have ended with nobody reached."""
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.says(family.phones["child"], "Wrong number")
    world.says(family.phones["sponsor"], "Wrong number")
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + HOUR).round("contacts")
    assert world.case(family).state == "lost_contact"
    return family


def test_a_lost_child_that_is_heard_is_followed_again(world: World) -> None:
    family = lost(world)
    world.later(2 * DAY).records(family, "reached_alone")
    assert world.case(family).state == "in_follow_up"
    assert world.duty(family, "lost_contact_review", "settled").evidence_kind == "call"
    assert [e for e in world.alarms(family, "no_contact") if e.key == "child"] == []
    assert world.account().is_whole


def test_an_old_call_written_down_late_does_not_find_a_child_that_was_lost_since(world: World) -> None:
    family = lost(world)
    world.later(2 * DAY).records(family, "reached_alone", true_time=world.now - 4 * DAY)
    assert world.case(family).state == "lost_contact"
    assert world.duty(family, "lost_contact_review").state == "open"


def test_a_lost_child_is_looked_for_week_after_week(world: World) -> None:
    family = lost(world)
    for week in range(30):  # longer than any silence that a contact could cover
        review = world.duty(family, "lost_contact_review")
        assert review.due_at <= world.now + 7 * DAY
        world.at(review.due_at - HOUR).round("lost")
        duties.do_duty(world.kit, review.id, world.staff["supervisor"], note="asked around", now=world.now)
        assert world.account().silent == (), f"week {week}"
    assert world.case(family).state == "lost_contact"


def test_only_a_supervisor_reviews_a_lost_contact(world: World) -> None:
    family = lost(world)
    review = world.duty(family, "lost_contact_review")
    with pytest.raises(Refused, match="wrong_role"):
        duties.do_duty(world.kit, review.id, world.staff["cm"], note="asked around", now=world.now)


WORRIES: list[tuple[dict[str, Any], str]] = [
    ({"hurt_or_threatened": "yes"}, "concern_harm"),
    ({"asks_for_help": "yes"}, "concern_help"),
    ({"work": {"works": True, "hours": "night", "owes_money": True}}, "concern_trafficking"),
]


@pytest.mark.parametrize(("answers", "reason"), WORRIES)
def test_a_worry_in_the_answers_is_reported_escalated_and_silences_the_machines(
    world: World, answers: dict[str, Any], reason: str
) -> None:
    family, duty = day_7(world)
    world.records(family, "reached_alone", **answers)
    (alarm,) = world.alarms(family, reason)
    assert alarm.level == 2
    notice = world.duty(family, "notice_of_concern")
    assert (notice.due_at, notice.detail["recipient"]) == (world.now + DAY, "orr")
    assert world.case(family).paused_at == world.now
    assert world.case(family).paused_because == "a call raised a concern"
    assert state_of(world, duty) == "settled"


@pytest.mark.parametrize(("days_ago", "due_in"), [(3, 2), (6, -1)])
def test_the_court_form_counts_from_the_move_that_the_family_tells_of(
    world: World, days_ago: int, due_in: int
) -> None:
    family, _ = day_7(world)
    moved_on = (world.now - days_ago * DAY).date()
    world.records(family, "moved", moved_on=moved_on.isoformat())
    form = world.duty(family, "court_address_form")
    # The evening of the fifth day after the move, in Chicago.
    assert form.due_at.astimezone(ZoneInfo("America/Chicago")).date() == (world.now + due_in * DAY).date()
    assert form.detail["recipient"] == "court"


@pytest.mark.parametrize(("days", "code"), [(1, "in_the_future"), (-30, "before_release")])
def test_a_move_lies_between_the_release_and_the_call(world: World, days: int, code: str) -> None:
    family, _ = day_7(world)
    with pytest.raises(BadInput) as caught:
        world.records(family, "moved", moved_on=(world.now + days * DAY).date().isoformat())
    assert [p.code for p in caught.value.problems] == [code]


def test_a_child_that_was_not_there_is_reached_within_three_days_or_it_stands_late(world: World) -> None:
    family, duty = day_7(world)
    world.records(family, "sponsor_only")
    retry = world.duty(family, "retry_child")
    assert retry.due_at == world.now + 3 * DAY
    with pytest.raises(Refused, match="needs_evidence"):
        duties.do_duty(world.kit, retry.id, world.staff["cm"], note="tried", now=world.now)
    world.later(DAY).records(family, "reached_alone")
    assert (state_of(world, retry), state_of(world, duty)) == ("settled", "settled")


def test_a_settled_duty_makes_no_more_tries(world: World) -> None:
    family, duty = day_7(world)
    assert [m.state for m in world.messages(family, obligation_id=duty.id)] == ["queued"]
    world.records(family, "reached_alone")
    assert [m.state for m in world.messages(family, obligation_id=duty.id)] == ["cancelled"]
    assert [a.outcome for a in world.attempts(duty)] == ["cancelled", "reached_alone"]
    world.send()
    assert not any("good time" in body for body in world.texts(family.phones["child"]))


def test_an_unplanned_call_takes_the_task_that_waited(world: World) -> None:
    family, duty = day_7(world, consent=())
    world.later(DAY + 10 * HOUR).round("contacts")
    (task,) = [c for c in world.calls_of(family, state="due") if c.obligation_id == duty.id]
    world.records(family, "no_answer")
    assert [(c.id, c.state) for c in world.calls_of(family, party="child")] == [(task.id, "done")]


def test_calls_are_recorded_by_callers_on_cases_in_follow_up(world: World) -> None:
    family, _ = day_7(world)
    with pytest.raises(Refused, match="wrong_role"):
        world.records(family, "reached_alone", by="auditor")
    cases.close_case(
        world.kit,
        family.key,
        world.staff["cm"],
        reason="departed",
        note="",
        evidence="a record",
        now=world.now,
    )
    with pytest.raises(Refused, match="not_in_follow_up"):
        world.records(family, "reached_alone")
    assert [c.state for c in world.rows(Call, case_id=family.case_id)] == []


def test_answers_are_sealed(world: World) -> None:
    family, _ = day_7(world)
    world.records(family, "reached_alone", note="they sleep at Example Street 9")
    (call,) = world.calls_of(family, state="done")
    assert call.sealed_answers is not None
    assert b"Example Street" not in call.sealed_answers
