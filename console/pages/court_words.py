"""Where a child's case stands in court, in words; and the clocks after a miss."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console.pages.court_acts import act_on
from console.pages.moments import day
from console.pages.wording import count, lower, moment, words
from console.speech import gettext


def court_words(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The section of the case's page; None for a child in care."""
    if told is None:
        return None
    return {
        "status": words(f"court_{told['status']}"),
        "since": _since(told) if told["since"] else "",
        "next": _next(told["next_hearing_at"]),
        "is_known": told["next_hearing_at"] is not None,
        "last_look": _last_look(told["last_look"]),
        "next_look": _next_look(told["next_look"]),
        "is_late": bool(told["next_look"] and told["next_look"]["overdue"]),
        "help": _help(told["help"]),
    }


def hearing_words(case: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The hearings of the section, but for those that were cancelled; each with the act that makes sense on it now."""
    return [
        {
            "id": one["id"],
            "at": one["starts_at"],
            "court": one["court"],
            "state": words(one["outcome"] or one["state"]),
            "act": act_on(one, case["state"], now),
        }
        for one in case["hearings"]
        if one["state"] != "cancelled"
    ]


def _since(told: Mapping[str, Any]) -> str:
    days = count(told["days"], "day", "days")
    return gettext("since %(at)s, %(days)s", at=moment(told["since"]), days=days)


def _next(at: str | None) -> str:
    return (
        gettext("The next hearing is on %(at)s.", at=moment(at))
        if at
        else gettext("No hearing is known. That is no proof that all is well.")
    )


def _last_look(look: Mapping[str, Any] | None) -> str:
    if look is None:
        return gettext("Nobody has looked yet.")
    by = look["by"] or gettext("the court's list")
    said = gettext(" It said: %(said)s.", said=look["said"].rstrip(".")) if look["said"] else ""
    status = lower(words(f"court_{look['status']}"))
    return gettext(
        "Last look on %(at)s by %(who)s (%(source)s): %(status)s.%(said)s",
        at=moment(look["at"]),
        who=by,
        source=lower(words(look["source"])),
        status=status,
        said=said,
    )


def _next_look(look: Mapping[str, Any] | None) -> str:
    if look is None:
        return gettext("No look is planned.")
    due = moment(look["due_at"])
    if look["overdue"]:
        return gettext("The next look was due by %(due)s.", due=due)
    opens = moment(look["opens_at"])
    return gettext("The next look: from %(opens)s, by %(due)s.", opens=opens, due=due)


def _help(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if told is None:
        return None
    counted = day(told["counted_from"])
    basis = {
        "order": gettext("Counted from the order on %(day)s.", day=counted),
        "missed_hearing": gettext(
            "Counted from the hearing on %(day)s, if the order was made then. Find out.", day=counted
        ),
        "unknown": gettext("The day of the order is not known. Find it out."),
    }
    return {
        "title": words(told["because"]),
        "basis": basis[told["basis"]],
        "clocks": [
            _line(c) + (gettext(" Until %(day)s.", day=day(c["until"])) if c["until"] else "")
            for c in told["clocks"]
        ],
        "pointers": [_line(p) for p in told["pointers"]],
        "version": told["version"],
    }


def _line(line: Mapping[str, Any]) -> str:
    text = gettext(line["text"])
    return f"{text} {gettext('(Unverified.)')}" if line["unverified"] else text
