"""Reads request bodies: small ones only, and forms with their repeated keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from starlette.formparsers import MultiPartException, MultiPartParser

from console.context import console_of
from console.errors import Forbidden, TooLarge
from models.errors import BadInput, Problem

MAX_BODY = 64 * 1024
# A file of a packet has 20 MB at most; the form around it is small.
MAX_UPLOAD = 20 * 1024 * 1024 + MAX_BODY
_MAX_FIELDS = 200


async def read_body(request: Request, *, largest: int = MAX_BODY) -> bytes:
    """The whole body.

    Raises:
        TooLarge: more than `largest` bytes, by what it says or by what came.
    """
    body = bytearray()
    async for chunk in _chunks(request, largest):
        body += chunk
    return bytes(body)


async def _chunks(request: Request, largest: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, up to `largest` bytes.

    Raises:
        TooLarge: more, by what it says or by what came.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > largest:
        raise TooLarge
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        if came > largest:
            raise TooLarge
        yield chunk


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with files: its fields, and each file with the name that the browser gave it, by field.

    `several`: every file of each field, in order, where a field takes more than one; `files` has the last.
    """

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]
    several: Mapping[str, list[tuple[str, bytes]]] = field(default_factory=dict)


async def read_upload(request: Request, *, largest: int = MAX_UPLOAD) -> Upload:
    """A form of our own pages that carries files, 20 MB at most unless more is said; an empty choice of file is no file.

    Files stay in memory while they are read: none touches a disk unsealed.

    Raises:
        Forbidden: another site sent it. TooLarge. BadInput: it is not a form.
    """
    require_own_origin(request)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Upload(dict(form_items(await read_body(request))), {})
    parser = MultiPartParser(request.headers, _chunks(request, largest), max_fields=_MAX_FIELDS)
    parser.spool_max_size = largest
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise BadInput(
            Problem("body", "not_a_form", "The body is not a form.", "Send it form-encoded.")
        ) from None
    fields: dict[str, str] = {}
    several: dict[str, list[tuple[str, bytes]]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name] = value
        elif value.filename:
            several.setdefault(name, []).append((value.filename, await value.read()))
            await value.close()
    return Upload(fields, {name: found[-1] for name, found in several.items()}, several)


def form_items(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, in order, repeated and empty ones too.

    Raises:
        BadInput: it is not a form.
    """
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise BadInput(
            Problem("body", "not_a_form", "The body is not a form.", "Send it form-encoded.")
        ) from None


async def read_form(request: Request) -> dict[str, str]:
    """The fields of one of our own pages' forms, from our own pages.

    Raises:
        Forbidden: another site sent it.
    """
    require_own_origin(request)
    return dict(form_items(await read_body(request)))


def require_own_origin(request: Request) -> None:
    """Nothing, when a page of ours (or no browser at all) sent this request.

    A browser sets Origin and Sec-Fetch-Site itself; a page of another site can't.

    Raises:
        Forbidden: a page of another site did.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        host = request.headers.get("host", "")
        # A proxy before us may have put its own Host in: the public address is ours as well.
        ours = origin == _origin(console_of(request).kit.public_url) or urlsplit(origin).netloc == host
    else:
        ours = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    if not ours:
        raise Forbidden("wrong_origin", "The form came from another site. Open the page here and try again.")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
