"""The acts after a denial and those that come seldom, each on its page."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from integrations.desk import appeals, vetting
from integrations.desk.linking import link
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW
from tests.integration.console.test_act_pages import WHY, Scene, SignIn, handed_in, ready, world
from tests.integration.scenes import World, a_packet, hand_in, shown

__all__ = ["handed_in", "ready", "world"]
TODAY = NOW.date().isoformat()


@pytest.fixture
def denied(ready: Scene, kit: Kit, staff: dict[str, Person]) -> Scene:
    """Denied, and the letter has gone out."""
    key = str(ready.application)
    for who in ("cm", "cc"):
        vetting.recommend(kit, key, "deny", staff[who], reason=WHY, now=NOW)
    vetting.decide(kit, key, "deny", staff["ffs"], reason=WHY, grounds=["home_unsuitable"], now=NOW)
    appeals.send_letter(kit, key, staff["ffs"], method="post", now=NOW)
    return ready


def test_an_appeal_is_filed_told_handed_over_and_decided_by_a_neutral(denied: Scene) -> None:
    assert f'href="{denied.path("appeal-file")}"' in denied.page("cm")
    assert denied.path("appeal-file") not in denied.page("cc")
    empty = denied.does("cm", "appeal-file", by="sponsor", reason=WHY)
    assert (empty.status_code, 'href="#on"' in empty.text) == (422, True)
    nobody = denied.does("cm", "appeal-file", on=TODAY, reason=WHY)
    assert (nobody.status_code, 'href="#by"' in nobody.text) == (422, True)
    form = {"by": "sponsor", "on": TODAY, "hearing_asked": "yes", "reason": WHY}
    denied.is_done(denied.does("cm", "appeal-file", **form), "appeal-file")
    assert denied.shown()["denial"]["appeal"]["with_hearing"] is True

    assert f'href="{denied.path("appeal-acknowledge")}">The appeal was acknowledged</a>' in denied.page("cm")
    assert denied.does("supervisor", "appeal-decide", outcome="upheld", reason=WHY).status_code == 409
    denied.is_done(denied.does("cm", "appeal-acknowledge"), "appeal-acknowledge")
    assert f'href="{denied.path("appeal-deliver")}"' in denied.page("cm")
    unsaid = denied.does("cm", "appeal-deliver", reason=WHY)
    assert (unsaid.status_code, 'href="#file"' in unsaid.text) == (422, True)
    denied.is_done(denied.does("cm", "appeal-deliver", file="withheld", reason=WHY), "appeal-deliver")
    assert denied.shown()["denial"]["appeal"]["withheld"] is True

    assert denied.path("appeal-decide") not in denied.page("cm")
    assert f'href="{denied.path("appeal-decide")}"' in denied.page("supervisor")
    unsaid = denied.does("supervisor", "appeal-decide", reason=WHY)
    assert (unsaid.status_code, 'href="#outcome"' in unsaid.text) == (422, True)
    denied.is_done(
        denied.does("supervisor", "appeal-decide", outcome="reversed", reason=WHY), "appeal-decide"
    )
    assert denied.shown()["state"] == "recommended"
    assert "The appeal was decided: reversed" in denied.page("cm")


def test_sponsors_are_merged_by_two_and_taken_apart(
    kit: Kit, tmp_path: Path, sign_in: SignIn, world: World
) -> None:
    one, other = (
        hand_in(kit, tmp_path / n, a_packet(f"TEST-000{n}", a_number=f"22055990{n}")).application_id
        for n in "12"
    )
    link(kit, one, now=NOW)
    scene = Scene(kit, one, sign_in)
    assert scene.path("merge") in scene.page("integrity")
    assert scene.path("merge") not in scene.page("cm")
    for typed in ("", "NOBODY-77"):
        wrong = scene.does("integrity", "merge", other=typed, reason=WHY)
        assert (wrong.status_code, 'href="#other"' in wrong.text) == (422, True)
    scene.is_done(scene.does("integrity", "merge", other=str(other), reason=WHY), "merge")
    assert scene.does("integrity", "merge", other=str(other), reason=WHY).status_code == 409
    scene.is_done(scene.does("supervisor", "merge", other="TEST-0002", reason=WHY), "merge")
    assert _merges(kit, one) == ["approved"]
    assert scene.path("unmerge") in scene.page("supervisor")
    scene.is_done(scene.does("supervisor", "unmerge", other=str(other), reason=WHY), "unmerge")
    assert _merges(kit, one) == ["undone"]


def _merges(kit: Kit, application: UUID) -> list[str]:
    return [merge["state"] for merge in shown(kit, application)["merges"]]


def test_a_case_moves_to_another_policy_by_two(ready: Scene) -> None:
    page = ready.page("ffs")
    assert ready.path("policy-move") in page.partition("What is seldom done")[2]
    for typed, says in (
        ("", "This is empty."),
        ("orr-1999", "There is no such version."),
        ("swb-2024r3", "This is about the follow-up."),
    ):
        wrong = ready.does("ffs", "policy-move", version=typed, reason=WHY)
        assert (wrong.status_code, 'href="#version"' in wrong.text, says in wrong.text) == (422, True, True)
    ready.is_done(ready.does("ffs", "policy-move", version="orr-2024", reason=WHY), "policy-move")
    ready.is_done(ready.does("supervisor", "policy-move", version="orr-2024", reason=WHY), "policy-move")
    assert ready.shown()["policy"] == "orr-2024"


def test_what_comes_seldom_is_taken_from_who_may(ready: Scene) -> None:
    ready.does("cm", "recommend", value="approve", reason=WHY)
    assert ready.path("waive-review") in ready.page("ffs")
    ready.is_done(ready.does("ffs", "waive-review", reason=WHY), "waive-review")
    assert ready.path("waive-review") not in ready.page("ffs")
    ready.is_done(ready.does("supervisor", "review-pending", reason=WHY), "review-pending")
    assert len(ready.shown()["pending_reviews"]) == 1
    assert ready.does("cc", "withdraw", reason=WHY).status_code == 409
    ready.is_done(ready.does("cm", "withdraw", reason=WHY), "withdraw")
    assert ready.shown()["state"] == "withdrawn"
    assert "/acts/" not in ready.page("supervisor")


def test_services_are_offered_after_a_home_study(ready: Scene, kit: Kit, staff: dict[str, Person]) -> None:
    assert ready.path("services-offer") not in ready.page("cm")
    assert ready.does("cm", "services-offer", reason=WHY).status_code == 422
    ready.is_done(ready.does("cm", "services-offer", answer="declined", reason=WHY), "services-offer")
    assert ready.shown()["post_release_services"]["offer"] == "declined"
