"""Notices of concern in the console: those that wait, the reader's first; on a child's page; and one with its facts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import text

from console.app import create_app
from console.limits import Limits
from integrations.desk import notices
from integrations.identity.accounts import begin_session
from integrations.kit import Kit
from models.facts import Person
from tests.integration.console.conftest import Wall
from tests.integration.followup_scenes import DAY, HOUR, Family, World, a_family, still_world
from tests.integration.office_scenes import two_offices

SignIn = Callable[[str], Client]
FACTS = b'{"what_happened": "The child says that it works at night.\\nIt owes money.", "where": "At a warehouse."}'
TRAFFICKED = {"work": {"works": True, "hours": "night", "owes_money": True}}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@pytest.fixture
def app(kit: Kit, wall: Wall, world: World) -> FastAPI:
    """A console in this world, whose clock it reads."""
    return create_app(kit, wall=wall, limits=Limits(per_session=10_000, per_address=10_000))


@pytest.fixture
def sign_in(kit: Kit, browser: Client, staff: dict[str, Person], wall: Wall) -> SignIn:
    """As somebody, without the time that a password takes: these tests go from person to person."""

    def as_person(word: str) -> Client:
        with kit.transaction() as session:
            token = begin_session(session, staff[word], now=wall.at).token
        browser.cookies.clear()
        browser.cookies.set("kinline_session", token)
        return browser

    return as_person


def worried(world: World) -> Family:
    """A call an hour after the release has brought up a concern."""
    family = a_family(world.kit, world.staff)
    world.later(HOUR).records(family, "reached_alone", **TRAFFICKED)
    return family


def drafted(world: World, family: Family, by: str = "cm") -> UUID:
    return notices.draft(world.kit, family.key, FACTS, world.staff[by], now=world.now)


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows_of(html: str, within: str = "") -> list[str]:
    """The rows of a page's list in words; `within`: the id of a section's heading."""
    part = html.partition(f'id="{within}"')[2].partition("</section>")[0] if within else html
    return [
        words_of(row) for row in re.findall(r'<tr role="row"[^>]*><th scope="row".*?</tr>', part, re.DOTALL)
    ]


def links_in(html: str) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', html.replace("&amp;", "&")))


# --- the list ---------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_for_whom_until_when_and_the_readers_own_first(
    world: World, sign_in: SignIn
) -> None:
    old = worried(world)
    world.later(2 * HOUR)
    new = worried(world)
    notice = drafted(world, new)
    world.later(HOUR)

    page = sign_in("supervisor").get("/notices").text
    mine, others = rows_of(page)
    assert mine.startswith(
        f"Draft , case {new.key[:8]} Yours A supervisor approves it, or sends it back a supervisor"
    )
    assert "22 hours left" in mine
    assert others.startswith(f"Nobody has drafted it , case {old.key[:8]} Somebody is to draft it nobody yet")
    assert "level 1, case management" in others
    assert f"/notices/{notice}" in links_in(page)
    assert "All that wait, yours first (2)" in page
    assert "Yours (1)" in page
    assert "Notices of concern</a>: 2 wait, 1 of them for you." in sign_in("supervisor").get("/queue").text

    # For the others the oldest stands first, and who may write one is led to it.
    page = sign_in("caller").get("/notices").text
    assert [row.split(" , ")[0] for row in rows_of(page)] == ["Nobody has drafted it", "Draft"]
    duty = world.duty(old, "notice_of_concern").id
    assert f"/cases/{old.key}/notices/new?duty={duty}" in links_in(page)
    page = sign_in("ffs").get("/notices").text
    assert not [link for link in links_in(page) if "/notices/new" in link]
    assert rows_of(sign_in("ffs").get("/notices?which=mine").text) == []


def test_a_late_concern_is_loud_and_one_at_its_end_stands_apart(world: World, sign_in: SignIn) -> None:
    family = worried(world)
    notice = drafted(world, family)
    world.later(25 * HOUR)
    page = sign_in("supervisor").get("/notices").text
    assert '<tr role="row" class="loud">' in page
    (row,) = rows_of(page)
    assert "1 hour late" in row
    assert "level 2, supervision" in row
    ends = partial(notices.certify, world.kit, notice, world.staff["cm"], method="form")
    notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    assert "Yours It is to be submitted Carmen Example" in rows_of(sign_in("cm").get("/notices").text)[0]
    ends(now=world.now)
    assert (
        "Its recipient is to acknowledge it Carmen Example" in rows_of(sign_in("cm").get("/notices").text)[0]
    )
    answer = notices.Acknowledgement("ORR-12", world.now)
    notices.acknowledge(world.kit, notice, world.staff["cm"], answer, now=world.now)
    assert rows_of(sign_in("cm").get("/notices").text) == []
    (row,) = rows_of(sign_in("cm").get("/notices?which=acknowledged").text)
    assert "Acknowledged by its recipient" in row
    assert "Nothing is left to do – –" in row


def test_the_list_leaves_out_what_is_another_offices(
    kit: Kit, sign_in: SignIn, staff: dict[str, Person], world: World
) -> None:
    scene = two_offices(kit, staff)
    for case, who in ((scene.ours, "cm"), (scene.theirs, "caller")):
        notices.draft(kit, str(case), FACTS, staff[who], now=world.now)
    page = sign_in("cm").get("/notices").text
    assert str(scene.ours) in page
    assert str(scene.theirs) not in page
    assert "All that wait, yours first (1)" in page
    assert "1 wait" in sign_in("cm").get("/queue").text
    assert str(scene.theirs) in sign_in("supervisor").get("/notices").text


# --- the child's page -------------------------------------------------------------------------------


def test_a_childs_page_tells_of_its_notices_and_leads_to_them(world: World, sign_in: SignIn) -> None:
    family = worried(world)
    drafting = f"/cases/{family.key}/notices/new?duty={world.duty(family, 'notice_of_concern').id}"
    page = sign_in("cm").get(f"/cases/{family.key}").text
    assert rows_of(page, "notices")[0].startswith("Nobody has drafted it")
    assert drafting in links_in(page.partition('id="due"')[2].partition("</section>")[0])
    notice = drafted(world, family)
    page = sign_in("cm").get(f"/cases/{family.key}").text
    assert f"/notices/{notice}" in links_in(page.partition('id="due"')[2].partition("</section>")[0])
    assert rows_of(page, "notices")[0].startswith("Draft")
    # A coordinator sees that there is one, and no way in.
    page = sign_in("cc").get(f"/cases/{family.key}").text
    assert rows_of(page, "notices")[0].startswith("Draft")
    assert not [link for link in links_in(page) if "/notices/" in link]


def test_an_escalation_of_what_a_notice_settles_leads_to_the_notice(world: World, sign_in: SignIn) -> None:
    family = worried(world)
    notice = drafted(world, family)
    duty = world.duty(family, "notice_of_concern")
    world.at(duty.opens_at + DAY + HOUR).round("lost")
    alarm = next(a for a in world.alarms(family, "overdue") if a.obligation_id == duty.id)
    page = sign_in("supervisor").get(f"/cases/{family.key}").text
    assert f"/notices/{notice}" in links_in(page.partition('id="escalations"')[2].partition("</section>")[0])
    asked = sign_in("supervisor").get(f"/escalations/{alarm.id}/resolve")
    assert f'<a href="/notices/{notice}">Its notice of concern</a>' in asked.text
    (other,) = world.alarms(family, "concern_trafficking")
    assert "/notices/" not in sign_in("supervisor").get(f"/escalations/{other.id}/take").text
    # The same of the duty that waits for the acknowledgement.
    notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    notices.certify(world.kit, notice, world.staff["cm"], method="web", now=world.now)
    page = sign_in("cm").get(f"/cases/{family.key}").text
    assert f"/notices/{notice}" in links_in(page.partition('id="due"')[2].partition("</section>")[0])


# --- one notice -------------------------------------------------------------------------------------


def test_a_notice_is_read_with_its_facts_and_every_change_and_the_look_is_on_record(
    world: World, sign_in: SignIn
) -> None:
    notice = drafted(world, worried(world))
    world.later(HOUR)
    notices.approve(world.kit, notice, world.staff["supervisor"], now=world.now)
    notices.certify(world.kit, notice, world.staff["cm"], method="web", now=world.now)
    page = sign_in("auditor").get(f"/notices/{notice}")
    assert page.status_code == 200
    told = words_of(page.text)
    assert "What happened The child says that it works at night. It owes money. Where At a warehouse." in told
    assert "Submitted on the recipient's website" in told
    so_far = words_of(page.text.partition('id="so-far"')[2].partition("</section>")[0])
    assert re.findall(r"(Drafted|Approved as it stands|Submitted) (\w+) Example", so_far) == [
        ("Drafted", "Carmen"),
        ("Approved as it stands", "Sue"),
        ("Submitted", "Carmen"),
    ]
    with world.kit.transaction() as session:
        looks = session.execute(
            text("SELECT actor FROM audit_entry WHERE act = 'read' AND noun = 'notice' AND row_id = :id"),
            {"id": notice},
        )
        assert [actor for (actor,) in looks] == [str(world.staff["auditor"].id)]


@pytest.mark.parametrize("who", ["cc", "officer", "admin"])
def test_whose_work_it_is_not_reads_no_notice(world: World, sign_in: SignIn, who: str) -> None:
    notice: Any = drafted(world, worried(world))
    browser = sign_in(who)
    assert browser.get(f"/notices/{notice}").status_code == 403
    assert browser.get("/notices").status_code == 403
    assert "/notices" not in links_in(browser.get("/queue").text)
