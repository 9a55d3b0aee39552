"""Reports and notices of concern: each ends with its paper, by names, one at a time, and ages up the rungs."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from integrations.desk import cases, duties, escalations, notices, reports
from integrations.desk.notice_views import notice_json, notices_json
from integrations.kit import Kit
from integrations.store.staff import add_staff, get_person
from models.errors import BadInput, Refused
from models.facts import Person
from models.reports import MUST_BE_TOLD, SENT_BACK, NoticeState, NoticeStep, Recipient
from models.states import Role
from models.tables.papers import Disclosure
from models.tables.reports import Notice, Report
from tests.integration.followup_scenes import DAY, HOUR, MINUTE, Family, World, a_family, still_world
from tests.refusals import refused

FACTS = b'{"what_happened": "The child says that it works at night and owes money."}'
TRAFFICKED = {"work": {"works": True, "hours": "night", "owes_money": True}}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def worried(world: World, **answers: Any) -> Family:
    """A call an hour after the release has brought up a concern."""
    family = a_family(world.kit, world.staff)
    world.later(HOUR).records(family, "reached_alone", **(answers or TRAFFICKED))
    return family


def drafted(world: World, family: Family, by: str = "cm") -> Any:
    return notices.draft(world.kit, family.key, FACTS, world.staff[by], now=world.now)


def approved(world: World, family: Family) -> Any:
    notice = drafted(world, family)
    return notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)


def certified(world: World, family: Family) -> Any:
    return notices.certify(
        world.kit, approved(world, family), world.staff["cm"], method="form", now=world.now
    )


def listed(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = notices_json(world.kit, all_of_them=False, now=world.now)["items"]
    return items


def told(world: World, **changes: Any) -> reports.Told:
    return reports.Told(
        **{"who": "Officer Example", "reference": "RFA-77", "method": "phone", "at": world.now} | changes
    )


# --- reports --------------------------------------------------------------------------------------


def test_a_report_is_settled_by_who_told_whom_when_and_their_reference(world: World) -> None:
    family = worried(world)
    duty = world.duty(family, "report_otip")
    reports.file_report(world.kit, duty.id, world.staff["cm"], told(world), now=world.now)
    (row,) = world.rows(Report, family)
    assert (row.recipient, row.reference, row.reported_by, row.reported_at) == (
        "otip",
        "RFA-77",
        world.staff["cm"].id,
        world.now,
    )
    assert b"Example" not in bytes(row.sealed_told)
    settled = world.duty(family, "report_otip", "settled")
    assert settled.evidence_kind == "document"
    (disclosed,) = world.rows(Disclosure, family)
    assert (disclosed.recipient, disclosed.legal_basis) == ("otip", "22 USC 7105(b)")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"who": " "}, "--told"),
        ({"reference": ""}, "--reference"),
        ({"method": "pigeon"}, "--method"),
        ({"to": Recipient.CPS}, "--to"),
    ],
)
def test_a_report_that_does_not_say_so_is_no_evidence(
    world: World, changes: dict[str, Any], field: str
) -> None:
    duty = world.duty(worried(world), "report_otip")
    with pytest.raises(BadInput) as caught:
        reports.file_report(world.kit, duty.id, world.staff["cm"], told(world, **changes), now=world.now)
    assert [p.field for p in caught.value.problems] == [field]


@pytest.mark.parametrize("wrong", [MINUTE, -2 * HOUR])
def test_a_report_was_made_after_the_concern_and_before_now(world: World, wrong: Any) -> None:
    duty = world.duty(worried(world), "report_otip")
    with pytest.raises(BadInput):
        reports.file_report(
            world.kit, duty.id, world.staff["cm"], told(world, at=world.now + wrong), now=world.now
        )


def test_a_case_is_not_closed_over_a_report_that_nobody_has_made(world: World) -> None:
    family = worried(world)
    close = partial(
        cases.close_case, world.kit, family.key, world.staff["cm"], reason="departed", note="", evidence="7"
    )
    waiting = [d for d in world.duties(family) if d.kind in MUST_BE_TOLD]
    assert "report_otip" in {d.kind for d in waiting}
    with pytest.raises(Refused, match="report_open") as caught:
        close(now=world.now)
    assert any("report_otip" in one for one in caught.value.missing)
    assert world.duty(family, "report_otip").state == "open"
    for duty in waiting:
        if duty.kind != "notice_of_concern":
            reports.file_report(world.kit, duty.id, world.staff["cm"], told(world), now=world.now)
    if any(d.kind == "notice_of_concern" for d in waiting):
        certified(world, family)
    close(now=world.now)
    assert world.case(family).state == "closed"


def test_neither_a_note_nor_a_resolved_alarm_stands_for_a_report(world: World) -> None:
    family = worried(world)
    duty = world.duty(family, "report_otip")
    with pytest.raises(Refused, match="needs_evidence"):
        duties.do_duty(world.kit, duty.id, world.staff["cm"], note="reported", now=world.now)
    (alarm,) = world.alarms(family, "concern_trafficking")
    with pytest.raises(Refused, match="needs_evidence"):
        escalations.resolve(
            world.kit,
            alarm.id,
            world.staff["supervisor"],
            outcome="done",
            reason="it is known",
            now=world.now,
        )
    assert world.duty(family, "report_otip").state == "open"


def test_the_database_itself_wants_the_paper(world: World) -> None:
    duty = world.duty(worried(world), "report_otip")
    with world.kit.transaction() as session, refused(session, "obligation_reported_on_paper"):
        session.execute(
            text(
                "WITH e AS (INSERT INTO evidence (id, case_id, kind, row_id, spoke_with, by_staff, actor, at)"
                " VALUES (gen_random_uuid(), :case, 'review', :id, 'nobody', :by, 'x', :now) RETURNING id)"
                " UPDATE obligation SET state = 'settled', evidence_id = e.id, evidence_kind = 'review',"
                " spoke_with = 'nobody', ended_at = :now FROM e WHERE obligation.id = :id"
            ),
            {"case": duty.case_id, "id": duty.id, "by": world.staff["cm"].id, "now": world.now},
        )


# --- the road of a notice -------------------------------------------------------------------------


def test_a_notice_goes_from_draft_to_acknowledged_by_names_and_each_step_is_history(world: World) -> None:
    family = worried(world)
    notice = certified(world, family)
    assert world.duty(family, "notice_of_concern", "settled").evidence_kind == "document"
    waits = world.duty(family, "notice_acknowledged")
    assert waits.due_at == world.now + 72 * HOUR
    notices.acknowledge(
        world.kit,
        notice,
        world.staff["cm"],
        notices.Acknowledgement("ORR-12", world.now),
        now=world.now,
    )
    assert world.duty(family, "notice_acknowledged", "settled").evidence_kind == "document"
    shown = notice_json(world.kit, notice, world.staff["supervisor"], now=world.now)
    assert [step["new"] for step in shown["history"]] == [state.value for state in NoticeState]
    assert shown["acknowledged"]["reference"] == "ORR-12"
    assert shown["facts"]["what_happened"].startswith("The child says")
    assert listed(world) == []


def test_four_eyes_approve_and_the_database_agrees(world: World) -> None:
    family = worried(world)
    notice = drafted(world, family, by="supervisor")
    with pytest.raises(Refused, match="four_eyes"):
        notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    with pytest.raises(Refused, match="wrong_role"):
        notices.approve(world.kit, notice, world.staff["cm"], now=world.now)
    with world.kit.transaction() as session, refused(session, "notice_four_eyes"):
        session.execute(
            text("UPDATE notice SET state = 'approved', approved_by = drafted_by, approved_at = :now"),
            {"now": world.now},
        )
    with world.kit.transaction() as session:
        add_staff(session, email="sue2@example.org", name="Sue Two", roles=[Role.SUPERVISOR], now=world.now)
        other = get_person(session, "sue2@example.org")
    notices.approve(world.kit, notice, other, now=world.now)
    assert listed(world)[0]["state"] == "approved"


def test_no_step_is_left_out(world: World) -> None:
    notice, cm = drafted(world, worried(world)), world.staff["cm"]
    with pytest.raises(Refused, match="move_not_allowed") as left_out:
        notices.certify(world.kit, notice, cm, method="form", now=world.now)
    assert left_out.value.missing == ("a supervisor's approval: kinline noc approve",)
    answer = notices.Acknowledgement("ORR-1", world.now)
    with pytest.raises(Refused, match="move_not_allowed"):
        notices.acknowledge(world.kit, notice, cm, answer, now=world.now)
    notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    with pytest.raises(Refused, match="move_not_allowed") as left_out:
        notices.acknowledge(world.kit, notice, cm, answer, now=world.now)
    assert left_out.value.missing == ("its submission: kinline noc certify",)
    notices.certify(world.kit, notice, cm, method="form", now=world.now)
    with pytest.raises(Refused, match="move_not_allowed") as back:
        notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    assert back.value.missing == ()


def test_a_notice_is_not_changed_without_a_reason_and_not_planned_for_nothing(world: World) -> None:
    notice, cm = drafted(world, worried(world)), world.staff["cm"]
    with pytest.raises(BadInput, match="--reason"):
        notices.revise(world.kit, notice, FACTS, cm, reason=" ", now=world.now)
    for owner, reason, field in (("cm@example.org", "", "--reason"), (None, "on leave", "--owner")):
        with pytest.raises(BadInput, match=field):
            notices.plan(
                world.kit, notice, cm, owner=owner, next_action_at=None, reason=reason, now=world.now
            )


def test_an_approved_notice_says_what_was_approved(world: World) -> None:
    family = worried(world)
    notice = drafted(world, family)
    anew = b'{"what_happened": "More is known now."}'
    with pytest.raises(Refused, match="not_yours"):
        notices.revise(world.kit, notice, anew, world.staff["supervisor"], reason="x", now=world.now)
    notices.revise(world.kit, notice, anew, world.staff["cm"], reason="more is known", now=world.now)
    notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    with pytest.raises(Refused, match="not_a_draft"):
        notices.revise(world.kit, notice, FACTS, world.staff["cm"], reason="x", now=world.now)
    with world.kit.transaction() as session, refused(session, "stays as it was written"):
        session.execute(text("UPDATE notice SET sealed_facts = 'x'"))


def test_notices_cannot_be_closed_in_bulk(world: World) -> None:
    for _ in range(2):
        drafted(world, worried(world))
    with world.kit.transaction() as session, refused(session, "one by one"):
        session.execute(
            text("UPDATE notice SET state = 'approved', approved_by = :by, approved_at = :now"),
            {"by": world.staff["supervisor"].id, "now": world.now},
        )
    for statement in ("DELETE FROM notice", "TRUNCATE notice"):
        with world.kit.transaction() as session, refused(session, "notice"):
            session.execute(text(statement))
    assert [row.state for row in world.rows(Notice)] == ["draft", "draft"]


def test_a_concern_without_a_call_opens_its_own_duty(world: World) -> None:
    family = a_family(world.kit, world.staff)
    drafted(world, family)
    assert world.duty(family, "notice_of_concern").due_at == world.now + DAY


def test_the_facts_are_sealed_and_a_wrong_form_is_refused_by_field(world: World) -> None:
    family = worried(world)
    with pytest.raises(BadInput) as caught:
        notices.draft(world.kit, family.key, b'{"mood": "sad"}', world.staff["cm"], now=world.now)
    assert {p.field for p in caught.value.problems} == {"facts.mood", "facts.what_happened"}
    drafted(world, family)
    (row,) = world.rows(Notice, family)
    assert b"night" not in bytes(row.sealed_facts)


# --- age ------------------------------------------------------------------------------------------


def test_the_list_shows_owner_age_and_next_action_and_what_nobody_has_drafted(world: World) -> None:
    family = worried(world)
    (item,) = listed(world)
    assert (item["state"], item["owner"], item["id"]) == ("to_draft", None, None)
    notice = drafted(world, family)
    world.later(25 * HOUR)
    (item,) = listed(world)
    assert (item["id"], item["owner"], item["age_hours"], item["late"]) == (
        str(notice),
        "cm@example.org",
        25.0,
        True,
    )
    assert (item["level"], item["queue"]) == (2, "supervision")
    notices.plan(
        world.kit,
        notice,
        world.staff["cm"],
        owner="caller@example.org",
        next_action_at=world.now + DAY,
        reason="on leave",
        now=world.now,
    )
    (item,) = listed(world)
    assert (item["owner"], item["late"]) == ("caller@example.org", False)


def test_an_ageing_concern_climbs_from_the_time_it_was_learned_of(world: World) -> None:
    """T+0 the owner, T+24 h the supervisor, and on: by the sweep and by the list alike."""
    family = worried(world)
    duty = world.duty(family, "notice_of_concern")
    world.at(duty.opens_at + DAY + MINUTE).round("lost")
    (alarm,) = (a for a in world.alarms(family, "overdue") if a.obligation_id == duty.id)
    assert (alarm.level, alarm.queue) == (2, "supervision")
    for _ in range(8):
        world.later(DAY).round("lost")
        (alarm,) = (a for a in world.alarms(family, "overdue") if a.obligation_id == duty.id)
        (item,) = listed(world)
        assert (alarm.level, alarm.queue) == (item["level"], item["queue"])
    assert alarm.queue == "oversight"


def test_a_notice_takes_no_state_that_is_none_of_its_own(world: World) -> None:
    drafted(world, worried(world))
    with world.kit.transaction() as session, refused(session, "stays as it was written"):
        session.execute(text("UPDATE notice SET state = 'closed'"))


# --- sent back ------------------------------------------------------------------------------------


def test_a_draft_is_sent_back_with_a_reason_and_is_its_drafters_until_it_is_written_anew(
    world: World,
) -> None:
    notice, cm = drafted(world, worried(world)), world.staff["cm"]
    owner = partial(notices.plan, world.kit, notice, cm, next_action_at=None, reason="to look at it")
    owner(owner="supervisor@example.org", now=world.now)
    sends = partial(notices.send_back, world.kit, notice, reason="Say where it works.", now=world.now)
    until = listed(world)[0]["next_action_at"]
    sends(world.staff["supervisor"])
    (item,) = listed(world)
    assert (item["state"], item["step"], item["owner"]) == ("draft", NoticeStep.REVISE, "cm@example.org")
    assert item["next_action_at"] == until
    last = notice_json(world.kit, notice, cm, now=world.now)["history"][-1]
    assert (last["new"], last["why"], last["by_name"]) == (SENT_BACK, "Say where it works.", "Sue Example")
    with pytest.raises(Refused, match="sent back already"):
        sends(world.staff["supervisor"])
    notices.revise(world.kit, notice, b'{"what_happened": "At a warehouse."}', cm, reason="x", now=world.now)
    assert listed(world)[0]["step"] == NoticeStep.APPROVE
    # Another look may send it back again, or approve it.
    sends(world.staff["supervisor"])
    notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    assert listed(world)[0]["step"] == NoticeStep.CERTIFY
    with pytest.raises(Refused, match="not_a_draft"):
        sends(world.staff["supervisor"])


def test_only_another_supervisor_sends_a_draft_back_and_says_why(world: World) -> None:
    notice = drafted(world, worried(world), by="supervisor")
    for who, reason, error, told in (
        ("supervisor", "x", Refused, "four_eyes"),
        ("cm", "x", Refused, "wrong_role"),
        ("cm", " ", BadInput, "--reason"),
    ):
        with pytest.raises(error, match=told):
            notices.send_back(world.kit, notice, world.staff[who], reason=reason, now=world.now)
    assert [one["step"] for one in listed(world)] == [NoticeStep.APPROVE]
