"""A paper beside the boxes for what it says: looked at, typed, told by field; and its pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from httpx import Client, Response
from PIL import Image
from sqlalchemy import text

from integrations.desk.documents import documents_json
from integrations.kit import Kit
from models.errors import Unavailable
from models.facts import Person
from tests.integration.console.conftest import token_in
from tests.integration.console.test_pages import read
from tests.integration.scenes import World, a_packet, hand_in, outside_world, typed_for, vet

SignIn = Callable[[str], Client]


@dataclass
class Scene:
    """One application that has been through the flow, and its papers by item."""

    world: World
    application: UUID
    papers: dict[str, str]
    folder: Path

    def path(self, item: str) -> str:
        return f"/applications/{self.application}/documents/{self.papers[item]}"

    def types(self, browser: Client, item: str, **typed: str) -> Response:
        """What the packet says is typed, but for `typed`."""
        whole = json.loads(typed_for(PACKET, item, "sponsor"))
        form = {name: value for name, value in whole.items() if value is not None} | typed
        token = token_in(browser.get(self.path(item)).text)
        return browser.post(self.path(item), data=form | {"csrf_token": token})


PACKET = a_packet()


@pytest.fixture
def scene(kit: Kit, tmp_path: Path) -> Iterator[Scene]:
    with outside_world(kit) as world:
        world.reader.shows(PACKET)
        application = hand_in(kit, tmp_path / "packet", PACKET).application_id
        vet(kit, application)
        papers = {
            paper["item"]: paper["id"]
            for paper in documents_json(kit, str(application))
            if paper["subject"] in ("sponsor", "child")
        }
        yield Scene(world, application, papers, tmp_path)


def test_a_paper_is_read_from_its_picture_and_the_page_says_by_field_what_differs(
    kit: Kit, scene: Scene, sign_in: SignIn, staff: dict[str, Person]
) -> None:
    browser = sign_in("cm")
    home = browser.get(f"/applications/{scene.application}")
    assert scene.path("sponsor_identity") in home.text
    page = browser.get(scene.path("sponsor_identity"))
    reader = read(page)
    assert (page.status_code, reader.headings[0], reader.blocked) == (200, "h1", [])
    # The machine's reading is no help to the eyes: no box holds anything.
    assert 'value="Marta"' not in page.text
    answer = scene.types(browser, "sponsor_identity", number="ANOTHER-9")
    assert answer.headers["location"] == f"{scene.path('sponsor_identity')}?done=confirmed"
    told = browser.get(answer.headers["location"]).text
    assert "What you read is on record." in told
    assert "is not what the packet says: number." in told
    assert "ANOTHER-9" not in told
    scene.types(browser, "sponsor_identity")
    told = browser.get(scene.path("sponsor_identity")).text
    assert "What was typed agrees with the packet." in told
    assert "The next paper to be read" in told
    with kit.transaction() as session:
        looks = session.execute(
            text("SELECT actor, row_id FROM audit_entry WHERE act = 'read' AND noun = 'document'")
        ).all()
    assert (str(staff["cm"].id), UUID(scene.papers["sponsor_identity"])) in [tuple(row) for row in looks]


def test_what_is_wrong_stands_beside_its_box_and_nothing_typed_is_lost(scene: Scene, sign_in: SignIn) -> None:
    browser = sign_in("intake_officer")
    answer = scene.types(browser, "sponsor_identity", number="", date_of_birth="20.11.1989")
    assert answer.status_code == 422
    assert 'href="#number"' in answer.text
    assert "This is not a date. Write the date as YYYY-MM-DD." in answer.text
    assert 'value="20.11.1989"' in answer.text
    assert 'value="Example Coj"' in answer.text


def test_who_does_not_confirm_has_no_boxes_and_is_refused(scene: Scene, sign_in: SignIn) -> None:
    browser = sign_in("ffs")
    page = browser.get(scene.path("proof_of_address"))
    assert 'name="line1"' not in page.text
    assert "The case manager or an intake officer types what this paper says." in page.text
    token = token_in(page.text)  # of the form that signs out
    answer = browser.post(
        scene.path("proof_of_address"),
        data={"csrf_token": token, "line1": "1420 Example Ave", "zip": "77036"},
    )
    assert answer.status_code == 409
    assert "This is for the intake officer or the case manager." in answer.text


def test_the_words_that_the_machine_read_stand_beside_the_picture(scene: Scene, sign_in: SignIn) -> None:
    page = sign_in("cm").get(scene.path("proof_of_address")).text
    assert "EXAMPLE WATER" in page
    assert "Sharp enough to be read." in page
    assert f'src="{scene.path("proof_of_address")}/pages/1"' in page


def test_another_paper_in_its_place_is_told_before_anything_is_kept(
    kit: Kit, scene: Scene, sign_in: SignIn
) -> None:
    browser = sign_in("cm")
    old = scene.path("proof_of_address")
    token = token_in(browser.get(old).text)
    redrawn = next(d["file"] for d in PACKET["documents"] if d["kind"] == "proof_of_address")
    hand_in(kit, scene.folder / "again", PACKET, redrawn=(redrawn,))
    answer = browser.post(old, data={"csrf_token": token, "line1": "1420 Example Ave", "zip": "77036"})
    assert answer.status_code == 404
    with kit.transaction() as session:
        assert session.scalars(text("SELECT count(*) FROM confirmation")).one() == 0


def test_a_picture_is_drawn_anew_and_kept_by_nobody(
    kit: Kit, scene: Scene, sign_in: SignIn, staff: dict[str, Person]
) -> None:
    browser = sign_in("auditor")
    answer = browser.get(f"{scene.path('child_identity')}/pages/1?size=large")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    assert Image.open(io.BytesIO(answer.content)).size == (48, 48)
    with kit.transaction() as session:
        seen = session.scalars(text("SELECT actor FROM audit_entry WHERE act = 'see page'")).all()
    assert seen == [str(staff["auditor"].id)]
    assert browser.get(f"{scene.path('child_identity')}/pages/2").status_code == 404
    assert browser.get(f"{scene.path('child_identity')}/pages/0").status_code == 400
    assert browser.get(f"{scene.path('child_identity')}/pages/1?size=huge").status_code == 400
    scene.world.reader.failing = [Unavailable("document reader", "time_limit")]
    assert browser.get(f"{scene.path('child_identity')}/pages/1").status_code == 503
