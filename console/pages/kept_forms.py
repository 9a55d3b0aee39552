"""A form that comes when its session has ended is not lost: it comes back with what was typed in it.

Nothing is stored for somebody who is not signed in. The page itself carries the words, and takes them once the person
has signed in again (in another tab) and sent it once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from console.bodies import read_form
from console.context import find_signed_in
from console.csrf import FIELD, require_token
from console.errors import Forbidden, NotSignedIn
from console.pages.rendering import page
from console.permissions import HAND_IN
from integrations.identity.accounts import SignedIn

# What a page sends along by itself.
_OURS = frozenset({FIELD, "seen", "then"})


@dataclass(frozen=True, slots=True)
class KeptForm:
    """The form of who is signed in; or, without one, `back`: the answer that gives the words back."""

    who: SignedIn | None
    typed: Mapping[str, str]
    back: Response | None = None


async def kept_form(request: Request) -> KeptForm:
    """What came from a page of the packet form.

    Raises:
        Forbidden: another site sent it, or this person may not hand packets in. NotSignedIn: nobody is, and nothing
            was typed that could be given back.
    """
    form = await read_form(request)
    who = await run_in_threadpool(find_signed_in, request)
    has_words = any(words.strip() for name, words in form.items() if name not in _OURS)
    if who is None and not has_words:
        raise NotSignedIn
    if who is None:
        return KeptForm(None, form, _give_back(request, form, 401))
    request.state.who = who
    HAND_IN.require(who.person)
    try:
        require_token(who, form)
    except Forbidden:
        if not has_words:
            raise
        return KeptForm(None, form, _give_back(request, form, 403))
    return KeptForm(who, form)


def _give_back(request: Request, form: Mapping[str, str], status: int) -> Response:
    words = {name: value for name, value in form.items() if name != FIELD}
    return page(request, "intake_kept.html", status=status, fields=words, is_out=status == 401)


Kept = Annotated[KeptForm, Depends(kept_form)]
