"""Duties, tries, calls, texts both ways, papers, escalations and hearings of one case, in one order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.pages.wording import lower, moment, words


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

    def is_after(self, moment_iso: str) -> bool:
        return datetime.fromisoformat(self.at) > datetime.fromisoformat(moment_iso)


def timeline(case: Mapping[str, Any], story: Mapping[str, Any]) -> list[Entry]:
    """Every line of the case and of its story (`child_story`), earliest first."""
    found = [
        *_duties(case),
        *_tries(case),
        *_calls(case),
        *_texts(case, {text["id"]: text for text in story["texts"]}),
        *_replies(story),
        *_papers(story),
        *_escalations(case),
        *_hearings(case),
        *_milestones(case),
    ]
    return sorted(found, key=lambda entry: datetime.fromisoformat(entry.at))


def _duties(case: Mapping[str, Any]) -> Iterator[Entry]:
    for duty in case["obligations"]:
        party = "" if duty["party"] == "case" else f" to {words(duty['party'])}"
        told = f"{words(duty['kind'])}{party if duty['kind'].endswith(('call', 'reminder')) else _of(duty)}"
        state = "overdue" if duty["overdue"] else duty["state"]
        tail = ". Keeps the child in sight" if duty["in_sight"] and duty["state"] == "open" else ""
        yield Entry(duty["due_at"], "Duty", f"{told}: due{tail}.", words(state), loud=duty["overdue"])


def _of(duty: Mapping[str, Any]) -> str:
    return "" if duty["party"] == "case" else f" ({words(duty['party'])})"


def _tries(case: Mapping[str, Any]) -> Iterator[Entry]:
    kinds = {duty["id"]: duty["kind"] for duty in case["obligations"]}
    for attempt in case["attempts"]:
        duty = lower(words(kinds.get(attempt["obligation"], "")))
        told = f"{words(attempt['channel'])}{f', for: {duty}' if duty else ''}."
        yield Entry(attempt["at"], "Try", told, words(attempt["outcome"]))


def _calls(case: Mapping[str, Any]) -> Iterator[Entry]:
    """Calls that people made or are to make; an automated one stands among the tries."""
    for call in case.get("calls", ()):
        if call["kind"] != "human":
            continue
        spoke = "" if call["spoke_with"] == "nobody" else f" Spoke with {words(call['spoke_with'])}."
        by = " Simulated." if call["simulated"] else ""
        told = f"Call by a person, for {words(call['party'])}.{spoke}{by}"
        yield Entry(call["at"] or call["due_at"], "Call", told, words(call["outcome"] or call["state"]))


def _texts(case: Mapping[str, Any], sent: Mapping[str, Mapping[str, Any]]) -> Iterator[Entry]:
    for message in case["messages"]:
        purpose = message["purpose"].partition(":")[0]
        told = f"Text to {words(message['to_party'])}: {lower(words(purpose.replace('-', ' ')))}."
        went = sent.get(message["id"], {})
        yield Entry(
            message["accepted_at"] or message["send_after"],
            "Text",
            told,
            words(message["state"]),
            said=went.get("said", ""),
            lang=went.get("language", ""),
        )


def _replies(story: Mapping[str, Any]) -> Iterator[Entry]:
    for text in story["texts"]:
        if text["way"] != "in":
            continue
        read = f" Read by {text['read_by']}." if text["read_by"] else ""
        yield Entry(
            text["at"].isoformat(),
            "Reply",
            f"Text from {words(text['party'])}.{read}",
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
        yield Entry(paper["at"].isoformat(), "Paper", f"{told}, by {paper['by']}.", state)


def _escalations(case: Mapping[str, Any]) -> Iterator[Entry]:
    for escalation in case["escalations"]:
        waits = escalation["state"] == "open"
        deadline = escalation["acknowledge_by"] if waits else escalation["resolve_by"]
        act = "taken" if waits else "resolved"
        owner = f" With {escalation['owner']}." if escalation["owner"] else ""
        told = (
            f"{words(escalation['reason'])}: level {escalation['level']},"
            f" {lower(words(escalation['queue']))}. To be {act} by this time.{owner}"
        )
        is_live = escalation["state"] != "resolved"
        yield Entry(deadline, "Escalation", told, words(escalation["state"]), loud=is_live)


def _hearings(case: Mapping[str, Any]) -> Iterator[Entry]:
    for hearing in case["hearings"]:
        told = f"Hearing ({words(hearing['kind']).lower()}), {hearing['court']}."
        yield Entry(hearing["starts_at"], "Hearing", told, words(hearing["outcome"] or hearing["state"]))


def _milestones(case: Mapping[str, Any]) -> Iterator[Entry]:
    if case.get("released_at"):
        yield Entry(case["released_at"], "Case", "Released to the sponsor.", "Done")
    if case["closure"]:
        reason = lower(words(case["closure"]["reason"]))
        yield Entry(case["closure"]["at"], "Case", f"Case closed: {reason}.", "Closed")
