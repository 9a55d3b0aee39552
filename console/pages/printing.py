"""A child's sheet for paper. It is made for a reason that stays on record, and holds no more than was asked for."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm
from console.pages import wording
from console.pages.child_words import due_words, reached_words
from console.pages.court_words import court_words
from console.pages.forms import Form, attempt, form_page
from console.pages.rendering import page
from console.pages.timeline import around, timeline
from integrations.desk.printing import Sheet, print_sheet
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn

router = APIRouter(prefix="/cases/{key}/print")
PARTS = ("home", "texts")


@router.get("")
def ask(request: Request, key: str, who: Actor) -> Response:
    """What to print, and what for. The view itself writes the audit row."""
    return _ask(request, key, who, Form())


@router.post("")
def sheet(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    """The sheet itself: an answer to a form, so that no address leads to it."""
    console = console_of(request)
    now = console.now()

    def act() -> Sheet:
        home, texts = (form.get(part) == "yes" for part in PARTS)
        return print_sheet(
            console.kit, key, who.person, reason=form.get("reason", ""), home=home, texts=texts, now=now
        )

    made, again = attempt(act, form, {"--reason": "reason"})
    if made is None:
        return _ask(request, key, who, again or Form())
    so_far, ahead = around(timeline(made.case, made.story), now)
    return page(
        request,
        "print_sheet.html",
        case=made.case,
        with_home=form.get("home") == "yes",
        reached=reached_words(made.story["reached"], now),
        due=due_words(made.case["obligations"], now),
        court=court_words(made.case["court"]),
        ahead=ahead,
        so_far=so_far,
        now=wording.moment(now),
        reason=form["reason"],
    )


def _ask(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    shown = case_json(console.kit, key, actor=str(who.person.id), now=console.now())
    return form_page(request, "print_ask.html", form, case=shown)
