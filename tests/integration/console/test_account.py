"""One's own account: the password, and the sessions that are open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx import Client, Response
from sqlalchemy import select
from sqlmodel import Session, col

from console.app import create_app
from console.limits import Limits
from integrations.identity.accounts import begin_session, check_password, find_session
from integrations.identity.sessions import end_all, open_sessions
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.system import History
from tests.integration.console.conftest import PASSWORD, Wall, open_browser, token_in

SignIn = Callable[[str], Client]
NEW = "other plain invented words"


def post(browser: Client, path: str, **fields: str) -> Response:
    token = token_in(browser.get("/account").text)
    return browser.post(path, data={"csrf_token": token} | fields)


def begun_elsewhere(kit: Kit, person: Person, wall: Wall) -> tuple[UUID, str]:
    """Another session of this person: its id and its token."""
    with kit.transaction() as session:
        token = begin_session(session, person, now=wall.at).token
        session.flush()
        found = find_session(session, token, now=wall.at)
        assert found is not None
        return found.session_id, token


def lives(kit: Kit, token: str, wall: Wall) -> bool:
    with kit.transaction() as session:
        return find_session(session, token, now=wall.at) is not None


def test_new_password_ends_the_other_sessions_and_this_browser_goes_on(
    sign_in: SignIn, kit: Kit, wall: Wall, staff: dict[str, Person], session: Session
) -> None:
    browser = sign_in("cm")
    old = browser.cookies["kinline_session"]
    _, elsewhere = begun_elsewhere(kit, staff["cm"], wall)
    done = post(browser, "/account/password", password=PASSWORD, new_password=NEW, again=NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/account?done=password")
    assert "Your new password is set" in browser.get("/account?done=password").text
    assert not lives(kit, elsewhere, wall)
    assert not lives(kit, old, wall)
    assert check_password(session, "cm@example.org", NEW) == staff["cm"]
    told = session.scalars(select(History).where(col(History.row_id) == staff["cm"].id)).one()
    assert (told.new, told.why, told.actor) == ("password set", "by its owner", str(staff["cm"].id))


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"password": "wrong", "new_password": NEW, "again": NEW}, 401, "password"),
        ({"password": PASSWORD, "new_password": "short", "again": "short"}, 400, "new_password"),
        ({"password": PASSWORD, "new_password": NEW, "again": NEW + "s"}, 400, "again"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(
    sign_in: SignIn, session: Session, fields: dict[str, str], status: int, field: str
) -> None:
    browser = sign_in("cm")
    answer = post(browser, "/account/password", **fields)
    assert answer.status_code == status
    assert f'id="{field}-error"' in answer.text
    assert f'{field}-error" aria-invalid="true"' in answer.text
    assert check_password(session, "cm@example.org", PASSWORD) is not None


def test_people_end_their_own_sessions_and_nobody_elses(
    sign_in: SignIn, kit: Kit, wall: Wall, staff: dict[str, Person]
) -> None:
    browser = sign_in("cm")
    one, first = begun_elsewhere(kit, staff["cm"], wall)
    _, second = begun_elsewhere(kit, staff["cm"], wall)
    theirs, third = begun_elsewhere(kit, staff["cc"], wall)
    assert browser.get("/account").text.count('/end"') == 2
    assert post(browser, f"/account/sessions/{one}/end").status_code == 303
    assert (lives(kit, first, wall), lives(kit, second, wall)) == (False, True)
    for key in (str(theirs), str(uuid4()), "no-id"):
        assert post(browser, f"/account/sessions/{key}/end").status_code == 404
    assert post(browser, "/account/sessions/end-others").status_code == 303
    assert (lives(kit, second, wall), lives(kit, third, wall)) == (False, True)
    assert browser.get("/account").status_code == 200


def test_administrator_ends_all_sessions_of_somebody(
    sign_in: SignIn, kit: Kit, wall: Wall, staff: dict[str, Person], session: Session
) -> None:
    browser = sign_in("cm")
    with pytest.raises(Refused):
        end_all(kit, "cm@example.org", staff["supervisor"], reason="left it open", wall=wall.at)
    with pytest.raises(BadInput):
        end_all(kit, "cm@example.org", staff["admin"], reason="", wall=wall.at)
    done = end_all(kit, "cm@example.org", staff["admin"], reason="left it open", wall=wall.at)
    assert done == {"email": "cm@example.org", "ended": 1}
    assert browser.get("/account").status_code == 303
    assert open_sessions(session, staff["cm"].id, wall=wall.at) == []


def test_too_many_changes_in_a_minute_are_answered_429(
    kit: Kit, wall: Wall, staff: dict[str, Person]
) -> None:
    with open_browser(create_app(kit, wall=wall, limits=Limits(per_session=2, per_address=3))) as browser:

        def change(session: str, path: str = "/account/password") -> Response:
            return browser.post(path, headers={"Cookie": f"kinline_session={session}"})

        assert [change("one").status_code for _ in range(3)] == [303, 303, 429]
        wall.at += timedelta(seconds=20)
        answer = change("two", "/api/v1/hearings")  # whatever it shows, the address is the same
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "40")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "content-security-policy" in answer.headers
        assert browser.get("/sign-in").status_code == 200
        assert browser.post("/webhooks/twilio/sms").status_code == 403
        wall.at += timedelta(seconds=40)
        assert change("one").status_code == 303


def test_pages_tell_the_time_of_the_zone_that_a_person_has_chosen(sign_in: SignIn) -> None:
    browser = sign_in("cm")
    assert "10:00 AM EST" in browser.get("/account").text
    answer = post(browser, "/account/reading", language="en", time_zone="Pacific/Honolulu")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=reading")
    told = browser.get("/account?done=reading").text
    assert "From now on you read Kinline this way." in told
    assert "5:00 AM HST" in told
    assert "Times are those of the clock on the wall, in Hawaii Time." in told
    refused = post(browser, "/account/reading", language="en", time_zone="Mars/Olympus")
    assert (refused.status_code, 'id="time_zone-fault"' in refused.text) == (422, True)
    assert "HST" in browser.get("/account").text
