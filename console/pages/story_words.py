"""What happened to an application, in words: when, what, how it stood from then on, who did it, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.pages.wording import lower, span, subject, words
from console.speech import gettext

# Of these, `about` is a code and whose it is.
_OF_SOMEBODY = {
    "confirmation": "A person typed what it says: %(thing)s",
    "finding": "Finding %(thing)s",
    "waiver": "Waiver: %(thing)s",
    "pending": "The release need not wait for this check: %(thing)s",
}
_PLAIN = {
    "question": "Question %(number)s to the case manager",
    "recommendation": "Recommendation of the %(role)s",
    "decision": "Decision of the %(role)s",
    "interview": "Interview with %(party)s",
    "home_study": "Home study",
    "consultation": "Consultation",
    "concern": "Special concern",
    "letter": "Letter about the denial",
    "appeal": "Appeal",
    "link": "Link to another application",
    "release": "The child was released to the sponsor",
}
_TONES = {
    **dict.fromkeys(("differs", "deny", "hit_bar", "unreadable", "error", "expired", "denied"), "bad"),
    **dict.fromkeys(("open", "hit_review", "remand", "remanded", "pending", "incomplete"), "warn"),
    **dict.fromkeys(
        ("agrees", "clear", "cleared", "approve", "approved", "released", "waived", "resolved"), "good"
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `who`: a person's name, or what did it; `why` in the words of who wrote it."""

    at: str
    text: str
    state: str
    tone: str
    who: str
    why: str


def story_lines(story: Iterable[Mapping[str, Any]]) -> list[Line]:
    """A line for each row of `application_story`, in its order."""
    return [
        Line(
            at=row["at"].isoformat(),
            text=_text(row),
            state=words(row["told"]),
            tone=_TONES.get(row["told"], ""),
            who=_who(row),
            why=row["why"] or "",
        )
        for row in story
    ]


def _text(row: Mapping[str, Any]) -> str:
    what, about = row["what"], row["about"]
    if what == "packet":
        return (
            gettext("The packet came in")
            if about == "1"
            else gettext("The packet was amended: revision %(number)s", number=about)
        )
    if what == "state":
        return gettext("The application moved on; until then: %(state)s", state=lower(words(about)))
    if what == "checks":
        return _checks(about)
    if what in _OF_SOMEBODY:
        code, _, whose = about.partition(" ")
        thing = f"{words(code)}, {subject(whose)}"
        return gettext(_OF_SOMEBODY[what], thing=thing)
    return gettext(_PLAIN[what], number=about, role=lower(words(about)), party=lower(words(about)))


def _checks(about: str) -> str:
    """`about`: how many, the kind, whose. Only of one alone is it known which it was."""
    number, _, which = about.partition(" ")
    if number != "1":
        return gettext("%(number)s background checks", number=number)
    kind, _, whose = which.partition(" ")
    thing = f"{words(kind)}, {subject(whose)}"
    return gettext("Background check: %(thing)s", thing=thing)


def _who(row: Mapping[str, Any]) -> str:
    """Nobody's name where a machine did it."""
    if row["name"]:
        return str(row["name"])
    return gettext("Kinline") if (row["by"] or "").startswith("engine:") else gettext("by a command")


def check_age(times: tuple[datetime | None, datetime | None], now: datetime) -> str:
    """How long ago a check was ordered, and whether an answer came: `Answered 12 days ago`."""
    ordered, answered = times
    if answered is not None:
        return gettext("Answered %(span)s ago", span=span(now - answered))
    if ordered is not None:
        return gettext("Ordered %(span)s ago, no answer yet", span=span(now - ordered))
    return gettext("Not ordered yet")


def on_this_case(people: Iterable[tuple[str, str]]) -> str:
    """Who has acted on it so far: `Carmen Example (case manager), Fay Example (federal field specialist)`."""
    return ", ".join(f"{name} ({lower(words(role))})" for role, name in people)
