"""Are these two people one? What agrees and what does not, how much that is worth, and which tier it gives.

Compares rows that a key has found. Names and days of birth, and what their two applications share beside; never
nationality, language or status. Pure: the text of the rules is an argument.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.linkage import Feature, LinkageRules, LinkKind, Tier
from vetting.names import NameVerdict, name_match, name_words

_NAME: dict[NameVerdict, Feature] = {
    "match": "name_same",
    "partial": "name_alike",
    "differs": "name_differs",
    "not_found": "name_differs",
}
_ONE_NAME: frozenset[Feature] = frozenset({"name_same", "name_alike"})
_ONE_BIRTHDAY: frozenset[Feature] = frozenset(
    {"birth_date_same", "birth_date_swapped", "birth_date_one_digit"}
)
# What two applications may share beside their people. One child in both says nothing of the two adults.
_BESIDE: frozenset[Feature] = frozenset({"phone_same", "email_same", "home_same", "image_same"})


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """Somebody of an application, as it names them. `document`: a key that tells their identity document."""

    given_names: str
    family_names: str
    born_on: date
    other_names: tuple[str, ...] = ()
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike: the features in the order of the rules, their points, and the tier that they give."""

    features: tuple[Feature, ...]
    score: int
    tier: Tier


def parse_linkage_rules(text: str) -> LinkageRules:
    """The rules that this TOML text holds.

    Raises:
        BadInput: it is no such file, lacks a feature, or would make a name alone more than `possible`.
    """
    try:
        return LinkageRules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as err:
        raise BadInput(Problem("linkage", "broken_toml", f"{err}.", "Mend the file.")) from None


def compare(one: SeenPerson, other: SeenPerson) -> frozenset[Feature]:
    """What agrees between two people and what does not: of name and day of birth always one word each."""
    found = {_NAME[_names(one, other)], _birthdays(one.born_on, other.born_on)}
    if one.document is not None and one.document == other.document:
        found.add("document_same")
    return frozenset(found)


def likeness(kind: LinkKind, features: Collection[Feature], rules: LinkageRules) -> Likeness:
    """What a link of this kind is worth, by what agrees between its people and between the two applications.

    Of people a tier says whether they are one. A home, a phone, a picture or a child is the same by its key.
    """
    told = tuple(word for word in rules.points if word in features)
    score = sum(rules.points[word] for word in told)
    of_people = kind in ("sponsor", "person")
    return Likeness(
        told, score, "likely" if not of_people or _likely_one(set(told), score, rules) else "possible"
    )


def is_one_person(features: Set[Feature]) -> bool:
    """True when names and days of birth agree, or nearly: enough for a person to be asked."""
    return bool(_ONE_NAME & features and _ONE_BIRTHDAY & features)


def is_worth_asking(features: Set[Feature]) -> bool:
    """True unless a sound of a surname is all that two people share.

    Whoever shares a phone, an e-mail, a home, a picture or a document besides is always asked about.
    """
    return is_one_person(features) or bool((_BESIDE | {"document_same"}) & features)


def day_and_month_swapped(day: date) -> date | None:
    """The day as the other order of writing reads it; None where that is the same day, or none."""
    if day.day > 12 or day.day == day.month:
        return None
    return date(day.year, day.day, day.month)


def _likely_one(features: Set[Feature], score: int, rules: LinkageRules) -> bool:
    """Father and son share a name, a phone and a home; twins all but the name. Neither pair is likely one."""
    if "document_same" in features:
        return True
    return (
        {"name_same", "birth_date_same"} <= features and bool(_BESIDE & features) and score >= rules.likely_at
    )


def _names(one: SeenPerson, other: SeenPerson) -> NameVerdict:
    """The better of both ways: a word that one of them leaves out must not count by who was asked first."""
    first = _read(one, other)
    return first if first == "match" else _better({first, _read(other, one)})


def _read(person: SeenPerson, other: SeenPerson) -> NameVerdict:
    texts = (f"{other.given_names} {other.family_names}", *other.other_names)
    mine = name_words(person.given_names) + name_words(person.family_names)
    if mine and mine == name_words(texts[0]):
        return "match"  # most pairs of one person; not worth the whole comparison
    verdicts = {
        name_match(person.given_names, person.family_names, person.other_names, text).verdict
        for text in texts
    }
    return _better(verdicts)


def _better(verdicts: Set[NameVerdict]) -> NameVerdict:
    return "match" if "match" in verdicts else "partial" if "partial" in verdicts else "differs"


def _birthdays(one: date, other: date) -> Feature:
    if one == other:
        return "birth_date_same"
    if day_and_month_swapped(one) == other:
        return "birth_date_swapped"
    digits = zip(one.isoformat(), other.isoformat(), strict=True)
    return "birth_date_one_digit" if sum(a != b for a, b in digits) == 1 else "birth_date_differs"
