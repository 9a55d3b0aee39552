"""Moments by the reader's clock, as they are told and as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.pages import moments
from console.pages.rendering import make_templates
from console.speech import Speech, spoken
from integrations.identity.preferences import ZONES
from models.errors import BadInput

AT = datetime(2026, 2, 2, 15, tzinfo=UTC)
EAST = Speech(ZoneInfo("America/New_York"))


@pytest.fixture(autouse=True)
def east() -> Iterator[None]:
    with spoken(EAST):
        yield


@pytest.mark.parametrize(
    ("zone", "at", "told"),
    [
        ("America/New_York", AT, "2 Feb 2026, 10:00 AM EST"),
        ("America/New_York", datetime(2026, 7, 2, 3, 5, tzinfo=UTC), "1 Jul 2026, 11:05 PM EDT"),
        ("Pacific/Honolulu", AT, "2 Feb 2026, 5:00 AM HST"),
        ("UTC", AT, "2 Feb 2026, 3:00 PM UTC"),
    ],
)
def test_a_moment_is_told_by_the_readers_clock(zone: str, at: datetime, told: str) -> None:
    with spoken(Speech(ZoneInfo(zone))):
        assert moments.moment(at) == moments.moment(at.isoformat()) == told


def test_nothing_is_told_of_no_moment() -> None:
    assert (moments.moment(None), moments.time_tag(""), moments.day(None)) == ("", "", "")


def test_a_page_tells_each_reader_their_own_time_and_programs_the_moment() -> None:
    page = make_templates().from_string('{{ "2026-02-02T15:00:00+00:00"|moment }}')
    east = '<time datetime="2026-02-02T15:00:00+00:00">2 Feb 2026, 10:00 AM EST</time>'
    assert page.render() == east
    with spoken(Speech(ZoneInfo("America/Chicago"))):
        assert page.render() == east.replace("10:00 AM EST", "9:00 AM CST")


def test_a_day_and_an_hour_elsewhere_are_no_matter_of_the_readers_clock() -> None:
    assert moments.day("2026-02-02") == "2 Feb 2026"
    assert moments.day_of_week(date(2026, 2, 2)) == "Monday, 2 Feb 2026"
    assert moments.hour_there("2026-02-02T09:00:00-06:00") == "Mon 2 Feb, 9:00 AM"


def test_it_is_still_yesterday_where_the_reader_is() -> None:
    assert moments.today(datetime(2026, 2, 3, 2, tzinfo=UTC)) == date(2026, 2, 2)


@given(at=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)), zone=st.sampled_from(ZONES))
def test_what_is_typed_is_the_moment_that_was_meant(at: datetime, zone: str) -> None:
    """But for the hour that comes twice, of which the first is meant."""
    meant = at.replace(second=0, microsecond=0, tzinfo=UTC).astimezone(ZoneInfo(zone))
    with spoken(Speech(ZoneInfo(zone))):
        got = moments.typed_moment(f"{meant:%Y-%m-%d %H:%M}", "--until")
    assert got.astimezone(UTC) == meant.replace(fold=0).astimezone(UTC)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30 10:00", "2026-03-08 02:30"])
def test_what_is_no_hour_of_the_readers_clock_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as told:
        moments.typed_moment(text, "--until")
    assert told.value.problems[0].field == "--until"


def test_a_moment_that_says_its_own_offset_is_that_moment() -> None:
    assert moments.typed_moment("2026-02-02T15:00Z", "--until") == AT


def test_every_zone_that_can_be_chosen_has_a_name_of_its_own() -> None:
    names = [name for _, name in moments.zone_options(ZONES)]
    assert len(set(names)) == len(ZONES)
    assert names[:2] == ["Eastern Time (New York)", "Central Time (Chicago)"]
    assert moments.zone_name(ZoneInfo("America/Phoenix")) == "Mountain Standard Time"
