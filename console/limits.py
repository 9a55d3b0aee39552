"""How many changes one session, one key and one network address may ask for in a minute. Reads are not counted.

Counted in this process's memory: it keeps a runaway program or browser off the database, and each console counts alone.
Wrong passwords and codes have a count of their own in the database (`integrations.identity.lockout`).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from console.errors import Answer, error_response
from integrations.identity.tokens import token_digest

_SPAN = timedelta(minutes=1)
_KNOWN = 10_000
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Changes in a minute. Source: ours; a person clicks a few, an office shares one address."""

    per_session: int = 120
    per_address: int = 600


class Window:
    """Counts what each key did in the last minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: OrderedDict[bytes, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: bytes, now: datetime) -> timedelta | None:
        """One more by this key is counted and None comes back; or how long it must wait, and nothing is counted."""
        with self._lock:
            taken = self._taken.setdefault(key, deque())
            self._taken.move_to_end(key)
            while taken and now - taken[0] >= _SPAN:
                taken.popleft()
            if len(taken) >= self._most:
                return taken[0] + _SPAN - now
            taken.append(now)
            while len(self._taken) > _KNOWN:
                self._taken.popitem(last=False)
        return None


class RateLimit:
    """Answers 429 to whoever asks for too many changes. Providers' webhooks are signed, come in bursts, and are let be."""

    def __init__(
        self, app: ASGIApp, *, limits: Limits, cookie_name: str, wall: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._cookie_name = cookie_name
        self._wall = wall
        self._sessions, self._addresses = Window(limits.per_session), Window(limits.per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READS or scope["path"].startswith("/webhooks/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        now = self._wall()
        waits = [wait for window, key in self._counts(request) if (wait := window.take(key, now)) is not None]
        if not waits:
            await self._app(scope, receive, send)
            return
        answer = error_response(
            request, Answer(429, "too_many", "That was too much at once", "Wait a minute, then try again.")
        )
        answer.headers["retry-after"] = str(ceil(max(waits).total_seconds()))
        await answer(scope, receive, send)

    def _counts(self, request: Request) -> Iterator[tuple[Window, bytes]]:
        # The address too, whatever else was shown: a made-up cookie would begin a new count each time.
        yield self._addresses, (request.client.host if request.client else "").encode()
        for shown in (request.cookies.get(self._cookie_name), request.headers.get("authorization")):
            if shown:
                yield self._sessions, token_digest(shown)
