"""What a family says of a hearing, and what came of one, written down from the week's page and from the child's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from httpx import Client

from console.app import create_app
from console.pages.court_acts import HEARING
from integrations.kit import Kit
from integrations.store import api_answers
from models.court_status import Attendance, CourtSource, Going
from models.facts import Person
from models.tables.api import ApiAnswer
from models.tables.court import HearingRecord, HearingWord
from models.tables.ledger import Hearing
from models.tables.people import Case
from tests.builders import a_hearing
from tests.integration.console.conftest import Wall, form_of, sent, token_in
from tests.integration.followup_scenes import HOUR, Family, World, a_family, local, still_world

SignIn = Callable[[str], Client]
DAY_OF = 10


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def family(world: World) -> Family:
    """A child with a hearing on day 10 at nine in Houston; it is the day before."""
    made = a_family(world.kit, world.staff)
    with world.kit.transaction() as session:
        case = session.get_one(Case, made.case_id)
        a_hearing(session, case, starts_at=local(DAY_OF, 9), seen_at=world.now, zone="America/Chicago")
    world.round("court")
    world.at(local(DAY_OF - 1, 9))
    return made


@pytest.fixture
def app(kit: Kit, wall: Wall, family: Family) -> FastAPI:
    """A console at that hour."""
    return create_app(kit, wall=wall)


@pytest.fixture
def path(world: World, family: Family) -> str:
    (hearing,) = world.rows(Hearing, family)
    return f"/hearings/{hearing.id}"


def test_what_they_said_is_written_down_from_the_week_and_shown_there(
    sign_in: SignIn, world: World, family: Family, path: str
) -> None:
    browser = sign_in("cm")
    first = local(DAY_OF - 1, 9).date().isoformat()
    week = f"/hearings?first={first}"
    assert f'href="{path}/going?from={first}"' in browser.get(week).text
    page = browser.get(f"{path}/going?from={first}").text
    assert "09:00 (Central Time)" in page
    assert f'href="{week}"' in page
    hidden = form_of(browser, f"{path}/going?from={first}")
    form = {"from": first, "party": "sponsor", "word": "going", "note": "asked for the address"}
    answer = browser.post(f"{path}/going", data=hidden | form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{week}&done=hearing_going")
    shown = browser.get(answer.headers["location"]).text
    assert "What they said is on record." in shown
    assert "Will go" in shown.split('data-label="Sponsor"')[1].split("</td>")[0]
    assert "Not reminded yet" in shown.split('data-label="Child"')[1].split("</td>")[0]
    (row,) = world.rows(HearingWord, family)
    assert (row.party, row.word, row.note) == ("sponsor", "going", "asked for the address")
    assert row.by_staff == world.staff["cm"].id


def test_who_has_no_ride_is_somebodys_at_once(
    sign_in: SignIn, world: World, family: Family, path: str
) -> None:
    browser, case = sign_in("caller"), f"/cases/{family.case_id}"
    assert f'href="{path}/going"' in browser.get(case).text
    answer = sent(browser, f"{path}/going", party="child", word="no_ride")
    assert answer.headers["location"] == f"{case}?done=hearing_going"
    assert len(world.alarms(family, "needs_help_to_go")) == 1
    assert "Has no ride" in browser.get(f"{path}/going").text


def test_what_is_not_said_is_told_beside_each_field_and_what_was_typed_stays(
    sign_in: SignIn, world: World, family: Family, path: str
) -> None:
    browser = sign_in("cm")
    answer = sent(browser, f"{path}/going", note="She was in a hurry.")
    assert answer.status_code == 422
    for field, told in (("party", "Say who said it."), ("word", "Say what they said.")):
        assert f'href="#{field}">{told}' in answer.text
        assert f'id="{field}-fault">{told}' in answer.text
    assert "She was in a hurry." in answer.text
    assert "Error: What the family said about going" in answer.text
    assert 'value="sponsor" checked' in sent(browser, f"{path}/going", party="sponsor").text
    early = sent(browser, f"{path}/outcome", outcome="attended", source="family", note="so they say")
    assert (early.status_code, "This hearing lies ahead" in early.text) == (409, True)
    assert "so they say" in early.text
    assert world.rows(HearingWord, family) == world.rows(HearingRecord, family) == []


def test_what_came_of_it_is_on_record_with_its_source_and_when_the_court_goes_on(
    sign_in: SignIn, world: World, family: Family, path: str
) -> None:
    world.at(local(DAY_OF + 1, 9))
    browser, case = sign_in("cm"), f"/cases/{family.case_id}"
    assert f'href="{path}/outcome"' in browser.get(case).text
    assert f"{path}/going" not in browser.get(case).text
    form = {"outcome": "continued", "source": "lawyer", "note": "letter of the 11th"}
    for said, wrong in (("soon", "This is not a day and an hour."), ("2026-02-03 09:00", "lies ahead")):
        answer = sent(browser, f"{path}/outcome", **form, next=said)
        assert (answer.status_code, 'href="#next"' in answer.text, wrong in answer.text) == (422, True, True)
    ahead = local(DAY_OF + 30, 9)
    there = ahead.astimezone(ZoneInfo("America/Chicago"))
    answer = sent(browser, f"{path}/outcome", **form, next=f"{there:%Y-%m-%d %H:%M}")
    assert answer.headers["location"] == f"{case}?done=hearing_outcome"
    (record,) = world.rows(HearingRecord, family)
    assert (record.outcome, record.source, record.note) == ("continued", "lawyer", "letter of the 11th")
    assert world.duty(family, "hearing_outcome", "settled").evidence_id is not None
    (new,) = (h for h in world.rows(Hearing, family) if h.starts_at > world.now)
    # Nine by the clock of the court, whatever the reader's own says.
    assert new.starts_at == ahead
    told = browser.get(f"{path}/outcome").text
    assert "Said before" in told
    assert "<q>letter of the 11th</q>" in told


def test_who_may_not_say_it_sees_no_link_and_no_form(sign_in: SignIn, family: Family, path: str) -> None:
    week = f"/hearings?first={local(DAY_OF - 1, 9).date()}"
    for who in ("officer", "cc", "ffs", "integrity", "auditor"):
        browser = sign_in(who)
        for page in (week, f"/cases/{family.case_id}"):
            assert browser.get(page).status_code == 200
            assert f"{path}/" not in browser.get(page).text, (who, page)
    browser = sign_in("ffs")
    shown = browser.get(f"{path}/going").text
    assert "This is for the case manager or the supervisor or the post release caller." in shown
    assert 'name="word"' not in shown
    token = token_in(browser.get("/account").text)
    form = {"csrf_token": token, "party": "child", "word": "going"}
    assert browser.post(f"{path}/going", data=form).status_code == 409
    assert sign_in("auditor").get(f"{path}/going").status_code == 403


def test_an_address_of_no_hearing_is_nothing(sign_in: SignIn, path: str) -> None:
    browser = sign_in("cm")
    assert browser.get(f"/hearings/{uuid4()}/going").status_code == 404
    assert browser.get(f"{path}/perhaps").status_code == 400


def test_every_word_of_the_desk_has_its_box() -> None:
    boxes = {box.name: {value for value, _ in box.options} for act in HEARING.values() for box in act.boxes}
    assert boxes["word"] == {word.value for word in Going}
    assert boxes["outcome"] == {word.value for word in Attendance}
    assert boxes["source"] == {word.value for word in CourtSource}


# --- once -----------------------------------------------------------------------------------------


def test_a_form_that_comes_twice_is_done_once_and_leads_to_the_same_page(
    sign_in: SignIn, world: World, family: Family, path: str, wall: Wall
) -> None:
    browser = sign_in("cm")
    form = form_of(browser, f"{path}/going") | {"party": "child", "word": "no_ride"}
    first, again = (browser.post(f"{path}/going", data=form) for _ in range(2))
    assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])
    assert len(world.rows(HearingWord, family)) == 1
    # The same form with other words in it is another act, and so is a form that is opened anew.
    assert browser.post(f"{path}/going", data=form | {"word": "going"}).status_code == 303
    assert sent(browser, f"{path}/going", party="child", word="no_ride").status_code == 303
    assert [row.word for row in world.rows(HearingWord, family)].count("no_ride") == 2
    assert len(world.rows(HearingWord, family)) == 3
    wall.at += api_answers.KEPT - HOUR
    assert len(world.rows(ApiAnswer)) == 3


def test_two_clicks_at_the_same_moment_are_one_act(
    sign_in: SignIn, world: World, family: Family, path: str
) -> None:
    browser = sign_in("cm")
    form = form_of(browser, f"{path}/going") | {"party": "sponsor", "word": "not_going"}
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(browser.post, f"{path}/going", data=form) for _ in range(4)]
    assert {answer.result().headers.get("location") for answer in answers} == {
        f"/cases/{family.case_id}?done=hearing_going"
    }
    assert len(world.rows(HearingWord, family)) == 1


def test_what_was_refused_may_be_sent_again_in_the_same_form(
    sign_in: SignIn, world: World, family: Family, path: str
) -> None:
    browser = sign_in("cm")
    form = form_of(browser, f"{path}/outcome") | {"outcome": "attended", "source": "family"}
    refused = browser.post(f"{path}/outcome", data=form)
    assert refused.status_code == 409
    assert f'name="once" value="{form["once"]}"' in refused.text
    world.at(local(DAY_OF, 9) + timedelta(hours=3))
    assert browser.post(f"{path}/outcome", data=form).status_code == 303
    assert len(world.rows(HearingRecord, family)) == 1


def test_what_was_done_and_whose_answer_was_lost_is_not_done_again(
    sign_in: SignIn, world: World, family: Family, path: str, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in("cm")
    form = form_of(browser, f"{path}/going") | {"party": "child", "word": "going"}
    with monkeypatch.context() as patched:
        patched.setattr(api_answers, "keep", lambda *_, **__: None)  # as if the console had died here
        browser.post(f"{path}/going", data=form)
    wall.at += api_answers.LEASE
    answer = browser.post(f"{path}/going", data=form)
    assert (answer.status_code, "This is on record already." in answer.text) == (409, True)
    assert len(world.rows(HearingWord, family)) == 1
