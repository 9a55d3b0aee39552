"""A packet on its way: what people type becomes what a packet holds, and what is wrong is told where it was asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.packet import SUBJECT, parse_packet
from tests.integration.intake_scenes import PAGES
from vetting.draft.answers import Draft, Page, Paper, draft_of, packet_bytes, packet_tree
from vetting.draft.lacking import faults, tasks
from vetting.draft.questions import SECTIONS, Question
from vetting.draft.typed import value_of

WHOLE = Draft(
    pages={slug: Page(typed) for slug, typed in PAGES.items()}
    | {"packet": Page({"care_provider": "Example", "reference": "TEST-1"})},
    whole=frozenset({"household", "contacts", "hearings"}),
)
ADULT = Page(
    {"given_names": "A", "family_names": "Example", "date_of_birth": "1/2/1980", "relationship": "son"}
)


@pytest.mark.parametrize(
    ("kind", "typed", "held"),
    [
        ("day", "5/2/2012", "2012-05-02"),
        ("day", "2012-05-02", "2012-05-02"),
        ("day", "13/40/2012", "13/40/2012"),  # no such day: the packet refuses it
        ("noon", "1/15/2026", "2026-01-15T12:00:00Z"),
        ("phone", "(713) 555-0101", "+17135550101"),
        ("phone", "1 713 555 0101", "+17135550101"),
        ("phone", "+502 5550 0105", "+50255500105"),
        ("phone", "113", "113"),
        ("a_number", "A220-559-901", "220559901"),
        ("a_number", "20559901", "020559901"),
        ("country", "guatemala", "GT"),
        ("country", "hn", "HN"),
        ("languages", "Spanish, K’iche’, quc", ["es", "quc", "quc"]),
        ("states", "la, NM", ["LA", "NM"]),
        ("names", "Ana E. Lopez; ", ["Ana E. Lopez"]),
        ("yes_no", "no", False),
        ("number", "0", 0),
        ("number", "two", "two"),
        ("text", "  ", None),
    ],
)
def test_what_is_typed_becomes_what_a_packet_holds(kind: Any, typed: str, held: Any) -> None:
    question = Question("q", "x.languages" if kind == "languages" else "x", "Q", kind)
    assert value_of(question, {"q": typed}) == held


def test_an_hour_counts_by_the_clock_of_the_court() -> None:
    question = Question("q", "starts_at", "Q", "moment")
    typed = {"q": "3/4/2026 09:30", "zone": "America/Chicago"}
    assert value_of(question, typed) == "2026-03-04T09:30:00-06:00"
    assert value_of(question, {"q": "2026-03-04 09:30"}) == "2026-03-04 09:30"


def test_a_whole_draft_is_a_packet_and_comes_back_as_it_was() -> None:
    draft = WHOLE.with_entry("household", None, ADULT).with_entry("household", None, ADULT)
    draft = draft.without_entry("household", 1)
    draft = Draft(draft.pages, draft.lists, WHOLE.whole, {"other@child": "lost"}, draft.next_key)
    paper = Paper("household_identity", "household-2", "documents/01.png", date(2026, 1, 5))
    packet = parse_packet(packet_bytes(draft, [paper]))
    assert packet.documents[0].subject == "household:0"
    assert SUBJECT.fullmatch(packet.documents[0].subject)
    assert {task.progress for task in tasks(draft)} == {"done"}
    assert draft_of(draft.as_json()) == draft


def test_no_two_questions_of_a_page_share_a_name() -> None:
    names = {f"{section.slug}.{q.name}" for section in SECTIONS for q in section.questions}
    assert len(names) == sum(len(section.questions) for section in SECTIONS)


@pytest.mark.parametrize(
    ("slug", "name", "typed", "words"),
    [
        ("child", "date_of_birth", "soon", "This is not a date. Write it as 2012-05-02 or 5/2/2012."),
        ("child", "languages", "Spanish, ??", "This is not a language that Kinline knows."),
        ("child", "entered_care_on", "1/1/2001", "The child cannot have entered care before being born."),
        ("sponsor", "id_type", "", "“Kind of identity document” is missing. Fill it in, or empty"),
        ("contact", "phone", "113", "This is not a telephone number"),
        ("relationship", "sponsored_before", "many", "This is not a number that can be right."),
        ("packet", "reference", "no!", "This is not a reference."),
    ],
)
def test_a_fault_stands_at_its_question(slug: str, name: str, typed: str, words: str) -> None:
    draft = WHOLE.with_page(slug, Page({**WHOLE.page(slug).typed, name: typed}))
    (found,) = faults(draft)
    assert (found.slug, found.name, found.is_fault) == (slug, name, True)
    assert found.words.startswith(words)


def test_an_answer_that_no_longer_counts_is_not_in_the_packet() -> None:
    typed = {"has_caregiver": "no", "given_names": "Rosa"}
    assert "alternate_caregiver" not in packet_tree(WHOLE.with_page("caregiver", Page(typed)))
