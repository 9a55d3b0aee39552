"""The last contact and what each closing would need, in words. What is asked for was decided in `followup`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.pages.wording import count, lower, moment, words
from console.speech import gettext, translated


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
        return gettext("This child has not been released yet.")
    by = gettext(" by %(who)s", who=last["by"]) if last["by"] else ""
    at = moment(last["at"])
    if last["how"] == "release":
        return gettext("Nobody has spoken with the child since the release on %(at)s%(by)s.", at=at, by=by)
    how = gettext("a call") if last["how"] == "call" else lower(words(f"lost_{last['how']}"))
    return gettext(
        "A person last spoke with the child on %(at)s%(by)s (%(how)s; %(outcome)s).",
        at=at,
        by=by,
        how=how,
        outcome=lower(words(last["outcome"])),
    )


def _limit(told: Mapping[str, Any]) -> str:
    """How long the policy lets a child go unheard, and until when that is."""
    if told["heard_until"] is None or told["max_silence_days"] is None:
        return ""
    longest = count(told["max_silence_days"], "day", "days")
    return gettext(
        "The policy lets %(longest)s pass at most: the next look must be due by %(until)s.",
        longest=longest,
        until=moment(told["heard_until"]),
    )


def _proposed(proposal: Mapping[str, Any] | None) -> str:
    if proposal is None:
        return ""
    reason = lower(words(proposal["reason"]))
    return gettext(
        "Closing is proposed (%(reason)s) by %(who)s. A second person must confirm it.",
        reason=reason,
        who=proposal["by"],
    )


def _reason(reason: Mapping[str, Any]) -> dict[str, Any]:
    who = _any_of(reason["roles"])
    if reason["confirmed_by"]:
        second = _any_of(reason["confirmed_by"])
        who = gettext("%(first)s, then another person: %(second)s", first=who, second=second)
    return {
        "name": words(reason["reason"]),
        "who": who[:1].upper() + who[1:],
        "needs": "; ".join(map(translated, reason["needs"])) or gettext("nothing but the person"),
        "lacking": [translated(one["message"]) for one in reason["lacking"]],
    }


def _any_of(roles: Sequence[str]) -> str:
    return gettext(" or ").join(gettext("a %(role)s", role=lower(words(role))) for role in roles)
