"""Forms carry their session's token: a page of another site can't know it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from console.errors import Forbidden
from integrations.identity.accounts import SignedIn

FIELD = "csrf_token"


def require_token(who: SignedIn, form: Mapping[str, str]) -> None:
    """Nothing, when the form carries the token of this session.

    Raises:
        Forbidden: it does not.
    """
    if not secrets.compare_digest(form.get(FIELD, "").encode(), who.csrf_token.encode()):
        raise Forbidden("csrf", "This form is out of date. Load the page again and try once more.")
