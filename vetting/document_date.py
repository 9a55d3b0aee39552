"""The day on which a document was issued, as it stands on the page. English and Spanish.

A due date is never it; the end of a period only when the document bears no issue date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from models.reading import ReadLine
from vetting.address_block import left_of, lines_above
from vetting.address_form import STATES, plain

DateKind = Literal["issue", "bare", "period_end"]

_MONTH_WORDS = """JANUARY JAN ENERO ENE|FEBRUARY FEB FEBRERO|MARCH MAR MARZO|APRIL APR ABRIL ABR|MAY MAYO|JUNE JUN JUNIO
|JULY JUL JULIO|AUGUST AUG AGOSTO AGO|SEPTEMBER SEPT SEP SEPTIEMBRE SETIEMBRE|OCTOBER OCT OCTUBRE
|NOVEMBER NOV NOVIEMBRE|DECEMBER DEC DICIEMBRE DIC"""
_MONTHS = {
    word: number for number, words in enumerate(_MONTH_WORDS.split("|"), start=1) for word in words.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>20\d\d)"
_FORMS = (
    re.compile(
        rf"(?<![A-Z])(?P<name>{_MONTH})\s*(?P<day>\d{{1,2}})(?:ST|ND|RD|TH)?[ ,]+(?:DEL? )?{_YEAR}(?!\d)"
    ),
    re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:ST|ND|RD|TH)?[ -]*(?:DAY OF |DE |DIAS DE )?(?P<name>{_MONTH})[ ,-]*(?:DEL? |OF )?{_YEAR}(?!\d)"
    ),
    re.compile(r"(?<!\d)(?P<year>20\d\d)[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?!\d)"),
    re.compile(
        r"(?<![\d/-])(?P<first>\d{1,2})(?P<mark>[/-])(?P<second>\d{1,2})(?P=mark)(?P<short>20\d\d|\d\d)(?![\d/-])"
    ),
)
_ISSUE = re.compile(
    r"(?:STATEMENT|BILL|BILLING|INVOICE|ISSUE|ISSUED|NOTICE|LETTER|PAY|CHECK|PAYMENT ISSUE|PREPARED|PRINT|MAILING|LEASE|AGREEMENT|CLOSING) DATE"
    r"|DATE (?:OF )?(?:ISSUE|ISSUED|BILL|BILLED|STATEMENT|INVOICE|NOTICE|PREPARED|MAILED|LETTER|SIGNED)"
    r"|\bISSUED(?: ON)?\b|\bDATED?\b(?! OF BIRTH)|MADE (?:AND ENTERED INTO )?(?:ON|THIS)|ENTERED INTO|SIGNED ON"
    r"|FECHA DEL? (?:LA )?(?:FACTURA|FACTURACION|EMISION|ESTADO(?: DE CUENTA)?|CORTE|EXPEDICION|CARTA|AVISO|PAGO DE NOMINA|FIRMA|CONTRATO)"
    r"|EMITID[OA]|\bFECHA\b"
)
_DUE = re.compile(
    r"\bDUE\b|PAY BY|PAY ON OR BEFORE|PAST DUE|LATE AFTER|AUTO ?PAY|EXPIR|VENCE|VENCIMIENTO|FECHA LIMITE|PAGAR ANTES|PAGUE ANTES"
    r"|BIRTH|NACIMIENTO|\bDOB\b|NEXT|PROXIM[OA]|VALID (?:UNTIL|THROUGH)|TERMINAT|LAST PAYMENT|PAYMENT RECEIVED|ULTIMO PAGO|SINCE|DESDE"
)
_PERIOD = re.compile(
    r"PERIOD|PERIODO|SERVICE (?:FROM|DATES)|FROM|THROUGH|THRU|\bTO\b|READING|READ DATE|LECTURA|TERM\b|BEGIN|START|\bEND"
)
# `Houston, Texas, a 5 de enero de 2026`: where and when a letter was written.
_LETTER_HEAD = re.compile(rf"^[A-Z ]+, (?:{'|'.join([*STATES, *STATES.values()])})(?:,? A|,)?$")


@dataclass(frozen=True, slots=True)
class DocumentDate:
    """`kind`: 'issue' was labelled as such, 'bare' stands alone, 'period_end' closes a billing period."""

    value: date
    kind: DateKind


@dataclass(frozen=True, slots=True)
class _Seen:
    value: date
    other_way: date | None  # when 03/04 could be March or April
    label: str
    alone: bool


def find_date(lines: Sequence[ReadLine], stated: date | None = None) -> DocumentDate | None:
    """The issue date that the document bears; None when it bears none.

    US order (month first) unless the page itself shows day-first dates, or only day first gives the
    `stated` date.
    """
    day_first = _page_writes_day_first(lines)
    best: dict[DateKind, list[date]] = {"issue": [], "bare": [], "period_end": []}
    for line in lines:
        for seen in _dates_in(lines, line, day_first):
            kind = _kind(seen)
            if kind is not None:
                other = seen.other_way if seen.other_way == stated else None
                best[kind].append(other or seen.value)
    if best["issue"]:
        return DocumentDate(best["issue"][0], "issue")
    if best["bare"]:
        return DocumentDate(best["bare"][0], "bare")
    return DocumentDate(max(best["period_end"]), "period_end") if best["period_end"] else None


def _kind(seen: _Seen) -> DateKind | None:
    """What the words before a date make of it; None for a due date and for a date in mid-sentence."""
    if not seen.label or (seen.alone and _LETTER_HEAD.search(seen.label)):
        return "bare" if seen.alone else None
    last = {
        kind: max((hit.end() for hit in pattern.finditer(seen.label)), default=-1)
        for kind, pattern in (("issue", _ISSUE), ("due", _DUE), ("period_end", _PERIOD))
    }
    clause = max(seen.label.rfind(mark) for mark in ":,;|")
    # `Payment due date` ends in a word of issue: a due word in the same clause forbids.
    if last["due"] > clause or max(last.values()) < 0:
        return None
    return "issue" if last["issue"] >= last["period_end"] else "period_end"


def _dates_in(lines: Sequence[ReadLine], line: ReadLine, day_first: bool) -> Iterator[_Seen]:
    text = plain(re.sub(r"(?<=\d)[.](?=\d)", "/", line.text))
    begin = 0
    found = sorted(
        ((hit.start(), hit.end(), hit) for form in _FORMS for hit in form.finditer(text)), key=lambda f: f[0]
    )
    for start, end, hit in found:
        values = _values(hit, day_first)
        if start < begin or values is None:
            continue
        own = text[begin:start].strip(" :-")
        label = own or _label_near(lines, line)
        if begin and not own.strip(" -"):
            label = "PERIOD TO"  # `12/04/2025 - 01/03/2026`
        if re.match(r"\s*(?:-|TO\b|THROUGH\b|THRU\b|AL?\b)\s*(?:\d|[A-Z]{3,10} \d)", text[end:]):
            label += " PERIOD FROM"
        alone = not re.sub(
            r"[^A-Z]", "", text[end:] if _LETTER_HEAD.search(own) else text[:start] + text[end:]
        )
        yield _Seen(values[0], values[1], label, alone and label in ("", own))
        begin = end


def _label_near(lines: Sequence[ReadLine], line: ReadLine) -> str:
    """The label of a date that stands by itself: left on the row, else the column's head above it."""
    for near in [*left_of(lines, line)[:1], *lines_above(lines, line)[:1]]:
        text = plain(near.text)
        if _ISSUE.search(text) or _DUE.search(text) or _PERIOD.search(text):
            return text
    return ""


def _values(hit: re.Match[str], day_first: bool) -> tuple[date, date | None] | None:
    groups = hit.groupdict()
    if "first" not in groups:
        month = _MONTHS[groups["name"]] if groups.get("name") else int(groups["month"])
        only = _day(int(groups["year"]), month, int(groups["day"]))
        return (only, None) if only else None
    year = int(groups["short"]) + (2000 if len(groups["short"]) == 2 else 0)
    first, second = int(groups["first"]), int(groups["second"])
    us, other = _day(year, first, second), _day(year, second, first)
    one, two = (other, us) if day_first else (us, other)
    if one is None:
        one, two = two, None
    return (one, two if two != one else None) if one else None


def _page_writes_day_first(lines: Sequence[ReadLine]) -> bool:
    day_first = month_first = False
    for line in lines:
        for hit in _FORMS[3].finditer(line.text):
            day_first = day_first or int(hit["first"]) > 12
            month_first = month_first or int(hit["second"]) > 12
    return day_first and not month_first


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
