"""What Twilio posts to us, read into our own words. Pure: no network, no clock, no store.

Every function takes the decoded form of one request. Verify the signature first: until then the
form is a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from twilio.request_validator import RequestValidator

from models.contacts import MessageState
from models.errors import BadInput, Problem

Form = Mapping[str, str]

# Source: Twilio's published OpenAPI document (twilio/twilio-oai, d50069b4), enum message status.
# `receiving` and `received` belong to inbound texts, so they say nothing about one of ours.
# `partially_delivered` is read as not delivered: half a reminder is not a reminder.
_MESSAGE_STATES: Mapping[str, MessageState] = {
    "queued": MessageState.ACCEPTED,
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.ACCEPTED,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "partially_delivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.CANCELLED,
}
_PLAIN_WORD = re.compile(r"[a-z_-]{1,30}")
_ERROR_CODE = re.compile(r"\d{4,6}")


# The words that Twilio itself answers on a long code, when they are the whole text (measured/engine.md section 7).
_TWILIO_ANSWERS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL", "START", "UNSTOP"}
)


class CallStatus(StrEnum):
    """Twilio's words for a call, as they are."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        """Nothing more will be heard of this call."""
        return self in _FINAL_CALLS


_FINAL_CALLS = frozenset(
    {CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.FAILED, CallStatus.NO_ANSWER, CallStatus.CANCELED}
)


class AnsweredBy(StrEnum):
    """Who picked up, in Twilio's words. Anything but `HUMAN` may not be taken for a person."""

    HUMAN = "human"
    MACHINE_START = "machine_start"
    MACHINE_END_BEEP = "machine_end_beep"
    MACHINE_END_SILENCE = "machine_end_silence"
    MACHINE_END_OTHER = "machine_end_other"
    FAX = "fax"
    UNKNOWN = "unknown"

    @property
    def is_machine(self) -> bool:
        """An answering machine or a fax."""
        return self is AnsweredBy.FAX or self.value.startswith("machine")


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A delivery receipt. `state` is None when the word is not known; `reason` then says so."""

    provider_ref: str
    state: MessageState | None
    error_code: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text that somebody sent us. `opt_out_type` is STOP, START or HELP when Twilio says so."""

    provider_ref: str
    from_: str
    to: str
    body: str
    opt_out_type: str | None

    def __repr__(self) -> str:
        """The reference alone: numbers and words stay out of logs."""
        return f"InboundText({self.provider_ref})"


@dataclass(frozen=True, slots=True)
class CallReport:
    """How a call stands. `status` is None when the word is not known; `duration` is in seconds."""

    provider_ref: str
    status: CallStatus | None
    answered_by: AnsweredBy | None
    duration: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was pressed during a call; None when nothing was."""

    provider_ref: str
    digits: str | None


def verify_signature(
    auth_token: str,
    public_url: str,
    path_and_query: str,
    form_items: Iterable[tuple[str, str]],
    signature: str,
) -> bool:
    """True when Twilio (or someone with our token) signed exactly this request.

    `public_url` is the address that Twilio was given (KINLINE_PUBLIC_URL), not the one that the
    request arrived at behind a proxy. `path_and_query` begins with "/". `form_items` keeps repeated keys.
    """
    if not auth_token or not signature:
        return False
    url = public_url.rstrip("/") + path_and_query
    return bool(RequestValidator(auth_token).validate(url, _FormItems(form_items), signature))


def message_state(word: str) -> MessageState | None:
    """Our state for Twilio's word; None for a word that we do not know."""
    return _MESSAGE_STATES.get(word.strip().lower())


def parse_status(form: Form) -> StatusReport:
    """The delivery receipt in `form`. A word we do not know is never taken for delivered.

    Raises:
        BadInput: no MessageSid; answer 400, nothing can be done with it.
    """
    word = _first(form, "MessageStatus", "SmsStatus")
    state = message_state(word)
    reason = "" if state is not None else _unknown("message status", word)
    return StatusReport(_reference(form, "MessageSid", "SmsSid"), state, _error_code(form), reason)


def parse_inbound(form: Form) -> InboundText:
    """The text that somebody sent us.

    Raises:
        BadInput: no MessageSid or no sender.
    """
    opt_out = _first(form, "OptOutType").upper()
    return InboundText(
        provider_ref=_reference(form, "MessageSid", "SmsSid"),
        from_=_reference(form, "From"),
        to=_first(form, "To"),
        body=form.get("Body", ""),
        opt_out_type=opt_out if opt_out in {"STOP", "START", "HELP"} else None,
    )


def twilio_confirms(text: InboundText, *, handles_stop: bool) -> bool:
    """True when Twilio has answered this STOP or START: we record it and say nothing more.

    It says so itself with advanced opt-out; without, it answers its own words and does not tell us.
    """
    told = text.opt_out_type in ("STOP", "START")
    return handles_stop and (told or text.body.strip().upper() in _TWILIO_ANSWERS)


def parse_call_status(form: Form) -> CallReport:
    """How the call in `form` stands.

    Raises:
        BadInput: no CallSid.
    """
    word = _first(form, "CallStatus").lower()
    known = word in {status.value for status in CallStatus}
    seconds = _first(form, "CallDuration")
    return CallReport(
        provider_ref=_reference(form, "CallSid"),
        status=CallStatus(word) if known else None,
        answered_by=_answered_by(form),
        duration=int(seconds) if seconds.isascii() and seconds.isdigit() else None,
        reason="" if known else _unknown("call status", word),
    )


def parse_gather(form: Form) -> Gathered:
    """What was pressed.

    Raises:
        BadInput: no CallSid.
    """
    return Gathered(_reference(form, "CallSid"), _first(form, "Digits") or None)


class _FormItems(dict[str, str]):
    """A form with repeated keys, in the shape that Twilio's validator asks for."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in items:
            self._values.setdefault(name, []).append(value)
        super().__init__({name: values[-1] for name, values in self._values.items()})

    def getlist(self, name: str) -> list[str]:
        return self._values[name]


def _first(form: Form, *names: str) -> str:
    return next((form[name].strip() for name in names if form.get(name, "").strip()), "")


def _reference(form: Form, *names: str) -> str:
    value = _first(form, *names)
    if not value:
        raise BadInput(Problem(names[0], "missing", f"The request has no {names[0]}.", "Check the sender."))
    return value


def _error_code(form: Form) -> str | None:
    code = _first(form, "ErrorCode")
    return code if _ERROR_CODE.fullmatch(code) else None


def _answered_by(form: Form) -> AnsweredBy | None:
    word = _first(form, "AnsweredBy").lower()
    if not word:
        return None
    return AnsweredBy(word) if word in {who.value for who in AnsweredBy} else AnsweredBy.UNKNOWN


def _unknown(what: str, word: str) -> str:
    """Why nothing was concluded. An odd word is not repeated: it may hold anything."""
    if not word:
        return f"no {what}"
    return f"unknown {what}: {word}" if _PLAIN_WORD.fullmatch(word.lower()) else f"unreadable {what}"
