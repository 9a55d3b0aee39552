"""Is this the same name? Names as people write them: two surnames or one, in either order, with or without accents.

A name never decides alone: `María` and `Mario Hernández` look alike, two people may share every word
(measured/libraries.md section 3). A verdict here is one fact among others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rapidfuzz import fuzz

NameVerdict = Literal["match", "partial", "differs", "not_found"]

_PARTICLE_WORDS = "DE DEL LA LAS LOS Y E VAN DA DO DOS JR SR II III MR MRS MS SRA SRTA DON DOÑA DONA"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_ABBREVIATED = {
    "MA": "MARIA",
    "FCO": "FRANCISCO",
    "GPE": "GUADALUPE",
    "HDEZ": "HERNANDEZ",
    "GLEZ": "GONZALEZ",
    "MTZ": "MARTINEZ",
    "RDZ": "RODRIGUEZ",
}
# `Rosa Tum vda. de Chub` bears her late husband's name after her own. A bare `de Chub` may be a surname of birth.
_WIDOW_OF = re.compile(r"\b(?:VIUDA|VDA)\.? +DE +(?:LAS? +|LOS +)?[A-Z]+")
# Letters that Spanish speakers write for one another, in this order: silent, doubled, then sound by sound.
_BY_EAR = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"SH", "X"),
        (r"(?<!C)H", ""),
        (r"LL", "Y"),
        (r"([A-Z])\1", r"\1"),
        (r"QU(?=[EI])|Q|K", "K"),
        (r"C(?=[EI])|Z", "S"),
        (r"C(?!H)", "K"),
        (r"V", "B"),
        (r"G(?=[EI])", "J"),
        (r"^[JY](?=[AEIOU])", "J"),
        (r"Y(?![AEIOU])", "I"),
        (r"S+", "S"),
    )
)
_GLUED = ("DELAS", "DELOS", "DELA", "DEL", "DE")
_LONG_ENOUGH_TO_GUESS = 4
_RANK: dict[NameVerdict, int] = {"match": 3, "partial": 2, "differs": 1, "not_found": 0}


@dataclass(frozen=True, slots=True)
class NameMatch:
    """`score` 0 to 100: how much of the two names agrees. `verdict` is what to act on."""

    score: float
    verdict: NameVerdict


def name_match(given: str, family: str, others: Iterable[str], text_name: str) -> NameMatch:
    """How `text_name` (as read) compares with a person's name, or with one of their other full names.

    'match': a given name and the first surname agree, nothing contradicts (a missing second name or
    surname does not). 'partial': they agree but a word of the text belongs to neither name, or a name is
    an initial. 'differs': given name or surname is another. 'not_found': the text holds no name.
    """
    words = name_words(text_name)
    if not words:
        return NameMatch(0.0, "not_found")
    found = [_compare(name_words(given), name_words(family), words)]
    found += [_compare_whole(name_words(other), words) for other in others if name_words(other)]
    return max(found, key=lambda m: (_RANK[m.verdict], m.score))


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name in capitals, without accents (Ñ becomes N), particles and titles."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).upper()
    # Glottal marks (K'iche', Ixch'el) are written in many ways: drop them all.
    plain = re.sub(r"['’ʼ‘`´]", "", plain)
    words = re.findall(r"[A-Z0-9]+", _WIDOW_OF.sub(" ", plain))
    return tuple(_ABBREVIATED.get(w, w) for w in words if w not in _PARTICLES and any(c.isalpha() for c in w))


def same_word(one: str, other: str) -> bool:
    """True when two words of names are one word, allowing for spelling by ear and slips of the OCR.

    Likeness alone proves nothing: Fernández is not Hernández, nor Marina María, nor Juana Juan.
    """
    one, other = _settled(one), _settled(other)
    if one == other or _same_but_for_de(one, other):
        return True
    if min(len(one), len(other)) < _LONG_ENOUGH_TO_GUESS:
        return False
    return _by_ear(one) == _by_ear(other)


def _same_but_for_de(one: str, other: str) -> bool:
    """`DeLeon` is de León: the particles of a name with spaces are gone already."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _LONG_ENOUGH_TO_GUESS and any(long == f"{glued}{short}" for glued in _GLUED)


def _by_ear(word: str) -> str:
    for pattern, sound in _BY_EAR:
        word = pattern.sub(sound, word)
    return word


def _settled(word: str) -> str:
    """The word with what OCR mistakes for something else settled one way."""
    return word.translate(_SLIPS).replace("RN", "M").replace("VV", "W")


_SLIPS = str.maketrans({"0": "O", "1": "I", "5": "S", "8": "B"})


def _compare(given: Sequence[str], family: Sequence[str], words: Sequence[str]) -> NameMatch:
    if _same_run_together(given, family, words):
        return NameMatch(100.0, "match")
    left = list(words)
    given_at = _take(left, given, words)
    family_at = _take(left, family, words)
    initials = _take_initials(left, given if not given_at else given[1:])
    total = len(words) + len(given) + len(family)
    agreed = 2 * (len(given_at) + len(family_at)) + initials
    score = round(100.0 * agreed / total, 1)
    if not family_at or not (given_at or initials):
        return NameMatch(score, "differs")
    # `Marta Lopez` for `Marta Example Lopez`: the first surname is the one that papers keep.
    first_surname = any(same_word(family[0], w) for w in words)
    # A second given name that the packet leaves out is no contradiction, once both surnames agree.
    whole = len(given_at) == len(given) and len(family_at) == len(family) >= 2
    foreign = sum(len(w) > 1 for w in left)
    # Luis José is not José Luis, and García Pérez not Pérez García.
    in_order = given_at == sorted(given_at) and family_at == sorted(family_at)
    clean = given_at and first_surname and in_order and len(left) <= 1 and foreign <= (1 if whole else 0)
    return NameMatch(score, "match" if clean else "partial")


def _compare_whole(name: Sequence[str], words: Sequence[str]) -> NameMatch:
    """Against a full name of which nobody said where the surnames begin: every word must have its partner."""
    left = list(words)
    at = _take(left, name, words)
    missing = [w for w in name if not any(same_word(w, other) for other in words)]
    initials = _take_initials(left, missing)
    score = round(200.0 * (len(at) + initials) / (len(name) + len(words)), 1)
    # Surnames may stand first: the order may turn around once.
    turns = sum(before > after for before, after in pairwise(at))
    whole = len(at) + initials == len(name) and not left and len(at) >= 2 and turns <= 1
    return NameMatch(score, "match" if whole else "differs")


def _same_run_together(given: Sequence[str], family: Sequence[str], words: Sequence[str]) -> bool:
    """OCR loses word spaces: MARTAEXAMPLE COJ."""
    run = _settled("".join(words))
    one, other = _settled("".join(given)), _settled("".join(family))
    return bool(one and other) and run in (one + other, other + one)


def _take(left: list[str], wanted: Sequence[str], words: Sequence[str]) -> list[int]:
    """Where in `words` each of `wanted` stands, if it is still in `left`; it is taken out, the likest first."""
    places: list[int] = []
    for word in wanted:
        same = [w for w in left if same_word(word, w)]
        if same:
            likest = max(same, key=lambda w: fuzz.ratio(word, w))
            left.remove(likest)
            places.append(next(at for at, w in enumerate(words) if w == likest and at not in places))
    return places


def _take_initials(left: list[str], wanted: Sequence[str]) -> int:
    count = 0
    for word in wanted:
        hit = next((w for w in left if (len(w) == 1 or len(word) == 1) and w[0] == word[0]), None)
        if hit is not None:
            left.remove(hit)
            count += 1
    return count
