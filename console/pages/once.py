"""A form that comes twice (a second click, a page that is sent again) is done once, and led to the same page both times.

Each form carries a word of its own; under it and under what was typed the act is claimed, as an API's request is under
its `Idempotency-Key`. The same form with other words in it is another act.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from console.context import Console, console_of
from console.csrf import FIELD as TOKEN
from console.once import done_under
from console.pages.forms import Form, attempt
from integrations.identity.accounts import SignedIn
from integrations.store import api_answers
from integrations.store.api_answers import Asked, Busy, Claim, Kept
from models.errors import Refused

FIELD = "once"
# While the first of two is being done, the second waits: 5 seconds are longer than any act of a page takes.
_LOOKS, _BETWEEN = 50, 0.1


def attempt_once(
    request: Request,
    who: SignedIn,
    typed: Mapping[str, str],
    act: Callable[[], str],
    fields: Mapping[str, str],
    show: Callable[[Form], Response],
) -> Response:
    """As `attempt`, of an act that is done once: it returns the address of the page that is shown then.

    `show`: the form's page, with what was wrong with it.
    """
    path, again = attempt(lambda: _led_to(request, who, typed, act), typed, fields)
    return show(again) if again is not None else RedirectResponse(str(path), status_code=303)


def _led_to(request: Request, who: SignedIn, typed: Mapping[str, str], act: Callable[[], str]) -> str:
    if not typed.get(FIELD):  # none of our pages' forms: there is nothing to know it again by
        return act()
    console = console_of(request)
    found = _claim(console, _asked(console, request, who, typed))
    if isinstance(found, Claim):
        kit, wall = console.kit, console.wall()
        found = done_under(kit, found, lambda: Kept(303, {"where": act()}), wall=wall)
    if not isinstance(found, Kept):
        raise _refusal(found)
    return str(found.answer["where"])


def _asked(console: Console, request: Request, who: SignedIn, typed: Mapping[str, str]) -> Asked:
    words = json.dumps(sorted((name, text) for name, text in typed.items() if name != TOKEN))
    key = console.kit.vault.blind("form", str(request.scope["path"]), words)
    return Asked(owner=str(who.person.id), idempotency_key=key, request_key=key, repeatable=False)


def _claim(console: Console, asked: Asked) -> Claim | Kept | Busy:
    found = api_answers.claim(console.kit, asked, wall=console.wall())
    for _ in range(_LOOKS):
        if found != "running":
            break
        time.sleep(_BETWEEN)
        found = api_answers.claim(console.kit, asked, wall=console.wall())
    return found


def _refusal(busy: Busy) -> Refused:
    if busy == "running":
        return Refused("still_running", "This is being put on record. Load the case in a minute and look.")
    return Refused("answer_lost", "This is on record already. Load the case and look.")
