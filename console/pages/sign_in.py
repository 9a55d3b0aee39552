"""Signing in, in one step or two, and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from console.bodies import read_form
from console.context import AnyStaff, Console, HalfSignedIn, console_of, find_signed_in
from console.credentials import Failed, attempt, old_tokens, second_step, with_cookie
from console.csrf import TokenForm, require_token
from console.pages.rendering import page
from integrations.identity.accounts import Awaits, NewSession, begin_session, check_password, end_session
from integrations.identity.lockout import forget, give_back
from integrations.identity.second_factor import has_factor
from models.facts import Person

router = APIRouter()
OwnForm = Annotated[dict[str, str], Depends(read_form)]
_WRONG = "That address and password do not go together. Check both and try again."


@router.get("/sign-in")
def show(request: Request) -> Response:
    onward = own_path(request.query_params.get("next", ""))
    if find_signed_in(request) is not None:
        return RedirectResponse(onward, status_code=303)
    return page(request, "sign_in.html", problem="", email="", onward=onward)


@router.post("/sign-in")
def sign_in(request: Request, form: OwnForm) -> Response:
    """A new session under a new token, whatever the browser held before; half a one when a code is still asked for."""
    console = console_of(request)
    email, onward = form.get("email", "")[:320], own_path(form.get("next", ""))
    found = attempt(
        console, email, lambda session: _begin(session, request, email, form.get("password", "")), _WRONG
    )
    if isinstance(found, Failed):
        return page(
            request, "sign_in.html", status=found.status, problem=found.words, email=email, onward=onward
        )
    new, awaits = found
    return with_cookie(request, RedirectResponse(_next_step(awaits, onward), status_code=303), new)


def _begin(
    session: Session, request: Request, email: str, password: str
) -> tuple[NewSession, Awaits | None] | None:
    console = console_of(request)
    person = check_password(session, email, password)
    if person is None:
        return None
    awaits = _awaits(console, session, person)
    # With a code to come the wrong ones before stay counted: the password alone is no way to guess on and on.
    if awaits is Awaits.CODE:
        give_back(session, console.kit.vault, email)
    else:
        forget(session, console.kit.vault, email)
    new = begin_session(session, person, now=console.wall(), old_tokens=old_tokens(request), awaits=awaits)
    return new, awaits


def _awaits(console: Console, session: Session, person: Person) -> Awaits | None:
    if has_factor(session, person.id):
        return Awaits.CODE
    return None if console.is_sandbox else Awaits.ENROLMENT


def _next_step(awaits: Awaits | None, onward: str) -> str:
    if awaits is Awaits.CODE:
        return f"/sign-in/code?{urlencode({'next': onward})}"
    return "/account/factor" if awaits is Awaits.ENROLMENT else onward


@router.get("/sign-in/code")
def ask_code(request: Request, half: HalfSignedIn) -> Response:
    onward = own_path(request.query_params.get("next", ""))
    return page(request, "sign_in_code.html", problem="", onward=onward, csrf_token=half.csrf_token)


@router.post("/sign-in/code")
def take_code(request: Request, half: HalfSignedIn, form: OwnForm) -> Response:
    """The second step: the session of the first is over, and a full one begins under a new token."""
    require_token(half, form)
    onward = own_path(form.get("next", ""))
    new = second_step(request, half.person, form.get("code", "")[:64])
    if isinstance(new, Failed):
        return page(
            request,
            "sign_in_code.html",
            status=new.status,
            problem=new.words,
            onward=onward,
            csrf_token=half.csrf_token,
        )
    return with_cookie(request, RedirectResponse(onward, status_code=303), new)


@router.post("/sign-out")
def sign_out(request: Request, who: AnyStaff, form: TokenForm) -> Response:
    """The session is over, on the server first."""
    console = console_of(request)
    with console.kit.transaction() as session:
        end_session(session, request.cookies.get(console.cookie_name, ""), now=console.wall())
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(
        console.cookie_name, path="/", secure=console.is_https, httponly=True, samesite="lax"
    )
    return answer


def own_path(path: str, *, or_sign_in: bool = False) -> str:
    """`path` when it is an address of this console, else the first page: nobody is led elsewhere, or round and round."""
    parts = urlsplit(path) if path.startswith("/") and path.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or path.startswith("//") or "\\" in path:
        return "/"
    return "/" if parts.path.startswith("/sign-in") and not or_sign_in else path
