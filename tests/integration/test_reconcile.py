"""The official list of releases against the file: nobody on it is left out, and nothing that was known is changed."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from integrations.desk import cases, escalations, inbound, release
from integrations.desk import reconcile as desk
from integrations.desk.duties import do_duty
from integrations.desk.intake import submit
from integrations.desk.views import case_json
from integrations.keys import a_number_key, phone_key
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.store.applications import find_application
from integrations.store.sealing import open_json, seal_json
from kinline.cli.roster import app
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Party
from models.tables.ledger import Evidence
from models.tables.people import Case, Child
from models.tables.roster import RosterRelease, RosterRun
from models.tables.system import AuditEntry, History
from models.tables.vetting import Release
from tests.builders import NOW
from tests.integration.families import a_family
from tests.integration.followup_scenes import DAY, HOUR, Family, World, still_world
from tests.integration.scenes import a_packet, hand_in, write_packet

HEADER = ("a_number", "date_of_birth", "released_on", "reference")
RECENT, LONG_AGO = "2026-01-28", "2022-03-01"


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def a_row(n: int, born: str = "2013-04-01", released: str = RECENT, reference: str = "") -> tuple[str, ...]:
    return (f"2300{n:05d}", born, released, reference or f"LIST-{n}")


@pytest.fixture
def a_list(tmp_path: Path) -> Any:
    """Writes a list of these rows and says where it is."""

    def write(*rows: Sequence[str], header: Sequence[str] = HEADER) -> Path:
        path = tmp_path / "roster.csv"
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


def read(world: World, path: Path, *, dry_run: bool = False) -> dict[str, Any]:
    return desk.reconcile(world.kit, path, actor="cli", now=world.now, dry_run=dry_run).as_json()


def counts(world: World) -> dict[str, int]:
    """Rows in every table that a list can add to, but for the audit and the readings themselves."""
    tables = ("child", "child_case", "roster_release", "obligation", "history", "escalation", "evidence")
    with world.kit.transaction() as session:
        return {t: session.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables}


def family_of(added: dict[str, Any]) -> Family:
    return Family(UUID(added["case_id"]), UUID(int=0), {}, {})


def newcomer(world: World, a_list: Any, **row: str) -> Family:
    """A child whom the list alone names."""
    return family_of(read(world, a_list(a_row(1, **row)))["added"][0])


def known_as(world: World, family: Family, a_number: str, born: str = "2011-05-02") -> None:
    """The child of this family has this number."""
    with world.kit.transaction() as session:
        child = session.get_one(Child, session.get_one(Case, family.case_id).child_id)
        child.a_number_key = a_number_key(world.kit.vault, a_number)
        seal_json(world.kit.vault, child, "sealed_details", {"date_of_birth": born, "a_number": a_number})


# --- whom Kinline does not know ---------------------------------------------------------------------


def test_each_child_whom_kinline_does_not_know_gets_a_case_and_a_duty_in_a_queue(
    world: World, a_list: Any
) -> None:
    found = read(
        world,
        a_list(a_row(1), a_row(2, released=LONG_AGO), a_row(3, born="2005-01-01", released=LONG_AGO)),
    )
    assert [(one["line"], one["reference"], one["duty"]) for one in found["added"]] == [
        (2, "LIST-1", "locate_child"),
        (3, "LIST-2", "locate_child"),
        (4, "LIST-3", "closure_review"),
    ]
    assert (found["rows"], found["known"], found["problems"]) == (3, 0, [])
    recent, lost, grown = (family_of(one) for one in found["added"])
    states = [(world.case(f).state, world.case(f).followup_policy) for f in (recent, lost, grown)]
    assert states == [
        ("in_follow_up", "swb-2024r3"),
        ("lost_contact", "swb-2016r3"),
        ("lost_contact", "swb-2016r3"),
    ]
    account = world.account()
    assert (account.children, account.by_state["obligation"], account.is_whole) == (3, 3, True)
    assert {world.standing(f) for f in (recent, lost, grown)} == {"obligation"}
    duty = world.duty(recent, "locate_child")
    assert (duty.queue, duty.in_sight, duty.due_at) == ("case_management", True, world.now + 72 * HOUR)
    with world.kit.transaction() as session:
        case = session.get_one(Case, recent.case_id)
        child = session.get_one(Child, case.child_id)
        assert open_json(world.kit.vault, child, "sealed_details") == {
            "a_number": "230000001",
            "date_of_birth": "2013-04-01",
        }
        assert (case.origin, case.entered_care_on, case.vetting_policy) == ("roster", None, None)


def test_every_change_has_a_row_and_a_batch_has_one_in_the_audit(world: World, a_list: Any) -> None:
    found = read(world, a_list(*(a_row(n) for n in range(1, 4))))
    ids = {UUID(one["case_id"]) for one in found["added"]}
    moves = world.rows(History)  # type: ignore[arg-type]
    assert {(h.row_id, h.old, h.new, h.actor) for h in moves if h.noun == "child_case"} == {
        (case_id, None, "in_follow_up", "cli") for case_id in ids
    }
    assert sum(h.noun == "obligation" for h in moves) == 3
    (audited,) = [a for a in world.rows(AuditEntry) if a.act == "add from roster"]  # type: ignore[arg-type]
    assert (audited.count, audited.noun, len(audited.digest)) == (3, "child_case", 32)
    (run,) = world.rows(RosterRun)
    assert (str(run.id), run.actor, run.ended_at) == (found["run_id"], "cli", world.now)
    assert run.counts == {
        "rows": 3,
        "refused": 0,
        "known": 0,
        "added": 3,
        "missing_from_roster": 0,
        "mismatches": 0,
        "duplicates": 0,
    }


def test_the_same_list_again_changes_nothing(world: World, a_list: Any) -> None:
    path = a_list(a_row(1), a_row(2, born="2004-01-01", released=LONG_AGO))
    read(world, path)
    before = counts(world)
    again = read(world, path)
    assert (again["known"], again["added"], again["mismatches"], again["missing_from_roster"]) == (
        2,
        [],
        [],
        [],
    )
    assert counts(world) == before
    first, second = world.rows(RosterRun)
    assert first.file_key == second.file_key


def test_a_dry_run_says_the_same_and_changes_nothing(world: World, a_list: Any) -> None:
    path, before = a_list(a_row(1), a_row(1), a_row(2, born="?")), counts(world)
    told = read(world, path, dry_run=True)
    assert counts(world) == before
    assert world.rows(RosterRun) == []
    assert [(one["line"], one["case_id"]) for one in told["added"]] == [(2, None)]
    really = read(world, path)
    for key in ("rows", "refused", "known", "duplicates", "problems"):
        assert told[key] == really[key], key


def test_a_list_that_goes_through_in_batches_is_one_list(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "BATCH", 2)
    found = read(world, a_list(a_row(1), a_row(2), a_row(3), a_row(1), a_row(4)))
    assert [one["line"] for one in found["added"]] == [2, 3, 4, 6]
    assert [(d["line"], d["first_line"]) for d in found["duplicates"]] == [(5, 2)]
    assert len([a for a in world.rows(AuditEntry) if a.act == "add from roster"]) == 3  # type: ignore[arg-type]


def test_a_reading_that_broke_off_is_made_whole_by_the_next(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "BATCH", 2)
    path = a_list(*(a_row(n) for n in range(1, 6)))
    whole, batches = desk.add_newcomers, []

    def breaks(*given: Any, **named: Any) -> None:
        batches.append(1)
        whole(*given, **named)
        if len(batches) == 2:
            raise OSError("the power is gone")

    monkeypatch.setattr(desk, "add_newcomers", breaks)
    with pytest.raises(OSError, match="power"):
        read(world, path)
    assert (world.account().children, world.account().is_whole) == (2, True)
    assert [run.ended_at for run in world.rows(RosterRun)] == [None]
    assert len(read(world, path)["added"]) == 3
    assert world.account().children == 5


# --- rows that can't be taken -----------------------------------------------------------------------


def test_a_bad_row_is_named_and_the_good_ones_go_in(world: World, a_list: Any) -> None:
    found = read(world, a_list(a_row(1), a_row(2, released="2027-01-28"), a_row(3, born="?"), a_row(4)))
    assert [one["reference"] for one in found["added"]] == ["LIST-1", "LIST-4"]
    assert [(p["line"], p["reference"], p["field"], p["code"]) for p in found["problems"]] == [
        (3, "LIST-2", "released_on", "in_the_future"),
        (4, "LIST-3", "date_of_birth", "wrong_value"),
    ]
    assert (found["rows"], found["refused"]) == (4, 2)
    assert "2300000" not in json.dumps(found)


def test_a_file_that_is_no_list_leaves_no_trace(world: World, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("230000001,2013-04-01,2026-01-28,LIST-1\n")
    with pytest.raises(BadInput):
        read(world, path)
    assert world.rows(RosterRun) == []


# --- whom Kinline knows -----------------------------------------------------------------------------


def test_a_known_child_is_left_as_it_is_and_what_differs_is_told(world: World, a_list: Any) -> None:
    same, other = (a_family(world.kit, world.staff, child=50, sponsor=51) for _ in range(2))
    known_as(world, same, "230000001")
    known_as(world, other, "230000002")
    before = counts(world)
    on = NOW.date().isoformat()
    found = read(
        world, a_list(a_row(1, born="2011-05-02", released=on), a_row(2, born="2011-06-02", released=RECENT))
    )
    assert (found["known"], found["added"]) == (2, [])
    assert [(m["line"], m["case_id"], m["field"], m["code"]) for m in found["mismatches"]] == [
        (3, other.key, "date_of_birth", "differs"),
        (3, other.key, "released_on", "differs"),
    ]
    assert counts(world) == before


def test_a_released_child_whom_the_list_lacks_is_named(world: World, a_list: Any) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    first = read(world, a_list(a_row(1), a_row(2)))
    found = read(world, a_list(a_row(1), a_row(3, born="?")))
    with world.kit.transaction() as session:
        reference = find_application(session, str(family.application_id)).reference
    told = {(m["case_id"], m["reference"], m["state"]) for m in found["missing_from_roster"]}
    assert told == {
        (family.key, reference, "in_follow_up"),
        (first["added"][1]["case_id"], "LIST-2", "in_follow_up"),
    }


def test_a_known_child_whose_row_is_refused_is_not_called_missing(world: World, a_list: Any) -> None:
    newcomer(world, a_list)
    assert read(world, a_list(a_row(1, released="soon")))["missing_from_roster"] == []


def test_a_child_twice_on_the_list_is_one_child(world: World, a_list: Any) -> None:
    found = read(world, a_list(a_row(1), a_row(1), a_row(1, born="2013-05-01", reference="LIST-9")))
    assert len(found["added"]) == 1
    assert [(d["line"], d["first_line"], d["differs"]) for d in found["duplicates"]] == [
        (3, 2, []),
        (4, 2, ["date_of_birth", "reference"]),
    ]


def test_a_child_in_care_whom_the_list_calls_released_is_counted_until_a_person_says_which_is_true(
    world: World, a_list: Any, tmp_path: Path
) -> None:
    taken = hand_in(world.kit, tmp_path, a_packet(a_number="230000001"), now=world.now)
    with world.kit.transaction() as session:
        case_id = find_application(session, str(taken.application_id)).case_id
    child = Family(case_id, taken.application_id, {}, {})
    path = a_list(a_row(1, born="2012-05-02"))
    found = read(world, path)
    assert [(m["case_id"], m["field"], m["code"]) for m in found["mismatches"]] == [
        (child.key, "released_on", "not_released_here")
    ]
    duty = world.duty(child, "confirm_release")
    assert (duty.queue, duty.due_at) == ("supervision", world.now + DAY)
    assert (world.account().children, world.account().by_state["obligation"]) == (1, 1)
    assert case_json(world.kit, child.key, now=world.now)["in_sight"]["by"].startswith("confirm_release")
    # Nobody looks: it climbs as every late duty does, and stays in the account.
    world.at(duty.due_at + HOUR).round("lost")
    assert [(e.reason, e.queue) for e in world.alarms(child)] == [("overdue", "supervision")]
    assert world.account().is_whole
    do_duty(world.kit, duty.id, world.staff["supervisor"], note="the list is wrong", now=world.now)
    assert (world.account().children, world.alarms(child)) == (0, [])
    # What a person has said once is not asked again.
    read(world, path)
    assert world.duties(child, "confirm_release") == []


def test_a_release_that_is_recorded_answers_the_list(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    with world.kit.transaction() as session:
        row = session.query(Release).filter_by(case_id=family.case_id).one()  # type: ignore[attr-defined]
        application = find_application(session, str(family.application_id))
        desk.open_many(
            session,
            [
                (
                    session.get_one(Case, family.case_id),
                    desk.confirm_release(date(2026, 1, 28), desk.roster_rules(), NOW),
                )
            ],
            actor="cli",
            why="listed",
            now=NOW,
        )
        release._end_duties(session, application, row, world.staff["ffs"], {}, now=NOW)
    settled = world.duty(family, "confirm_release", "settled")
    (evidence,) = [e for e in world.rows(Evidence, family) if e.id == settled.evidence_id]
    assert (evidence.kind, evidence.row_id) == ("release", row.id)


# --- what becomes of a newcomer ---------------------------------------------------------------------


def test_what_nobody_locates_climbs_until_it_is_loud(world: World, a_list: Any) -> None:
    child = newcomer(world, a_list)
    duty = world.duty(child, "locate_child")
    world.live_until(duty.owned_until, step=6 * HOUR)
    assert {e.level for e in world.alarms(child)} == {4}
    world.later(HOUR).round("lost")
    assert (world.account().unanswered, world.account().silent) == ((child.case_id,), ())


@pytest.mark.parametrize(("released", "after"), [(RECENT, "in_follow_up"), (LONG_AGO, "lost_contact")])
def test_who_is_located_by_a_person_is_to_be_heard(
    world: World, a_list: Any, released: str, after: str
) -> None:
    child = newcomer(world, a_list, released=released)
    duty = world.duty(child, "locate_child")
    do_duty(world.kit, duty.id, world.staff["cm"], note="the school knows", now=world.now)
    assert world.case(child).state == after
    hear = world.duty(child, "sight_check")
    assert (hear.key, hear.party, hear.opens_at, hear.due_at) == (
        "located",
        "child",
        world.now,
        world.now + 14 * DAY,
    )
    assert bool(world.duties(child, "lost_contact_review")) == (after == "lost_contact")
    assert world.standing(child) == "obligation"
    # Nobody's number is known: the tries are soon over, and a supervisor looks within the week.
    world.round("contacts")
    world.at(hear.due_at + DAY).round("lost", "contacts")
    assert world.account().silent == ()
    world.records(child, "reached_alone")
    assert world.case(child).state == "in_follow_up"
    assert [d.key for d in world.duties(child, "sight_check")] != ["located"]
    assert world.account().is_whole


@pytest.mark.parametrize("released", [RECENT, LONG_AGO])
def test_a_call_with_the_child_ends_the_search_and_the_next_look_follows(
    world: World, a_list: Any, released: str
) -> None:
    child = newcomer(world, a_list, released=released)
    world.later(80 * HOUR).round("lost")
    assert [e.reason for e in world.alarms(child)] == ["overdue"]
    world.records(child, "reached_alone")
    settled = world.duty(child, "locate_child", "settled")
    assert (settled.evidence_kind, settled.spoke_with) == ("call", "child")
    assert (world.alarms(child), world.case(child).state) == ([], "in_follow_up")
    look = world.duty(child, "sight_check")
    assert look.opens_at.date() == (world.now + 90 * DAY).date()
    assert world.account().is_whole


def test_a_call_with_somebody_else_does_not_end_the_search(world: World, a_list: Any) -> None:
    child = newcomer(world, a_list)
    world.records(child, "sponsor_only", party=Party.CHILD)
    assert world.duty(child, "locate_child").state == "open"


def test_an_escalated_search_is_resolved_by_a_person_and_the_child_is_to_be_heard(
    world: World, a_list: Any
) -> None:
    child = newcomer(world, a_list)
    world.later(80 * HOUR).round("lost")
    (alarm,) = world.alarms(child)
    escalations.resolve(
        world.kit, alarm.id, world.staff["cm"], outcome="found", reason="the school knows", now=world.now
    )
    assert world.duty(child, "locate_child", "settled").evidence_kind == "review"
    assert world.duty(child, "sight_check").key == "located"


def test_a_packet_of_the_child_ends_the_search_and_says_where_to_call(
    world: World, a_list: Any, tmp_path: Path
) -> None:
    child = newcomer(world, a_list, released=LONG_AGO)
    world.later(80 * HOUR).round("lost")
    handed_in = read_path(write_packet(tmp_path, a_packet(a_number="230000001")))
    taken = submit(world.kit, handed_in, actor=str(world.staff["officer"].id), now=world.now)
    settled = world.duty(child, "locate_child", "settled")
    assert (settled.evidence_kind, world.alarms(child)) == ("document", [])
    (evidence,) = [e for e in world.rows(Evidence, child) if e.id == settled.evidence_id]
    assert evidence.row_id == taken.application_id
    # In a packet is where the child is said to be: a person must hear it from the child.
    assert (world.duty(child, "sight_check").key, world.case(child).state) == ("located", "lost_contact")
    assert world.account().is_whole
    case = world.case(child)
    assert (case.vetting_policy, case.entered_care_on, case.care_provider) == (
        "orr-2025",
        date(2026, 1, 10),
        "Example Shelter",
    )
    with world.kit.transaction() as session:
        details = open_json(world.kit.vault, session.get_one(Child, case.child_id), "sealed_details")
    assert details["given_names"] == "Ixchel"
    # The numbers of the packet are called.
    assert world.round("contacts") == {"waits": 1}
    world.later(25 * HOUR).round("contacts")
    assert [(call.kind, call.party) for call in world.calls_of(child)] == [("human", "child")]
    # And what is texted from them is this family's word: a STOP must not be a stranger's.
    with world.kit.transaction() as session:
        heard = inbound.numbers_of_phone(session, phone_key(world.kit.vault, "+17135550101"))
        assert [number.case_id for number in heard] == [child.case_id]


def test_whoever_is_18_is_closed_by_a_person(world: World, a_list: Any) -> None:
    child = newcomer(world, a_list, born="2005-01-01", released=LONG_AGO)
    cases.close_case(world.kit, "LIST-1", world.staff["cm"], reason="turned_18", note="", now=world.now)
    assert (world.duties(child), world.account().by_state["closed"]) == ([], 1)
    other = family_of(read(world, a_list(a_row(2)))["added"][0])
    with pytest.raises(Refused, match="18"):
        cases.close_case(world.kit, other.key, world.staff["cm"], reason="turned_18", note="", now=world.now)


def test_a_reference_finds_the_case_unless_the_list_gave_it_to_several_children(
    world: World, a_list: Any
) -> None:
    found = read(world, a_list(a_row(1), a_row(2, reference="SAME"), a_row(3, reference="SAME")))
    assert len(found["added"]) == 3
    shown = case_json(world.kit, "LIST-1", now=world.now)
    assert shown["case_id"] == found["added"][0]["case_id"]
    assert shown["roster"] == {"reference": "LIST-1", "released_on": RECENT}
    with pytest.raises(BadInput, match="ambiguous"):
        case_json(world.kit, "SAME", now=world.now)


def test_an_address_needs_the_packet_first(world: World, a_list: Any) -> None:
    from integrations.desk.addresses import change_address

    child = newcomer(world, a_list)
    home = json.dumps(a_packet()["address"]).encode()
    with pytest.raises(Refused, match="no_packet"):
        change_address(world.kit, child.key, home, world.staff["cm"], moved_at=world.now, now=world.now)


# --- the account ------------------------------------------------------------------------------------


def test_a_release_without_a_followed_case_is_silent_and_not_left_out(world: World, a_list: Any) -> None:
    """The denominator is releases: of a child who is not followed there would else be no trace."""
    family = a_family(world.kit, world.staff, child=50, sponsor=51)
    child = newcomer(world, a_list)
    with world.kit.transaction() as session:
        session.execute(text("ALTER TABLE child_case DISABLE TRIGGER USER"))
        session.execute(text("ALTER TABLE obligation DISABLE TRIGGER USER"))
        session.execute(text("DELETE FROM obligation"))
        session.execute(
            text(
                "UPDATE child_case SET state = 'in_care', released_at = NULL, last_contact_at = NULL,"
                " max_silence_days = NULL, followup_policy = NULL"
            )
        )
        session.execute(text("ALTER TABLE child_case ENABLE TRIGGER USER"))
        session.execute(text("ALTER TABLE obligation ENABLE TRIGGER USER"))
    account = world.account()
    assert (account.children, set(account.silent)) == (2, {family.case_id, child.case_id})
    assert {world.standing(family), world.standing(child)} == {"silent"}


def test_no_act_removes_a_child_from_the_list_that_named_it(world: World, a_list: Any) -> None:
    newcomer(world, a_list)
    for change in (
        "DELETE FROM roster_release",
        "UPDATE roster_release SET line = 1",
        "DELETE FROM roster_run",
    ):
        with (
            pytest.raises(Exception, match="are kept as they were written"),
            world.kit.transaction() as session,
        ):
            session.execute(text(change))
    assert len(world.rows(RosterRelease)) == 1


# --- the command ------------------------------------------------------------------------------------


def test_the_command_says_what_changed_and_exits_2_when_a_row_was_not_taken(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = world.kit.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KINLINE_DATABASE_URL", url)
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))

    def run(path: Path, *options: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(path), *options])
        return result.exit_code, result.stdout

    code, told = run(a_list(a_row(1), a_row(1), a_row(2, born="?")), "--dry-run", "--json")
    assert (code, set(json.loads(told))) == (
        2,
        {
            "run_id",
            "dry_run",
            "rows",
            "refused",
            "known",
            "added",
            "missing_from_roster",
            "mismatches",
            "duplicates",
            "problems",
        },
    )
    code, told = run(a_list(a_row(1), a_row(1), a_row(2, born="?")))
    assert code == 2
    assert "not known until now: line 2, LIST-1, case " in told
    assert "twice on the list: line 3, LIST-1, first in line 2" in told
    assert "not taken: line 4, LIST-2, date_of_birth: This is not a date." in told
    assert "3 rows: 0 known, 1 added, 1 twice, 1 not taken" in told
    code, told = run(a_list(a_row(1)))
    assert (code, "1 rows: 1 known, 0 added" in told) == (0, True)
    assert "2300000" not in told
