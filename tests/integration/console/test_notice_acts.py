"""A notice of concern is drafted, written anew and handed on, each on its page: taken, told what is wrong, done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Client, Response

from integrations.desk.notice_views import notice_json
from models.tables.reports import Notice
from tests.builders import a_case, an_application
from tests.integration.console.conftest import token_in, typed
from tests.integration.console.test_notice_pages import (
    app,
    drafted,
    links_in,
    sign_in,
    words_of,
    world,
    worried,
)
from tests.integration.followup_scenes import DAY, HOUR, MINUTE, Family, World, a_family

__all__ = ["app", "sign_in", "world"]
SignIn = Callable[[str], Client]
WHAT = "The child says that it works at night."


@dataclass
class Desk:
    """Who does what on the pages of notices."""

    world: World
    sign_in: SignIn

    def asks(self, person: str, path: str, /) -> Response:
        return self.sign_in(person).get(path)

    def does(self, person: str, path: str, /, **form: str) -> Response:
        browser = self.sign_in(person)
        token = token_in(browser.get("/account").text)
        return browser.post(path, data=form | {"csrf_token": token})

    def drafts(self, person: str, family: Family, /, **form: str) -> Response:
        return self.does(person, f"/cases/{family.key}/notices/new", **form)

    def shown(self, notice: object) -> dict[str, Any]:
        sue = self.world.staff["supervisor"]
        return notice_json(self.world.kit, notice, sue, now=self.world.now)  # type: ignore[arg-type]


@pytest.fixture
def desk(world: World, sign_in: SignIn) -> Desk:
    return Desk(world, sign_in)


def went_to(answer: Response, code: str) -> str:
    """The notice to which an act that was taken leads."""
    found = re.fullmatch(r"/notices/([0-9a-f-]{36})\?done=(.+)", answer.headers.get("location", ""))
    assert found is not None, answer.text
    assert (answer.status_code, found[2]) == (303, code)
    return found[1]


def hidden(html: str) -> dict[str, str]:
    """What a form carries that nobody types."""
    found = re.findall(r'<input type="hidden" name="(duty|form)" value="([^"]+)"', html)
    return dict(found)


# --- drafting ---------------------------------------------------------------------------------------


def test_a_concern_is_drafted_for_the_duty_that_waits_and_its_drafter_owns_it(
    desk: Desk, world: World
) -> None:
    family = worried(world)
    duty = world.duty(family, "notice_of_concern")
    form = desk.asks("caller", f"/cases/{family.key}/notices/new").text
    assert "Known since" in words_of(form)
    assert hidden(form)["duty"] == str(duty.id)
    said = {"what_happened": WHAT, "who": "The child, and a foreman.", "done_so_far": "The police know."}
    notice = went_to(desk.drafts("caller", family, **hidden(form), **said, when=" "), "notice-draft")
    shown = desk.shown(notice)
    assert (shown["facts"], shown["duty"], shown["owner"]) == (said, str(duty.id), "caller@example.org")
    page = desk.asks("caller", f"/notices/{notice}?done=notice-draft").text
    assert "The draft is saved, and yours." in page
    assert f"/notices/{notice}/amend" in links_in(page)
    # Whoever comes by an older link is led to it.
    again = desk.asks("cm", f"/cases/{family.key}/notices/new?duty={duty.id}")
    assert (again.status_code, again.headers["location"]) == (303, f"/notices/{notice}")


def test_what_is_wrong_is_told_by_field_and_what_was_typed_stays(desk: Desk, world: World) -> None:
    family = worried(world)
    answer = desk.drafts("cm", family, where="At a warehouse.", who="x" * 301)
    assert answer.status_code == 422
    assert {"#what_happened", "#who"} <= links_in(answer.text)
    assert 'value="At a warehouse."' in answer.text
    assert world.rows(Notice) == []


def test_a_form_that_is_sent_twice_drafts_once(desk: Desk, world: World) -> None:
    family = worried(world)
    form = hidden(desk.asks("cm", f"/cases/{family.key}/notices/new").text)
    notice = went_to(desk.drafts("cm", family, **form, what_happened=WHAT), "notice-draft")
    for _ in range(2):
        again = desk.drafts("cm", family, **form, what_happened=WHAT)
        assert again.status_code == 409
        assert f"/notices/{notice}" in links_in(again.text)
        assert hidden(again.text)["duty"] == form["duty"]
    # And one for which no duty waited.
    other = a_family(world.kit, world.staff)
    blank = desk.asks("cm", f"/cases/{other.key}/notices/new").text
    assert "With this one a duty of its own begins." in blank
    assert list(hidden(blank)) == ["form"]
    went_to(desk.drafts("cm", other, **hidden(blank), what_happened=WHAT), "notice-draft")
    again = desk.drafts("cm", other, **hidden(blank), what_happened=WHAT)
    assert (again.status_code, WHAT in again.text) == (409, True)
    assert hidden(again.text) == hidden(blank)
    assert len(world.rows(Notice)) == 2
    # Another form is another concern.
    went_to(desk.drafts("cm", other, **hidden(desk.asks("cm", f"/cases/{other.key}/notices/new").text),
                        what_happened="Another one."), "notice-draft")  # fmt: skip


def test_of_several_concerns_one_is_chosen(desk: Desk, world: World) -> None:
    family = worried(world)
    world.later(DAY).records(family, "reached_alone", hurt_or_threatened="yes")
    first, second = (str(duty.id) for duty in world.duties(family, "notice_of_concern"))
    page = desk.asks("cm", f"/cases/{family.key}/notices/new?duty={second}").text
    assert f'value="{first}">' in page
    assert f'value="{second}" checked>' in page
    notice = went_to(desk.drafts("cm", family, duty=second, what_happened=WHAT), "notice-draft")
    assert desk.shown(notice)["duty"] == second


def test_nobody_drafts_for_a_child_who_is_not_followed(desk: Desk, world: World) -> None:
    family = a_family(world.kit, world.staff)
    assert f"/cases/{family.key}/notices/new" in links_in(desk.asks("cm", f"/cases/{family.key}").text)
    with world.kit.transaction() as session:
        in_care = an_application(session, world.kit.vault, a_case(session, world.kit.vault)).case_id
    path = f"/cases/{in_care}/notices/new"
    assert path not in links_in(desk.asks("cm", f"/cases/{in_care}").text)
    answer = desk.does("cm", path, what_happened=WHAT)
    assert (answer.status_code, WHAT in answer.text) == (409, True)


@pytest.mark.parametrize("who", ["ffs", "auditor", "cc", "integrity"])
def test_who_writes_no_notices_drafts_none(desk: Desk, world: World, who: str) -> None:
    family = worried(world)
    assert desk.asks(who, f"/cases/{family.key}/notices/new").status_code == 403
    assert desk.drafts(who, family, what_happened=WHAT).status_code == 403
    assert "/notices/new" not in desk.asks(who, f"/cases/{family.key}").text


# --- writing it anew, handing it on -----------------------------------------------------------------


def test_a_draft_is_written_anew_by_its_drafter_with_a_reason(desk: Desk, world: World) -> None:
    notice = drafted(world, worried(world))
    path = f"/notices/{notice}/amend"
    form = desk.asks("cm", path).text
    assert "It owes money.</textarea>" in form
    assert 'value="At a warehouse."' in form
    said = {"what_happened": WHAT, "where": "At two warehouses."}
    nothing = desk.does("cm", path, **said)
    assert (nothing.status_code, "#reason" in links_in(nothing.text)) == (422, True)
    assert 'value="At two warehouses."' in nothing.text
    went_to(desk.does("cm", path, **said, reason="More is known."), "notice-amend")
    assert desk.shown(notice)["facts"] == said
    # The same once more is no change, whoever sends it twice.
    again = desk.does("cm", path, **said, reason="More is known.")
    assert (again.status_code, "Nothing changes." in again.text) == (422, True)
    page = words_of(desk.asks("caller", f"/notices/{notice}").text)
    assert page.count("Written anew More is known. Carmen Example") == 1
    assert path not in links_in(desk.asks("caller", f"/notices/{notice}").text)
    other = desk.does("caller", path, what_happened="Nothing.", reason="x")
    assert (other.status_code, "Only who drafted a notice writes it." in other.text) == (409, True)


def test_a_notice_has_another_owner_or_another_time(desk: Desk, world: World) -> None:
    notice = drafted(world, worried(world))
    path = f"/notices/{notice}/plan"
    form = desk.asks("cm", path).text
    assert '<option value="caller@example.org"' in form
    nothing = desk.does("cm", path, reason="On leave.")
    assert (nothing.status_code, "#owner" in links_in(nothing.text)) == (422, True)
    past = desk.does("cm", path, next=typed(world.now - DAY), reason="On leave.")
    assert (past.status_code, "#next" in links_in(past.text)) == (422, True)
    odd = desk.does("cm", path, next="soon", reason="On leave.")
    assert (odd.status_code, "#next" in links_in(odd.text)) == (422, True)
    until = world.now + DAY
    went_to(
        desk.does("cm", path, owner="caller@example.org", next=typed(until), reason="On leave."),
        "notice-plan",
    )
    shown = desk.shown(notice)
    assert shown["owner"] == "caller@example.org"
    assert shown["next_action_at"] == until.replace(second=0, microsecond=0).isoformat()
    assert "Another owner, or another time On leave. Carmen Example" in words_of(
        desk.asks("caller", f"/notices/{notice}").text
    )


def test_an_act_that_nobody_knows_is_not_found(desk: Desk, world: World) -> None:
    notice = drafted(world, worried(world))
    assert desk.asks("cm", f"/notices/{notice}/close").status_code == 404
    assert desk.does("cm", f"/notices/{notice}/close").status_code == 404


# --- from the draft to its acknowledgement ----------------------------------------------------------


def test_a_supervisor_sends_a_draft_back_and_its_drafter_reads_why(desk: Desk, world: World) -> None:
    notice = drafted(world, worried(world))
    at, back = f"/notices/{notice}", f"/notices/{notice}/send-back"
    page = desk.asks("supervisor", at).text
    assert {f"{at}/approve", back} <= links_in(page)
    assert f"{at}/amend" not in links_in(page)
    assert back not in links_in(desk.asks("caller", at).text)
    other = desk.asks("caller", back).text
    assert "This is for the supervisor." in words_of(other)
    assert "<textarea" not in other
    assert desk.does("caller", back, reason="x").status_code == 409
    nothing = desk.does("supervisor", back, reason=" ")
    assert (nothing.status_code, "#reason" in links_in(nothing.text)) == (422, True)
    went_to(desk.does("supervisor", back, reason="Say where it works."), "notice-send-back")
    page = desk.asks("cm", at).text
    assert "Sue Example sent it back" in words_of(page)
    assert "Say where it works." in page
    assert f'<a class="usa-button" href="{at}/amend">' in page
    assert "Yours (1)" in desk.asks("cm", "/notices").text
    assert "Yours (0)" in desk.asks("supervisor", "/notices").text
    assert "Say where it works." in desk.asks("cm", f"{at}/amend").text
    again = desk.does("supervisor", back, reason="Once more.")
    assert (again.status_code, "This notice was sent back already." in again.text) == (409, True)
    went_to(desk.does("cm", f"{at}/amend", what_happened=WHAT, reason="It is said now."), "notice-amend")
    assert "sent it back" not in desk.asks("cm", at).text.partition('id="so-far"')[0]
    assert "Yours (1)" in desk.asks("supervisor", "/notices").text


def test_approved_submitted_and_acknowledged_each_by_its_own_person(desk: Desk, world: World) -> None:
    family = worried(world)
    notice = drafted(world, family)
    at = f"/notices/{notice}"
    early = desk.does("cm", f"{at}/certify", method="form")
    assert (early.status_code, "a supervisor&#39;s approval" in early.text) == (409, True)
    assert "kinline" not in early.text.partition("usa-alert--error")[2].partition("</div>")[0]
    form = desk.asks("supervisor", f"{at}/approve").text
    assert "It owes money." in form
    went_to(desk.does("supervisor", f"{at}/approve"), "notice-approve")
    again = desk.does("supervisor", f"{at}/approve")
    assert (again.status_code, "This notice is approved already." in again.text) == (409, True)
    assert desk.does("cm", f"{at}/amend", what_happened=WHAT, reason="x").status_code == 409

    assert f'<a class="usa-button" href="{at}/certify">' in desk.asks("cm", at).text
    for wrong in ({}, {"method": "pigeon"}):
        answer = desk.does("cm", f"{at}/certify", **wrong)
        assert (answer.status_code, "#method" in links_in(answer.text)) == (422, True)
    went_to(desk.does("cm", f"{at}/certify", method="web"), "notice-certify")
    assert world.duty(family, "notice_of_concern", "settled").evidence_kind == "document"
    assert "on the recipient's website" in words_of(desk.asks("cm", at).text)

    world.later(HOUR)
    assert f'<a class="usa-button" href="{at}/acknowledge">' in desk.asks("cm", at).text
    for said, field in (
        ({"reference": " "}, "#reference"),
        ({"reference": "ORR-12", "at": "noon"}, "#at"),
        ({"reference": "ORR-12", "at": typed(world.now + DAY)}, "#at"),
        ({"reference": "ORR-12", "at": typed(world.now - DAY)}, "#at"),
    ):
        answer = desk.does("caller", f"{at}/acknowledge", **said)
        assert (answer.status_code, field in links_in(answer.text)) == (422, True), said
    told = {"reference": "ORR-12", "at": typed(world.now - 10 * MINUTE)}
    went_to(desk.does("caller", f"{at}/acknowledge", **told), "notice-acknowledge")
    shown = desk.shown(notice)["acknowledged"]
    assert (shown["reference"], shown["by"]) == ("ORR-12", "caller@example.org")
    assert world.duty(family, "notice_acknowledged", "settled").evidence_kind == "document"
    page = desk.asks("cm", at).text
    assert "The recipient's reference ORR-12" in words_of(page)
    assert not [link for link in links_in(page) if link.startswith(f"{at}/")]
    assert desk.does("caller", f"{at}/acknowledge", reference="ORR-12").status_code == 409


def test_nobody_approves_or_sends_back_their_own_draft(desk: Desk, world: World) -> None:
    notice = drafted(world, worried(world), by="supervisor")
    at = f"/notices/{notice}"
    page = desk.asks("supervisor", at).text
    assert f"{at}/amend" in links_in(page)
    assert not {f"{at}/approve", f"{at}/send-back"} & links_in(page)
    for act in ("approve", "send-back"):
        answer = desk.does("supervisor", f"{at}/{act}", reason="x")
        assert (answer.status_code, "another supervisor" in answer.text) == (409, True)
    assert "Yours (0)" in desk.asks("supervisor", "/notices").text


@pytest.mark.parametrize("who", ["ffs", "auditor", "integrity"])
def test_who_only_reads_notices_is_offered_no_act(desk: Desk, world: World, who: str) -> None:
    notice = drafted(world, worried(world))
    assert not [link for link in links_in(desk.asks(who, f"/notices/{notice}").text) if f"{notice}/" in link]
    assert desk.asks(who, f"/notices/{notice}/approve").status_code == 403
    assert desk.does(who, f"/notices/{notice}/plan", reason="x").status_code == 403
