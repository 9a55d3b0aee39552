"""The end of a case and its beginning anew: closed with a reason after a look at what ends with it, and followed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm
from console.pages.act_forms import REASON, ActForm, Filled
from console.pages.closing_words import Choice, choices, ends
from console.pages.forms import Form, attempt, done_at, form_page
from console.pages.once import attempt_once
from console.speech import gettext
from integrations.desk.cases import REOPENERS, close_case, reopen_case, try_closing
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn
from integrations.kit import Kit
from models.errors import BadInput, Problem

router = APIRouter(prefix="/cases/{key}")
_FIELDS = {"--reason": "reason", "--evidence": "evidence", "--note": "note"}
REOPEN = ActForm(
    "Follow the child again",
    "What the closing ended stands open again, and somebody is to hear the child at once.",
    "Follow the child again",
    REOPENERS,
    lambda f: reopen_case(f.kit, f.key, f.person, note=f.text("reason"), now=f.now),
    (REASON,),
)


@router.get("/close")
def ask_close(request: Request, key: str, who: Actor) -> Response:
    return _show_close(request, key, who, Form())


@router.post("/close")
def check_close(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    """What would follow, to be looked at. Nothing is changed by it."""
    if form.get("change"):
        return _show_close(request, key, who, Form(form))
    console = console_of(request)
    now = console.now()
    shown = case_json(console.kit, key, actor=str(who.person.id), now=now)

    def attempted() -> bool:
        chosen = _chosen(shown, who, form)
        if chosen is not None and chosen.evidence and not form.get("evidence", "").strip():
            told = gettext("This reason needs its evidence: %(evidence)s.", evidence=chosen.evidence)
            raise BadInput(Problem("--evidence", "missing", told))
        return try_closing(console.kit, key, who.person, **_said(form), now=now)

    closes, again = attempt(attempted, form, _FIELDS)
    if again is not None:
        return _show_close(request, key, who, again)
    return form_page(
        request,
        "case_close_check.html",
        Form(form),
        case_id=shown["case_id"],
        closes=closes,
        ends=ends(shown, now),
    )


@router.post("/close/confirm")
def close(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)
    now = console.now()

    def act() -> str:
        case_id = close_case(console.kit, key, who.person, **_said(form), now=now)
        return done_at(f"/cases/{case_id}", _outcome(console.kit, str(case_id), who, now))

    return attempt_once(request, who, form, act, _FIELDS, lambda again: _show_close(request, key, who, again))


def _outcome(kit: Kit, key: str, who: SignedIn, now: datetime) -> str:
    """Closed; or proposed, where a second person is still to confirm it."""
    is_closed = case_json(kit, key, actor=str(who.person.id), now=now)["closure"] is not None
    return "closed" if is_closed else "closure_proposed"


def _said(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "").strip() for name in ("reason", "note", "evidence")}


def _chosen(shown: Mapping[str, Any], who: SignedIn, form: Mapping[str, str]) -> Choice | None:
    """The reason that was chosen, where it was offered; the desk has the last word on any other.

    Raises:
        BadInput: none was.
    """
    if not form.get("reason"):
        raise BadInput(Problem("--reason", "missing", "Say why the case is closed.", "Choose one."))
    offered = choices(shown["closing"], who.person).open if shown["closing"] else []
    return next((one for one in offered if one.code == form["reason"]), None)


def _show_close(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    """The reasons, and what would end. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown = case_json(console.kit, key, actor=str(who.person.id), now=now)
    return form_page(
        request,
        "case_close.html",
        form,
        case_id=shown["case_id"],
        choices=choices(shown["closing"], who.person) if shown["closing"] else None,
        ends=ends(shown, now),
    )


@router.get("/reopen")
def ask_reopen(request: Request, key: str, who: Actor) -> Response:
    return _show_reopen(request, key, who, Form())


@router.post("/reopen")
def reopen(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)
    filled = Filled(console.kit, key, "", who.person, form, {}, console.now())

    def act() -> str:
        return done_at(f"/cases/{REOPEN.take(filled)}", "reopened")

    return attempt_once(
        request, who, form, act, REOPEN.fields, lambda again: _show_reopen(request, key, who, again)
    )


def _show_reopen(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    """The form, beside what closed the case. The view itself writes the audit row."""
    console = console_of(request)
    shown = case_json(console.kit, key, actor=str(who.person.id), now=console.now())
    return form_page(
        request,
        "case_reopen.html",
        form,
        case_id=shown["case_id"],
        closure=shown["closure"],
        act=REOPEN,
        offered=REOPEN.is_offered_to(who.person),
    )
