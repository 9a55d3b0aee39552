"""Setting up the second factor: a secret for the person's app, one code to show that it works, and recovery codes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from console.bodies import read_form
from console.context import Enroller, console_of
from console.credentials import WRONG_CODE, Failed, attempt, old_tokens, own_password, with_cookie
from console.csrf import require_token
from console.pages.qr import qr_path
from console.pages.rendering import page
from integrations.identity.accounts import NewSession, SignedIn, begin_session
from integrations.identity.lockout import forget
from integrations.identity.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    find_enrolment,
    has_factor,
)

router = APIRouter()
OwnForm = Annotated[dict[str, str], Depends(read_form)]


@router.get("/account/factor")
def show(request: Request, who: Enroller) -> Response:
    """What there is to do: begin, or scan the picture and give a code."""
    return _page(request, who)


@router.post("/account/factor/begin")
def begin(request: Request, who: Enroller, form: OwnForm) -> Response:
    """A new secret. Who is signed in already gives the password again; at the sign-in it was given just now."""
    require_token(who, form)
    console = console_of(request)
    if who.awaits is None:
        found = own_password(console, who.person, form.get("password", ""))
        if isinstance(found, Failed):
            return _page(request, who, problem=found)
    with console.kit.transaction() as session:
        begin_enrolment(session, console.kit.vault, who.person.id)
    return RedirectResponse("/account/factor", status_code=303)


@router.post("/account/factor")
def confirm(request: Request, who: Enroller, form: OwnForm) -> Response:
    """The first code puts the secret into use. The session goes on under a new token; the recovery codes are shown."""
    require_token(who, form)
    console = console_of(request)

    def check(session: Session) -> tuple[NewSession, list[str]] | None:
        vault, wall = console.kit.vault, console.wall()
        codes = confirm_enrolment(session, vault, who.person.id, form.get("code", "")[:64], wall=wall)
        if codes is None:
            return None
        forget(session, vault, who.person.email)
        return begin_session(session, who.person, now=wall, old_tokens=old_tokens(request)), codes

    found = attempt(console, who.person.email, check, WRONG_CODE)
    if isinstance(found, Failed):
        return _page(request, who, problem=found)
    new, codes = found
    request.state.who = None  # the page's own forms would carry the token of the session that is over
    return with_cookie(request, page(request, "recovery_codes.html", codes=codes), new)


def _page(request: Request, who: SignedIn, problem: Failed | None = None) -> Response:
    console = console_of(request)
    with console.kit.transaction() as session:
        enrolment = find_enrolment(session, console.kit.vault, who.person.id)
        has_one = has_factor(session, who.person.id)
    return page(
        request,
        "factor.html",
        status=problem.status if problem else 200,
        problem=problem.words if problem else "",
        csrf_token=who.csrf_token,
        at_sign_in=who.awaits is not None,
        has_one=has_one,
        enrolment=enrolment,
        picture=qr_path(enrolment.uri) if enrolment else None,
    )
