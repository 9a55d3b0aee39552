"""JSON bodies of the API: of the right kind, well formed, and what they should be."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel

from console.bodies import MAX_BODY, read_body
from console.errors import WrongMediaType
from models.errors import BadInput, Problem
from models.packet import parse_part

JSON = "application/json"
T = TypeVar("T", bound=BaseModel)


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, *, largest: int = MAX_BODY) -> bytes:
    """The body, which says that it is JSON.

    Raises:
        WrongMediaType: it says otherwise. TooLarge: over `largest` bytes.
    """
    if media_type(request) != JSON:
        raise WrongMediaType(JSON)
    return await read_body(request, largest=largest)


async def _small(request: Request) -> bytes:
    return await read_json(request)


Body = Annotated[bytes, Depends(_small)]


def loads(body: bytes) -> Any:
    """What this JSON says.

    Raises:
        BadInput: it is none, or holds characters that no database keeps.
    """
    try:
        told = json.loads(body)
        whole = json.dumps(told, ensure_ascii=False)
        whole.encode()  # half a character can't be
    except (ValueError, RecursionError):
        raise BadInput(Problem("body", "broken_json", "This is not JSON.", "Send a JSON document.")) from None
    if "\\u0000" in whole:
        raise BadInput(
            Problem("body", "wrong_value", "There is a NUL character in it.", "Leave that character out.")
        )
    return told


def parse(kind: type[T], body: bytes) -> T:
    """The body as this model.

    Raises:
        BadInput: with one problem per fault, under the field's own name.
    """
    loads(body)
    try:
        return parse_part(kind, body, "body")
    except BadInput as err:
        raise BadInput([_named(one) for one in err.problems]) from None


def in_api_words(err: BadInput) -> BadInput:
    """The same problems under the names that fields have in a body: `true_time` for the command's `--true-time`."""
    return BadInput([_named(one) for one in err.problems])


def _named(one: Problem) -> Problem:
    name = one.field.removeprefix("body.")
    if name.startswith("--"):
        name = name.lstrip("-").replace("-", "_")
    return Problem(name, one.code, one.message, one.remedy)
