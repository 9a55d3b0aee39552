"""A child whose contact is lost: looked for step by step by named people, and found again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from followup.lost import lost_kinds
from integrations.desk import duties, escalations, lost
from integrations.desk.lost import StepRecord
from integrations.desk.views import case_json
from integrations.kit import Kit
from integrations.policies import followup_policy
from integrations.store.lost import home_country_decided
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import LostOutcome
from models.tables.closing import LostAct
from models.tables.ledger import Evidence, Obligation
from models.tables.papers import Disclosure
from tests.integration.followup_scenes import DAY, HOUR, POLICY, Family, World, a_family, still_world

FOUND, NOT_FOUND, NO_ANSWER = LostOutcome.FOUND, LostOutcome.NOT_FOUND, LostOutcome.NO_ANSWER
STEPS = sorted(lost_kinds(followup_policy(POLICY)))


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def lost_family(world: World) -> Iterator[Family]:
    return a_family(world.kit, world.staff, child=50, sponsor=51, consent=())


def record(world: World, family: Family, step: str, who: str = "cm", **said: object) -> None:
    values = {"outcome": NOT_FOUND, "note": "went there and asked"} | said
    lost.record_step(world.kit, family.key, step, world.staff[who], StepRecord(**values), now=world.now)  # type: ignore[arg-type]


def decide(world: World, family: Family, about: str, who: str = "supervisor", yes: bool = True) -> None:
    lost.decide(world.kit, family.key, about, world.staff[who], yes=yes, reason="weighed", now=world.now)


def steps_open(world: World, family: Family) -> list[str]:
    return sorted(d.kind for d in world.duties(family) if d.kind in STEPS)


def test_when_the_ladder_is_spent_every_step_stands_open_at_once_and_once(
    world: World, lost_family: Family
) -> None:
    duty = next(d for d in world.duties(lost_family, "welfare_call") if d.party == "child")
    world.at(duty.opens_at)
    for _ in range(20):  # each planned try is made by a person, and nobody answers
        world.later(12 * HOUR).round("contacts")
        if world.calls_of(lost_family, state="due", party="child", obligation_id=duty.id):
            world.records(lost_family, "no_answer")
        world.round("contacts")
    assert world.case(lost_family).state == "lost_contact"
    assert steps_open(world, lost_family) == STEPS
    assert world.duty(lost_family, "lost_contact_review").in_sight
    assert all(world.duty(lost_family, kind).queue for kind in STEPS)
    assert world.account().is_whole
    world.lose(lost_family)
    assert steps_open(world, lost_family) == STEPS


def test_a_step_is_settled_by_what_a_named_person_wrote_down(world: World, lost_family: Family) -> None:
    world.lose(lost_family).later(30 * HOUR)
    record(world, lost_family, "school_check", outcome=NO_ANSWER, spoke_with="other")
    duty = world.duty(lost_family, "lost_school_check", state="settled")
    (act,) = world.rows(LostAct, lost_family)
    evidence = world.rows(Evidence, id=duty.evidence_id)[0]
    assert (evidence.kind, evidence.row_id, evidence.by_staff) == ("review", act.id, world.staff["cm"].id)
    assert (act.outcome, act.spoke_with, b"asked" in bytes(act.sealed_note)) == ("no_answer", "other", False)
    assert case_json(world.kit, lost_family.key, now=world.now)["lost"][0]["note"] == "went there and asked"
    assert world.case(lost_family).state == "lost_contact"
    with pytest.raises(Refused, match="not_open"):
        record(world, lost_family, "school_check")


def test_a_step_is_done_in_no_other_way(world: World, lost_family: Family) -> None:
    world.lose(lost_family)
    duty = world.duty(lost_family, "lost_school_check")
    with pytest.raises(Refused, match="needs_evidence"):
        duties.do_duty(world.kit, duty.id, world.staff["cm"], note="done", now=world.now)
    world.at(duty.due_at + HOUR).round("lost")
    (alarm,) = [e for e in world.alarms(lost_family) if e.obligation_id == duty.id]
    with pytest.raises(Refused, match="needs_evidence"):
        escalations.resolve(
            world.kit, alarm.id, world.staff["cm"], outcome="done", reason="seen", now=world.now
        )
    record(world, lost_family, "school_check")
    assert alarm.id not in {e.id for e in world.alarms(lost_family)}


def test_who_may_not_and_what_contradicts_itself_is_refused(world: World, lost_family: Family) -> None:
    with pytest.raises(Refused, match="not_open"):
        record(world, lost_family, "school_check")
    world.lose(lost_family)
    for who, step in (("caller", "school_check"), ("cm", "supervisor_review"), ("auditor", "prs_visit")):
        with pytest.raises(Refused, match="wrong_role"):
            record(world, lost_family, step, who)
    for said in (
        {"note": " "},
        {"spoke_with": "child", "alone": True},
        {"spoke_with": "child", "outcome": FOUND},
        {"spoke_with": "sponsor", "outcome": FOUND, "alone": True},
        {"at": world.now + HOUR},
    ):
        with pytest.raises(BadInput):
            record(world, lost_family, "school_check", **said)
    with pytest.raises(BadInput):
        record(world, lost_family, "no_such_step")


def test_an_authority_is_asked_only_by_a_supervisors_decision_and_it_is_a_disclosure(
    world: World, lost_family: Family
) -> None:
    world.lose(lost_family)
    with pytest.raises(Refused, match="not_decided"):
        record(world, lost_family, "welfare_check")
    with pytest.raises(Refused, match="wrong_role"):
        decide(world, lost_family, "welfare_check", "cm")
    for nothing_to_decide in ("school_check", "no_such_step"):
        with pytest.raises(BadInput) as fault:
            decide(world, lost_family, nothing_to_decide)
        assert fault.value.problems[0].remedy == "Use one of: welfare_check, home_country."
    assert world.rows(Disclosure, lost_family) == []
    decide(world, lost_family, "welfare_check")
    (told,) = world.rows(Disclosure, lost_family)
    assert (told.recipient, told.approved_by) == ("local authority", world.staff["supervisor"].id)
    assert told.legal_basis
    assert told.fields == ["name", "date_of_birth", "address"]
    record(world, lost_family, "welfare_check")
    assert world.duty(lost_family, "lost_welfare_check", state="settled").evidence_kind == "review"


def test_a_decision_against_a_welfare_check_ends_it(world: World, lost_family: Family) -> None:
    world.lose(lost_family)
    decide(world, lost_family, "welfare_check", yes=False)
    assert world.duty(lost_family, "lost_welfare_check", state="settled").evidence_kind == "decision"
    assert world.rows(Disclosure, lost_family) == []


def test_a_talk_on_a_visit_finds_the_child_and_the_plan_goes_on(world: World, lost_family: Family) -> None:
    world.lose(lost_family).later(3 * DAY)
    before = {d.id for d in world.duties(lost_family, "welfare_call")}
    record(world, lost_family, "prs_visit", outcome=FOUND)  # a neighbour has seen the child: not found yet
    assert world.case(lost_family).state == "lost_contact"
    record(world, lost_family, "school_check", outcome=FOUND, spoke_with="child", alone=True)
    case = world.case(lost_family)
    assert (case.state, case.last_contact_at) == ("in_follow_up", world.now)
    assert steps_open(world, lost_family) == []
    assert world.duties(lost_family, "lost_contact_review") == []
    # A visit is no call record: the planned calls stand, and a look follows them.
    assert {d.id for d in world.duties(lost_family, "welfare_call")} == before
    assert world.account().is_whole
    told = case_json(world.kit, lost_family.key, now=world.now)["closing"]["last_contact"]
    assert (told["how"], told["by"]) == ("school_check", "cm@example.org")


def test_a_call_finds_the_child_and_takes_up_what_the_review_had_replaced(
    world: World, lost_family: Family
) -> None:
    calls = {d.party: d for d in world.duties(lost_family, "welfare_call")[:2]}
    world.at(calls["child"].due_at + HOUR).round("lost")
    for alarm in world.alarms(lost_family):
        if alarm.obligation_id in {d.id for d in calls.values()}:
            escalations.resolve(
                world.kit,
                alarm.id,
                world.staff["supervisor"],
                outcome="done",
                reason="nobody is there",
                now=world.now,
            )
    world.lose(lost_family).later(DAY)
    assert {d.id for d in world.duties(lost_family, state="void")} == {d.id for d in calls.values()}
    world.records(lost_family, "reached_alone")
    assert world.case(lost_family).state == "in_follow_up"
    assert steps_open(world, lost_family) == []
    restored = [d for d in world.duties(lost_family) if d.restores_id is not None]
    # The child's own call is answered by this talk; the sponsor's is not.
    assert [(d.restores_id, d.opens_at) for d in restored] == [(calls["sponsor"].id, world.now)]
    assert world.account().is_whole


def test_a_found_child_that_is_lost_again_is_looked_for_anew(world: World, lost_family: Family) -> None:
    world.lose(lost_family).later(DAY).records(lost_family, "reached_alone")
    world.later(DAY).lose(lost_family)
    assert steps_open(world, lost_family) == STEPS
    settled = [d for d in world.rows(Obligation, lost_family, state="settled") if d.kind in STEPS]
    assert len(settled) == len(STEPS)


def test_the_second_ladder_asks_the_home_country_only_when_a_supervisor_allows_it(
    world: World, lost_family: Family
) -> None:
    world.lose(lost_family)
    duty = world.duty(lost_family, "lost_second_ladder")
    assert duty.next_at is not None
    world.later(13 * HOUR).round("contacts")
    assert world.calls_of(lost_family, obligation_id=duty.id, state="due") != []
    with pytest.raises(Refused, match="wrong_role"):
        decide(world, lost_family, "home_country", "cm")
    decide(world, lost_family, "home_country")
    with world.kit.transaction() as session:
        assert home_country_decided(session, [duty.id]) == {duty.id: True}
    world.later(HOUR)
    decide(world, lost_family, "home_country", yes=False)
    with world.kit.transaction() as session:
        assert home_country_decided(session, [duty.id]) == {duty.id: False}


def test_the_review_comes_back_every_week_until_the_child_is_found(world: World, lost_family: Family) -> None:
    world.lose(lost_family)
    for _ in range(3):
        review = world.duty(lost_family, "lost_contact_review")
        world.at(review.due_at - HOUR)
        duties.do_duty(
            world.kit, review.id, world.staff["supervisor"], note="still looked for", now=world.now
        )
        assert world.duty(lost_family, "lost_contact_review").due_at == world.now + 7 * DAY
    assert world.account().silent == ()
