"""The message files of ``followup/messages``, one for each language, read once for each process."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from followup.catalog import Catalog, parse_catalog
from models.errors import NotFound


@cache
def languages() -> frozenset[str]:
    """The languages that texts and prompts exist in."""
    return frozenset(
        f.name.removesuffix(".toml")
        for f in files("followup").joinpath("messages").iterdir()
        if f.name.endswith(".toml")
    )


def written_language(language: str) -> str | None:
    """The file's language for a speaker of `language` (es-GT reads es); None where there is no text.

    A language that is spoken more than read has none: such a person is called by a person.
    """
    main = language.split("-")[0].lower()
    return main if main in languages() else None


@cache
def catalog(language: str) -> Catalog:
    """The messages of this language.

    Raises:
        NotFound: there is no file for it.
    """
    found = written_language(language)
    if found is None:
        raise NotFound("message file for language", language)
    text = files("followup").joinpath("messages", f"{found}.toml").read_text(encoding="utf-8")
    return parse_catalog(text)
