"""What two people say of a hit, and until when it bars."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.hits import NEWEST, hit_classes, hits_text
from models.errors import BadInput
from models.findings import FindingCode
from models.states import CheckKind, CheckState
from tests.unit.vetting.scenes import NOW, P2025, a_check, ready
from vetting import checks
from vetting.checks import Standing, hit_of
from vetting.hits import Voice, parse_hit_classes, together, voice, years_after

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
TODAY = NOW.date()
CLEAR, BAR, ANOTHER = Voice("clear"), Voice("bar"), Voice("not_this_person")
SOON, LATER = Voice("bar_5y", date(2027, 1, 1)), Voice("bar_5y", date(2028, 1, 1))


def test_a_merged_version_is_never_edited() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["hits"]
    assert list(known)[-1] == NEWEST
    assert known == {version: sha256(hits_text(version).encode()).hexdigest() for version in known}
    assert all(line.source and line.unverified for line in hit_classes().classes)


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (CLEAR, CLEAR, CLEAR),
        (CLEAR, BAR, BAR),
        (SOON, CLEAR, SOON),
        (SOON, LATER, LATER),
        (LATER, BAR, BAR),
        (BAR, BAR, BAR),
        (ANOTHER, ANOTHER, ANOTHER),
        (ANOTHER, CLEAR, CLEAR),
        (ANOTHER, SOON, SOON),
        (ANOTHER, BAR, BAR),
    ],
)
def test_of_two_that_differ_the_graver_stands(first: Voice, second: Voice, stands: Voice) -> None:
    assert together(first, second) == together(second, first) == stands


@pytest.mark.parametrize(
    ("offence_on", "until"),
    [
        (date(2021, 2, 2), date(2026, 2, 2)),  # its last day is today
        (date(2024, 2, 29), date(2029, 3, 1)),
        (TODAY, date(2031, 2, 2)),
    ],
)
def test_five_years_count_from_the_offence(offence_on: date, until: date) -> None:
    assert voice("bar_5y", offence_on, hit_classes(), TODAY) == Voice("bar_5y", until)


@pytest.mark.parametrize(
    ("word", "offence_on", "code"),
    [
        ("bar_5y", None, "missing"),
        ("bar_5y", TODAY + timedelta(days=1), "in_the_future"),
        ("bar_5y", date(2021, 2, 1), "too_long_ago"),
        ("clear", date(2024, 1, 1), "wrong_value"),
        ("bar", date(2024, 1, 1), "wrong_value"),
        ("not_this_person", date(2024, 1, 1), "wrong_value"),
        ("perhaps", None, "wrong_value"),
    ],
)
def test_a_day_that_does_not_fit_the_verdict_is_refused(
    word: str, offence_on: date | None, code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        voice(word, offence_on, hit_classes(), TODAY)
    assert [p.code for p in caught.value.problems] == [code]


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(1, 30))
def test_years_are_never_cut_short(day: date, years: int) -> None:
    later = years_after(day, years)
    assert later.year == day.year + years
    assert (later.month, later.day) in {(day.month, day.day), (3, 1)}


@pytest.mark.parametrize("text", ["version = ", 'version = "x"\ntitle = "y"\nclasses = []'])
def test_a_file_that_lacks_a_verdict_is_none(text: str) -> None:
    with pytest.raises(BadInput):
        parse_hit_classes(text)


@pytest.mark.parametrize(
    ("change", "days", "stands"),
    [
        ({}, 0, Standing.HIT_REVIEW),
        ({"adjudication": "clear"}, 0, None),
        ({"adjudication": "bar"}, 3650, Standing.HIT_BAR),
        ({"adjudication": "bar_5y", "bars_until_on": TODAY}, 0, Standing.HIT_BAR),
        # The years are over: nothing clears itself, two people judge it anew.
        ({"adjudication": "bar_5y", "bars_until_on": TODAY}, 1, Standing.HIT_REVIEW),
        ({"adjudication": "bar_5y"}, 3650, Standing.HIT_BAR),
        # What the provider calls a bar stays one, and a graver word outlives what was judged before it.
        ({"state": CheckState.HIT_BAR, "adjudication": "clear"}, 0, Standing.HIT_BAR),
        # But what another person did bars nobody else.
        ({"state": CheckState.HIT_BAR, "adjudication": "not_this_person"}, 0, None),
        ({"adjudication": "not_this_person"}, 0, None),
    ],
)
def test_a_hit_stands_as_it_was_judged(change: dict[str, Any], days: int, stands: Standing | None) -> None:
    hit = replace(a_check(CheckKind.PUBLIC_RECORDS, CheckState.HIT_REVIEW), **change)
    now = NOW + timedelta(days=days)
    assert hit_of(hit, now) is stands
    facts = ready()
    facts = replace(facts, checks=tuple(hit if c.kind is hit.kind else c for c in facts.checks))
    codes = {f.code for f in checks.findings(facts, P2025, now) if f.evidence["kind"] == hit.kind}
    expected = {
        Standing.HIT_BAR: FindingCode.CHECK_HIT_BAR,
        Standing.HIT_REVIEW: FindingCode.CHECK_HIT_REVIEW,
    }
    assert codes == ({expected[stands]} if stands else set())
