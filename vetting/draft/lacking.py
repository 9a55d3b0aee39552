"""What a draft still lacks, page by page, with why it is asked; and what is wrong in it, at its question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.errors import BadInput, Problem
from models.packet import parse_packet
from vetting.draft.answers import Draft, Paper, Place, asked, packet_bytes, places
from vetting.draft.questions import SECTIONS, Kind, Question, Section

Progress = Literal["not_started", "in_progress", "done", "cannot"]


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing to do on a page. `is_fault`: something was typed and can't be taken. `name`: the question, if one."""

    slug: str
    key: int | None
    name: str
    words: str
    why: str = ""
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the task list."""

    section: Section
    progress: Progress
    lacks: tuple[Lack, ...]


_A_DAY = "This is not a date. Write it as 2012-05-02 or 5/2/2012."
_INSTEAD: Mapping[Kind, str] = {
    "day": _A_DAY,
    "noon": _A_DAY,
    "moment": "This is not a day and an hour. Write it as 2026-03-04 09:30, and choose the zone.",
    "number": "This is not a number that can be right. Write it in digits.",
    "languages": "This is not a language that Kinline knows. Write its name in English, or its code, such as quc.",
    "country": "This is not a country that Kinline knows. Write its two letters, such as GT.",
    "choice": "This is not one of the choices.",
    "yes_no": "Say yes or no.",
}


def tasks(draft: Draft) -> tuple[Task, ...]:
    """Every page but the documents', in the order of the form."""
    found = (*unanswered(draft), *faults(draft))
    return tuple(
        Task(
            section,
            _progress(draft, section, own := tuple(one for one in found if one.slug == section.slug)),
            own,
        )
        for section in SECTIONS
    )


def _progress(draft: Draft, section: Section, lacks: tuple[Lack, ...]) -> Progress:
    if not lacks:
        return "done"
    begun = (
        any(draft.page(section.slug).typed.get(q.name, "").strip() for q in section.questions)
        if section.list_name is None
        else bool(draft.entries(section.list_name))
    )
    return "in_progress" if begun else "not_started"


def unanswered(draft: Draft) -> Iterator[Lack]:
    """The questions that must be answered and are not; the lists of which nobody said that they are whole."""
    for section in SECTIONS:
        if section.list_name is None:
            yield from _open(section, None, draft.page(section.slug).typed)
            continue
        for entry in draft.entries(section.list_name):
            yield from _open(section, entry.key, entry.page.typed)
        if section.list_name not in draft.whole:
            words = f"Say whether this is everything: {section.title.lower()}."
            yield Lack(section.slug, None, "", words, section.why)


def _open(section: Section, key: int | None, typed: Mapping[str, str]) -> Iterator[Lack]:
    for question in asked(section, typed):
        if question.why and not typed.get(question.name, "").strip():
            words = f"{named(question)} {'is not answered yet' if question.label.endswith('?') else 'is missing'}."
            yield Lack(section.slug, key, question.name, words, question.why)


def faults(draft: Draft, papers: Sequence[Paper] = ()) -> tuple[Lack, ...]:
    """What the packet would be refused for, of what was typed. The desk's own words, at the form's own questions."""
    try:
        parse_packet(packet_bytes(draft, papers))
    except BadInput as err:
        return at_questions(draft, err.problems)
    return ()


def at_questions(draft: Draft, problems: Sequence[Problem]) -> tuple[Lack, ...]:
    """These problems of the packet, each at the page and the question that it comes from; each question once.

    A missing key is told by `unanswered`, but where part of a group was answered.
    """
    known = places(draft)
    open_ones = {(one.slug, one.key, one.name) for one in unanswered(draft)}
    found: dict[tuple[str, int | None, str], Lack] = {}
    for problem in problems:
        place = _place(known, problem.field)
        lack = _lack(place, problem)
        at = (lack.slug, lack.key, lack.name)
        is_told = at in open_ones or (place is None and problem.code == "missing_key")
        if not is_told:
            found.setdefault(at if lack.name else (lack.slug, None, problem.field), lack)
    return tuple(found.values())


def _place(known: Mapping[str, Place], field: str) -> Place | None:
    """Where it was asked: the question of this path, or of the path that leads there (an entry of `languages`)."""
    while field:
        if field in known:
            return known[field]
        field = field.rpartition(".")[0]
    return None


def _lack(place: Place | None, problem: Problem) -> Lack:
    if place is None:
        slug = "documents" if problem.field.startswith("documents") else ""
        return Lack(slug, None, "", f"{problem.message} {problem.remedy}".strip(), is_fault=True)
    question = place.question
    if problem.code == "missing_key":
        words = f"{named(question)} is missing. Fill it in, or empty the fields that go with it."
    elif problem.code == "wrong_value" and question.kind not in ("languages", "country", "choice"):
        words = f"{problem.message} {problem.remedy}".strip()
    else:
        words = _INSTEAD.get(question.kind, f"{problem.message} {problem.remedy}".strip())
    return Lack(place.slug, place.key, question.name, words, is_fault=True)


def named(question: Question) -> str:
    """The question as the subject of a sentence."""
    return f"“{question.label}”"
