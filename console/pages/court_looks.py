"""A look at the court's own word about a child: what it said, beside what was known. It goes where its command goes."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm
from console.pages.act_forms import Filled
from console.pages.court_acts import LOOK
from console.pages.court_words import court_words, hearing_words
from console.pages.forms import Form, done_at, form_page
from console.pages.once import attempt_once
from integrations.desk.court_dates import clock_of
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn

router = APIRouter(prefix="/cases/{key}/court")


@router.get("")
def ask(request: Request, key: str, who: Actor) -> Response:
    return _show(request, key, who, Form())


@router.post("")
def take(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)
    zone = ZoneInfo(clock_of(console.kit, key, form.get("court", "")))
    filled = Filled(console.kit, key, "", who.person, form, {}, console.now(), zone=zone)

    def act() -> str:
        return done_at(f"/cases/{LOOK.take(filled)}", "court_look")

    return attempt_once(request, who, form, act, LOOK.fields, lambda again: _show(request, key, who, again))


def _show(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    """The form, beside where the case stands. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown: dict[str, Any] = case_json(console.kit, key, actor=str(who.person.id), now=now)
    return form_page(
        request,
        "court_look.html",
        form,
        case_id=shown["case_id"],
        act=LOOK,
        offered=LOOK.is_offered_to(who.person),
        court=court_words(shown["court"]),
        hearings=hearing_words(shown, now),
    )
