"""Who is who in a packet: the sponsor's category, and each person that a rule may speak of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models.packet import (
    AlternateCaregiver,
    Child,
    HouseholdMember,
    IdentityDocument,
    Packet,
    Sponsor,
)
from models.vetting_policy import Category, SubjectKind


def _fold(text: str) -> str:
    """Lower case, without accents, words parted by one space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", plain.casefold()))


# Words that say which side of the family, or how old; they change no category.
_QUALIFIERS = frozenset(
    {
        *("maternal", "paternal", "older", "younger", "elder", "eldest", "oldest", "big", "little"),
        *("biological", "birth", "natural", "adoptive", "the", "of", "child", "childs", "s", "his", "her"),
        *("materno", "materna", "paterno", "paterna", "mayor", "menor", "biologico", "biologica"),
        *("adoptivo", "adoptiva", "el", "la", "de", "del", "nino", "nina", "su"),
    }
)
_PARENTS = frozenset({"parent", "mother", "father", "mom", "dad", "madre", "padre", "mama", "papa"})
_GUARDIANS = frozenset(
    {"legal guardian", "guardian legal", "tutor legal", "tutora legal", "guardiana legal", "guarda legal"}
)
_SIBLINGS_AND_GRANDPARENTS = frozenset(
    {
        *("sibling", "brother", "sister", "half brother", "half sister", "half sibling"),
        *("hermano", "hermana", "medio hermano", "media hermana"),
        *("grandparent", "grandmother", "grandfather", "grandma", "grandpa"),
        *("abuelo", "abuela", "abuelito", "abuelita"),
    }
)
_CLOSE = frozenset(
    {
        *("aunt", "uncle", "auntie", "tia", "tio"),
        *("first cousin", "primo hermano", "prima hermana", "primo primero", "prima primera"),
        *("stepparent", "stepmother", "stepfather", "step mother", "step father", "step parent"),
        *("madrastra", "padrastro", "stepbrother", "stepsister", "hermanastro", "hermanastra"),
        *("niece", "nephew", "sobrino", "sobrina"),
    }
)


def category_of(packet: Packet) -> Category:
    """The category of the sponsor, from the stated relationship.

    The strict road where the words leave a doubt: a bare "cousin" is not known to be a first cousin,
    a word that is not known here, and a relative who is stated to be unrelated, are all "3". Whether
    the sponsor is `related` is kept apart: the home-study rules turn on that, not on "3".
    """
    sponsor = packet.sponsor
    words = _fold(sponsor.relationship).split()
    word = " ".join(w for w in words if w not in _QUALIFIERS)
    if word in _GUARDIANS:
        return "1"
    if not sponsor.related:
        return "3"
    if word in _PARENTS:
        return "1"
    if word in _SIBLINGS_AND_GRANDPARENTS:
        return "2A"
    if word in _CLOSE:
        return "2A" if sponsor.was_primary_caregiver else "2B"
    return "3"


_NOT_BY_BLOOD = (
    "step",
    "madrastra",
    "padrastro",
    "hermanastr",
    "in law",
    "politic",
    "adopti",
    "foster",
    "god",
)


def is_biological_kin(packet: Packet) -> bool:
    """True when the stated relationship is one by blood, so that DNA could speak to it.

    A relative by words that are not known here counts: it is the person who doubts who must say so.
    """
    words = _fold(packet.sponsor.relationship)
    return (
        packet.sponsor.related
        and words not in _GUARDIANS
        and not any(mark in words for mark in _NOT_BY_BLOOD)
        and not ({"spouse", "wife", "husband", "esposo", "esposa"} & set(words.split()))
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """A person of the packet as rules name them: `key` is the packet's word, such as `household:0`."""

    key: str
    kind: SubjectKind
    born_on: date


def subjects(packet: Packet) -> tuple[Subject, ...]:
    """Everybody that a rule may speak of, in the order in which an officer reads: the sponsor first."""
    people = [
        Subject("sponsor", "sponsor", packet.sponsor.date_of_birth),
        Subject("child", "child", packet.child.date_of_birth),
    ]
    people += [
        Subject(f"household:{n}", "household", member.date_of_birth)
        for n, member in enumerate(packet.household)
    ]
    if packet.alternate_caregiver is not None:
        born_on = packet.alternate_caregiver.date_of_birth
        people.append(Subject("alternate_caregiver", "alternate_caregiver", born_on))
    return tuple(people)


def who(subject: str) -> str:
    """The subject in words for a message; never a name."""
    if subject.startswith("household:"):
        return f"household member {int(subject.partition(':')[2]) + 1}"
    return {"sponsor": "the sponsor", "child": "the child", "alternate_caregiver": "the other caregiver"}.get(
        subject, subject
    )


def age_on(born_on: date, day: date) -> int:
    """Full years of age on that day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def person_of(packet: Packet, subject: str) -> Sponsor | Child | HouseholdMember | AlternateCaregiver | None:
    """The part of the packet that speaks of this person; None when nobody stands there."""
    if subject.startswith("household:"):
        number = int(subject.partition(":")[2])
        return packet.household[number] if number < len(packet.household) else None
    people: Mapping[str, Sponsor | Child | AlternateCaregiver | None] = {
        "sponsor": packet.sponsor,
        "child": packet.child,
        "alternate_caregiver": packet.alternate_caregiver,
    }
    return people.get(subject)


def stated_document(packet: Packet, subject: str) -> IdentityDocument | None:
    """The identity document that the packet states for this person."""
    if subject == "sponsor":
        return packet.sponsor.identity_document
    if subject == "alternate_caregiver":
        return packet.alternate_caregiver.identity_document if packet.alternate_caregiver else None
    if subject.startswith("household:"):
        number = int(subject.partition(":")[2])
        return packet.household[number].identity_document if number < len(packet.household) else None
    return None
