"""Duties, tries, calls, texts both ways, papers, escalations and hearings of one case, in one order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.pages.wording import lower, moment, words
from console.speech import gettext


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when, what kind of thing, what it says, how it stands. `loud` ones need somebody.

    `said`: the words of a text, in the language that it was written in (`lang`).
    """

    at: str
    kind: str
    text: str
    state: str
    loud: bool = False
    said: str = ""
    lang: str = ""

    @property
    def when(self) -> str:
        return moment(self.at)

    def is_after(self, now: datetime) -> bool:
        return datetime.fromisoformat(self.at) > now


def timeline(case: Mapping[str, Any], story: Mapping[str, Any]) -> list[Entry]:
    """Every line of the case and of its story (`child_story`), earliest first."""
    found = [
        *_duties(case),
        *_tries(case),
        *_calls(case),
        *_texts(case, story["sent"]),
        *_replies(story),
        *_papers(story),
        *_escalations(case),
        *_hearings(case),
        *_milestones(case),
    ]
    return sorted(found, key=lambda entry: datetime.fromisoformat(entry.at))


def around(entries: Sequence[Entry], now: datetime) -> tuple[list[Entry], list[Entry]]:
    """What is so far, newest first, and what is ahead, the next first."""
    return [e for e in reversed(entries) if not e.is_after(now)], [e for e in entries if e.is_after(now)]


def _duties(case: Mapping[str, Any]) -> Iterator[Entry]:
    for duty in case["obligations"]:
        party = "" if duty["party"] == "case" else gettext(" to %(whom)s", whom=words(duty["party"]))
        told = f"{words(duty['kind'])}{party if duty['kind'].endswith(('call', 'reminder')) else _of(duty)}"
        state = "overdue" if duty["overdue"] else duty["state"]
        keeps = duty["in_sight"] and duty["state"] == "open"
        due = "%(what)s: due. Keeps the child in sight." if keeps else "%(what)s: due."
        yield Entry(
            duty["due_at"], gettext("Duty"), gettext(due, what=told), words(state), loud=duty["overdue"]
        )


def _of(duty: Mapping[str, Any]) -> str:
    return "" if duty["party"] == "case" else f" ({words(duty['party'])})"


def _tries(case: Mapping[str, Any]) -> Iterator[Entry]:
    kinds = {duty["id"]: duty["kind"] for duty in case["obligations"]}
    for attempt in case["attempts"]:
        duty = lower(words(kinds.get(attempt["obligation"], "")))
        way = words(attempt["channel"])
        told = gettext("%(way)s, for: %(duty)s.", way=way, duty=duty) if duty else f"{way}."
        yield Entry(attempt["at"], gettext("Try"), told, words(attempt["outcome"]))


def _calls(case: Mapping[str, Any]) -> Iterator[Entry]:
    """Calls that people made or are to make; an automated one stands among the tries."""
    for call in case.get("calls", ()):
        if call["kind"] != "human":
            continue
        parts = [gettext("Call by a person, for %(whom)s.", whom=words(call["party"]))]
        if call["spoke_with"] != "nobody":
            parts.append(gettext("Spoke with %(whom)s.", whom=words(call["spoke_with"])))
        if call["simulated"]:
            parts.append(gettext("Simulated."))
        told = " ".join(parts)
        yield Entry(
            call["at"] or call["due_at"], gettext("Call"), told, words(call["outcome"] or call["state"])
        )


def _texts(case: Mapping[str, Any], sent: Mapping[str, Mapping[str, Any]]) -> Iterator[Entry]:
    for message in case["messages"]:
        purpose = message["purpose"].partition(":")[0]
        about = lower(words(purpose.replace("-", " ")))
        told = gettext("Text to %(whom)s: %(about)s.", whom=words(message["to_party"]), about=about)
        went = sent.get(message["id"], {})
        yield Entry(
            message["accepted_at"] or message["send_after"],
            gettext("Text"),
            told,
            words(message["state"]),
            said=went.get("said", ""),
            lang=went.get("language", ""),
        )


def _replies(story: Mapping[str, Any]) -> Iterator[Entry]:
    for text in story["replies"]:
        told = gettext("Text from %(whom)s.", whom=words(text["party"]))
        read = gettext(" Read by %(who)s.", who=text["read_by"]) if text["read_by"] else ""
        yield Entry(
            text["at"].isoformat(),
            gettext("Reply"),
            f"{told}{read}",
            words(text["meaning"]),
            said=text["said"],
            lang=text["language"],
        )


_PAPERS = {
    "home_proof": ("A proof of the home was handed in", "Handed in"),
    "home_signing": ("What stands on the proof was typed", "Read by a person"),
    "court_form": ("The change-of-address form was printed", "Printed"),
    "court_filing": ("The change-of-address form went to the court", "Filed"),
}


def _papers(story: Mapping[str, Any]) -> Iterator[Entry]:
    for paper in story["papers"]:
        told, state = _PAPERS[paper["kind"]]
        by = gettext("%(what)s, by %(who)s.", what=gettext(told), who=paper["by"])
        yield Entry(paper["at"].isoformat(), gettext("Paper"), by, gettext(state))


def _escalations(case: Mapping[str, Any]) -> Iterator[Entry]:
    for escalation in case["escalations"]:
        waits = escalation["state"] == "open"
        deadline = escalation["acknowledge_by"] if waits else escalation["resolve_by"]
        by_then = (
            "%(reason)s: level %(level)s, %(queue)s. To be taken by this time."
            if waits
            else "%(reason)s: level %(level)s, %(queue)s. To be resolved by this time."
        )
        told = gettext(
            by_then,
            reason=words(escalation["reason"]),
            level=escalation["level"],
            queue=lower(words(escalation["queue"])),
        )
        if escalation["owner"]:
            told += gettext(" With %(who)s.", who=escalation["owner"])
        is_live = escalation["state"] != "resolved"
        yield Entry(deadline, gettext("Escalation"), told, words(escalation["state"]), loud=is_live)


def _hearings(case: Mapping[str, Any]) -> Iterator[Entry]:
    for hearing in case["hearings"]:
        kind = words(hearing["kind"]).lower()
        told = gettext("Hearing (%(kind)s), %(court)s.", kind=kind, court=hearing["court"])
        state = words(hearing["outcome"] or hearing["state"])
        yield Entry(hearing["starts_at"], gettext("Hearing"), told, state)


def _milestones(case: Mapping[str, Any]) -> Iterator[Entry]:
    if case.get("released_at"):
        yield Entry(
            case["released_at"], gettext("Case"), gettext("Released to the sponsor."), gettext("Done")
        )
    if case["closure"]:
        reason = lower(words(case["closure"]["reason"]))
        told = gettext("Case closed: %(reason)s.", reason=reason)
        yield Entry(case["closure"]["at"], gettext("Case"), told, gettext("Closed"))
