"""A draft that amends: begun from what a revision says, what it changes, and how it goes on over a newer revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.findings import FindingCode
from models.states import DocumentKind
from vetting.draft.answers import Base, Draft, Entry, Page, asked, draft_subject, origin
from vetting.draft.questions import DOCUMENTS, SECTIONS, ListName, Question, Section
from vetting.draft.typed import value_of

# What says whose application it is: an amendment never changes it.
FIXED: Mapping[str, frozenset[str]] = {"packet": frozenset({"reference"}), "child": frozenset({"a_number"})}


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that says something else now. `key`: of a list's entry; `question` None: the entry came or went."""

    section: Section
    key: int | None
    question: Question | None
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None


def changes(draft: Draft) -> tuple[Change, ...]:
    """What the draft says otherwise than its base, page by page; other words for the same thing are no change."""
    if draft.base is None:
        return ()
    return tuple(_changes(origin(draft.base), draft))


def _changes(was: Draft, draft: Draft) -> Iterator[Change]:
    for section in SECTIONS:
        name = section.list_name
        if name is None:
            yield from _answers(section, None, was.page(section.slug), draft.page(section.slug))
            continue
        for entry in draft.entries(name):
            known = was.entry(name, entry.key)
            if known is None:
                yield Change(section, entry.key, None, None, entry.page.typed)
            else:
                yield from _answers(section, entry.key, known.page, entry.page)
        for known in was.entries(name):
            if draft.entry(name, known.key) is None:
                yield Change(section, known.key, None, known.page.typed, None)


def _answers(section: Section, key: int | None, was: Page, now: Page) -> Iterator[Change]:
    for question in section.questions:
        if _says(section, question, was.typed) != _says(section, question, now.typed):
            yield Change(section, key, question, was.typed, now.typed)


def _says(section: Section, question: Question, typed: Mapping[str, str]) -> object:
    """What the packet holds for it; of a question that only steers, its words."""
    if question not in asked(section, typed):
        return None
    if not question.path:
        return typed.get(question.name, "").strip()
    return value_of(question, typed)


@dataclass(frozen=True, slots=True)
class Carried:
    """A draft that amends a newer revision now. `both`: the pages on which both had changed the same thing.

    `moved`: the newer draft's key of each person of the household who stood under another.
    """

    draft: Draft
    both: tuple[str, ...]
    moved: Mapping[int, int]


def carried_over(draft: Draft, base: Base, version: int) -> Carried:
    """What this draft changes, over what the newer revision says. What both changed stays as it was typed here.

    Of a list that both changed somebody is to say anew that it is whole.
    """
    was, newest = origin(draft.base or base), origin(base)
    both: list[str] = []
    made = replace(newest, cannot={**newest.cannot, **draft.cannot}, whole=draft.whole)
    moved: dict[int, int] = {}
    for section in SECTIONS:
        name = section.list_name
        if name is None:
            mine, theirs = draft.page(section.slug), newest.page(section.slug)
            typed, is_both = _merged(was.page(section.slug).typed, mine.typed, theirs.typed)
            made = made.with_page(section.slug, Page(typed, version))
            both += [section.slug] if is_both else []
            continue
        before, here, there = _typed(was, name), _typed(draft, name), _typed(newest, name)
        if here in (before, there):
            keys = _same_people(draft.entries(name), newest.entries(name))
        elif there == before:
            made, keys = replace(made, lists={**made.lists, name: draft.entries(name)}), {}
        else:
            made, keys = _both_lists(made, name, was, draft, version)
            both.append(section.slug)
        moved |= keys if name == "household" else {}
    return Carried(replace(made, next_key=max(made.next_key, draft.next_key)), tuple(both), moved)


def _merged(
    was: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Each answer as it was changed, here first; and whether both changed one and differ."""
    typed, is_both = dict(theirs), False
    for name, words in mine.items():
        before = was.get(name, "")
        if words != before:
            is_both = is_both or theirs.get(name, "") not in (before, words)
            typed[name] = words
    return typed, is_both


def _typed(draft: Draft, name: ListName) -> list[Mapping[str, str]]:
    return [entry.page.typed for entry in draft.entries(name)]


def _both_lists(
    made: Draft, name: ListName, was: Draft, draft: Draft, version: int
) -> tuple[Draft, dict[int, int]]:
    """The newer list without those who were taken out here, and with those who were added or changed here."""
    moved: dict[int, int] = {}
    made = replace(made, whole=made.whole - {name}, next_key=max(made.next_key, draft.next_key))
    for known in was.entries(name):
        mine = draft.entry(name, known.key)
        there = _alike(made.entries(name), known.page)
        if mine is None and there is not None:
            kept = tuple(one for one in made.entries(name) if one.key != there.key)
            made = replace(made, lists={**made.lists, name: kept})
        elif mine is not None and there is not None:
            moved[known.key] = there.key
            made = made.with_entry(name, there.key, Page(mine.page.typed, version))
        elif mine is not None and mine.page.typed != known.page.typed:
            moved[known.key] = made.next_key
            made = made.with_entry(name, None, Page(mine.page.typed, version))
    for added in (one for one in draft.entries(name) if was.entry(name, one.key) is None):
        moved[added.key] = made.next_key
        made = made.with_entry(name, None, Page(added.page.typed, version))
    return made, moved


def _same_people(mine: Sequence[Entry], theirs: Sequence[Entry]) -> dict[int, int]:
    found = ((one.key, _alike(theirs, one.page)) for one in mine)
    return {key: there.key for key, there in found if there is not None}


def _alike(entries: Sequence[Entry], page: Page) -> Entry | None:
    return next((one for one in entries if one.page.typed == page.typed), None)


_F = FindingCode
_OF_THE_PROOF = (
    _F.ADDRESS_DOCUMENT_STALE,
    _F.ADDRESS_DOCUMENT_MISMATCH,
    _F.ADDRESS_NAME_MISMATCH,
    _F.ADDRESS_UNREAD,
    _F.ADDRESS_TEXT_DISAGREES,
)
_OF_THE_HOME = (
    _F.ADDRESS_UNDELIVERABLE,
    _F.ADDRESS_UNIT_MISSING,
    _F.ADDRESS_NOT_RESIDENTIAL,
    _F.ADDRESS_CITY_DIFFERS,
)
_OF_A_PAPER = (
    _F.DOCUMENT_MISSING,
    _F.DOCUMENT_ILLEGIBLE,
    _F.DOCUMENT_REUSED,
    _F.CONSENT_MISSING,
    _F.RELATIONSHIP_UNPROVEN,
    _F.IDENTITY_EXPIRED,
    _F.IDENTITY_MISMATCH,
)


def place_of(draft: Draft, code: str, subject: str, evidence: Mapping[str, Any]) -> str:
    """Where the form mends this finding: `documents/` and the slot, or `pages/` and the page; empty: nowhere."""
    if code in _OF_THE_HOME:
        return "pages/address"
    if code in _OF_THE_PROOF:
        return f"{DOCUMENTS}/{DocumentKind.PROOF_OF_ADDRESS}@sponsor"
    if code in _OF_A_PAPER and evidence.get("item") in set(DocumentKind):
        return f"{DOCUMENTS}/{evidence['item']}@{draft_subject(draft, subject)}"
    return ""
