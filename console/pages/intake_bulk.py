"""Many packets at once, as zips: sent in one go, and each with its result, kept for who sent them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from console.bodies import MAX_BODY, Upload, read_upload
from console.context import Sender, console_of
from console.csrf import require_token
from console.errors import TooLarge
from console.pages.forms import Fault, Form, attempt, form_page
from console.pages.rendering import page
from integrations.desk import batches
from integrations.identity.accounts import SignedIn

router = APIRouter(prefix="/intake/bulk")
_MEGABYTES = batches.MOST_BYTES // 2**20
RESULTS: Mapping[str, tuple[str, str]] = {
    "waiting": ("Waiting", ""),
    "new": ("Submitted", "good"),
    "amended": ("Amended", "good"),
    "unchanged": ("Nothing new", ""),
    "problems": ("Not taken", "bad"),
    "failed": ("Failed", "bad"),
}


@router.get("")
def ask_zips(request: Request, who: Sender) -> Response:
    return _ask(request, who, Form())


@router.post("")
async def send_zips(request: Request, who: Sender) -> Response:
    """All that was chosen, or nothing: a batch that is too large is told before any of it is kept."""
    try:
        upload = await read_upload(request, largest=batches.MOST_BYTES + MAX_BODY)
    except TooLarge:
        words = f"Together these are over {_MEGABYTES} MB. Send fewer at once."
        return await run_in_threadpool(_ask, request, who, Form({}, (Fault("zips", words),), status=413))
    require_token(who, upload.fields)
    return await run_in_threadpool(_send, request, who, upload)


def _send(request: Request, who: SignedIn, upload: Upload) -> Response:
    console = console_of(request)

    def act() -> UUID:
        zips = upload.several.get("zips", [])
        return batches.send_zips(console.kit, zips, who.person, now=console.now())

    batch_id, form = attempt(act, {}, {"zips": "zips"})
    if form is not None:
        return _ask(request, who, form)
    return RedirectResponse(f"/intake/bulk/{batch_id}", status_code=303)


def _ask(request: Request, who: SignedIn, form: Form) -> Response:
    rows = batches.my_batches(console_of(request).kit, who.person)
    limits = {"megabytes": _MEGABYTES, "most": batches.MOST_ZIPS}
    return form_page(request, "intake_bulk.html", form, rows=rows, limits=limits)


@router.get("/{batch_id}")
def show_batch(request: Request, batch_id: UUID, who: Sender) -> Response:
    """How far it is. The page asks for itself anew while zips wait; without script there is a link."""
    console = console_of(request)
    batch = batches.view_batch(console.kit, batch_id, who.person, now=console.now())
    return page(request, "intake_batch.html", batch=batch, results=RESULTS)
