"""A row of the court's list: what it says, what is wrong with it, and what it changes."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.catalog import sayable_city
from followup.hearings import (
    NEEDED,
    change_of,
    court_named,
    courts_by_name,
    is_partial,
    parse_courts,
    parse_hearing,
)
from integrations.court_list import NEWEST, courts, courts_text
from models.court import BadHearing, HearingChange, HearingRow, KnownHearing, WholeList
from models.errors import BadInput

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
COURTS = courts_by_name(courts())
NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
GOOD = {
    "a_number": "220500001",
    "date_of_birth": "2011-05-02",
    "court": "Los Angeles Immigration Court",
    "hearing_key": "LA-1",
    "starts_at": "2026-05-12T09:30-07:00",
    "kind": "master",
    "state": "scheduled",
    "outcome": "",
}
STARTS = datetime(2026, 5, 12, 16, 30, tzinfo=UTC)


def row(**cells: object) -> HearingRow | BadHearing:
    return parse_hearing(7, GOOD | cells, COURTS, NOW)


def good(**cells: object) -> HearingRow:
    found = row(**cells)
    assert isinstance(found, HearingRow)
    return found


def known(**values: object) -> KnownHearing:
    whole = {
        "starts_at": STARTS,
        "kind": "master",
        "state": "scheduled",
        "outcome": None,
        "source": "court",
        "vanished": False,
    }
    return KnownHearing(**(whole | values))  # type: ignore[arg-type]


def test_a_row_is_read_whole() -> None:
    found = good(a_number="A220-500-001", kind=" Master ", state="SCHEDULED")
    assert (found.line, found.a_number, found.born_on, found.padded) == (
        7,
        "220500001",
        date(2011, 5, 2),
        False,
    )
    assert (found.court, found.starts_at, found.zone) == (GOOD["court"], STARTS, "America/Los_Angeles")
    assert (found.kind, found.state, found.outcome) == ("master", "scheduled", None)
    assert good(a_number="20500001").padded
    assert good(a_number="20500001").a_number == "020500001"


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("2026-05-12T09:30-07:00", "Etc/GMT+7"),
        ("2026-05-12T09:30-07:00[America/Los_Angeles]", "America/Los_Angeles"),
        ("2026-05-12T09:30[America/Los_Angeles]", "America/Los_Angeles"),
        ("2026-05-12T16:30Z", None),
        ("2026-05-12T22:00+05:30", None),
    ],
)
def test_a_court_that_is_not_on_the_list_has_the_clock_of_its_row(written: str, zone: str | None) -> None:
    found = good(court="Nowhere Immigration Court", starts_at=written)
    assert (found.starts_at, found.zone) == (STARTS, zone)
    # A court that is known has its own, whatever the row was written in.
    assert good(starts_at=written).zone == "America/Los_Angeles"


@pytest.mark.parametrize(
    "name", ["los angeles", "LOS ANGELES IMMIGRATION COURT", "Immigration Court, Los  Angeles"]
)
def test_a_court_is_known_by_its_place(name: str) -> None:
    assert good(court=name).court == "Los Angeles Immigration Court"


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"a_number": "12"}, "a_number", "wrong_value"),
        ({"date_of_birth": "2030-01-01"}, "date_of_birth", "in_the_future"),
        ({"court": ""}, "court", "missing"),
        ({"court": "x" * 81}, "court", "wrong_value"),
        ({"hearing_key": "A220500001/1"}, "hearing_key", "holds_the_a_number"),
        ({"starts_at": "2026-05-12T09:30"}, "starts_at", "wrong_value"),
        ({"starts_at": "2026-05-12T09:30[Mars/Base]"}, "starts_at", "wrong_value"),
        ({"starts_at": 5}, "starts_at", "wrong_value"),
        ({"kind": "bond"}, "kind", "wrong_value"),
        ({"state": "postponed"}, "state", "wrong_value"),
        ({"outcome": "won"}, "outcome", "wrong_value"),
        ({"state": "completed"}, "state", "not_yet"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(cells: dict[str, object], field: str, code: str) -> None:
    found = row(**cells)
    assert isinstance(found, BadHearing)
    (problem,) = found.problems
    assert (problem.field, problem.code) == (field, code)
    assert problem.remedy


def test_an_outcome_counts_only_of_what_was_held() -> None:
    assert good(outcome="missed").outcome is None
    held = good(outcome="missed", state="completed", starts_at="2026-01-12T09:30-08:00")
    assert held.outcome == "missed"


@given(st.fixed_dictionaries({column: st.text(min_size=4, max_size=20) for column in NEEDED}))
def test_no_problem_and_no_printed_row_quotes_a_cell(cells: dict[str, str]) -> None:
    found = parse_hearing(1, {name: f"Zq7{text}7qZ" for name, text in cells.items()}, COURTS, NOW)
    assert isinstance(found, BadHearing)
    assert "Zq7" not in repr(found.problems)
    assert "220500001" not in repr(good()) + repr(row(kind="no"))


LATER = "2026-06-12T09:30-07:00"
PAST = {"starts_at": "2026-01-12T09:30-08:00"}


@pytest.mark.parametrize(
    ("standing", "cells", "change"),
    [
        (None, {}, "added"),
        ({}, {}, "unchanged"),
        ({}, {"state": "moved"}, "unchanged"),
        ({"state": "moved"}, {}, "unchanged"),
        ({}, {"starts_at": LATER}, "moved"),
        ({}, {"kind": "individual"}, "updated"),
        ({"vanished": True}, {}, "updated"),
        ({"source": "packet"}, {}, "updated"),
        ({}, {"state": "cancelled"}, "cancelled"),
        ({"state": "cancelled"}, {"state": "cancelled"}, "unchanged"),
        ({"state": "cancelled"}, {}, "restored"),
        ({}, PAST | {"state": "completed"}, "completed"),
        ({"state": "completed"}, PAST | {"state": "completed"}, "unchanged"),
        ({"state": "completed"}, PAST | {"state": "completed", "outcome": "missed"}, "completed"),
        (
            {"state": "completed", "outcome": "missed"},
            PAST | {"state": "completed", "outcome": "missed"},
            "unchanged",
        ),
        # The list lags behind: nobody is invited again to what is over. Another day is news.
        ({"state": "completed", "outcome": "attended"}, {}, "unchanged"),
        ({"state": "completed", "outcome": "continued"}, {"starts_at": LATER}, "restored"),
    ],
)
def test_what_a_row_changes(
    standing: dict[str, object] | None, cells: dict[str, object], change: str
) -> None:
    hearing = None if standing is None else known(**standing)
    assert change_of(hearing, good(**cells)) == HearingChange(change)


def test_a_list_is_a_part_when_it_lacks_more_than_a_whole_one_would() -> None:
    rule = WholeList(at_most_share=0.2, from_known=100)
    assert [is_partial(known, gone, rule) for known, gone in ((99, 99), (100, 20), (100, 21), (0, 0))] == [
        False,
        False,
        True,
        False,
    ]


# --- the courts -------------------------------------------------------------------------------------


def test_a_merged_list_of_courts_is_never_edited() -> None:
    known_digests = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["courts"]
    assert known_digests == {NEWEST: hashlib.sha256(courts_text().encode()).hexdigest()}


def test_every_city_can_be_said_in_a_text() -> None:
    said = {court.name: sayable_city(court.city) for court in courts().courts}
    assert [name for name, city in said.items() if not city] == []
    assert len(said) > 60


def test_two_courts_never_share_a_name_and_each_has_a_clock() -> None:
    text = courts_text()
    with pytest.raises(BadInput, match="named_twice"):
        parse_courts(text.replace('name = "Boston Immigration Court"', 'name = "Denver Immigration Court"'))
    with pytest.raises(BadInput):
        parse_courts(text.replace("America/Denver", "America/Denfer"))
    assert court_named("Somewhere", COURTS) is None
