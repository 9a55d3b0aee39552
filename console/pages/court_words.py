"""Where a child's case stands in court, in words; and the clocks after a miss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.pages.moments import day
from console.pages.wording import count, lower, moment, words


def court_words(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The section of the case's page; None for a child in care."""
    if told is None:
        return None
    return {
        "status": words(f"court_{told['status']}"),
        "since": f"since {moment(told['since'])}, {count(told['days'], 'day')}" if told["since"] else "",
        "next": _next(told["next_hearing_at"]),
        "is_known": told["next_hearing_at"] is not None,
        "last_look": _last_look(told["last_look"]),
        "next_look": _next_look(told["next_look"]),
        "is_late": bool(told["next_look"] and told["next_look"]["overdue"]),
        "help": _help(told["help"]),
    }


def _next(at: str | None) -> str:
    return (
        f"The next hearing is on {moment(at)}."
        if at
        else "No hearing is known. That is no proof that all is well."
    )


def _last_look(look: Mapping[str, Any] | None) -> str:
    if look is None:
        return "Nobody has looked yet."
    by = look["by"] or "the court's list"
    said = f" It said: {look['said'].rstrip('.')}." if look["said"] else ""
    status = lower(words(f"court_{look['status']}"))
    return f"Last look on {moment(look['at'])} by {by} ({lower(words(look['source']))}): {status}.{said}"


def _next_look(look: Mapping[str, Any] | None) -> str:
    if look is None:
        return "No look is planned."
    return (
        f"The next look was due by {moment(look['due_at'])}."
        if look["overdue"]
        else (f"The next look: from {moment(look['opens_at'])}, by {moment(look['due_at'])}.")
    )


def _help(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if told is None:
        return None
    counted = day(told["counted_from"])
    basis = {
        "order": f"Counted from the order on {counted}.",
        "missed_hearing": f"Counted from the hearing on {counted}, if the order was made then. Find out.",
        "unknown": "The day of the order is not known. Find it out.",
    }
    return {
        "title": words(told["because"]),
        "basis": basis[told["basis"]],
        "clocks": [_line(c) + (f" Until {day(c['until'])}." if c["until"] else "") for c in told["clocks"]],
        "pointers": [_line(p) for p in told["pointers"]],
        "version": told["version"],
    }


def _line(line: Mapping[str, Any]) -> str:
    return f"{line['text']} (Unverified.)" if line["unverified"] else str(line["text"])
