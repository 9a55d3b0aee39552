"""Opening another office's case, with a reason and for a few hours; and the list on which supervisors judge that."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.context import Actor, OpeningJudge, OpeningReader, console_of
from console.csrf import TokenForm
from console.pages import wording
from console.pages.forms import Form, attempt, done, form_page
from console.pages.paths import own_path
from console.permissions import JUDGE_OPENINGS
from integrations.desk.instants import iso
from integrations.desk.offices import REVIEW_WITHIN, open_case, openings_json, review_opening
from integrations.identity.accounts import SignedIn

router = APIRouter()
_ASKED = ("was_right", "words")


@router.post("/openings")
def open_it(request: Request, who: Actor, form: TokenForm) -> Response:
    """The case is open to this person for a few hours, and they are led to where they wanted to go."""
    console = console_of(request)
    case_id, onward = form.get("case_id", ""), own_path(form.get("next", ""))

    def act() -> None:
        reason, wall = form.get("reason", "")[:2000], console.wall()
        open_case(console.kit, case_id, who.person, who.office, reason=reason, wall=wall)

    _, again = attempt(act, form, {"reason": "reason"})
    if again is None:
        return RedirectResponse(onward, status_code=303)
    return form_page(request, "other_office.html", again, case_id=case_id, onward=onward)


@router.get("/openings")
def openings(request: Request, who: OpeningReader) -> Response:
    return _show(request, who, Form())


def _show(request: Request, who: SignedIn, form: Form) -> Response:
    """The list. Of its forms the one that came back is filled in; its faults name the fields by opening."""
    console = console_of(request)
    wall = console.wall()
    rows = openings_json(console.kit)
    told = [
        row
        | {
            "opened": wording.moment(row["opened_at"]),
            "until": wording.moment(row["ends_at"]),
            "late": row["review"] is None and row["opened_at"] < iso(wall - REVIEW_WITHIN),
        }
        for row in rows
    ]
    return form_page(
        request,
        "openings.html",
        form,
        waiting=[row for row in told if row["review"] is None],
        reviewed=[row for row in told if row["review"] is not None],
        judges=JUDGE_OPENINGS.is_held_by(who.person),
        email=who.person.email,
    )


@router.post("/openings/{key}/review")
def review(request: Request, key: str, who: OpeningJudge, form: TokenForm) -> Response:
    """Right or not, in words."""
    console = console_of(request)

    def act() -> None:
        was_right = {"yes": True, "no": False}.get(form.get("was_right", ""))
        words = form.get("words", "")[:2000]
        review_opening(console.kit, key, who.person, was_right=was_right, words=words, wall=console.wall())

    typed = {f"{name}-{key}": form.get(name, "") for name in _ASKED}
    _, again = attempt(act, typed, {name: f"{name}-{key}" for name in _ASKED})
    return done("/openings", "opening_reviewed") if again is None else _show(request, who, again)
