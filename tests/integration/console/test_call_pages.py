"""A call in the console: on the list, opened with its script, saved as it is typed, and put on record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client

from console.app import create_app
from console.pages.call_form import OUTCOMES, answers_of, filled, topics
from followup.answers import Answers
from integrations.desk import call_tasks
from integrations.kit import Kit
from models.contacts import CallOutcome
from models.facts import Person
from models.tables.reports import CallDraft
from tests.integration.console.conftest import Wall, token_in, typed
from tests.integration.followup_scenes import DAY, Family, World, a_family, still_world

SignIn = Callable[[str], Client]
SPOKEN = {"outcome": "reached_alone", "spoke_to": "child", "alone": "yes", "food": "yes"}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def called(world: World) -> tuple[Family, str]:
    """Without consent to texts, the first human call of the child's day-7 duty is due."""
    family = a_family(world.kit, world.staff, consent=(), language="es")
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(duty.opens_at + DAY + timedelta(hours=10)).round("contacts")
    tasks = call_tasks.tasks_json(world.kit, now=world.now)["tasks"]
    return family, next(task["id"] for task in tasks if task["party"] == "child")


@pytest.fixture
def app(kit: Kit, wall: Wall, called: tuple[Family, str]) -> FastAPI:
    """A console at the hour of the call."""
    return create_app(kit, wall=wall)


def sent(browser: Client, path: str, to: str | None = None, **form: str) -> Any:
    token = token_in(browser.get(path).text)
    return browser.post(to or path, data={"csrf_token": token, **form})


def test_the_call_is_on_the_list_and_its_page_has_number_script_and_questions(
    sign_in: SignIn, world: World, called: tuple[Family, str]
) -> None:
    family, task = called
    browser = sign_in("caller")
    listed = browser.get("/calls").text
    assert f'href="/calls/{task}"' in listed
    assert family.phones["child"] not in listed
    told = browser.get(f"/calls/{task}").text
    assert family.phones["child"] in told
    assert 'lang="es"' in told
    assert "¿" in told


def test_what_was_said_goes_on_record_as_the_command_would_put_it(
    sign_in: SignIn, world: World, called: tuple[Family, str]
) -> None:
    family, task = called
    answer = sent(sign_in("caller"), f"/calls/{task}", **SPOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{family.case_id}?done=call")
    (call,) = world.calls_of(family, outcome="reached_alone")
    assert (call.spoke_with, call.simulated) == ("child", False)
    assert world.duties(family, "welfare_call", state="settled")


def test_a_contradiction_is_told_beside_its_field_and_nothing_typed_is_lost(
    sign_in: SignIn, world: World, called: tuple[Family, str]
) -> None:
    family, task = called
    wrong = SPOKEN | {"alone": "no", "note": "She laughed.", "work.works": "yes", "work.hours_a_week": "many"}
    answer = sent(sign_in("caller"), f"/calls/{task}", **wrong)
    assert answer.status_code == 422
    assert 'id="work.hours_a_week-fault"' in answer.text
    assert "She laughed." in answer.text
    mended = sent(sign_in("caller"), f"/calls/{task}", **(wrong | {"work.hours_a_week": "30"}))
    assert 'id="alone-fault"' in mended.text
    assert world.calls_of(family, state="due")


def test_typing_is_saved_and_found_again(sign_in: SignIn, world: World, called: tuple[Family, str]) -> None:
    _, task = called
    browser = sign_in("caller")
    page = f"/calls/{task}"
    token = token_in(browser.get(page).text)
    form = {"csrf_token": token, "outcome": "sponsor_only", "food": "no", "good_time": "after five"}
    saved = browser.post(f"{page}/draft", data=form, headers={"HX-Request": "true"})
    assert (saved.status_code, saved.text.startswith("Saved ")) == (200, True)
    (row,) = world.rows(CallDraft)
    assert b"after five" not in bytes(row.sealed_answers)
    again = browser.get(page).text
    assert 'value="after five"' in again
    assert re.search(r'value="sponsor_only"[^>]* checked', again)
    assert not re.search(r'value="reached_alone"[^>]* checked', again)
    later = browser.post(f"{page}/draft", data=form)
    assert later.headers["location"] == "/calls?done=draft"
    broken = browser.post(f"{page}/draft", data=form | {"food": "?"}, headers={"HX-Request": "true"})
    assert broken.text.startswith("Not saved")
    invented = browser.post(f"{page}/draft", data=form | {"outcome": "fine"}, headers={"HX-Request": "true"})
    assert invented.text.startswith("Not saved")


def test_a_call_that_is_written_down_late_has_its_true_time(
    sign_in: SignIn, world: World, called: tuple[Family, str]
) -> None:
    family, _ = called
    browser = sign_in("cm")
    path = f"/cases/{family.case_id}/call"
    at = (world.now - timedelta(hours=3)).replace(second=0, microsecond=0)
    form = SPOKEN | {"party": "child", "true_time": typed(at)}
    assert sent(browser, path, **form).status_code == 303
    (call,) = world.calls_of(family, outcome="reached_alone")
    assert call.at == at
    for wrong, field in (
        ({"party": ""}, "party"),
        ({"true_time": "noon"}, "true_time"),
        ({"outcome": ""}, "outcome"),
    ):
        answer = sent(browser, path, **(form | wrong))
        assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True), field


def test_a_person_takes_the_conversation_over_and_hands_it_back(
    sign_in: SignIn, world: World, called: tuple[Family, str]
) -> None:
    family, _ = called
    browser, case = sign_in("cm"), f"/cases/{family.case_id}"
    assert sent(browser, f"{case}/conversation/take", reason=" ").status_code == 422
    taken = sent(browser, f"{case}/conversation/take", reason="She asked for me by name.")
    assert taken.headers["location"] == f"{case}?done=paused"
    assert world.case(family).paused_at is not None
    told = browser.get(case).text
    assert "Automation is silent" in told
    assert f'href="{case}/conversation/hand-back"' in told
    assert sent(browser, f"{case}/conversation/hand-back", reason="All is said.").status_code == 303
    assert world.case(family).paused_at is None


def test_every_topic_has_a_field_and_what_was_saved_comes_back_as_it_was() -> None:
    assert [topic.name for topic in topics({})] == list(Answers.model_fields)
    assert set(OUTCOMES) == set(CallOutcome)
    said = {
        "spoke_to": "child",
        "alone": False,
        "food": "no",
        "work": {"works": True, "hours": "night", "hours_a_week": 40, "owes_money": False},
        "new_address": {"line1": "7 Example Road", "state": "TX"},
        "note": "tired",
    }
    assert answers_of(filled(said)) == said
