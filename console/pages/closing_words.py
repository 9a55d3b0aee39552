"""The last contact and what each closing would need, in words. What is asked for was decided in `followup`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.pages.child_words import open_words
from console.pages.wording import count, lower, moment, words
from console.permissions import ACT_ON_CASES
from console.speech import gettext, translated
from models.facts import Person


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


def may_close(told: Mapping[str, Any] | None, person: Person) -> bool:
    """Whether a reason is this person's to say, whatever it lacks today."""
    return (
        told is not None
        and ACT_ON_CASES.is_held_by(person)
        and any(_is_for(reason, told["proposed"], person) for reason in told["reasons"])
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A reason that nothing stands in the way of. `evidence`: what it needs to be named with it, if anything."""

    code: str
    name: str
    needs: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The reasons for which this person may close today, and the others, each with what is in the way."""

    open: list[Choice]
    shut: list[tuple[str, list[str]]]


def choices(told: Mapping[str, Any], person: Person) -> Choices:
    found = Choices([], [])
    for reason in told["reasons"]:
        said = _reason(reason)
        if in_the_way := _not_theirs(reason, told["proposed"], person) or said["lacking"]:
            found.shut.append((said["name"], in_the_way))
        else:
            evidence = translated(reason["evidence"] or "")
            found.open.append(Choice(reason["reason"], said["name"], said["needs"], evidence))
    return found


def _not_theirs(reason: Mapping[str, Any], proposed: Mapping[str, Any] | None, person: Person) -> list[str]:
    if not _is_for(reason, proposed, person):
        return [gettext("it is for %(who)s", who=_who(reason))]
    if proposed and proposed["reason"] == reason["reason"] and proposed["by"] == person.email:
        return [gettext("you proposed it; another person must confirm it")]
    return []


def _is_for(reason: Mapping[str, Any], proposed: Mapping[str, Any] | None, person: Person) -> bool:
    is_proposed = proposed is not None and proposed["reason"] == reason["reason"]
    roles = reason["confirmed_by"] if is_proposed else reason["roles"]
    return not person.roles.isdisjoint(roles)


def ends(case: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What stands open or planned in this case, and would end with it."""
    return {
        "due": open_words(case["obligations"], now),
        "alarms": [words(one["reason"]) for one in case["escalations"] if one["state"] != "resolved"],
        "texts": sum(one["state"] == "queued" for one in case["messages"]),
        "calls": sum(one["state"] == "due" for one in case["calls"]),
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
    who = _who(reason)
    return {
        "name": words(reason["reason"]),
        "who": who[:1].upper() + who[1:],
        "needs": "; ".join(map(translated, reason["needs"])) or gettext("nothing but the person"),
        "lacking": [_lacking(one) for one in reason["lacking"]],
    }


def _who(reason: Mapping[str, Any]) -> str:
    first = _any_of(reason["roles"])
    if not reason["confirmed_by"]:
        return first
    second = _any_of(reason["confirmed_by"])
    return gettext("%(first)s, then another person: %(second)s", first=first, second=second)


# The first word of these is what has not been done, by its code.
_UNDONE = {
    "lost_step_open": ("lost_", "%(what)s: not done yet"),
    "report_open": ("", "%(what)s: not done yet. What is known of this child must be told first"),
}


def _lacking(one: Mapping[str, Any]) -> str:
    if one["code"] not in _UNDONE:
        return translated(one["message"])
    prefix, told = _UNDONE[one["code"]]
    code = str(one["message"]).partition(" ")[0]
    return gettext(told, what=words(prefix + code.removeprefix(prefix)))


def _any_of(roles: Sequence[str]) -> str:
    return gettext(" or ").join(gettext("a %(role)s", role=lower(words(role))) for role in roles)
