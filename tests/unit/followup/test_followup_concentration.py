"""Who comes together at one place: by table, and against counting it all anew at each arrival."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from followup_builders import utc
from hypothesis import given
from hypothesis import strategies as st

from followup.concentration import RELATIVES, Stay, gathering, parse_concentration_rules
from integrations.concentration_rules import NEWEST, concentration_rules, concentration_text
from models.concentration import Sign
from models.errors import BadInput

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
START = utc("2024-01-01T09:00")
SIGN = Sign(rule="T", source="test", by="dwelling", children_at_least=3, sponsors_at_least=3, within_days=100)
UNCLE, STRANGER = "2A", "3"


def stay(
    child: int,
    sponsor: str,
    category: str = UNCLE,
    *,
    day: int = 0,
    until: int | None = None,
    application: int | None = None,
    same: tuple[int, ...] = (),
    split: tuple[int, ...] = (),
) -> Stay:
    """A child with a sponsor, whose blind keys are these letters. The application has the child's number."""
    return Stay(
        UUID(int=child),
        UUID(int=child if application is None else application),
        category,
        frozenset(letter.encode() for letter in sponsor),
        START + timedelta(days=day),
        None if until is None else START + timedelta(days=until),
        frozenset(UUID(int=n) for n in same),
        frozenset(UUID(int=n) for n in split),
    )


def counts(*stays: Stay) -> tuple[int, int, int] | None:
    """Children, families, sponsors of the largest number at once; None when nobody need look."""
    found = gathering(stays, SIGN)
    return None if found is None else (found.children, found.families, found.sponsors)


def test_a_merged_version_is_never_edited_and_says_what_is_ours() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["concentration"]
    assert known == {NEWEST: sha256(concentration_text().encode()).hexdigest()}
    assert all(sign.unverified for sign in concentration_rules().signs)
    with pytest.raises(BadInput):
        parse_concentration_rules(concentration_text().replace('by = "dwelling"', 'by = "street"'))


@pytest.mark.parametrize(
    ("stays", "found"),
    [
        # One relative's children are one family, however many: brothers and sisters.
        ([stay(1, "a"), stay(2, "a"), stay(3, "a"), stay(4, "a")], None),
        # A nonrelative's are each a child of its own.
        ([stay(1, "a", STRANGER), stay(2, "a", STRANGER)], None),
        ([stay(1, "a", STRANGER), stay(2, "a", STRANGER), stay(3, "a", STRANGER)], (3, 3, 1)),
        # Three relatives, three families.
        ([stay(1, "a"), stay(2, "b"), stay(3, "c")], (3, 3, 3)),
        ([stay(1, "a"), stay(2, "a"), stay(3, "b"), stay(4, "b")], None),
        # One person by name or by document, by a link or a merge; unless a person said otherwise.
        ([stay(1, "ax"), stay(2, "bx"), stay(3, "c")], None),
        ([stay(1, "ax"), stay(2, "xy"), stay(3, "yb"), stay(4, "c")], None),
        ([stay(1, "a"), stay(2, "b", same=(1,)), stay(3, "c")], None),
        ([stay(1, "a", same=(99,)), stay(2, "b"), stay(3, "c")], (3, 3, 3)),
        ([stay(1, "a", split=(2,)), stay(2, "a", split=(1,)), stay(3, "c")], (3, 3, 3)),
        # One child whom three ask for is one child, and three sponsors.
        ([stay(1, "a"), stay(1, "b", application=8), stay(1, "c", application=9)], (1, 1, 3)),
        ([stay(1, "a"), stay(1, "b", application=8)], None),
        # The same family twice, after a while elsewhere.
        ([stay(1, "a", until=10), stay(1, "a", day=50), stay(2, "b")], None),
        # Long after each other they did not come together; 100 days after they did.
        ([stay(1, "a", until=10), stay(2, "b", day=20), stay(3, "c", day=111)], None),
        ([stay(1, "a", until=10), stay(2, "b", day=20), stay(3, "c", day=110)], (3, 3, 3)),
        # Who is still there is there, however long ago they came.
        ([stay(1, "a"), stay(2, "b", day=900), stay(3, "c", day=1800)], (3, 3, 3)),
    ],
)
def test_who_counts_as_several(stays: list[Stay], found: tuple[int, int, int] | None) -> None:
    assert counts(*stays) == found
    assert counts(*reversed(stays)) == found


def test_who_was_there_at_another_time_is_not_among_them() -> None:
    early = stay(9, "z", until=5)
    found = gathering(
        [early, stay(1, "a", day=500), stay(2, "b", day=510), stay(3, "c", day=520)],
        SIGN,
    )
    assert found is not None
    assert sorted(case.int for case in found.cases) == [1, 2, 3]
    assert (found.first_at, found.last_at) == (START + timedelta(days=500), START + timedelta(days=520))


STAYS = st.lists(
    st.builds(
        lambda child, sponsor, category, day, length: stay(
            child,
            sponsor,
            category,
            day=day,
            until=None if length is None else day + length,
            application=100 * child + ord(sponsor),
        ),
        st.integers(1, 6),
        st.sampled_from("abcd"),
        st.sampled_from(["1", "2A", "2B", "3"]),
        st.integers(0, 400),
        st.one_of(st.none(), st.integers(0, 200)),
    ),
    max_size=10,
)


@given(STAYS)
def test_it_is_what_counting_anew_at_each_arrival_gives(stays: list[Stay]) -> None:
    # An application has one sponsor and one category.
    category = {one.application_id: one.category for one in stays}
    stays = [stay_with(one, category[one.application_id]) for one in stays]
    cases: set[UUID] = set()
    for arrival in stays:
        there = [
            one
            for one in stays
            if one.since <= arrival.since
            and (one.until is None or one.until >= arrival.since - timedelta(days=SIGN.within_days))
        ]
        children = {one.case_id for one in there}
        families = {
            one.keys if one.category in RELATIVES else frozenset({str(one.case_id).encode()}) for one in there
        }
        if min(len(families), len(children)) >= 3 or len({one.keys for one in there}) >= 3:
            cases |= children
    found = gathering(stays, SIGN)
    assert (set(found.cases) if found else set()) == cases


def stay_with(one: Stay, category: str) -> Stay:
    return Stay(one.case_id, one.application_id, category, one.keys, one.since, one.until)
