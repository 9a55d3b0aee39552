"""Whose cases somebody of an office sees, and how another office's case is opened and reviewed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import Client, Response
from sqlalchemy import select
from sqlmodel import Session, col

from console.context import Reader
from console.scope import NOT_ABOUT_A_CASE, noun_of
from integrations.desk import notices
from integrations.desk.draft_views import my_packets
from integrations.desk.drafts import begin, find_draft
from integrations.desk.offices import NOUNS, OPEN_FOR, offices_json, set_provider, set_staff_office
from integrations.desk.oversight import oversight_json
from integrations.desk.queues import Look, Tab, queue_page
from integrations.identity.accounts import begin_session
from integrations.identity.api_keys import make_key
from integrations.kit import Kit
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.tables.offices import CaseOpening
from models.tables.people import Case, Staff
from models.tables.system import AuditEntry, History
from tests.builders import NOW, a_followed_case
from tests.integration.console.conftest import Wall, token_in
from tests.integration.office_scenes import Scene, two_offices

SignIn = Callable[[str], Client]
CONCERN = b'{"what_happened": "The child works at night."}'
REASON = "The child rang our line and asked for help."


@pytest.fixture
def scene(kit: Kit, staff: dict[str, Person]) -> Scene:
    return two_offices(kit, staff)


def open_it(browser: Client, case: UUID, reason: str = REASON) -> Response:
    form = {"case_id": str(case), "reason": reason, "next": f"/cases/{case}"}
    form["csrf_token"] = token_in(browser.get("/account").text)
    return browser.post("/openings", data=form)


def review(kit: Kit, browser: Client, person: Person, key: object, wall: Wall, **form: str) -> Response:
    with kit.transaction() as session:
        new = begin_session(session, person, now=wall.at)
    browser.cookies.clear()
    browser.cookies.set("kinline_session", new.token)
    return browser.post(f"/openings/{key}/review", data={"csrf_token": new.csrf_token} | form)


def test_lists_show_the_own_offices_cases_and_those_of_none(sign_in: SignIn, scene: Scene) -> None:
    browser = sign_in("cm")
    for page in ("/queue", "/hearings", "/applications", "/oversight/escalations_without_owner"):
        answer = browser.get(page)
        shown = answer.text
        assert answer.status_code == 200, page
        assert str(scene.theirs) not in shown, page
        assert scene.their_application not in shown, page
    queue = browser.get("/queue").text
    assert str(scene.ours) in queue
    assert str(scene.nobodys) in queue
    assert str(scene.theirs) not in browser.get("/api/v1/queue").text


@pytest.mark.parametrize("who", ["supervisor", "auditor", "ffs"])
def test_who_has_no_office_or_looks_over_all_sees_all(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], scene: Scene, who: str
) -> None:
    if who != "ffs":
        set_staff_office(kit, staff[who].email, "here", staff["admin"], wall=NOW)
    browser = sign_in(who)
    assert browser.get(f"/cases/{scene.theirs}").status_code == 200
    assert str(scene.theirs) in browser.get("/queue").text


def test_another_offices_case_is_closed_under_every_address(sign_in: SignIn, scene: Scene) -> None:
    browser = sign_in("cm")
    for path in (
        f"/cases/{scene.theirs}",
        f"/cases/{scene.their_application}",
        f"/applications/{scene.their_application}",
        f"/applications/{scene.their_application}/links",
    ):
        answer = browser.get(path)
        assert answer.status_code == 403, path
        assert "another office" in answer.text
        assert str(scene.theirs) in answer.text
    answer = browser.get(f"/api/v1/cases/{scene.theirs}")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:kinline:problem:other_office")
    assert browser.get(f"/cases/{scene.ours}").status_code == 200
    assert browser.get(f"/cases/{uuid4()}").status_code == 404


def test_opened_with_a_reason_for_four_hours_and_on_record(
    sign_in: SignIn, kit: Kit, wall: Wall, scene: Scene, session: Session, staff: dict[str, Person]
) -> None:
    browser = sign_in("cm")
    assert open_it(browser, scene.theirs, " ").status_code == 422
    assert open_it(browser, scene.ours).status_code == 409
    assert browser.get(f"/cases/{scene.theirs}").status_code == 403
    answer = open_it(browser, scene.theirs)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{scene.theirs}")
    assert browser.get(f"/cases/{scene.theirs}").status_code == 200
    assert open_it(browser, scene.theirs).status_code == 409
    with kit.transaction() as opened:
        other = begin_session(opened, staff["cm"], now=wall.at + OPEN_FOR)
    wall.at += OPEN_FOR
    browser.cookies.clear()
    browser.cookies.set("kinline_session", other.token)
    assert browser.get(f"/cases/{scene.theirs}").status_code == 403
    row = session.scalars(select(CaseOpening)).one()
    assert (row.staff_id, row.case_id, row.reason) == (staff["cm"].id, scene.theirs, REASON)
    told = session.scalars(select(History).where(col(History.row_id) == row.id)).one()
    assert (told.new, told.why) == ("opened", REASON)
    audit = session.scalars(select(AuditEntry).where(col(AuditEntry.act) == "break glass")).one()
    assert audit.row_id == scene.theirs


def test_supervisor_reviews_it_in_words_and_what_was_not_right_ends(
    sign_in: SignIn, kit: Kit, wall: Wall, scene: Scene, staff: dict[str, Person], session: Session
) -> None:
    browser = sign_in("cm")
    open_it(browser, scene.theirs)
    mine = browser.cookies["kinline_session"]
    key = session.scalars(select(col(CaseOpening.id))).one()
    wall.at += OPEN_FOR / 16
    assert review(kit, browser, staff["cm"], key, wall, was_right="yes", words="x").status_code == 403
    sue = staff["supervisor"]
    for said, faulty in (
        ({}, {"was_right": "Say whether it was right.", "words": "Say what you found."}),
        ({"was_right": "no", "words": " "}, {"words": "Say what you found."}),
        ({"words": "Sure"}, {"was_right": "Say whether it was right."}),
    ):
        answer = review(kit, browser, sue, key, wall, **said)
        assert answer.status_code == 422
        for field in ("was_right", "words"):
            beside = re.search(f'id="{field}-{key}-fault">([^<]*)', answer.text)
            assert (beside is not None) is (field in faulty), (said, field)
            assert beside is None or beside[1].startswith(faulty[field])
            assert (f'href="#{field}-{key}"' in answer.text) is (field in faulty)
        assert ">\nSure</textarea>" in answer.text or "words" in faulty
    assert review(kit, browser, sue, uuid4(), wall, was_right="no", words="No").status_code == 404
    assert REASON in browser.get("/openings").text
    assert review(kit, browser, sue, key, wall, was_right="no", words="Curiosity.").status_code == 303
    again = review(kit, browser, sue, key, wall, was_right="yes", words="Again.")
    assert (again.status_code, "This opening was reviewed before." in again.text) == (409, True)
    assert "Not right: Curiosity. (supervisor@example.org)" in browser.get("/openings").text
    browser.cookies.clear()
    browser.cookies.set("kinline_session", mine)
    assert browser.get(f"/cases/{scene.theirs}").status_code == 403


def test_offices_are_kept_by_administrators(kit: Kit, staff: dict[str, Person], scene: Scene) -> None:
    with pytest.raises(Refused, match="administrator"):
        set_provider(kit, "Example House, Here", "there", staff["supervisor"], wall=NOW)
    with pytest.raises(Refused, match="administrator"):
        set_staff_office(kit, "cm@example.org", None, staff["cm"], wall=NOW)
    with pytest.raises(BadInput):
        set_provider(kit, "Example House, Here", " ", staff["admin"], wall=NOW)
    with pytest.raises(BadInput):
        set_provider(kit, " ", "here", staff["admin"], wall=NOW)
    assert offices_json(kit) == [
        {"office": "here", "providers": ["example house, here"], "people": ["cm@example.org"]},
        {"office": "there", "providers": ["example house, there"], "people": ["caller@example.org"]},
    ]
    assert set_staff_office(kit, "cm@example.org", None, staff["admin"], wall=NOW)["office"] is None


def about_a_case(app: FastAPI) -> list[tuple[str, str, str]]:
    """Every method and address of the app with a part in braces that nobody has said is about no case, with its noun."""
    return [
        (method, context.path, noun)
        for context in iter_route_contexts(app.routes)
        for method in sorted((context.methods or set()) - {"HEAD"})
        if (noun := noun_of(context.path)) is not None
        and not context.path.startswith(("/webhooks/", "/static/", "/{"))
        and noun not in NOT_ABOUT_A_CASE
    ]


def test_every_address_about_a_case_turns_another_office_away(
    sign_in: SignIn, kit: Kit, scene: Scene, app: FastAPI, staff: dict[str, Person]
) -> None:
    """Of all the routes of the app: each with a part in braces is known, and closed when it is about a case."""
    with kit.transaction() as session:  # somebody of an office who else may visit all of them
        cm = session.scalars(select(Staff).where(col(Staff.email) == "cm@example.org")).one()
        cm.roles = ["case_manager", "federal_field_specialist"]
    keys = {
        "cases": str(scene.theirs),
        "applications": scene.their_application,
        "escalations": str(scene.their_escalation),
        "calls": str(scene.their_call),
        "sandbox": str(scene.their_phone),
        "hearings": str(scene.their_hearing),
        "notices": str(notices.draft(kit, str(scene.theirs), CONCERN, staff["caller"], now=NOW)),
    }
    browser = sign_in("cm")
    token = token_in(browser.get("/account").text)
    routes = about_a_case(app)
    for method, template, noun in routes:
        assert noun in keys, f"say in console.scope whose cases {template} is about"
        path = re.sub(r"\{[^}]*\}", keys[noun], template, count=1)
        path = re.sub(r"\{[^}]*\}", "1", path)
        answer = browser.request(method, path, data={"csrf_token": token}, headers={"x-csrf-token": token})
        assert answer.status_code == 403, (method, template, answer.status_code)
        assert "another office" in answer.text, (method, template)
        assert not [word for word in scene.their_words if word in answer.text], (method, template)
    assert len(routes) > 40


def test_those_words_are_what_an_open_case_shows(sign_in: SignIn, scene: Scene) -> None:
    """Else the test above would look for words that no page ever shows."""
    shown = sign_in("supervisor").get(f"/cases/{scene.theirs}").text
    assert [word for word in scene.their_words if word in shown]


def test_a_route_of_which_nobody_has_said_whose_it_is_is_closed_and_found(
    sign_in: SignIn, scene: Scene, app: FastAPI
) -> None:
    def forgetful(key: str, who: Reader) -> dict[str, str]:
        return {"told": key}

    before = about_a_case(app)
    app.add_api_route("/kin/{key}", forgetful)
    app.router.routes.insert(0, app.router.routes.pop())
    assert set(about_a_case(app)) - set(before) == {("GET", "/kin/{key}", "kin")}
    assert "kin" not in NOUNS
    answer = sign_in("cm").get(f"/kin/{scene.theirs}")
    assert answer.status_code == 403
    assert "told" not in answer.text


def test_supervisor_of_an_office_reads_the_drafts_of_its_senders_and_of_those_without_one(
    kit: Kit, staff: dict[str, Person]
) -> None:
    draft_id = begin(kit, staff["officer"], now=NOW)
    sue = staff["supervisor"]

    def reads() -> bool:
        listed = draft_id in {one.draft_id for one in my_packets(kit, sue, everybody=True, now=NOW)}
        with kit.transaction() as session:
            try:
                found = find_draft(session, draft_id, sue).id == draft_id
            except NotFound:
                found = False
        assert listed is found
        return found

    assert reads()
    set_staff_office(kit, sue.email, "here", staff["admin"], wall=NOW)
    assert reads()
    set_staff_office(kit, staff["officer"].email, "there", staff["admin"], wall=NOW)
    assert not reads()
    set_staff_office(kit, staff["officer"].email, "here", staff["admin"], wall=NOW)
    assert reads()


def test_when_nobody_there_takes_escalations_all_see_the_case(
    sign_in: SignIn, kit: Kit, scene: Scene
) -> None:
    browser = sign_in("cm")
    assert browser.get(f"/cases/{scene.theirs}").status_code == 403
    with kit.transaction() as session:
        cal = session.scalars(select(Staff).where(col(Staff.email) == "caller@example.org")).one()
        cal.active = False
    assert browser.get(f"/cases/{scene.theirs}").status_code == 200
    assert str(scene.theirs) in browser.get("/queue").text
    with kit.transaction() as session:
        cal = session.get_one(Staff, cal.id)
        cal.active, cal.roles = True, ["intake_officer"]
    assert str(scene.theirs) in browser.get("/queue").text
    with kit.transaction() as session:
        session.get_one(Staff, cal.id).roles = ["intake_officer", "case_manager"]
    assert str(scene.theirs) not in browser.get("/queue").text
    assert browser.get(f"/cases/{scene.theirs}").status_code == 403


def test_opening_without_a_reason_shows_its_form_again(sign_in: SignIn, scene: Scene) -> None:
    browser = sign_in("cm")
    answer = open_it(browser, scene.theirs, " ")
    assert answer.status_code == 422
    assert "Say why you must see this case." in answer.text
    assert f'value="/cases/{scene.theirs}"' in answer.text
    assert f'value="{scene.theirs}"' in answer.text


def test_openings_without_a_review_are_a_measure(
    sign_in: SignIn, kit: Kit, scene: Scene, staff: dict[str, Person], wall: Wall, session: Session
) -> None:
    def told() -> tuple[object, ...]:
        measures = oversight_json(kit, now=NOW)["measures"]
        one = next(one for one in measures if one["id"] == "openings_unreviewed")
        return one["numerator"], one["denominator"], one["exceptions"]

    assert told() == (0, 0, [])
    browser = sign_in("cm")
    open_it(browser, scene.theirs)
    assert told() == (1, 1, [str(scene.theirs)])
    late = "Late: it has waited more than a day"
    for hours, is_late in ((23, False), (2, True)):
        wall.at += timedelta(hours=hours)
        with kit.transaction() as opened:
            new = begin_session(opened, staff["supervisor"], now=wall.at)
        browser.cookies.clear()
        browser.cookies.set("kinline_session", new.token)
        assert (late in browser.get("/openings").text) is is_late
    first = browser.get("/oversight").text.partition('id="duties"')[0]
    assert "Openings of another office" in first
    assert '<a href="/openings">Review what was opened</a>' in first
    key = session.scalars(select(col(CaseOpening.id))).one()
    review(kit, browser, staff["supervisor"], key, wall, was_right="yes", words="She was needed.")
    assert told() == (0, 1, [])


def test_many_are_not_handed_over_at_once_across_offices(sign_in: SignIn, scene: Scene) -> None:
    browser = sign_in("cm")
    token = token_in(browser.get("/account").text)
    assert browser.get(f"/queue/reassign?id={scene.their_escalation}").status_code == 403
    form = {"csrf_token": token, "ids": str(scene.their_escalation), "to": "cm@example.org", "reason": "x"}
    assert browser.post("/queue/reassign", data=form).status_code == 403


def test_counts_of_tabs_are_of_the_lists(kit: Kit, staff: dict[str, Person], scene: Scene) -> None:
    for tab in Tab:
        shown = queue_page(kit, staff["cm"], Look(tab, office="here"), now=NOW)
        assert shown["counts"][tab.value] == len(shown["items"]), tab
        assert str(scene.theirs) not in {item["case_id"] for item in shown["items"]}


def test_key_for_a_person_sees_what_the_person_sees(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], scene: Scene, wall: Wall
) -> None:
    made = make_key(
        kit,
        "for-a-person",
        ["cases:read", "queue:read"],
        staff["admin"],
        days=1,
        wall=wall.at,
        for_email="cm@example.org",
    )
    browser = sign_in("cm")
    browser.cookies.clear()
    headers = {"authorization": f"Bearer {made['token']}"}
    answer = browser.get(f"/api/v1/cases/{scene.theirs}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:kinline:problem:other_office")
    assert browser.get(f"/api/v1/cases/{scene.ours}", headers=headers).status_code == 200
    assert str(scene.theirs) not in browser.get("/api/v1/queue", headers=headers).text


def test_the_office_of_a_case_follows_its_provider(
    kit: Kit, staff: dict[str, Person], scene: Scene, session: Session
) -> None:
    """Whoever writes either of the two, in whichever order: the lists read the case's own column."""

    def office() -> str | None:
        session.expire_all()
        return session.get_one(Case, scene.nobodys).office

    assert office() is None
    set_provider(kit, "example place, NOBODY ", "There", staff["admin"], wall=NOW)
    assert office() == "there"
    set_provider(kit, "Example Place, Nobody", "elsewhere", staff["admin"], wall=NOW)
    assert office() == "elsewhere"
    with kit.transaction() as opened:
        opened.get_one(Case, scene.nobodys).care_provider = " EXAMPLE House, here"
    assert office() == "here"
    with kit.transaction() as opened:
        opened.get_one(Case, scene.nobodys).office = "there"
    assert office() == "here"
    with kit.transaction() as opened:
        opened.get_one(Case, scene.nobodys).care_provider = "Example Place, of no office"
    assert office() is None
    with kit.transaction() as opened:
        assert a_followed_case(opened, kit.vault, care_provider="EXAMPLE HOUSE, THERE").office is None
        opened.flush()
    told = session.execute(select(col(Case.office)).where(col(Case.care_provider) == "EXAMPLE HOUSE, THERE"))
    assert told.scalars().all() == ["there"]
