"""Sentences that other rooms finish in English, with values in them, and how a page tells them in another language.

The desk says why a thing can't be done, and whoever uses a command reads the same words. What it says without values is
found in the catalog as it stands. What has values in it fits one of these patterns; its values are looked up, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

PATTERNS = (
    "“%(label)s” is missing.",
    "“%(label)s” is not answered yet.",
    "“%(label)s” is missing. Fill it in, or empty the fields that go with it.",
    "Say whether this is everything: %(section)s.",
    "household member %(number)s",
    "Leave all four empty if there is none.",
    "A password has %(least)s to %(most)s characters.",
    "%(number)s were chosen.",
    "Choose 1 to %(most)s at a time.",
    "Type up to %(most)s characters.",
    "This case is %(state)s",
    "This case is %(state)s, not in follow-up.",
    "This case is %(state)s; amend its packet instead.",
    "This case is %(state)s: no machine speaks to the family.",
    "The machines are silent already: %(why)s.",
    "This call is %(state)s: nobody has to make it any more.",
    "This duty is %(state)s already.",
    "A packet holds %(most)s files at most.",
    "These are more than %(most)s files.",
    "Together these are over %(megabytes)s MB. Send fewer at once.",
    "a person has spoken with the child, %(days)s days ago at most",
    "this reason needs its evidence: %(evidence)s",
    "a person last spoke with this child more than %(days)s days ago",
    "people have asked for the child on %(days)s days of %(wanted)s",
    "people have asked for the child on %(days)s different days since then",
)
_VALUE = re.compile(r"%\\\((\w+)\\\)s")


def retold(text: str, gettext: Callable[..., str]) -> str:
    """The text in the reader's language: as it stands, by a pattern, or sentence by sentence; else as it was."""
    told = gettext(text)
    if told != text:
        return told
    for pattern, known in _compiled():
        if found := known.fullmatch(text):
            return gettext(
                pattern, **{name: _value(value, gettext) for name, value in found.groupdict().items()}
            )
    return " ".join(gettext(sentence) for sentence in _sentences(text))


def _value(value: str, gettext: Callable[..., str]) -> str:
    """A value in the reader's language; one that was made small for the middle of a sentence, too."""
    told = gettext(value)
    if told != value:
        return told
    large = value[:1].upper() + value[1:]
    told = gettext(large)
    return value if told == large else told[:1].lower() + told[1:]


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((pattern, _as_regex(pattern)) for pattern in PATTERNS)


def _as_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(_VALUE.sub(r"(?P<\1>.+?)", re.escape(pattern)))


def _sentences(text: str) -> Iterator[str]:
    yield from re.split(r"(?<=[.?!]) (?=[A-Z])", text)
