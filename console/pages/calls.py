"""Calls that people make: those that are due, one with its number, script and form, and one that is written down late."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console.context import Actor, Reader, console_of
from console.csrf import TokenForm
from console.pages import call_form, moments, wording
from console.pages.forms import Form, attempt, done, form_page
from console.pages.rendering import page
from console.reading import note_list
from console.speech import gettext, speech
from integrations.desk import call_tasks, calls
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn
from models.contacts import CallOutcome
from models.errors import BadInput, Problem
from models.states import Party

router = APIRouter()


@router.get("/calls")
def due_calls(request: Request, who: Reader) -> Response:
    """The calls that somebody has to make now. No number stands here."""
    console = console_of(request)
    now = console.now()
    tasks = call_tasks.tasks_json(console.kit, office=who.office, now=now)["tasks"]
    note_list(console, who, "child_case", (task["case_id"] for task in tasks), now=now)
    return page(request, "calls.html", tasks=[_line(task, now) for task in tasks])


def _line(task: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        **task,
        "party_words": wording.words(task["party"]),
        "to_words": wording.words(task["to"] or "nobody"),
        "waits": wording.span(now - datetime.fromisoformat(task["due_at"])),
        "there": moments.hour_there(task["local_time"]) if task["local_time"] else "",
    }


@router.get("/calls/{task_id}")
def open_call(request: Request, task_id: UUID, who: Actor) -> Response:
    """The number, the script in the family's language, and the form. The desk writes the audit row."""
    return _show_task(request, task_id, who, None)


@router.post("/calls/{task_id}")
def record_task(request: Request, task_id: UUID, who: Actor, form: TokenForm) -> Response:
    """What came of it stands on record, and what follows from it begins."""
    console = console_of(request)
    task = call_tasks.open_task(console.kit, task_id, who.person, now=console.now())

    def act() -> UUID:
        return _record(request, task["case_id"], who, form, Party(task["party"]))

    case_id, again = attempt(act, form, call_form.FIELDS)
    if again is None:
        return done(f"/cases/{case_id}", "call")
    return _show_task(request, task_id, who, again)


@router.post("/calls/{task_id}/draft")
def save_draft(request: Request, task_id: UUID, who: Actor, form: TokenForm) -> Response:
    """What is typed so far is kept. A page that saves by itself is told so in a line."""
    console = console_of(request)
    now = console.now()
    answers = json.dumps(call_form.answers_of(form)).encode()

    def act() -> UUID:
        outcome = _outcome(form) if form.get("outcome") else None
        return call_tasks.save_draft(console.kit, task_id, answers, who.person, outcome=outcome, now=now)

    _, again = attempt(act, form, call_form.FIELDS)
    if request.headers.get("hx-request") == "true":
        told = gettext("Saved %(saved)s.", saved=moments.moment(now))
        return HTMLResponse(told if again is None else gettext("Not saved yet: see below."))
    return done("/calls", "draft") if again is None else _show_task(request, task_id, who, again)


@router.get("/cases/{key}/call")
def ask_call(request: Request, key: str, who: Actor) -> Response:
    return _show_case(request, key, who, Form())


@router.post("/cases/{key}/call")
def record_call(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    """A call that nobody had asked for, or one that is written down late with its true time."""

    def act() -> UUID:
        return _record(request, key, who, form, _party(form))

    case_id, again = attempt(act, form, call_form.FIELDS)
    return done(f"/cases/{case_id}", "call") if again is None else _show_case(request, key, who, again)


def _record(request: Request, key: str, who: SignedIn, form: Mapping[str, str], party: Party) -> UUID:
    console = console_of(request)
    return calls.record_call(
        console.kit,
        key,
        party=party,
        outcome=_outcome(form),
        answers=json.dumps(call_form.answers_of(form)).encode(),
        person=who.person,
        now=console.now(),
        true_time=_true_time(form),
    )


def _outcome(form: Mapping[str, str]) -> CallOutcome:
    try:
        return CallOutcome(form.get("outcome", ""))
    except ValueError:
        raise BadInput(
            Problem("outcome", "missing", "Say how the call ended.", "Choose one line of the list.")
        ) from None


def _party(form: Mapping[str, str]) -> Party:
    try:
        return Party(form.get("party", ""))
    except ValueError:
        raise BadInput(
            Problem("party", "missing", "Say whom the call was to.", "Choose the child or the sponsor.")
        ) from None


def _true_time(form: Mapping[str, str]) -> datetime | None:
    said = form.get("true_time", "").strip()
    if not said:
        return None
    return moments.typed_moment(said, "--true-time")


def _show_task(request: Request, task_id: UUID, who: SignedIn, form: Form | None) -> Response:
    console = console_of(request)
    now = console.now()
    task = call_tasks.open_task(console.kit, task_id, who.person, now=now)
    asked = task["form"]
    if form is None:
        form = Form(call_form.filled(asked or {}) | {"outcome": task["outcome"] or ""})
    return form_page(
        request,
        "call.html",
        form,
        task=_line(task, now),
        topics=call_form.topics(asked["_about"]) if asked else [],
        outcomes=call_form.outcome_options(to_family=asked is not None),
        asked_in=task["script"],
        hours=call_form.HOURS,
        heard=call_form.HEARD,
    )


def _show_case(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    """The same form without a number. The view itself writes the audit row."""
    console = console_of(request)
    shown = case_json(console.kit, key, actor=str(who.person.id), now=console.now())
    return form_page(
        request,
        "case_call.html",
        form,
        case=shown,
        topics=call_form.topics(call_tasks.questions(speech().language)),
        outcomes=call_form.outcome_options(to_family=True),
        asked_in=speech().language,
        hours=call_form.HOURS,
        heard=call_form.HEARD,
        parties=[("child", "The child"), ("sponsor", "The sponsor")],
    )
