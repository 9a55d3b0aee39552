"""Packets by form: a person's packets, one draft's task list, its answers to check, and the reference number at the end."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.context import Sender, console_of
from console.csrf import TokenForm
from console.pages import amend_words, intake_words
from console.pages.forms import Fault, Form, attempt, done, form_page
from console.pages.rendering import page
from integrations.desk import amendments, draft_handing_in, draft_views, drafts
from integrations.desk.draft_views import DraftView
from models.errors import BadInput
from models.states import Role
from vetting.draft.lacking import Lack, at_questions
from vetting.draft.questions import SECTIONS, groups

router = APIRouter(prefix="/intake")


@router.get("")
def my_packets(request: Request, who: Sender, all: str = "") -> Response:
    console = console_of(request)
    everybody = all == "yes" and Role.SUPERVISOR in who.person.roles
    rows = draft_views.my_packets(console.kit, who.person, everybody=everybody, now=console.now())
    is_supervisor = Role.SUPERVISOR in who.person.roles
    return page(request, "intake.html", rows=rows, everybody=everybody, is_supervisor=is_supervisor)


@router.post("")
def begin(request: Request, who: Sender, form: TokenForm) -> Response:
    console = console_of(request)
    draft_id = drafts.begin(console.kit, who.person, now=console.now())
    return RedirectResponse(f"/intake/{draft_id}", status_code=303)


@router.get("/{draft_id}")
def task_list(request: Request, draft_id: UUID, who: Sender) -> Response:
    console = console_of(request)
    view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
    return page(request, "intake_tasks.html", **shown(view), groups=list(groups()))


@router.post("/{draft_id}/put-away")
def put_away(request: Request, draft_id: UUID, who: Sender, form: TokenForm) -> Response:
    console = console_of(request)
    drafts.put_away(console.kit, draft_id, who.person, now=console.now())
    return done(f"/intake/{draft_id}", "intake_put_away")


@router.post("/{draft_id}/take-up")
def take_up(request: Request, draft_id: UUID, who: Sender, form: TokenForm) -> Response:
    console = console_of(request)
    drafts.take_up(console.kit, draft_id, who.person, now=console.now())
    return done(f"/intake/{draft_id}", "intake_taken_up")


@router.get("/{draft_id}/check")
def check(request: Request, draft_id: UUID, who: Sender) -> Response:
    console = console_of(request)
    view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
    return _check(request, view, Form())


@router.post("/{draft_id}/check")
def hand_in(request: Request, draft_id: UUID, who: Sender, form: TokenForm) -> Response:
    """The packet goes in, as `kinline submit` would send it."""
    console = console_of(request)
    found: list[Lack] = []

    def act() -> str:
        try:
            draft_handing_in.hand_in(console.kit, draft_id, who.person, now=console.now())
        except BadInput as err:
            view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
            found.extend(at_questions(view.draft, err.problems))
            raise
        return f"/intake/{draft_id}/sent"

    path, refused = attempt(act, form, {})
    if path is not None:
        return RedirectResponse(path, status_code=303)
    view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
    return _check(request, view, refused or Form(), found)


def _check(request: Request, view: DraftView, form: Form, found: list[Lack] | None = None) -> Response:
    values = shown(view)
    base = values["base"]
    told = (*view.lacks, *(found or ()))
    sections = []
    for section in SECTIONS:
        pages = (
            [(None, view.draft.page(section.slug))]
            if section.list_name is None
            else [(one.key, one.page) for one in view.draft.entries(section.list_name)]
        )
        parts = [intake_words.lines_of(base, section, one, key, told) for key, one in pages]
        sections.append((section, parts))
    if found is not None:
        faults = tuple(Fault("", intake_words.lack_words(view, one)) for one in found)
        form = Form(form.values, faults, form.refused, form.missing, form.status)
    changes = amend_words.change_lines(base, view)
    return form_page(
        request, "intake_check.html", form, **values, sections=sections, found=told, changes=changes
    )


@router.post("/{draft_id}/go-on")
def go_on(request: Request, draft_id: UUID, who: Sender, form: TokenForm) -> Response:
    """Over the revision that came in meanwhile, with what was changed here; then the changes are looked at."""
    console = console_of(request)
    both = amendments.go_on(console.kit, draft_id, who.person, now=console.now())
    return done(f"/intake/{draft_id}/check", "intake_both" if both else "intake_goes_on")


@router.get("/{draft_id}/sent")
def sent(request: Request, draft_id: UUID, who: Sender) -> Response:
    console = console_of(request)
    view = draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())
    if view.application_id is None:
        return RedirectResponse(f"/intake/{draft_id}", status_code=303)
    notes = draft_views.not_at_hand(console.kit, view.application_id)
    return page(request, "intake_sent.html", **shown(view), notes=notes)


def shown(view: DraftView) -> dict[str, Any]:
    """What every page of a draft has at hand."""
    return {
        "view": view,
        "base": f"/intake/{view.id}",
        "say": intake_words,
        "is_open": view.state == "draft",
        "progress": intake_words.PROGRESS,
        "points_of": partial(amend_words.points_of, view),
    }
