"""What a person types to prove who they are, each try counted first; and the cookie that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session

from console.context import Console, console_of
from console.speech import gettext
from integrations.identity.accounts import NewSession, begin_session, check_password
from integrations.identity.lockout import Pause, forget, take_try
from integrations.identity.second_factor import take_code
from models.facts import Person

T = TypeVar("T")
NOT_YOUR_OWN = "That is not your password. Check it and try again."
WRONG_CODE = (
    "That code is not right, or it was used before. Wait for the next one in your app, and check that the"
    " telephone's clock is set by itself."
)
_BUSY = "Many people are signing in just now. Wait a moment, then try again."
_SHUT = "There were too many tries for this address. An administrator must open it again."


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a try came to nothing, kindly, and as which status."""

    words: str
    status: int = 401


def attempt(console: Console, address: str, check: Callable[[Session], T | None], wrong: str) -> T | Failed:
    """What `check` finds, when one more try at this address may be made.

    The words are the same whether the address is known or not. A right try is taken off the count by `check`.
    """
    wall = console.wall()
    with console.slots.slot() as free:
        if not free:
            return Failed(_BUSY, 429)
        with console.kit.transaction() as session:
            pause = take_try(session, console.kit.vault, address, wall=wall)
        if pause is not None:
            return Failed(_words(pause, wall), 429)
        with console.kit.transaction() as session:
            found = check(session)
    return Failed(wrong) if found is None else found


def own_password(console: Console, person: Person, password: str) -> Person | Failed:
    """The person themselves, when this is their password: asked for again before something that matters."""

    def check(session: Session) -> Person | None:
        found = check_password(session, person.email, password)
        if found is not None:
            forget(session, console.kit.vault, person.email)
        return found

    return attempt(console, person.email, check, NOT_YOUR_OWN)


def second_step(request: Request, person: Person, code: str) -> NewSession | Failed:
    """A full session in the place of the half one, when the code is right."""
    console = console_of(request)

    def check(session: Session) -> NewSession | None:
        if not take_code(session, console.kit.vault, person.id, code, wall=console.wall()):
            return None
        forget(session, console.kit.vault, person.email)
        return begin_session(session, person, now=console.wall(), old_tokens=old_tokens(request))

    return attempt(console, person.email, check, WRONG_CODE)


def old_tokens(request: Request) -> list[str]:
    token = request.cookies.get(console_of(request).cookie_name)
    return [token] if token else []


def with_cookie(request: Request, answer: Response, new: NewSession) -> Response:
    """The answer, which hands the browser its new token."""
    console = console_of(request)
    answer.set_cookie(
        console.cookie_name, new.token, path="/", secure=console.is_https, httponly=True, samesite="lax"
    )
    return answer


def _words(pause: Pause, wall: datetime) -> str:
    if pause.until is None:
        return _SHUT
    minutes = ceil((pause.until - wall).total_seconds() / 60)
    wait = gettext("a minute") if minutes <= 1 else gettext("%(minutes)s minutes", minutes=minutes)
    return gettext("Too many tries for this address. Wait %(wait)s, then try again.", wait=wait)
