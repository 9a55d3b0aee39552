"""Who is on call and who stands on each rung of the ladder; supervisors and administrators change the rota here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from console.context import AnyStaff, console_of, holder
from console.csrf import TokenForm
from console.pages.forms import Form, attempt, done, form_page
from console.pages.moments import moment, typed_moment
from console.permissions import KEEP_ROTA
from console.speech import gettext
from integrations.desk import rota
from integrations.desk.leaving import rungs_json
from integrations.desk.queues import owners_json
from integrations.identity.accounts import SignedIn
from models.errors import BadInput, Problem

router = APIRouter(prefix="/rota")
Keeper = Annotated[SignedIn, Depends(holder(KEEP_ROTA))]
_FIELDS = {"EMAIL": "email", "--rung": "rung", "--from": "from", "--until": "until", "--reason": "reason"}
RUNGS = (("1", "First"), ("2", "Fallback, when the first does not answer"))


@router.get("")
def show_rota(request: Request, who: AnyStaff) -> Response:
    return _show(request, who, Form())


@router.post("")
def add_time(request: Request, who: Keeper, form: TokenForm) -> Response:
    """One person's time on the rota, as `kinline rota add` records it."""
    console = console_of(request)

    def act() -> dict[str, Any]:
        return rota.add(
            console.kit,
            form.get("email", ""),
            who.person,
            rung=_rung(form),
            begins_at=typed_moment(form.get("from", ""), "--from"),
            ends_at=typed_moment(form.get("until", ""), "--until"),
            now=console.now(),
        )

    _, again = attempt(act, form, _FIELDS)
    return done("/rota", "on_call") if again is None else _show(request, who, again)


@router.get("/{on_call_id}/end")
def ask_end(request: Request, on_call_id: UUID, who: Keeper) -> Response:
    return form_page(request, "rota_end.html", Form())


@router.post("/{on_call_id}/end")
def end_time(request: Request, on_call_id: UUID, who: Keeper, form: TokenForm) -> Response:
    console = console_of(request)

    def act() -> dict[str, Any]:
        reason = form.get("reason", "")
        return rota.end(console.kit, on_call_id, who.person, reason=reason, now=console.now())

    _, again = attempt(act, form, _FIELDS)
    return done("/rota", "off_call") if again is None else form_page(request, "rota_end.html", again)


def _show(request: Request, who: SignedIn, form: Form) -> Response:
    console = console_of(request)
    now = console.now()
    on_call = rota.rota_json(console.kit, now=now)
    ladder = rungs_json(console.kit, now=now)
    return form_page(
        request,
        "rota.html",
        form,
        on_call=[_line(one) for one in on_call["on_call"]],
        gaps=[
            gettext("Rung %(rung)s: %(window)s", rung=gap["rung"], window=_window(gap))
            for gap in on_call["gaps"]
        ],
        days=on_call["look_ahead_days"],
        rungs=ladder["rungs"],
        keeps=KEEP_ROTA.is_held_by(who.person),
        people=[(one["email"], one["display_name"]) for one in owners_json(console.kit)],
        places=RUNGS,
        as_of=moment(now),
    )


def _line(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "window": _window(one)}


def _window(one: Mapping[str, Any]) -> str:
    return gettext("%(first)s to %(last)s", first=moment(one["from"]), last=moment(one["until"]))


def _rung(form: Mapping[str, str]) -> int:
    said = form.get("rung", "")
    if not said.isdecimal():
        raise BadInput(Problem("--rung", "missing", "Say whether they are first or the fallback."))
    return int(said)
