"""Drafting a notice of concern, and the acts on one: each shows its form and hands what came back to the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.context import NoticeWriter, console_of
from console.csrf import TokenForm
from console.pages import notice_words
from console.pages.act_forms import ActForm, Filled
from console.pages.forms import Form, attempt, done, form_page
from console.pages.moments import moment
from console.pages.notice_forms import DRAFT, NOTICE_ACTS, OWNER
from console.pages.queue import owners
from console.speech import gettext
from integrations.desk.notice_views import notice_json, notices_of
from integrations.desk.queues import owners_json
from integrations.desk.views import case_json
from integrations.identity.accounts import SignedIn
from models.errors import NotFound
from models.reports import NoticeStep

router = APIRouter()


@router.get("/cases/{key}/notices/new")
def ask_draft(request: Request, key: str, who: NoticeWriter, duty: UUID | None = None) -> Response:
    """The form; or the notice itself, where one stands for this duty already."""
    lead = _case_and_notices(request, key, who)[1]["leads"].get(str(duty))
    if lead and lead["notice"]:
        return RedirectResponse(f"/notices/{lead['notice']}", status_code=303)
    return _show_draft(request, key, who, Form({"duty": str(duty)} if lead else {}))


@router.post("/cases/{key}/notices/new")
def take_draft(request: Request, key: str, who: NoticeWriter, form: TokenForm) -> Response:
    """A draft, as `kinline noc draft` takes it."""
    console = console_of(request)

    filled = Filled(console.kit, key, "", who.person, form, {}, console.now())
    notice_id, again = attempt(lambda: DRAFT.take(filled), form, DRAFT.fields)
    if again is None:
        return done(f"/notices/{notice_id}", "notice-draft")
    return _show_draft(request, key, who, again)


def _case_and_notices(request: Request, key: str, who: SignedIn) -> tuple[dict[str, Any], dict[str, Any]]:
    """The case, whose view writes the audit row, and its notices."""
    console = console_of(request)
    now = console.now()
    case = case_json(console.kit, key, actor=str(who.person.id), now=now)
    return case, notices_of(console.kit, UUID(case["case_id"]), who.person, now=now)


def _show_draft(request: Request, key: str, who: SignedIn, form: Form) -> Response:
    case, found = _case_and_notices(request, key, who)
    waiting = [item for item in found["items"] if item["step"] is NoticeStep.DRAFT]
    lead = found["leads"].get(form.value("duty")) or {}
    return form_page(
        request,
        "notice_draft.html",
        form,
        case=case,
        act=DRAFT,
        waiting=[(item["duty"], _concern(item)) for item in waiting],
        stands=lead.get("notice"),
        form_id=form.value("form") or str(uuid4()),
    )


def _concern(item: Mapping[str, Any]) -> str:
    """A concern that nobody has drafted, told apart by its times."""
    known, until = moment(item["learned_at"]), moment(item["next_action_at"])
    return gettext("Known since %(known)s, to be told by %(until)s", known=known, until=until)


@router.get("/notices/{notice_id}/{act}")
def ask(request: Request, notice_id: UUID, act: str, who: NoticeWriter) -> Response:
    return _show(request, notice_id, _of(act), who, None)


@router.post("/notices/{notice_id}/{act}")
def take(request: Request, notice_id: UUID, act: str, who: NoticeWriter, form: TokenForm) -> Response:
    """One act on one notice, as its command takes it."""
    console, asked = console_of(request), _of(act)
    filled = Filled(console.kit, str(notice_id), "", who.person, form, {}, console.now())
    _, again = attempt(lambda: asked.take(filled), form, asked.fields)
    if again is None:
        return done(f"/notices/{notice_id}", f"notice-{act}")
    return _show(request, notice_id, asked, who, again)


def _of(act: str) -> ActForm:
    if act not in NOTICE_ACTS:
        raise NotFound("act", act)
    return NOTICE_ACTS[act]


def _show(request: Request, notice_id: UUID, act: ActForm, who: SignedIn, form: Form | None) -> Response:
    """The form beside what it is about, with what the notice says today in it. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown = notice_json(console.kit, notice_id, who.person, now=now)
    people = owners(owners_json(console.kit)) if OWNER in act.boxes else []
    return form_page(
        request,
        "notice_act.html",
        form or Form(shown["facts"]),
        act=act,
        boxes=[replace(box, options=tuple(people)) if box is OWNER else box for box in act.boxes],
        offered=act.is_offered_to(who.person),
        **notice_words.about(shown, now, who.person),
    )
