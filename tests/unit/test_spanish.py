"""Whatever the console says, it says in Spanish too; and no template says a thing that could not be translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from console.messages import ROOT, SPANISH, collect
from console.pages import wording
from console.pages.act_table import ABOUT, LINK, WHOLE
from console.pages.closings import REOPEN
from console.pages.court_acts import HEARING, LOOK
from console.pages.done_words import DONE, done_words
from console.pages.gate_words import missing_words
from console.pages.rendering import make_templates
from console.refusals import VALUE, refusals
from console.speech import Speech, _wanted, gettext, speech, spoken, translated
from models.vetting_policy import When
from vetting import address, checks, completeness, home_study, identity, linkage
from vetting.explain import because

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
    assert _bare(path) == []


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


def test_every_act_has_its_words_in_spanish() -> None:
    acts = [*WHOLE.values(), *ABOUT.values(), LINK, *HEARING.values(), LOOK, REOPEN]
    boxes = [box for act in acts for box in act.boxes]
    said = {text for act in acts for text in (act.title, act.says, act.button)}
    said |= {text for box in boxes for text in (box.label, box.hint, *dict(box.options).values())}
    with spoken(Speech(language="es")):
        assert {text for text in said - {"", "No"} if translated(text) == text} == set()


_ENGLISH = re.compile(r"\b(the|and|with|not|who|this|is|of|are|for|was|it|to)\b", re.IGNORECASE)
_CHECKED = [
    f"The {kind}{where} of {who} {says}{after}."
    for kind in checks.KIND_WORDS.values()
    for where in ("", " in TX")
    for who in ("the sponsor", "household member 2")
    for _, says in checks._SAYS.values()
    for after in ("", " (it replaces the FBI name check, which could not be read)")
]
_PAPERS = [
    f"The {words} of the other caregiver {rest}"
    for words, ask in completeness._ASK.values()
    for rest in (
        f"is missing. {ask}",
        "cannot be read. Ask for a new photo: flat, in good light, all four corners showing.",
        "expired on 2026-01-02, more than 30 days before the application. Ask for one that is valid.",
        "expired on 2026-01-02 by its machine-readable zone, more than 30 days before the application. Ask for one that is"
        " valid.",
    )
]
_OTHERS = [
    "The file given as proof of address of the sponsor also stands in another case. Compare the two and say what you found.",
    "A picture that looks the same as the one given as proof of address of the sponsor stands in another case, at another"
    " size or quality. Compare the two and say what you found.",
    *(
        text.format(paper="the birth certificate of the child", fields="given names, date of birth")
        for text in (identity._TYPED + identity._ZONE_AGREES, identity._BY_MACHINE, identity._PERSON_OR_MACHINE)
    ),
    *(message.format(tier=tier) for _, _, message in linkage._RULES.values() for tier in ("very likely", "possibly")),
    *address._MISMATCH.values(),
    *(message for _, message in address._POSTAL.values()),
    "The postal service lists this address as a business. Find out who lives there before you go on.",
    "The proof of address is 91 days older than the application; at most 60 are allowed. Ask for a newer one.",
    "The law requires a home study (TVPRA-1, TVPRA-2). Order one; the case waits until its report has come.",
    f"A home study was ordered. {home_study._next(None, (), moved=False)}",
    "ORR's rules require a home study (ORR-1). The last study was made before ORR-1 was known: order an addendum.",
    "As the parent abroad tells it: Money is owed because of the journey. Screen for trafficking, and say what you found.",
    "The child and the sponsor: They do not agree on who paid for the journey. Screen for trafficking, and say what you"
    " found.",
    "With this child the sponsor, who is not a relative, reaches 4 children. A supervisor must look at all of them together.",
    "The FBI name check in TX of the sponsor has no result yet. The federal field specialist signed off that the release"
    " need not wait for it; its result is due 30 days after the release.",
]  # fmt: skip


def test_what_vetting_found_is_told_in_spanish() -> None:
    with spoken(Speech(language="es")):
        english = [text for text in (*_CHECKED, *_PAPERS, *_OTHERS) if _ENGLISH.search(translated(text))]
    assert english == []


# Values that fit one refusal or another; and what commands alone say.
_FITTING = ("7", "orr-2025", "2026-02-02", "child", "proof_of_address@sponsor", "Mend it.")
_OF_COMMANDS = {f"This is not {VALUE}.", f"Use {VALUE}.", f"key {VALUE}", f"answers, key {VALUE}"}


def test_whatever_is_refused_is_refused_in_spanish() -> None:
    """Each as it stands, and with a value that fits where it has one."""
    with spoken(Speech(language="es")):
        english = {
            text
            for text in refusals()
            if all(missing_words(told) == told for told in (text.replace(VALUE, fits) for fits in _FITTING))
        }
    assert english == _OF_COMMANDS


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ("This child is not 18 yet.", "Este menor todavía no tiene 18 años."),
        (
            "This reason needs its evidence: the record of the departure.",
            "Este motivo requiere su prueba: el registro de la salida.",
        ),
        (
            "People have asked for the child on 4 days of 5.",
            "Se ha preguntado por el menor en 4 días de 5.",
        ),
        ("Nobody wrote this.", "Nobody wrote this."),
    ],
)
def test_a_line_that_became_a_sentence_is_told_by_that_line(refused: str, told: str) -> None:
    with spoken(Speech(language="es")):
        assert translated(refused) == told


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (
            "document proof_of_address@sponsor",
            "Documentos que faltan: comprobante de domicilio, el patrocinador",
        ),
        ("recommendation case_coordinator", "Recomendaciones de aprobar: coordinador de casos"),
        ("finding ADDRESS_UNREAD sponsor", "Hallazgos abiertos: ADDRESS_UNREAD, el patrocinador"),
        ("decision", "La decisión: nadie ha decidido aprobar"),
        ("another person acts as case_manager", "que otra persona actúe como administrador de casos"),
        ("nobody knows this", "nobody knows this"),
    ],
)
def test_what_a_refusal_misses_is_told_in_words(missing: str, told: str) -> None:
    with spoken(Speech(language="es")):
        assert missing_words(missing) == told


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({"categories": ("1", "2A")}, "el patrocinador es de la categoría 1 o 2A"),
        ({"circumstances_any": ("abused", "disability")}, "el menor: sufrió abuso o discapacidad"),
        ({"child_age_at_most": 12}, "el menor tiene 12 años o menos"),
        ({"risk_any": ("denied_before",)}, "el expediente muestra: denegado antes"),
        ({"related": False}, "el patrocinador no es pariente"),
        ({"biological_kin": True}, "el parentesco indicado es de sangre"),
        ({"case_manager_helps": True}, "el administrador de casos ayuda"),
    ],
)
def test_why_a_thing_is_asked_for_is_told_in_spanish(when: dict[str, Any], told: str) -> None:
    (said,) = because(When(**when))
    with spoken(Speech(language="es")):
        assert translated(said) == told
