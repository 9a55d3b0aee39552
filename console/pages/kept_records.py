"""The raw record behind a hit, shown to those who judge it: a reason first, then its pages one by one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Console, RecordReader, console_of
from console.csrf import TokenForm
from console.pages.forms import Form, attempt, form_page
from console.pages.rendering import page
from integrations.desk.documents import drawn
from integrations.desk.hits import KeptRecord, read_record, records_json
from integrations.desk.views import application_json
from integrations.documents.pictures import LARGE
from integrations.identity.accounts import SignedIn
from models.errors import NotFound

router = APIRouter(prefix="/applications/{key}/checks/{check_id}/record")


@router.get("")
def ask(request: Request, key: str, check_id: UUID, who: RecordReader) -> Response:
    """What it is read for. The view of the application writes the audit row."""
    return _ask(request, key, check_id, who, Form())


@router.post("")
def look(request: Request, key: str, check_id: UUID, who: RecordReader, form: TokenForm) -> Response:
    """A page of it: an answer to a form, so that no address leads to it. Each look is on record with its reason."""
    console = console_of(request)
    now = console.now()

    def act() -> KeptRecord:
        reason = form.get("reason", "")
        return read_record(console.kit, key, str(check_id), who.person, reason=reason, now=now)

    kept, again = attempt(act, form, {"--reason": "reason"})
    if kept is None:
        return _ask(request, key, check_id, who, again or Form())
    return page(
        request,
        "record_look.html",
        kept=kept,
        sheet=_sheet(console, kept, form),
        reason=form["reason"],
        **_about(console, key, check_id, who),
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of the record. `picture`: its PNG in base64; empty where it could not be drawn."""

    number: int
    picture: str


def _sheet(console: Console, kept: KeptRecord, form: Mapping[str, str]) -> Sheet:
    told = form.get("page", "")
    number = int(told) if told.isdecimal() and 1 <= int(told) <= kept.pages else 1
    try:
        picture = drawn(console.kit, kept.content, page=number - 1, long_side=LARGE)
    except NotFound:
        return Sheet(number, "")
    return Sheet(number, b64encode(picture).decode())


def _ask(request: Request, key: str, check_id: UUID, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    about = _about(console, key, check_id, who)
    return form_page(request, "record_ask.html", form, records=records_json(console.kit, check_id), **about)


def _about(console: Console, key: str, check_id: UUID, who: SignedIn) -> dict[str, Any]:
    """The application, and the check that this is about.

    Raises:
        NotFound: it is no check of this application.
    """
    shown = application_json(console.kit, key, viewer=who.person, office=who.office, now=console.now())
    check = next((one for one in shown["checks"] if one["check_id"] == str(check_id)), None)
    if check is None:
        raise NotFound("check", str(check_id))
    return {"application": shown, "check": check}
