"""Who speaks with the family: a person takes the conversation over from the machines, and hands it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm
from console.pages.forms import Form, attempt, done, form_page
from integrations.desk.cases import pause_automation, resume_automation
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn
from integrations.kit import Kit
from models.facts import Person

router = APIRouter(prefix="/cases/{key}/conversation")
Turn = Literal["take", "hand-back"]


@dataclass(frozen=True, slots=True)
class Way:
    """How one of the two is asked for, and what records it."""

    title: str
    says: str
    asks: str
    button: str
    code: str
    record: Callable[[Kit, str, str, Person, datetime], UUID]


def _take(kit: Kit, key: str, reason: str, person: Person, now: datetime) -> UUID:
    return pause_automation(kit, key, person, note=reason, now=now)


def _hand_back(kit: Kit, key: str, reason: str, person: Person, now: datetime) -> UUID:
    return resume_automation(kit, key, person, note=reason, now=now)


WAYS: Mapping[str, Way] = {
    "take": Way(
        "Take over the conversation",
        "No text and no automated call goes to this family until somebody hands it back. Calls by people go on.",
        "Why",
        "Take it over",
        "paused",
        _take,
    ),
    "hand-back": Way(
        "Hand the conversation back",
        "Texts and automated calls to this family go on from now.",
        "Why it is safe",
        "Hand it back",
        "resumed",
        _hand_back,
    ),
}


@router.get("/{turn}")
def ask(request: Request, key: str, turn: Turn, who: Actor) -> Response:
    return _show(request, key, turn, who, Form())


@router.post("/{turn}")
def change(request: Request, key: str, turn: Turn, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)
    way = WAYS[turn]

    def act() -> UUID:
        return way.record(console.kit, key, form.get("reason", ""), who.person, console.now())

    case_id, again = attempt(act, form, {"--reason": "reason"})
    if again is None:
        return done(f"/cases/{case_id}", way.code)
    return _show(request, key, turn, who, again)


def _show(request: Request, key: str, turn: str, who: SignedIn, form: Form) -> Response:
    """The form. The view itself writes the audit row."""
    console = console_of(request)
    shown = case_json(console.kit, key, actor=str(who.person.id), now=console.now())
    return form_page(request, "conversation.html", form, case=shown, way=WAYS[turn])
