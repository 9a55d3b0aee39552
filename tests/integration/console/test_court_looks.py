"""A look at the court's word, written down from a child's page as the command would put it."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from httpx import Client, Response

from console.app import create_app
from console.pages.court_acts import LOOK
from integrations.desk.views import case_json
from integrations.kit import Kit
from models.court_status import CourtSource, CourtStatus
from models.facts import Person
from models.tables.court import CourtLook
from models.tables.ledger import Hearing
from tests.integration.console.conftest import Wall, sent, token_in
from tests.integration.followup_scenes import DAY, Family, World, a_family, local, still_world

SignIn = Callable[[str], Client]
NOTHING = {"status": "filed_no_date", "source": "acis_web"}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def family(world: World) -> Family:
    """A child without a known hearing, in the far west; the duty to look has begun."""
    made = a_family(world.kit, world.staff, zone="America/Los_Angeles")
    world.round("court")
    world.later(20 * DAY)
    return made


@pytest.fixture
def app(kit: Kit, wall: Wall, family: Family) -> FastAPI:
    return create_app(kit, wall=wall)


def looks(browser: Client, family: Family, **form: str) -> Response:
    return sent(browser, f"/cases/{family.case_id}/court", **form)


def is_done(answer: Response, family: Family) -> None:
    assert (answer.status_code, answer.headers.get("location")) == (
        303,
        f"/cases/{family.case_id}?done=court_look",
    ), answer.text


def test_a_look_that_found_nothing_settles_the_duty_and_the_next_one_is_planned(
    sign_in: SignIn, world: World, family: Family
) -> None:
    browser, case = sign_in("cm"), f"/cases/{family.case_id}"
    assert f'href="{case}/court"' in browser.get(case).text
    assert "kinline court look" not in browser.get(case).text
    assert "Nobody has looked yet." in browser.get(f"{case}/court").text
    is_done(looks(browser, family, **NOTHING, said="No <b>case</b> found."), family)
    (look,) = world.rows(CourtLook, family)
    assert (look.status, look.source, look.by_staff) == (
        "filed_no_date",
        "acis_web",
        world.staff["cm"].id,
    )
    assert b"case" not in bytes(look.sealed_said)
    assert world.duty(family, "court_lookup", "settled").evidence_id is not None
    assert world.duty(family, "court_lookup").due_at > world.now
    told = browser.get(f"{case}?done=court_look").text
    assert "Your look is on record, and the next one is planned." in told
    assert "It said: No &lt;b&gt;case&lt;/b&gt; found." in told


@pytest.mark.parametrize(
    ("court", "zone"),
    [
        ("Houston", "America/Chicago"),
        ("New York", "America/New_York"),
        ("A court of no list", "America/Los_Angeles"),
    ],
)
def test_the_hearing_that_it_named_is_on_file_by_the_clock_of_its_court(
    sign_in: SignIn, world: World, family: Family, court: str, zone: str
) -> None:
    day = local(60, 9).date().isoformat()
    named = {"status": "dated", "source": "paper", "next_hearing": f"{day} 09:00", "court": court}
    is_done(looks(sign_in("supervisor"), family, **named), family)
    (hearing,) = world.rows(Hearing, family)
    there = hearing.starts_at.astimezone(ZoneInfo(zone))
    assert f"{there:%Y-%m-%d %H:%M}" == f"{day} 09:00"
    assert hearing.hearing_key.startswith("said-")
    is_done(looks(sign_in("supervisor"), family, **named, hearing_key="H-77"), family)
    assert len(world.rows(Hearing, family)) == 1


def test_what_contradicts_itself_is_told_by_field_and_kept(
    sign_in: SignIn, world: World, family: Family
) -> None:
    browser = sign_in("caller")
    ahead = f"{local(60, 9).date()} 09:00"
    for form, fields in (
        ({"said": "as typed"}, ["status", "source"]),
        ({"status": "dated", "source": "family"}, ["next_hearing"]),
        (NOTHING | {"next_hearing": ahead, "court": "Houston"}, ["status"]),
        (NOTHING | {"status": "dated", "next_hearing": ahead}, ["court"]),
        (NOTHING | {"status": "dated", "hearing_key": "H-1"}, ["next_hearing", "court"]),
        (
            NOTHING | {"status": "dated", "next_hearing": "2026-02-03 09:00", "court": "Houston"},
            ["next_hearing"],
        ),
        (NOTHING | {"next_hearing": "in spring", "court": "Houston"}, ["next_hearing"]),
        (NOTHING | {"ordered_on": "2026-02-03"}, ["ordered_on"]),
        (NOTHING | {"status": "ordered_removed", "ordered_on": "2031-01-01"}, ["ordered_on"]),
    ):
        answer = looks(browser, family, **{"said": "as typed"} | form)
        assert answer.status_code == 422, form
        assert [name for name in fields if f'href="#{name}"' not in answer.text] == [], form
        assert answer.text.count('<li><a href="#') == len(fields), form
        assert ">\nas typed</textarea>" in answer.text
        assert "--" not in answer.text.split('role="alert"')[1].split("</ul>")[0]
    assert world.rows(CourtLook, family) == []


def test_an_order_of_removal_is_somebodys_at_once_with_its_clocks(
    sign_in: SignIn, world: World, family: Family
) -> None:
    browser = sign_in("cm")
    ordered_on = world.now.date().isoformat()
    is_done(looks(browser, family, status="ordered_removed", source="lawyer", ordered_on=ordered_on), family)
    assert len(world.alarms(family, "ordered_removed")) == 1
    assert "Counted from the order on" in browser.get(f"/cases/{family.case_id}").text


def test_a_look_that_is_sent_twice_is_one_look(sign_in: SignIn, world: World, family: Family) -> None:
    browser = sign_in("cm")
    form = {"once": "a-word-of-one-form"} | NOTHING
    for _ in range(2):
        is_done(looks(browser, family, **form), family)
    assert len(world.rows(CourtLook, family)) == 1


def test_who_may_not_look_sees_no_link_and_no_form(sign_in: SignIn, world: World, family: Family) -> None:
    path = f"/cases/{family.case_id}/court"
    for who in ("officer", "cc", "ffs", "integrity", "auditor"):
        assert path not in sign_in(who).get(f"/cases/{family.case_id}").text, who
    browser = sign_in("ffs")
    assert 'name="status"' not in browser.get(path).text
    token = token_in(browser.get("/account").text)
    assert browser.post(path, data=NOTHING | {"csrf_token": token}).status_code == 409
    assert world.rows(CourtLook, family) == []


def test_every_word_of_the_desk_has_its_box(kit: Kit, family: Family, world: World) -> None:
    boxes = {box.name: {value for value, _ in box.options} for box in LOOK.boxes}
    assert boxes["status"] == {status.value for status in CourtStatus}
    assert boxes["source"] == {source.value for source in CourtSource}
    assert case_json(kit, family.key, now=world.now)["court"]["status"] in boxes["status"]
