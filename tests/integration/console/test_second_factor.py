"""The second step of signing in, and how it is set up, lost and reset."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from httpx import Client, Response
from sqlalchemy import select
from sqlmodel import Session, col

from console.app import create_app
from integrations.identity.accounts import HALFWAY, set_password
from integrations.identity.lockout import TRIES
from integrations.identity.second_factor import RECOVERY_CODES, recovery_codes_left, reset_factor
from integrations.kit import Kit
from integrations.settings import Settings
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.people import Staff
from models.tables.sign_in import RecoveryCode
from models.tables.system import History
from tests.integration.console.conftest import PASSWORD, Wall, open_browser, token_in

COOKIE = "kinline_session"
STEP = timedelta(seconds=30)
SignIn = Callable[[str], Client]


def give_password(browser: Client, onward: str = "") -> Response:
    form = {"email": "cm@example.org", "password": PASSWORD, "next": onward}
    return browser.post("/sign-in", data=form)


def give_code(browser: Client, code: str) -> Response:
    token = token_in(browser.get("/sign-in/code").text)
    form = {"code": code, "csrf_token": token, "next": "/queue"}
    return browser.post("/sign-in/code", data=form)


def set_up(browser: Client, wall: Wall) -> tuple[pyotp.TOTP, list[str]]:
    """From the page of whoever may set it up: the app, and the recovery codes."""
    token = token_in(browser.get("/account/factor").text)
    begun = browser.post("/account/factor/begin", data={"csrf_token": token, "password": PASSWORD})
    assert (begun.status_code, begun.headers["location"]) == (303, "/account/factor")
    shown = browser.get("/account/factor").text
    found = re.search(r"<code>([A-Z2-7]{32})</code>", shown)
    assert found is not None
    assert "<path" in shown
    app = pyotp.TOTP(found[1])
    done = browser.post("/account/factor", data={"csrf_token": token, "code": app.at(wall.at)})
    assert done.status_code == 200
    codes = re.findall(r"<li><code>([A-Z2-7-]{19})</code>", done.text)
    assert len(codes) == RECOVERY_CODES
    wall.at += STEP  # the next code is another
    return app, codes


def test_with_a_factor_the_password_alone_opens_nothing(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    before = browser.cookies[COOKIE]
    app, _ = set_up(browser, wall)
    assert browser.cookies[COOKIE] != before
    assert browser.get("/").status_code == 200
    half = give_password(browser, "/queue")
    assert (half.status_code, half.headers["location"]) == (303, "/sign-in/code?next=%2Fqueue")
    first = browser.cookies[COOKIE]
    assert browser.get("/").status_code == 303
    assert browser.get("/account/factor").status_code == 303
    done = give_code(browser, app.at(wall.at))
    assert (done.status_code, done.headers["location"]) == (303, "/queue")
    assert browser.cookies[COOKIE] != first
    assert browser.get("/").status_code == 200
    browser.cookies.set(COOKIE, first)
    assert browser.get("/sign-in/code").status_code == 303


def test_a_code_is_taken_once_and_half_a_minute_of_drift_is_forgiven(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    app, _ = set_up(browser, wall)
    code = app.at(wall.at)
    give_password(browser)
    assert give_code(browser, f"{code[:3]} {code[3:]}").status_code == 303
    give_password(browser)
    assert give_code(browser, code).status_code == 401
    assert give_code(browser, app.at(wall.at + 2 * STEP)).status_code == 401
    assert give_code(browser, app.at(wall.at + STEP)).status_code == 303
    give_password(browser)
    assert give_code(browser, app.at(wall.at)).status_code == 401  # older than the last one that was taken


def test_recovery_code_stands_in_once(sign_in: SignIn, wall: Wall, session: Session) -> None:
    browser = sign_in("cm")
    _, codes = set_up(browser, wall)
    give_password(browser)
    assert give_code(browser, codes[0].lower().replace("-", " ")).status_code == 303
    give_password(browser)
    assert give_code(browser, codes[0]).status_code == 401
    assert give_code(browser, codes[1]).status_code == 303
    row = session.scalars(select(Staff).where(col(Staff.email) == "cm@example.org")).one()
    assert recovery_codes_left(session, row.id) == RECOVERY_CODES - 2
    kept = session.scalars(select(col(RecoveryCode.code_key))).all()
    assert not any(code.replace("-", "").encode() in key for code in codes for key in kept)


def test_wrong_codes_pause_as_wrong_passwords_do_and_the_password_does_not_begin_anew(
    sign_in: SignIn, wall: Wall
) -> None:
    browser = sign_in("cm")
    app, _ = set_up(browser, wall)
    for _ in range(TRIES):
        assert give_password(browser).status_code == 303
        assert give_code(browser, "000000").status_code == 401
    assert give_code(browser, app.at(wall.at)).status_code == 429
    assert give_password(browser).status_code == 429


def test_half_a_sign_in_is_over_after_ten_minutes(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    set_up(browser, wall)
    give_password(browser)
    wall.at += HALFWAY - timedelta(seconds=1)
    assert browser.get("/sign-in/code").status_code == 200
    wall.at += timedelta(seconds=1)
    assert browser.get("/sign-in/code").status_code == 303


def test_production_lets_nobody_in_before_a_factor_is_set_up(
    kit: Kit, wall: Wall, staff: dict[str, Person]
) -> None:
    with kit.transaction() as session:
        set_password(session, "cm@example.org", PASSWORD)
    kit = replace(kit, settings=Settings(environment="production"))
    with open_browser(create_app(kit, wall=wall)) as browser:
        assert give_password(browser).headers["location"] == "/account/factor"
        for path in ("/", "/queue", "/sign-in/code", "/api/v1/accounting"):
            assert browser.get(path).status_code in (303, 401), path
        app, _ = set_up(browser, wall)
        assert browser.get("/").status_code == 200
        assert give_password(browser).headers["location"].startswith("/sign-in/code")
        assert give_code(browser, app.at(wall.at)).status_code == 303


def test_factor_is_not_set_up_without_the_password_or_by_a_wrong_code(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    token = token_in(browser.get("/account/factor").text)
    answer = browser.post("/account/factor/begin", data={"csrf_token": token, "password": "wrong"})
    assert answer.status_code == 401
    assert browser.post("/account/factor", data={"csrf_token": token, "code": "000000"}).status_code == 401
    assert give_password(browser).headers["location"] == "/"


def test_old_telephone_works_until_the_new_one_has_given_a_code(sign_in: SignIn, wall: Wall) -> None:
    browser = sign_in("cm")
    app, _ = set_up(browser, wall)
    token = token_in(browser.get("/account/factor").text)
    browser.post("/account/factor/begin", data={"csrf_token": token, "password": PASSWORD})
    give_password(browser)
    assert give_code(browser, app.at(wall.at)).status_code == 303
    new, _ = set_up(browser, wall)
    give_password(browser)
    assert give_code(browser, app.at(wall.at)).status_code == 401
    assert give_code(browser, new.at(wall.at)).status_code == 303


def test_administrator_resets_it_and_the_sessions_are_over(
    sign_in: SignIn, kit: Kit, wall: Wall, staff: dict[str, Person], session: Session
) -> None:
    browser = sign_in("cm")
    set_up(browser, wall)
    with pytest.raises(Refused, match="administrator"):
        reset_factor(kit, "cm@example.org", staff["supervisor"], reason="lost it", wall=wall.at)
    with pytest.raises(BadInput):
        reset_factor(kit, "cm@example.org", staff["admin"], reason=" ", wall=wall.at)
    reset_factor(kit, "cm@example.org", staff["admin"], reason="lost it", wall=wall.at)
    assert browser.get("/").status_code == 303
    assert give_password(browser).headers["location"] == "/"
    with pytest.raises(Refused, match="no second factor"):
        reset_factor(kit, "cm@example.org", staff["admin"], reason="again", wall=wall.at)
    told = session.scalars(select(History).where(col(History.row_id) == staff["cm"].id)).all()
    assert [(row.old, row.new, row.why) for row in told] == [
        ("no second factor", "a second factor", "set up by its owner"),
        ("a second factor", "no second factor", "lost it"),
    ]
