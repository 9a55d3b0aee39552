"""The last contact and what each closing would need, in words. What is asked for was decided in `followup`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.pages.wording import count, lower, moment, words


def closing_words(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The section of the case's page; None for a closed case."""
    if told is None:
        return None
    return {
        "last_contact": _last_contact(told["last_contact"]),
        "limit": _limit(told),
        "proposed": _proposed(told["proposed"]),
        "reasons": [_reason(reason) for reason in told["reasons"]],
    }


def _last_contact(last: Mapping[str, Any] | None) -> str:
    if last is None:
        return "This child has not been released yet."
    by = f" by {last['by']}" if last["by"] else ""
    at = moment(last["at"])
    if last["how"] == "release":
        return f"Nobody has spoken with the child since the release on {at}{by}."
    how = "a call" if last["how"] == "call" else lower(words(f"lost_{last['how']}"))
    return f"A person last spoke with the child on {at}{by} ({how}; {lower(words(last['outcome']))})."


def _limit(told: Mapping[str, Any]) -> str:
    """How long the policy lets a child go unheard, and until when that is."""
    if told["heard_until"] is None or told["max_silence_days"] is None:
        return ""
    longest = count(told["max_silence_days"], "day")
    return (
        f"The policy lets {longest} pass at most: the next look must be due by {moment(told['heard_until'])}."
    )


def _proposed(proposal: Mapping[str, Any] | None) -> str:
    if proposal is None:
        return ""
    reason = lower(words(proposal["reason"]))
    return f"Closing is proposed ({reason}) by {proposal['by']}. A second person must confirm it."


def _reason(reason: Mapping[str, Any]) -> dict[str, Any]:
    who = " or ".join(f"a {role.replace('_', ' ')}" for role in reason["roles"])
    if reason["confirmed_by"]:
        second = " or ".join(f"a {role.replace('_', ' ')}" for role in reason["confirmed_by"])
        who = f"{who}, then another person: {second}"
    return {
        "name": words(reason["reason"]),
        "who": who[:1].upper() + who[1:],
        "needs": "; ".join(reason["needs"]) or "nothing but the person",
        "lacking": [one["message"] for one in reason["lacking"]],
    }
