"""What goes wrong with a request, and how it is answered: a problem document, or a plain kind page.

Neither ever holds a trace, a personal detail, or a word that the caller sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from models.errors import (
    BadInput,
    IntegrationError,
    KinlineError,
    NotFound,
    Refused,
    Rejected,
    Stale,
)

_MACHINE_PATHS = ("/api/", "/webhooks/", "/healthz", "/readyz", "/metrics")


class NotSignedIn(KinlineError):
    """Nobody is signed in."""


class TooLarge(KinlineError):
    """The body is larger than this address takes."""


class Forbidden(KinlineError):
    """This caller may not. `code` and `message` are ours and safe to show."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class Answer:
    """One error, ready to be told: to a machine or to a person."""

    status: int
    code: str
    title: str
    detail: str = ""
    more: dict[str, Any] = field(default_factory=dict)


BUSY = Answer(
    503, "unavailable", "Kinline can't answer right now", "Nothing was lost. Try again in a minute."
)
UNFORESEEN = Answer(
    500, "internal", "Something went wrong on our side", "It has been noted. Try again, or tell support."
)
_BY_STATUS = {
    404: Answer(
        404, "not_found", "There is nothing here", "The address may be mistyped, or the row is gone."
    ),
    405: Answer(405, "method_not_allowed", "This address does not take that kind of request"),
}


def answer_to(err: Exception) -> Answer:
    """How this error is told. What is not foreseen says nothing of itself."""
    if isinstance(err, HTTPException):
        return _BY_STATUS.get(err.status_code) or Answer(
            err.status_code, "http_error", HTTPStatus(err.status_code).phrase
        )
    if isinstance(err, NotFound):
        return _BY_STATUS[404]
    if isinstance(err, Forbidden):
        return Answer(403, err.code, "This is not open to you", err.message)
    if isinstance(err, Refused):
        missing = {"missing": list(err.missing)} if err.missing else {}
        return Answer(409, err.code, "The answer is no", _sentence(err.message), missing)
    if isinstance(err, BadInput):
        problems = [problem.as_json() for problem in err.problems]
        return Answer(400, "bad_input", "The request can't be taken as it is", "", {"problems": problems})
    return _plain_answer_to(err)


def _plain_answer_to(err: Exception) -> Answer:
    if isinstance(err, NotSignedIn):
        return Answer(401, "not_signed_in", "Sign in first")
    if isinstance(err, TooLarge):
        return Answer(413, "too_large", "The request is too large")
    if isinstance(err, RequestValidationError):
        return Answer(400, "bad_input", "The request can't be taken as it is")
    if isinstance(err, Stale):
        return Answer(409, "stale", "Somebody else changed it first", "Load it again and look.")
    if isinstance(err, Rejected):
        return Answer(502, "rejected", "An outside service refused", "Somebody must look at it.")
    if isinstance(err, IntegrationError | OperationalError | InterfaceError | PoolTimeout):
        return BUSY
    return UNFORESEEN


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def is_for_machines(path: str) -> bool:
    return path.startswith(_MACHINE_PATHS)


def problem(answer: Answer) -> JSONResponse:
    """The RFC 9457 document."""
    body: dict[str, Any] = {
        "type": f"urn:kinline:problem:{answer.code}",
        "title": answer.title,
        "status": answer.status,
    }
    if answer.detail:
        body["detail"] = answer.detail
    return JSONResponse(body | answer.more, status_code=answer.status, media_type="application/problem+json")


def error_response(request: Request, answer: Answer) -> Response:
    """The answer, in the form that this address speaks."""
    from console.pages.rendering import error_page

    if request.url.path.startswith("/webhooks/") and answer.status == 404:
        answer = Answer(404, "not_found", "Not found")
    if is_for_machines(request.url.path):
        return problem(answer)
    return error_page(request, answer)


def add_error_handlers(app: FastAPI) -> None:
    def handle(request: Request, err: Exception) -> Response:
        if isinstance(err, NotSignedIn) and not is_for_machines(request.url.path):
            return _to_sign_in(request)
        return error_response(request, answer_to(err))

    for kind in (
        KinlineError,
        HTTPException,
        RequestValidationError,
        OperationalError,
        InterfaceError,
        PoolTimeout,
    ):
        app.add_exception_handler(kind, handle)


def _to_sign_in(request: Request) -> Response:
    """To the sign-in, and back to this page afterwards. Only addresses go along, never a form."""
    if request.method != "GET" or request.url.path == "/":
        return RedirectResponse("/sign-in", status_code=303)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?{urlencode({'next': here})}", status_code=303)
