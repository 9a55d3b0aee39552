"""One paper of an application: its picture, what the machine read, and the boxes for what a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, Reader, console_of
from console.csrf import TokenForm
from console.pages.forms import Form, attempt, done, form_page
from console.pages.typed_words import in_words, typed_fields, typed_json
from integrations.desk import vetting
from integrations.desk.documents import document_json, item_of
from integrations.identity.accounts import SignedIn
from vetting.acts import MAY_CONFIRM
from vetting.typed import fields_of

router = APIRouter(prefix="/applications/{key}/documents/{document_id}")


@router.get("")
def look(request: Request, key: str, document_id: UUID, who: Reader) -> Response:
    return _show(request, key, document_id, who, Form())


@router.post("")
def read(request: Request, key: str, document_id: UUID, who: Actor, form: TokenForm) -> Response:
    """What a person read, as `kinline confirm` takes it."""
    console = console_of(request)
    item, subject = item_of(console.kit, key, document_id)

    def act() -> UUID:
        return vetting.confirm(
            console.kit,
            key,
            f"{item}@{subject}",
            who.person,
            typed=typed_json(item, form),
            document=document_id,
            now=console.now(),
        )

    names = {name: name for name in fields_of(item)}
    application_id, again = attempt(act, form, names)
    if again is None:
        return done(f"/applications/{application_id}/documents/{document_id}", "confirmed")
    return _show(request, key, document_id, who, again)


def _show(request: Request, key: str, document_id: UUID, who: SignedIn, form: Form) -> Response:
    """The view itself writes the audit row."""
    console = console_of(request)
    paper = document_json(console.kit, key, document_id, who.person, now=console.now())
    return form_page(
        request,
        "document.html",
        form,
        paper=paper,
        fields=typed_fields(paper["item"]),
        may_read=_may_read(paper, who),
        differs=in_words(paper["read"]["differs"]) if paper["read"] else "",
        not_in_zone=in_words(paper["read"]["not_in_zone"]) if paper["read"] else "",
    )


def _may_read(paper: Mapping[str, object], who: SignedIn) -> bool:
    """Whether boxes are shown; whether what they hold is taken is the desk's to say."""
    if paper["is_over"] or not paper["to_read"] or not paper["confirm"]:
        return False
    return not who.person.roles.isdisjoint(MAY_CONFIRM)
