"""What people do and write down themselves, each on its page: interviews, proofs by hand, what goes with a check."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from integrations.desk import hits, interviews
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW
from tests.integration.console.test_act_pages import WHY, Scene, handed_in, ready, world
from tests.integration.scenes import scan, vet
from tests.integration.test_home_studies import asks_in_person

__all__ = ["asks_in_person", "handed_in", "ready", "world"]
TODAY = NOW.date().isoformat()


def test_an_interview_is_written_down_question_by_question(
    ready: Scene, kit: Kit, staff: dict[str, Person]
) -> None:
    assert ready.path("interview-child") in ready.page("cm").partition("What is seldom done")[2]
    assert ready.path("interview-child") not in ready.page("ffs")
    page = ready.sign_in("cm").get(ready.path("interview-child")).text
    assert "Whose idea was it that you live with that person?" in page
    asked = set(re.findall(r'name="(answer_\w+)"', page))
    said = dict.fromkeys(asked, "unknown") | {"answer_smuggling_fee": "still_owed"}
    nothing = ready.does("cm", "interview-child", note="She was shy.")
    assert nothing.status_code == 422
    assert all(f'href="#{name}"' in nothing.text for name in (*asked, "alone"))
    assert "She was shy." in nothing.text
    odd = ready.does("cm", "interview-child", **said | {"answer_who_proposed": "the_moon"}, alone="yes")
    assert (odd.status_code, 'href="#answer_who_proposed"' in odd.text) == (422, True)
    how = {"language": "Mam", "interpreter": "Rosa Example", "note": "She was shy."}
    ready.is_done(ready.does("cm", "interview-child", **said, alone="no", **how), "interview-child")
    (told,) = interviews.read(kit, str(ready.application), staff["cm"], now=NOW)["interviews"]
    assert (told["with"], told["alone"], told["note"]) == ("child", False, "She was shy.")
    assert (told["language"], told["interpreter"]) == ("Mam", "Rosa Example")
    assert told["answers"]["smuggling_fee"] == "still_owed"
    assert "TRAFFICKING_INDICATOR" in {f["code"] for f in ready.shown()["findings"]}
    page = ready.sign_in("cm").get(ready.path("interview-sponsor")).text
    assert 'name="alone"' not in page
    said = dict.fromkeys(re.findall(r'name="(answer_\w+)"', page), "not_asked")
    ready.is_done(ready.does("integrity", "interview-sponsor", **said), "interview-sponsor")
    assert ready.does("ffs", "interview-sponsor", **said).status_code == 409


@pytest.mark.usefixtures("asks_in_person")
def test_what_is_proven_by_hand_is_written_down_with_who_had_it(handed_in: Callable[..., Scene]) -> None:
    scene = handed_in()
    act = "by-hand/dna@sponsor"
    assert scene.path("by-hand/dna%40sponsor") in scene.page("cm")
    assert "/by-hand/" not in scene.page("ffs")
    said = {
        "result": "confirmed",
        "on": TODAY,
        "operator": "A. Example",
        "place": "Example Laboratory",
        "at": f"{TODAY} 09:30",
        "reason": WHY,
    }
    paper = {"evidence": ("dna.png", scan("letter"), "image/png")}
    for changes, field in (
        ({"operator": ""}, "operator"),
        ({"at": "this morning"}, "at"),
        ({"result": ""}, "result"),
        ({}, "destroyed_on"),
        ({"destroyed_on": (NOW + timedelta(days=3)).date().isoformat()}, "destroyed_on"),
    ):
        wrong = scene.does("cm", act, files=paper, **said | changes)
        assert (wrong.status_code, f'href="#{field}"' in wrong.text) == (422, True), (changes, wrong.text)
    without = scene.does("cm", act, **said, destroyed_on=TODAY)
    assert (without.status_code, 'href="#evidence"' in without.text) == (422, True)
    scene.is_done(scene.does("cm", act, files=paper, **said, destroyed_on=TODAY), "by-hand")
    assert next(r["state"] for r in scene.shown()["required"] if r["item"] == "dna") == "confirmed"
    act = "by-hand/in_person_identity@sponsor"
    scene.is_done(scene.does("cm", act, files=paper, **said | {"result": "failed"}), "by-hand")
    assert next(r["state"] for r in scene.shown()["required"] if r["item"].startswith("in_p")) == "received"


def test_the_record_behind_a_hit_is_kept_and_read_by_who_judges(
    handed_in: Callable[..., Scene], kit: Kit, staff: dict[str, Person]
) -> None:
    scene = handed_in("REV")
    hit = next(c for c in scene.shown()["checks"] if c["state"] == "hit_review")
    act = f"keep-record/{hit['check_id']}"
    assert scene.path(act) in scene.page("cm")
    assert scene.path(act) not in scene.page("ffs")
    without = scene.does("cm", act)
    assert (without.status_code, 'href="#record"' in without.text) == (422, True)
    record = {"record": ("record.png", scan("letter"), "image/png")}
    odd = scene.does("cm", act, files=record, disposition="perhaps")
    assert (odd.status_code, 'href="#disposition"' in odd.text) == (422, True)
    scene.is_done(scene.does("cm", act, files=record, disposition="unresolved"), "keep-record")
    key = str(scene.application)
    kept = hits.read_record(kit, key, hit["check_id"], staff["ffs"], reason=WHY, now=NOW)
    assert kept.content == scan("letter")


def test_a_release_need_not_wait_where_a_line_lets_it(handed_in: Callable[..., Scene], kit: Kit) -> None:
    vulnerable = {"especially_vulnerable": True}
    scene = handed_in("NEVER", sponsor__relationship="mother", child__circumstances=vulnerable)
    assert "/allow-pending/" not in scene.page("supervisor")
    with kit.transaction() as session:
        session.execute(text("UPDATE application SET policy_version = 'surge-2021'"))
    vet(kit, scene.application)
    out = next(
        c
        for c in scene.shown()["checks"]
        if c["kind"] == "child_abuse_registry" and c["subject"] == "sponsor"
    )
    act = f"allow-pending/{out['check_id']}"
    assert scene.path(act) in scene.page("supervisor")
    assert scene.path(act) not in scene.page("cm")
    assert scene.does("supervisor", act).status_code == 422
    assert scene.does("ffs", act, reason=WHY).status_code == 409
    scene.is_done(scene.does("supervisor", act, reason=WHY), "allow-pending")
    assert [one["role"] for one in scene.shown()["pending_allowed"]] == ["supervisor"]
    assert scene.does("supervisor", act, reason=WHY).status_code == 409
