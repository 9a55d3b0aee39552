"""The words for how a family is reached: channels, how a try or a call ended, and what becomes of a text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Channel(StrEnum):
    TEXT = "text"
    AUTOMATED_CALL = "automated_call"
    HUMAN_CALL = "human_call"
    VISIT = "visit"


class CallOutcome(StrEnum):
    REACHED_ALONE = "reached_alone"
    REACHED_NOT_ALONE = "reached_not_alone"
    SPONSOR_ONLY = "sponsor_only"
    NOT_LIVING_THERE = "not_living_there"
    MISSING = "missing"
    MOVED = "moved"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    LANGUAGE_BARRIER = "language_barrier"


class TryEnd(StrEnum):
    """How a try ended that reached nobody, whoever made it: a person, a machine's call, a text."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    OUT_OF_SERVICE = "out_of_service"
    UNREACHABLE = "unreachable"  # for now
    WRONG_NUMBER = "wrong_number"
    LANDLINE = "landline"
    INVALID = "invalid"
    STOPPED = "stopped"
    PROVIDER_ERROR = "provider_error"  # says nothing about the number
    CALL_FAILED = "call_failed"
    REFUSED = "refused"
    LANGUAGE_BARRIER = "language_barrier"


# Somebody of the family spoke. Which duty that settles is decided in followup.questionnaire.
SPOKEN = frozenset(
    {
        CallOutcome.REACHED_ALONE,
        CallOutcome.REACHED_NOT_ALONE,
        CallOutcome.SPONSOR_ONLY,
        CallOutcome.NOT_LIVING_THERE,
        CallOutcome.MISSING,
        CallOutcome.MOVED,
    }
)


class MessageState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


_M = MessageState
# Late and duplicate receipts are normal: a final state ignores them. `unknown` may still be proven.
MESSAGE_MOVES: Mapping[MessageState, frozenset[MessageState]] = {
    _M.QUEUED: frozenset({_M.CLAIMED, _M.EXPIRED, _M.CANCELLED}),
    _M.CLAIMED: frozenset(
        {
            _M.ACCEPTED,
            _M.DELIVERED,
            _M.UNDELIVERED,
            _M.FAILED,
            _M.QUEUED,
            _M.UNKNOWN,
            _M.EXPIRED,
            _M.CANCELLED,
        }
    ),
    _M.ACCEPTED: frozenset({_M.DELIVERED, _M.UNDELIVERED, _M.FAILED, _M.UNKNOWN}),
    _M.UNKNOWN: frozenset({_M.ACCEPTED, _M.DELIVERED, _M.UNDELIVERED, _M.FAILED}),
    _M.DELIVERED: frozenset(),
    _M.UNDELIVERED: frozenset(),
    _M.FAILED: frozenset(),
    _M.EXPIRED: frozenset(),
    _M.CANCELLED: frozenset(),
}
LIVE_MESSAGES = frozenset({_M.QUEUED, _M.CLAIMED, _M.ACCEPTED, _M.DELIVERED, _M.UNKNOWN})
