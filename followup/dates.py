"""Days and hours in words. GSM-7 alone, so that a text stays in one part: no á, í, ó, ú (measured)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class DateWords:
    """How a language says a day and an hour. `hour_words`: from this hour on, these words."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    time: str
    hour_words: tuple[tuple[int, str], ...]
    one_oclock: str = ""
    other_oclock: str = ""


_EN = DateWords(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    day="{weekday}, {month} {day}",
    time="{hour}:{minute:02d} {words}",
    hour_words=((0, "AM"), (12, "PM")),
)
_ES = DateWords(
    weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sabado", "domingo"),
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    day="{weekday} {day} de {month}",
    time="{article} {hour}:{minute:02d} {words}",
    hour_words=((0, "de la mañana"), (12, "de la tarde"), (19, "de la noche")),
    one_oclock="la",
    other_oclock="las",
)
WORDS: Mapping[str, DateWords] = {"en": _EN, "es": _ES}

# Who reads no letter of these languages in school reads Spanish; Mayan speakers are called first anyway.
_READ_SPANISH = frozenset(
    {"mam", "quc", "kek", "kjb", "ixl", "knj", "cac", "jac", "cak", "tzj", "usp", "poh", "cab", "miq", "nah"}
)


def reading_language(language: str, available: Collection[str] = tuple(WORDS)) -> str:
    """The language, of those available, that somebody who speaks `language` can read.

    >>> reading_language("es-GT"), reading_language("quc"), reading_language("ar")
    ('es', 'es', 'en')
    """
    spoken = language.replace("_", "-").partition("-")[0].casefold()
    if spoken in available:
        return spoken
    return "es" if spoken in _READ_SPANISH and "es" in available else "en"


def day_in_words(day: date, language: str) -> str:
    """The day as people say it, without the year: it is always near.

    >>> day_in_words(date(2026, 3, 3), "en"), day_in_words(date(2026, 3, 3), "es")
    ('Tuesday, March 3', 'martes 3 de marzo')
    """
    words = WORDS[reading_language(language)]
    return words.day.format(
        weekday=words.weekdays[day.weekday()], month=words.months[day.month - 1], day=day.day
    )


def time_in_words(at: time | datetime, language: str) -> str:
    """The local time as people say it; in Spanish with its article, since it follows "a".

    >>> time_in_words(time(9, 30), "en"), time_in_words(time(13, 5), "es")
    ('9:30 AM', 'la 1:05 de la tarde')
    """
    words = WORDS[reading_language(language)]
    hour = (at.hour - 1) % 12 + 1
    return words.time.format(
        article=words.one_oclock if hour == 1 else words.other_oclock,
        hour=hour,
        minute=at.minute,
        words=[said for begins, said in words.hour_words if at.hour >= begins][-1],
    )
