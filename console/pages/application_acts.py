"""The pages of the acts on an application: each shows its form and hands what came back to the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from console.bodies import Upload
from console.context import Actor, Console, console_of
from console.csrf import TokenUpload
from console.pages.act_forms import ActForm, Filled
from console.pages.act_table import ABOUT, LINK, WHOLE
from console.pages.forms import Form, attempt, done, form_page
from console.permissions import READ_RECORDS
from integrations.desk.hits import records_json
from integrations.desk.views import application_json
from integrations.identity.accounts import SignedIn
from models.errors import NotFound

router = APIRouter(prefix="/applications/{key}")


@router.get("/acts/{act}")
def ask_whole(request: Request, key: str, act: str, who: Actor) -> Response:
    return _show(request, key, _of(WHOLE, act), "", who, Form())


@router.post("/acts/{act}")
async def take_whole(request: Request, key: str, act: str, who: Actor, upload: TokenUpload) -> Response:
    return await run_in_threadpool(_take, request, key, act, _of(WHOLE, act), "", who, upload)


@router.get("/acts/{act}/{thing}")
def ask_about(request: Request, key: str, act: str, thing: str, who: Actor) -> Response:
    return _show(request, key, _of(ABOUT, act), thing, who, Form())


@router.post("/acts/{act}/{thing}")
async def take_about(
    request: Request, key: str, act: str, thing: str, who: Actor, upload: TokenUpload
) -> Response:
    return await run_in_threadpool(_take, request, key, act, _of(ABOUT, act), thing, who, upload)


@router.get("/links/{link}")
def ask_link(request: Request, key: str, link: str, who: Actor) -> Response:
    return _show(request, key, LINK, link, who, Form())


@router.post("/links/{link}")
async def take_link(request: Request, key: str, link: str, who: Actor, upload: TokenUpload) -> Response:
    return await run_in_threadpool(_take, request, key, "link", LINK, link, who, upload)


def _of(acts: Mapping[str, ActForm], act: str) -> ActForm:
    if act not in acts:
        raise NotFound("act", act)
    return acts[act]


def _take(
    request: Request, key: str, code: str, act: ActForm, thing: str, who: SignedIn, upload: Upload
) -> Response:
    console = console_of(request)
    filled = Filled(console.kit, key, thing, who.person, upload.fields, upload.files, console.now())
    application_id, again = attempt(lambda: act.take(filled), upload.fields, act.fields)
    if again is None:
        return done(f"/applications/{application_id}{'/links' if act is LINK else ''}", code)
    return _show(request, key, act, thing, who, again)


def _show(request: Request, key: str, act: ActForm, thing: str, who: SignedIn, form: Form) -> Response:
    """The form, with what it is about. The view itself writes the audit row.

    Whom it is never offered to reads who does it instead.

    Raises:
        NotFound: the address names an id that is none of this application's.
    """
    console = console_of(request)
    shown = application_json(console.kit, key, viewer=who.person, office=who.office, now=console.now())
    about = _about(shown, thing)
    if _is_id(thing) and not any(about.values()):
        raise NotFound("part of this application", thing)
    return form_page(
        request,
        "application_act.html",
        form,
        application=shown,
        act=act,
        about=about,
        offered=act.is_offered_to(who.person),
        has_record=_may_read_record(console, about["check"], who),
    )


def _may_read_record(console: Console, check: Mapping[str, Any] | None, who: SignedIn) -> bool:
    """True when a record is kept behind this check's hit, and this is one of those who judge it."""
    if check is None or not READ_RECORDS.is_held_by(who.person):
        return False
    return bool(records_json(console.kit, UUID(check["check_id"])))


def _is_id(thing: str) -> bool:
    """Whether it is an id; else it is a word, of which the desk says what it names."""
    try:
        UUID(thing)
    except ValueError:
        return False
    return True


def _about(shown: Mapping[str, Any], thing: str) -> Mapping[str, Any]:
    """What the address names, by the name of its kind: None under each other kind, and where nothing fits."""
    kinds = (
        ("finding", shown["findings"], "id"),
        ("item", shown["required"], "key"),
        ("check", shown["checks"], "check_id"),
        ("question", shown["questions"], "number"),
        ("link", shown["links"], "id"),
    )
    return {kind: next((row for row in rows if str(row[name]) == thing), None) for kind, rows, name in kinds}
