"""Who may come in, for how long, and how they leave."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import Client
from sqlalchemy import select
from sqlmodel import Session, col

from console.app import create_app
from integrations.identity.accounts import (
    ABSOLUTE,
    IDLE,
    begin_session,
    check_password,
    end_session,
    find_session,
    set_password,
)
from integrations.identity.lockout import MOST, PAUSES, TRIES, Pause, lift, take_try
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.people import Staff, StaffSession
from models.tables.system import History
from tests.builders import NOW
from tests.integration.console.conftest import PASSWORD, Wall, open_browser, token_in

COOKIE = "kinline_session"
SignIn = Callable[[str], Client]


def test_nobody_signed_in_is_led_to_the_sign_in_and_back(browser: Client) -> None:
    answer = browser.get("/applications")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fapplications")
    assert 'name="next" value="/applications"' in browser.get(answer.headers["location"]).text


def test_api_without_a_session_is_401(browser: Client) -> None:
    answer = browser.get("/api/v1/accounting")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_sign_in_gives_a_cookie_whose_digest_alone_is_stored(sign_in: SignIn, session: Session) -> None:
    browser = sign_in("cm")
    token = browser.cookies[COOKIE]
    stored = session.scalars(select(StaffSession)).one()
    assert stored.token_digest == hashlib.sha256(token.encode()).digest()
    assert token not in repr(stored)
    assert browser.get("/").status_code == 200


def test_cookie_is_closed_to_scripts_and_other_sites(
    browser: Client, kit: Kit, staff: dict[str, Person]
) -> None:
    with kit.transaction() as session:
        set_password(session, "cm@example.org", PASSWORD)
    answer = browser.post("/sign-in", data={"email": "cm@example.org", "password": PASSWORD})
    words = answer.headers["set-cookie"].lower()
    assert "httponly" in words
    assert "samesite=lax" in words
    assert "path=/" in words
    assert "secure" not in words  # http://127.0.0.1 in this test; see the next one


def test_cookie_is_secure_and_bound_to_its_host_under_https(
    kit: Kit, wall: Wall, staff: dict[str, Person]
) -> None:
    kit = replace(kit, public_url="https://console.example.org")
    with kit.transaction() as session:
        set_password(session, "cm@example.org", PASSWORD)
    with open_browser(create_app(kit, wall=wall)) as browser:
        answer = browser.post("/sign-in", data={"email": "cm@example.org", "password": PASSWORD})
        assert answer.headers["set-cookie"].startswith("__Host-kinline=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers
        # The test itself speaks plain http, where a client keeps such a cookie to itself.
        token = answer.headers["set-cookie"].partition(";")[0]
        assert browser.get("/", headers={"Cookie": token}).status_code == 200


@pytest.mark.parametrize(
    "email",
    ["cm@example.org", "nobody@example.org", "officer@example.org"],
    ids=["known", "unknown", "unset"],
)
def test_wrong_password_says_the_same_for_every_address(
    browser: Client, kit: Kit, staff: dict[str, Person], email: str
) -> None:
    with kit.transaction() as session:
        set_password(session, "cm@example.org", PASSWORD)
    answer = browser.post("/sign-in", data={"email": email, "password": "not the right one"})
    assert answer.status_code == 401
    assert "do not go together" in answer.text
    assert COOKIE not in browser.cookies


def try_password(browser: Client, password: str, email: str = "cm@example.org") -> int:
    return browser.post("/sign-in", data={"email": email, "password": password}).status_code


def test_five_wrong_passwords_pause_the_address_and_the_right_one_too(
    browser: Client, kit: Kit, wall: Wall, staff: dict[str, Person]
) -> None:
    with kit.transaction() as session:
        set_password(session, "cm@example.org", PASSWORD)
    assert [try_password(browser, "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert try_password(browser, PASSWORD, email=" CM@example.org") == 429
    assert try_password(browser, "wrong", email="officer@example.org") == 401
    with open_browser(create_app(kit, wall=wall)) as another_console:
        assert try_password(another_console, PASSWORD) == 429
    wall.at += PAUSES[0]
    assert try_password(browser, PASSWORD) == 303
    assert [try_password(browser, "wrong") for _ in range(6)] == [401] * 5 + [429]


def test_unknown_address_is_paused_in_the_same_words(browser: Client, staff: dict[str, Person]) -> None:
    said = []
    for email in ("cm@example.org", "nobody@example.org"):
        for _ in range(TRIES):
            try_password(browser, "wrong", email=email)
        form = {"email": email, "password": "wrong"}
        said.append(browser.post("/sign-in", data=form).text.replace(email, ""))
    assert said[0] == said[1]
    assert "Wait 15 minutes" in said[0]


def test_pauses_grow_and_after_a_hundred_an_administrator_must_open_it(
    kit: Kit, wall: Wall, staff: dict[str, Person], session: Session
) -> None:
    waits = []
    for number in range(1, MOST + 1):
        with kit.transaction() as opened:
            assert take_try(opened, kit.vault, "cm@example.org", wall=wall.at) is None
        with kit.transaction() as opened:
            pause = (
                take_try(opened, kit.vault, "cm@example.org", wall=wall.at) if number % TRIES == 0 else None
            )
        if pause is not None and pause.until is not None:
            waits.append(pause.until - wall.at)
            wall.at = pause.until
    assert waits == [*PAUSES, *[PAUSES[-1]] * (MOST // TRIES - len(PAUSES) - 1)]
    with kit.transaction() as opened:
        assert take_try(opened, kit.vault, "cm@example.org", wall=wall.at + ABSOLUTE) == Pause(None)
    with pytest.raises(Refused, match="administrator"):
        lift(kit, "cm@example.org", staff["supervisor"], reason="they rang me", wall=wall.at)
    lift(kit, "cm@example.org", staff["admin"], reason="they rang me", wall=wall.at)
    with kit.transaction() as opened:
        assert take_try(opened, kit.vault, "cm@example.org", wall=wall.at) is None
    with pytest.raises(Refused, match="no pause"):
        lift(kit, "cm@example.org", staff["admin"], reason="again", wall=wall.at)
    told = session.scalars(
        select(History).where(col(History.row_id) == staff["cm"].id).order_by(col(History.seq))
    ).all()
    assert [row.why for row in told] == [
        *(f"{n} wrong tries in a row" for n in range(TRIES, MOST + 1, TRIES)),
        "they rang me",
    ]
    assert {row.actor for row in told[:-1]} == {"engine:sign_in"}


def test_suspended_person_does_not_come_in_and_is_put_out(sign_in: SignIn, kit: Kit) -> None:
    browser = sign_in("cm")
    with kit.transaction() as session:
        session.scalars(select(Staff).where(col(Staff.email) == "cm@example.org")).one().active = False
    assert browser.get("/").status_code == 303
    answer = browser.post("/sign-in", data={"email": "cm@example.org", "password": PASSWORD})
    assert answer.status_code == 401


def test_idle_session_ends(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    wall.at += IDLE - timedelta(seconds=1)
    assert browser.get("/").status_code == 200
    wall.at += IDLE - timedelta(seconds=1)
    assert browser.get("/").status_code == 200
    wall.at += IDLE
    assert browser.get("/").status_code == 303


def test_busy_session_ends_after_twelve_hours(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    for _ in range(int(ABSOLUTE / timedelta(minutes=20)) - 1):
        wall.at += timedelta(minutes=20)
        assert browser.get("/").status_code == 200
    wall.at = NOW + ABSOLUTE
    assert browser.get("/").status_code == 303


def test_sign_in_again_is_a_new_token_and_ends_the_old_one(sign_in: SignIn, kit: Kit, wall: Wall) -> None:
    browser = sign_in("cm")
    old = browser.cookies[COOKIE]
    answer = browser.post("/sign-in", data={"email": "cm@example.org", "password": PASSWORD})
    assert answer.status_code == 303
    assert browser.cookies[COOKIE] != old
    with kit.transaction() as session:
        assert find_session(session, old, now=wall.at) is None
        assert find_session(session, browser.cookies[COOKIE], now=wall.at) is not None


def test_token_that_the_browser_brings_along_is_never_taken_on(
    browser: Client, sign_in: SignIn, session: Session
) -> None:
    browser.cookies.set(COOKIE, "planted")
    sign_in("cm")
    digests = session.scalars(select(col(StaffSession.token_digest))).all()
    assert hashlib.sha256(b"planted").digest() not in digests


def test_sign_out_ends_the_session_on_the_server(sign_in: SignIn, kit: Kit, wall: Wall) -> None:
    browser = sign_in("cm")
    token = browser.cookies[COOKIE]
    answer = browser.post("/sign-out", data={"csrf_token": token_in(browser.get("/").text)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in browser.cookies
    with kit.transaction() as session:
        assert find_session(session, token, now=wall.at) is None


@pytest.mark.parametrize("form", [{}, {"csrf_token": "guessed"}, {"csrf_token": "ñ"}])
def test_form_without_its_token_is_refused(sign_in: SignIn, form: dict[str, str]) -> None:
    browser = sign_in("cm")
    answer = browser.post("/sign-out", data=form)
    assert answer.status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_form_from_another_site_is_refused(sign_in: SignIn, headers: dict[str, str]) -> None:
    browser = sign_in("cm")
    token = token_in(browser.get("/").text)
    assert browser.post("/sign-out", data={"csrf_token": token}, headers=headers).status_code == 403
    form = {"email": "cm@example.org", "password": PASSWORD}
    assert browser.post("/sign-in", data=form, headers=headers).status_code == 403


@pytest.mark.parametrize("behind_a_proxy", [False, True])
def test_form_from_our_own_page_is_taken(sign_in: SignIn, kit: Kit, behind_a_proxy: bool) -> None:
    browser = sign_in("cm")
    token = token_in(browser.get("/").text)
    origin = kit.public_url if behind_a_proxy else str(browser.base_url).rstrip("/")
    answer = browser.post("/sign-out", data={"csrf_token": token}, headers={"Origin": origin})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "javascript:1", "/\n/x", ""],
)
def test_sign_in_leads_to_no_other_site(sign_in: SignIn, onward: str) -> None:
    browser = sign_in("cm")
    form = {"email": "cm@example.org", "password": PASSWORD, "next": onward}
    assert browser.post("/sign-in", data=form).headers["location"] == "/"


def test_new_password_ends_open_sessions(kit: Kit, staff: dict[str, Person]) -> None:
    with kit.transaction() as session:
        set_password(session, "cm@example.org", PASSWORD)
        new = begin_session(session, staff["cm"], now=NOW)
        assert find_session(session, new.token, now=NOW) is not None
        set_password(session, "CM@example.org ", "other plain invented words")
        assert find_session(session, new.token, now=NOW) is None
        assert check_password(session, "cm@example.org", PASSWORD) is None
        assert check_password(session, "cm@example.org", "other plain invented words") == staff["cm"]


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("cm@example.org", "too short", "password"),
        ("cm@example.org", "x" * 257, "password"),
        ("nobody@example.org", PASSWORD, "email"),
    ],
)
def test_password_that_can_not_be_set_names_the_field(
    kit: Kit, staff: dict[str, Person], email: str, password: str, field: str
) -> None:
    with pytest.raises(BadInput) as told, kit.transaction() as session:
        set_password(session, email, password)
    assert told.value.problems[0].field == field
    assert password not in str(told.value)


def test_ending_an_unknown_session_changes_nothing(kit: Kit, staff: dict[str, Person]) -> None:
    with kit.transaction() as session:
        new = begin_session(session, staff["cm"], now=NOW)
        end_session(session, "unknown", now=NOW)
        assert find_session(session, new.token, now=NOW) is not None


def test_page_that_renews_itself_does_not_keep_its_session_from_growing_idle(
    sign_in: SignIn, wall: Wall
) -> None:
    browser = sign_in("cm")
    by_htmx = {"HX-Request": "true"}
    wall.at += IDLE - timedelta(seconds=1)
    assert browser.get("/queue/list", headers=by_htmx).status_code == 200
    wall.at += timedelta(seconds=2)
    ended = browser.get("/queue/list", headers=by_htmx)
    assert (ended.status_code, ended.headers["hx-refresh"], ended.text) == (401, "true", "")
    assert browser.get("/queue").headers["location"] == "/sign-in?next=%2Fqueue"
