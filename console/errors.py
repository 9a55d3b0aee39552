"""What goes wrong with a request, and how it is answered: a problem document, or a plain kind page.

Neither ever holds a trace, a personal detail, or a word that the caller sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    Problem,
    Refused,
    Rejected,
    Stale,
)

_MACHINE_PATHS = ("/api/", "/webhooks/", "/healthz", "/readyz", "/metrics")


class NotSignedIn(KinlineError):
    """Nobody is signed in."""


class WrongKey(NotSignedIn):
    """The request shows a key, and it opens nothing."""


class TooLarge(KinlineError):
    """The body is larger than this address takes."""


class WrongMediaType(KinlineError):
    """The body is not of a kind that this address takes. `takes`: which it does."""

    def __init__(self, *takes: str) -> None:
        self.takes = takes
        super().__init__("wrong media type")


class NotAcceptable(KinlineError):
    """The caller wants no JSON."""


class TooMany(KinlineError):
    """This caller has asked too often. `wait_seconds`: until it may again."""

    def __init__(self, wait_seconds: int) -> None:
        self.wait_seconds = wait_seconds
        super().__init__("too many requests")


class Unprocessable(KinlineError):
    """Well formed, and yet it can't be done as asked. `code` and `message` are ours and safe to show."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class Forbidden(KinlineError):
    """This caller may not. `code` and `message` are ours and safe to show."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class OtherOffice(Forbidden):
    """The case is another office's. `case_id` is what may be opened, with a reason."""

    def __init__(self, case_id: str) -> None:
        super().__init__(
            "other_office", "This case is another office's. Open it in the console, with a reason."
        )
        self.case_id = case_id


@dataclass(frozen=True, slots=True)
class Answer:
    """One error, ready to be told: to a machine or to a person."""

    status: int
    code: str
    title: str
    detail: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


BUSY = Answer(
    503,
    "unavailable",
    "Kinline can't answer right now",
    "Nothing was lost. Try again in a minute.",
    headers={"retry-after": "60"},
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
        found = _BY_STATUS.get(err.status_code) or Answer(
            err.status_code, "http_error", HTTPStatus(err.status_code).phrase
        )
        return replace(found, headers=err.headers or {})
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
    return _answer_to_form(err) or _plain_answer_to(err)


def _answer_to_form(err: Exception) -> Answer | None:
    """What is wrong with how it was asked, not with what."""
    if isinstance(err, WrongMediaType):
        takes = ", ".join(err.takes)
        return Answer(
            415,
            "wrong_media_type",
            "The body is of another kind",
            f"Send {takes}.",
            headers={"accept": takes},
        )
    if isinstance(err, NotAcceptable):
        return Answer(406, "not_acceptable", "The answer is JSON", "Send Accept: application/json, or none.")
    if isinstance(err, TooMany):
        wait = {"retry-after": str(err.wait_seconds)}
        return Answer(429, "too_many", "Too many requests", f"Wait {err.wait_seconds} s.", headers=wait)
    if isinstance(err, Unprocessable):
        return Answer(422, err.code, "The request can't be done as it is", err.message)
    if isinstance(err, RequestValidationError):
        problems = [_problem_of(one).as_json() for one in err.errors()]
        return Answer(400, "bad_input", "The request can't be taken as it is", "", {"problems": problems})
    return None


def _problem_of(fault: Mapping[str, Any]) -> Problem:
    """Where the fault is and of what kind, in our own words: the library's may repeat what was sent."""
    name = ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0])
    if fault["type"] == "missing":
        return Problem(name, "missing", "This is needed.", "Add it.")
    return Problem(name, "wrong_value", "This value can't be used.", "See /api/v1/openapi.json.")


def _plain_answer_to(err: Exception) -> Answer:
    if isinstance(err, WrongKey):
        asks = {"www-authenticate": 'Bearer realm="kinline", error="invalid_token"'}
        return Answer(401, "wrong_key", "This key opens nothing", "It may have ended.", headers=asks)
    if isinstance(err, NotSignedIn):
        asks = {"www-authenticate": 'Bearer realm="kinline"'}
        return Answer(401, "not_signed_in", "Sign in first", headers=asks)
    if isinstance(err, TooLarge):
        return Answer(413, "too_large", "The request is too large")
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
    return JSONResponse(
        body | answer.more,
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/problem+json",
    )


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
        if isinstance(err, OtherOffice) and not is_for_machines(request.url.path):
            return _may_be_opened(request, err)
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


def _may_be_opened(request: Request, err: OtherOffice) -> Response:
    """Why the case is not shown, and the form by which it is opened all the same."""
    from console.pages.forms import Form
    from console.pages.rendering import page

    onward = request.url.path if request.method == "GET" else f"/cases/{err.case_id}"
    return page(request, "other_office.html", status=403, case_id=err.case_id, onward=onward, form=Form())


def _to_sign_in(request: Request) -> Response:
    """To the sign-in, and back to this page afterwards. Only addresses go along, never a form."""
    if request.headers.get("hx-request") == "true":
        # A part of a page that renews itself: the whole page is loaded anew, and leads to the sign-in.
        return Response(status_code=401, headers={"HX-Refresh": "true"})
    if request.method != "GET" or request.url.path == "/":
        return RedirectResponse("/sign-in", status_code=303)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?{urlencode({'next': here})}", status_code=303)
