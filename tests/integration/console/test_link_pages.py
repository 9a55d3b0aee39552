"""The pages of links: who may see the queue, what a row says, and the command beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from httpx import Client
from sqlalchemy import text

from integrations.desk.link_acts import decide_link
from integrations.desk.link_views import links_json
from integrations.desk.linking import link
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW
from tests.integration.console.test_pages import read
from tests.integration.scenes import a_packet, hand_in

SignIn = Callable[[str], Client]


@pytest.fixture
def pair(kit: Kit, tmp_path: Path) -> tuple[UUID, UUID]:
    """Two applications of one sponsor, for two children."""
    ids = []
    for number in (1, 2):
        packet = a_packet(f"TEST-000{number}", a_number=f"22055990{number}", household=[])
        ids.append(hand_in(kit, tmp_path / str(number), packet).application_id)
    link(kit, ids[0], now=NOW)
    return ids[0], ids[1]


def test_the_queue_of_links_shows_a_pair_and_the_command_and_then_what_was_said(
    kit: Kit, sign_in: SignIn, staff: dict[str, Person], pair: tuple[UUID, UUID]
) -> None:
    browser = sign_in("integrity")
    page = browser.get("/links")
    items = links_json(kit, state="open", limit=99, viewer=None, now=NOW)["items"]
    (item,) = (one for one in items if one["kind"] == "sponsor")
    assert item["id"] in page.text
    assert "The same sponsor" in page.text
    assert "here the sponsor, there the sponsor" in page.text
    assert "points: name same, birth date same" in page.text
    assert "kinline link split ID --as integrity@example.org --reason TEXT" in page.text
    for application in pair:
        assert f"/applications/{application}/links" in page.text
    with kit.transaction() as session:
        looks = session.scalars(text("SELECT actor FROM audit_entry WHERE act = 'read links'")).all()
    assert str(staff["integrity"].id) in looks
    why = "Two people, one lost passport."
    decide_link(kit, item["id"], staff["integrity"], verdict="split", reason=why, now=NOW)
    assert item["id"] not in browser.get("/links").text
    assert why in browser.get("/links?state=split").text
    assert browser.get("/links?state=shut").status_code == 400
    for path in ("/links?state=split", "/links", f"/applications/{pair[0]}/links"):
        reader = read(browser.get(path))
        assert (reader.headings[0], reader.loose_headers, reader.blocked) == ("h1", 0, []), path


def test_a_case_manager_sees_the_links_of_an_application_and_not_the_queue(
    sign_in: SignIn, pair: tuple[UUID, UUID]
) -> None:
    browser = sign_in("cm")
    page = browser.get(f"/applications/{pair[0]}/links")
    assert f'href="/applications/{pair[1]}"' in page.text
    assert 'href="/links"' not in page.text
    assert browser.get("/links").status_code == 403
