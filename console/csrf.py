"""Forms carry their session's token: a page of another site can't know it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request

from console.bodies import Upload, read_form, read_upload
from console.context import signed_in
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


async def form_with_token(request: Request, who: Annotated[SignedIn, Depends(signed_in)]) -> dict[str, str]:
    """The fields of a form of ours that carries its session's token.

    Raises:
        NotSignedIn, Forbidden: nobody is signed in, another site sent it, or the token is not this session's.
    """
    form = await read_form(request)
    require_token(who, form)
    return form


async def upload_with_token(request: Request, who: Annotated[SignedIn, Depends(signed_in)]) -> Upload:
    """The same of a form that carries files."""
    upload = await read_upload(request)
    require_token(who, upload.fields)
    return upload


# Stand after `who` in a page's parameters, so that the permission is asked for before the form is read.
TokenForm = Annotated[dict[str, str], Depends(form_with_token)]
TokenUpload = Annotated[Upload, Depends(upload_with_token)]
