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
        "Coj, Marta Example",  # the surnames change places
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


LOPEZ = ("María José", "López Pérez")
LUIS = ("José Luis", "Ramírez")
TUM = ("Rosa", "Tum Pop")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (LOPEZ, "LOPEZ PEREZ MARIA JOSE"),
        (LOPEZ, "López Pérez, María José"),
        (LOPEZ, "Maria J. Lopez"),
        (LOPEZ, "María López"),
        (LOPEZ, "María José López de Pérez"),
        (LOPEZ, "María José López-Pérez"),
        (LOPEZ, "María José López P."),
        (LOPEZ, "Ma. José López Pérez"),
        (LOPEZ, "Mª José López Pérez"),
        (("Ana", "Núñez Muñoz"), "ANA NUNEZ MUNOZ"),
        (("Jorge", "de la Cruz"), "Jorge Delacruz"),
        (("Juan", "de León"), "JUAN DELEON"),
        (("Juan", "de León"), "Juan Leon"),
        (("Rosa", "López de García"), "Rosa Lopez"),
        (TUM, "Rosa Tum viuda de Chub"),
        (TUM, "Rosa Tum Pop Vda. de Chub"),
        (("Yesenia", "Xicay"), "Jessenia Xicay"),
        (("Yesenia", "Xicay"), "Yessenia Xicay"),
        (("Yeison", "Chávez"), "Jeyson Chaves"),
        (("Wendy", "Velásquez"), "Wendi Velazquez"),
        (("Catarina", "Baltazar"), "Katarina Valtasar"),
        (("Elena", "Hernández"), "Helena Ernandez"),
        (("Ixch'el", "Coj K'ulub"), "Ixch’el Coj Kʼulub"),
    ],
)
def test_a_name_in_another_spelling_matches(name: tuple[str, str], text: str) -> None:
    assert name_match(*name, (), text).verdict == "match"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (LOPEZ, "María José Pérez López"),  # perhaps another person: the surnames change places
        (LOPEZ, "María López de García"),  # perhaps her married name, perhaps a second surname
        (LOPEZ, "María José López García"),
        (TUM, "Rosa Tum de Chub"),
        (LUIS, "Luis José Ramírez"),
        (LUIS, "José Antonio Ramírez"),
        (("Juan", "Pérez García"), "Juan García Pérez"),
        (("José", "García"), "José García Hernández"),
    ],
)
def test_a_name_that_may_be_anothers_is_for_a_person_to_compare(name: tuple[str, str], text: str) -> None:
    assert name_match(*name, (), text).verdict == "partial"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (("Pedro", "López"), "Pedro Pérez"),
        (("María", "López"), "Mario López"),
        (("María", "López Pérez"), "Marina López"),
        (("María", "López Pérez"), "Mariana López Pérez"),
        (LUIS, "Luis José Martínez"),
        (("Carlos", "Hernández"), "Carlos Fernández"),
        (("Ana", "Meléndez"), "Ana Menéndez"),
        (("Juan", "Díaz"), "Juana Díaz"),
        (("Daniel", "Morales"), "Daniela Morales"),
        (("Gabriel", "Ixcot"), "Gabriela Ixcot"),
        (("Martín", "Álvarez"), "Martina Álvarez"),
        (("Ángel", "Santos"), "Ángela Santos"),
        (("Francisca", "Chub"), "Francisco Chub"),
        (("Elena", "Juárez"), "Elena Suárez"),
        (("Ana", "Coj"), "Ana Toj"),
        (("Guillermo", "Paz"), "Memo Paz"),  # a nickname goes among the packet's other names
    ],
)
def test_another_persons_name_never_matches(name: tuple[str, str], text: str) -> None:
    assert name_match(*name, (), text).verdict == "differs"


def test_married_name_and_nickname_match_as_other_names_of_the_packet() -> None:
    others = ("Rosa Tum de Chub", "Chayo Tum")
    assert name_match(*TUM, others, "ROSA TUM DE CHUB").verdict == "match"
    assert name_match(*TUM, others, "Chayo Tum").verdict == "match"
    assert name_match(*TUM, others, "Rosa de Chub").verdict == "differs"
