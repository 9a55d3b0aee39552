"""Names as papers write them, against a name as the packet gives it."""

from __future__ import annotations

import pytest

from vetting.names import name_match, same_word

MARTA = ("Marta", "Example Coj", ("Rosa E. Paz",))


@pytest.mark.parametrize(
    "text",
    [
        "Marta Example Coj",
        "MARTA EXAMPLE COJ",
        "Márta Exámple Cój",
        "Example Coj Marta",  # order swapped
        "Coj, Marta Example",
        "Marta Example",  # second surname left out
        "Marta Elena Example Coj",  # second given name that the packet leaves out
        "Marta E. Example Coj",
        "MartaExample Coj",  # a word space lost
        "Marta Exarnple Coj",  # rn for m
        "Rosa Paz",  # another name of hers
    ],
)
def test_one_person_written_another_way_matches(text: str) -> None:
    assert name_match(*MARTA, text).verdict == "match"


@pytest.mark.parametrize(
    "text",
    [
        "Marta Example Lopez",  # second surname is another
        "M. Example Coj",  # an initial proves little
        "Marta Coj",  # the first surname is missing
    ],
)
def test_half_agreeing_names_are_partial(text: str) -> None:
    assert name_match(*MARTA, text).verdict == "partial"


@pytest.mark.parametrize(
    "text", ["Jorge Example Ruiz", "Mario Example Coj", "Marta Lopez", "Example Power Light", "Rosa Diaz"]
)
def test_another_person_differs(text: str) -> None:
    assert name_match(*MARTA, text).verdict == "differs"


@pytest.mark.parametrize("text", ["", "  ", "123 456"])
def test_no_name_is_not_found_and_never_a_match(text: str) -> None:
    assert name_match(*MARTA, text).verdict == "not_found"


def test_second_given_name_alone_still_matches() -> None:
    assert name_match("José Luis", "Ramírez Example", (), "Jose Ramirez").verdict == "match"


def test_spelling_by_ear_matches_and_gender_does_not() -> None:
    assert same_word("YESENIA", "JESSENIA")
    assert not same_word("MARIA", "MARIO")


def test_glottal_marks_do_not_part_one_name_from_itself() -> None:
    assert name_match("Ixch’el", "Example Coj", (), "Ixchel Example Coj").verdict == "match"
    assert name_match("Ixchʼel", "Example Coj", (), "Ixch'el Example Coj").verdict == "match"


def test_different_surname_scores_below_same_person() -> None:
    same = name_match(*MARTA, "Coj Example Marta").score
    other = name_match(*MARTA, "Marta Perez Lopez").score
    assert same > 90 > 60 > other
