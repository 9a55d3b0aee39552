"""Many packets at once, as zips: sent in one go, and each with its result, kept for who sent them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from console.bodies import MAX_BODY, Upload, read_upload
from console.context import Sender, console_of
from console.csrf import TokenForm, require_token
from console.errors import TooLarge
from console.pages.forms import Fault, Form, attempt, done, form_page
from integrations.desk import batch_repairs, batches
from integrations.identity.accounts import SignedIn
from models.errors import BadInput, NotFound, Problem

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
    return _show(request, batch_id, who, Form())


@router.post("/{batch_id}/go-on")
def go_on(request: Request, batch_id: UUID, who: Sender, form: TokenForm) -> Response:
    """What waits is worked on again, after the worker had to give up."""
    console = console_of(request)
    batch_repairs.go_on(console.kit, batch_id, who.person, now=console.now())
    return done(f"/intake/bulk/{batch_id}", "intake_again")


@router.post("/{batch_id}/{number}/again")
def try_again(request: Request, batch_id: UUID, number: str, who: Sender, form: TokenForm) -> Response:
    """The zip as it was sent, once more."""
    console = console_of(request)

    def act() -> bool:
        batch_repairs.try_again(console.kit, batch_id, _number(number), who.person, now=console.now())
        return True

    return _answer(request, batch_id, who, act, number)


@router.post("/{batch_id}/{number}/another")
async def send_another(request: Request, batch_id: UUID, number: str, who: Sender) -> Response:
    """A mended zip, in the place of one that was not taken."""
    try:
        upload = await read_upload(request, largest=batches.MOST_BYTES + MAX_BODY)
    except TooLarge:
        words = (
            f"This is over {_MEGABYTES} MB. Scan at 200 to 300 dots per inch, and send only what is needed."
        )
        large = Form({}, (Fault(f"zip-{number}", words),), status=413)
        return await run_in_threadpool(_show, request, batch_id, who, large)
    require_token(who, upload.fields)
    return await run_in_threadpool(_another, request, batch_id, number, who, upload)


def _another(request: Request, batch_id: UUID, number: str, who: SignedIn, upload: Upload) -> Response:
    console = console_of(request)

    def act() -> bool:
        found = upload.files.get("zip")
        if found is None:
            raise BadInput(Problem("zip", "missing", "No file was chosen.", "Choose the mended zip."))
        batch_repairs.send_another(
            console.kit, batch_id, _number(number), found, who.person, now=console.now()
        )
        return True

    return _answer(request, batch_id, who, act, number)


def _number(number: str) -> int:
    """The number of a row, from the address.

    Raises:
        NotFound: no row has such a number.
    """
    if not number.isdecimal() or len(number) > 3:
        raise NotFound("zip", number)
    return int(number)


def _answer(
    request: Request, batch_id: UUID, who: SignedIn, act: Callable[[], bool], number: str
) -> Response:
    _, refused = attempt(act, {}, {"zip": f"zip-{number}"})
    if refused is not None:
        return _show(request, batch_id, who, refused)
    return done(f"/intake/bulk/{batch_id}", "intake_again")


def _show(request: Request, batch_id: UUID, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    batch = batches.view_batch(console.kit, batch_id, who.person, now=console.now())
    return form_page(request, "intake_batch.html", form, batch=batch, results=RESULTS)
