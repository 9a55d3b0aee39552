"""A case is closed on its pages after a look at what ends with it, by two where two are needed, and followed again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from fastapi import FastAPI
from httpx import Client, Response

from console.app import create_app
from integrations.kit import Kit
from models.facts import Person
from models.tables.closing import Closure
from models.tables.people import Case
from models.tables.vetting import Act
from tests.builders import a_hearing, an_obligation
from tests.integration.console.conftest import Wall, sent, token_in
from tests.integration.followup_scenes import HOUR, Family, World, a_family, open_world
from tests.integration.test_closing import search

SignIn = Callable[[str], Client]
_HIDDEN = r'type="hidden" name="(\w+)" value="([^"]*)"'
EVIDENCE = "record 7 of the file"
DEPARTED = {"reason": "departed", "evidence": EVIDENCE, "note": "the airline's paper"}


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


@pytest.fixture
def family(world: World) -> Family:
    made = a_family(world.kit, world.staff)
    with world.kit.transaction() as session:
        a_hearing(session, session.get_one(Case, made.case_id))
    return made


@pytest.fixture
def app(kit: Kit, wall: Wall, family: Family) -> FastAPI:
    return create_app(kit, wall=wall)


def path_of(family: Family, act: str = "") -> str:
    return f"/cases/{family.case_id}{act}"


def checks(browser: Client, family: Family, **form: str) -> Response:
    """The page of reasons, filled in and sent on to the look at it."""
    path = path_of(family, "/close")
    return browser.post(path, data={"csrf_token": token_in(browser.get(path).text)} | form)


def hidden_in(page: Response) -> dict[str, str]:
    """What the page that asks whether this is right sends along."""
    form = page.text.partition("<main")[2]
    return {name: unescape(text) for name, text in re.findall(_HIDDEN, form)}


def confirms(browser: Client, family: Family, checked: Response, **more: str) -> Response:
    assert checked.status_code == 200, checked.text
    return browser.post(path_of(family, "/close/confirm"), data=hidden_in(checked) | more)


def test_a_case_is_closed_only_after_a_look_at_what_ends_with_it(
    sign_in: SignIn, world: World, family: Family
) -> None:
    late = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    world.at(late.due_at + HOUR).round("lost")
    browser = sign_in("cm")
    shown = browser.get(path_of(family)).text
    assert f'href="{path_of(family, "/close")}"' in shown
    assert "/going" in shown
    assert "kinline " not in shown
    page = browser.get(path_of(family, "/close")).text
    assert 'value="departed"' in page
    assert "Needs: the record of the departure" in page
    ends = page.split('id="ends"')[1]
    assert ends.count('<th scope="row"') == len(world.duties(family))
    assert re.search(r"Welfare call, the child.*late", ends, re.DOTALL)
    assert "No contact so far" in ends or "Not done in time" in ends
    checked = checks(browser, family, **DEPARTED)
    assert "Close the case: is this right?" in checked.text
    assert f"<dd>{EVIDENCE}</dd>" in checked.text
    assert 'id="ends"' in checked.text
    # Nothing was changed by looking.
    assert world.case(family).state == "in_follow_up"
    assert world.rows(Act, family) == world.rows(Closure, family) == []
    answer = confirms(browser, family, checked)
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(family, "?done=closed"))
    told = browser.get(answer.headers["location"]).text
    assert "The case is closed. Closed does not say that the child is safe." in told
    assert f"Evidence: {EVIDENCE}." in told
    (row,) = world.rows(Closure, family)
    assert (row.reason, row.note, row.closed_by) == (
        "departed",
        DEPARTED["note"],
        world.staff["cm"].id,
    )
    assert world.duties(family) == []
    assert "This case is closed already." in browser.get(path_of(family, "/close")).text


def test_what_is_changed_at_the_look_comes_back_as_it_was_typed(sign_in: SignIn, family: Family) -> None:
    browser = sign_in("cm")
    checked = checks(browser, family, **DEPARTED)
    again = browser.post(path_of(family, "/close"), data=hidden_in(checked) | {"change": "yes"})
    assert again.status_code == 200
    assert 'value="departed" checked' in again.text
    assert f'value="{EVIDENCE}"' in again.text
    assert "the airline&#39;s paper</textarea>" in again.text


def test_what_is_missing_is_told_by_field_and_kept(sign_in: SignIn, world: World, family: Family) -> None:
    browser = sign_in("cm")
    for form, field, told in (
        ({"evidence": EVIDENCE}, "reason", "Say why the case is closed."),
        ({"reason": "departed"}, "evidence", "This reason needs its evidence: the record of the departure."),
        (
            {"reason": "departed", "evidence": "x" * 201},
            "evidence",
            "A reference has 200 characters at most.",
        ),
        (
            {"reason": "departed", "evidence": str(family.application_id)},
            "evidence",
            "This case has no document with this id.",
        ),
        ({"reason": "gone", "evidence": EVIDENCE}, "reason", "This is not a reason to close a case."),
    ):
        answer = checks(browser, family, **{"note": "as typed"} | form)
        assert answer.status_code == 422, form
        assert f'href="#{field}">{told}' in answer.text, answer.text
        assert f'id="{field}-fault"' in answer.text
        assert ">\nas typed</textarea>" in answer.text
    assert world.case(family).state == "in_follow_up"


def test_a_reason_that_is_somebody_elses_or_lacks_something_is_not_offered_and_is_refused(
    sign_in: SignIn, world: World, family: Family
) -> None:
    browser = sign_in("cm")
    page = browser.get(path_of(family, "/close")).text
    shut = page.split('id="shut"')[1].split("</section>")[0]
    assert "<strong>Plan completed</strong>: it is for a supervisor</li>" in shut
    assert "<strong>Turned 18</strong>: this child is not 18 yet" in shut
    assert 'value="plan_completed"' not in page
    refused = checks(browser, family, reason="plan_completed")
    assert (refused.status_code, "This is for the supervisor." in refused.text) == (409, True)
    refused = checks(sign_in("supervisor"), family, reason="plan_completed", note="as typed")
    assert refused.status_code == 409
    assert "Nobody has spoken with this child since the release." in refused.text
    assert "as typed" in refused.text
    assert world.case(family).state == "in_follow_up"


def test_a_lost_contact_is_proposed_by_one_and_closed_by_another(
    sign_in: SignIn, world: World, family: Family
) -> None:
    world.lose(family)
    shut = sign_in("supervisor").get(path_of(family, "/close")).text.split('id="shut"')[1]
    assert "Contact is lost: second ladder of calls: not done yet" in shut
    assert path_of(family, "/close") not in sign_in("ffs").get(path_of(family)).text
    search(world, family)
    browser = sign_in("supervisor")
    checked = checks(browser, family, reason="lost_contact", note="all was tried")
    assert "Propose closing: is this right?" in checked.text
    answer = confirms(browser, family, checked)
    assert answer.headers["location"] == path_of(family, "?done=closure_proposed")
    assert world.case(family).state == "lost_contact"
    assert "you proposed it; another person must confirm it" in browser.get(path_of(family, "/close")).text
    again = checks(browser, family, reason="lost_contact")
    assert (again.status_code, "another person must confirm it" in again.text) == (409, True)
    browser = sign_in("ffs")
    assert f'href="{path_of(family, "/close")}"' in browser.get(path_of(family)).text
    page = browser.get(path_of(family, "/close")).text
    assert page.count('type="radio"') == 1
    checked = checks(browser, family, reason="lost_contact")
    assert "Close the case: is this right?" in checked.text
    assert confirms(browser, family, checked).headers["location"] == path_of(family, "?done=closed")
    (row,) = world.rows(Closure, family)
    assert (row.proposed_by, row.closed_by) == (world.staff["supervisor"].id, world.staff["ffs"].id)


def test_a_second_click_closes_nothing_twice_and_leads_to_the_same_page(
    sign_in: SignIn, world: World, family: Family
) -> None:
    browser = sign_in("cm")
    checked = checks(browser, family, **DEPARTED)
    first, again = (confirms(browser, family, checked) for _ in range(2))
    assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])
    assert len(world.rows(Closure, family)) == 1
    other = confirms(browser, family, checked, once="of-another-form")
    assert (other.status_code, "This case is closed already." in other.text) == (409, True)


def test_what_came_up_between_the_look_and_the_word_stands_in_the_way(
    sign_in: SignIn, world: World, family: Family
) -> None:
    browser = sign_in("cm")
    checked = checks(browser, family, **DEPARTED)
    with world.kit.transaction() as session:
        an_obligation(session, session.get_one(Case, family.case_id), kind="report_police")
    answer = confirms(browser, family, checked)
    assert (answer.status_code, "has not been made" in answer.text) == (409, True)
    assert "Report to the police: not done yet. What is known of this child must be told first" in answer.text
    assert "There is no reason for which you can close it today." in answer.text
    assert world.case(family).state == "in_follow_up"


def token_of(browser: Client) -> str:
    return token_in(browser.get("/account").text)


@pytest.fixture
def closed(sign_in: SignIn, family: Family) -> Family:
    browser = sign_in("cm")
    confirms(browser, family, checks(browser, family, **DEPARTED))
    return family


def test_a_closed_child_is_followed_again_with_a_reason(
    sign_in: SignIn, world: World, closed: Family
) -> None:
    browser = sign_in("supervisor")
    shown = browser.get(path_of(closed)).text
    assert f'href="{path_of(closed, "/reopen")}"' in shown
    assert "kinline reopen" not in shown
    assert EVIDENCE in browser.get(path_of(closed, "/reopen")).text
    # Nobody is asked any more whether the child will go to court, or to look for a date.
    assert "/going" not in shown
    assert path_of(closed, "/court") not in shown
    empty = sent(browser, path_of(closed, "/reopen"), reason=" ")
    assert (empty.status_code, 'href="#reason"' in empty.text) == (422, True)
    form = {"once": "a-word-of-one-form", "reason": "News of the child."}
    for _ in range(2):
        answer = sent(browser, path_of(closed, "/reopen"), **form)
        assert answer.headers["location"] == path_of(closed, "?done=reopened")
    assert world.case(closed).state == "in_follow_up"
    (row,) = world.rows(Closure, closed)
    assert row.reopened_because == "News of the child."
    assert [duty.party for duty in world.duties(closed) if duty.key.startswith("reopened")] == ["child"]
    refused = sent(browser, path_of(closed, "/reopen"), reason="Once more.")
    assert (refused.status_code, "Once more." in refused.text) == (409, True)
    assert "This case is not closed." in refused.text


def test_who_may_neither_close_nor_reopen_sees_no_link_and_no_form(
    sign_in: SignIn, world: World, family: Family
) -> None:
    for who in ("officer", "cc", "ffs", "integrity", "auditor", "caller"):
        assert path_of(family, "/close") not in sign_in(who).get(path_of(family)).text, who
    browser = sign_in("caller")
    assert 'name="reason"' not in browser.get(path_of(family, "/close")).text
    token = {"csrf_token": token_of(browser)}
    for act in ("/close", "/close/confirm", "/reopen"):
        assert browser.post(path_of(family, act), data=token | DEPARTED).status_code == 409, act
    browser = sign_in("cm")
    confirms(browser, family, checks(browser, family, **DEPARTED))
    for who in ("officer", "cc", "ffs", "integrity", "auditor", "caller"):
        assert path_of(family, "/reopen") not in sign_in(who).get(path_of(family)).text, who
    assert (
        "This is for the supervisor or the case manager."
        in sign_in("ffs").get(path_of(family, "/reopen")).text
    )
