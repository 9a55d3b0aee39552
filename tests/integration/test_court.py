"""A child's case in court: status with an age, looks that settle the duty to look, and that one always stands open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from integrations.desk import duties, escalations
from integrations.desk.court import Look, hearings_changed, record_look, take_look
from integrations.desk.court_dates import NamedHearing
from integrations.desk.court_measures import measures_json
from integrations.desk.views import case_json
from integrations.kit import Kit
from integrations.store.cases import lock_case
from integrations.store.court import records_of
from models.court_status import CourtSource, CourtStatus
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.court import CourtLook
from models.tables.ledger import Evidence, Hearing
from models.tables.people import Case
from tests.builders import NOW, a_hearing
from tests.integration.followup_scenes import DAY, Family, World, a_family, local, still_world
from tests.refusals import refused

WEB = CourtSource.ACIS_WEB
NO_DATE = Look(CourtStatus.FILED_NO_DATE, WEB)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def family(world: World) -> Family:
    """A child without a known hearing, whom the court round has seen."""
    made = a_family(world.kit, world.staff)
    world.round("court")
    return made


def looks(world: World, family: Family, look: Look, by: str = "cm") -> None:
    record_look(world.kit, family.key, look, world.staff[by], now=world.now)


def shown(world: World, family: Family) -> dict[str, Any]:
    return case_json(world.kit, family.key, now=world.now)


def in_court(world: World, family: Family) -> dict[str, Any]:
    found: dict[str, Any] = shown(world, family)["court"]
    return found


def named(day: int, key: str = "H-1") -> NamedHearing:
    return NamedHearing(local(day, 9), "Houston", key)


def dated(day: int, key: str = "H-1") -> Look:
    return Look(CourtStatus.DATED, WEB, names=named(day, key))


# --- the status and the look ----------------------------------------------------------------------


def test_a_released_child_is_unknown_to_the_court_until_somebody_looks(world: World, family: Family) -> None:
    world.later(5 * DAY)
    found = in_court(world, family)
    assert (found["status"], found["days"], found["last_look"]) == ("unknown", 5, None)
    assert found["next_hearing_at"] is None
    assert found["next_look"]["due_at"] == (NOW + 30 * DAY).isoformat()


def test_a_look_sets_the_status_settles_the_duty_and_opens_the_next(world: World, family: Family) -> None:
    duty = world.duty(family, "court_lookup")
    world.later(3 * DAY)
    looks(world, family, Look(CourtStatus.SERVED_NOT_FILED, WEB, said="No case found for this number."))
    (row,) = world.rows(CourtLook, family)
    assert (row.status, row.source, row.by_staff, row.at) == (
        "served_not_filed", "acis_web", world.staff["cm"].id, world.now
    )  # fmt: skip
    assert b"No case" not in bytes(row.sealed_said)
    settled = world.duty(family, "court_lookup", "settled")
    (evidence,) = world.rows(Evidence, id=settled.evidence_id)
    assert (settled.id, row.obligation_id) == (duty.id, duty.id)
    assert (evidence.kind, evidence.row_id, evidence.by_staff) == ("review", row.id, world.staff["cm"].id)
    assert world.duty(family, "court_lookup").due_at == world.now + 30 * DAY
    world.later(2 * DAY)
    found = in_court(world, family)
    assert (found["status"], found["days"]) == ("served_not_filed", 2)
    assert found["last_look"]["said"] == "No case found for this number."
    assert found["last_look"]["by"] == "cm@example.org"


def test_a_look_that_says_the_same_again_leaves_the_status_its_age(world: World, family: Family) -> None:
    looks(world, family, NO_DATE)
    world.later(20 * DAY)
    looks(world, family, NO_DATE)
    assert in_court(world, family)["days"] == 20
    assert len(world.rows(CourtLook, family)) == 2


def test_nothing_but_a_look_settles_the_duty_to_look(world: World, family: Family) -> None:
    duty = world.duty(family, "court_lookup")
    with pytest.raises(Refused) as note:
        duties.do_duty(world.kit, duty.id, world.staff["cm"], note="looked", now=world.now)
    assert "kinline court look" in note.value.missing[0]
    world.later(31 * DAY).round("lost")
    alarm = next(a for a in world.alarms(family, "overdue") if a.obligation_id == duty.id)
    with pytest.raises(Refused) as word:
        escalations.resolve(
            world.kit, alarm.id, world.staff["cm"], outcome="done", reason="looked", now=world.now
        )
    assert "kinline court look" in word.value.missing[0]
    looks(world, family, NO_DATE)
    assert alarm.id not in {a.id for a in world.alarms(family)}


@pytest.mark.parametrize(
    ("look", "field"),
    [
        (Look(CourtStatus.DATED, WEB), "--next-hearing"),
        (Look(CourtStatus.UNKNOWN, WEB, names=named(40)), "--status"),
        (dated(-1), "--next-hearing"),
        (Look(CourtStatus.COMPLETED, WEB, ordered_on=date(2026, 1, 1)), "--ordered-on"),
        (Look(CourtStatus.ORDERED_REMOVED, WEB, ordered_on=date(2027, 1, 1)), "--ordered-on"),
    ],
)
def test_a_look_that_contradicts_itself_is_not_stored(
    world: World, family: Family, look: Look, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        looks(world, family, look)
    assert [p.field for p in caught.value.problems] == [field]
    assert world.rows(CourtLook) == []
    assert world.duty(family, "court_lookup").state == "open"


def test_only_who_follows_the_child_writes_looks_down(world: World, family: Family) -> None:
    with pytest.raises(Refused):
        looks(world, family, NO_DATE, by="auditor")


# --- dates ----------------------------------------------------------------------------------------


def test_a_look_that_names_a_hearing_plans_it_whole(world: World, family: Family) -> None:
    looks(world, family, dated(40))
    (hearing,) = world.rows(Hearing, family)
    assert (hearing.state, hearing.starts_at, hearing.court) == (
        "scheduled",
        local(40, 9),
        "Houston Immigration Court",
    )
    reminders = world.duties(family, "hearing_reminder")
    assert {(d.party, d.detail["days_before"]) for d in reminders} == {
        (party, n) for n in (7, 3, 1) for party in ("child", "sponsor")
    }
    assert world.duty(family, "hearing_outcome").opens_at == local(40, 9)
    assert world.duty(family, "court_lookup").opens_at == local(10, 9)
    found = in_court(world, family)
    assert (found["status"], found["next_hearing_at"]) == ("dated", local(40, 9).isoformat())


def test_looks_come_thirty_fourteen_seven_three_and_one_day_before_and_after_it(
    world: World, family: Family
) -> None:
    looks(world, family, dated(32))
    days = []
    while (duty := world.duty(family, "court_lookup")).opens_at < local(32, 9):
        days.append((local(32, 9) - duty.opens_at).days)
        world.at(duty.opens_at)
        looks(world, family, Look(CourtStatus.DATED, WEB))
    assert days == [30, 14, 7, 3, 1]
    assert duty.opens_at == local(33, 9)


def test_a_hearing_that_the_court_has_moved_is_planned_anew(world: World, family: Family) -> None:
    looks(world, family, dated(40))
    old = {d.id for d in world.duties(family) if d.kind.startswith("hearing_")}
    looks(world, family, dated(60))
    (hearing,) = world.rows(Hearing, family)
    assert (hearing.state, hearing.starts_at) == ("moved", local(60, 9))
    new = [d for d in world.duties(family) if d.kind.startswith("hearing_")]
    told = {d.party for d in new if d.kind == "hearing_change"}
    assert (len(new), told) == (9, {"child", "sponsor"})
    assert old == {d.id for d in world.duties(family, state="void") if d.successor_id in {n.id for n in new}}
    assert world.duty(family, "court_lookup").opens_at == local(30, 9)


def test_a_look_that_denies_our_date_is_made_again_soon_and_cancels_nothing(
    world: World, family: Family
) -> None:
    looks(world, family, dated(100))
    world.at(local(70, 10))
    looks(world, family, NO_DATE)
    assert world.duty(family, "court_lookup").due_at == world.now + 3 * DAY
    assert [h.state for h in world.rows(Hearing, family)] == ["scheduled"]
    world.round("court")
    assert in_court(world, family)["status"] == "filed_no_date"


def test_whoever_changes_a_hearing_leaves_the_status_and_the_look_as_they_must_be(
    world: World, family: Family
) -> None:
    looks(world, family, dated(200))
    with world.kit.transaction() as session:
        case, (hearing,) = session.get_one(Case, family.case_id), world.rows(Hearing, family)
        session.get_one(Hearing, hearing.id).state = "cancelled"
        hearings_changed(session, case, actor="engine:hearings", why="cancelled", now=world.now)
    assert world.case(family).court_status == "unknown"
    assert world.duty(family, "court_lookup").due_at == world.now + 30 * DAY


def test_the_courts_own_list_may_be_a_look_without_a_person(world: World, family: Family) -> None:
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        look = Look(CourtStatus.COMPLETED, CourtSource.FEED)
        take_look(world.kit, session, case, look, by=None, actor="engine:hearings", now=world.now)
    assert world.duty(family, "court_lookup", "settled").evidence_kind == "hearing"
    assert world.case(family).court_status == "completed"


# --- an order of removal --------------------------------------------------------------------------


def test_an_order_of_removal_is_somebodys_at_once_with_the_clocks(world: World, family: Family) -> None:
    order = Look(CourtStatus.ORDERED_REMOVED, CourtSource.LAWYER, ordered_on=date(2026, 1, 20))
    looks(world, family, order)
    (alarm,) = world.alarms(family, "ordered_removed")
    assert alarm.owned_until > world.now
    (told,) = [e for e in shown(world, family)["escalations"] if e["reason"] == "ordered_removed"]
    clocks = {c["rule"]: c["until"] for c in told["help"]["clocks"]}
    assert told["help"]["basis"] == "order"
    assert clocks["HP1-EXCEPTIONAL"] == (date(2026, 1, 20) + timedelta(days=180)).isoformat()
    assert clocks["HP1-NO-NOTICE"] is None
    assert told["help"]["pointers"]
    world.later(DAY)
    looks(world, family, order)
    assert len(world.alarms(family, "ordered_removed")) == 1


# --- the round ------------------------------------------------------------------------------------


def test_the_round_sees_every_batch_and_does_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.desk.court_round.BATCH", 2)
    families = [a_family(world.kit, world.staff) for _ in range(5)]
    assert world.round("court") == {"lookups": 5}
    assert world.round("court") == {}
    assert all(len(world.duties(f, "court_lookup")) == 1 for f in families)


def test_the_round_leaves_a_case_that_somebody_holds_for_its_next_time(world: World) -> None:
    families = [a_family(world.kit, world.staff) for _ in range(2)]
    with world.kit.transaction() as session:
        lock_case(session, families[0].case_id)
        assert world.round("court") == {"lookups": 1}
    assert [len(world.duties(f, "court_lookup")) for f in families] == [0, 1]
    assert world.round("court") == {"lookups": 1}


def test_the_round_plans_by_a_date_that_nobody_told_it_of(world: World, family: Family) -> None:
    with world.kit.transaction() as session:
        a_hearing(session, session.get_one(Case, family.case_id), starts_at=local(50, 9), seen_at=NOW)
    old = world.duty(family, "court_lookup")
    assert world.round("court") == {"statuses": 1, "lookups": 1, "outcomes": 1}
    assert world.round("court") == {}
    assert world.duty(family, "court_lookup").opens_at == local(20, 9)
    assert world.duty(family, "court_lookup", "void").id == old.id
    assert world.case(family).court_status == "dated"


def test_a_date_that_has_passed_makes_the_status_unknown_at_that_instant_and_in_the_row(
    world: World, family: Family
) -> None:
    looks(world, family, dated(40))
    world.at(local(43, 9))
    found = in_court(world, family)
    assert (found["status"], found["since"], found["days"]) == ("unknown", local(40, 9).isoformat(), 3)
    assert world.case(family).court_status == "dated"
    assert world.round("court")["statuses"] == 1
    assert (world.case(family).court_status, world.case(family).court_since) == ("unknown", local(40, 9))


def test_a_look_that_is_late_stays_late_when_a_date_becomes_known(world: World, family: Family) -> None:
    late = world.duty(family, "court_lookup")
    world.later(31 * DAY)
    with world.kit.transaction() as session:
        a_hearing(session, session.get_one(Case, family.case_id), starts_at=local(90, 9), seen_at=NOW)
    world.round("court")
    assert world.duty(family, "court_lookup").id == late.id


# --- kept, and measured ---------------------------------------------------------------------------


def test_looks_are_kept_as_they_were_written(world: World, family: Family) -> None:
    looks(world, family, NO_DATE)
    with world.kit.transaction() as session:
        (row,) = world.rows(CourtLook, family)
        for change in ("UPDATE court_look SET status = 'dated'", "DELETE FROM court_look"):
            with refused(session, "court_look"):
                session.connection().exec_driver_sql(change)
        assert records_of(session, UUID(family.key)) == []
        assert session.get_one(CourtLook, row.id).status == "filed_no_date"


def test_children_without_a_date_are_counted_and_named(world: World, family: Family) -> None:
    other = a_family(world.kit, world.staff)
    looks(world, other, dated(40))
    measures = {m["id"]: m for m in measures_json(world.kit, now=world.now)["measures"]}
    found = measures["no_hearing_known"]
    assert (found["numerator"], found["denominator"], found["exceptions"]) == (1, 2, [family.key])
    assert measures["hearings_attended"]["share"] is None
