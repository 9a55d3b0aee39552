"""How each was last reached, and what is due: the lines of a child's page that a caller reads first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from console.pages.wording import lower, span, time_left, words
from console.speech import gettext

# This far ahead, a duty is worth a line at the top; the rest stands under what is to come.
_AHEAD = timedelta(days=7)
_SPOKE = {"human": "by telephone", "visit": "on a visit"}


@dataclass(frozen=True, slots=True)
class Reached:
    """One of the two. `spoke`: the last time a person spoke with them; `signs`: less than that."""

    who: str
    spoke: str
    spoke_at: str | None
    signs: tuple[tuple[str, str], ...]  # what, and the ISO moment


def reached_words(reached: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Reached]:
    return [
        Reached(words(party).capitalize(), *_spoke(ways["spoke"], now), signs=tuple(_signs(ways)))
        for party, ways in reached.items()
    ]


def _spoke(last: Mapping[str, Any] | None, now: datetime) -> tuple[str, str | None]:
    if last is None:
        return gettext("No person has spoken with them yet"), None
    how = gettext(_SPOKE[last["how"]]) if last["how"] in _SPOKE else lower(words(last["how"]))
    ago = span(now - last["at"])
    told = (
        gettext("Spoken with %(how)s, by %(who)s, %(time)s ago", how=how, who=last["by"], time=ago)
        if last["by"]
        else gettext("Spoken with %(how)s, %(time)s ago", how=how, time=ago)
    )
    return told, last["at"].isoformat()


def _signs(ways: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for way, told in (("wrote", "Wrote a text"), ("text_arrived", "A text arrived")):
        if ways[way] is not None:
            yield gettext(told), ways[way]["at"].isoformat()


@dataclass(frozen=True, slots=True)
class Due:
    """An open duty. `path`: where what it asks for is done, when that is a page of its own."""

    what: str
    left: str
    due_at: str
    queue: str
    overdue: bool
    in_sight: bool
    path: str = ""


def due_words(
    obligations: Sequence[Mapping[str, Any]], now: datetime, paths: Mapping[str, str] = MappingProxyType({})
) -> list[Due]:
    """Late ones first, then by when they are due; where nothing is due within a week, the next one.

    `paths`: by the id of a duty, where what it asks for is done.
    """
    standing = _standing(obligations)
    soon = [one for one in standing if datetime.fromisoformat(one["due_at"]) <= now + _AHEAD]
    return [_due(one, now, paths.get(one["id"], "")) for one in soon or standing[:1]]


def open_words(obligations: Sequence[Mapping[str, Any]], now: datetime) -> list[Due]:
    """Every one that stands open, in the same order."""
    return [_due(one, now) for one in _standing(obligations)]


def _standing(obligations: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(
        (one for one in obligations if one["state"] == "open"),
        key=lambda one: datetime.fromisoformat(one["due_at"]),
    )


def _due(duty: Mapping[str, Any], now: datetime, path: str = "") -> Due:
    return Due(
        what=words(duty["kind"]) + ("" if duty["party"] == "case" else f", {words(duty['party'])}"),
        left=time_left(duty["due_at"], now),
        due_at=duty["due_at"],
        queue=lower(words(duty["queue"])),
        overdue=duty["overdue"],
        in_sight=duty["in_sight"],
        path=path,
    )
