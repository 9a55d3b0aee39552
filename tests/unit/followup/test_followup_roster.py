"""The official list of releases: what a row says, what is wrong with one, and what is owed to a newcomer."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from followup_builders import utc
from hypothesis import given
from hypothesis import strategies as st

from followup.accounting import LOST_REVIEW_WITHIN, classify
from followup.roster import (
    COLUMNS,
    begins_as,
    confirm_release,
    first_duty,
    parse_roster_rules,
    parse_row,
    policy_then,
)
from integrations.policies import followup_policies, followup_policy
from integrations.roster_rules import NEWEST, roster_rules, roster_rules_text
from models.errors import BadInput, NotFound
from models.facts import ChildInSight
from models.roster import BadRow, RosterRow
from models.states import CaseState

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
NOW = utc("2026-02-02T15:00")
TODAY = NOW.date()
RULES = roster_rules()
POLICY = followup_policy("swb-2024r3")
GOOD = {
    "a_number": "220559901",
    "date_of_birth": "2012-05-02",
    "released_on": "2026-01-20",
    "reference": "ORR/2026-0001",
}


def row(**cells: Any) -> RosterRow | BadRow:
    return parse_row(7, GOOD | cells, TODAY)


# --- a row ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("220559901", "220559901"),
        ("A220559901", "220559901"),
        ("a-220-559-901", "220559901"),
        (" A 220 559 901 ", "220559901"),
        ("20559901", "020559901"),  # a leading zero that a spreadsheet took away
    ],
)
def test_an_a_number_is_read_as_it_is_written_on_papers(written: str, read: str) -> None:
    found = row(a_number=written)
    assert isinstance(found, RosterRow)
    assert (found.a_number, found.line, found.reference) == (read, 7, "ORR/2026-0001")
    assert (found.born_on, found.released_on) == (date(2012, 5, 2), date(2026, 1, 20))


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        ({"a_number": ""}, [("a_number", "missing")]),
        ({"a_number": None}, [("a_number", "missing")]),
        ({"a_number": 220559901}, [("a_number", "wrong_value")]),
        ({"a_number": "2205599"}, [("a_number", "wrong_value")]),
        ({"a_number": "2205599011"}, [("a_number", "wrong_value")]),
        ({"a_number": "٢٢٠٥٥٩٩٠١"}, [("a_number", "wrong_value")]),
        ({"date_of_birth": "02/05/2012"}, [("date_of_birth", "wrong_value")]),
        ({"date_of_birth": "2012-02-30"}, [("date_of_birth", "wrong_value")]),
        ({"date_of_birth": "20120502"}, [("date_of_birth", "wrong_value")]),
        ({"date_of_birth": "2026-02-03"}, [("date_of_birth", "in_the_future")]),
        ({"released_on": "2026-02-03"}, [("released_on", "in_the_future")]),
        ({"released_on": "2012-05-01"}, [("released_on", "before_birth")]),
        ({"reference": "x"}, [("reference", "wrong_value")]),
        ({"reference": "two words"}, [("reference", "wrong_value")]),
        ({"reference": "A-220559901"}, [("reference", "holds_the_a_number")]),
        ({"reference": "A220-559-901/b"}, [("reference", "holds_the_a_number")]),
        (
            {"a_number": "?", "date_of_birth": "?", "released_on": "?", "reference": "?"},
            [(column, "wrong_value") for column in COLUMNS],
        ),
    ],
)
def test_a_bad_row_says_of_each_field_what_is_wrong(cells: dict[str, Any], problems: list[Any]) -> None:
    found = row(**cells)
    assert isinstance(found, BadRow)
    assert [(p.field, p.code) for p in found.problems] == problems
    assert all(p.message and p.remedy for p in found.problems)
    assert found.line == 7


def test_today_is_no_day_to_come() -> None:
    assert isinstance(row(released_on=TODAY.isoformat()), RosterRow)


def test_a_refused_row_still_says_whom_it_is_about() -> None:
    """So that the child is not told to be missing from the list."""
    found = row(released_on="soon")
    assert isinstance(found, BadRow)
    assert (found.a_number, found.reference) == ("220559901", "ORR/2026-0001")


@given(st.fixed_dictionaries({column: st.text(min_size=4, max_size=20) for column in COLUMNS}))
def test_no_problem_and_no_printed_row_quotes_a_cell(cells: dict[str, str]) -> None:
    secret = {column: f"Zq7{text}7qZ" for column, text in cells.items()}
    found = parse_row(1, secret, TODAY)
    assert isinstance(found, BadRow)
    assert "Zq7" not in repr(found.problems)
    assert "220559901" not in repr(row()) + repr(row(released_on="soon"))
    assert "2012" not in repr(row())


# --- the rules ------------------------------------------------------------------------------------


def test_rules_that_were_merged_are_never_edited() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["rosters"]
    assert known == {NEWEST: hashlib.sha256(roster_rules_text().encode()).hexdigest()}


def test_every_line_of_the_rules_names_its_source() -> None:
    for line in (RULES.zone, *RULES.duties):
        assert line.source
        assert line.unverified


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("within_hours = 72", "within_hours = 169"),
        ("within_hours = 72", "within_hours = 0"),
        ('kind = "confirm_release"', 'kind = "locate_child"'),
        ('zone = "America/Chicago"', 'zone = "America/Shicago"'),
        ("[zone]", "[zone"),
    ],
)
def test_rules_that_would_lose_a_child_or_are_not_whole_are_refused(find: str, put: str) -> None:
    assert roster_rules_text().count(find) == 1
    with pytest.raises(BadInput):
        parse_roster_rules(roster_rules_text().replace(find, put))


def test_rules_that_do_not_exist_are_not_found() -> None:
    with pytest.raises(NotFound):
        roster_rules("roster-1999-01")


# --- what is owed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born_on", "kind", "hours"),
    [
        ("2012-05-02", "locate_child", 72),
        ("2008-02-03", "locate_child", 72),  # 18 tomorrow
        ("2008-02-02", "closure_review", 12),  # 18 today
        ("1999-01-01", "closure_review", 12),
    ],
)
def test_a_child_is_to_be_located_and_who_is_18_is_for_a_person_to_close(
    born_on: str, kind: str, hours: int
) -> None:
    duty = first_duty(date.fromisoformat(born_on), RULES, POLICY, NOW)
    assert (duty.kind, duty.in_sight, duty.opens_at) == (kind, True, NOW)
    assert duty.due_at == NOW + timedelta(hours=hours)
    assert (duty.queue, bool(duty.rule)) == ("case_management", True)


@given(st.integers(0, 4000), st.booleans())
def test_whenever_the_release_was_the_child_is_accounted_for_from_the_first_instant(
    days: int, grown: bool
) -> None:
    released_at = NOW - timedelta(days=days)
    born_on = date(2000, 1, 1) if grown else date(2015, 1, 1)
    duty = first_duty(born_on, RULES, POLICY, NOW)
    child = ChildInSight(
        case_id=None,  # type: ignore[arg-type]
        state=begins_as(released_at, duty.due_at, POLICY),
        last_contact_at=released_at,
        max_silence_days=POLICY.silence.max_silence_days,
        duties=((duty.due_at, duty.due_at),),
    )
    for at in (NOW, duty.due_at):
        assert classify(child, at) == "obligation"


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, "in_follow_up"), (117, "in_follow_up"), (118, "lost_contact"), (3000, "lost_contact")],
)
def test_who_was_not_heard_for_longer_than_the_policy_allows_is_lost_and_said_to_be(
    days: int, state: str
) -> None:
    # The longest silence is 120 days, and 3 days are given to locate the child.
    due_at = first_duty(date(2015, 1, 1), RULES, POLICY, NOW).due_at
    assert begins_as(NOW - timedelta(days=days), due_at, POLICY) == state


def test_a_child_in_care_whom_the_list_calls_released_counts_until_a_person_says_which_is_true() -> None:
    duty = confirm_release(date(2026, 1, 20), RULES, NOW)
    assert (duty.kind, duty.key, duty.queue) == ("confirm_release", "roster-2026-01-20", "supervision")
    child = ChildInSight(
        case_id=None,  # type: ignore[arg-type]
        state=CaseState.IN_CARE,
        last_contact_at=NOW - timedelta(days=300),
        max_silence_days=0,
        duties=((duty.due_at, duty.due_at + timedelta(days=7)),),
    )
    assert duty.due_at - NOW <= LOST_REVIEW_WITHIN
    assert classify(child, NOW) == classify(child, duty.due_at + timedelta(hours=1)) == "obligation"


@pytest.mark.parametrize(
    ("released_on", "version"),
    [
        ("2014-06-01", "swb-2016r3"),
        ("2016-01-01", "swb-2016r3"),
        ("2023-12-31", "swb-2016r3"),
        ("2024-01-01", "swb-2024r3"),
    ],
)
def test_the_policy_is_the_one_of_the_day_of_the_release(released_on: str, version: str) -> None:
    assert policy_then(followup_policies(), date.fromisoformat(released_on)).version == version
