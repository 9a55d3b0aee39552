"""The first page: are all children accounted for, and what waits where. And the queues themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import AnyStaff, Reader, console_of
from console.counts import queue_counts
from console.pages import wording
from console.pages.rendering import page
from console.permissions import READ_CASES
from console.reading import note_list, read_queue
from integrations.desk.views import account_json

router = APIRouter()


@router.get("/")
def today(request: Request, who: AnyStaff) -> Response:
    console = console_of(request)
    now = console.now()
    account = account_json(console.kit, now=now)
    with console.kit.transaction() as session:
        queues = queue_counts(session, now=now)
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


@router.get("/queue")
def queue(request: Request, who: Reader, name: str = "") -> Response:
    console = console_of(request)
    now = console.now()
    items = read_queue(console, who, name or None, now=now)["items"]
    with console.kit.transaction() as session:
        waiting = sum(c.waiting for c in queue_counts(session, now=now) if name in ("", c.name))
    return page(
        request,
        "queue.html",
        name=name,
        waiting=waiting,
        items=[_row(item, now) for item in items],
        email=who.person.email,
    )


def _row(item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One line of a queue. An overdue duty is named as what it is; an escalation by its reason."""
    return {
        "id": item["id"],
        "is_escalation": item["kind"] == "escalation",
        "reason": wording.words(item["reason"]),
        "case_id": item["case_id"],
        "level": item["level"],
        "queue": wording.words(item["queue"]),
        "owner": item["owner"] or "",
        "paging": wording.paging(item["paging"]),
        "left": _time(item, now),
        "overdue": item["overdue"],
    }


def _time(item: Mapping[str, Any], now: datetime) -> str:
    """For an escalation, how long there is to answer; for a duty, how late it is already."""
    if item["kind"] == "escalation":
        return wording.time_left(item["acknowledge_by"], now)
    return f"{wording.span(timedelta(hours=item['age_hours']))} late"
