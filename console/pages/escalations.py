"""One escalation: take it, resolve it, hand it on, put it off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, Console, console_of
from console.csrf import TokenForm
from console.pages import moments, wording
from console.pages.forms import Form, attempt, done, form_page
from console.pages.notice_words import path_to
from console.pages.queue import owners
from integrations.desk import escalations, queue_acts
from integrations.desk.notice_views import notices_of
from integrations.desk.queues import escalation_json, owners_json
from integrations.identity.accounts import SignedIn

router = APIRouter(prefix="/escalations/{escalation_id}")
_FIELDS = {"--to": "to", "--reason": "reason", "--until": "until"}


@router.get("/take")
def ask_take(request: Request, escalation_id: UUID, who: Actor) -> Response:
    return _show(request, escalation_id, who, "escalation_take.html", Form())


@router.post("/take")
def take(request: Request, escalation_id: UUID, who: Actor, form: TokenForm) -> Response:
    """It is theirs from now on."""
    console = console_of(request)

    def act() -> UUID:
        return escalations.acknowledge(console.kit, escalation_id, who.person, now=console.now())

    return _answer(request, escalation_id, who, "escalation_take.html", form, act, "taken")


@router.get("/resolve")
def ask_resolve(request: Request, escalation_id: UUID, who: Actor) -> Response:
    return _show(request, escalation_id, who, "escalation_resolve.html", Form())


@router.post("/resolve")
def resolve(request: Request, escalation_id: UUID, who: Actor, form: TokenForm) -> Response:
    """What was done is evidence; a duty that words can't settle goes on."""
    console = console_of(request)

    def act() -> UUID:
        return escalations.resolve(
            console.kit,
            escalation_id,
            who.person,
            outcome="done",
            reason=form.get("reason", ""),
            now=console.now(),
        )

    return _answer(request, escalation_id, who, "escalation_resolve.html", form, act, "resolved")


@router.get("/reassign")
def ask_reassign(request: Request, escalation_id: UUID, who: Actor) -> Response:
    return _show(request, escalation_id, who, "escalation_reassign.html", Form())


@router.post("/reassign")
def reassign(request: Request, escalation_id: UUID, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)

    def act() -> UUID:
        return escalations.reassign(
            console.kit,
            escalation_id,
            who.person,
            to_email=form.get("to", ""),
            reason=form.get("reason", ""),
            now=console.now(),
        )

    return _answer(request, escalation_id, who, "escalation_reassign.html", form, act, "reassigned")


@router.get("/snooze")
def ask_snooze(request: Request, escalation_id: UUID, who: Actor) -> Response:
    return _show(request, escalation_id, who, "escalation_snooze.html", Form())


@router.post("/snooze")
def snooze(request: Request, escalation_id: UUID, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)

    def act() -> UUID:
        return queue_acts.snooze(
            console.kit,
            escalation_id,
            who.person,
            until=moments.typed_moment(form.get("until", ""), "--until"),
            reason=form.get("reason", ""),
            now=console.now(),
        )

    return _answer(request, escalation_id, who, "escalation_snooze.html", form, act, "snoozed")


def _answer(
    request: Request,
    escalation_id: UUID,
    who: SignedIn,
    template: str,
    typed: Mapping[str, str],
    act: Callable[[], UUID],
    code: str,
) -> Response:
    case_id, form = attempt(act, typed, _FIELDS)
    if form is None:
        return done(f"/cases/{case_id}" if typed.get("from") == "case" else "/queue", code)
    return _show(request, escalation_id, who, template, form)


def _show(request: Request, escalation_id: UUID, who: SignedIn, template: str, form: Form) -> Response:
    """The form beside what it is about. The view itself writes the audit row."""
    console = console_of(request)
    now = console.now()
    shown: dict[str, Any] = escalation_json(console.kit, escalation_id, who.person, now=now)
    return form_page(
        request,
        template,
        form,
        escalation=shown,
        reason_words=wording.words(shown["reason"]),
        left=wording.time_left(shown["until"], now),
        until=moments.moment(shown["until"]),
        notice=_notice(console, shown, who, now),
        owners=owners(owners_json(console.kit)),
        came_from=form.value("from") or request.query_params.get("from", ""),
    )


def _notice(console: Console, shown: Mapping[str, Any], who: SignedIn, now: datetime) -> str:
    """Where the notice of concern is that settles what this is about, for who may read or draft it; else nothing."""
    leads = notices_of(console.kit, UUID(shown["case_id"]), who.person, now=now)["leads"]
    lead = leads.get(shown["id"])
    return path_to(shown["case_id"], lead, who.person) if lead else ""
