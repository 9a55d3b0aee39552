"""A draft: what was typed so far, and the packet that it makes.

Kept as it was typed, the wrong as well: nothing that a person wrote is lost over a fault in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from models.packet import FORMAT
from vetting.draft.questions import SECTIONS, ListName, Question, Section
from vetting.draft.typed import typed_of, value_of


@dataclass(frozen=True, slots=True)
class Page:
    """What was typed on one page. `saved_in`: the version of the draft that it came with."""

    typed: Mapping[str, str] = field(default_factory=dict)
    saved_in: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list. `key` stays the same when others come and go."""

    key: int
    page: Page


@dataclass(frozen=True, slots=True)
class Base:
    """The revision that a draft amends. `packet`: what it said, as JSON. `kept`: its files' ids in the draft."""

    application_id: str
    revision: int
    packet: Mapping[str, Any]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A packet so far. `whole`: lists of which somebody said that nobody is missing. `cannot`: why a paper is not there.

    `base`: what it amends; None of a new packet.
    """

    pages: Mapping[str, Page] = field(default_factory=dict)
    lists: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    cannot: Mapping[str, str] = field(default_factory=dict)
    next_key: int = 1
    base: Base | None = None

    def page(self, slug: str) -> Page:
        return self.pages.get(slug, Page())

    def entries(self, name: str) -> tuple[Entry, ...]:
        return self.lists.get(name, ())

    def entry(self, name: str, key: int) -> Entry | None:
        return next((one for one in self.entries(name) if one.key == key), None)

    def with_page(self, slug: str, page: Page) -> Draft:
        return replace(self, pages={**self.pages, slug: page})

    def with_entry(self, name: str, key: int | None, page: Page) -> Draft:
        """With this entry in its place; a new one stands last."""
        if key is not None:
            kept = tuple(Entry(key, page) if one.key == key else one for one in self.entries(name))
            return replace(self, lists={**self.lists, name: kept})
        added = (*self.entries(name), Entry(self.next_key, page))
        return replace(self, lists={**self.lists, name: added}, next_key=self.next_key + 1)

    def without_entry(self, name: str, key: int) -> Draft:
        kept = tuple(one for one in self.entries(name) if one.key != key)
        return replace(self, lists={**self.lists, name: kept}, whole=self.whole - {name})

    def as_json(self) -> dict[str, Any]:
        base = self.base
        return {
            "pages": {slug: [dict(page.typed), page.saved_in] for slug, page in self.pages.items()},
            "lists": {
                name: [[one.key, dict(one.page.typed), one.page.saved_in] for one in entries]
                for name, entries in self.lists.items()
            },
            "whole": sorted(self.whole),
            "cannot": dict(self.cannot),
            "next_key": self.next_key,
            "base": [base.application_id, base.revision, base.packet, list(base.kept)] if base else None,
        }


def draft_of(tree: Mapping[str, Any]) -> Draft:
    """The draft that `as_json` told."""
    base = tree.get("base")  # drafts of before amendments were told without
    return Draft(
        pages={slug: Page(typed, saved_in) for slug, (typed, saved_in) in tree["pages"].items()},
        lists={
            name: tuple(Entry(key, Page(typed, saved_in)) for key, typed, saved_in in entries)
            for name, entries in tree["lists"].items()
        },
        whole=frozenset(tree["whole"]),
        cannot=tree["cannot"],
        next_key=tree["next_key"],
        base=Base(base[0], base[1], base[2], tuple(base[3])) if base else None,
    )


@dataclass(frozen=True, slots=True)
class Paper:
    """A file of the draft, as the packet will name it. `subject`: as the draft says it, `household-3` by key."""

    kind: str
    subject: str
    file: str
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field of the packet was asked: the page, the entry of its list, the question."""

    slug: str
    key: int | None
    question: Question


def asked(section: Section, typed: Mapping[str, str]) -> Iterator[Question]:
    """The questions of the page that count, by what was answered to those that steer."""
    for question in section.questions:
        if not question.only_if or typed.get(question.only_if) == "yes":
            yield question


def places(draft: Draft) -> dict[str, Place]:
    """For each field of the packet that the form can ask, where it does."""
    found: dict[str, Place] = {}
    for section in SECTIONS:
        if section.list_name is None:
            for question in section.questions:
                found.setdefault(question.path, Place(section.slug, None, question))
            continue
        for number, entry in enumerate(draft.entries(section.list_name)):
            for question in section.questions:
                path = f"{section.list_name}.{number}.{question.path}"
                found[path] = Place(section.slug, entry.key, question)
    return {path: place for path, place in found.items() if place.question.path}


def packet_tree(draft: Draft, papers: Sequence[Paper] = ()) -> dict[str, Any]:
    """The packet, as far as it goes. What is not there yet is absent.

    An amendment says word for word what the revision before said, but where something else was typed: what the form
    doesn't ask stays as well.
    """
    was = origin(draft.base) if draft.base else None
    tree: dict[str, Any] = {"format": FORMAT, "child": {}, "sponsor": {}, "address": {}}
    if draft.base:
        tree = deepcopy(dict(draft.base.packet))
    for section in SECTIONS:
        if section.list_name is None:
            _fill(
                tree, section, draft.page(section.slug).typed, was.page(section.slug).typed if was else None
            )
        else:
            tree[section.list_name] = [
                _entry(section, entry, draft, was) for entry in draft.entries(section.list_name)
            ]
    tree["documents"] = [_document(draft, paper) for paper in papers]
    return tree


def packet_bytes(draft: Draft, papers: Sequence[Paper]) -> bytes:
    """The `packet.json` of this draft: the same draft, the same bytes."""
    return json.dumps(packet_tree(draft, papers), ensure_ascii=False, indent=2, sort_keys=True).encode()


# The first key of each list in a draft that amends: keys stay apart, however long the lists are.
_FIRST_KEY: Mapping[ListName, int] = {"household": 1, "contacts": 1001, "hearings": 2001}


def origin(base: Base) -> Draft:
    """The draft that says what the revision says, as a person would have typed it. Nobody is missing from its lists."""
    draft = Draft(whole=frozenset(_FIRST_KEY), next_key=100_000, base=base)
    for section in SECTIONS:
        if section.list_name is None:
            draft = draft.with_page(section.slug, Page(typed_of(section, base.packet)))
            continue
        told = base.packet.get(section.list_name, ())
        first = _FIRST_KEY[section.list_name]
        entries = tuple(Entry(first + n, Page(typed_of(section, one))) for n, one in enumerate(told))
        draft = replace(draft, lists={**draft.lists, section.list_name: entries})
    return draft


def _entry(section: Section, entry: Entry, draft: Draft, was: Draft | None) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    name = section.list_name
    known = was.entry(name, entry.key) if was and name else None
    if known and draft.base and name:
        tree = deepcopy(dict(draft.base.packet[name][entry.key - _FIRST_KEY[name]]))
    _fill(tree, section, entry.page.typed, known.page.typed if known else None)
    return tree


def _fill(
    tree: dict[str, Any], section: Section, typed: Mapping[str, str], was: Mapping[str, str] | None
) -> None:
    """The answers of the page, in their places. `was`: what the revision before says; the same words change nothing."""
    counting = {question.name for question in asked(section, typed)}
    counted = {question.name for question in asked(section, was)} if was is not None else set()
    for question in section.questions:
        name = question.name
        is_asked = name in counting
        if not question.path or (
            was is not None and is_asked == (name in counted) and _same(question, typed, was)
        ):
            continue
        value = value_of(question, typed) if is_asked else None
        if value is not None:
            _put(tree, question.path.split("."), value)
        elif was is not None:
            _take_out(tree, question.path.split("."))


def _same(question: Question, typed: Mapping[str, str], was: Mapping[str, str]) -> bool:
    names = (question.name, "zone") if question.kind == "moment" else (question.name,)
    return all(typed.get(name, "").strip() == was.get(name, "").strip() for name in names)


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *outer, last = path
    for key in outer:
        tree = tree.setdefault(key, {})
    tree[last] = value


def _take_out(tree: dict[str, Any], path: Sequence[str]) -> None:
    """Without this answer; a group of which nothing is left goes as well."""
    first, *rest = path
    if rest and isinstance(tree.get(first), dict):
        _take_out(tree[first], rest)
        if not tree[first]:
            del tree[first]
    elif not rest:
        tree.pop(first, None)


def _document(draft: Draft, paper: Paper) -> dict[str, Any]:
    told = {"kind": paper.kind, "subject": packet_subject(draft, paper.subject), "file": paper.file}
    return told | ({"issued_on": paper.issued_on.isoformat()} if paper.issued_on else {})


def packet_subject(draft: Draft, subject: str) -> str:
    """As the packet names this person: household members by their place, not by their key."""
    word, _, key = subject.partition("-")
    if word != "household":
        return subject
    keys = [str(one.key) for one in draft.entries(word)]
    return f"household:{keys.index(key) if key in keys else 99}"


def draft_subject(draft: Draft, subject: str) -> str:
    """The other way about."""
    word, _, number = subject.partition(":")
    return f"household-{draft.entries(word)[int(number)].key}" if word == "household" else subject


def people(draft: Draft) -> tuple[str, ...]:
    """Whom a document of this draft can be about."""
    has_caregiver = draft.page("caregiver").typed.get("has_caregiver") == "yes"
    household: ListName = "household"
    return (
        "sponsor",
        "child",
        *(f"household-{one.key}" for one in draft.entries(household)),
        *(("alternate_caregiver",) if has_caregiver else ()),
    )
