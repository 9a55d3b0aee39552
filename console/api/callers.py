"""Who calls the API: a program with a key in `Authorization: Bearer`, or a person with the console's session."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from console.bodies import require_own_origin
from console.context import console_of, signed_in
from console.csrf import FIELD, require_token
from console.errors import Forbidden, NotAcceptable, NotSignedIn, TooMany, WrongKey
from console.permissions import ACT_ON_CASES, READ_CASES, Permission
from console.scope import require_scope
from integrations.identity.api_keys import Caller, Scope, find_caller
from models.facts import Person

CSRF_HEADER = "x-csrf-token"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and for whom. `actor` is how the audit names it: a key by itself, whoever it acts for.

    `office` bounds the cases that they see, as it bounds the person; a key for nobody has none.
    """

    actor: str
    person: Person | None
    key: Caller | None = None
    office: str | None = None

    @property
    def name(self) -> str:
        """What a list that it sends is called by: the key's name."""
        return "console" if self.key is None else self.key.name


def reads(scope: Scope, permission: Permission | None = READ_CASES) -> Callable[[Request], Principal]:
    """A dependency: who reads. A Bearer header goes before a cookie.

    `permission`: what the person must hold besides, whether they are signed in or a key acts for them.

    Raises:
        NotSignedIn: no living key and no session. Forbidden: not for this key, or not for this person.
        TooMany: the key asks too often. NotAcceptable: the caller wants no JSON.
    """

    def found(request: Request) -> Principal:
        _want_json(request)
        token = _token(request)
        if token is not None:
            caller = _of_key(request, token, scope)
        else:
            who = signed_in(request)
            caller = Principal(str(who.person.id), who.person, office=who.office)
        if permission is not None and caller.person is not None:
            permission.require(caller.person)
        if caller.person is not None:
            console = console_of(request)
            require_scope(request, console.kit, caller.person, caller.office, wall=console.wall())
        return caller

    return found


def acts(scope: Scope, *, of_a_person: bool) -> Callable[[Request], Principal]:
    """A dependency: who changes something. A session also shows its form token, and comes from our own pages.

    `of_a_person`: a key for nobody is turned away, before anybody looks at what it sends.
    """
    read = reads(scope, ACT_ON_CASES)

    def found(request: Request) -> Principal:
        who = read(request)
        if of_a_person:
            person_of(who)
        if who.key is None:
            require_own_origin(request)
            require_token(request.state.who, {FIELD: request.headers.get(CSRF_HEADER, "")})
        return who

    return found


def programs(scope: Scope) -> Callable[[Request], Principal]:
    """A dependency: a program with its key. The console's session does not do."""
    read = reads(scope, None)

    def found(request: Request) -> Principal:
        if _token(request) is None:
            raise NotSignedIn
        return read(request)

    return found


def person_of(who: Principal) -> Person:
    """The person whose act this is.

    Raises:
        Forbidden: a program by itself.
    """
    if who.person is None:
        raise Forbidden(
            "needs_a_person",
            "This is an act of a person, and the key is for a program alone. An administrator makes a key for a person"
            " with: kinline key make NAME --scope SCOPE --for EMAIL",
        )
    return who.person


def _token(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _of_key(request: Request, token: str, scope: Scope) -> Principal:
    console = console_of(request)
    wall = console.wall()
    with console.kit.transaction() as session:
        key = find_caller(session, token, wall=wall)
    if key is None:
        raise WrongKey
    wait = console.key_throttle.wait(key.key_id, now=wall)
    if wait is not None:
        raise TooMany(math.ceil(wait / timedelta(seconds=1)))
    if scope.value not in key.scopes:
        raise Forbidden("wrong_scope", f"This key is not for {scope.value}.")
    return Principal(key.actor, key.person, key, key.office)


def _want_json(request: Request) -> None:
    """Nothing, when the caller takes JSON, or does not say.

    Raises:
        NotAcceptable: it takes other kinds alone.
    """
    told = [part.strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    kinds = {
        kind.partition(";")[0].strip()
        for kind in told
        if not kind.replace(" ", "").endswith((";q=0", ";q=0.0"))
    }
    if not kinds & {"*/*", "application/*", "application/json", ""}:
        raise NotAcceptable
