"""Signing in and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from console.bodies import read_form
from console.context import AnyStaff, Console, console_of, find_signed_in
from console.csrf import TokenForm
from console.pages.rendering import page
from integrations.identity.accounts import NewSession, begin_session, check_password, end_session

router = APIRouter()
OwnForm = Annotated[dict[str, str], Depends(read_form)]
_WRONG = "That address and password do not go together. Check both and try again."
_PAUSED = "Too many tries for this address. Wait 15 minutes, then try again."
_BUSY = "Many people are signing in just now. Wait a moment, then try again."


@router.get("/sign-in")
def show(request: Request) -> Response:
    onward = _own_path(request.query_params.get("next", ""))
    if find_signed_in(request) is not None:
        return RedirectResponse(onward, status_code=303)
    return page(request, "sign_in.html", problem="", email="", onward=onward)


@router.post("/sign-in")
def sign_in(request: Request, form: OwnForm) -> Response:
    """A new session under a new token, whatever the browser held before."""
    console = console_of(request)
    email, onward = form.get("email", "")[:320], _own_path(form.get("next", ""))
    new = _try(console, request, email, form.get("password", ""))
    if isinstance(new, NewSession):
        answer = RedirectResponse(onward, status_code=303)
        answer.set_cookie(
            console.cookie_name, new.token, path="/", secure=console.is_https, httponly=True, samesite="lax"
        )
        return answer
    status = 401 if new == _WRONG else 429
    return page(request, "sign_in.html", status=status, problem=new, email=email, onward=onward)


def _try(console: Console, request: Request, email: str, password: str) -> NewSession | str:
    """The session, or why there is none. The words are the same whether the address is known or not."""
    now = console.wall()
    with console.throttle.slot() as free:
        if not free:
            return _BUSY
        if not console.throttle.take_try(email, now=now):
            return _PAUSED
        with console.kit.transaction() as session:
            person = check_password(session, email, password)
            if person is None:
                return _WRONG
            old_token = request.cookies.get(console.cookie_name)
            new = begin_session(session, person, now=now, old_tokens=[old_token] if old_token else [])
    console.throttle.forget(email)
    return new


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


def _own_path(path: str) -> str:
    """`path` when it is an address of this console, else the first page: nobody is led elsewhere."""
    parts = urlsplit(path) if path.startswith("/") and path.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or path.startswith("//") or "\\" in path:
        return "/"
    return path
