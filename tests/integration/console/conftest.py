"""A console on the test's own database, a browser in front of it, and Twilio's and Clearline's pens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from httpx import Client, Response
from twilio.request_validator import RequestValidator

from console.app import create_app
from console.limits import Limits
from integrations.database import set_sandbox_clock, transaction
from integrations.identity.accounts import set_password
from integrations.kit import Kit
from integrations.sandbox.serving import ThreadedServer
from models.facts import Person
from tests.builders import NOW
from tests.integration.intake_scenes import Eyes

PASSWORD = "four plain invented words"


@dataclass
class Wall:
    """The wall's clock, which a test moves by hand."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def app(kit: Kit, wall: Wall) -> FastAPI:
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    return create_app(kit, wall=wall, limits=Limits(per_session=10_000, per_address=10_000))


@contextmanager
def open_browser(app: FastAPI) -> Iterator[Client]:
    """The app on a port of its own, and a client before it; redirects are looked at, not followed."""
    with ThreadedServer(app) as server, Client(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Client]:
    """Nobody is signed in yet."""
    with open_browser(app) as client:
        yield client


@pytest.fixture
def sign_in(kit: Kit, browser: Client, staff: dict[str, Person]) -> Callable[[str], Client]:
    """`sign_in("cm")`: the browser of that person, signed in through the form."""

    def as_person(word: str) -> Client:
        email = staff[word].email
        with transaction(kit.engine) as session:
            set_password(session, email, PASSWORD)
        answer = browser.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303
        return browser

    return as_person


def token_in(html: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def form_of(browser: Client, path: str) -> dict[str, str]:
    """The hidden fields of the form at this address that is done once."""
    html = browser.get(path).text
    word = re.search(r'name="once" value="([^"]+)"', html)
    assert word is not None
    return {"csrf_token": token_in(html), "once": word[1]}


def sent(browser: Client, path: str, **form: str) -> Response:
    """That form, opened and filled in."""
    return browser.post(path, data=form_of(browser, path) | form)


def twilio_posts(
    browser: Client, kit: Kit, path: str, form: dict[str, str], *, signed_for: str | None = None
) -> Response:
    """What Twilio does: the form, signed for the address that it was given."""
    url = (signed_for or kit.public_url) + path
    signature = RequestValidator(kit.twilio_auth_token).compute_signature(url, form)
    return browser.post(path, data=form, headers={"X-Twilio-Signature": signature})


def typed(at: datetime) -> str:
    """This moment as somebody types it who has chosen no zone."""
    return f"{at.astimezone(ZoneInfo('America/New_York')):%Y-%m-%d %H:%M}"


@pytest.fixture
def eyes(kit: Kit) -> Eyes:
    """What looks at the papers that are handed in here."""
    found = Eyes()
    kit.make_reader = lambda: found
    return found
