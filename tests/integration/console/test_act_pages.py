"""The acts on an application, each on its page: taken, told what is wrong, refused to the wrong role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import Client, Response

from console.pages.act_table import ABOUT, WHOLE
from integrations.desk import vetting
from integrations.desk.linking import link
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW
from tests.integration.console.conftest import token_in
from tests.integration.console.test_pages import read
from tests.integration.scenes import (
    World,
    a_packet,
    amended,
    confirm_all,
    hand_in,
    outside_world,
    scan,
    shown,
    vet,
)

SignIn = Callable[[str], Client]
WHY = "All papers and checks agree."


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with outside_world(kit) as world:
        yield world


@dataclass
class Scene:
    kit: Kit
    application: UUID
    sign_in: SignIn

    def path(self, act: str) -> str:
        return f"/applications/{self.application}/acts/{act}"

    def does(self, who: str, act: str, *, files: Any = None, **form: str) -> Response:
        browser = self.sign_in(who)
        token = token_in(browser.get(self.path(act)).text)
        return browser.post(self.path(act), data=form | {"csrf_token": token}, files=files)

    def is_done(self, answer: Response, code: str) -> None:
        assert (answer.status_code, answer.headers.get("location")) == (
            303,
            f"/applications/{self.application}?done={code}",
        ), answer.text

    def page(self, who: str) -> str:
        return self.sign_in(who).get(f"/applications/{self.application}").text

    def shown(self) -> dict[str, Any]:
        return shown(self.kit, self.application)


@pytest.fixture
def handed_in(kit: Kit, world: World, tmp_path: Path, sign_in: SignIn) -> Callable[..., Scene]:
    def hand(ending: str = "X1", **changes: Any) -> Scene:
        said = amended(a_packet(identity=ending), **changes)
        world.reader.shows(said)
        application = hand_in(kit, tmp_path / "packet", said).application_id
        vet(kit, application)
        return Scene(kit, application, sign_in)

    return hand


@pytest.fixture
def ready(handed_in: Callable[..., Scene], kit: Kit, staff: dict[str, Person]) -> Scene:
    """Every paper has been confirmed, and nothing is found."""
    scene = handed_in()
    confirm_all(kit, a_packet(), scene.application, staff["cm"])
    return scene


def test_from_the_recommendations_to_the_release(ready: Scene) -> None:
    assert f'href="{ready.path("recommend")}">Recommend</a>' in ready.page("cm")
    assert ready.path("decide") not in ready.page("cm")
    ready.is_done(ready.does("cm", "recommend", value="approve", reason=WHY), "recommend")
    # Independent: the second reads nothing of the first.
    assert WHY not in ready.page("cc")
    ready.is_done(ready.does("cc", "recommend", value="approve", reason=WHY), "recommend")
    assert "Whose step it is: <strong>The federal field specialist</strong>" in ready.page("cm")
    assert f'href="{ready.path("decide")}">Decide</a>' in ready.page("ffs")
    ready.is_done(ready.does("ffs", "decide", value="approve", reason=WHY), "decide")
    assert f'href="{ready.path("release")}">Record the release</a>' in ready.page("cm")
    wrong = ready.does("cm", "release", on="today")
    assert (wrong.status_code, 'href="#on"' in wrong.text) == (422, True)
    ready.is_done(ready.does("cm", "release", on=NOW.date().isoformat()), "release")
    assert ready.shown()["state"] == "released"


def test_what_is_missing_is_told_and_what_was_typed_stays(handed_in: Callable[..., Scene]) -> None:
    scene = handed_in()
    answer = scene.does("cm", "recommend", value="approve", reason=WHY)
    assert answer.status_code == 409
    assert "An approval must wait for what is missing." in answer.text
    assert "<li>Papers that a person must read and confirm: sponsor identity, the sponsor</li>" in answer.text
    assert WHY in answer.text
    assert 'value="approve" checked' in answer.text
    answer = scene.does("cm", "recommend", reason=" ")
    assert (answer.status_code, 'href="#value"' in answer.text) == (422, True)


def test_a_remand_asks_and_its_questions_are_answered(ready: Scene) -> None:
    ready.does("cm", "recommend", value="approve", reason=WHY)
    ready.does("cc", "recommend", value="approve", reason=WHY)
    answer = ready.does("ffs", "decide", value="approve", reason=WHY, questions="Who lives there?")
    assert (answer.status_code, 'href="#questions"' in answer.text) == (422, True)
    asked = "Who lives there?\n\nWho drives to school?\n"
    ready.is_done(ready.does("ffs", "decide", value="remand", reason=WHY, questions=asked), "decide")
    assert [q["text"] for q in ready.shown()["questions"]] == ["Who lives there?", "Who drives to school?"]
    assert f'href="{ready.path("answer/1")}"' in ready.page("cm")
    assert "Who lives there?" in ready.sign_in("cm").get(ready.path("answer/1")).text
    ready.is_done(ready.does("cm", "answer/1", text="The aunt and her husband."), "answer")
    assert ready.does("cm", "answer/one", text="Nobody.").status_code == 422


def test_a_denial_has_grounds_and_its_letter_goes_out(ready: Scene) -> None:
    ready.does("cm", "recommend", value="deny", reason=WHY)
    ready.does("cc", "recommend", value="deny", reason=WHY)
    ready.is_done(
        ready.does("ffs", "decide", value="deny", reason=WHY, ground_home_unsuitable="yes"), "decide"
    )
    assert ready.shown()["decision"]["grounds"] == ["home_unsuitable"]
    assert f'href="{ready.path("denial-send")}"' in ready.page("supervisor")
    assert ready.does("ffs", "denial-send", method="pigeon").status_code == 422
    ready.is_done(ready.does("ffs", "denial-send", method="post"), "denial-send")


def test_a_finding_is_cleared_with_a_reason_by_those_who_may(handed_in: Callable[..., Scene]) -> None:
    scene = handed_in(address__line1="4420 Commerce Example Way", address__unit=None)
    (found,) = (f for f in scene.shown()["findings"] if f["severity"] == "review" and f["state"] == "open")
    act = f"clear/{found['id']}"
    assert scene.path(act) in scene.page("cm")
    assert scene.path(act) not in scene.page("cc")
    assert "This is for the case manager or the supervisor" in scene.sign_in("cc").get(scene.path(act)).text
    assert scene.does("cc", act, reason=WHY).status_code == 409
    assert found["message"].split(".")[0] in scene.sign_in("cm").get(scene.path(act)).text
    answer = scene.does("cm", act, reason="  ")
    assert (answer.status_code, 'href="#reason"' in answer.text) == (422, True)
    scene.is_done(scene.does("cm", act, reason=WHY), "clear")
    assert [f["state"] for f in scene.shown()["findings"] if f["id"] == found["id"]] == ["cleared"]


def test_a_waiver_takes_two_people(handed_in: Callable[..., Scene]) -> None:
    scene = handed_in()
    item = next(r["key"] for r in scene.shown()["required"] if r["waivable"])
    act = f"waive/{item}"
    assert "/acts/waive/" in scene.page("ffs")
    assert "/acts/waive/" not in scene.page("cm")
    scene.is_done(scene.does("ffs", act, reason=WHY), "waive")
    again = scene.does("ffs", act, reason=WHY)
    assert again.status_code == 409
    scene.is_done(scene.does("supervisor", act, reason=WHY), "waive")
    assert next(r["state"] for r in scene.shown()["required"] if r["key"] == item) == "waived"


def test_a_registrys_paper_is_written_down_and_its_hit_judged_by_two(handed_in: Callable[..., Scene]) -> None:
    scene = handed_in("NEVER", sponsor__relationship="family friend", sponsor__related=False)
    check = next(c for c in scene.shown()["checks"] if c["state"] in ("pending", "ordered"))
    act = f"record/{check['check_id']}"
    assert scene.path(act) in scene.page("cm")
    said = {"result": "hit_review", "on": NOW.date().isoformat(), "reason": "By letter."}
    without = scene.does("cm", act, **said)
    assert (without.status_code, 'href="#evidence"' in without.text) == (422, True)
    paper = {"evidence": ("letter.png", scan("letter"), "image/png")}
    scene.is_done(scene.does("cm", act, files=paper, **said), "record")
    act = f"adjudicate/{check['check_id']}"
    assert scene.path(act) in scene.page("ffs")
    wrong = scene.does("ffs", act, verdict="bar_5y", offence_on="long ago", reason=WHY)
    assert (wrong.status_code, 'href="#offence_on"' in wrong.text) == (422, True)
    scene.is_done(scene.does("ffs", act, verdict="clear", reason=WHY), "adjudicate")
    scene.is_done(scene.does("supervisor", act, verdict="clear", reason=WHY), "adjudicate")
    assert {c["adjudication"] for c in scene.shown()["checks"] if c["check_id"] == check["check_id"]} == {
        "clear"
    }


def test_a_home_study_is_ordered_and_its_report_comes_in(ready: Scene) -> None:
    ready.is_done(ready.does("ffs", "home-study-order", reason=WHY), "home-study-order")
    assert f'href="{ready.path("home-study-receive")}"' in ready.page("cm")
    report = {"report": ("report.png", scan("report"), "image/png")}
    answer = ready.does("cm", "home-study-receive", files=report, reason=WHY)
    assert (answer.status_code, 'href="#result"' in answer.text) == (422, True)
    ready.is_done(
        ready.does("cm", "home-study-receive", files=report, result="positive", reason=WHY),
        "home-study-receive",
    )
    assert [s["result"] for s in ready.shown()["home_studies"]] == ["positive"]


def test_the_coordinator_asks_and_anybody_who_works_on_it_raises_a_concern(ready: Scene) -> None:
    assert ready.path("ask") not in ready.page("cc")
    assert ready.does("cc", "ask", questions="Who lives there?").status_code == 409
    ready.does("cm", "recommend", value="approve", reason=WHY)
    assert ready.path("ask") in ready.page("cc")
    ready.is_done(ready.does("cc", "ask", questions="Who lives there?"), "ask")
    ready.is_done(ready.does("supervisor", "concern", reason="A neighbour called."), "concern")
    assert len(ready.shown()["concerns"]) == 1
    assert ready.does("caller", "consult", reason=WHY).status_code == 409


def test_a_link_is_split_on_its_page(kit: Kit, tmp_path: Path, sign_in: SignIn, world: World) -> None:
    one, other = (
        hand_in(kit, tmp_path / n, a_packet(f"TEST-000{n}", a_number=f"22055990{n}")).application_id
        for n in "12"
    )
    link(kit, one, now=NOW)
    found = next(x for x in shown(kit, one)["links"] if x["kind"] == "address")
    path = f"/applications/{one}/links/{found['id']}"
    browser = sign_in("integrity")
    assert f'href="{path}"' in browser.get(f"/applications/{one}/links").text
    page = browser.get(path).text
    assert f'href="/applications/{other}"' in page
    token = token_in(page)
    assert browser.post(path, data={"csrf_token": token, "reason": WHY}).status_code == 422
    said = {"csrf_token": token, "reason": WHY, "verdict": "split"}
    assert browser.post(path.replace(str(one), str(other)), data=said).status_code == 404
    answer = browser.post(path, data=said)
    assert answer.headers["location"] == f"/applications/{one}/links?done=link"
    assert {x["state"] for x in shown(kit, one)["links"] if x["id"] == found["id"]} == {"split"}
    assert path not in sign_in("cm").get(f"/applications/{one}/links").text


def test_every_form_can_be_read_aloud_and_an_act_that_there_is_not_is_not_there(ready: Scene) -> None:
    browser = ready.sign_in("ffs")
    for act in (*WHOLE, *(f"{name}/x" for name in ABOUT)):
        page = browser.get(ready.path(act))
        reader = read(page)
        assert (page.status_code, reader.headings[0], reader.blocked) == (200, "h1", []), act
    assert browser.get(ready.path("destroy")).status_code == 404
    assert browser.get(ready.path("clear")).status_code == 404


def test_after_the_end_nothing_is_offered(ready: Scene, kit: Kit, staff: dict[str, Person]) -> None:
    for who in ("cm", "cc"):
        vetting.recommend(kit, str(ready.application), "deny", staff[who], reason=WHY, now=NOW)
    vetting.decide(kit, str(ready.application), "deny", staff["ffs"], reason=WHY, now=NOW)
    page = ready.page("cm")
    assert "/acts/" not in page
