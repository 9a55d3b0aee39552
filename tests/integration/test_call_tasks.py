"""The callers' list, one task opened, and answers that are saved as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from integrations.desk import call_tasks
from integrations.kit import Kit
from kinline.cli.calls import app
from models.contacts import CallOutcome
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.reports import CallDraft
from models.tables.system import AuditEntry
from tests.integration.followup_scenes import DAY, HOUR, Family, World, a_family, still_world


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


def with_task(world: World, **family: Any) -> tuple[Family, dict[str, Any]]:
    """Without consent to texts, the first human call of the child's day-7 duty is due."""
    made = a_family(world.kit, world.staff, consent=(), **family)
    duty = next(d for d in world.duties(made, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + DAY + 10 * HOUR).round("contacts")
    tasks = call_tasks.tasks_json(world.kit, now=world.now)["tasks"]
    return made, next(t for t in tasks if t["party"] == "child")


def test_the_list_shows_what_a_caller_needs_and_no_number(world: World) -> None:
    family, task = with_task(world, language="mam")
    assert task["case_id"] == str(family.case_id)
    assert (task["language"], task["interpreter"], task["script"]) == ("mam", True, "en")
    assert task["local_time"].startswith("2026-02-12 19:")
    assert not any(phone in json.dumps(task) for phone in family.phones.values())


def test_an_opened_task_shows_the_number_to_a_caller_and_the_read_is_audited(world: World) -> None:
    family, _ = with_task(world)
    opened = call_tasks.open_task(world.kit, _id(world, family), world.staff["caller"], now=world.now)
    assert opened["number"] == family.phones["child"]
    assert "alone" in opened["say"]["ask_alone"]
    assert opened["form"]["food"] is None
    assert len(world.rows(AuditEntry, act="open call task")) == 1
    with pytest.raises(Refused, match="wrong_role"):
        call_tasks.open_task(world.kit, _id(world, family), world.staff["auditor"], now=world.now)


def test_what_is_typed_is_sealed_resumed_and_gone_once_the_call_is_on_record(world: World) -> None:
    family, _ = with_task(world)
    task, caller = _id(world, family), world.staff["caller"]
    for food in ("yes", "no"):
        call_tasks.save_draft(
            world.kit, task, json.dumps({"food": food}).encode(), caller,
            outcome=CallOutcome.SPONSOR_ONLY, now=world.now,
        )  # fmt: skip
    (row,) = world.rows(CallDraft)
    assert b"food" not in bytes(row.sealed_answers)
    opened = call_tasks.open_task(world.kit, task, caller, now=world.now)
    assert (opened["form"]["food"], opened["outcome"]) == ("no", "sponsor_only")
    assert b"sponsor_only" not in bytes(row.sealed_answers)
    assert world.duties(family, "notice_of_concern") == []  # a draft settles and opens nothing
    with pytest.raises(BadInput):
        call_tasks.save_draft(world.kit, task, b'{"food": "?"}', caller, now=world.now)
    world.records(family, "reached_alone", food="no")
    assert world.rows(CallDraft) == []
    assert len(world.duties(family, "notice_of_concern")) == 1
    with pytest.raises(Refused, match="not_due"):
        call_tasks.open_task(world.kit, task, caller, now=world.now)


def test_at_a_terminal_the_list_names_the_case_that_the_record_asks_for(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    family, task = with_task(world)
    url = world.kit.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KINLINE_DATABASE_URL", url)
    monkeypatch.setenv("KINLINE_HOME", str(tmp_path / "home"))

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(words))
        return result.exit_code, result.output

    code, told = run("list")
    assert (code, f"{task['id']}  case {family.case_id}  child, party" in told) == (0, True), told
    code, told = run("draft", "7", "--answers", __file__, "--as", "caller@example.org")
    assert (code, "Copy the id that `kinline call list` prints." in told) == (2, True)


def _id(world: World, family: Family) -> Any:
    (call,) = (c for c in world.calls_of(family, state="due", kind="human") if c.party == "child")
    return call.id
