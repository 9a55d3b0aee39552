"""The pages: what they say, to whom, and under which headers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Client, Response
from sqlalchemy import func, select
from sqlmodel import Session, col

from console.pages import calendar
from integrations.desk.court import Look, record_look
from integrations.desk.escalations import open_escalation
from integrations.desk.intake import submit
from integrations.desk.oversight import oversight_json
from integrations.desk.page_dispatch import dispatch_pages
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.store.sealing import seal_json
from models.court_status import CourtSource, CourtStatus
from models.facts import Person
from models.tables.court import HearingWord
from models.tables.people import Case, PhoneNumber
from models.tables.system import AuditEntry
from tests.builders import (
    DAY,
    NOW,
    a_call_that_reached,
    a_followed_case,
    a_hearing,
    a_message,
    a_number,
    a_welfare_call,
    an_address,
    an_application,
    an_attempt,
    an_escalation,
    an_inbound_text,
)
from tests.integration.console.conftest import Wall

SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "packets"
SignIn = Callable[[str], Client]


@pytest.fixture
def case_id(kit: Kit, staff: dict[str, Person]) -> UUID:
    """A released child: heard once, next call late and escalated, a text out, a hearing ahead."""
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r3")
        application = an_application(session, kit.vault, case, state="released")
        an_address(session, kit.vault, application)
        number = a_number(session, kit.vault, application)
        late = a_welfare_call(session, case, due_at=NOW - 2 * DAY, key="day-7", queue="rota")
        a_welfare_call(session, case, due_at=NOW + 20 * DAY, key="day-30", queue="rota")
        an_attempt(session, late, at=NOW - 2 * DAY)
        a_message(session, number, obligation_id=late.id, state="delivered", accepted_at=NOW - 2 * DAY)
        an_escalation(session, case, obligation_id=late.id, reason="no_contact", acknowledge_by=NOW - DAY)
        a_call_that_reached(session, case, "sponsor", staff["caller"].id, at=NOW - DAY)
        a_hearing(session, case)
        return case.id


@pytest.fixture
def application_id(kit: Kit) -> UUID:
    taken = submit(kit, read_path(SAMPLES / "04-missing-unit"), actor="cli", now=NOW)
    return taken.application_id


class _Reader(HTMLParser):
    """What matters for reading a page aloud, and what a strict policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()
        self.ids: list[str] = []
        self.loose_headers = 0
        self.blocked: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang") or ""
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag == "label":
            self.labels.add(given.get("for") or "")
        if tag == "input" and given.get("type") != "hidden":
            self.fields.add(given.get("id") or "")
        if tag == "th" and "scope" not in given:
            self.loose_headers += 1
        if "id" in given:
            self.ids.append(given["id"] or "")
        is_own = tag == "script" and (given.get("src") or "").startswith("/static/")
        if (
            (tag in ("script", "style") and not is_own)
            or "style" in given
            or any(name.startswith("on") for name in given)
        ):
            self.blocked.append(tag)


def read(page: Response) -> _Reader:
    reader = _Reader()
    reader.feed(page.text)
    return reader


def paths_of(case_id: UUID, application_id: UUID) -> list[str]:
    return [
        "/",
        "/queue",
        "/queue?name=rota",
        "/queue?name=nothing",
        "/hearings",
        f"/hearings?first={(NOW + 30 * DAY).date()}",
        "/oversight",
        "/oversight/duties_overdue",
        "/applications",
        f"/applications/{application_id}",
        f"/applications/{application_id}/links",
        f"/cases/{case_id}",
        "/cases/unknown",
    ]


def test_every_page_can_be_read_aloud_and_keeps_to_the_policy(
    sign_in: SignIn, case_id: UUID, application_id: UUID
) -> None:
    browser = sign_in("cm")
    for path in paths_of(case_id, application_id):
        reader = read(browser.get(path))
        assert reader.lang == "en", path
        assert reader.headings[:1] == ["h1"], path
        assert reader.headings.count("h1") == 1, path
        assert reader.fields <= reader.labels, path
        assert reader.loose_headers == 0, path
        assert len(reader.ids) == len(set(reader.ids)), path
        assert reader.blocked == [], path
    browser.cookies.clear()
    form = read(browser.get("/sign-in"))
    assert form.fields == form.labels == {"email", "password"}


def _paths(app: FastAPI) -> list[tuple[str, str]]:
    """Every route of the app, with some id in each gap."""
    routers = [getattr(route, "original_router", None) for route in app.routes]
    routes = [route for router in routers if router is not None for route in router.routes]
    found = [
        (method, route.path.format(**{name: str(uuid4()) for name in route.param_convertors}))
        for route in routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]
    assert len(found) >= 20  # or FastAPI keeps its routes elsewhere by now
    return found


def test_headers_stand_on_every_answer(app: FastAPI, browser: Client, sign_in: SignIn) -> None:
    asked = [
        *_paths(app),
        ("GET", "/static/kinline.css"),
        ("GET", "/static/no"),
        ("GET", "/no"),
        ("PUT", "/"),
    ]

    def look() -> None:
        for method, path in asked:
            headers = browser.request(method, path).headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert "unsafe" not in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff", path
            assert headers["referrer-policy"] == "same-origin", path
            kept = "public, max-age=3600" if path.endswith(".css") else "no-store"
            assert headers["cache-control"] == kept, path

    look()
    sign_in("cm")
    look()


def test_nothing_but_the_doors_is_open_without_a_session(app: FastAPI, browser: Client) -> None:
    doors = {"/sign-in", "/language", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"}
    for method, path in _paths(app):
        if path in doors:
            continue
        answer = browser.request(method, path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, path
        elif path.startswith("/webhooks/checks"):
            assert answer.status_code == 404, path
        elif path.startswith("/webhooks/"):
            assert answer.status_code == 403, path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in"), path


def test_administrator_sees_counts_and_no_case(sign_in: SignIn, case_id: UUID, application_id: UUID) -> None:
    browser = sign_in("admin")
    today = browser.get("/")
    assert today.status_code == 200
    assert "1 child" in today.text
    assert str(case_id) not in today.text
    for path in paths_of(case_id, application_id)[1:]:
        assert browser.get(path).status_code == 403, path
    for path in (f"cases/{case_id}", f"applications/{application_id}", "queue"):
        assert browser.get(f"/api/v1/{path}").status_code == 403, path


def test_auditor_reads(sign_in: SignIn, case_id: UUID, application_id: UUID) -> None:
    browser = sign_in("auditor")
    assert [browser.get(p).status_code for p in paths_of(case_id, application_id)] == [200] * 12 + [404]


def test_today_says_the_account_line_and_what_waits(sign_in: SignIn, case_id: UUID) -> None:
    told = " ".join(sign_in("cm").get("/").text.replace("<strong>", "").replace("</strong>", "").split())
    assert "1 child, 1 accounted for, 0 silent, 0 unanswered" in told
    assert "Case manager" in told
    assert "Sandbox: invented people" in told


def test_silent_child_is_loud_and_named(sign_in: SignIn, kit: Kit) -> None:
    with kit.transaction() as session:
        case_id = a_followed_case(session, kit.vault, followup_policy="swb-2024r3").id
    today = sign_in("cm").get("/").text
    assert 'role="alert"' in today
    assert f'href="/cases/{case_id}"' in today
    assert "Tell a supervisor" in sign_in("cm").get(f"/cases/{case_id}").text


def test_queue_says_why_when_and_whose(sign_in: SignIn, case_id: UUID) -> None:
    told = sign_in("cm").get("/queue?name=case_manager").text
    assert "No contact so far" in told
    assert "24 hours late" in told
    assert "nobody yet" in told
    assert "Nothing waits here" in sign_in("cm").get("/queue?name=rota").text


def test_a_cry_for_help_that_could_wake_nobody_is_loud_in_the_queue_and_on_the_case(
    sign_in: SignIn, kit: Kit
) -> None:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault, followup_policy="swb-2024r2")
        open_escalation(session, case, reason="help_after_closure", rule="T", actor="cli", now=NOW)
    pages = ("/queue", f"/cases/{case.id}")
    assert all("Who is on call is being paged" in sign_in("cm").get(page).text for page in pages)
    dispatch_pages(kit, now=NOW)
    assert all("Nobody could be paged" in sign_in("cm").get(page).text for page in pages)


def test_case_is_one_timeline_in_words(sign_in: SignIn, case_id: UUID) -> None:
    told = sign_in("cm").get(f"/cases/{case_id}").text
    so_far, ahead = told.split('<h2 id="ahead">')
    assert "Welfare call to the child: due" in so_far
    assert "Text to the sponsor: reminder." in so_far
    assert "Spoke with the sponsor." in so_far
    assert "Hearing (master), Houston." in ahead
    assert "1420 Example Ave" in told


def test_a_childs_page_says_when_each_was_last_reached_what_is_due_and_what_both_sides_wrote(
    sign_in: SignIn, kit: Kit, case_id: UUID
) -> None:
    with kit.transaction() as session:
        number = session.scalars(
            select(PhoneNumber).where(
                col(PhoneNumber.case_id) == case_id, col(PhoneNumber.party) == "sponsor"
            )
        ).one()
        a_message(
            session,
            number,
            purpose="checkin",
            template="checkin",
            state="delivered",
            accepted_at=NOW,
            language="es",
        )
        text = an_inbound_text(
            session, kit.vault, number_id=number.id, case_id=case_id, meaning="moved", at=NOW
        )
        seal_json(kit.vault, text, "sealed_body", {"body": "nos <b>mudamos</b>"})
        session.add(text)
    told = sign_in("cm").get(f"/cases/{case_id}").text
    reached = told.split('id="reached"')[1].split("<section")[0]
    sponsor, child = reached.split("<dt>The child</dt>")
    assert "Spoken with" not in child
    assert "Spoken with by telephone" in sponsor
    assert "Wrote a text: 2 Feb 2026" in re.sub(r"<[^>]+>", "", sponsor)
    assert "A text arrived: 2 Feb 2026" in re.sub(r"<[^>]+>", "", sponsor)
    assert "No person has spoken with them yet." in child
    due = told.split('id="due"')[1].split("<section")[0]
    assert re.search(r"Welfare call, the child.*days? late", due, re.DOTALL)
    assert "Text from the sponsor. <q" in told
    assert "nos &lt;b&gt;mudamos&lt;/b&gt;</q>" in told
    assert '<q lang="es">Family Line: ¿Como esta?' in told


def test_the_board_shows_the_numbers_of_oversight_and_the_cases_behind_each(
    sign_in: SignIn, kit: Kit, case_id: UUID
) -> None:
    browser = sign_in("supervisor")
    told = browser.get("/oversight").text
    for one in oversight_json(kit, now=NOW)["measures"]:
        assert one["title"] in unescape(told)
        assert f"<strong>{one['numerator']} of {one['denominator']} " in told
        assert (f'href="/oversight/{one["id"]}"' in told) == bool(one["exceptions"])
    listed = browser.get("/oversight/no_hearing_known").text
    assert (f'href="/cases/{case_id}"' in listed) == (
        str(case_id) in _measure(kit, "no_hearing_known")["exceptions"]
    )
    assert "No row stands behind it." in browser.get("/oversight/children_silent").text
    assert browser.get("/oversight/nothing").status_code == 404
    assert sign_in("admin").get("/oversight").status_code == 403


def _measure(kit: Kit, name: str) -> dict[str, Any]:
    return next(one for one in oversight_json(kit, now=NOW)["measures"] if one["id"] == name)


def test_a_week_of_hearings_says_who_will_go(sign_in: SignIn, case_id: UUID) -> None:
    browser = sign_in("cm")
    assert "No hearing is known in this week." in browser.get("/hearings").text
    told = browser.get(f"/hearings?first={(NOW + 30 * DAY).date()}").text
    assert told.count("Not reminded yet") == 2
    assert f'href="/cases/{case_id}"' in told
    assert browser.get("/hearings?first=soon").status_code == 400


def test_a_long_week_is_read_page_by_page_and_by_what_was_heard(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], case_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kit.transaction() as session:
        case = session.get_one(Case, case_id)
        hearings = [a_hearing(session, case, starts_at=NOW + n * DAY, hearing_key=f"K{n}") for n in (31, 32)]
        heard = HearingWord(
            hearing_id=hearings[0].id,
            case_id=case_id,
            party="child",
            word="no_ride",
            starts_at=hearings[0].starts_at,
            by_staff=staff["cm"].id,
            at=NOW,
        )
        session.add(heard)
    monkeypatch.setattr(calendar, "PER_PAGE", 2)
    browser, week = sign_in("cm"), f"/hearings?first={(NOW + 30 * DAY).date()}"

    def rows(path: str) -> int:
        return int(browser.get(path).text.count('<tr role="row">')) - int(
            browser.get(path).text.count("<thead")
        )

    first = browser.get(week).text
    for words in ("All (3)", "Somebody needs help (1)", "Nobody has answered (2)", "Will go (0)"):
        assert words in first
    assert "Page 1 of 2." in first
    assert "Previous rows" not in first
    assert (rows(week), rows(f"{week}&page=2"), rows(f"{week}&page=3")) == (2, 1, 0)
    assert "Next rows" not in browser.get(f"{week}&page=2").text
    assert unescape(first).count(f'href="{week}&page=2"') == 1
    assert "Has no ride" in browser.get(f"{week}&heard=trouble").text
    assert [rows(f"{week}&heard={one}") for one in ("trouble", "unheard", "going")] == [1, 2, 0]
    assert "No hearing of this week stands here." in browser.get(f"{week}&heard=going").text
    assert browser.get(f"{week}&heard=perhaps").status_code == 400


def test_the_case_says_where_it_stands_in_court_and_what_runs_after_a_miss(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person], case_id: UUID
) -> None:
    told = sign_in("cm").get(f"/cases/{case_id}").text
    assert "A date is known" in told
    assert "Nobody has looked yet." in told
    look = Look(CourtStatus.ORDERED_REMOVED, CourtSource.LAWYER, said="<b>ordered</b>", ordered_on=NOW.date())
    record_look(kit, str(case_id), look, staff["cm"], now=NOW)
    told = sign_in("cm").get(f"/cases/{case_id}").text
    assert "Removal ordered" in told
    assert "&lt;b&gt;ordered" in told
    assert "Counted from the order on 2 Feb 2026." in told
    assert "Until 1 Aug 2026." in told


def test_application_says_what_is_missing_and_what_to_do(sign_in: SignIn, application_id: UUID) -> None:
    told = sign_in("cm").get(f"/applications/{application_id}").text
    assert "Next step" in told
    assert "kinline vet FRP-2026-000104" in told
    assert "Papers that a person must read and confirm" in told
    assert "child abuse registry check, household member 1, NY" in told
    assert "CHECK_PENDING" not in told.split('<h2 id="findings">')[0]
    assert "2025-DOC-SPONSOR-ID" in told
    assert "8 USC 1232(c)(3)(A)" in told


def test_empty_pages_say_what_to_do(sign_in: SignIn) -> None:
    browser = sign_in("cm")
    assert "kinline submit" in browser.get("/applications").text
    assert "No child has been released yet" in browser.get("/").text
    assert "Nothing waits here" in browser.get("/queue").text


def test_what_people_wrote_is_escaped(sign_in: SignIn, kit: Kit, case_id: UUID) -> None:
    with kit.transaction() as session:
        case = a_followed_case(session, kit.vault)
        an_escalation(session, case, reason="<script>alert(1)</script>", queue="<b>rota</b>")
    for path in ("/", "/queue", "/queue?name=<b>rota</b>", f"/cases/{case.id}"):
        told = sign_in("cm").get(path).text
        assert "<script>" not in told, path
        assert "<b>" not in told, path


def test_each_look_at_a_case_is_in_the_audit(
    sign_in: SignIn, session: Session, staff: dict[str, Person], case_id: UUID, application_id: UUID
) -> None:
    browser = sign_in("auditor")

    def looks(noun: str, act: str) -> int:
        session.rollback()
        query = select(func.count()).where(
            col(AuditEntry.actor) == str(staff["auditor"].id),
            col(AuditEntry.noun) == noun,
            col(AuditEntry.act) == act,
        )
        return session.scalar(query) or 0

    for path, noun, act in (
        (f"/cases/{case_id}", "child_case", "read"),
        (f"/applications/{application_id}", "application", "read"),
        ("/queue", "child_case", "list"),
        ("/applications", "application", "list"),
        (f"/api/v1/cases/{case_id}", "child_case", "read"),
        ("/api/v1/queue", "child_case", "list"),
    ):
        before = looks(noun, act)
        assert browser.get(path).status_code == 200
        assert looks(noun, act) == before + 1, path


def test_api_reads_as_the_contract_has_it(sign_in: SignIn, case_id: UUID, application_id: UUID) -> None:
    browser = sign_in("cm")
    assert browser.get("/api/v1/accounting").json()["children"] == 1
    assert browser.get(f"/api/v1/cases/{case_id}").json()["case_id"] == str(case_id)
    told = browser.get(f"/api/v1/applications/{application_id}").json()
    assert told["application_id"] == str(application_id)
    (item,) = browser.get("/api/v1/queue?queue=case_manager").json()["items"]
    assert (item["kind"], item["case_id"], item["overdue"]) == ("escalation", str(case_id), True)
    unknown = browser.get(f"/api/v1/cases/{uuid4()}")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/boom", "/api/v1/boom"])
def test_unforeseen_error_says_a_number_and_nothing_of_itself(
    app: FastAPI, browser: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    def boom() -> None:
        raise RuntimeError("Marta Example, +17135550101")

    # Before the mount of the static files, which would not mind, and as any route of ours would be.
    app.get(path)(boom)
    with caplog.at_level(logging.DEBUG):
        answer = browser.get(path)
    assert answer.status_code == 500
    assert "Example" not in answer.text + caplog.text
    assert "Traceback" not in answer.text + caplog.text
    assert "default-src" in answer.headers["content-security-policy"]
    (noted,) = [r.getMessage() for r in caplog.records if r.name == "console.guard"]
    assert noted.split("number=")[1][:8] in answer.text
    assert "kind=RuntimeError" in noted


def test_nobody_stays_signed_in_by_asking_for_health(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    for _ in range(4):
        wall.at += timedelta(minutes=10)
        assert browser.get("/healthz").status_code == 200
    assert browser.get("/").status_code == 303


def test_the_case_says_the_last_contact_and_what_each_closing_needs(
    sign_in: SignIn, kit: Kit, case_id: UUID, staff: dict[str, Person]
) -> None:
    page = sign_in("cm").get(f"/cases/{case_id}").text
    assert "Nobody has spoken with the child since the release" in page
    assert re.search(r"The policy lets \d+ days pass at most: the next look must be due by \d", page)
    rows = dict(re.findall(r'<tr role="row"><td role="cell">([^<]+)</td>(.*?)</tr>', page, flags=re.S))
    assert "90 days ago at most" in rows["Plan completed"]
    assert "nobody has spoken with this child since the release" in rows["Plan completed"]
    assert "then another person: a supervisor or a federal field specialist" in rows["Contact is lost"]
    assert "Nothing is in the way" in rows["Departed"]
    with kit.transaction() as session:
        case = session.get_one(Case, case_id)
        a_call_that_reached(session, case, "child", staff["caller"].id, at=NOW)
        case.last_contact_at = NOW
        session.add(case)
    page = sign_in("cm").get(f"/cases/{case_id}").text
    assert re.search(
        r"A person last spoke with the child on .* by caller@example.org \(a call; reached", page
    )
