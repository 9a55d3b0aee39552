"""A packet that was handed in is to be amended: what that means as the application stands, and the way into the form."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.context import Sender, console_of
from console.csrf import TokenForm
from console.pages.forms import Form, attempt, form_page
from integrations.desk import amendment_views, amendments
from integrations.identity.accounts import SignedIn

router = APIRouter(prefix="/applications/{key}/amend")


@router.get("")
def ask(request: Request, key: str, who: Sender) -> Response:
    return _ask(request, key, who, Form())


@router.post("")
def begin(request: Request, key: str, who: Sender, form: TokenForm) -> Response:
    console = console_of(request)

    def act() -> str:
        draft_id = amendments.begin_amendment(console.kit, key, who.person, now=console.now())
        return f"/intake/{draft_id}"

    path, refused = attempt(act, form, {})
    if path is not None:
        return RedirectResponse(path, status_code=303)
    return _ask(request, key, who, refused or Form())


def _ask(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    stands = amendment_views.standing(console.kit, key, who.person, now=console.now())
    return form_page(request, "intake_amend.html", form, stands=stands)
