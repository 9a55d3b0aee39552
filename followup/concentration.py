"""Whether unrelated children or sponsors come together at one place over time. Pure: facts and rules are arguments.

Poor families share homes: what is found is for a person to look at, and blocks nothing.
"""

from __future__ import annotations

import heapq
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from models.concentration import ConcentrationRules, Sign
from models.errors import BadInput, Problem

# The categories of relatives: a parent or guardian, and the close kin of 2A and 2B.
RELATIVES = frozenset({"1", "2A", "2B"})
_K = TypeVar("_K")


@dataclass(frozen=True, slots=True)
class Stay:
    """That an application names this place, from `since` to `until` (None: still). `keys`: blind ones of its sponsor.

    `same` and `split`: other applications whose sponsor is, or by a person's word is not, this one's.
    """

    case_id: UUID
    application_id: UUID
    category: str
    keys: frozenset[bytes]
    since: datetime
    until: datetime | None = None
    same: frozenset[UUID] = frozenset()
    split: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Gathering:
    """Who came together: all `cases` that were ever among too many, and the counts of the largest number at once.

    `families`: unrelated children, where those of one relative count as one.
    """

    cases: Mapping[UUID, datetime]  # with the first day of each at this place
    children: int
    families: int
    sponsors: int
    first_at: datetime
    last_at: datetime


def gathering(stays: Sequence[Stay], sign: Sign) -> Gathering | None:
    """Those who came together at this place so that the sign holds at some time; None when it never did.

    Two stays are together when one began no later than `within_days` after the other's end.
    """
    people = _people(stays)
    together = _Together(people)
    largest, cases, before = (0, 0, 0), set[UUID](), False
    for arrivals in _by_arrival(stays):
        together.leave_by(arrivals[0].since - timedelta(days=sign.within_days))
        together.arrive(arrivals)
        children, families, sponsors = together.counts()
        holds = families >= sign.children_at_least or sponsors >= sign.sponsors_at_least
        if holds:
            cases |= {stay.case_id for stay in arrivals} if before else together.case_ids()
            largest = max(largest, (families, sponsors, children))
        before = holds
    if not cases:
        return None
    first = _first_days(stays, cases)
    families, sponsors, children = largest
    return Gathering(first, children, families, sponsors, min(first.values()), max(first.values()))


def _by_arrival(stays: Iterable[Stay]) -> Iterator[list[Stay]]:
    ordered = sorted(stays, key=lambda stay: (stay.since, stay.application_id))
    return (list(group) for _, group in groupby(ordered, key=lambda stay: stay.since))


def _first_days(stays: Iterable[Stay], cases: set[UUID]) -> dict[UUID, datetime]:
    first: dict[UUID, datetime] = {}
    for stay in stays:
        if stay.case_id in cases:
            first[stay.case_id] = min(stay.since, first.get(stay.case_id, stay.since))
    return first


class _Together:
    """Who is at the place, counted as they come and go."""

    def __init__(self, people: Mapping[UUID, UUID]) -> None:
        self._people = people
        self._cases: Counter[UUID] = Counter()
        self._families: Counter[tuple[str, UUID]] = Counter()
        self._sponsors: Counter[UUID] = Counter()
        self._ends: list[tuple[datetime, int, Stay]] = []
        self._serial = 0

    def arrive(self, stays: Iterable[Stay]) -> None:
        for stay in stays:
            self._count(stay, 1)
            if stay.until is not None:
                self._serial += 1
                heapq.heappush(self._ends, (stay.until, self._serial, stay))

    def leave_by(self, at: datetime) -> None:
        """Those who had left at that time are not counted any more."""
        while self._ends and self._ends[0][0] < at:
            self._count(heapq.heappop(self._ends)[2], -1)

    def counts(self) -> tuple[int, int, int]:
        """Children, families and sponsors. One child with two sponsors is still one child."""
        children = len(self._cases)
        return children, min(children, len(self._families)), len(self._sponsors)

    def case_ids(self) -> set[UUID]:
        return set(self._cases)

    def _count(self, stay: Stay, step: int) -> None:
        person = self._people[stay.application_id]
        _step(self._cases, stay.case_id, step)
        _step(self._sponsors, person, step)
        _step(
            self._families,
            ("sponsor", person) if stay.category in RELATIVES else ("child", stay.case_id),
            step,
        )


def _step(counter: Counter[_K], key: _K, step: int) -> None:
    counter[key] += step
    if not counter[key]:
        del counter[key]


def _people(stays: Sequence[Stay]) -> dict[UUID, UUID]:
    """For each application the one that stands for its sponsor: who shares a key, or was found to be the same.

    Whom a person has said to be two stay two, unless something else makes them one.
    """
    parent = {stay.application_id: stay.application_id for stay in stays}

    def root(one: UUID) -> UUID:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    holders: dict[bytes, list[Stay]] = defaultdict(list)
    for stay in stays:
        alike = [other for key in stay.keys for other in holders[key][:1]]
        for other in (one.application_id for one in alike if one.application_id not in stay.split):
            parent[root(stay.application_id)] = root(other)
        for other in stay.same - stay.split:
            if other in parent:
                parent[root(stay.application_id)] = root(other)
        for key in stay.keys:
            holders[key].append(stay)
    return {one: root(one) for one in parent}


def parse_concentration_rules(text: str) -> ConcentrationRules:
    """The rules that this TOML text holds.

    Raises:
        BadInput: it is no such file.
    """
    try:
        return ConcentrationRules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(
            Problem("concentration", "wrong_value", f"{err}.", "See models/concentration.py.")
        ) from None
