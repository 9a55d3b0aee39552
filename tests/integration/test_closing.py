"""Closed never looks like safe: fixed reasons, the right people, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from sqlmodel import Session

from followup.court import hearing_duties
from integrations.desk import cases, lost
from integrations.desk.duties import open_followup
from integrations.desk.lost import StepRecord
from integrations.desk.views import case_json
from integrations.kit import Kit
from integrations.policies import followup_policy
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import CLOSURES_FOR_A_SUPERVISOR, LostOutcome, Party
from models.tables.base import Sealed
from models.tables.closing import Closure
from models.tables.ledger import Escalation, Obligation
from models.tables.messages import Message
from models.tables.people import Case
from models.tables.vetting import Act, Document, DocumentFile
from tests.builders import NOW, a_hearing, save
from tests.integration.followup_scenes import DAY, HOUR, Family, World, a_family, local, open_world


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def close(
    world: World, family: Family, who: str, reason: str, evidence: str = "record 7 of the file"
) -> None:
    cases.close_case(
        world.kit,
        family.key,
        world.staff[who],
        reason=reason,
        note="as it was",
        evidence=evidence,
        now=world.now,
    )


def refusal(world: World, family: Family, who: str, reason: str, evidence: str = "") -> Refused:
    with pytest.raises(Refused) as caught:
        close(world, family, who, reason, evidence)
    assert world.case(family).state != "closed"
    return caught.value


def search(world: World, family: Family) -> None:
    """Contact is lost, and every step to find the child has been done and came to nothing."""
    world.lose(family)
    for step, who in (
        ("supervisor_review", "supervisor"),
        ("second_ladder", "caller"),
        ("school_check", "cm"),
        ("prs_visit", "cm"),
    ):
        record = StepRecord(LostOutcome.NOT_FOUND, "asked")
        lost.record_step(world.kit, family.key, step, world.staff[who], record, now=world.now)
    person = world.staff["supervisor"]
    lost.decide(world.kit, family.key, "welfare_check", person, yes=False, reason="weighed", now=world.now)


def reopen(world: World, family: Family, who: str = "supervisor") -> None:
    cases.reopen_case(world.kit, family.key, world.staff[who], note="news of the child", now=world.now)


WITH_EVIDENCE = (
    "status_granted",
    "departed",
    "returned_to_custody",
    "reunified_elsewhere",
    "moved_provider",
    "deceased",
)


@pytest.mark.parametrize("reason", WITH_EVIDENCE)
def test_a_case_manager_closes_for_each_plain_reason_with_its_evidence(world: World, reason: str) -> None:
    family = a_family(world.kit, world.staff)
    why = refusal(world, family, "cm", reason)
    assert why.code == "evidence_missing"
    assert "--evidence" in why.missing[0]
    close(world, family, "cm", reason)
    case = world.case(family)
    assert (case.state, case.closure_reason, case.closed_by) == ("closed", reason, world.staff["cm"].id)
    (row,) = world.rows(Closure, family)
    assert (row.reason, row.closed_by, row.closed_at) == (reason, world.staff["cm"].id, world.now)
    assert b"record 7" not in bytes(row.sealed_reference)
    assert case_json(world.kit, family.key, now=world.now)["closure"]["evidence"] == "record 7 of the file"
    assert world.account().by_state["closed"] == 1


def _paper(session: Session, application_id: UUID, key: int) -> UUID:
    content = {"media_type": "image/png", "size": 1, "sealed_content": Sealed(b"x"), "at": NOW}
    file = save(session, DocumentFile(file_key=bytes([key]), **content))
    values = {"revision": 1, "kind": "other", "subject": "child", "file_id": file.id}
    return save(session, Document(application_id=application_id, **values)).id


def test_a_document_is_evidence_only_when_it_is_this_cases(world: World) -> None:
    family, other = a_family(world.kit, world.staff), a_family(world.kit, world.staff)
    with world.kit.transaction() as session:
        papers = {
            one.case_id: _paper(session, one.application_id, digest)
            for digest, one in enumerate((family, other))
        }
    for wrong in (str(papers[other.case_id]), str(world.staff["cm"].id), "x" * 201):
        with pytest.raises(BadInput):
            close(world, family, "cm", "departed", wrong)
    close(world, family, "cm", "departed", str(papers[family.case_id]))
    (row,) = world.rows(Closure, family)
    assert (row.document_id, row.sealed_reference) == (papers[family.case_id], None)


@pytest.mark.parametrize("reason", sorted(CLOSURES_FOR_A_SUPERVISOR))
def test_what_might_hide_a_child_needs_a_supervisor(world: World, reason: str) -> None:
    family = a_family(world.kit, world.staff)
    assert refusal(world, family, "cm", reason).code == "wrong_role"
    assert world.case(family).state == "in_follow_up"


def test_no_other_reason_and_no_other_role_closes(world: World) -> None:
    family = a_family(world.kit, world.staff)
    with pytest.raises(BadInput):
        close(world, family, "cm", "done")
    for who in ("caller", "auditor", "admin"):
        assert refusal(world, family, who, "departed", "record 7").code == "wrong_role"


def test_a_lost_contact_is_closed_by_four_eyes(world: World) -> None:
    family = a_family(world.kit, world.staff)
    assert refusal(world, family, "supervisor", "lost_contact").code == "contact_not_lost"
    world.lose(family)
    why = refusal(world, family, "supervisor", "lost_contact")
    assert (why.code, len(why.missing)) == ("lost_step_open", 5)
    search(world, family)
    close(world, family, "supervisor", "lost_contact")
    assert world.case(family).state == "lost_contact"  # proposed, and looked for all the while
    assert world.duties(family) != []
    assert refusal(world, family, "supervisor", "lost_contact").code == "four_eyes"
    assert refusal(world, family, "cm", "lost_contact").code == "wrong_role"
    close(world, family, "ffs", "lost_contact")
    case = world.case(family)
    assert (case.state, case.closed_by) == ("closed", world.staff["ffs"].id)
    assert case.closure_proposed_by == world.staff["supervisor"].id
    assert world.rows(Closure, family)[0].proposed_by == world.staff["supervisor"].id


@pytest.mark.parametrize(("reason", "days"), [("plan_completed", 90), ("declined_child_spoken_to", 30)])
def test_a_reason_that_says_the_child_was_heard_needs_that_call_and_lately(
    world: World, reason: str, days: int
) -> None:
    family = a_family(world.kit, world.staff)
    assert refusal(world, family, "supervisor", reason).code == "child_not_heard"
    world.at(local(9, 12)).records(family, "reached_alone")
    world.later(days * DAY + HOUR)
    assert refusal(world, family, "supervisor", reason).code == "heard_too_long_ago"
    world.records(family, "reached_not_alone")
    close(world, family, "supervisor", reason)
    assert world.case(family).state == "closed"


def test_a_family_that_declines_is_closed_unheard_only_after_tries_on_five_days(world: World) -> None:
    family = a_family(world.kit, world.staff)
    for day in range(9, 13):
        world.at(local(day, 12)).records(family, "refused")
        world.later(HOUR).records(family, "refused")  # twice on one day is one day
    why = refusal(world, family, "supervisor", "declined_child_not_spoken_to")
    assert (why.code, "4 days of 5" in why.message) == ("child_not_asked_for", True)
    world.at(local(13, 12)).records(family, "refused", party=Party.SPONSOR)
    assert refusal(world, family, "supervisor", "declined_child_not_spoken_to").code == "child_not_asked_for"
    world.records(family, "no_answer")
    close(world, family, "supervisor", "declined_child_not_spoken_to")
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


def test_a_closing_that_is_only_tried_says_what_would_be_and_changes_nothing(world: World) -> None:
    family = a_family(world.kit, world.staff)

    def tries(who: str, reason: str, evidence: str = "record 7") -> bool:
        person = world.staff[who]
        return cases.try_closing(
            world.kit, family.key, person, reason=reason, note="", evidence=evidence, now=world.now
        )

    def stands() -> tuple[object, ...]:
        case = world.case(family)
        return case.state, case.closure_proposed, len(world.duties(family)), len(world.rows(Act, family))

    before = stands()
    assert tries("cm", "departed")
    assert stands() == before
    assert world.rows(Closure, family) == []
    for who, reason, evidence, code in (
        ("caller", "departed", "record 7", "wrong_role"),
        ("cm", "departed", "", "evidence_missing"),
        ("supervisor", "lost_contact", "", "contact_not_lost"),
    ):
        with pytest.raises(Refused, match=code):
            tries(who, reason, evidence)
    search(world, family)
    before = stands()
    assert not tries("supervisor", "lost_contact")
    assert stands() == before
    close(world, family, "supervisor", "lost_contact")
    assert tries("ffs", "lost_contact")
    assert world.case(family).state == "lost_contact"
    close(world, family, "ffs", "lost_contact")
    with pytest.raises(Refused, match="already_closed"):
        tries("ffs", "lost_contact")


KEPT = ("kind", "party", "key", "in_sight", "queue", "rule", "policy_version", "detail")


def test_reopening_restores_exactly_what_the_closing_ended(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.at(local(9, 12)).records(family, "reached_alone")  # settled before: it stays so
    late = next(d for d in world.duties(family, "welfare_call") if d.party == "sponsor")
    world.at(late.due_at + HOUR).round("lost")
    before, alarms = world.duties(family), world.alarms(family)
    assert late.id in {alarm.obligation_id for alarm in alarms}
    close(world, family, "cm", "departed")
    (closure,) = world.rows(Closure, family)
    assert {d.closure_id for d in world.duties(family, state="void")} == {closure.id}
    world.later(2 * DAY)
    reopen(world, family)

    after = {d.restores_id: d for d in world.duties(family)}
    assert after.pop(None).key.startswith("reopened")  # no call to the child was due: one is
    assert after.keys() == {d.id for d in before}
    for old in before:
        new = after[old.id]
        assert [getattr(new, name) for name in KEPT] == [getattr(old, name) for name in KEPT]
        if old.due_at > world.now:
            assert (new.opens_at, new.due_at) == (old.opens_at, old.due_at)
        else:
            assert (new.opens_at, new.due_at) == (world.now, world.now + (old.due_at - old.opens_at))
    assert {e.restores_id for e in world.alarms(family)} == {e.id for e in alarms}
    for alarm in world.alarms(family):
        old_alarm = next(e for e in alarms if e.id == alarm.restores_id)
        assert (alarm.level, alarm.queue, alarm.state) == (old_alarm.level, old_alarm.queue, "open")
        assert alarm.obligation_id == after[old_alarm.obligation_id].id
    (closure,) = world.rows(Closure, family)
    assert (closure.reopened_by, closure.reopened_because) == (
        world.staff["supervisor"].id,
        "news of the child",
    )
    assert world.account().is_whole


def test_closed_and_reopened_twice_each_closing_restores_its_own(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    first = world.duties(family)
    for _ in range(2):
        close(world, family, "cm", "departed")
        assert world.account().by_state["closed"] == 1
        world.later(DAY)
        reopen(world, family)
        assert world.account().is_whole
    # The call to hear the child that the first reopening added is among what the second one restores.
    assert len(world.duties(family)) == len(first) + 1
    assert len(world.duties(family, state="void")) == 2 * len(first) + 1
    assert len(world.rows(Closure, family)) == 2


def test_a_reminder_comes_back_only_while_its_hearing_lies_ahead(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        policy = followup_policy(case.followup_policy or "")
        hearings = [
            a_hearing(session, case, hearing_key=f"h{day}", starts_at=local(day, 14)) for day in (5, 60)
        ]
        for hearing in hearings:
            duties = hearing_duties(
                hearing.id, hearing.starts_at, case.zone or "", frozenset({Party.SPONSOR}), policy, world.now
            )
            open_followup(session, case, duties, actor="cli", why="test", now=world.now)
    close(world, family, "cm", "departed")
    world.at(local(10, 12))
    reopen(world, family)
    restored = world.duties(family, "hearing_reminder")
    assert {d.detail["hearing_id"] for d in restored} == {str(hearings[1].id)}
    outcomes = {d.detail["hearing_id"]: d for d in world.duties(family, "hearing_outcome")}
    assert outcomes.keys() == {str(h.id) for h in hearings}
    assert outcomes[str(hearings[0].id)].due_at > world.now


def test_nothing_is_reopened_without_a_reason(world: World) -> None:
    family = a_family(world.kit, world.staff)
    close(world, family, "cm", "departed")
    with pytest.raises(BadInput, match="--reason"):
        cases.reopen_case(world.kit, family.key, world.staff["cm"], note=" ", now=world.now)
    assert world.case(family).state == "closed"


def test_a_lost_child_is_lost_again_when_the_case_is_reopened(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    world.lose(family)
    close(world, family, "cm", "departed")
    world.later(DAY)
    reopen(world, family)
    assert world.case(family).state == "lost_contact"
    assert world.duty(family, "lost_contact_review").restores_id is not None
    assert world.account().is_whole


def test_a_reopened_child_is_in_sight_and_called_at_once(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    close(world, family, "cm", "departed")
    with pytest.raises(Refused, match="already_closed"):
        close(world, family, "cm", "departed")
    world.later(10 * DAY)
    reopen(world, family)
    assert world.case(family).state == "in_follow_up"
    (look,) = [
        d for d in world.duties(family, "welfare_call") if d.party == "child" and d.opens_at <= world.now
    ]
    assert (look.in_sight, world.duties(family, "sight_check")[:-1]) == (True, [])
    assert world.account().is_whole
    world.later(DAY).round("contacts")
    assert world.rows(Message, family, obligation_id=look.id) != []
    with pytest.raises(Refused, match="not_closed"):
        reopen(world, family)


def test_a_child_with_no_call_due_is_to_be_heard_at_once_all_the_same(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    close(world, family, "cm", "departed")
    reopen(world, family)
    look = next(d for d in world.duties(family, "sight_check") if d.key.startswith("reopened"))
    assert (look.in_sight, look.party, look.opens_at) == (True, "child", world.now)


def test_a_child_reopened_after_a_year_counts_as_lost_until_heard(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    close(world, family, "cm", "departed")
    world.later(400 * DAY)
    reopen(world, family)
    assert world.case(family).state == "lost_contact"
    calls = [d.opens_at for d in world.duties(family, "welfare_call") if d.party == "child"]
    assert calls[0] == world.now < calls[1] < calls[2]  # not three calls at once
    assert world.duty(family, "lost_contact_review").in_sight
    assert world.account().is_whole
    world.later(DAY).records(family, "reached_alone")
    assert world.case(family).state == "in_follow_up"
    assert world.account().is_whole


def test_a_closed_lost_contact_that_is_reopened_needs_four_eyes_again(world: World) -> None:
    family = a_family(world.kit, world.staff)
    search(world, family)
    close(world, family, "supervisor", "lost_contact")
    close(world, family, "ffs", "lost_contact")
    world.later(DAY)
    reopen(world, family)
    close(world, family, "supervisor", "lost_contact")
    assert world.case(family).state != "closed"
