"""The first page: are all children accounted for, and what waits where."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import AnyStaff, console_of
from console.counts import queue_counts
from console.pages import wording
from console.pages.rendering import page
from console.permissions import READ_CASES
from console.reading import note_list
from integrations.desk.overview import account_overview

router = APIRouter()


@router.get("/")
def today(request: Request, who: AnyStaff) -> Response:
    console = console_of(request)
    now = console.now()
    account = account_overview(console.kit, now=now)
    with console.kit.transaction() as session:
        queues = queue_counts(session, office=who.office, me=who.person.id, now=now)
    if READ_CASES.is_held_by(who.person):
        note_list(console, who, "child_case", account["silent"] + account["unanswered"], now=now)
    return page(
        request,
        "today.html",
        account=account,
        silent=len(account["silent"]),
        unanswered=len(account["unanswered"]),
        queues=queues,
        as_of=wording.moment(account["as_of"]),
    )
