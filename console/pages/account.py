"""One's own account: what it may do, its open sessions, its second factor and its password."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.context import AnyStaff, console_of
from console.credentials import Failed, own_password, with_cookie
from console.csrf import TokenForm
from console.pages import moments, wording
from console.pages.forms import Form, attempt, done
from console.pages.rendering import page
from console.speech import NAMES, gettext, speech, translated
from integrations.identity.accounts import MIN_PASSWORD, SignedIn, begin_session, end_sessions
from integrations.identity.passwords import put_password
from integrations.identity.preferences import ZONES, set_preferences
from integrations.identity.second_factor import has_factor, recovery_codes_left
from integrations.identity.sessions import OpenSession, end_own, open_sessions
from models.errors import BadInput, NotFound

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with the form of the password, and at which field."""

    field: str
    words: str
    status: int = 400


@router.get("/account")
def account(request: Request, who: AnyStaff) -> Response:
    return _page(request, who)


@router.post("/account/password")
def change_password(request: Request, who: AnyStaff, form: TokenForm) -> Response:
    """A new password, for who knows the old one. All sessions end; this browser goes on under a new token."""
    console = console_of(request)
    new = form.get("new_password", "")
    if new != form.get("again", ""):
        return _page(request, who, _Fault("again", gettext("The two are not the same. Type both again.")))
    found = own_password(console, who.person, form.get("password", ""))
    if isinstance(found, Failed):
        return _page(request, who, _Fault("password", found.words, found.status))
    wall = console.wall()
    try:
        with console.kit.transaction() as session:
            put_password(session, who.person.email, who.person, new, wall=wall)
            fresh = begin_session(session, who.person, now=wall)
    except BadInput as err:
        problem = err.problems[0]
        return _page(
            request,
            who,
            _Fault("new_password", f"{translated(problem.message)} {translated(problem.remedy)}"),
        )
    return with_cookie(request, RedirectResponse("/account?done=password", status_code=303), fresh)


@router.post("/account/reading")
def change_reading(request: Request, who: AnyStaff, form: TokenForm) -> Response:
    """By which clock their pages tell the time."""
    console = console_of(request)

    def act() -> None:
        with console.kit.transaction() as session:
            set_preferences(
                session, who.person.id, language=form.get("language", ""), time_zone=form.get("time_zone", "")
            )

    _, again = attempt(act, form, {"language": "language", "time_zone": "time_zone"})
    return done("/account", "reading") if again is None else _page(request, who, form=again)


@router.post("/account/sessions/{key}/end")
def end_session(request: Request, key: str, who: AnyStaff, form: TokenForm) -> Response:
    """One of one's own sessions is over.

    Raises:
        NotFound: it is not one of theirs.
    """
    console = console_of(request)
    with console.kit.transaction() as session:
        end_own(session, who.person.id, _id(key), wall=console.wall())
    return RedirectResponse("/account?done=session", status_code=303)


@router.post("/account/sessions/end-others")
def end_other_sessions(request: Request, who: AnyStaff, form: TokenForm) -> Response:
    """Every session of one's own but this one is over."""
    console = console_of(request)
    with console.kit.transaction() as session:
        end_sessions(session, who.person.id, now=console.wall(), but=who.session_id)
    return RedirectResponse("/account?done=sessions", status_code=303)


_DONE = {
    "reading": "From now on you read Kinline this way.",
    "password": "Your new password is set. Everywhere else you are signed out.",
    "session": "That session is over.",
    "sessions": "All other sessions are over.",
}


def _page(request: Request, who: SignedIn, fault: _Fault | None = None, form: Form | None = None) -> Response:
    console = console_of(request)
    with console.kit.transaction() as session:
        sessions = open_sessions(session, who.person.id, wall=console.wall())
        factor = has_factor(session, who.person.id)
        codes = recovery_codes_left(session, who.person.id)
    return page(
        request,
        "account.html",
        status=fault.status if fault else form.status if form else 200,
        fault=fault,
        form=form or Form({"language": speech().language, "time_zone": speech().zone.key}),
        languages=NAMES,
        zones=moments.zone_options(ZONES),
        done=gettext(_DONE.get(request.query_params.get("done", ""), "")),
        email=who.person.email,
        roles=sorted(wording.words(role.value) for role in who.person.roles),
        factor=factor,
        codes=codes,
        sessions=[_row(one, who) for one in sessions],
        least=MIN_PASSWORD,
    )


def _row(one: OpenSession, who: SignedIn) -> dict[str, object]:
    return {
        "id": str(one.id),
        "is_this": one.id == who.session_id,
        "began": wording.moment(one.began_at),
        "seen": wording.moment(one.seen_at),
        "ends": wording.moment(one.ends_at),
    }


def _id(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        raise NotFound("session", "") from None
