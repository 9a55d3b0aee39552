"""The switch between the languages, for everybody: kept on the account, or in a cookie for who is not signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from console.bodies import read_form
from console.context import console_of, find_signed_in
from console.csrf import require_token
from console.pages.sign_in import own_path
from console.speech import COOKIE
from integrations.identity.preferences import set_preferences
from models.errors import BadInput, Problem
from models.states import CONSOLE_LANGUAGES

router = APIRouter()
_A_YEAR = 365 * 24 * 3600


@router.post("/language")
def choose(request: Request, form: Annotated[dict[str, str], Depends(read_form)]) -> Response:
    """Back to the page, in this language. The cookie holds the language and nothing else.

    Raises:
        BadInput: the console does not speak it. Forbidden: somebody is signed in, and the form is not theirs.
    """
    console, language = console_of(request), form.get("language", "")
    who = find_signed_in(request)
    if who is not None:
        require_token(who, form)
        with console.kit.transaction() as session:
            set_preferences(session, who.person.id, language=language)
    elif language not in CONSOLE_LANGUAGES:
        raise BadInput(Problem("language", "wrong_value", "Choose one of the languages."))
    answer = RedirectResponse(own_path(form.get("next", ""), or_sign_in=True), status_code=303)
    answer.set_cookie(
        COOKIE, language, max_age=_A_YEAR, secure=console.is_https, httponly=True, samesite="lax"
    )
    return answer
