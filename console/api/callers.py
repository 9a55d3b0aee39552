"""Who calls the API: a program with a key in `Authorization: Bearer`."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from console.context import console_of
from console.errors import Forbidden, NotSignedIn
from integrations.identity.api_keys import Caller, Scope, find_caller


def caller_with(scope: Scope) -> Callable[[Request], Caller]:
    """A dependency: the program whose key this request shows, when the key may do this.

    Raises:
        NotSignedIn: no living key. Forbidden: a key that is for something else.
    """

    def caller(request: Request) -> Caller:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise NotSignedIn
        console = console_of(request)
        with console.kit.transaction() as session:
            found = find_caller(session, token.strip(), wall=console.wall())
        if found is None:
            raise NotSignedIn
        if scope.value not in found.scopes:
            raise Forbidden("wrong_scope", f"This key is not for {scope.value}.")
        return found

    return caller
