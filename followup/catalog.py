"""What we say: messages by language, one file each, parsed, checked and rendered. The file's text is an argument.

A message is neutral (design rule 6): no name, number, address, and none of the words in `FORBIDDEN`. In a
message, ``{day}`` is a value; ``[ in {city}]`` is left out when its value is empty, or when the text would
not fit in one part with it.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any

from followup.dates import DateWords, date_problems, date_words, day_in_words, time_in_words
from models.errors import BadInput, Problem

__all__ = [
    "Catalog",
    "check_catalogs",
    "day_in_words",
    "parse_catalog",
    "render",
    "sayable_city",
    "segments",
    "time_in_words",
    "worst_case",
    "written_in",
]

SPOKEN_ALOUD = "voice_"  # keys that begin so are read out: no parts are counted
# Texts that come unasked, or begin texting: each says how to end it.
NEED_OPT_OUT = frozenset(
    {"checkin", "merged_checkin", "good_time", "hearing", "hearing_moved", "hearing_off", "start_confirm"}
)
OPT_OUT = "STOP"
LONGEST_CITY = 24
# Per language and for all of them together: a text in one language may be read in another.
FORBIDDEN: tuple[str, ...] = (
    *("immigration", "immigrant", "migrant", "inmigra", "inmigrante", "migra", "migracion", "migratori"),
    *("court", "corte", "tribunal", "juzgado", "judge", "juez", "hearing", "audiencia", "removal", "asylum"),
    *("asilo", "deport", "expuls", "master", "individual", "lawyer", "abogad", "attorney", "visa", "custody"),
    *("sponsor", "patrocinador", "patrocinio", "custodio", "guardian", "orr", "ice", "eoir", "dhs", "hhs"),
    *("uscis", "cbp", "uac", "refugee", "refugiad", "resettlement", "unaccompanied", "acompanad", "alien"),
    *("detention", "detencion", "shelter", "albergue", "traffick", "trata", "abuse", "abuso"),
    *("police", "policia", "lapolis"),
    *("immigre", "imigra", "juge", "audience", "asile", "avocat", "tuteur", "tutelle", "parrain", "refugie"),
    *("retention", "juiz", "advogad", "guardia", "detencao", "abrigo", "trafic", "expulsao"),
    *("tribinal", "jij", "odyans", "azil", "depote", "avoka", "gadyen", "parenn", "refijye", "detansyon"),
)
# These are forbidden as words only: many an innocent word begins with them.
_WHOLE = frozenset(
    {
        "orr",
        "ice",
        "dhs",
        "hhs",
        "cbp",
        "uac",
        "visa",
        "master",
        "individual",
        "corte",
        "trata",
        "jij",
        "parenn",
    }
)
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("^{}\\[~]|€\f")
_NEVER = re.compile(
    r"\b(?:a?-?\d{7,}\b|" + "|".join(rf"{word}\b" if word in _WHOLE else word for word in FORBIDDEN) + ")"
)
_VALUE = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Catalog:
    """The messages of one language. `reviewed_by` None: no native speaker has read them yet.

    `also`: other codes of the same language (ISO 639-3). `voice`: what a machine reads it out in; None: no
    machine can, and a person calls.
    """

    language: str
    sender: str
    messages: Mapping[str, str]
    dates: DateWords
    also: tuple[str, ...] = ()
    voice: str | None = None
    reviewed_by: str | None = None
    reviewed_on: date | None = None

    @property
    def unreviewed(self) -> bool:
        return self.reviewed_by is None


def parse_catalog(text: str) -> Catalog:
    """The catalog that this TOML text holds.

    Raises:
        BadInput: the text is no TOML, or a key is missing, unknown or of the wrong kind.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("catalog", "broken_toml", f"{err}.", "Mend that line.")) from err
    problems = list(_shape(tree))
    if problems:
        raise BadInput(problems)
    return Catalog(
        language=tree["language"],
        sender=tree["sender"],
        messages=dict(tree["messages"]),
        dates=date_words(tree["dates"]),
        also=tuple(tree.get("also", ())),
        voice=tree.get("voice"),
        reviewed_by=tree.get("reviewed_by"),
        reviewed_on=tree.get("reviewed_on"),
    )


def written_in(language: str, catalogs: Sequence[Catalog]) -> Catalog | None:
    """The catalog for somebody who named `language` (BCP 47 or ISO 639-3): pt-BR and por are read in pt.

    None where there is none: nobody is ever written to in a language that they did not name.
    """
    wanted = language.replace("_", "-").casefold()
    for code in (wanted, wanted.partition("-")[0]):
        for catalog in catalogs:
            if code in (catalog.language, *catalog.also):
                return catalog
    return None


def render(catalog: Catalog, template: str, params: Mapping[str, Any]) -> str:
    """The message with its values filled in, in letters that a text can carry.

    A city that can't be said neutrally is left out. Values that the message does not name are ignored.

    Raises:
        BadInput: there is no such message, or a value is missing or not neutral.
    """
    body = catalog.messages.get(template)
    if body is None:
        raise BadInput(
            Problem("template", "unknown_template", f"No message is called {template}.", "Use a known one.")
        )
    values = {name: str(value) for name, value in params.items()}
    if "city" in values:
        values["city"] = sayable_city(values["city"])
    needed = _names(_OPTIONAL.sub("", body))
    problems = [problem for name in needed for problem in _value_problems(name, values.get(name))]
    if problems:
        raise BadInput(problems)
    whole = _OPTIONAL.sub(lambda part: part[1] if all(values.get(n) for n in _names(part[1])) else "", body)
    if is_spoken(template):
        return _filled(whole, values)
    said = fold_to_gsm(_filled(whole, values))
    return said if segments(said) == 1 else fold_to_gsm(_filled(_OPTIONAL.sub("", body), values))


def is_spoken(template: str) -> bool:
    """True for what is read out; everything else is sent in parts."""
    return template.startswith(SPOKEN_ALOUD)


def sayable_city(city: str) -> str:
    """The city in letters that a text can carry; empty when naming it would not be neutral or short."""
    folded = fold_to_gsm(" ".join(city.split()))
    plain = re.fullmatch(r"[^\W\d_]([^\W\d_]|[ .'-])*", folded) is not None
    return folded if plain and len(folded) <= LONGEST_CITY and not forbidden_in(folded) else ""


def fold_to_gsm(text: str) -> str:
    """The text without the accents and signs that would cut what fits in a part to less than half."""
    folded = (c if c in _GSM else _plain(c) for c in text)
    return "".join(folded)


def segments(body: str) -> int:
    """How many parts the text is sent in: 160 letters of GSM-7 (153 in several), else 70 (67)."""
    if not body:
        return 0
    if all(c in _GSM or c in _GSM_TWO for c in body):
        size, one, several = sum(2 if c in _GSM_TWO else 1 for c in body), 160, 153
    else:
        size, one, several = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if size <= one else -(-size // several)


def forbidden_in(text: str) -> list[str]:
    """The words in this text that no message may hold, in any language."""
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)
    )
    return sorted({"a number" if found[0][-1].isdecimal() else found[0] for found in _NEVER.finditer(folded)})


def check_catalogs(catalogs: Sequence[Catalog]) -> list[str]:
    """What is wrong with these catalogs, one line each; the first one is what the others are held to."""
    if not catalogs:
        return ["there is no catalog"]
    found: list[str] = []
    for catalog in catalogs:
        found += [f"{catalog.language}: {fault}" for fault in _against(catalog, catalogs[0])]
        for key, body in catalog.messages.items():
            found += [f"{catalog.language}.{key}: {fault}" for fault in _faults(catalog, key, body)]
        found += [f"{catalog.language}: {fault}" for fault in _word_faults(catalog.dates)]
    return found


def _shape(tree: dict[str, Any]) -> Iterator[Problem]:
    wanted: dict[str, type] = {"language": str, "sender": str, "messages": dict}
    known = {*wanted, "dates", "also", "voice", "unreviewed", "reviewed_by", "reviewed_on"}
    for key, kind in wanted.items():
        if not isinstance(tree.get(key), kind) or not tree[key]:
            yield Problem(key, "missing_key", "A catalog needs this key.", "Add it.")
    for key in sorted(set(tree) - known):
        yield Problem(key, "unknown_key", "Kinline does not know this key.", "Remove it.")
    yield from review_problems(tree)
    yield from date_problems(tree.get("dates"))
    messages = tree.get("messages")
    for key, body in (messages if isinstance(messages, dict) else {}).items():
        if not isinstance(body, str) or not body.strip():
            yield Problem(
                f"messages.{key}", "wrong_type", "A message is a line of text.", "Write it in quotes."
            )


def review_problems(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """A file says who reviewed it and when, or that nobody has: it never leaves that open."""
    reviewed = bool(tree.get("reviewed_by")) and isinstance(tree.get("reviewed_on"), date)
    half = bool(tree.get("reviewed_by")) != isinstance(tree.get("reviewed_on"), date)
    if half or reviewed == (tree.get("unreviewed") is True):
        yield Problem(
            "reviewed_by",
            "wrong_value",
            "A file names its reviewer and the day of the review, or says that it is unreviewed.",
            "Give reviewed_by and reviewed_on, or unreviewed = true.",
        )


def _filled(body: str, values: Mapping[str, str]) -> str:
    return _VALUE.sub(lambda value: values[value[1]], body)


def _names(body: str) -> list[str]:
    return _VALUE.findall(body)


def _value_problems(name: str, value: str | None) -> Iterator[Problem]:
    if not value:
        yield Problem(name, "missing_key", "The message needs this value.", "Give it.")
    elif forbidden_in(value):
        yield Problem(name, "not_neutral", "This value may not stand in a message.", "Leave it out.")


def _plain(c: str) -> str:
    """The nearest letters of GSM-7; nothing when there are none."""
    if c in _GSM_TWO:
        return c
    bare = "".join(x for x in unicodedata.normalize("NFKD", c) if not unicodedata.combining(x))
    known = {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "}
    return known.get(c, bare if bare and all(x in _GSM for x in bare) else "")


def _against(catalog: Catalog, model: Catalog) -> Iterator[str]:
    for key in sorted(model.messages.keys() - catalog.messages.keys()):
        yield f"the message {key} is missing"
    for key in sorted(catalog.messages.keys() - model.messages.keys()):
        yield f"the message {key} is unknown to {model.language}"
    for key in sorted(catalog.messages.keys() & model.messages.keys()):
        if sorted(_names(catalog.messages[key])) != sorted(_names(model.messages[key])):
            yield f"the values of {key} are not those of {model.language}"
    if catalog.sender != model.sender:
        yield "the sender is named otherwise"


def _faults(catalog: Catalog, key: str, body: str) -> Iterator[str]:
    aloud = is_spoken(key)
    if words := forbidden_in(body):
        yield f"holds {', '.join(words)}"
    if not aloud and not body.startswith(f"{catalog.sender}: "):
        yield f"does not begin with {catalog.sender}:"
    if key in NEED_OPT_OUT and OPT_OUT not in body:
        yield f"does not say how to end the texts ({OPT_OUT})"
    if not aloud and (parts := segments(worst_case(catalog, body))) > 1:
        yield f"takes {parts} parts"


def worst_case(catalog: Catalog, body: str) -> str:
    """The message at its longest, without the parts that are left out when it does not fit."""
    values = {"day": max(_days(catalog.dates), key=len), "time": max(_times(catalog.dates), key=len)}
    return _VALUE.sub(lambda value: values.get(value[1], "W" * 40), _OPTIONAL.sub("", body))


@lru_cache(maxsize=64)
def _word_faults(words: DateWords) -> tuple[str, ...]:
    """Every value that a day or an hour can take, looked at once."""
    return tuple(
        f"a day or hour can't be said: {said}"
        for said in (*_days(words), *_times(words))
        if forbidden_in(said) or segments(said) > 1 or said != fold_to_gsm(said)
    )


@lru_cache(maxsize=64)
def _days(words: DateWords) -> tuple[str, ...]:
    """Every day in words: ten years hold each weekday of each date but one."""
    return tuple(day_in_words(date(2024, 1, 1) + timedelta(days=n), words) for n in range(3660))


@lru_cache(maxsize=64)
def _times(words: DateWords) -> tuple[str, ...]:
    return tuple(time_in_words(time(hour, minute), words) for hour in range(24) for minute in range(60))
