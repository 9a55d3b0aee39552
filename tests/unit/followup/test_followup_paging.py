"""Whose turn it is to be paged, and where the rota has a gap: by table and by property."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from followup_builders import utc
from hypothesis import given, settings
from hypothesis import strategies as st

from followup.catalog import forbidden_in, segments
from followup.paging import (
    NobodyReached,
    Spent,
    Turn,
    gaps,
    next_turn,
    page_text,
    pages,
    parse_paging_rules,
)
from integrations.paging_rules import NEWEST, paging_rules, paging_rules_text
from models.errors import BadInput, NotFound
from models.paging import Gap, PagingFacts, Shift

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
NOW = utc("2026-02-02T09:00")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RULES = paging_rules()
FIRST, SECOND, BOSS = UUID(int=1), UUID(int=2), UUID(int=3)
ALL = {1: [FIRST], 2: [SECOND], 3: [BOSS]}


def turn(step: int, *told: int, people: dict[int, list[UUID]] | None = None) -> Turn | NobodyReached | Spent:
    return next_turn(PagingFacts(step, frozenset(told)), ALL if people is None else people, RULES, NOW)


@pytest.mark.parametrize(
    ("step", "told", "level", "who"),
    [
        (0, (), 1, FIRST),
        (1, (0,), 2, SECOND),
        (1, (), 2, SECOND),  # the first could not be told
        (2, (0, 1), 3, BOSS),
        (3, (0, 1, 2), 1, FIRST),  # nobody took it: once more from the first on
        (3, (1,), 1, FIRST),
        (8, (0, 5, 6), 3, BOSS),
    ],
)
def test_each_rung_has_its_turn(step: int, told: tuple[int, ...], level: int, who: UUID) -> None:
    rung = RULES.rungs[level - 1]
    assert turn(step, *told) == Turn(step, rung, (who,), NOW + rung.wait_minutes * MINUTE)


@pytest.mark.parametrize(
    ("people", "step", "empty"),
    [({2: [SECOND], 3: [BOSS]}, 1, (0,)), ({3: [BOSS, FIRST]}, 2, (0, 1))],
)
def test_a_rung_with_nobody_gives_its_turn_on_at_once(
    people: dict[int, list[UUID]], step: int, empty: tuple[int, ...]
) -> None:
    found = turn(0, people=people)
    assert isinstance(found, Turn)
    assert (found.step, found.empty, found.people) == (step, empty, tuple(people[step + 1]))


def test_a_ladder_that_reached_nobody_begins_anew_and_is_never_spent() -> None:
    retry_at = NOW + RULES.repeat.retry_minutes * MINUTE
    assert turn(0, people={}) == NobodyReached(0, retry_at, (0, 1, 2))
    assert turn(3) == NobodyReached(0, retry_at)
    last = 3 * RULES.repeat.times
    assert turn(last, 0, 3) == NobodyReached(last - 3, retry_at)


def test_it_is_spent_when_everybody_was_told_as_often_as_the_rules_say() -> None:
    last = 3 * RULES.repeat.times
    assert turn(last, *range(last)) == Spent()
    assert turn(last - 1, *range(last - 1), people={1: [FIRST]}) == Spent((last - 1,))


@given(
    st.lists(st.tuples(st.sets(st.sampled_from([1, 2, 3])), st.booleans()), min_size=1, max_size=40),
)
@settings(max_examples=50)
def test_whoever_comes_and_goes_it_ends_only_after_somebody_was_told_in_every_ladder(
    world: list[tuple[set[int], bool]],
) -> None:
    step, told, now = 0, set[int](), NOW
    for there, provider_works in world:
        people = {level: ALL[level] for level in there}
        found = next_turn(PagingFacts(step, frozenset(told)), people, RULES, now)
        if isinstance(found, Spent):
            size = len(RULES.rungs)
            assert {at // size for at in told} == set(range(RULES.repeat.times))
            return
        assert found.next_at > now
        if isinstance(found, Turn):
            assert set(found.people) == set(people[found.rung.level])
            step = found.step + 1
            if provider_works:
                told.add(found.step)
                now = found.next_at
        else:
            step, now = found.step, found.next_at


@pytest.mark.parametrize(
    ("reason", "wakes"),
    [
        ("child_asks_for_help", True),
        ("sponsor_asks_for_help", True),
        ("help_after_closure", True),
        ("overdue", False),
        ("no_contact", False),
    ],
)
def test_a_cry_for_help_wakes_somebody_and_what_is_late_does_not(reason: str, wakes: bool) -> None:
    assert pages(reason, RULES) is wakes


# --- the words ------------------------------------------------------------------------------------


@given(st.uuids())
def test_a_page_says_nothing_of_anybody_whatever_the_id(task: UUID) -> None:
    said = page_text(task, RULES)
    assert said.startswith("Kinline: ")
    assert (forbidden_in(said), segments(said)) == ([], 1)
    assert str(task)[:6] in said
    assert "?" not in said


@pytest.mark.parametrize(
    "body",
    [
        "Kinline: a child needs help. Her sponsor called. Task {task}.",
        "Kinline: take it.",
        "Kinline: {task} of {name}.",
        "An urgent task waits. Task {task}.",
        "Kinline: Task {task}. " + "x" * 160,
    ],
)
def test_words_that_would_tell_something_or_do_not_fit_are_refused(body: str) -> None:
    text = paging_rules_text().replace(RULES.text.body, body)
    with pytest.raises(BadInput, match="not_neutral"):
        parse_paging_rules(text)


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("level = 2", "level = 4"),
        ("place = 1", "place = 3"),
        ('role = "supervisor"\n', ""),
        ("times = 3", "times = 0"),
        ("wait_minutes = 10", "wait_minutes = 0"),
        ('title = "', 'titel = "'),
    ],
)
def test_rules_that_are_not_whole_are_refused(was: str, becomes: str) -> None:
    assert was in paging_rules_text()
    with pytest.raises(BadInput):
        parse_paging_rules(paging_rules_text().replace(was, becomes, 1))


def test_each_line_says_where_it_comes_from_and_none_is_called_verified() -> None:
    lines = [*RULES.reasons, *RULES.rungs, RULES.repeat, RULES.strangers, RULES.rota, RULES.text]
    assert all(line.source and line.unverified for line in lines)
    assert len({line.rule for line in lines}) == len(lines)


def test_merged_rules_are_never_edited() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["pages"]
    assert known == {NEWEST: hashlib.sha256(paging_rules_text().encode()).hexdigest()}
    with pytest.raises(NotFound):
        paging_rules("paging-0")


# --- the rota -------------------------------------------------------------------------------------

END = NOW + 10 * HOUR


def shift(begins: int, ends: int, place: int = 1) -> Shift:
    return Shift(FIRST, place, NOW + begins * HOUR, NOW + ends * HOUR)


@pytest.mark.parametrize(
    ("known", "empty"),
    [
        ([], [(0, 10)]),
        ([shift(-5, 20)], []),
        ([shift(0, 10)], []),
        ([shift(-9, -1)], [(0, 10)]),
        ([shift(11, 12)], [(0, 10)]),
        ([shift(2, 4)], [(0, 2), (4, 10)]),
        ([shift(4, 10), shift(0, 4)], []),
        ([shift(0, 3), shift(1, 2), shift(5, 9)], [(3, 5), (9, 10)]),
    ],
)
def test_each_time_without_anybody_is_a_gap(known: list[Shift], empty: list[tuple[int, int]]) -> None:
    covered = [*known, shift(0, 10, place=2)]
    assert gaps(covered, NOW, END) == tuple(Gap(1, NOW + a * HOUR, NOW + b * HOUR) for a, b in empty)


@given(st.lists(st.tuples(st.integers(-5, 14), st.integers(1, 8), st.sampled_from([1, 2])), max_size=8))
def test_at_every_hour_there_is_somebody_or_a_gap_and_never_both(spans: list[tuple[int, int, int]]) -> None:
    known = [shift(begins, begins + length, place) for begins, length, place in spans]
    found = gaps(known, NOW, END)
    for place in (1, 2):
        for hour in range(10):
            at = NOW + hour * HOUR
            somebody = any(s.place == place and s.begins_at <= at < s.ends_at for s in known)
            gap = any(g.place == place and g.begins_at <= at < g.ends_at for g in found)
            assert somebody != gap
