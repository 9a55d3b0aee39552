"""Sentences that other rooms finish in English, with values in them, and how a page tells them in another language.

The desk says why a thing can't be done, and whoever uses a command reads the same words. What it says without values is
found in the catalog as it stands. What has values in it fits one of these patterns; its values are looked up, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from console.finding_patterns import FINDING_PATTERNS

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
    "A note is text of up to %(most)s letters.",
    "The %(party)s is not asked this.",
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
    "%(step)s has not been done",
    "%(duty)s has not been made: what is known of this child must be told first",
    "what came of %(step)s, written down",
    "the paper that ends %(duty)s",
    "Use one of: %(values)s.",
    "Use one or more of: %(values)s.",
    "Use only: %(values)s.",
    "It must be from 1 to %(most)s.",
    "This must be 1 to %(most)s characters.",
    "A reference has %(most)s characters at most.",
    "Choose a time before %(at)s UTC.",
    "This is for the %(roles)s.",
    "You have acted on this case as %(role)s; nobody holds two roles on one case.",
    "another person acts as %(role)s",
    "another person: %(values)s",
    "An application that is %(state)s takes no recommendation.",
    "A consultation comes after the recommendations; this application is %(state)s.",
    "The decision comes after the recommendations; this application is %(state)s.",
    "This application is %(state)s, not denied.",
    "This application is %(state)s; it is not pending.",
    "This application is %(state)s; its policy stays.",
    "This application is %(state)s; nothing more can be settled.",
    "This application is %(state)s; nothing more is recorded.",
    "This application is %(state)s; there is no review to waive.",
    "The %(role)s did not recommend approval.",
    "The %(role)s recommends first.",
    "The time to appeal ended on %(day)s.",
    "Only a check that is out may be left pending; this one is %(state)s.",
    "No line of %(version)s lets this check be out at a release.",
    "Only a verdict that ends counts from a day; %(verdict)s does not.",
    "A bar of %(years)s years counts from the offence.",
    "That day is more than %(years)s years ago: it no longer bars by itself.",
    "This finding is already %(state)s.",
    "This hearing was %(state)s: not to know it takes that back for nobody.",
    "This escalation is %(state)s already.",
    "This notice is %(state)s already.",
    "a supervisor's approval",
    "its submission",
    "This notice is %(state)s: it can't be %(done)s now.",
    "This notice is %(state)s: its facts stay.",
    "The services of this child are on level %(level)s already.",
    "%(version)s asks for no DNA comparison and no identity check in person here.",
    "%(version)s has been replaced.",
    "%(version)s has no unverified line in force of that name.",
    "%(version)s is in use already.",
    "%(version)s is not in use here.",
    "%(lines)s lines of %(version)s rest on a source that could not be read.",
    "Steps to find the child are open that %(version)s does not know.",
    "%(step)s does not stand open in this case.",
    "%(step)s itself",
    "%(looks)s places in 24 hours are as many as one person may look into.",
    "Nobody could be reached any more on %(rungs)s.",
    "No %(room)s policy version is in use here.",
    "Obligation %(id)s is %(state)s, not open.",
    "%(outcome)s on a call to the %(party)s was said by: %(values)s.",
    "%(outcome)s says that nobody of the family spoke.",
    "%(outcome)s and this answer say different things.",
    "The JSON breaks at %(where)s.",
    "Unpacked, this zip holds more than %(files)s files or %(megabytes)s MB.",
    *FINDING_PATTERNS,
)
_VALUE = re.compile(r"%\\\((\w+)\\\)s")
_PARTY = r"child|sponsor|parent abroad"
# What a value of this name looks like; one of another name may be anything within its sentence.
_ANYTHING = r"(?:(?![.?!] [A-Z]).)+?"
_KINDS = {
    "who": r"the sponsor|the child|the other caregiver|household member \d+",
    "place": r"[A-Z]{2}",
    "day": r"\d{4}-\d{2}-\d{2}",
    "days": r"\d+",
    "tier": r"very likely|possibly",
    "party": _PARTY,
    "version": r"[\w.-]+",
    "step": r"[a-z_]+",
    "duty": r"[a-z_]+",
    "outcome": r"[a-z_]+",
    "first_party": _PARTY,
    "second_party": _PARTY,
}
# Between values that stand in a row.
_ROW = re.compile(r"(, | or the | or )")


def retold(text: str, gettext: Callable[..., str]) -> str:
    """The text in the reader's language: as it stands, by a pattern, or sentence by sentence; else as it was."""
    return (
        _known(text, gettext)
        or _grown(text, gettext)
        or " ".join(_known(sentence, gettext) or sentence for sentence in _sentences(text))
    )


def _grown(text: str, gettext: Callable[..., str]) -> str | None:
    """A sentence that was made of a line (as `console.errors` makes one of a refusal), by that line."""
    told = _known(text[:1].lower() + text[1:].rstrip("."), gettext)
    return None if told is None else f"{told[:1].upper()}{told[1:]}."


def _known(text: str, gettext: Callable[..., str]) -> str | None:
    """The text in the reader's language as it stands or by a pattern; None where neither knows it."""
    told = gettext(text)
    if told != text:
        return told
    for pattern, known in _compiled():
        if found := known.fullmatch(text):
            return gettext(
                pattern, **{name: _value(value, gettext) for name, value in found.groupdict().items()}
            )
    return None


def _value(value: str, gettext: Callable[..., str]) -> str:
    """A value in the reader's language, or each of several in a row."""
    told = _one(value, gettext)
    if told is not None:
        return told
    return "".join(_one(part, gettext) or part for part in _ROW.split(value))


def _one(value: str, gettext: Callable[..., str]) -> str | None:
    """A value that is known; one that was made small for the middle of a sentence, too."""
    told = _known(value, gettext)
    if told is not None:
        return told
    large = value[:1].upper() + value[1:].replace("_", " ")
    told = gettext(large)
    return None if told == large else told[:1].lower() + told[1:]


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((pattern, _as_regex(pattern)) for pattern in PATTERNS)


def _as_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(
        _VALUE.sub(lambda at: f"(?P<{at[1]}>{_KINDS.get(at[1], _ANYTHING)})", re.escape(pattern))
    )


def _sentences(text: str) -> Iterator[str]:
    yield from re.split(r"(?<=[.?!]) (?=[A-Z])", text)
