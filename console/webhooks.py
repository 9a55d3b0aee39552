"""What providers post to us. Nothing is believed before its signature; a duplicate changes nothing.

The body is read and its signature checked first; then the desk's act runs in a worker thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from console.bodies import form_items, read_body
from console.context import console_of
from console.errors import Forbidden
from integrations.background import webhook as clearline
from integrations.desk import checks, inbound, voice
from integrations.messaging import webhooks as twilio
from models.errors import BadInput, NotFound

router = APIRouter(prefix="/webhooks")
_PROVIDERS = frozenset({"clearline"})
_NO_WORDS = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
Form = Mapping[str, str]


def signed_form(kind: str) -> Callable[[Request], Awaitable[Form]]:
    """The form of a request that Twilio signed.

    Raises:
        Forbidden: the signature is missing or does not fit the address and the form.
    """

    async def read(request: Request) -> Form:
        console = console_of(request)
        with console.metrics.webhook(kind, ends=False):
            items = form_items(await read_body(request))
            if not twilio.verify_signature(
                console.kit.twilio_auth_token,
                console.kit.public_url,
                _path_and_query(request),
                items,
                request.headers.get("x-twilio-signature", ""),
            ):
                raise Forbidden("bad_signature", "The signature is missing or does not fit.")
        return dict(items)

    return read


def _path_and_query(request: Request) -> str:
    """As it came over the wire: what is signed is the text of the address, not what it means."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return bytes(path + (b"?" + query if query else b"")).decode("latin-1")


def _id(noun: str, word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError:
        raise NotFound(noun, "") from None


def _twiml(words: str) -> Response:
    return Response(words, media_type="text/xml")


@router.post("/twilio/sms")
def take_text(request: Request, form: Annotated[Form, Depends(signed_form("sms"))]) -> Response:
    """A text from a phone. The answer never says whether the number is known to us.

    It waits until the text is stored: a STOP that we lost would be worse than an error at Twilio.
    """
    console = console_of(request)
    with suppress(NotFound, BadInput), console.metrics.webhook("sms"):
        inbound.take_text(console.kit, twilio.parse_inbound(form), now=console.now())
    return _twiml(_NO_WORDS)


@router.post("/twilio/status/{message_id}")
def take_status(
    request: Request, message_id: str, form: Annotated[Form, Depends(signed_form("status"))]
) -> Response:
    """A delivery receipt for the message with our id."""
    console = console_of(request)
    with console.metrics.webhook("status"):
        report = twilio.parse_status(form)
        inbound.take_status(console.kit, _id("message", message_id), report, now=console.now())
    return Response(status_code=204)


@router.post("/twilio/voice/{call_id}")
def greet(request: Request, call_id: str, form: Annotated[Form, Depends(signed_form("voice"))]) -> Response:
    """Somebody, or something, has picked up an automated call."""
    console = console_of(request)
    with console.metrics.webhook("voice"):
        answered_by = twilio.parse_call_status(form).answered_by
        words = voice.greet(
            console.kit,
            _id("call", call_id),
            answered_by.value if answered_by else None,
            now=console.now(),
        )
    return _twiml(words)


@router.post("/twilio/voice/{call_id}/digits")
def take_digits(
    request: Request, call_id: str, form: Annotated[Form, Depends(signed_form("digits"))]
) -> Response:
    """A key was pressed."""
    console = console_of(request)
    with console.metrics.webhook("digits"):
        digits = twilio.parse_gather(form).digits or ""
        words = voice.take_digits(console.kit, _id("call", call_id), digits, now=console.now())
    return _twiml(words)


@router.post("/twilio/voice/{call_id}/status")
def take_call_status(
    request: Request, call_id: str, form: Annotated[Form, Depends(signed_form("call_status"))]
) -> Response:
    """How an automated call ended."""
    console = console_of(request)
    with console.metrics.webhook("call_status"):
        report = twilio.parse_call_status(form)
        voice.take_call_status(console.kit, _id("call", call_id), report, now=console.now())
    return Response(status_code=204)


@dataclass(frozen=True, slots=True)
class RawNotice:
    """A provider's notice as it came: the signature stands over exactly these bytes."""

    body: bytes = field(repr=False)
    signature: str = field(repr=False)


async def read_notice(request: Request) -> RawNotice:
    with console_of(request).metrics.webhook("checks", ends=False):
        return RawNotice(await read_body(request), request.headers.get(clearline.HEADER, ""))


@router.post("/checks/{provider}")
def take_result(
    request: Request, provider: str, notice: Annotated[RawNotice, Depends(read_notice)]
) -> Response:
    """A background check's result."""
    console = console_of(request)
    with console.metrics.webhook("checks"):
        if provider not in _PROVIDERS:
            raise NotFound("provider", "")
        now = console.now()
        if not clearline.verify(console.kit.background_secret, notice.body, notice.signature, now):
            raise Forbidden("bad_signature", "The signature is missing, too old, or does not fit.")
        checks.take_result(console.kit, clearline.parse_result(notice.body), now=now)
    return Response(status_code=204)
