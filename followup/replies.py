"""What a text from a family means. Never a guess: what is not plain is `unclear`, and a person reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

from rapidfuzz.distance import OSA

from followup import reply_words as words


class Meaning(StrEnum):
    """The meanings that the engine acts on."""

    YES = "yes"
    HELP = "help"
    MOVED = "moved"
    STOP = "stop"
    START = "start"
    WRONG_NUMBER = "wrong_number"
    UNCLEAR = "unclear"


_DIGITS = {
    words.YES_DIGIT: Meaning.YES,
    words.HELP_DIGIT: Meaning.HELP,
    words.MOVED_DIGIT: Meaning.MOVED,
    words.WRONG_DIGIT: Meaning.WRONG_NUMBER,
}
# The keywords that a slip of the finger may hide, when the message is that one word.
_SLIPS: tuple[tuple[str, Meaning], ...] = (
    ("stop", Meaning.STOP),
    ("unsubscribe", Meaning.STOP),
    ("cancelar", Meaning.STOP),
    ("parar", Meaning.STOP),
    ("help", Meaning.HELP),
    ("ayuda", Meaning.HELP),
    ("ayudame", Meaning.HELP),
    ("auxilio", Meaning.HELP),
    ("start", Meaning.START),
    ("moved", Meaning.MOVED),
    ("mudamos", Meaning.MOVED),
)
_FUNCTIONAL = {"‍": "", "️": "", "⃣": "", "​": "", "﻿": ""}


def understand(body: str, language: str) -> Meaning:
    """The meaning of this text. `language` settles only words that two languages share (`para`).

    A cry for help outweighs all else, then a stop; ask `asks_to_stop` too, since one text may be both.
    """
    tokens = _tokens(body)
    for meaning, holds in RULES:
        if holds(tokens, language):
            return meaning
    return Meaning.UNCLEAR


def asks_to_stop(body: str, language: str) -> bool:
    """True when the text also revokes consent, whatever else it says."""
    return _stop(_tokens(body), language)


def _tokens(body: str) -> list[str]:
    """The words of the text: folded, with doubled letters and spelt-out words mended."""
    text = unicodedata.normalize("NFKD", body.casefold())
    for mark, instead in _FUNCTIONAL.items():
        text = text.replace(mark, instead)
    text = "".join(c for c in text if not unicodedata.combining(c) and not 0x1F3FB <= ord(c) <= 0x1F3FF)
    text = re.sub(r"['’ʼ`´]", "", text)
    text = "".join(c if _counts(c) else " " for c in text.replace("¿", "?"))
    text = re.sub(r"([^\w\s])", r" \1 ", text)
    tokens = [_mended(token) for token in text.split()]
    if len(tokens) > 2 and all(len(t) == 1 and t.isalpha() and t.isascii() for t in tokens):
        return ["".join(tokens)]
    return tokens


def _counts(c: str) -> bool:
    """Letters, digits and emoji; and the question mark, since a question is no answer."""
    return c == "?" or unicodedata.category(c)[0] in "LNM" or unicodedata.category(c) == "So"


def _mended(token: str) -> str:
    """`stoppp` is stop, `st0p` is stop; a number stays a number."""
    if any(c.isalpha() for c in token) and token not in words.HELP_WORDS:
        token = token.replace("0", "o").replace("5", "s") if token.isascii() else token
    return re.sub(r"([^\W\d_])\1{2,}", r"\1", token)


def _joined(tokens: list[str]) -> str:
    return f" {' '.join(tokens)} "


def _says(tokens: list[str], phrases: Iterable[str]) -> bool:
    """A phrase stands in the text, from the beginning of a word; its last word may go on (mensaje-s)."""
    text = _joined(tokens)
    return any(f" {phrase}" in text for phrase in phrases)


def _says_whole(tokens: list[str], phrases: Iterable[str]) -> bool:
    text = _joined(tokens)
    return any(f" {phrase} " in text for phrase in phrases)


def _is_only(tokens: list[str], wanted: Collection[str]) -> bool:
    """One of the words stands there, and nothing beside it but politeness."""
    return any(t in wanted for t in tokens) and all(t in wanted or t in words.FILLER for t in tokens)


def _digit(tokens: list[str]) -> Meaning | None:
    """The one digit of the menu, alone or beside words that add nothing. Two digits are no answer."""
    digits = {t for t in tokens if t.isdecimal()}
    if len(digits) != 1:
        return None
    digit = digits.pop()
    harmless = words.FILLER | words.YES_WORDS | words.OWN_WORDS.get(digit, frozenset()) | {digit}
    return _DIGITS.get(digit) if all(t in harmless for t in tokens) else None


def _slip(tokens: list[str]) -> Meaning | None:
    """The keyword that a single word misses by one slip; None when it is a word of its own, or two fit."""
    if len(tokens) != 1 or len(tokens[0]) < 3 or tokens[0] in words.REAL_WORDS:
        return None
    token = tokens[0]
    near = {
        meaning
        for keyword, meaning in _SLIPS
        if token[0] in keyword[:2] and OSA.distance(token, keyword, score_cutoff=1) <= 1
    }
    return near.pop() if len(near) == 1 else None


def _help(tokens: list[str], language: str) -> bool:
    if _says_whole(tokens, words.NO_HELP):
        return False
    tokens = [t for t in tokens if t != "?"]
    cries = any(t in words.HELP_WORDS for t in tokens) or _says_whole(tokens, words.HELP_PHRASES)
    return cries or _digit(tokens) == Meaning.HELP or _slip(tokens) == Meaning.HELP


def _stop(tokens: list[str], language: str) -> bool:
    alone = words.STOP_ALONE | words.STOP_ALONE_IN.get(language.partition("-")[0].casefold(), frozenset())
    return (
        any(t in words.STOP_ANYWHERE for t in tokens)
        or _is_only(tokens, alone)
        or _says(tokens, words.STOP_PHRASES)
        or _slip(tokens) == Meaning.STOP
    )


def _wrong_number(tokens: list[str], language: str) -> bool:
    return (
        _says(tokens, words.WRONG_PHRASES)
        or _is_only(tokens, words.WRONG_ALONE)
        or _digit(tokens) == Meaning.WRONG_NUMBER
    )


def _moved(tokens: list[str], language: str) -> bool:
    if any(t in words.NEGATIONS for t in tokens):
        return False
    other_digit = any(t.isdecimal() and t in _DIGITS and t != words.MOVED_DIGIT for t in tokens)
    said = any(t in words.MOVED_WORDS for t in tokens) or _says_whole(tokens, words.MOVED_PHRASES)
    return (said and not other_digit) or _digit(tokens) == Meaning.MOVED or _slip(tokens) == Meaning.MOVED


def _start(tokens: list[str], language: str) -> bool:
    return _is_only(tokens, words.START_ALONE) or _slip(tokens) == Meaning.START


def _yes(tokens: list[str], language: str) -> bool:
    return (
        tokens == [words.YES_LETTER]
        or _digit(tokens) == Meaning.YES
        or (not any(t.isdecimal() for t in tokens) and _is_only(tokens, words.YES_WORDS))
    )


Rule = Callable[[list[str], str], bool]
# The first that holds is the meaning.
RULES: tuple[tuple[Meaning, Rule], ...] = (
    (Meaning.HELP, _help),
    (Meaning.STOP, _stop),
    (Meaning.WRONG_NUMBER, _wrong_number),
    (Meaning.MOVED, _moved),
    (Meaning.START, _start),
    (Meaning.YES, _yes),
)
