"""The rota in the console: who is on call, where nobody is, and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from httpx import Client

from integrations.desk.rota import rota_json, set_phone
from integrations.kit import Kit
from models.facts import Person
from tests.builders import NOW
from tests.integration.console.conftest import token_in, typed

SignIn = Callable[[str], Client]


def _form(browser: Client, **changes: str) -> dict[str, str]:
    until = NOW + timedelta(hours=8)
    form = {
        "email": "caller@example.org",
        "rung": "1",
        "from": typed(NOW),
        "until": typed(until),
    }
    return form | {"csrf_token": token_in(browser.get("/rota").text)} | changes


def test_a_supervisor_puts_somebody_on_the_rota_and_ends_it(
    sign_in: SignIn, kit: Kit, staff: dict[str, Person]
) -> None:
    set_phone(kit, "caller@example.org", "+17135550142", staff["admin"], now=NOW)
    browser = sign_in("supervisor")
    assert "Nobody is on call" in browser.get("/rota").text
    assert browser.post("/rota", data=_form(browser)).headers["location"] == "/rota?done=on_call"
    (row,) = rota_json(kit, now=NOW)["on_call"]
    assert (row["email"], row["rung"], row["now"]) == ("caller@example.org", 1, True)
    end = f"/rota/{row['id']}/end"
    assert end in browser.get("/rota").text
    token = token_in(browser.get(end).text)
    assert browser.post(end, data={"csrf_token": token, "reason": " "}).status_code == 422
    assert (
        browser.post(end, data={"csrf_token": token, "reason": "ill"}).headers["location"]
        == "/rota?done=off_call"
    )
    assert rota_json(kit, now=NOW)["on_call"] == []


def test_what_is_wrong_is_told_beside_its_field(sign_in: SignIn, staff: dict[str, Person]) -> None:
    browser = sign_in("supervisor")
    for change, field in (
        ({"rung": ""}, "rung"),
        ({"from": "soon"}, "from"),
        ({"until": typed(NOW - timedelta(days=1))}, "until"),
        ({"email": "nobody@example.org"}, "email"),
    ):
        told = browser.post("/rota", data=_form(browser, **change))
        assert (told.status_code, f'id="{field}-fault"' in told.text) == (422, True), field
    assert "no telephone" in browser.post("/rota", data=_form(browser)).text


def test_others_see_the_rota_and_no_form(sign_in: SignIn) -> None:
    told = sign_in("caller").get("/rota").text
    assert "The ladder, rung by rung" in told
    assert "Put somebody on the rota" not in told
    assert "Put somebody on the rota" in sign_in("admin").get("/rota").text
