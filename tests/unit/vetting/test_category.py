"""The category from the stated relationship, in English and Spanish."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.vetting.scenes import a_caregiver, a_member, a_packet
from vetting.category import age_on, category_of, subjects


@pytest.mark.parametrize(
    ("word", "related", "caregiver", "category"),
    [
        ("mother", True, False, "1"),
        ("Father", True, True, "1"),
        ("Mamá", True, False, "1"),
        ("padre biológico", True, False, "1"),
        ("legal guardian", False, False, "1"),
        ("tutora legal", False, False, "1"),
        ("sister", True, False, "2A"),
        ("hermano mayor", True, False, "2A"),
        ("maternal grandmother", True, False, "2A"),
        ("abuela", True, True, "2A"),
        ("half-brother", True, False, "2A"),
        ("aunt", True, True, "2A"),
        ("aunt", True, False, "2B"),
        ("tía materna", True, False, "2B"),
        ("first cousin", True, False, "2B"),
        ("prima hermana", True, False, "2B"),
        ("prima hermana", True, True, "2A"),
        ("stepfather", True, False, "2B"),
        ("great aunt", True, False, "3"),
        ("family friend", False, False, "3"),
        ("vecina", False, False, "3"),
        # The strict road where words leave a doubt.
        ("cousin", True, True, "3"),
        ("primo", True, False, "3"),
        ("comadre", True, True, "3"),
        ("mother", False, False, "3"),
        ("aunt", False, True, "3"),
    ],
)
def test_category_follows_the_relationship(word: str, related: bool, caregiver: bool, category: str) -> None:
    stated = {"relationship": word, "related": related, "was_primary_caregiver": caregiver}
    assert category_of(a_packet(sponsor=stated)) == category


def test_people_are_read_sponsor_first() -> None:
    packet = a_packet(household=[a_member(), a_member("2012-01-01")], alternate_caregiver=a_caregiver())
    assert [s.key for s in subjects(packet)] == [
        "sponsor",
        "child",
        "household:0",
        "household:1",
        "alternate_caregiver",
    ]


@pytest.mark.parametrize(
    ("day", "years"),
    [(date(2026, 2, 27), 17), (date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2028, 2, 29), 20)],
)
def test_somebody_born_on_a_leap_day_turns_18_on_the_first_of_march(day: date, years: int) -> None:
    assert age_on(date(2008, 2, 29), day) == years
