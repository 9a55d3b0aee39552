"""One hearing: what the family says about going, and what came of it. Each goes where its command goes."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.context import Actor, console_of
from console.csrf import TokenForm
from console.pages.act_forms import Filled
from console.pages.calendar import going_words
from console.pages.court_acts import HEARING
from console.pages.forms import Form, done_at, form_page
from console.pages.moments import day_of_week, zone_name
from console.pages.once import attempt_once
from integrations.desk.calendar import hearing_json
from integrations.identity.accounts import SignedIn

router = APIRouter(prefix="/hearings/{hearing_id}")
Said = Literal["going", "outcome"]


@router.get("/{said}")
def ask(request: Request, hearing_id: UUID, said: Said, who: Actor) -> Response:
    return _show(request, hearing_id, said, who, Form({"from": request.query_params.get("from", "")}))


@router.post("/{said}")
def take(request: Request, hearing_id: UUID, said: Said, who: Actor, form: TokenForm) -> Response:
    console = console_of(request)
    now = console.now()
    hearing = hearing_json(console.kit, hearing_id, actor=str(who.person.id), now=now)
    filled = Filled(
        console.kit, str(hearing_id), "", who.person, form, {}, now, zone=ZoneInfo(hearing["zone"])
    )

    def act() -> str:
        return _back(HEARING[said].take(filled), form.get("from", ""), f"hearing_{said}")

    return attempt_once(
        request,
        who,
        form,
        act,
        HEARING[said].fields,
        lambda again: _show(request, hearing_id, said, who, again),
    )


def _back(case_id: UUID, came_from: str, code: str) -> str:
    """To the week that they came from, or else to the case."""
    if week := _week(came_from):
        return done_at("/hearings", code, first=week)
    return done_at(f"/cases/{case_id}", code)


def _week(came_from: str) -> str:
    """The first day of the week that this page was opened from; none where it was another page."""
    try:
        return date.fromisoformat(came_from).isoformat()
    except ValueError:
        return ""


def _show(request: Request, hearing_id: UUID, said: Said, who: SignedIn, form: Form) -> Response:
    """The form, beside what is known of the hearing. The view itself writes the audit row."""
    console = console_of(request)
    hearing = hearing_json(console.kit, hearing_id, actor=str(who.person.id), now=console.now())
    return form_page(
        request,
        "hearing_act.html",
        form,
        case_id=hearing["case_id"],
        hearing=hearing,
        when=f"{day_of_week(hearing['day'])}, {hearing['time']} ({zone_name(ZoneInfo(hearing['zone']))})",
        child=going_words(hearing["parties"]["child"]),
        sponsor=going_words(hearing["parties"]["sponsor"]),
        act=HEARING[said],
        offered=HEARING[said].is_offered_to(who.person),
        week=_week(form.value("from")),
    )
