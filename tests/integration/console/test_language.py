"""In which language a page comes, who may change that, and that refusals are told in it, too."""

from __future__ import annotations

from collections.abc import Callable

from httpx import Client

from console.speech import COOKIE
from tests.integration.console.conftest import token_in

SignIn = Callable[[str], Client]
SPANISH = {"accept-language": "es-MX,es;q=0.9"}


def test_who_is_not_signed_in_reads_what_the_browser_asks_for_until_they_choose(browser: Client) -> None:
    assert '<html lang="en">' in browser.get("/sign-in").text
    told = browser.get("/sign-in", headers=SPANISH).text
    assert '<html lang="es">' in told
    assert "Correo electrónico" in told
    answer = browser.post("/language", data={"language": "en", "next": "/sign-in"}, headers=SPANISH)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (browser.cookies[COOKIE], "httponly" in answer.headers["set-cookie"].lower()) == ("en", True)
    assert '<html lang="en">' in browser.get("/sign-in", headers=SPANISH).text


def test_a_language_that_is_not_spoken_is_refused_and_nobody_is_led_elsewhere(browser: Client) -> None:
    assert browser.post("/language", data={"language": "xx"}).status_code == 400
    assert COOKIE not in browser.cookies
    answer = browser.post("/language", data={"language": "es", "next": "https://elsewhere.example/"})
    assert answer.headers["location"] == "/"
    browser.cookies.set(COOKIE, "../../etc/passwd", domain="127.0.0.1")
    assert browser.get("/sign-in").status_code == 200


def test_the_account_keeps_the_language_whatever_the_browser_asks_for(sign_in: SignIn) -> None:
    browser = sign_in("cm")
    token = token_in(browser.get("/").text)
    assert browser.post("/language", data={"language": "es"}).status_code == 403
    assert browser.post("/language", data={"language": "xx", "csrf_token": token}).status_code == 400
    assert '<html lang="en">' in browser.get("/").text
    chosen = browser.post(
        "/language", data={"language": "es", "next": "/queue?tab=mine", "csrf_token": token}
    )
    assert chosen.headers["location"] == "/queue?tab=mine"
    browser.cookies.delete(COOKIE)
    assert '<html lang="es">' in browser.get("/", headers={"accept-language": "en"}).text
    form = {"language": "en", "time_zone": "UTC", "csrf_token": token}
    assert browser.post("/account/reading", data=form).headers["location"] == "/account?done=reading"
    assert '<html lang="en">' in browser.get("/").text


def test_what_goes_wrong_is_told_in_the_readers_language_and_the_api_stays_english(sign_in: SignIn) -> None:
    browser = sign_in("supervisor")
    token = token_in(browser.get("/").text)
    browser.post("/language", data={"language": "es", "csrf_token": token})
    assert "Aquí no hay nada" in browser.get("/nowhere").text
    form = {"email": "caller@example.org", "rung": "", "from": "pronto", "csrf_token": token}
    told = browser.post("/rota", data=form)
    assert (told.status_code, "Diga si es la primera persona o la suplente." in told.text) == (422, True)
    told = browser.post("/rota", data=form | {"rung": "1"})
    assert "Esto no es un día y una hora. Escríbalo como 2026-02-02 15:30." in told.text
    answer = browser.get("/api/v1/cases/nobody", headers=SPANISH)
    assert answer.json()["title"] == "There is nothing here"


def test_one_readers_language_is_not_the_next_ones(sign_in: SignIn) -> None:
    browser = sign_in("caller")
    for language, word in (("es", "Llamadas por hacer ahora"), ("en", "Calls to make now")) * 2:
        told = browser.get("/calls", headers={"accept-language": language}).text
        assert (f'<html lang="{language}">' in told, f"<h1>{word}</h1>" in told) == (True, True)
