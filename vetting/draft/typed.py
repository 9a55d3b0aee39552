"""From what a person types to what a packet holds. What can't be understood stays as it is, for the packet to refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from vetting.draft.questions import ZONES, Kind, Question, Section

_LANGUAGES: Mapping[str, str] = {
    "spanish": "es", "español": "es", "espanol": "es", "english": "en", "inglés": "en", "k'iche'": "quc",
    "k'iche": "quc", "kiche": "quc", "quiche": "quc", "quiché": "quc", "q'eqchi'": "kek", "q'eqchi": "kek",
    "kekchi": "kek", "mam": "mam", "q'anjob'al": "kjb", "kanjobal": "kjb", "kaqchikel": "cak", "ixil": "ixl",
    "garifuna": "cab", "portuguese": "pt", "french": "fr", "haitian creole": "ht", "creole": "ht", "chinese": "zh",
    "mandarin": "zh", "arabic": "ar", "dari": "prs", "pashto": "ps", "russian": "ru", "punjabi": "pa", "hindi": "hi",
}  # fmt: skip
_COUNTRIES: Mapping[str, str] = {
    "guatemala": "GT", "honduras": "HN", "el salvador": "SV", "mexico": "MX", "méxico": "MX", "nicaragua": "NI",
    "ecuador": "EC", "venezuela": "VE", "colombia": "CO", "peru": "PE", "perú": "PE", "brazil": "BR", "haiti": "HT",
    "cuba": "CU", "costa rica": "CR", "dominican republic": "DO", "belize": "BZ", "afghanistan": "AF", "china": "CN",
    "india": "IN", "united states": "US", "usa": "US",
}  # fmt: skip


def value_of(question: Question, typed: Mapping[str, str]) -> Any:
    """What the packet holds for this answer; None when nothing was typed."""
    words = typed.get(question.name, "").strip()
    if not words:
        return None
    if question.kind == "moment":
        return _moment(words, typed.get("zone", ""))
    if question.kind == "languages" and not question.path.endswith("languages"):
        return _language(words)
    return _READ[question.kind](words)


def typed_of(section: Section, packet: Mapping[str, Any]) -> dict[str, str]:
    """The other way about: what a person would type on this page, so that the packet (or its entry) says what it does.

    A packet of another road may leave out what the form asks; where that is a no, it is told as one.
    """
    typed: dict[str, str] = {}
    for question in section.questions:
        value: Any = packet
        for key in question.path.split(".") if question.path else ():
            value = value.get(key) if isinstance(value, Mapping) else None
        if question.path and question.kind == "moment" and value is not None:
            typed[question.name], typed["zone"] = _by_the_clock(str(value))
        elif question.path:
            typed[question.name] = _words(question, value)
    if "has_caregiver" in {question.name for question in section.questions}:
        typed["has_caregiver"] = "yes" if packet.get("alternate_caregiver") else "no"
    return typed


def _words(question: Question, value: Any) -> str:
    if question.kind == "yes_no":
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ("; " if question.kind == "names" else ", ").join(value)
    return str(value)[:10] if question.kind == "noon" else str(value)


def _by_the_clock(moment: str) -> tuple[str, str]:
    """Day and hour, and the zone of the form's whose clock says so at that moment; else the first one's clock."""
    at = datetime.fromisoformat(moment)
    fitting = [name for name in ZONES if at.astimezone(ZoneInfo(name)).utcoffset() == at.utcoffset()]
    zone = (fitting or [*ZONES])[0]
    return at.astimezone(ZoneInfo(zone)).isoformat(" ")[:16], zone


def _plain(words: str) -> str:
    return words


def _names(words: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;\n]", words) if part.strip()]


def day_of(words: str) -> str:
    """ISO, also of an American date; what is neither, as it stands."""
    found = re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", words)
    if found:
        with suppress(ValueError):
            return date(int(found[3]), int(found[1]), int(found[2])).isoformat()
    return words


def _noon(words: str) -> str:
    """A consent has a moment; of a day alone its noon is taken."""
    with suppress(ValueError):
        return f"{date.fromisoformat(day_of(words)).isoformat()}T12:00:00Z"
    return words


def _moment(words: str, zone: str) -> str:
    day, _, hour = words.replace("T", " ").partition(" ")
    with suppress(ValueError, KeyError, OSError):
        local = datetime.fromisoformat(f"{day_of(day)} {hour.strip()}")
        if local.tzinfo is None and zone and hour:
            return local.replace(tzinfo=ZoneInfo(zone)).isoformat()
    return words


def _yes_no(words: str) -> Any:
    return {"yes": True, "no": False}.get(words, words)


def _number(words: str) -> Any:
    return int(words) if re.fullmatch(r"\d{1,6}", words) else words


def _phone(words: str) -> str:
    """In international form; ten digits are a number of the United States."""
    digits = re.sub(r"[\s().\-]", "", words)
    if re.fullmatch(r"[2-9]\d{9}", digits):
        return f"+1{digits}"
    return f"+{digits}" if re.fullmatch(r"1[2-9]\d{9}", digits) else digits


def _a_number(words: str) -> str:
    digits = re.sub(r"[\s\-]", "", words).upper().removeprefix("A")
    return digits.zfill(9) if re.fullmatch(r"\d{8}", digits) else digits


def _country(words: str) -> str:
    return _COUNTRIES.get(words.casefold(), words.upper() if len(words) == 2 else words)


def _language(words: str) -> str:
    return _LANGUAGES.get(words.casefold().replace("’", "'"), words if "-" in words else words.lower())


def _languages(words: str) -> list[str]:
    return [_language(part.strip()) for part in re.split(r"[,;\n]", words) if part.strip()]


def _states(words: str) -> list[str]:
    return [part.upper() for part in re.split(r"[,;\s]+", words) if part]


_READ: Mapping[Kind, Callable[[str], Any]] = {
    "text": _plain,
    "names": _names,
    "day": day_of,
    "noon": _noon,
    "yes_no": _yes_no,
    "choice": _plain,
    "number": _number,
    "phone": _phone,
    "a_number": _a_number,
    "country": _country,
    "languages": _languages,
    "state": str.upper,
    "states": _states,
}
