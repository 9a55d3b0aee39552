"""The legal clocks and where free help is found."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from pathlib import Path

import pytest

from followup.court_help import ENDED, Clock, ends_on, parse_court_help
from integrations.court_help import NEWEST, court_help, court_help_text
from models.errors import BadInput, NotFound

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
ORDERED = date(2026, 3, 20)


def a_clock(days: int | None) -> Clock:
    return Clock(rule="R", source="s", text="t", days=days, counts_from="order")


@pytest.mark.parametrize(
    ("days", "ordered_on", "until"),
    [(180, ORDERED, date(2026, 9, 16)), (None, ORDERED, None), (180, None, None)],
)
def test_a_clock_ends_its_days_after_the_order_or_never(days, ordered_on, until):
    assert ends_on(a_clock(days), ordered_on) == until


def test_the_clocks_are_those_of_the_law():
    days = {clock.rule: clock.days for clock in court_help().clocks}
    assert days["HP1-EXCEPTIONAL"] == 180
    assert days["HP1-NO-NOTICE"] is None


def test_a_merged_version_is_never_edited():
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["help"]
    assert known == {NEWEST: hashlib.sha256(court_help_text().encode()).hexdigest()}
    with pytest.raises(NotFound):
        court_help("help-0")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('rule = "HP1-ACIS"', 'rule = "HP1-DIRECTORY"', "rule_twice"),
        ('source = "ours, unreviewed"', 'source = " "', "no_source"),
        ("immigrationlawhelp.org.", f"{ENDED[0]} helps.", "ended"),
        ("days = 180", "days = 0", "wrong_value"),
        ("days = 180", "hours = 180", "wrong_value"),
        ("[[clocks]]", "[[clock]]", "wrong_value"),
        ('version = "help-1"', "version = ", "wrong_value"),
    ],
)
def test_a_version_that_is_not_whole_is_refused(old, new, code):
    text = court_help_text()
    assert old in text
    with pytest.raises(BadInput) as caught:
        parse_court_help(text.replace(old, new))
    assert [p.code for p in caught.value.problems] == [code]
