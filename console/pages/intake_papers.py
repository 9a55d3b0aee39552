"""The documents of a draft: which policy asks for and why, a file looked at at once, and what the sender does not have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from console.bodies import Upload
from console.context import Sender, console_of
from console.csrf import TokenForm, TokenUpload
from console.pages import intake_words, rendering
from console.pages.forms import Form, attempt, done, form_page
from console.pages.intake import shown
from integrations.desk import draft_files, draft_views, drafts
from integrations.desk.draft_files import Brought
from integrations.desk.draft_views import DraftView, Slot
from integrations.documents.sniff import MAX_PAGES
from integrations.identity.accounts import SignedIn
from models.errors import BadInput, NotFound, Problem
from models.states import DocumentKind
from vetting.draft.answers import people
from vetting.draft.typed import day_of

router = APIRouter(prefix="/intake/{draft_id}")
_FIELDS = {"document": "document", "issued_on": "issued_on", "reason": "reason"}
Page = Annotated[int, Query(ge=0, lt=MAX_PAGES)]


@router.get("/documents")
def papers(request: Request, draft_id: UUID, who: Sender, kind: str = "", subject: str = "") -> Response:
    """All of them; with `kind` and `subject`, on to that one."""
    console = console_of(request)
    view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
    if kind in set(DocumentKind) and subject in people(view.draft):
        return RedirectResponse(f"/intake/{draft_id}/documents/{kind}@{subject}", status_code=303)
    persons = [(one, intake_words.person_words(view.draft, one)) for one in people(view.draft)]
    values = shown(view)
    return rendering.page(
        request, "intake_papers.html", **values, persons=persons, kinds=intake_words.kinds()
    )


@router.get("/documents/{slot}")
def ask_paper(request: Request, draft_id: UUID, slot: str, who: Sender) -> Response:
    """One document. Meanwhile the reader starts, so that what is sent is looked at without a wait."""
    answer = _show(request, draft_id, slot, who, Form())
    answer.background = BackgroundTask(draft_files.warm_up, console_of(request).kit)
    return answer


@router.post("/documents/{slot}")
async def bring_paper(
    request: Request, draft_id: UUID, slot: str, who: Sender, upload: TokenUpload
) -> Response:
    """A file, by choice, by drop or from the phone's camera; what was made of it is told with the page."""
    return await run_in_threadpool(_bring, request, draft_id, slot, who, upload)


def _bring(request: Request, draft_id: UUID, slot: str, who: SignedIn, upload: Upload) -> Response:
    console = console_of(request)
    kind, _, subject = slot.partition("@")

    def act() -> str:
        filename, content = _file(upload)
        brought = Brought(kind, subject, filename, content, _day(upload.fields))
        return draft_files.add_file(console.kit, draft_id, brought, who.person, now=console.now()).value

    seen, form = attempt(act, upload.fields, _FIELDS)
    if seen is not None:
        return RedirectResponse(f"/intake/{draft_id}/documents/{slot}#files", status_code=303)
    return _show(request, draft_id, slot, who, form or Form())


def _file(upload: Upload) -> tuple[str, bytes]:
    found = upload.files.get("document") or upload.files.get("photo")
    if found is None:
        raise BadInput(Problem("document", "missing", "No file was chosen.", "Choose a photo or a PDF."))
    return found


def _day(fields: Mapping[str, str]) -> date | None:
    """The day on the document, if one was given.

    Raises:
        BadInput: it is not a day.
    """
    words = day_of(fields.get("issued_on", "").strip())
    try:
        return date.fromisoformat(words) if words else None
    except ValueError:
        raise BadInput(
            Problem("issued_on", "wrong_value", "This is not a date.", "Write it as 2026-01-05 or 1/5/2026.")
        ) from None


@router.post("/documents/{slot}/cannot")
def say_cannot(request: Request, draft_id: UUID, slot: str, who: Sender, form: TokenForm) -> Response:
    """Why the sender does not have it; or that they have it after all."""
    console = console_of(request)
    reason = form.get("reason", "").strip()[:500]

    def act() -> str:
        view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
        _slot(view, slot)
        if not reason and form.get("then") != "have":
            raise BadInput(Problem("reason", "missing", "Say why you don't have it."))
        words = "" if form.get("then") == "have" else reason
        drafts.say_cannot(console.kit, draft_id, slot, words, who.person, now=console.now())
        return words

    words, refused = attempt(act, form, _FIELDS)
    if refused is not None:
        return _show(request, draft_id, slot, who, refused)
    path = f"/intake/{draft_id}/documents"
    return done(path, "intake_cannot") if words else done(f"{path}/{slot}", "intake_saved")


@router.get("/files/{file_id}")
def see_file(request: Request, draft_id: UUID, file_id: UUID, who: Sender, page: Page = 0) -> Response:
    """A page of the file as a picture, while the draft holds it. The file itself never goes out."""
    console = console_of(request)
    picture = draft_files.see_file(console.kit, draft_id, file_id, who.person, page=page, now=console.now())
    return Response(picture, media_type="image/png")


@router.post("/files/{file_id}/remove")
def take_out(request: Request, draft_id: UUID, file_id: UUID, who: Sender, form: TokenForm) -> Response:
    console = console_of(request)
    slot = draft_files.take_out(console.kit, draft_id, file_id, who.person, now=console.now())
    return done(f"/intake/{draft_id}/documents/{slot}", "intake_removed")


def _slot(view: DraftView, name: str) -> Slot:
    """This document, asked for or not.

    Raises:
        NotFound: there is no such kind, or nobody of that name in the draft.
    """
    kind, _, subject = name.partition("@")
    if kind not in set(DocumentKind) or subject not in people(view.draft):
        raise NotFound("document", kind)
    return view.slot(name) or draft_views.slot_of(view.draft, name, None, ())


def _show(request: Request, draft_id: UUID, name: str, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
    slot = _slot(view, name)
    path = f"/intake/{view.id}/documents/{name}"
    return form_page(request, "intake_paper.html", form, **shown(view), slot=slot, path=path)
