"""The words of `followup.replies`, one file for each language. The file's text is an argument.

Words are written as they are spelt; here they are folded: small letters, no accents, no punctuation.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from followup.catalog import review_problems
from models.errors import BadInput, Problem

# Digits of the menu in `checkin` and on the phone.
YES_DIGIT, HELP_DIGIT, MOVED_DIGIT, WRONG_DIGIT = "1", "2", "3", "9"
# Every language has these.
_SIGNS = {"yes": "👍 👌 ✅ 🆗 ☑ ✔", "help": "🆘", "stop": "🛑", "filler": "🙏 😊 🙂 ❤ 😀 😃 😄"}
_NUMBERS = {"one": YES_DIGIT, "two": HELP_DIGIT, "three": MOVED_DIGIT, "nine": WRONG_DIGIT}
_LISTS = frozenset(
    {
        "yes",
        "filler",
        "negations",
        "help",
        "help_phrases",
        "no_help",
        "help_fillers",
        "moved",
        "moved_phrases",
    }
    | {"moved_fillers", "wrong", "wrong_phrases", "start", "stop", "stop_here", "ordinary", "stop_phrases"}
    | set(_NUMBERS)
)
_SLIPS = frozenset({"stop", "help", "start", "moved", "real"})
_IGNORED = {"‍": "", "️": "", "⃣": "", "​": "", "﻿": ""}
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Words:
    """What people write in one language, or in all of them. Phrases are words with spaces between.

    `stop_here`: a stop in this language, and a word of everyday in another. `ordinary`: a stop alone, and so
    common in a sentence that it says nothing there. `own`: what may stand beside a digit. `slips`: keywords that
    one slip of the finger may hide; `real`: words that are none.
    """

    language: str = ""
    reviewed_by: str | None = None
    reviewed_on: date | None = None
    yes: frozenset[str] = _NONE
    filler: frozenset[str] = _NONE
    negations: frozenset[str] = _NONE
    help: frozenset[str] = _NONE
    help_phrases: frozenset[str] = _NONE
    no_help: frozenset[str] = _NONE
    moved: frozenset[str] = _NONE
    moved_phrases: frozenset[str] = _NONE
    wrong: frozenset[str] = _NONE
    wrong_phrases: frozenset[str] = _NONE
    start: frozenset[str] = _NONE
    stop: frozenset[str] = _NONE
    stop_here: frozenset[str] = _NONE
    ordinary: frozenset[str] = _NONE
    stop_phrases: frozenset[str] = _NONE
    real: frozenset[str] = _NONE
    numbers: frozenset[tuple[str, str]] = frozenset()
    own: frozenset[tuple[str, str]] = frozenset()
    slips: frozenset[tuple[str, str]] = frozenset()

    @property
    def unreviewed(self) -> bool:
        return self.reviewed_by is None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of the person's own language, and those of every language: people answer in what they like.

    A number that is spelt out counts in one's own language alone: `de` is two in Haiti.
    """

    own: Words
    every: Words


def lexicon(language: str, files: Iterable[Words]) -> Lexicon:
    """The words by which a text from somebody who named `language` is read."""
    known = tuple(files)
    main = language.replace("_", "-").partition("-")[0].casefold()
    own = next((words for words in known if words.language == main), Words(language=main))
    sets: dict[str, Any] = {
        name: frozenset().union(*(getattr(words, name) for words in known))
        for name in Words.__dataclass_fields__
        if name not in ("language", "reviewed_by", "reviewed_on", "numbers")
    }
    return Lexicon(own, Words(language=main, numbers=own.numbers, **sets))


def parse_words(text: str) -> Words:
    """The words that this TOML text holds.

    Raises:
        BadInput: it is no TOML, or a key is missing, unknown or of the wrong kind.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("words", "broken_toml", f"{err}.", "Mend that line.")) from err
    problems = [*_problems(tree), *review_problems(tree)]
    if problems:
        raise BadInput(problems)
    folded = {key: frozenset(map(fold, tree.get(key, ()))) for key in _LISTS}
    slips = {key: frozenset(map(fold, words)) for key, words in tree.get("slips", {}).items()}
    for key, signs in _SIGNS.items():
        folded[key] |= frozenset(signs.split())
    beside = {
        HELP_DIGIT: folded.pop("help_fillers"),
        MOVED_DIGIT: folded.pop("moved_fillers") | folded["moved"],
    }
    numbers = {digit: folded.pop(name) for name, digit in _NUMBERS.items()}
    return Words(
        language=tree["language"],
        reviewed_by=tree.get("reviewed_by"),
        reviewed_on=tree.get("reviewed_on"),
        numbers=_pairs(numbers),
        own=_pairs(beside),
        real=slips.pop("real", _NONE),
        slips=_pairs(slips),
        **folded,
    )


def _pairs(table: Mapping[str, Iterable[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((name, word) for name, words in table.items() for word in words)


def _problems(tree: Mapping[str, Any]) -> Iterable[Problem]:
    if not isinstance(tree.get("language"), str):
        yield Problem("language", "missing_key", "The file does not say its language.", "Add it.")
    for key in sorted(set(tree) - _LISTS - {"language", "slips", "unreviewed", "reviewed_by", "reviewed_on"}):
        yield Problem(key, "unknown_key", "Kinline does not know this key.", "Remove it.")
    slips = tree.get("slips", {})
    for key in sorted(set(slips) - _SLIPS):
        yield Problem(f"slips.{key}", "unknown_key", "Kinline does not know this key.", "Remove it.")
    lists = {key: tree[key] for key in _LISTS & set(tree)} | {f"slips.{key}": slips[key] for key in slips}
    for key, words in lists.items():
        if not isinstance(words, list) or not all(isinstance(w, str) and fold(w) for w in words):
            yield Problem(key, "wrong_type", "This is a list of words.", 'Write it as ["one", "two"].')


def fold(phrase: str) -> str:
    """The phrase as texts are compared: small letters, no accents, one space between words."""
    return " ".join(tokens_of(phrase))


def tokens_of(body: str) -> list[str]:
    """The words of the text: folded, with doubled letters and spelt-out words mended."""
    text = unicodedata.normalize("NFKD", body.casefold())
    for mark, instead in _IGNORED.items():
        text = text.replace(mark, instead)
    text = "".join(c for c in text if not unicodedata.combining(c) and not 0x1F3FB <= ord(c) <= 0x1F3FF)
    text = re.sub(r"['’ʼ`´]", "", text)
    text = "".join(_apart(c) for c in text.replace("¿", "?"))
    tokens = [_mended(token) for token in text.split()]
    if len(tokens) > 2 and all(len(t) == 1 and t.isalpha() and t.isascii() for t in tokens):
        return ["".join(tokens)]
    return tokens


def _apart(c: str) -> str:
    """Letters with their marks, and digits, as they are; an emoji is a word; a question is no answer."""
    kind = unicodedata.category(c)
    if c == "?" or kind == "So":
        return f" {c} "
    return c if kind[0] in "LNM" else " "


def _mended(token: str) -> str:
    """`stoppp` is stop, `st0p` is stop; a number stays a number."""
    if token.isascii() and any(c.isalpha() for c in token):
        token = token.replace("0", "o").replace("5", "s")
    return re.sub(r"([^\W\d_])\1{2,}", r"\1", token)
