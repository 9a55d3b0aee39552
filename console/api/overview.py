"""The API's reads over many cases: the queue, the account, the measures of oversight."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from console.api.callers import Principal, reads
from console.api.describing import reading
from console.api.schemas.overview import Accounting, Oversight, Queue
from console.context import Console, console_of
from console.reading import in_scope, note_list_for
from integrations.desk import oversight, views
from integrations.desk.views import QueuePlace
from integrations.identity.api_keys import Scope
from models.errors import BadInput, Problem

router = APIRouter()
Accountant = Annotated[Principal, Depends(reads(Scope.OVERSIGHT_READ, None))]
Overseer = Annotated[Principal, Depends(reads(Scope.OVERSIGHT_READ))]
QueueReader = Annotated[Principal, Depends(reads(Scope.QUEUE_READ))]
Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
After = Annotated[str | None, Query(max_length=400, description="From `next` of the page before.")]
Name = Annotated[
    str | None,
    Query(max_length=60, pattern=r"^[a-z_]+$", description="One queue by name, such as supervision."),
]


@router.get("/accounting", **reading(Accounting, Scope.OVERSIGHT_READ))
def read_accounting(request: Request, who: Accountant) -> JSONResponse:
    """Every released child, accounted for, as `kinline account` prints it. Both lists should be empty."""
    console, now = _console(request)
    account = views.account_json(console.kit, now=now)
    for name in ("silent", "unanswered"):
        account[name] = in_scope(console, who.office, account[name])
    note_list_for(console, who.actor, "child_case", [*account["silent"], *account["unanswered"]], now=now)
    return JSONResponse(account)


@router.get("/oversight", **reading(Oversight, Scope.OVERSIGHT_READ))
def read_oversight(request: Request, who: Overseer) -> JSONResponse:
    """The measures for those who oversee, as `kinline oversight` prints them."""
    console, now = _console(request)
    found = oversight.oversight_json(console.kit, office=who.office, now=now)
    for measure in found["measures"]:
        measure["exceptions"] = in_scope(console, who.office, measure["exceptions"])
    shown = [case_id for measure in found["measures"] for case_id in measure["exceptions"]]
    note_list_for(console, who.actor, "child_case", shown, now=now)
    return JSONResponse(found)


@router.get("/queue", **reading(Queue, Scope.QUEUE_READ))
def read_queue(
    request: Request, who: QueueReader, queue: Name = None, limit: Limit = 100, after: After = None
) -> JSONResponse:
    """Overdue duties and escalations in one list, as `kinline queue` prints it, page by page.

    `next`, here and in the Link header, leads to the next page; it is null on the last. All pages of one walk show
    the list as it is ordered at the instant of the first.
    """
    console, now = _console(request)
    place = None if after is None else _opened(after)
    as_of = place.as_of if place else now
    me = who.person.id if who.person else None
    found = views.queue_json(
        console.kit, queue=queue, office=who.office, me=me, after=place, limit=limit + 1, now=as_of
    )
    items, more = found["items"][:limit], len(found["items"]) > limit
    note_list_for(console, who.actor, "child_case", (item["case_id"] for item in items), now=now)
    asked = {"limit": str(limit), **({"queue": queue} if queue else {})}
    following = (
        f"{request.url.path}?{urlencode(asked | {'after': _cursor(as_of, items[-1])})}" if more else None
    )
    link = {"link": f'<{following}>; rel="next"'} if following else {}
    return JSONResponse({"items": items, "next": following}, headers=link)


def _console(request: Request) -> tuple[Console, datetime]:
    console = console_of(request)
    return console, console.now()


def _cursor(as_of: datetime, last: dict[str, Any]) -> str:
    place = [as_of.isoformat(), last["overdue"], last["acknowledge_by"], last["id"]]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _opened(cursor: str) -> QueuePlace:
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        as_of, late, by, row_id = told
        place = QueuePlace(
            datetime.fromisoformat(as_of), bool(late), datetime.fromisoformat(by), UUID(row_id)
        )
        if place.as_of.tzinfo is not None and place.by.tzinfo is not None:
            return place
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        pass
    raise BadInput(
        Problem("after", "wrong_value", "This leads nowhere.", "Follow `next` of the page before, as it is.")
    )
