"""What a text from a family means. Never a guess: what is not plain is `unclear`, and a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

from rapidfuzz.distance import OSA

from followup.reply_words import HELP_DIGIT, MOVED_DIGIT, WRONG_DIGIT, YES_DIGIT, Lexicon, Words, tokens_of


class Meaning(StrEnum):
    """The meanings that the engine acts on.

    `STOP_LIKE`: a word of stopping in a text that is no plain stop. The texts pause until a person has read it.
    """

    YES = "yes"
    HELP = "help"
    MOVED = "moved"
    STOP = "stop"
    STOP_LIKE = "stop_like"
    START = "start"
    WRONG_NUMBER = "wrong_number"
    UNCLEAR = "unclear"


_DIGITS = {
    YES_DIGIT: Meaning.YES,
    HELP_DIGIT: Meaning.HELP,
    MOVED_DIGIT: Meaning.MOVED,
    WRONG_DIGIT: Meaning.WRONG_NUMBER,
}


def understand(body: str, lexicon: Lexicon) -> Meaning:
    """The meaning of this text to somebody who speaks the lexicon's own language.

    A cry for help in any language outweighs all else, then a stop in any language; ask `asks_to_stop` and
    `may_ask_to_stop` too, since one text may be both. For the rest one's own language comes first.
    """
    tokens = tokens_of(body)
    if _help(tokens, lexicon.every):
        return Meaning.HELP
    if _stop(tokens, lexicon):
        return Meaning.STOP
    if _stop_like(tokens, lexicon):
        return Meaning.STOP_LIKE
    for words in (lexicon.own, lexicon.every):
        for meaning, holds in RULES:
            if holds(tokens, words):
                return meaning
    return Meaning.UNCLEAR


def asks_to_stop(body: str, lexicon: Lexicon) -> bool:
    """True when the text also revokes consent, whatever else it says."""
    return _stop(tokens_of(body), lexicon)


def may_ask_to_stop(body: str, lexicon: Lexicon) -> bool:
    """True when a word of stopping stands in it and nobody can say, without reading it, whether it revokes."""
    tokens = tokens_of(body)
    return not _stop(tokens, lexicon) and _stop_like(tokens, lexicon)


def is_a_digit(body: str, lexicon: Lexicon) -> bool:
    """True when the text says no more than one digit of the menu: it means nothing without its question."""
    return _digit(tokens_of(body), lexicon.every) is not None


def _joined(tokens: list[str]) -> str:
    return f" {' '.join(tokens)} "


def _says(tokens: list[str], phrases: Iterable[str]) -> bool:
    """A phrase stands in the text, from the beginning of a word; its last word may go on (mensaje-s)."""
    text = _joined(tokens)
    return any(f" {phrase}" in text for phrase in phrases)


def _says_whole(tokens: list[str], phrases: Iterable[str]) -> bool:
    text = _joined(tokens)
    return any(f" {phrase} " in text for phrase in phrases)


def _is_only(tokens: list[str], wanted: Collection[str], beside: Collection[str]) -> bool:
    """One of the words stands there, and nothing beside it but politeness."""
    return any(t in wanted for t in tokens) and all(t in wanted or t in beside for t in tokens)


def _digit(tokens: list[str], words: Words) -> Meaning | None:
    """The one digit of the menu, alone or beside words that add nothing. Two digits are no answer."""
    digits = {t for t in tokens if t.isdecimal()} or _spelt_out(tokens, words)
    if len(digits) != 1:
        return None
    digit = digits.pop()
    spelt = {word for number, word in words.numbers if number == digit}
    own = {word for number, word in words.own if number == digit}
    harmless = words.filler | words.yes | own | spelt | {digit}
    return _DIGITS.get(digit) if all(t in harmless for t in tokens) else None


def _spelt_out(tokens: list[str], words: Words) -> set[str]:
    """The number that stands there as a word and alone: `dos`, and politeness."""
    rest = [t for t in tokens if t not in words.filler]
    return {digit for digit, word in words.numbers if rest == [word] or tokens == [word]}


def _slip(tokens: list[str], words: Words) -> str | None:
    """The meaning that a single word misses by one slip; None when it is a word of its own, or two fit."""
    if len(tokens) != 1 or len(tokens[0]) < 3 or tokens[0] in words.real:
        return None
    token = tokens[0]
    near = {
        meaning
        for meaning, keyword in words.slips
        if token[0] in keyword[:2] and OSA.distance(token, keyword, score_cutoff=1) <= 1
    }
    return near.pop() if len(near) == 1 else None


def _help(tokens: list[str], words: Words) -> bool:
    if _says_whole(tokens, words.no_help):
        return False
    tokens = [t for t in tokens if t != "?"]
    cries = any(t in words.help for t in tokens) or _says_whole(tokens, words.help_phrases)
    return cries or _digit(tokens, words) == Meaning.HELP or _slip(tokens, words) == "help"


def _stop(tokens: list[str], lexicon: Lexicon) -> bool:
    """A stop stands alone, or beside politeness or an answer; or it is said in so many words."""
    words = lexicon.every
    beside = words.filler | words.yes | set(_DIGITS)
    alone = words.stop | lexicon.own.stop_here
    return (
        _is_only(tokens, alone, beside) or _says(tokens, words.stop_phrases) or _slip(tokens, words) == "stop"
    )


def _stop_like(tokens: list[str], lexicon: Lexicon) -> bool:
    words = lexicon.every
    said = any(t in words.stop and t not in words.ordinary for t in tokens)
    return said or _is_only(tokens, words.stop_here, words.filler | words.yes)


def _wrong_number(tokens: list[str], words: Words) -> bool:
    return (
        _says(tokens, words.wrong_phrases)
        or _is_only(tokens, words.wrong, words.filler)
        or _digit(tokens, words) == Meaning.WRONG_NUMBER
    )


def _moved(tokens: list[str], words: Words) -> bool:
    if any(t in words.negations for t in tokens):
        return False
    other_digit = any(t.isdecimal() and t in _DIGITS and t != MOVED_DIGIT for t in tokens)
    said = any(t in words.moved for t in tokens) or _says_whole(tokens, words.moved_phrases)
    return (
        (said and not other_digit)
        or _digit(tokens, words) == Meaning.MOVED
        or _slip(tokens, words) == "moved"
    )


def _start(tokens: list[str], words: Words) -> bool:
    return _is_only(tokens, words.start, words.filler) or _slip(tokens, words) == "start"


def _yes(tokens: list[str], words: Words) -> bool:
    if tokens == ["y"]:
        # Alone it is an English yes; in a Spanish sentence it is "and".
        return True
    plain = words.yes - {"y"}
    return _digit(tokens, words) == Meaning.YES or (
        not any(t.isdecimal() for t in tokens) and _is_only(tokens, plain, words.filler)
    )


Rule = Callable[[list[str], Words], bool]
# The first that holds is the meaning, when it is neither help nor a stop.
RULES: tuple[tuple[Meaning, Rule], ...] = (
    (Meaning.WRONG_NUMBER, _wrong_number),
    (Meaning.MOVED, _moved),
    (Meaning.START, _start),
    (Meaning.YES, _yes),
)
