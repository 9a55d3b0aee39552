"""The queues: mine first, what nobody has, what is late; and handing many over at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from console.context import Actor, CaseReader, console_of
from console.csrf import TokenForm
from console.pages import wording
from console.pages.forms import Form, attempt, done, form_page
from console.pages.rendering import page
from console.permissions import READ_NOTICES
from console.scope import require_all
from integrations.desk.notice_views import notice_counts
from integrations.desk.queue_acts import MOST_AT_ONCE, reassign_many
from integrations.desk.queues import Look, Tab, owners_json, queue_page, reasons_of
from integrations.identity.accounts import SignedIn
from models.errors import BadInput, Problem

router = APIRouter(prefix="/queue")
TAB_NAMES: Mapping[Tab, str] = {
    Tab.ALL: "All, yours first",
    Tab.MINE: "Yours",
    Tab.NOBODYS: "Nobody's",
    Tab.OVERDUE: "Overdue",
    Tab.LATER: "Put off",
}
_FIELDS = {"--to": "to", "--reason": "reason", "ids": ""}


@router.get("")
def queue(request: Request, who: CaseReader, tab: Tab = Tab.ALL, name: str = "") -> Response:
    """A tab of the queues. The view itself writes the audit row."""
    return page(request, "queue.html", notices=_notices(request, who), **_values(request, who, tab, name))


@router.get("/list")
def queue_list(request: Request, who: CaseReader, tab: Tab = Tab.ALL, name: str = "") -> Response:
    """The same without the page around it, for a page that renews itself."""
    return page(request, "queue_list.html", **_values(request, who, tab, name))


def _notices(request: Request, who: SignedIn) -> dict[str, int] | None:
    """How many notices of concern wait, for who may read them."""
    if not READ_NOTICES.is_held_by(who.person):
        return None
    return notice_counts(console_of(request).kit, who.person, office=who.office)


def _values(request: Request, who: SignedIn, tab: Tab, name: str) -> dict[str, Any]:
    console = console_of(request)
    now = console.now()
    look = Look(tab, name, who.office)
    shown = queue_page(console.kit, who.person, look, now=now)
    total = shown["counts"][look.tab.value]
    return {
        "name": name,
        "tab": look.tab.value,
        "tabs": [(tab.value, words, shown["counts"][tab.value]) for tab, words in TAB_NAMES.items()],
        "total": total,
        "items": [_row(item, now) for item in shown["items"]],
        "as_of": wording.moment(now),
        "most": MOST_AT_ONCE,
    }


def _row(item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One line of a queue. An overdue duty is named as what it is; an escalation by its reason."""
    return {
        "id": item["id"],
        "is_escalation": item["kind"] == "escalation",
        "is_taken": item["state"] == "acknowledged",
        "mine": item["mine"],
        "reason": wording.words(item["reason"]),
        "case_id": item["case_id"],
        "level": item["level"],
        "queue": wording.words(item["queue"]),
        "queue_code": item["queue"],
        "owner": item["owner_name"] or "",
        "paging": wording.paging(item["paging"]),
        "left": _time(item, now),
        "overdue": item["overdue"],
        "later": wording.moment(item["later_until"]) if item["later_until"] else "",
    }


def _time(item: Mapping[str, Any], now: datetime) -> str:
    """For an escalation, how long there is to answer; for a duty, how late it is already."""
    if item["kind"] == "escalation":
        return wording.time_left(item["until"], now)
    return wording.time_left(item["since"], now)


Chosen = Annotated[list[UUID], Query(alias="id")]


@router.get("/reassign")
def ask_reassign(request: Request, who: Actor, ids: Chosen = []) -> Response:  # noqa: B006
    _require_open(request, who, ids)
    return _show_reassign(request, ids, Form())


@router.post("/reassign")
def reassign(request: Request, who: Actor, form: TokenForm) -> Response:
    """All of the chosen ones are that person's, or none."""
    console = console_of(request)
    ids = _ids(form)
    _require_open(request, who, ids)

    def act() -> int:
        return reassign_many(
            console.kit,
            ids,
            who.person,
            to_email=form.get("to", ""),
            reason=form.get("reason", ""),
            now=console.now(),
        )

    _, again = attempt(act, form, _FIELDS)
    return done("/queue", "reassigned") if again is None else _show_reassign(request, ids, again)


def _require_open(request: Request, who: SignedIn, ids: list[UUID]) -> None:
    console = console_of(request)
    require_all(console.kit, "escalations", ids, who.person, who.office, wall=console.wall())


def _show_reassign(request: Request, ids: list[UUID], form: Form) -> Response:
    console = console_of(request)
    reasons = reasons_of(console.kit, ids)
    return form_page(
        request,
        "queue_reassign.html",
        form,
        chosen=[(one, wording.words(reasons[one])) for one in ids if one in reasons],
        owners=owners(owners_json(console.kit)),
        most=MOST_AT_ONCE,
    )


def owners(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Whom a thing can be handed to, with how much each has already."""
    return [(one["email"], f"{one['display_name']}, {one['open']} open") for one in found]


def _ids(form: Mapping[str, str]) -> list[UUID]:
    """The ids of a form, as a page of ours has written them.

    Raises:
        BadInput: something else stands there.
    """
    try:
        return [UUID(one) for one in form.get("ids", "").split()]
    except ValueError:
        raise BadInput(
            Problem("ids", "wrong_value", "This is not a list of ids.", "Choose them anew.")
        ) from None
