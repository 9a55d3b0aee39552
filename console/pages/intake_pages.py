"""The pages of the packet form: a few questions each, saved whatever is wrong with them; and lists to add to."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Console, Sender, console_of
from console.csrf import TokenForm
from console.pages.forms import Fault, Form, done, form_page
from console.pages.intake import shown
from console.pages.kept_forms import Kept
from console.pages.rendering import page
from integrations.desk import draft_views, drafts
from integrations.desk.draft_views import DraftView
from integrations.desk.drafts import Answers
from integrations.identity.accounts import SignedIn
from models.errors import NotFound, Stale
from vetting.draft.amending import FIXED
from vetting.draft.answers import Page
from vetting.draft.questions import BY_SLUG, Section

router = APIRouter(prefix="/intake/{draft_id}/pages/{slug}")
_SAVED = "Saved. This is still open"


@router.get("")
def ask_page(request: Request, draft_id: UUID, slug: str, who: Sender) -> Response:
    """The questions of the page; of a list, who and what stands in it."""
    view = _view(console_of(request), draft_id, who)
    section = _section(slug)
    if section.list_name is not None:
        return _list(request, view, section)
    return _ask(request, view, section, None, view.draft.page(slug))


@router.post("")
def save_page(request: Request, draft_id: UUID, slug: str, kept: Kept) -> Response:
    if kept.who is None or kept.back is not None:
        return kept.back or Response(status_code=403)
    return _save(request, draft_id, slug, kept.who, kept.typed, None)


@router.get("/new")
def ask_entry(request: Request, draft_id: UUID, slug: str, who: Sender) -> Response:
    view = _view(console_of(request), draft_id, who)
    return _ask(request, view, _list_section(slug), None, Page())


@router.post("/new")
def add_entry(request: Request, draft_id: UUID, slug: str, kept: Kept) -> Response:
    if kept.who is None or kept.back is not None:
        return kept.back or Response(status_code=403)
    _list_section(slug)
    return _save(request, draft_id, slug, kept.who, kept.typed, None)


@router.post("/whole")
def say_whole(request: Request, draft_id: UUID, slug: str, who: Sender, form: TokenForm) -> Response:
    """Somebody says that the list names everybody there is."""
    console = console_of(request)
    drafts.say_whole(console.kit, draft_id, slug, who.person, whole=True, now=console.now())
    return done(f"/intake/{draft_id}", "intake_whole")


@router.get("/{entry}")
def ask_again(request: Request, draft_id: UUID, slug: str, entry: str, who: Sender) -> Response:
    view = _view(console_of(request), draft_id, who)
    section = _list_section(slug)
    key = _key(entry)
    found = view.draft.entry(section.list_name or "", key)
    if found is None:
        raise NotFound("entry", entry)
    return _ask(request, view, section, key, found.page)


@router.post("/{entry}")
def save_entry(request: Request, draft_id: UUID, slug: str, entry: str, kept: Kept) -> Response:
    if kept.who is None or kept.back is not None:
        return kept.back or Response(status_code=403)
    return _save(request, draft_id, slug, kept.who, kept.typed, _key(entry))


@router.post("/{entry}/remove")
def remove_entry(
    request: Request, draft_id: UUID, slug: str, entry: str, who: Sender, form: TokenForm
) -> Response:
    console = console_of(request)
    drafts.drop_entry(console.kit, draft_id, slug, _key(entry), who.person, now=console.now())
    return done(f"/intake/{draft_id}/pages/{slug}", "intake_removed")


def _save(
    request: Request, draft_id: UUID, slug: str, who: SignedIn, typed: Mapping[str, str], key: int | None
) -> Response:
    """Kept first; then what is wrong is told, or the way leads on."""
    console = console_of(request)
    section = _section(slug)
    answers = Answers(slug, typed, _seen(typed), key)
    try:
        saved = drafts.save(console.kit, draft_id, answers, who.person, now=console.now())
    except Stale:
        return _conflict(request, _view(console, draft_id, who), section, key, typed)
    back = f"/intake/{draft_id}" if section.list_name is None else f"/intake/{draft_id}/pages/{slug}"
    view = _view(console, draft_id, who)
    faults = _faults(view, section, saved)
    if typed.get("then") == "later":
        return done(f"/intake/{draft_id}", "intake_saved")
    if not faults:
        return done(back, "intake_saved")
    return _show(request, view, section, saved, Form(typed, faults, status=422), _SAVED)


def _key(entry: str) -> int:
    """The key of an entry, from the address. Not the framework's to refuse: first it is asked who comes.

    Raises:
        NotFound: no entry has such a key.
    """
    if not entry.isdecimal() or len(entry) > 6:
        raise NotFound("entry", entry)
    return int(entry)


def _seen(typed: Mapping[str, str]) -> int:
    """The version that the page showed; a page without one has seen nothing."""
    version = typed.get("seen", "")
    return int(version) if version.isdecimal() and len(version) < 9 else 0


def _conflict(
    request: Request, view: DraftView, section: Section, key: int | None, typed: Mapping[str, str]
) -> Response:
    """The page was saved elsewhere meanwhile: what was typed here stays in the fields, what stands there beside it."""
    stored = _stored(view, section, key).typed
    differs = [
        (question, stored.get(question.name, ""))
        for question in section.questions
        if stored.get(question.name, "") != typed.get(question.name, "")
    ]
    return _show(request, view, section, key, Form(typed, status=409), _SAVED, differs)


def _stored(view: DraftView, section: Section, key: int | None) -> Page:
    if section.list_name is None:
        return view.draft.page(section.slug)
    entry = view.draft.entry(section.list_name, key) if key is not None else None
    return entry.page if entry else Page()


def _ask(request: Request, view: DraftView, section: Section, key: int | None, stored: Page) -> Response:
    """The page as it was left; what is wrong with it is told only once somebody has begun it."""
    begun = any(words.strip() for words in stored.typed.values())
    faults = _faults(view, section, key) if begun and view.state == "draft" else ()
    return _show(request, view, section, key, Form(stored.typed, faults), "Still open on this page")


def _faults(view: DraftView, section: Section, key: int | None) -> tuple[Fault, ...]:
    return tuple(
        Fault(lack.name, lack.words)
        for task in view.tasks
        if task.section.slug == section.slug
        for lack in task.lacks
        if lack.name and lack.key == key
    )


def _show(
    request: Request,
    view: DraftView,
    section: Section,
    key: int | None,
    form: Form,
    heading: str,
    differs: object = (),
) -> Response:
    values = shown(view)
    path = f"{values['base']}/pages/{section.slug}"
    if section.list_name is not None:
        path += f"/{key}" if key is not None else "/new"
    return form_page(
        request,
        "intake_page.html",
        form,
        **values,
        section=section,
        key=key,
        path=path,
        heading=heading,
        differs=differs,
        fixed=FIXED.get(section.slug, ()) if view.amending else (),
    )


def _list(request: Request, view: DraftView, section: Section) -> Response:
    name = section.list_name or ""
    task = next(one for one in view.tasks if one.section.slug == section.slug)
    return page(
        request,
        "intake_list.html",
        **shown(view),
        section=section,
        entries=view.draft.entries(name),
        task=task,
        is_whole=name in view.draft.whole,
    )


def _view(console: Console, draft_id: UUID, who: SignedIn) -> DraftView:
    return draft_views.view_draft(console.kit, draft_id, who.person, now=console.now())


def _section(slug: str) -> Section:
    if slug not in BY_SLUG:
        raise NotFound("page", slug)
    return BY_SLUG[slug]


def _list_section(slug: str) -> Section:
    section = _section(slug)
    if section.list_name is None:
        raise NotFound("list", slug)
    return section
