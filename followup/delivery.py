"""The last look at a text before it goes out, and what a failed one says about its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from followup.calendar import quiet_ends
from models.contacts import TryEnd
from models.followup_policy import QuietRule

# The one text that may follow a STOP: it says that no more will come (FCC: within 5 minutes, once).
STOP_CONFIRMATION = "stop_confirm"


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A text in the outbox. `answer`: it answers their own message, so it may go at any hour.

    It is of no use from `not_after` on.
    """

    id: UUID
    purpose: str
    send_after: datetime
    not_after: datetime
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """It may be looked at again at this instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """It must not go, now or later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Its time is over; the next step takes another channel."""

    reason: str


Verdict = Send | WaitUntil | Cancel | Expire


def judge(
    message: MessageFacts,
    *,
    consent: bool,
    number_usable: bool,
    shared: bool,
    paused: bool,
    obligation_open: bool,
    zones: Sequence[str],
    quiet: QuietRule,
    now: datetime,
) -> Verdict:
    """What becomes of this text at `now`. Without zones the whole country must be awake.

    An answer goes at any hour, to a shared phone too, and while a person has the conversation: everybody
    gets the same thanks, so its absence would tell. Without consent only the confirmation of a STOP goes.
    """
    if reason := _forbidden(
        message, consent, number_usable, shared=shared, paused=paused, wanted=obligation_open
    ):
        return Cancel(reason)
    if now >= message.not_after:
        return Expire("too_late")
    earliest = max(now, message.send_after)
    if not message.answer:
        earliest = quiet_ends(earliest, zones, quiet)
    if earliest >= message.not_after:
        return Expire("quiet_hours_outlast_it")
    return Send() if earliest <= now else WaitUntil(earliest)


def _forbidden(
    message: MessageFacts, consent: bool, number_usable: bool, *, shared: bool, paused: bool, wanted: bool
) -> str | None:
    """Why it must never go; None when nothing forbids it."""
    if message.answer and message.purpose.startswith(STOP_CONFIRMATION):
        return None
    reasons = (
        (not consent, "no_consent"),
        (not number_usable, "number_unusable"),
        (shared and not message.answer, "shared_number"),
        (paused and not message.answer, "person_took_over"),
        (not wanted and not message.answer, "no_longer_wanted"),
    )
    return next((reason for holds, reason in reasons if holds), None)


# Twilio's error codes. 21614 says "not a mobile number" of a number that was never able to take texts.
_MEANINGS: Mapping[str, TryEnd] = {
    "30006": TryEnd.LANDLINE,
    "30005": TryEnd.OUT_OF_SERVICE,
    "30003": TryEnd.UNREACHABLE,
    "21610": TryEnd.STOPPED,
    "21211": TryEnd.INVALID,
    "21614": TryEnd.INVALID,
}


def after_failure(error_code: str) -> TryEnd:
    """What this error code says. A code that we do not know says nothing about the number: `provider_error`."""
    return _MEANINGS.get(str(error_code).strip(), TryEnd.PROVIDER_ERROR)
