"""A child's post-release services in the ledger: begun, settled by who was heard, moved to another level."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from integrations.desk import calls, duties, prs_acts
from integrations.desk.sight import keep_in_sight
from integrations.kit import Kit
from models.contacts import CallOutcome, Channel
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Party, PrsLevel
from models.tables.ledger import Obligation
from models.tables.people import Case
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    Family,
    World,
    a_family,
    answers_for,
    as_json,
    open_world,
)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def served(world: World, level: str = "2") -> Family:
    """A family whose services began with the release."""
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        case.prs_level, case.prs_since = level, case.released_at
        keep_in_sight(world.kit, session, case, actor="cli", now=world.now)
    return family


def services(world: World, family: Family) -> set[tuple[str, str, str]]:
    return {(d.kind, d.party, d.rule) for d in world.duties(family) if d.kind.startswith("prs_")}


def visits(world: World, family: Family, outcome: str, **answers: object) -> None:
    calls.record_call(
        world.kit,
        family.key,
        party=Party.CHILD,
        outcome=CallOutcome(outcome),
        answers=as_json(answers_for(Party.CHILD, CallOutcome(outcome)) | answers),
        person=world.staff["cm"],
        now=world.now,
        channel=Channel.VISIT,
    )


def test_a_visit_is_settled_by_a_visit_and_by_no_call(world: World) -> None:
    family = served(world)
    first = world.duties(family, "prs_visit")[0]
    world.later(8 * DAY).records(family, "reached_alone")
    assert world.rows(Obligation, id=first.id)[0].state == "open"
    with pytest.raises(Refused) as caught:
        duties.do_duty(world.kit, first.id, world.staff["cm"], note="was there", now=world.now)
    assert caught.value.code == "needs_evidence"
    visits(world.later(HOUR), family, "no_answer")
    assert world.rows(Obligation, id=first.id)[0].state == "open"
    assert [a.channel for a in world.attempts(first)] == ["visit"]
    visits(world.later(HOUR), family, "reached_alone")
    settled = world.rows(Obligation, id=first.id)[0]
    assert (settled.state, settled.spoke_with) == ("settled", "child")
    assert world.case(family).last_contact_at == world.now
    assert world.account().is_whole


def test_a_visit_that_hears_the_child_settles_the_calls_that_are_due_too(world: World) -> None:
    family = served(world)
    call = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    visits(world.at(call.opens_at + HOUR), family, "reached_alone")
    assert world.rows(Obligation, id=call.id)[0].state == "settled"


@pytest.mark.parametrize("outcome", ["busy", "machine", "wrong_number"])
def test_a_visit_does_not_end_as_a_call_does(world: World, outcome: str) -> None:
    family = served(world)
    with pytest.raises(BadInput):
        visits(world.later(DAY), family, outcome)


def test_the_next_contact_stands_open_when_one_is_done(world: World) -> None:
    family = served(world)
    first = next(d for d in world.duties(family, "prs_contact") if d.party == "child")
    world.at(first.opens_at + HOUR).records(family, "reached_alone")
    (second,) = [d for d in world.duties(family, "prs_contact") if d.party == "child"]
    assert second.key != first.key
    assert 29 * DAY < second.opens_at - world.now < 31 * DAY


def test_a_contact_is_a_persons_call_and_no_machine_writes_for_it(world: World) -> None:
    family = served(world)
    first = next(d for d in world.duties(family, "prs_contact") if d.party == "child")
    world.live_until(first.opens_at + 2 * DAY)
    assert {c.kind for c in world.calls_of(family, obligation_id=first.id)} == {"human"}
    assert {a.channel for a in world.attempts(first)} <= {"human_call"}


def test_the_database_refuses_a_visit_settled_without_the_child(world: World) -> None:
    family = served(world)
    visit = world.duties(family, "prs_visit")[0]
    change = (
        update(Obligation).where(col(Obligation.id) == visit.id).values(state="settled", ended_at=world.now)
    )
    with (
        pytest.raises(IntegrityError, match="obligation_settled_needs_evidence"),
        world.kit.transaction() as s,
    ):
        s.execute(change)


# --- the level ----------------------------------------------------------------------------------


def level(world: World, family: Family, to: str, who: str = "supervisor", reason: str = "as agreed") -> None:
    prs_acts.set_level(
        world.kit, family.key, world.staff[who], level=PrsLevel(to), reason=reason, now=world.now
    )


def test_a_higher_level_keeps_what_it_also_asks_for_and_voids_the_rest_for_its_own(world: World) -> None:
    family = served(world)
    before = {d.id: d for d in world.duties(family) if d.kind.startswith("prs_")}
    level(world.later(DAY), family, "3", who="cm")
    after = {d.id: d for d in world.duties(family) if d.kind.startswith("prs_")}
    assert {d.rule for d in after.values()} == {
        "P2-PRS-START",
        "P2-PRS-FIRST-VISIT",
        "P2-PRS-VISIT",
        "P2-PRS-WEEK-CHILD",
        "P2-PRS-WEEK-SPONSOR",
        "P2-PRS-AFTER-WEEKS-CHILD",
        "P2-PRS-AFTER-WEEKS-SPONSOR",
    }
    gone = [world.rows(Obligation, id=key)[0] for key in before.keys() - after.keys()]
    assert {d.rule for d in gone} == {"P2-PRS-MONTH-CHILD", "P2-PRS-MONTH-SPONSOR"}
    assert all(d.state == "void" and d.successor_id in after for d in gone)


def test_without_services_the_next_look_stands_in_their_place(world: World) -> None:
    family = served(world)
    level(world.later(DAY), family, "1")
    assert services(world, family) == set()
    gone = [d for d in world.rows(Obligation, case_id=family.case_id) if d.state == "void"]
    looks = {d.id for d in world.duties(family, "welfare_call") if d.party == "child"}
    assert gone
    assert {d.successor_id for d in gone} <= looks
    assert world.account().is_whole


def test_what_is_late_stays_late_when_the_level_goes_on_asking_for_it(world: World) -> None:
    family = served(world)
    start = world.duty(family, "prs_start")
    level(world.later(5 * DAY), family, "3")
    assert world.duty(family, "prs_start").id == start.id


@pytest.mark.parametrize(
    ("begins", "to", "who", "code"),
    [
        ("3", "2", "cm", "wrong_role"),  # less help is a supervisor's word
        ("2", "3", "caller", "wrong_role"),
        ("2", "2", "supervisor", "not_reviewable"),
        ("2", "tvpra", "supervisor", "not_by_choice"),
        ("tvpra", "2", "supervisor", "statutory"),
        ("tvpra", "1", "supervisor", "statutory"),
    ],
)
def test_a_level_is_not_changed_by_anybody_to_anything(
    world: World, begins: str, to: str, who: str, code: str
) -> None:
    family = served(world, begins)
    before = services(world, family)
    with pytest.raises(Refused) as caught:
        level(world.later(DAY), family, to, who=who)
    assert caught.value.code == code
    assert services(world, family) == before


def test_a_level_is_changed_with_a_reason(world: World) -> None:
    family = served(world)
    with pytest.raises(BadInput):
        level(world, family, "3", reason=" ")


def test_a_call_that_heard_the_child_makes_no_call_of_a_visit(world: World) -> None:
    family = served(world)
    visit = world.duties(family, "prs_visit")[0]
    world.later(8 * DAY).records(family, "reached_alone")
    assert world.calls_of(family, obligation_id=visit.id) == []
