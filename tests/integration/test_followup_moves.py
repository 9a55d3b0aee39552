"""A case of follow-up under another version: two people, what lies ahead planned anew, the child always in sight."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from integrations.desk import calls, cases, followup_moves, policy_acts
from integrations.desk.duties import do_duty
from integrations.desk.prs import keep_prs, open_services
from integrations.desk.sight import plan_facts
from integrations.kit import Kit
from integrations.policies import followup_policy
from models.contacts import CallOutcome, Channel
from models.errors import NotFound, Refused
from models.facts import Person
from models.states import Party
from models.tables.people import Case
from models.tables.policies import PolicyMove
from tests.integration import families
from tests.integration.followup_scenes import HOUR, Family, World, a_family, local, still_world

OLD, NEW = "swb-2016r3", "swb-2024r3"


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> World:
    """Families are released under the older schedule here."""
    monkeypatch.setattr(families, "POLICY", OLD)
    return still_world(kit, staff)


def move(
    world: World, family: Family, who: str = "supervisor", to: str = NEW, key: str | None = None
) -> None:
    policy_acts.move(
        world.kit, key or family.key, to, world.staff[who], reason="the newer schedule", now=world.now
    )


def refused(world: World, family: Family, *how: str) -> str:
    with pytest.raises(Refused) as caught:
        move(world, family, *how)
    return caught.value.code


def planned_calls(world: World, family: Family, state: str = "open") -> set[tuple[str, str, str]]:
    return {(d.party, d.key, d.policy_version) for d in world.duties(family, "welfare_call", state)}


def test_two_people_move_a_case_and_what_lies_ahead_is_planned_by_the_new_version(world: World) -> None:
    family = a_family(world.kit, world.staff)
    world.at(local(1, 12))
    before = {d.id: d for d in world.duties(family)}
    assert refused(world, family, "cm") == "wrong_role"
    assert refused(world, family, "supervisor", OLD) == "not_reviewable"
    assert refused(world, family, "supervisor", "swb-2024r2") == "superseded"
    with pytest.raises(NotFound):
        move(world, family, "supervisor", "swb-1999")
    move(world, family)
    assert {d.id for d in world.duties(family)} == before.keys()
    assert refused(world, family) == "four_eyes"
    move(world.later(HOUR), family, "ffs", key=str(family.application_id))
    case = world.case(family)
    assert (case.followup_policy, case.max_silence_days) == (NEW, 120)
    assert planned_calls(world, family) == {
        (party, f"day-{n}", NEW) for party in ("child", "sponsor") for n in (7, 14, 30)
    }
    open_now = {d.id for d in world.duties(family)}
    for duty in world.duties(family, state="void"):
        assert duty.successor_id in open_now
        assert (duty.policy_version, duty.reason) == (OLD, f"moved to {NEW}")
    gone = {d.id for d in world.duties(family, state="void")}
    assert before.keys() - open_now == gone
    assert world.account().is_whole
    assert [m.completes for m in sorted(world.rows(PolicyMove, family), key=lambda m: m.at)] == [False, True]
    with world.kit.transaction() as session:
        told = session.execute(
            text("SELECT old, new FROM history WHERE noun = 'child_case' AND row_id = :id AND old = :old"),
            {"id": family.case_id, "old": OLD},
        ).all()
    assert [tuple(row) for row in told] == [(OLD, NEW)]
    # A second move needs two voices again.
    move(world.later(HOUR), family, "ffs", OLD)
    assert world.case(family).followup_policy == NEW


def moved(world: World, family: Family) -> None:
    move(world, family)
    move(world.later(HOUR), family, "ffs")
    assert world.case(family).followup_policy == NEW
    assert world.account().is_whole


def test_a_call_that_has_begun_stays_and_a_late_one_keeps_its_owner(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, consent=())
    world.at(local(31, 12))
    begun = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    moved(world, family)
    assert planned_calls(world, family) == {(party, "day-30", OLD) for party in ("child", "sponsor")}
    world.at(begun.due_at + HOUR).round("lost")
    (alarm,) = [e for e in world.alarms(family, "overdue") if e.obligation_id == begun.id]
    assert (alarm.opened_at, alarm.owned_until) == (begun.due_at, begun.owned_until)


def test_a_lost_childs_case_moves_with_the_search_as_it_stands(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, consent=())
    world.at(local(2, 12)).lose(family)
    search = {d.id for d in world.duties(family) if d.kind.startswith("lost_")}
    moved(world, family)
    assert {d.id for d in world.duties(family) if d.kind.startswith("lost_")} == search


def test_a_version_that_does_not_know_the_search_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = a_family(world.kit, world.staff, consent=())
    world.lose(family)
    only = (followup_policy("swb-2024"),)
    monkeypatch.setattr(followup_moves, "followups_in_use", lambda *_: only)
    assert refused(world, family, "supervisor", "swb-2024") == "steps_open"


def test_a_closed_case_stays_under_its_version(world: World) -> None:
    family = a_family(world.kit, world.staff)
    cases.close_case(
        world.kit,
        family.key,
        world.staff["cm"],
        reason="departed",
        note="",
        evidence="a record",
        now=world.now,
    )
    assert refused(world, family) == "not_in_follow_up"


def test_services_go_on_where_they_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start and a first visit that were made under the old procedures are not asked for again."""
    monkeypatch.setattr(families, "POLICY", "swb-2024r2")
    family = a_family(world.kit, world.staff)
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        case.prs_level, case.prs_since = "2", case.released_at
        facts = plan_facts(world.kit, session, case)
        keep_prs(session, case, facts, actor="cli", why="released", now=world.now)
    do_duty(
        world.kit,
        world.duty(family, "prs_start").id,
        world.staff["cm"],
        note="begun",
        now=world.at(local(1, 12)).now,
    )
    calls.record_call(
        world.kit,
        family.key,
        party=Party.CHILD,
        outcome=CallOutcome.REACHED_ALONE,
        answers=b'{"spoke_to": "child", "alone": true}',
        person=world.staff["cm"],
        now=world.now,
        channel=Channel.VISIT,
    )
    before = services(world, family)
    moved(world, family)
    after = services(world, family)
    assert after == before
    assert {kind for kind, *_ in after} == {"prs_contact", "prs_visit"}
    assert not [key for _, _, key, *_ in after if key.startswith(("start", "first"))]


def services(world: World, family: Family) -> list[tuple[Any, ...]]:
    with world.kit.transaction() as session:
        found = open_services(session, session.get_one(Case, family.case_id))
        return sorted((d.kind, d.party, d.key, d.opens_at, d.due_at) for d in found)


def test_a_dry_run_tells_what_would_be_planned_and_changes_nothing(world: World) -> None:
    family, other = a_family(world.kit, world.staff), a_family(world.kit, world.staff)
    world.at(local(1, 12))
    move(world, other)
    move(world.later(HOUR), other, "ffs")
    before = [(d.id, d.state) for d in world.duties(family)]
    found = policy_acts.dry_run(world.kit, NEW, actor="cli", now=world.now)
    assert (found["open"], found["changed"]) == (2, 1)
    (told,) = found["cases"]
    assert (told["case_id"], told["policy"]) == (family.key, OLD)
    added = [line for line in told["duties_added"] if line.startswith("welfare_call child")]
    assert [line.split(",")[0].split()[-1] for line in added] == ["day-7", "day-14", "day-30"]
    assert [d for d in told["duties_removed"] if d.startswith("welfare_call child day-30")]
    assert [(d.id, d.state) for d in world.duties(family)] == before
