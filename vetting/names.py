"""Is this the same name? Names as people write them: two surnames or one, in either order, with or without accents.

A name never decides alone: `María` and `Mario Hernández` look alike, two people may share every word
(measured/libraries.md section 3). A verdict here is one fact among others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from doublemetaphone import doublemetaphone
from rapidfuzz import fuzz

NameVerdict = Literal["match", "partial", "differs", "not_found"]

_PARTICLE_WORDS = "DE DEL LA LAS LOS Y E VAN DA DO DOS JR SR II III MR MRS MS SRA SRTA DON DOÑA DONA"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_SAME = 86.0  # of 100, for words of five letters and more. Source: ours, 13 hand-picked pairs.
_SOUNDS_SAME = 75.0
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
    words = re.findall(r"[A-Z0-9]+", plain)
    return tuple(w for w in words if w not in _PARTICLES and any(c.isalpha() for c in w))


def same_word(one: str, other: str) -> bool:
    """True when two words of names are one word, allowing for spelling by ear and slips of the OCR."""
    one, other = _settled(one), _settled(other)
    if one == other:
        return True
    if min(len(one), len(other)) < 4 or {one[-1], other[-1]} == {"A", "O"}:
        return False  # too short to guess; Mario is not María
    likeness = fuzz.ratio(one, other)
    if likeness >= _SAME:
        return True
    return likeness >= _SOUNDS_SAME and bool(set(doublemetaphone(one)) & set(doublemetaphone(other)) - {""})


def _settled(word: str) -> str:
    """The word with what OCR mistakes for something else settled one way."""
    return word.translate(_SLIPS).replace("RN", "M").replace("VV", "W")


_SLIPS = str.maketrans({"0": "O", "1": "I", "5": "S", "8": "B"})


def _compare(given: Sequence[str], family: Sequence[str], words: Sequence[str]) -> NameMatch:
    if _same_run_together(given, family, words):
        return NameMatch(100.0, "match")
    left = list(words)
    given_found = _take(left, given)
    family_found = _take(left, family)
    initials = _take_initials(left, given if not given_found else given[1:])
    total = len(words) + len(given) + len(family)
    agreed = 2 * (given_found + family_found) + initials
    score = round(100.0 * agreed / total, 1)
    if not family_found or not (given_found or initials):
        return NameMatch(score, "differs")
    # `Marta Lopez` for `Marta Example Lopez`: the first surname is the one that papers keep.
    first_surname = any(same_word(family[0], w) for w in words)
    # A second given name that the packet leaves out is no contradiction, once both surnames agree.
    whole = given_found == len(given) and family_found == len(family) >= 2
    foreign = sum(len(w) > 1 for w in left)
    clean = given_found and first_surname and len(left) <= 1 and foreign <= (1 if whole else 0)
    return NameMatch(score, "match" if clean else "partial")


def _compare_whole(name: Sequence[str], words: Sequence[str]) -> NameMatch:
    """Against a full name of which nobody said where the surnames begin: every word must have its partner."""
    left = list(words)
    found = _take(left, name)
    missing = [w for w in name if not any(same_word(w, other) for other in words)]
    initials = _take_initials(left, missing)
    score = round(200.0 * (found + initials) / (len(name) + len(words)), 1)
    whole = found + initials == len(name) and not left and found >= 2
    return NameMatch(score, "match" if whole else "differs")


def _same_run_together(given: Sequence[str], family: Sequence[str], words: Sequence[str]) -> bool:
    """OCR loses word spaces: MARTAEXAMPLE COJ."""
    run = _settled("".join(words))
    one, other = _settled("".join(given)), _settled("".join(family))
    return bool(one and other) and run in (one + other, other + one)


def _take(left: list[str], wanted: Sequence[str]) -> int:
    """How many of `wanted` stand in `left`; each is taken out, the likest first."""
    count = 0
    for word in wanted:
        same = [w for w in left if same_word(word, w)]
        if same:
            left.remove(max(same, key=lambda w: fuzz.ratio(word, w)))
            count += 1
    return count


def _take_initials(left: list[str], wanted: Sequence[str]) -> int:
    count = 0
    for word in wanted:
        hit = next((w for w in left if (len(w) == 1 or len(word) == 1) and w[0] == word[0]), None)
        if hit is not None:
            left.remove(hit)
            count += 1
    return count
