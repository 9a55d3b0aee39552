"""The language files of ``followup``: what we write and say, what people say, and what a part costs. Read once each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from followup.catalog import Catalog, parse_catalog, written_in
from followup.pricing import PriceList, parse_prices
from followup.reply_words import Lexicon, Words, lexicon, parse_words
from followup.scripts import Script, parse_script
from models.errors import NotFound


@cache
def catalogs() -> tuple[Catalog, ...]:
    """Every catalog, English first: the others are held to it."""
    found = [parse_catalog(text) for text in _texts("messages")]
    return tuple(sorted(found, key=lambda c: (c.language != "en", c.language)))


@cache
def languages() -> frozenset[str]:
    """The languages that texts exist in."""
    return frozenset(found.language for found in catalogs())


@cache
def written_language(language: str) -> str | None:
    """The file's language for somebody who named `language` (es-GT reads es); None where there is no text.

    A language that is spoken more than read has none: such a person is called by a person, with an interpreter.
    """
    found = written_in(language, catalogs())
    return found.language if found else None


def spoken_by_machine(language: str) -> str | None:
    """The voice of an automated call to somebody who named `language`; None: a person calls."""
    found = written_in(language, catalogs())
    return found.voice if found else None


def catalog(language: str) -> Catalog:
    """The messages of this language.

    Raises:
        NotFound: there is no file for it.
    """
    found = written_in(language, catalogs())
    if found is None:
        raise NotFound("message file for language", language)
    return found


@cache
def reply_words() -> tuple[Words, ...]:
    """What people write, one of these for each language that we understand."""
    return tuple(parse_words(text) for text in _texts("words"))


@cache
def lexicon_for(language: str) -> Lexicon:
    """The words by which a text from somebody who named `language` is read."""
    written = written_language(language)
    return lexicon(written or language, reply_words())


@cache
def script(language: str) -> Script:
    """What is said on a call with a speaker of this language; in English where an interpreter says it."""
    found = {known.language: known for known in map(parse_script, _texts("scripts"))}
    return found.get(written_language(language) or "en", found["en"])


@cache
def prices() -> PriceList:
    """What a part costs, by the newest price file."""
    return max((parse_prices(text) for text in _texts("prices")), key=lambda p: (p.read_on, p.version))


def _texts(folder: str) -> list[str]:
    return [
        file.read_text(encoding="utf-8")
        for file in sorted(files("followup").joinpath(folder).iterdir(), key=lambda f: f.name)
        if file.name.endswith(".toml")
    ]
