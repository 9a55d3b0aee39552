"""Clearline's result webhook: is it theirs, and what does it say?

    POST callback_url
    Clearline-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body" under the webhook secret>
    {"id", "type": "order.updated", "created_at", "order": {...}}      an order as in `clearline`

Each delivery of one event is signed anew, so a slow retry is not a replay. Events arrive late, twice and
out of order; what to make of that is the caller's, by `event_id` and the report's `as_of`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from integrations.background.clearline import report_of
from models.errors import BadInput, Problem
from vetting.ports import CheckReport

HEADER = "Clearline-Signature"


@dataclass(frozen=True, slots=True)
class ResultNotice:
    """What one webhook says: which of our checks, and the report on it. One event keeps its `event_id`."""

    check_id: UUID
    report: CheckReport
    event_id: str


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The header that Clearline sends with this body at this time."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_digest(secret, stamp, body)}"


def verify(
    secret: str, body: bytes, header: str, now: datetime, tolerance: timedelta = timedelta(minutes=5)
) -> bool:
    """Whether Clearline signed this body, at most `tolerance` away from `now`.

    Several ``v1`` may stand in one header while a secret is being changed; one that fits is enough.
    An empty secret verifies nothing.
    """
    stamps: list[str] = []
    digests: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        {"t": stamps, "v1": digests}.get(name, []).append(value)
    if not secret or len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,11}", stamps[0]):
        return False
    expected = _digest(secret, stamps[0], body).encode()
    # No early end: how long this takes must not say how much of a guess was right.
    fits = [hmac.compare_digest(expected, given.encode("utf-8", "replace")) for given in digests]
    return any(fits) and abs(now.timestamp() - int(stamps[0])) <= tolerance.total_seconds()


def parse_result(body: bytes) -> ResultNotice:
    """What this webhook says. Verify it first. A status that we do not know makes the report an `error`.

    Raises:
        BadInput: it is not a Clearline event; no message repeats any of it.
    """
    try:
        event = json.loads(body)
        order = event["order"]
        event_id = event["id"]
        if not isinstance(event_id, str) or not isinstance(order, dict):
            raise TypeError
        check_id = UUID(order["reference"])
        report = report_of(order)
        if report.as_of is None:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        notice = None
    else:
        notice = ResultNotice(check_id, report, event_id)
    if notice is None:
        raise BadInput(
            Problem(
                "body",
                "not_a_clearline_event",
                "The body is not a Clearline order event with id, order.reference and order.as_of.",
                "Compare it with the format in integrations/background/webhook.py.",
            )
        )
    return notice


def _digest(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
