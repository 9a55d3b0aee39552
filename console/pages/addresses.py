"""Where the family lives: a move, its proof, a letter that came back, nobody knows. Each goes where its command goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm, TokenUpload
from console.pages.forms import Form, attempt, done, form_page
from integrations.desk import addresses, homes, whereabouts_acts
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn
from integrations.kit import Kit
from models.errors import BadInput, Problem
from models.facts import Person

router = APIRouter(prefix="/cases/{key}/address")
_HOME = ("line1", "unit", "city", "state", "zip")
_FIELDS = {f"address.{name}": name for name in (*_HOME, "dwelling")} | {
    "--moved-on": "moved_on",
    "--on": "on",
    "--reason": "reason",
    "--document": "document",
}
DWELLINGS = (
    ("house", "House"),
    ("apartment", "Apartment"),
    ("mobile_home", "Mobile home"),
    ("room", "Room"),
    ("shelter", "Shelter"),
    ("other", "Other"),
)


@router.get("")
def ask_address(request: Request, key: str, who: Actor) -> Response:
    return _show(request, key, who, "address_change.html", Form())


@router.post("")
def change_address(request: Request, key: str, who: Actor, form: TokenForm) -> Response:
    """A move, as `kinline address change` records it."""
    console = console_of(request)

    def act() -> UUID:
        home = {name: form[name].strip() for name in (*_HOME, "dwelling") if form.get(name, "").strip()}
        moved = addresses.Moved(on=_day(form, "moved_on"))
        raw = json.dumps(home).encode()
        return addresses.change_address(console.kit, key, raw, who.person, moved=moved, now=console.now())

    return _answer(request, key, who, "address_change.html", form, act, "address")


@router.get("/proof")
def ask_proof(request: Request, key: str, who: Actor) -> Response:
    return _show(request, key, who, "address_proof.html", Form())


@router.post("/proof")
async def hand_in_proof(request: Request, key: str, who: Actor, upload: TokenUpload) -> Response:
    """A paper that shows the new home, read by the machine at once."""
    console = console_of(request)

    def act() -> UUID:
        if "document" not in upload.files:
            raise BadInput(
                Problem("--document", "missing", "No file was chosen.", "Choose a photo or a PDF.")
            )
        filename, content = upload.files["document"]
        return homes.hand_in_proof(
            console.kit, key, content, who.person, filename=filename, now=console.now()
        )

    return await run_in_threadpool(
        _answer, request, key, who, "address_proof.html", upload.fields, act, "address_proof"
    )


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that a person found out about the address: how it is asked, and what records it."""

    title: str
    says: str
    asks_day: bool
    record: Callable[[Kit, str, Mapping[str, str], Person, datetime], UUID]


def _returned(kit: Kit, key: str, form: Mapping[str, str], person: Person, now: datetime) -> UUID:
    on = _day(form, "on")
    if on is None:
        raise BadInput(Problem("--on", "missing", "Say on which day the letter came back."))
    return whereabouts_acts.mail_returned(kit, key, person, on=on, now=now)


def _still(kit: Kit, key: str, form: Mapping[str, str], person: Person, now: datetime) -> UUID:
    return homes.still_there(kit, key, person, reason=form.get("reason", ""), now=now)


def _unknown(kit: Kit, key: str, form: Mapping[str, str], person: Person, now: datetime) -> UUID:
    return whereabouts_acts.lose_location(kit, key, person, reason=form.get("reason", ""), now=now)


WORDS: Mapping[str, Word] = {
    "returned": Word(
        "A letter came back",
        "The address can't be relied on until somebody has found out where the family is.",
        asks_day=True,
        record=_returned,
    ),
    "still": Word(
        "They have not moved",
        "A text or a letter said otherwise, and you found out that the family still lives there.",
        asks_day=False,
        record=_still,
    ),
    "unknown": Word(
        "Nobody knows where the child is",
        "This opens an escalation at once, and a named person looks for the child.",
        asks_day=False,
        record=_unknown,
    ),
}
Learnt = Literal["returned", "still", "unknown"]


@router.get("/{learnt}")
def ask_word(request: Request, key: str, learnt: Learnt, who: Actor) -> Response:
    return _show(request, key, who, "address_word.html", Form(), word=WORDS[learnt])


@router.post("/{learnt}")
def take_word(request: Request, key: str, learnt: Learnt, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)
    word = WORDS[learnt]

    def act() -> UUID:
        return word.record(console.kit, key, form, who.person, console.now())

    return _answer(request, key, who, "address_word.html", form, act, f"address_{learnt}", word=word)


def _answer(
    request: Request,
    key: str,
    who: SignedIn,
    template: str,
    typed: Mapping[str, str],
    act: Callable[[], UUID],
    code: str,
    **values: Any,
) -> Response:
    case_id, form = attempt(act, typed, _FIELDS)
    if form is None:
        return done(f"/cases/{case_id}", code)
    return _show(request, key, who, template, form, **values)


def _show(request: Request, key: str, who: SignedIn, template: str, form: Form, **values: Any) -> Response:
    """The form, beside where the child is now. The view itself writes the audit row."""
    console = console_of(request)
    shown: dict[str, Any] = case_json(console.kit, key, actor=str(who.person.id), now=console.now())
    return form_page(request, template, form, case=shown, dwellings=DWELLINGS, **values)


def _day(form: Mapping[str, str], name: str) -> date | None:
    """The day in this field, none when it is empty.

    Raises:
        BadInput: it holds something else.
    """
    value = form.get(name, "").strip()
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(
            Problem(
                f"--{name.replace('_', '-')}", "wrong_value", "This is not a day.", "Write it as 2026-02-02."
            )
        ) from None
