"""The gate's list of what is missing, as people read it: one heading for each kind of thing.

Each line of the gate begins with a stable code (`vetting.gate`), then names the thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.pages.wording import lower, subject, words
from console.speech import gettext, translated

_HEADINGS: Mapping[str, str] = {
    "requirements": "Vetting has not run yet",
    "vetting": "Vetting has not run again yet",
    "document": "Papers that are missing",
    "home_study": "The home study",
    "confirm": "Papers that a person must read and confirm",
    "address": "The address",
    "check": "Checks that are not clear yet",
    "finding": "Open findings",
    "recommendation": "Recommendations to approve",
    "decision": "The decision",
    "state": "The application itself",
    "other": "Also",
}
_PLACES = {"confirm": "#papers-in", "finding": "#findings", "check": "#checks", "document": "#required"}
_ADDRESS = {"postal_service": "the postal service has not been asked", "reading": "the proof is not read yet"}
_PLACE = re.compile(r"(?P<who>.+?)[:@](?P<place>[A-Z]{2})")


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind that the gate waits for. `at`: where on the application's page they stand, if they do."""

    heading: str
    lines: tuple[str, ...]
    at: str = ""


def gate_groups(missing: Iterable[str], findings: Iterable[Mapping[str, Any]] = ()) -> list[Group]:
    """Papers first, people last. A pending check stands once, though it is a finding as well.

    `findings`: those of the application, so that each is told in its own words and not by its code.
    """
    messages: dict[str, list[str]] = {}
    for finding in findings:
        if finding["state"] == "open":
            key = f"{finding['code']} {finding['subject']}"
            messages.setdefault(key, []).append(translated(finding["message"]))
    found: dict[str, list[str]] = {kind: [] for kind in _HEADINGS}
    lines = list(missing)
    checks_are_told = any(line.startswith("check ") for line in lines)
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "finding" and rest.startswith("CHECK_PENDING ") and checks_are_told:
            continue
        if kind == "finding" and rest in messages:
            found[kind].extend(messages[rest])
        elif kind in found:
            found[kind].append(_line(kind, rest))
        else:
            found["other"].append(words(line))
    return [
        Group(gettext(_HEADINGS[kind]), tuple(dict.fromkeys(told)), _PLACES.get(kind, ""))
        for kind, told in found.items()
        if told
    ]


def missing_words(line: str) -> str:
    """A line of what a refusal misses: one of the gate's by its heading, any other as it was said."""
    kind, _, rest = line.partition(" ")
    is_code = (
        "@" in rest
        or (kind in ("address", "recommendation", "requirements", "vetting") and " " not in rest)
        or (kind == "finding" and rest[:2].isupper())
        or line == "decision"
    )
    if kind in _HEADINGS and is_code:
        return f"{gettext(_HEADINGS[kind])}: {_line(kind, rest)}"
    return translated(line)


def _line(kind: str, rest: str) -> str:
    if kind == "finding":
        return _finding(rest)
    if kind == "address":
        return gettext(_ADDRESS[rest]) if rest in _ADDRESS else lower(words(rest))
    if kind == "decision":
        return gettext("nobody has decided to approve")
    if kind == "state":
        return gettext("it is %(state)s", state=lower(words(rest)))
    if kind == "requirements":
        return gettext("what policy asks for is not worked out")
    if kind == "vetting":
        return gettext("the packet was amended")
    item, _, about = rest.partition("@")
    return f"{lower(words(item))}{f', {_about(about)}' if about else ''}"


def _finding(rest: str) -> str:
    code, _, about = rest.partition(" ")
    who, _, tail = about.partition(" ")
    told = f" ({', '.join(lower(words(word)) for word in tail.split())})" if tail else ""
    return f"{code}, {subject(who)}{told}"


def _about(about: str) -> str:
    """`household:1:TX`: whom, and in which state."""
    placed = _PLACE.fullmatch(about)
    return f"{subject(placed['who'])}, {placed['place']}" if placed else subject(about)
