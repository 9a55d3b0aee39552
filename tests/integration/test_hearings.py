"""The court's list of hearings: each of its rows is taken, told and planned for, or waits for a person."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from followup.court import DOUBT, hearing_duties
from followup.escalation import time_of_the_ladder
from integrations.desk import hearing_batch, hearing_doubts
from integrations.desk import hearings as desk
from integrations.desk.court_dates import NamedHearing, know_hearing
from integrations.desk.duties import as_duty
from integrations.keys import a_number_key
from integrations.kit import Kit
from integrations.policies import followup_policy
from integrations.store.cases import lock_case
from integrations.store.sealing import seal_json
from kinline.cli.hearings import app
from models.errors import BadInput, Refused
from models.facts import Person
from models.states import Party
from models.tables.hearing_list import HearingDoubt
from models.tables.ledger import Hearing, Obligation
from models.tables.people import Child
from models.tables.system import Job
from tests.builders import a_case
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    POLICY,
    Family,
    World,
    a_family,
    open_world,
    still_world,
)
from tests.integration.test_reconcile import known_as

HEADER = ["a_number", "date_of_birth", "court", "hearing_key", "starts_at", "kind", "state", "outcome"]
COURT = "Los Angeles Immigration Court"
BORN = "2011-05-02"
NUMBER = "220500001"
IN_20_DAYS = datetime(2026, 2, 22, 17, 30, tzinfo=UTC)


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def live(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as world:
        yield world


@pytest.fixture
def a_list(tmp_path: Path) -> Any:
    """Writes a list of these rows and says where it is."""

    def write(*rows: Sequence[str]) -> Path:
        path = tmp_path / "hearings.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *rows])
        return path

    return write


def a_row(
    key: str = "LA-1",
    at: datetime = IN_20_DAYS,
    *,
    number: str = NUMBER,
    born: str = BORN,
    court: str = COURT,
    state: str = "scheduled",
    outcome: str = "",
) -> tuple[str, ...]:
    return (number, born, court, key, at.isoformat(), "master", state, outcome)


def take(world: World, path: Path, **options: Any) -> dict[str, Any]:
    return desk.import_file(world.kit, path, actor="cli", now=world.now, **options).as_json()


def a_child_of(world: World, number: str = NUMBER, **options: Any) -> Family:
    family = a_family(world.kit, world.staff, **options)
    known_as(world, family, number, BORN)
    return family


def about(world: World, family: Family, state: str = "open") -> set[tuple[str, str, str]]:
    """The duties about hearings: kind, party, and what of the key stands after the hearing's id.

    Of the looks at the court, those that a contradiction asks for.
    """
    kinds = ("hearing_reminder", "hearing_outcome", "hearing_change", "tell_by_voice", "court_lookup")
    return {
        (d.kind, d.party, d.key.split(":", 2)[-1])
        for d in world.duties(family, None, state)
        if d.kind in kinds and (d.kind != "court_lookup" or DOUBT in d.detail)
    }


def counts(world: World) -> dict[str, int]:
    tables = ("hearing", "hearing_doubt", "obligation", "history", "message", "escalation")
    with world.kit.transaction() as session:
        return {t: session.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables}


def reminders(*days: int) -> set[tuple[str, str, str]]:
    return {("hearing_reminder", party, str(n)) for n in days for party in ("child", "sponsor")}


OUTCOME = ("hearing_outcome", "case", "outcome")


# --- rows that are taken ----------------------------------------------------------------------------


def test_a_new_hearing_stands_with_its_reminders_and_its_outcome_to_record(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    found = take(world, a_list(a_row(court="los angeles")))
    assert [(one["line"], one["hearing_key"]) for one in found["added"]] == [(2, "LA-1")]
    (hearing,) = world.rows(Hearing, family)
    assert (hearing.court, hearing.zone, hearing.source) == (COURT, "America/Los_Angeles", "court")
    assert (hearing.starts_at, hearing.state, hearing.outcome) == (IN_20_DAYS, "scheduled", None)
    assert about(world, family) == reminders(7, 3, 1) | {OUTCOME}
    said = (None, f"scheduled {IN_20_DAYS.isoformat()}", "the court's list names it")
    assert history_of(world, hearing.id) == said


def test_hearings_at_one_hour_owe_what_the_domain_says_of_each(world: World, a_list: Any) -> None:
    families = [a_child_of(world), a_child_of(world, "220500002", child=2, sponsor=3)]
    take(world, a_list(a_row("LA-1"), a_row("LA-2", number="220500002")))
    for family in families:
        (hearing,) = world.rows(Hearing, family)
        zone, policy = world.case(family).zone, followup_policy(POLICY)
        assert zone is not None
        expected = hearing_duties(
            hearing.id, IN_20_DAYS, zone, {Party.CHILD, Party.SPONSOR}, policy, world.now
        )
        opened = [d for d in world.duties(family) if d.detail.get("hearing_id") and d.kind != "court_lookup"]
        by_key = {(d.party, d.key): as_duty(d) for d in opened}
        assert by_key == {(d.party.value, d.key): d for d in expected}
        ladder = time_of_the_ladder(policy)
        assert {(d.owned_until - d.due_at, d.created_at) for d in opened} == {(ladder, world.now)}
        assert {d.next_at == (d.opens_at if d.party != "case" else None) for d in opened} == {True}
        assert [history_of(world, d.id) for d in opened] == [(None, "open", "the court's list names it")] * 7


def history_of(world: World, row_id: UUID) -> tuple[str | None, str, str]:
    with world.kit.transaction() as session:
        said = session.execute(text("SELECT old, new, why FROM history WHERE row_id = :id"), {"id": row_id})
        old, new, why = said.one()
        return old, new, why


@pytest.mark.parametrize("at_once", [0, 200])
def test_the_status_and_the_next_look_follow_the_list(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(desk, "AT_ONCE", at_once)  # a round that is asked for, or in the same breath
    family = a_child_of(world)
    take(world, a_list(a_row()))
    if not at_once:
        assert [(job.kind, job.key) for job in world.rows(Job, state="waiting")] == [("round", "court")]
        world.round("court")
    assert world.case(family).court_status == "dated"
    (hearing,) = world.rows(Hearing, family)
    assert world.duty(family, "court_lookup").detail["hearing_id"] == str(hearing.id)
    take(world, a_list(a_row(at=IN_20_DAYS + DAY)))
    if not at_once:
        world.round("court")
    starts = int((IN_20_DAYS + DAY).timestamp())
    assert world.duty(family, "court_lookup").detail["starts"] == starts


def test_the_same_list_twice_changes_nothing(world: World, a_list: Any) -> None:
    a_child_of(world)
    rows = [a_row("LA-1"), a_row("LA-2", number="230000009"), a_row("LA-3", born="2001-01-01")]
    first = take(world, a_list(*rows))
    assert (len(first["added"]), len(first["queued"])) == (1, 2)
    before = counts(world)
    again = take(world, a_list(*rows))
    assert (again["unchanged"], again["queued"], counts(world)) == (1, [], before)


def test_a_dry_run_says_the_same_and_changes_nothing(world: World, a_list: Any) -> None:
    a_child_of(world)
    path = a_list(a_row("LA-1"), a_row("LA-2", number="230000009"))
    before = counts(world)
    dry = take(world, path, dry_run=True)
    assert counts(world) == before
    assert dry["counts"] == take(world, path)["counts"]
    gone = a_list(a_row("LA-9", number="230000009"))
    assert [one["hearing_key"] for one in take(world, gone, dry_run=True)["vanished"]] == ["LA-1"]
    assert world.rows(Hearing)[0].vanished_at is None


def test_a_long_list_goes_through_in_batches_side_by_side(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "BATCH", 1)
    monkeypatch.setattr(desk, "OF_A_TURN", 3)
    families = [a_child_of(world), a_child_of(world, "220500002", child=2, sponsor=3)]
    other = {"number": "220500002"}
    rows = [a_row("LA-1"), a_row("LA-2", IN_20_DAYS + DAY), a_row("LA-3", **other), a_row("LA-1")]
    rows += [
        a_row("LA-4", born="2001-01-01", **other),
        a_row("LA-5", number="230000009"),
        a_row("LA-6", **other),
    ]
    dry = take(world, a_list(*rows), dry_run=True)
    assert (counts(world)["hearing"], counts(world)["hearing_doubt"]) == (0, 0)
    found = take(world, a_list(*rows))
    assert found["counts"] == dry["counts"]
    assert [one["line"] for one in found["added"]] == [2, 3, 4, 8]
    assert [(one["line"], one["why"]) for one in found["queued"]] == [
        (6, "birth_date_differs"),
        (7, "unknown_child"),
    ]
    assert [one["first_line"] for one in found["duplicates"]] == [2]
    assert [len(world.rows(Hearing, family)) for family in families] == [2, 2]
    before = counts(world)
    assert (take(world, a_list(*rows))["unchanged"], counts(world)) == (4, before)


def test_what_breaks_off_half_way_is_made_whole_by_the_next_reading(
    world: World, a_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "BATCH", 1)
    family = a_child_of(world)
    rows = [a_row("LA-1"), a_row("LA-2", IN_20_DAYS + DAY), a_row("LA-3", IN_20_DAYS + 2 * DAY)]

    def breaks_at_line_2(work: Any, run: Any, batch: Any, **options: Any) -> Any:
        if any(row.line == 2 for row in batch.values()):
            raise RuntimeError("the power went")
        return hearing_batch.take(work, run, batch, **options)

    monkeypatch.setattr(desk, "take", breaks_at_line_2)
    with pytest.raises(RuntimeError):
        take(world, a_list(*rows))
    # What was begun beside it is whole.
    assert {row.hearing_key for row in world.rows(Hearing, family)} == {"LA-2", "LA-3"}
    monkeypatch.undo()
    found = take(world, a_list(*rows))
    assert (found["counts"]["added"], found["unchanged"]) == (1, 2)
    assert len([kind for kind, _, _ in about(world, family) if kind == "hearing_outcome"]) == 1


def test_a_hearing_that_is_too_near_for_a_text_is_told_by_a_person_before_it(
    world: World, a_list: Any
) -> None:
    family = a_child_of(world)
    soon = world.now + 5 * HOUR
    take(world, a_list(a_row(at=soon)))
    assert about(world, family) == {
        ("tell_by_voice", "child", "late"),
        ("tell_by_voice", "sponsor", "late"),
        OUTCOME,
    }
    assert {d.due_at for d in world.duties(family, "tell_by_voice")} == {soon}


def test_a_moved_hearing_voids_what_was_planned_and_tells_the_family(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    take(world, a_list(a_row()))
    old = {d.id for d in world.duties(family) if d.detail.get("hearing_id")}
    new_time = IN_20_DAYS + 10 * DAY
    found = take(world, a_list(a_row(at=new_time)))
    assert [one["hearing_key"] for one in found["moved"]] == ["LA-1"]
    (hearing,) = world.rows(Hearing, family)
    assert (hearing.state, hearing.starts_at) == ("moved", new_time)
    told = f"moved-{new_time:%Y%m%dT%H%M}"
    assert about(world, family) == reminders(7, 3, 1) | {
        OUTCOME,
        ("hearing_change", "child", told),
        ("hearing_change", "sponsor", told),
    }
    ended = [d for d in world.duties(family, None, "void") if d.id in old]
    assert {d.id for d in ended} == old
    # Each names the one in its place: the same kind for the same person.
    standing = {d.id: (d.kind, d.party) for d in world.duties(family)}
    assert all(standing[d.successor_id] == (d.kind, d.party) for d in ended)


def test_a_cancelled_hearing_leaves_no_reminder_and_asks_for_a_new_date(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    take(world, a_list(a_row()))
    assert len(take(world, a_list(a_row(state="cancelled")))["cancelled"]) == 1
    kinds = {(kind, party) for kind, party, _ in about(world, family)}
    assert kinds == {("hearing_change", "child"), ("hearing_change", "sponsor"), ("court_lookup", "case")}
    assert len(take(world, a_list(a_row()))["restored"]) == 1
    assert about(world, family) >= reminders(7, 3, 1) | {OUTCOME}
    assert not [d for d in world.duties(family, "court_lookup") if ":off:" in d.key]


def test_a_hearing_that_vanished_is_asked_for_and_still_reminded_of(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    take(world, a_list(a_row("LA-1"), a_row("LA-2", IN_20_DAYS + DAY)))
    found = take(world, a_list(a_row("LA-2", IN_20_DAYS + DAY)))
    assert [one["hearing_key"] for one in found["vanished"]] == ["LA-1"]
    assert [kind for kind, _, _ in about(world, family) if kind == "court_lookup"] == ["court_lookup"]
    assert len(world.duties(family, "hearing_reminder")) == 12
    # A part of a list, and another source's list, make nothing vanish.
    for options in ({"whole": False}, {"source": "boston"}):
        assert take(world, a_list(a_row("LA-1")), **options)["vanished"] == []
    back = take(world, a_list(a_row("LA-1"), a_row("LA-2", IN_20_DAYS + DAY)))
    assert (len(back["updated"]), back["vanished"]) == (0, [])


def test_a_list_that_lacks_too_much_is_taken_for_a_part(world: World, a_list: Any) -> None:
    a_child_of(world)
    rows = [a_row(f"LA-{n}") for n in range(100)]
    take(world, a_list(*rows))
    part = take(world, a_list(*rows[:70]))
    assert (part["taken_for_a_part"], part["vanished"]) == (True, [])
    assert len(take(world, a_list(*rows[:70]), whole=True)["vanished"]) == 30


def test_rows_that_are_wrong_are_named_by_line_and_take_no_other_with_them(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    wrong = list(a_row("LA-2"))
    wrong[4], wrong[5] = "22 February", "big"
    found = take(world, a_list(wrong, a_row("LA-1"), a_row(f"K{NUMBER}")))
    assert [(p["line"], p["field"], p["code"]) for p in found["problems"]] == [
        (2, "starts_at", "wrong_value"),
        (2, "kind", "wrong_value"),
        (4, "hearing_key", "holds_the_a_number"),
    ]
    assert (found["refused"], len(found["added"]), len(world.rows(Hearing, family))) == (2, 1, 1)
    assert NUMBER not in str({k: v for k, v in found.items() if k != "problems"})


def test_a_hearing_twice_on_the_list_counts_once_and_says_what_differs(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    found = take(world, a_list(a_row(), a_row(at=IN_20_DAYS + DAY)))
    assert found["duplicates"] == [
        {"line": 3, "hearing_key": "LA-1", "first_line": 2, "differs": ["starts_at"]}
    ]
    assert world.rows(Hearing, family)[0].starts_at == IN_20_DAYS


def test_a_child_in_care_has_the_hearing_and_owes_nothing_yet(world: World, a_list: Any) -> None:
    with world.kit.transaction() as session:
        case = a_case(session, world.kit.vault)
        child = session.get_one(Child, case.child_id)
        child.a_number_key = a_number_key(world.kit.vault, NUMBER)
        seal_json(world.kit.vault, child, "sealed_details", {"date_of_birth": BORN, "a_number": NUMBER})
    take(world, a_list(a_row()))
    assert [h.case_id for h in world.rows(Hearing)] == [case.id]
    assert world.rows(Obligation, kind="hearing_reminder") == []


def test_what_came_of_a_hearing_is_recorded_and_a_miss_is_somebodys_at_once(
    world: World, a_list: Any
) -> None:
    family = a_child_of(world)
    past = world.now - DAY
    rows = [
        a_row("LA-1", past - DAY, state="completed", outcome="attended"),
        a_row("LA-2", past, state="completed", outcome="missed"),
        a_row("LA-3", past, state="completed"),
    ]
    assert len(take(world, a_list(*rows))["added"]) == 3
    outcomes = {h.hearing_key: (h.state, h.outcome) for h in world.rows(Hearing, family)}
    assert outcomes == {
        "LA-1": ("completed", "attended"),
        "LA-2": ("completed", "missed"),
        "LA-3": ("completed", None),
    }
    # Of the one without a word somebody is asked; who missed one is owned by a rung from this minute.
    assert about(world, family) == {OUTCOME}
    (alarm,) = world.alarms(family, "missed_hearing")
    assert alarm.opened_at == world.now
    before = counts(world)
    assert take(world, a_list(*rows))["unchanged"] == 3
    assert counts(world) == before


def test_reminders_end_when_the_list_says_that_it_was_held(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    take(world, a_list(a_row(at=world.now + 5 * HOUR)))
    world.later(6 * HOUR)
    take(world, a_list(a_row(at=world.now - HOUR, state="completed")))
    assert about(world, family) == {OUTCOME}


# --- rows in doubt ----------------------------------------------------------------------------------


def the_doubt(world: World) -> UUID:
    (row,) = hearing_doubts.open_doubts(world.kit, actor="cli", now=world.now)
    return UUID(row["id"])


def settle(world: World, answer: str, by: str = "cm", **options: Any) -> dict[str, Any]:
    return hearing_doubts.settle_doubt(
        world.kit,
        the_doubt(world),
        hearing_doubts.answer_from(answer),
        world.staff[by],
        reason="the paper notice says so",
        now=world.now,
        **options,
    )


def test_another_birth_date_waits_for_a_person_and_the_court_is_asked(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    found = take(world, a_list(a_row(born="2001-01-01")))
    assert [(q["why"], q["case_id"]) for q in found["queued"]] == [("birth_date_differs", family.key)]
    assert world.rows(Hearing, family) == []
    assert [kind for kind, _, _ in about(world, family)] == ["court_lookup"]
    settle(world, "yes")
    assert about(world, family) >= reminders(7, 3, 1) | {OUTCOME}
    # From then on the list's word for this hearing counts, whatever birth date it has.
    assert len(take(world, a_list(a_row(born="2001-01-01", at=IN_20_DAYS + DAY)))["moved"]) == 1


def test_an_unknown_child_is_given_to_a_case_or_to_nobody_by_a_person(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    take(world, a_list(a_row(number="230000009")))
    with pytest.raises(BadInput, match="--case"):
        settle(world, "yes")
    with pytest.raises(Refused):
        settle(world, "yes", by="officer", case_key=family.key)
    settle(world, "yes", case_key=family.key)
    assert len(world.rows(Hearing, family)) == 1
    take(world, a_list(a_row("LA-2", number="230000008")))
    settle(world, "no")
    again = take(world, a_list(a_row("LA-2", number="230000008", at=IN_20_DAYS + DAY)))
    assert (again["queued"], len(world.rows(Hearing))) == ([], 1)


def test_a_child_who_is_known_by_the_next_list_is_in_doubt_no_more(world: World, a_list: Any) -> None:
    take(world, a_list(a_row()))
    the_doubt(world)
    family = a_child_of(world)
    assert len(take(world, a_list(a_row()))["added"]) == 1
    assert [d.answer for d in world.rows(HearingDoubt)] == ["known_now"]
    assert len(world.rows(Hearing, family)) == 1


def test_an_eight_digit_number_is_padded_taken_and_confirmed_by_a_person(world: World, a_list: Any) -> None:
    family = a_child_of(world, number="020500001")
    found = take(world, a_list(a_row(number="20500001")))
    assert (len(found["added"]), found["queued"][0]["why"]) == (1, "padded_number")
    settle(world, "no")
    (hearing,) = world.rows(Hearing, family)
    assert (hearing.state, world.duties(family, "hearing_reminder")) == ("cancelled", [])
    # The list goes on naming it; a person has said that it is not this child's.
    assert take(world, a_list(a_row(number="20500001")))["restored"] == []


def test_the_list_takes_over_what_a_person_had_named_under_another_key(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    with world.kit.transaction() as session:
        case = lock_case(session, family.case_id)
        named = NamedHearing(IN_20_DAYS, "los angeles", "said-1")
        said = know_hearing(session, case, named, actor="cli", now=world.now)
        assert (said.court, said.zone, said.source) == (COURT, "America/Los_Angeles", "said")
        again = know_hearing(session, case, replace(named, key="said-2"), actor="cli", now=world.now)
        assert again.id == said.id
    found = take(world, a_list(a_row("LA-77")))
    assert [(u["hearing_key"], u["hearing_id"]) for u in found["updated"]] == [("LA-77", str(said.id))]
    (hearing,) = world.rows(Hearing, family)
    assert (hearing.hearing_key, hearing.source) == ("LA-77", "court")
    assert about(world, family) == reminders(7, 3, 1) | {OUTCOME}
    # A second hearing of the list at that hour is another one.
    assert len(take(world, a_list(a_row("LA-77"), a_row("LA-78")))["added"]) == 1


def test_a_move_that_a_person_learned_of_is_told_to_the_family(world: World, a_list: Any) -> None:
    family = a_child_of(world)
    take(world, a_list(a_row()))
    with world.kit.transaction() as session:
        case = lock_case(session, family.case_id)
        later = NamedHearing(IN_20_DAYS + DAY, COURT, "LA-1")
        know_hearing(session, case, later, actor="cli", now=world.now)
    assert {d.party for d in world.duties(family, "hearing_change")} == {"child", "sponsor"}
    assert world.rows(Hearing, family)[0].state == "moved"


# --- what the family is told ------------------------------------------------------------------------


def test_the_family_is_told_of_a_move_in_the_hour_of_the_court_and_the_old_text_never_goes(
    live: World, a_list: Any
) -> None:
    family = a_child_of(live, child=1, sponsor=2)
    take(live, a_list(a_row()))
    live.at(IN_20_DAYS - 7 * DAY + timedelta(hours=5, minutes=45)).round("contacts")
    waiting = live.messages(family, template="hearing", state="queued")
    assert len(waiting) == 2
    new_time = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
    take(live, a_list(a_row(at=new_time)))
    live.round("contacts")
    live.send()
    live.phones()
    assert {m.state for m in live.messages(family, template="hearing")} == {"cancelled"}
    moved = (
        "Family Line: Your appointment has changed. It is now Wednesday, March 4 at 9:30 AM in Los Angeles."
        " Reply 1 if you will go, 2 if you need help. STOP to end."
    )
    assert moved in live.texts(family.phones["child"])
    live.phones()
    assert live.duties(family, "hearing_change") == []
    take(live, a_list(a_row(at=new_time, state="cancelled")))
    live.round("contacts")
    live.send()
    live.phones()
    off = (
        "Family Line: You have no appointment on Wednesday, March 4 any more. We will tell you the new day."
        " STOP to end."
    )
    assert off in live.texts(family.phones["sponsor"])
    assert live.account().silent == ()


# --- the command ------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_line_by_line(
    world: World, a_list: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = world.kit.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KINLINE_DATABASE_URL", url)
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))
    path = a_list(a_row(), a_row("LA-2", number="1"))
    done = CliRunner().invoke(app, ["import", str(path)])
    assert done.exit_code == 2
    assert "for a person to look at: line 2, LA-1, no child of ours has this A-number" in done.stdout
    assert "not taken: line 3, LA-2, a_number: This is not an A-number. Give its nine digits." in done.stdout
    assert "2 rows: 0 added" in done.stdout
    queue = json.loads(CliRunner().invoke(app, ["queue", "--json"]).stdout)
    assert [(one["why"], one["hearing_key"]) for one in queue["items"]] == [("unknown_child", "LA-1")]
    shown = CliRunner().invoke(app, ["doubt", queue["items"][0]["id"], "--as", "cm@example.org"])
    assert f"a_number: {NUMBER}" in shown.stdout
    assert CliRunner().invoke(app, ["import", str(tmp_path / "none.csv")]).exit_code == 2
