"""Whatever the console says, it says in Spanish too; and no template says a thing that could not be translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from console.messages import ROOT, SPANISH, UNTRANSLATED, collect
from console.pages import wording
from console.pages.done_words import DONE, done_words
from console.pages.rendering import make_templates
from console.speech import Speech, _wanted, gettext, speech, spoken

TEMPLATES = ROOT / "console" / "templates"
_VALUES = re.compile(r"%\(\w+\)s")
_MARKUP = re.compile(r"</?[a-z][^>]*>")
# Names, signs and the other language's own name: the same in both languages.
_SAME = {"Kinline", "KB", "Español", "English"}
# What a macro hands to another place of the page: the tone of a tag, the attributes of a field.
_NOT_TEXT = re.compile(r"bad|warn|good|aria-[a-z]+=.*|\"")
# A string of an expression that reads like words and is given to nothing that translates.
_LITERAL = re.compile(r"""(?<!_\()(?<!_\(\s)"(?!kinline )([A-Z][a-z]+[^"]*|[a-z]+ [a-z ]+[^"]*)"(?!\s*~)""")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%(?!-?\s*trans).*?%\}", re.DOTALL)


def _messages() -> Iterator[Message]:
    with SPANISH.open("rb") as file:
        yield from (message for message in read_po(file, locale="es") if message.id)


def _texts(told: str | tuple[str, ...] | list[str]) -> list[str]:
    return [told] if isinstance(told, str) else list(told)


def test_every_message_has_a_spanish_one_with_the_same_values_and_markup() -> None:
    held = {str(_texts(message.id)[0]): message for message in _messages()}
    said = {str(_texts(message.id)[0]): message for message in collect() if message.id}
    assert len(said) > 900
    assert sorted(set(said) - set(held)) == [], "run `python -m console.messages` and translate what is new"
    assert sorted(set(held) - set(said)) == [], "nobody says this any more: run `python -m console.messages`"
    for key, message in held.items():
        assert not message.fuzzy, key
        assert len(_texts(message.string)) == len(_texts(said[key].id)), key
        for english, spanish in zip(_texts(said[key].id), _texts(message.string), strict=True):
            assert spanish.strip(), key
            assert sorted(_VALUES.findall(english)) == sorted(_VALUES.findall(spanish)), key
            assert sorted(_MARKUP.findall(english)) == sorted(_MARKUP.findall(spanish)), key
            assert (english[:1] == " ", english[-1:] == " ") == (spanish[:1] == " ", spanish[-1:] == " "), key


def _bare(path: Path) -> list[str]:
    """The words that stand in the template itself, outside of what is translated."""
    source = path.read_text(encoding="utf-8")
    source = re.sub(
        r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*\+?%\}|\{\{.*?\}\}|\{%.*?%\}", "\0", source, flags=re.DOTALL
    )
    spoken_attributes = re.findall(r'\b(?:alt|title|placeholder|aria-label|data-label)="([^"]*)"', source)
    text = re.sub(r"<[^>]*>", "\0", re.sub(r"<(code)\b[^>]*>[^<]*</\1>", "\0", source))
    found = [part.strip() for part in [*text.split("\0"), *"\0".join(spoken_attributes).split("\0")]]
    bare = [
        part
        for part in found
        if re.search(r"[A-Za-z]{2}", part) and part.strip("– ") not in _SAME and not _NOT_TEXT.fullmatch(part)
    ]
    return [*bare, *_bare_literals(path)]


def _bare_literals(path: Path) -> list[str]:
    expressions = " ".join(_EXPRESSION.findall(path.read_text(encoding="utf-8")))
    expressions = re.sub(r"\bcount\([^()]*(\([^()]*\))?[^()]*\)|usa-[a-z-]*", "", expressions)
    return [told for told in _LITERAL.findall(expressions) if told not in _SAME]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_has_words_that_cannot_be_translated(path: Path) -> None:
    """A template of the list is there because it does have some: one that has none any more leaves it."""
    if path.name in UNTRANSLATED:
        assert _bare(path) != []
    else:
        assert _bare(path) == []


def test_the_list_of_what_is_not_translated_names_templates_that_are_there() -> None:
    assert {name for name in UNTRANSLATED if not (TEMPLATES / name).exists()} == set()


def test_words_are_told_in_the_language_of_the_request() -> None:
    assert (speech().language, wording.words("welfare_call")) == ("en", "Welfare call")
    with spoken(Speech(language="es")):
        assert wording.words("welfare_call") == "Llamada de bienestar"
        assert (wording.count(1, "child", "children"), wording.count(3, "child", "children")) == (
            "1 menor",
            "3 menores",
        )
        assert wording.subject("household:0") == "persona 1 del hogar"
        assert gettext("nobody wrote this") == "nobody wrote this"
        assert {code for code in DONE if done_words(code) == DONE[code]} == set()
    assert wording.words("welfare_call") == "Welfare call"


def test_a_template_is_read_once_and_speaks_to_each_in_their_language() -> None:
    page = make_templates().from_string(
        '{{ "overdue"|words }}: {% trans n=1 %}level {{ n }}{% endtrans %} {{ _("Case") }}'
    )
    english = page.render()
    with spoken(Speech(language="es")):
        spanish = page.render()
    assert english == page.render() == "Not done in time: level 1 Case"
    assert spanish == "No se hizo a tiempo: level 1 Caso"


def test_what_comes_in_a_value_is_escaped_in_every_language() -> None:
    page = make_templates().from_string(
        "{% trans who=name %}Printed by {{ who }}{% endtrans %}{{ name|translated }}"
    )
    with spoken(Speech(language="es")):
        assert page.render(name="<b>x</b>") == "Printed by &lt;b&gt;x&lt;/b&gt;&lt;b&gt;x&lt;/b&gt;"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("fr, es;q=0.5", "es"),
        ("en;q=0.1, es;q=0.7", "es"),
        ("es;q=0, en", "en"),
        ("es;q=soon", "en"),
        ("quc", "en"),
        ("*", "en"),
    ],
)
def test_the_browsers_languages_are_weighed(header: str, language: str) -> None:
    assert _wanted(header) == language
