"""Contacts in the home country: the first ladder asks a supervisor, waits a day, and goes on without a word."""

from __future__ import annotations

import pytest

from integrations import keys
from integrations.desk import duties, lost
from integrations.kit import Kit
from integrations.store.sealing import seal_json
from models.errors import Refused
from models.facts import Person
from models.tables.base import Sealed
from models.tables.ledger import Obligation
from models.tables.people import PhoneNumber
from tests.integration.families import a_phone
from tests.integration.followup_scenes import DAY, HOUR, MINUTE, Family, World, a_family, local, still_world

KIND = "allow_home_country"


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def with_a_contact_there(world: World) -> Family:
    family, phone = a_family(world.kit, world.staff, child=50, sponsor=51, consent=()), a_phone(52)
    with world.kit.transaction() as session:
        row = PhoneNumber(
            case_id=family.case_id,
            application_id=family.application_id,
            party="case",
            role="home_country",
            sealed_number=Sealed(b""),
            phone_key=keys.phone_key(world.kit.vault, phone),
            language="es",
        )
        seal_json(world.kit.vault, row, "sealed_number", {"number": phone})
        session.add(row)
        family.numbers["home_country"] = row.id
    return family


def childs_call(world: World, family: Family) -> Obligation:
    return next(d for d in world.duties(family, "welfare_call") if d.party == "child")


def spent(world: World) -> Family:
    """Everything that needs no leave was tried, and nobody answered."""
    family = with_a_contact_there(world)
    duty = childs_call(world, family)
    world.at(local(9, 9))
    while world.attempts(duty)[-1:] == [] or world.attempts(duty)[-1].step < 7:
        world.later(12 * HOUR).round("contacts")
        if world.calls_of(family, state="due", party="child", obligation_id=duty.id):
            world.records(family, "no_answer")
    world.round("contacts")
    return family


def decide(world: World, family: Family, *, yes: bool, who: str = "supervisor") -> None:
    person = world.staff[who]
    lost.decide(world.kit, family.key, "home_country", person, yes=yes, reason="weighed", now=world.now)


def calls_abroad(world: World, family: Family) -> list[object]:
    return world.calls_of(family, number_id=family.numbers["home_country"])


def test_the_ladder_asks_once_and_waits_for_the_word(world: World) -> None:
    family = spent(world)
    question = world.duty(family, KIND)
    assert (question.queue, question.due_at - question.opens_at) == ("supervision", DAY)
    assert childs_call(world, family).next_at == question.due_at
    world.at(question.due_at - MINUTE).round("contacts")
    assert world.case(family).state == "in_follow_up"
    assert calls_abroad(world, family) == []
    with pytest.raises(Refused, match="wrong_role"):
        decide(world, family, yes=True, who="cm")
    with pytest.raises(Refused, match="needs_evidence"):
        duties.do_duty(world.kit, question.id, world.staff["supervisor"], note="yes", now=world.now)


def test_after_a_yes_a_person_calls_there(world: World) -> None:
    family = spent(world)
    decide(world.later(HOUR), family, yes=True)
    assert world.duty(family, KIND, "settled").evidence_kind == "decision"
    world.later(DAY).round("contacts")
    (call,) = calls_abroad(world, family)
    assert (call.kind, call.state, call.party) == ("human", "due", "child")
    with pytest.raises(Refused, match="not_open"):
        decide(world, family, yes=False)


def test_after_a_no_the_contact_is_lost_at_once(world: World) -> None:
    family = spent(world)
    decide(world.later(HOUR), family, yes=False)
    world.round("contacts")
    assert (world.case(family).state, calls_abroad(world, family)) == ("lost_contact", [])


def test_without_a_word_the_ladder_goes_on_and_a_later_yes_still_counts(world: World) -> None:
    family = spent(world)
    question = world.duty(family, KIND)
    world.at(question.due_at).round("contacts")
    assert (world.case(family).state, calls_abroad(world, family)) == ("lost_contact", [])
    assert world.duty(family, KIND).id == question.id  # late now, and it climbs like every duty
    decide(world.later(HOUR), family, yes=True)
    world.later(DAY).round("contacts")
    # One word for the first ladder and the second: each has one call.
    assert {c.obligation_id for c in calls_abroad(world, family)} >= {childs_call(world, family).id}
    assert world.account().is_whole


def test_a_child_that_was_heard_leaves_nothing_to_ask(world: World) -> None:
    family = spent(world)
    world.later(HOUR).records(family, "reached_alone")
    assert world.duties(family, KIND) == []
    assert world.duty(family, KIND, "settled").evidence_kind == "call"


def test_a_question_whose_ladder_has_ended_is_still_answered(world: World) -> None:
    family = spent(world)
    with world.kit.transaction() as session:
        row = session.get_one(Obligation, childs_call(world, family).id)
        question = world.duty(family, KIND)
        row.state, row.successor_id, row.ended_at, row.next_at = "void", question.id, world.now, None
        session.add(row)
    decide(world.later(HOUR), family, yes=False)
    assert world.duty(family, KIND, "settled").id == question.id
