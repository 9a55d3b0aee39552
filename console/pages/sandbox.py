"""The sandbox's telephones and its clock: answer as the sponsor or the child, move time, and watch the case. No production has these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, Reader, console_of
from console.csrf import TokenForm
from console.pages import wording
from console.pages.cases import sight_words
from console.pages.forms import Form, attempt, done, form_page
from console.pages.rendering import page
from console.speech import gettext
from integrations.desk.sandbox_phones import (
    LONGEST_TEXT,
    MOST_SHOWN,
    clock_json,
    move_time,
    phone_json,
    phones_json,
    take_calls,
    taking_calls,
    type_text,
)
from integrations.identity.accounts import SignedIn
from models.errors import BadInput, Problem

router = APIRouter(prefix="/sandbox")
STEPS = (("hour", "One hour"), ("day", "One day"), ("next", "To the next thing due"), ("week", "Seven days"))
QUICK = ("1", "2", "3", "STOP")
# The codes are those of `sandbox_phones.TAKING_CALLS`; what each key means is what the call itself says.
TAKING = (
    ("by_digits", "By itself, as its last two digits say"),
    ("press_1", "Pick up and press 1: all is well"),
    ("press_2", "Pick up and press 2: needs help"),
    ("press_3", "Pick up and press 3: has moved"),
    ("press_9", "Pick up and press 9: a wrong number"),
    ("press_nothing", "Pick up and press nothing"),
    ("rings_out", "Let it ring"),
    ("busy", "The line is busy"),
    ("machine", "A machine picks up"),
)
_ARRIVED = {
    "delivered": "Arrived",
    "undelivered": "Did not arrive",
    "failed": "Did not arrive",
    "received": "Sent",
}
_CALLS = {
    "completed": "Answered",
    "no-answer": "Nobody answered",
    "busy": "The line was busy",
    "failed": "Out of service",
    "canceled": "Cancelled",
}


@router.get("")
def phones(request: Request, who: Reader, since: str = "") -> Response:
    """`since`: a reference; the cases from there on."""
    return _show_phones(request, who, Form({"since": since.strip()}))


def _show_phones(request: Request, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    since, actor, now = form.value("since"), str(who.person.id), console.now()
    found = phones_json(console.kit, since=since, actor=actor, office=who.office, now=now)
    return form_page(
        request,
        "sandbox_phones.html",
        form,
        phones=[
            one | {"when": wording.moment(one["last"]["at"].isoformat()) if one["last"] else ""}
            for one in found
        ],
        most=MOST_SHOWN,
        **_clock(request),
    )


@router.get("/clock")
def clock(request: Request, who: Reader) -> Response:
    """What time it is, and how far it has moved: a part of a page, which renews itself."""
    return page(request, "sandbox_clock.html", phone_id="", **_clock(request))


@router.post("/clock")
def move(request: Request, who: Actor, form: TokenForm) -> Response:
    """Time begins to move; the pages show how far it is."""
    what, phone_id = form.get("what", ""), form.get("phone", "")

    def act() -> None:
        if what not in dict(STEPS):
            raise BadInput(Problem("what", "wrong_value", "This is no step of time.", "Use a button."))
        move_time(console_of(request).kit, what)

    _, again = attempt(act, form, {})
    if again is not None:
        return _show_phones(request, who, again)
    try:
        return done(f"/sandbox/phones/{UUID(phone_id)}", "time_moves")
    except ValueError:
        return done("/sandbox", "time_moves")


@router.get("/phones/{phone_id}")
def phone(request: Request, who: Reader, phone_id: UUID) -> Response:
    return _show_phone(request, who, phone_id, Form())


@router.get("/phones/{phone_id}/thread")
def thread(request: Request, who: Reader, phone_id: UUID) -> Response:
    """What renews itself of it: the texts and calls, the case, and the clock."""
    return page(request, "sandbox_thread.html", renews=True, **_phone(request, who, phone_id))


@router.post("/phones/{phone_id}/texts")
def write(request: Request, who: Actor, phone_id: UUID, form: TokenForm) -> Response:
    """The text is typed on the phone; it comes in by the webhook, as any text does."""
    console = console_of(request)

    def act() -> None:
        type_text(console.kit, phone_id, form.get("body", ""), who.person, now=console.now())

    _, again = attempt(act, form, {"body": "body"})
    if again is None:
        return done(f"/sandbox/phones/{phone_id}", "phone_sent")
    return _show_phone(request, who, phone_id, again)


@router.post("/phones/{phone_id}/calls")
def answer_calls(request: Request, who: Actor, phone_id: UUID, form: TokenForm) -> Response:
    """How the phone takes Kinline's automated calls from now on."""
    console = console_of(request)

    def act() -> None:
        take_calls(console.kit, phone_id, form.get("how", ""), who.person, now=console.now())

    _, again = attempt(act, form, {"how": "how"})
    if again is None:
        return done(f"/sandbox/phones/{phone_id}", "phone_calls")
    return _show_phone(request, who, phone_id, again)


def _show_phone(request: Request, who: SignedIn, phone_id: UUID, form: Form) -> Response:
    told = _phone(request, who, phone_id)
    form = replace(form, values={"how": told["takes"], **form.values})
    return form_page(
        request, "sandbox_phone.html", form, quick=QUICK, longest=LONGEST_TEXT, taking=TAKING, **told
    )


def _phone(request: Request, who: SignedIn, phone_id: UUID) -> dict[str, Any]:
    console = console_of(request)
    told = phone_json(console.kit, phone_id, actor=str(who.person.id), now=console.now())
    held = told["thread"]
    takes = taking_calls(held["takes_calls"]) if held is not None else "by_digits"
    return {
        "phone": told,
        "phone_id": str(phone_id),
        "sight": sight_words(told["in_sight"]),
        "held": held,
        "takes": takes,
        "takes_words": dict(TAKING)[takes],
        "entries": _entries(held) if held is not None else [],
    } | _clock(request)


def _entries(held: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Texts and calls, earliest first, as a phone shows them."""
    texts = [
        {
            "kind": "text",
            "mine": one["direction"] == "inbound",
            "at": one["created_at"],
            "said": one["body"],
            "state": wording.lower(gettext(_ARRIVED.get(one["status"], "On its way"))),
        }
        for one in held["texts"]
    ]
    calls = [
        {
            "kind": "call",
            "mine": False,
            "at": one["created_at"],
            "said": " ".join(one["heard"]),
            "state": _call_words(one),
        }
        for one in held["calls"]
    ]
    entries = sorted(texts + calls, key=lambda one: datetime.fromisoformat(one["at"]))
    return [one | {"when": wording.moment(one["at"])} for one in entries]


def _call_words(call: Mapping[str, Any]) -> str:
    if call["answered_by"] and call["answered_by"].startswith("machine"):
        return wording.lower(gettext("A machine answered"))
    words = wording.lower(gettext(_CALLS.get(call["status"], "Under way")))
    pressed = ", ".join(call["pressed"])
    return gettext("%(words)s, pressed %(keys)s", words=words, keys=pressed) if pressed else words


def _clock(request: Request) -> dict[str, Any]:
    """What time it is in the sandbox, and what came of the newest wish to move it."""
    console = console_of(request)
    told = clock_json(console.kit)
    wish = told["wish"] if told is not None else None
    return {
        "time": wording.moment(console.now().isoformat()),
        "steps": STEPS,
        "can_move": told is not None and told["moves"],
        "moving": wish is not None and wish["state"] in ("waiting", "moving"),
        "progress": _progress(wish) if wish is not None else "",
    }


def _progress(wish: Mapping[str, Any]) -> str:
    told = {
        "steps": wording.count(wish["steps"], "step", "steps"),
        "until": wording.moment(wish["until"]) if wish["until"] else gettext("the next thing due"),
        "start": wording.moment(wish["from"]),
        "now": wording.moment(wish["at"]),
    }
    if wish["state"] in ("waiting", "moving"):
        return gettext("Time moves on to %(until)s. It has come to %(now)s, in %(steps)s.", **told)
    if wish["state"] == "failed":
        return gettext("Time stopped on its way to %(until)s, at %(now)s. Move it again to go on.", **told)
    return gettext("Time has moved from %(start)s to %(until)s, in %(steps)s.", **told)
