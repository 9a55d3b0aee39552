"""Texts and calls through Twilio, by its official client.

Twilio has no idempotency key. So each send carries our id in its callback URL, a failure says whether
it may have happened, and `find_text` looks for it before anyone repeats it (design rule 4).
No exception and no log line from here holds a number or a body.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from twilio.base import values
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from integrations.messaging.transport import SERVICE, QuietHttpClient
from integrations.messaging.webhooks import CallStatus, message_state
from models.contacts import MessageState
from models.errors import OutcomeUnknown, Unavailable

T = TypeVar("T")

# Everything there is to know about a call; `initiated` and `ringing` would only be noise.
_CALL_EVENTS = ["answered", "completed"]
# What the library raises on an answer that it can't read. The text of each may hold the answer.
_UNREADABLE = (TwilioException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Sent:
    """Twilio took the text. `segments` is what it will bill."""

    provider_ref: str
    segments: int
    state: MessageState


@dataclass(frozen=True, slots=True)
class Placed:
    """Twilio took the call."""

    provider_ref: str


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text in Twilio's own list. `state` is None for a word that we do not know."""

    provider_ref: str
    state: MessageState | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call in Twilio's own list. `status` is None for a word that we do not know."""

    provider_ref: str
    status: CallStatus | None
    started_at: datetime


class TwilioMessenger:
    """Twilio's Messages and Calls, for one account and one default sender. Safe to share between threads.

    `timeout` is in seconds, for each request. `base_url` points it at the sandbox.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str,
        base_url: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._from = from_number
        self._client = Client(
            account_sid,
            auth_token,
            http_client=QuietHttpClient(timeout=timeout, base_url=base_url),
            # Not empty, or the library reads TWILIO_EDGE and TWILIO_REGION from the user's environment.
            environment={"KINLINE": "1"},
        )

    def send_text(
        self, *, to: str, body: str, message_id: str, status_callback_url: str, from_: str | None = None
    ) -> Sent:
        """Twilio has taken the text; delivery is told to `status_callback_url`, which holds `message_id`.

        Raises:
            Unavailable: not taken; safe to send again, not before `retry_after_seconds`.
            Rejected: not taken and never will be; `code` is Twilio's (21610: they said STOP).
            OutcomeUnknown: perhaps taken; wait for the callback or ask `find_text`.
        """
        _require_id(message_id, status_callback_url)
        message = _write(
            lambda: self._client.messages.create(
                to=to, from_=from_ or self._from, body=body, status_callback=status_callback_url
            )
        )
        state = message_state(str(message.status)) or MessageState.ACCEPTED
        return Sent(str(message.sid), _number(message.num_segments), state)

    def start_call(
        self,
        *,
        to: str,
        call_id: str,
        twiml_url: str,
        status_callback_url: str,
        machine_detection: bool = True,
    ) -> Placed:
        """Twilio has taken the call and will ask `twiml_url` what to say. Raises as `send_text`."""
        _require_id(call_id, status_callback_url)
        call = _write(
            lambda: self._client.calls.create(
                to=to,
                from_=self._from,
                url=twiml_url,
                status_callback=status_callback_url,
                status_callback_event=_CALL_EVENTS,
                machine_detection="Enable" if machine_detection else values.unset,
            )
        )
        return Placed(str(call.sid))

    def find_text(
        self, *, to: str, sent_after: datetime, sent_before: datetime, body: str, from_: str | None = None
    ) -> list[FoundText]:
        """Our texts to this number with this body in this window (aware, both ends in), oldest first.

        Twilio filters by its To, From and day; the window and the body are compared here. Its list lags:
        an empty answer within a minute or two of the send proves nothing.

        Raises:
            Unavailable: it could not be asked; try again.
            Rejected: Twilio refuses to tell; a person must look.
        """
        wanted = _comparable(body)
        earliest, latest = _days(sent_after, sent_before)
        rows = _read(
            lambda: self._client.messages.list(
                to=to,
                from_=from_ or self._from,
                date_sent_after=earliest,
                date_sent_before=latest,
                page_size=100,
            )
        )
        found = [
            FoundText(str(row.sid), message_state(str(row.status)), at)
            for row in rows
            if (at := row.date_sent or row.date_created) is not None
            and str(row.direction).startswith("outbound")
            and _within(at, sent_after, sent_before)
            and _comparable(row.body or "") == wanted
        ]
        return sorted(found, key=lambda text: text.sent_at)

    def find_call(self, *, to: str, started_after: datetime, started_before: datetime) -> list[FoundCall]:
        """Our calls to this number in this window, oldest first. Raises and lags as `find_text`."""
        earliest, latest = _days(started_after, started_before)
        rows = _read(
            lambda: self._client.calls.list(
                to=to,
                from_=self._from,
                start_time_after=earliest,
                start_time_before=latest,
                page_size=100,
            )
        )
        words = {status.value for status in CallStatus}
        found = [
            FoundCall(str(row.sid), CallStatus(row.status) if row.status in words else None, at)
            for row in rows
            if (at := row.start_time or row.date_created) is not None
            and str(row.direction).startswith("outbound")
            and _within(at, started_after, started_before)
        ]
        return sorted(found, key=lambda call: call.started_at)


def _write(ask: Callable[[], Any]) -> Any:
    """Twilio's record of what was just made; OutcomeUnknown when its answer can't be read."""
    made = None
    try:
        made = ask()
    except _UNREADABLE:
        made = None
    if made is None or not made.sid:
        raise OutcomeUnknown(SERVICE, "unreadable answer") from None
    return made


def _read(ask: Callable[[], Iterable[T]]) -> list[T]:
    rows: list[T] | None = None
    try:
        rows = list(ask())
    except _UNREADABLE:
        rows = None
    if rows is None:
        raise Unavailable(SERVICE, "unreadable answer") from None
    return rows


def _require_id(our_id: str, callback_url: str) -> None:
    """A callback that does not carry our id could never prove a lost send (design rule 4)."""
    if not our_id or our_id not in callback_url:
        raise ValueError("the status callback URL does not carry our id")


def _days(after: datetime, before: datetime) -> tuple[datetime, datetime]:
    """Whole days around the window. Older versions of the list look at the day alone."""
    first = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = before.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return first, last


def _within(at: datetime, after: datetime, before: datetime) -> bool:
    """Twilio's times are whole seconds: the start of the window is rounded down to meet them."""
    return after.replace(microsecond=0) <= at <= before


def _comparable(body: str) -> str:
    return unicodedata.normalize("NFC", body).strip()


def _number(text: object) -> int:
    return int(str(text)) if str(text).isdigit() else 0
