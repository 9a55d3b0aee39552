"""The outermost layer: security headers on every response, and no trace ever on its way out."""

from __future__ import annotations

import logging
import secrets
import traceback
from dataclasses import replace

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.errors import UNFORESEEN, error_response

_log = logging.getLogger(__name__)

# `data:` for pictures: the design system's file input shows a chosen photo that way before it is sent.
_CSP = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with that, browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Adds the headers, and answers for whatever nobody foresaw."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if https:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(scope, message)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as err:
            number = _note(err)
            if started:
                raise
            answer = replace(
                UNFORESEEN, detail=f"It has been noted under {number}. Try again, or tell support the number."
            )
            await error_response(Request(scope), answer)(scope, receive, guarded)

    def _dress(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers[name] = value
        if scope["path"].startswith("/static/") and message["status"] in (200, 304):
            headers["cache-control"] = "public, max-age=3600"
        else:
            headers["cache-control"] = "no-store"


def _note(err: Exception) -> str:
    """The kind of error and where it arose stand in the log, under a number. Its words may hold anything."""
    number = secrets.token_hex(4)
    frames = traceback.extract_tb(err.__traceback__)
    where = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-4:]))
    _log.error("console.error number=%s kind=%s at=%s", number, type(err).__name__, where)
    return number
