"""The API's part about applications: a packet is handed in, an application is read."""

from __future__ import annotations

from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse

from console.api.callers import Principal, acts, reads
from console.api.describing import PACKET, acting, reading, with_status
from console.api.once import Act, Answered, once
from console.api.schemas.acts import Submitted
from console.api.schemas.application import Application
from console.api.uploads import Upload, read_upload
from console.context import console_of
from integrations.desk import views
from integrations.desk.handing_in import hand_in
from integrations.desk.intake import MAY_SUBMIT
from integrations.identity.api_keys import Scope
from integrations.store.staff import require_role

router = APIRouter(prefix="/applications")
Reader = Annotated[Principal, Depends(reads(Scope.APPLICATIONS_READ))]
Sender = Annotated[Principal, Depends(acts(Scope.APPLICATIONS_WRITE, of_a_person=False))]
Key = Annotated[
    str, Path(max_length=200, pattern=r"^[^\x00-\x1f]+$", description="Its id, or the packet's reference.")
]
# A packet is held in memory while it is read: up to 400 MB each.
_AT_A_TIME = 2


@router.get("/{key}", **reading(Application, Scope.APPLICATIONS_READ, 404))
def read_application(request: Request, who: Reader, key: Key) -> JSONResponse:
    """One application, as `kinline show` prints it."""
    console = console_of(request)
    found = views.application_json(
        console.kit, key, viewer=who.person, actor=who.actor, office=who.office, now=console.now()
    )
    return JSONResponse(found)


@router.post(
    "",
    status_code=201,
    **with_status(200, acting(Submitted, Scope.APPLICATIONS_WRITE, body=PACKET)),
)
async def submit_application(request: Request, who: Sender) -> JSONResponse:
    """A packet comes in, as by `kinline submit`; vetting begins. 201 for a new one, 200 for the same bytes again or
    for an amendment of what has this reference.

    Either a form with the part `packet` (packet.json) and one part for each file, under the name that packet.json
    gives it; or a zip, as the part `packet` or as the whole body.
    """
    upload = await read_upload(request)
    try:
        limiter = _limiter(request)
        return await to_thread.run_sync(_submit, request, who, upload, limiter=limiter)
    finally:
        upload.close()


def _limiter(request: Request) -> CapacityLimiter:
    state = request.app.state
    if not hasattr(state, "packets_at_a_time"):
        state.packets_at_a_time = CapacityLimiter(_AT_A_TIME)
    limiter: CapacityLimiter = state.packets_at_a_time
    return limiter


def _submit(request: Request, who: Principal, upload: Upload) -> JSONResponse:
    console, person = console_of(request), who.person
    if person is not None:
        require_role(person, *MAY_SUBMIT)
    actor = who.actor if person is None else str(person.id)

    def do() -> Answered:
        taken = hand_in(console.kit, upload.hand_in(), actor=actor, now=console.now())
        where = f"{request.url.path}/{taken['application_id']}"
        status = 201 if taken["how"] == "new" else 200
        return Answered({"path": None, **taken, "problems": []}, status, where)

    about = None if person is None else lambda session: ("staff", person.id)
    return once(Act(request, who, content=upload.digest(), about=about, do=do, repeatable=True))
