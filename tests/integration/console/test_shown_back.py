"""What was written down and sealed, shown back to those who may read it: interviews, and the record behind a hit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from uuid import UUID, uuid4

import pytest
from httpx import Response
from sqlalchemy import text

from integrations.desk import hits, interviews
from integrations.kit import Kit
from integrations.questions import question_set
from models.facts import Person
from tests.builders import DAY, NOW
from tests.integration.console.conftest import token_in
from tests.integration.console.test_act_pages import WHY, Scene, handed_in, world
from tests.integration.scenes import a_bundle, scan, vet
from tests.unit.vetting.scenes import an_interview

__all__ = ["handed_in", "world"]
NOTE = "She was shy.\nShe wants to go to school."


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def held(kit: Kit, scene: Scene, person: Person, party: str = "child", **said: str) -> UUID:
    """An interview stands in the file; returns its id."""
    tree: dict[str, object] = {"answers": dict(an_interview(party, **said).answers), "note": NOTE}
    if party == "child":
        tree |= {"alone": False, "language": "Mam", "interpreter": "Rosa Example"}
    raw = json.dumps(tree).encode()
    interviews.record(kit, str(scene.application), person, party=party, answers=raw, now=NOW)
    found = interviews.read(kit, str(scene.application), person, now=NOW)["interviews"]
    return UUID(next(one["id"] for one in found if one["with"] == party))


def looks(kit: Kit, act: str, noun: str) -> list[tuple[str, str]]:
    """Who looked at which row, in the audit."""
    with kit.transaction() as session:
        rows = session.execute(
            text(
                "SELECT actor, row_id::text FROM audit_entry WHERE act = :act AND noun = :noun ORDER BY seq"
            ),
            {"act": act, "noun": noun},
        )
        return [(actor, row_id) for actor, row_id in rows]


# --- an interview -----------------------------------------------------------------------------------


def test_an_interview_is_read_back_as_it_was_asked_and_the_look_is_on_record(
    handed_in: Callable[..., Scene], kit: Kit, staff: dict[str, Person]
) -> None:
    scene = handed_in()
    one = held(kit, scene, staff["cm"], smuggling_fee="still_owed", debt="refused")
    before = len(looks(kit, "read interviews", "interview"))
    answer = scene.sign_in("integrity").get(f"/applications/{scene.application}/interviews/{one}")
    assert answer.status_code == 200
    page = words_of(answer.text)
    assert "Interview with the child" in page
    assert "Held and written down by Carmen Example" in page
    for asked in question_set().asked_of("child"):
        assert asked.ask["child"] in page
    said = dict(re.findall(r"<dt>([^<]+)</dt><dd>(?:<span[^>]*>)?([^<]+)", answer.text))
    assert said["Did anybody pay for bringing you here? Is it paid?"] == "Still owed"
    assert said["Do you or your family owe anybody money because of the journey?"] == "Refused"
    assert "No, somebody else was there" in page
    assert "Language Mam Interpreter Rosa Example" in page
    assert "She wants to go to school." in page
    assert page.count("are unverified: no published text could be read for them") == 1
    assert looks(kit, "read interviews", "interview")[before:] == [(str(staff["integrity"].id), str(one))]


def test_each_place_that_names_an_interview_leads_to_it_for_who_may_read_it(
    handed_in: Callable[..., Scene], kit: Kit, staff: dict[str, Person]
) -> None:
    scene = handed_in()
    one = held(kit, scene, staff["cm"], smuggling_fee="still_owed")
    other = held(kit, scene, staff["cm"], "sponsor", debt="unknown")
    vet(kit, scene.application)
    at = f'href="/applications/{scene.application}/interviews/'
    page = scene.page("cm")
    story = page.partition('id="story"')[2].partition("</section>")[0]
    listed = page.partition('id="interviews"')[2].partition("</section>")[0]
    found = page.partition('id="findings"')[2].partition("</section>")[0]
    assert f'{at}{one}">Interview with the child</a>' in story
    assert f'{at}{other}">Interview with the sponsor</a>' in story
    assert f'{at}{one}">Interview with the child</a>' in listed
    assert "1 question without an answer" in words_of(listed)
    assert f'{at}{one}">Read the interview' in found
    # Who may not read it sees that it was held, and no way in.
    for word in ("ffs", "auditor"):
        page = scene.page(word)
        assert "Interview with the child" in page
        assert at not in page
        assert (
            scene.sign_in(word).get(f"/applications/{scene.application}/interviews/{one}").status_code == 403
        )


def test_an_interview_is_not_read_from_another_application_nor_by_who_acted_in_another_role(
    handed_in: Callable[..., Scene], kit: Kit, staff: dict[str, Person]
) -> None:
    scene = handed_in()
    one = held(kit, scene, staff["cm"])
    path = f"/applications/{scene.application}/interviews/"
    other = handed_in("X2", reference="TEST-0002")
    sponsors = held(kit, scene, staff["cm"], "sponsor")
    browser = scene.sign_in("supervisor")
    unsaid = "Language not written down Interpreter none is written down"
    assert unsaid in words_of(browser.get(f"{path}{sponsors}").text)
    assert browser.get(f"/applications/{other.application}/interviews/{one}").status_code == 404
    assert browser.get(f"{path}{uuid4()}").status_code == 404
    assert browser.get(f"{path}{one}").status_code == 200
    with kit.transaction() as session:
        session.execute(
            text("UPDATE act SET role = 'case_coordinator' WHERE staff_id = :cm"), {"cm": staff["cm"].id}
        )
    assert scene.sign_in("cm").get(f"{path}{one}").status_code == 409


# --- the record behind a hit ------------------------------------------------------------------------


class Hit:
    """A hit to be judged, and its page."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.id = next(c["check_id"] for c in scene.shown()["checks"] if c["state"] == "hit_review")
        self.path = f"/applications/{scene.application}/checks/{self.id}/record"

    def kept(self, kit: Kit, person: Person, content: bytes, *, days: int = 0) -> None:
        name = "record.png" if content.startswith(b"\x89PNG") else "record.tiff"
        key, record = str(self.scene.application), (name, content)
        hits.keep_record(kit, key, self.id, person, record=record, now=NOW + days * DAY)

    def reads(self, who: str, **form: str) -> Response:
        browser = self.scene.sign_in(who)
        return browser.post(self.path, data=form | {"csrf_token": token_in(browser.get("/account").text)})


@pytest.fixture
def hit(handed_in: Callable[..., Scene]) -> Hit:
    return Hit(handed_in("REV"))


def reasons(kit: Kit) -> list[str]:
    """Why somebody read a record, in the order of the looks."""
    with kit.transaction() as session:
        query = "SELECT why FROM history WHERE noun = 'criminal_record' AND new = 'read' ORDER BY seq"
        return list(session.execute(text(query)).scalars())


def picture_in(html: str) -> str:
    found = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert found is not None
    return found[1]


def test_a_record_is_read_page_by_page_each_look_with_its_reason(
    hit: Hit, kit: Kit, staff: dict[str, Person]
) -> None:
    hit.kept(kit, staff["cm"], a_bundle("one", "two"))
    link = f'href="{hit.path}">Read the record behind it'
    assert link in hit.scene.page("ffs")
    assert link not in hit.scene.page("cm")
    judging = hit.scene.path(f"adjudicate/{hit.id}")
    assert link in hit.scene.sign_in("supervisor").get(judging).text
    asked = hit.scene.sign_in("supervisor").get(hit.path)
    assert asked.status_code == 200
    assert "data:image" not in asked.text
    assert reasons(kit) == []
    nothing = hit.reads("supervisor", reason=" ")
    assert (nothing.status_code, 'href="#reason"' in nothing.text) == (422, True)
    assert "data:image" not in nothing.text
    first = hit.reads("supervisor", reason=WHY)
    assert (first.status_code, "Page 1 of 2." in words_of(first.text)) == (200, True)
    second = hit.reads("supervisor", reason=WHY, page="2")
    assert "Page 2 of 2." in words_of(second.text)
    assert picture_in(first.text) != picture_in(second.text)
    assert picture_in(hit.reads("ffs", reason=WHY, page="3").text) == picture_in(first.text)
    assert reasons(kit) == [WHY] * 3
    who = [staff[word].id for word in ("supervisor", "supervisor", "ffs")]
    assert [actor for actor, _ in looks(kit, "read", "criminal_record")] == list(map(str, who))


def test_of_several_records_the_newest_is_shown_and_it_says_so(
    hit: Hit, kit: Kit, staff: dict[str, Person]
) -> None:
    hit.kept(kit, staff["cm"], a_bundle("one", "two"))
    hit.kept(kit, staff["cm"], scan("newer"), days=1)
    asked = words_of(hit.scene.sign_in("ffs").get(hit.path).text)
    assert "2 records were kept behind this hit. The newest is shown." in asked
    assert "Page 1 of 1." in words_of(hit.reads("ffs", reason=WHY).text)


def test_a_record_is_for_who_judges_and_only_of_this_application(
    hit: Hit, kit: Kit, staff: dict[str, Person], handed_in: Callable[..., Scene]
) -> None:
    empty = hit.scene.sign_in("ffs").get(hit.path)
    assert "No record has been kept behind this check." in empty.text
    assert "<textarea" not in empty.text
    assert hit.reads("ffs", reason=WHY).status_code == 404
    hit.kept(kit, staff["cm"], scan("letter"))
    for word in ("cm", "cc", "auditor"):
        assert hit.scene.sign_in(word).get(hit.path).status_code == 403
        assert hit.reads(word, reason=WHY).status_code == 403
    other = handed_in("X2", reference="TEST-0002")
    strange = f"/applications/{other.application}/checks/{hit.id}/record"
    assert other.sign_in("ffs").get(strange).status_code == 404
    assert reasons(kit) == []
