"""Whether two people may be one: invented people, one of them written six ways, and others who are alike."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.linkage_rules import NEWEST, linkage_rules, linkage_text
from models.errors import BadInput
from models.linkage import FEATURES, Feature, LinkKind
from vetting.alike import (
    SeenPerson,
    compare,
    day_and_month_swapped,
    is_worth_asking,
    likeness,
    parse_linkage_rules,
)

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"
RULES = linkage_rules()
BORN = date(1989, 11, 5)
MARTA = SeenPerson("Marta Yesenia", "Example Coj", BORN)
PEOPLE: tuple[LinkKind, ...] = ("sponsor", "person")


def test_a_merged_version_is_never_edited_and_claims_no_source_that_it_has_not() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["linkage"]
    assert known == {NEWEST: sha256(linkage_text().encode()).hexdigest()}
    assert all(rule.source and rule.unverified for rule in RULES.features)


def test_nothing_of_a_persons_origin_or_status_is_weighed() -> None:
    for word in FEATURES:
        assert not {"nationality", "country", "status", "language", "immigration"} & set(word.split("_"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("likely_at = 70", "likely_at = 60"),  # a name and a birthday would be enough
        ("points = 35", "points = -35"),
        ('word = "home_same"', 'word = "email_same"'),
        ("likely_at = 70", "likely_at ="),
    ],
)
def test_a_file_that_would_break_the_rules_is_refused(old: str, new: str) -> None:
    with pytest.raises(BadInput):
        parse_linkage_rules(linkage_text().replace(old, new))


SAME: frozenset[Feature] = frozenset({"name_same", "birth_date_same"})


@pytest.mark.parametrize(
    ("other", "features"),
    [
        # One person, written six ways.
        (MARTA, SAME),
        (SeenPerson("MARTA", "EXAMPLE", BORN), SAME),
        (SeenPerson("Márta Jessenia", "Exámple Cój", BORN), SAME),
        (SeenPerson("Marta Yesenia", "Coj Example", BORN), {"name_alike", "birth_date_same"}),
        (replace(MARTA, born_on=date(1989, 5, 11)), {"name_same", "birth_date_swapped"}),
        (replace(MARTA, born_on=date(1988, 11, 5)), {"name_same", "birth_date_one_digit"}),
        # Known by another name before she married.
        (SeenPerson("Marta", "Sample Luz", BORN, ("Marta Yesenia Example Coj",)), SAME),
        # Other people, who are alike.
        (SeenPerson("Mario", "Example Coj", BORN), {"name_differs", "birth_date_same"}),
        (SeenPerson("Yesenia Marta", "Example Coj", BORN), {"name_alike", "birth_date_same"}),
        (SeenPerson("Marta", "Sample Coj", BORN), {"name_alike", "birth_date_same"}),
        (replace(MARTA, born_on=date(1962, 3, 30)), {"name_same", "birth_date_differs"}),
        (SeenPerson("Rosa", "Example Coj", date(1989, 5, 11)), {"name_differs", "birth_date_swapped"}),
        (SeenPerson("Rosa", "Example Tum", date(1962, 3, 30)), {"name_differs", "birth_date_differs"}),
    ],
)
def test_people_agree_in_what_they_agree_in(other: SeenPerson, features: set[Feature]) -> None:
    assert compare(MARTA, other) == features


def test_one_document_is_told_and_no_document_is_none() -> None:
    assert "document_same" in compare(replace(MARTA, document=b"1"), replace(MARTA, document=b"1"))
    assert "document_same" not in compare(replace(MARTA, document=b"1"), replace(MARTA, document=b"2"))
    assert "document_same" not in compare(MARTA, MARTA)


@pytest.mark.parametrize(
    ("features", "tier"),
    [
        ({"name_same", "birth_date_same"}, "possible"),  # a name alone, at its best
        ({"name_same", "birth_date_same", "child_same"}, "possible"),
        ({"name_same", "birth_date_same", "home_same"}, "likely"),
        ({"name_same", "birth_date_same", "phone_same"}, "likely"),
        ({"document_same", "name_differs", "birth_date_differs"}, "likely"),
        # Father and son, under one roof and on one phone.
        (
            {"name_same", "birth_date_differs", "phone_same", "email_same", "home_same", "image_same"},
            "possible",
        ),
        # Twins.
        ({"name_alike", "birth_date_same", "phone_same", "email_same", "home_same"}, "possible"),
        ({"name_differs", "birth_date_same", "phone_same", "email_same", "home_same"}, "possible"),
        ({"home_same", "name_differs", "birth_date_differs"}, "possible"),
        ({"not_compared", "phone_same"}, "possible"),
    ],
)
def test_two_people_are_likely_one_by_a_document_or_by_everything_else_together(
    features: set[Feature], tier: str
) -> None:
    for kind in PEOPLE:
        assert likeness(kind, features, RULES).tier == tier


@pytest.mark.parametrize("kind", ["address", "contact", "image", "child", "document"])
def test_a_thing_is_the_same_by_its_key_and_ranks_by_who_its_people_are(kind: LinkKind) -> None:
    strangers = likeness(kind, {"home_same", "name_differs", "birth_date_differs"}, RULES)
    alike = likeness(kind, {"home_same", "name_same", "birth_date_differs"}, RULES)
    assert (strangers.tier, strangers.score) == ("likely", 10)
    assert alike.score > strangers.score
    assert alike.features == ("name_same", "birth_date_differs", "home_same")


@pytest.mark.parametrize(
    ("features", "asked"),
    [
        ({"name_differs", "birth_date_swapped"}, False),
        ({"name_differs", "birth_date_differs"}, False),
        ({"name_same", "birth_date_differs"}, False),
        ({"name_alike", "birth_date_same"}, True),
        ({"name_same", "birth_date_swapped"}, True),
        ({"name_differs", "birth_date_differs", "child_same"}, False),
        *(
            ({"name_differs", "birth_date_differs", word}, True)
            for word in ("phone_same", "email_same", "home_same", "image_same", "document_same")
        ),
    ],
)
def test_who_shares_a_sound_alone_is_not_asked_about_and_who_shares_anything_is(
    features: set[Feature], asked: bool
) -> None:
    assert is_worth_asking(features) is asked


@pytest.mark.parametrize(
    ("day", "swapped"),
    [
        (date(1989, 11, 5), date(1989, 5, 11)),
        (date(1989, 11, 12), date(1989, 12, 11)),
        (date(1989, 11, 13), None),
        (date(1989, 5, 5), None),
    ],
)
def test_a_day_and_its_month_change_places_where_both_are_months(day: date, swapped: date | None) -> None:
    assert day_and_month_swapped(day) == swapped


NAMES = st.lists(
    st.sampled_from(
        [
            "Marta",
            "Márta",
            "Mario",
            "Jose",
            "José",
            "Luis",
            "M",
            "de",
            "Example",
            "Coj",
            "Cój",
            "Sample",
            "DeLeon",
            "León",
        ]
    ),
    min_size=1,
    max_size=3,
).map(" ".join)
DAYS = st.dates(date(1950, 1, 1), date(2007, 12, 31)) | st.sampled_from([BORN, date(1989, 5, 11)])
SOMEBODY = st.builds(
    SeenPerson,
    NAMES,
    NAMES,
    DAYS,
    st.lists(NAMES, max_size=1).map(tuple),
    st.sampled_from([None, b"1", b"2"]),
)


@settings(max_examples=50)
@given(SOMEBODY, SOMEBODY)
def test_who_is_asked_first_makes_no_difference(one: SeenPerson, other: SeenPerson) -> None:
    assert compare(one, other) == compare(other, one)


# Of a name and of a day one word is told; what agrees more comes later.
LADDERS: tuple[tuple[Feature, ...], ...] = (
    ("name_differs", "name_alike", "name_same"),
    ("birth_date_differs", "birth_date_one_digit", "birth_date_swapped", "birth_date_same"),
)
ALONE = tuple(word for word in FEATURES if not any(word in ladder for ladder in LADDERS))


@given(
    st.sampled_from(get_args(LinkKind)),
    st.sampled_from(LADDERS[0]),
    st.sampled_from(LADDERS[1]),
    st.sets(st.sampled_from(ALONE)),
    st.sampled_from(FEATURES),
)
def test_one_more_agreement_never_lowers_the_tier_or_the_score(
    kind: LinkKind, name: Feature, day: Feature, others: set[Feature], more: Feature
) -> None:
    before = {name, day, *others}
    after = {*before, more}
    for ladder in LADDERS:
        after -= set(sorted(after & set(ladder), key=ladder.index)[:-1])
    one, two = likeness(kind, before, RULES), likeness(kind, after, RULES)
    assert two.score >= one.score
    assert not (one.tier == "likely" and two.tier == "possible")
    assert is_worth_asking(after) or not is_worth_asking(before)
