"""Identity papers of people and of a country that do not exist: passport, consular card, state card.

The passport's country is Utopia (`UTO`, the code that ICAO keeps for specimens); each card says that it is
a sample. The machine-readable lines carry right check digits, since that is what a reader must check.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from samples.drawing.sheet import GREY, Sheet
from samples.drawing.words import sign

Rng = np.random.Generator
COUNTRY = "UTO"
_SPANISH = ("ENE", "FEB", "MAR", "ABR", "MAY", "JUN", "JUL", "AGO", "SEP", "OCT", "NOV", "DIC")
_ENGLISH = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Bearer:
    """Whose card it is and what stands on it."""

    given: str
    family: str
    born_on: date
    sex: str
    number: str
    expires_on: date
    address: tuple[str, str] = ("", "")

    @property
    def issued_on(self) -> date:
        """Ten years before the card runs out, the day after."""
        return date(self.expires_on.year - 10, self.expires_on.month, min(self.expires_on.day + 1, 28))


def check_digit(text: str) -> str:
    """The check digit of ICAO 9303: weights 7, 3, 1; letters count from 10, the filler is 0."""
    values = (int(c) if c.isdigit() else 0 if c == "<" else ord(c) - 55 for c in text)
    return str(sum(v * (7, 3, 1)[i % 3] for i, v in enumerate(values)) % 10)


def passport_lines(bearer: Bearer) -> tuple[str, str]:
    """The two machine-readable lines of a passport (TD3, 44 characters each)."""
    names = f"{_letters(bearer.family)}<<{_letters(bearer.given)}"
    first = f"P<{COUNTRY}{names}"[:44].ljust(44, "<")
    number = bearer.number.ljust(9, "<")[:9]
    born, expires = (f"{day:%y%m%d}" for day in (bearer.born_on, bearer.expires_on))
    body = (
        f"{number}{check_digit(number)}{COUNTRY}{born}{check_digit(born)}{_sex(bearer)}{expires}{check_digit(expires)}"
        + "<" * 14
    )
    personal = "0"
    whole = body[:10] + body[13:20] + body[21:28] + "<" * 14 + personal
    return first, body + personal + check_digit(whole)


def _sex(bearer: Bearer) -> str:
    return {"female": "F", "male": "M"}.get(bearer.sex, "<")


def _letters(name: str) -> str:
    spelt = name.upper().replace("Ñ", "N")
    plain = "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))
    return "".join(c if c.isalpha() else "<" for c in plain if c not in "'’.")


def passport(bearer: Bearer, rng: Rng) -> Sheet:
    """The data page of a passport, 125 by 88 mm."""
    sheet = Sheet(354.3, 249.4, "Passport, sample")
    sheet.box(0, 0, 354.3, 249.4, fill="#eef0e6")
    _guilloche(sheet, ("#a9c4c0", "#cdbd9c", "#b9c9a8"), rng)
    sheet.text(16, 22, "REPÚBLICA DE UTOPÍA", 10.5, "Times-Bold", "#23524c")
    sheet.text(338, 22, "PASAPORTE / PASSPORT", 8.5, "Times-Bold", "#23524c", "right")
    _portrait(sheet, 16, 38, 92, 118, rng, bearer.sex)
    rows = (
        (118, 42, "Tipo / Type", "P"),
        (165, 42, "País / Country", COUNTRY),
        (238, 42, "Pasaporte No. / Passport No.", bearer.number),
        (118, 67, "Apellidos / Surname", bearer.family.upper()),
        (118, 92, "Nombres / Given names", bearer.given.upper()),
        (118, 117, "Nacionalidad / Nationality", "UTOPIANA"),
        (238, 117, "Sexo / Sex", _sex(bearer)),
        (118, 142, "Fecha de nacimiento / Date of birth", _card_date(bearer.born_on)),
        (258, 142, "Lugar / Place", "EJEMPLO"),
        (118, 167, "Fecha de expedición / Date of issue", _card_date(bearer.issued_on)),
        (258, 167, "Vence / Expiry", _card_date(bearer.expires_on)),
    )
    for x, y, label, value in rows:
        sheet.text(x, y, label, 5.2, ink="#4b6a66")
        sheet.text(x, y + 10.5, value, 9, "Helvetica-Bold")
    sign(sheet, 22, 184, f"{bearer.given} {bearer.family}", rng, 0.62, 78)
    sheet.stamp(236, 150, "SPECIMEN", 44, "#8a3b3b", 18, 0.10)
    sheet.box(0, 199, 354.3, 50.4, fill="#f6f6f0")
    for index, line in enumerate(passport_lines(bearer)):
        sheet.spaced(12, 217 + 19 * index, line, 326, 11.2, "Courier-Bold")
    return sheet


def consular_id(bearer: Bearer, rng: Rng) -> Sheet:
    """A consular identity card, 85.6 by 54 mm drawn twice as large."""
    sheet = Sheet(486, 306, "Consular card, sample")
    sheet.box(0, 0, 486, 306, fill="#e9eff5", radius=0)
    _guilloche(sheet, ("#b7c9df", "#d9c4ad", "#c3d4c8"), rng)
    sheet.box(0, 0, 486, 46, fill="#1f4e79")
    sheet.text(18, 21, "REPÚBLICA DE UTOPÍA", 13, "Helvetica-Bold", "#ffffff")
    sheet.text(18, 37, "TARJETA DE IDENTIFICACIÓN CONSULAR - MUESTRA", 10, ink="#dbe8f4")
    sheet.seal(448, 23, 19, "CONSULADO * MUESTRA *", "#dbe8f4")
    _portrait(sheet, 18, 60, 124, 156, rng, bearer.sex)
    rows = (
        ("Apellidos / Surnames", bearer.family.upper()),
        ("Nombres / Given names", bearer.given.upper()),
        ("Número / Number", bearer.number),
        ("Fecha de nacimiento / Date of birth", _card_date(bearer.born_on)),
        ("Vence / Expires", _card_date(bearer.expires_on)),
        ("Domicilio / Address", ", ".join(part for part in bearer.address if part)),
    )
    for index, (label, value) in enumerate(rows):
        sheet.text(160, 70 + 34 * index, label, 7.5, ink="#3c5a78")
        sheet.text(160, 84 + 34 * index, value, 12.5 if index < 5 else 9.5, "Helvetica-Bold")
    sign(sheet, 28, 252, f"{bearer.given} {bearer.family}", rng, 0.9, 102)
    sheet.line(18, 262, 142, 262, GREY, 0.5)
    sheet.text(80, 272, "Firma / Signature", 6.5, ink=GREY, align="centre")
    sheet.box(0, 284, 486, 22, fill="#1f4e79")
    sheet.text(
        243, 298, "Documento inventado. Sample card of an invented person.", 8, ink="#dbe8f4", align="centre"
    )
    return sheet


def state_id(bearer: Bearer, rng: Rng) -> Sheet:
    """An identification card of a state, drawn twice its size."""
    sheet = Sheet(486, 306, "State identification card, sample")
    sheet.box(0, 0, 486, 306, fill="#f4efe4")
    _guilloche(sheet, ("#d8c49a", "#a9bfd6", "#d6b3a4"), rng)
    sheet.text(18, 34, "SAMPLE STATE", 24, "Times-Bold", "#7a2e2e")
    sheet.text(468, 24, "IDENTIFICATION CARD", 12, "Helvetica-Bold", "#27406b", "right")
    sheet.text(468, 38, "NOT A REAL DOCUMENT", 7.5, ink="#27406b", align="right")
    sheet.line(18, 46, 468, 46, "#7a2e2e", 1.5)
    face = int(rng.integers(0, 2**32))
    for x, y, width, height in ((18, 58, 130, 164), (404, 196, 60, 76)):
        _portrait(sheet, x, y, width, height, np.random.default_rng(face), bearer.sex)
    rows = (
        ("4d ID", bearer.number, 15),
        ("4b EXP", _us_date(bearer.expires_on), 13),
        ("1 Family names", bearer.family.upper(), 13),
        ("2 Given names", bearer.given.upper(), 13),
        ("3 DOB", _us_date(bearer.born_on), 13),
        ("8 Address", bearer.address[0].upper(), 10),
    )
    for index, (label, value, size) in enumerate(rows):
        sheet.text(164, 69 + 32 * index, label, 7.5, ink="#27406b")
        sheet.text(164, 83 + 32 * index, value, size, "Helvetica-Bold")
    sheet.text(164, 255, bearer.address[1].upper(), 10, "Helvetica-Bold")
    sheet.text(164, 276, f"15 SEX {_sex(bearer)}", 9)
    sheet.text(226, 276, f"16 HGT 5'-{int(rng.integers(1, 9)):02d}\"", 9)
    sheet.text(300, 276, "18 EYES BRO", 9)
    sheet.text(370, 83, f"4a ISS {_us_date(bearer.issued_on)}", 8.5)
    sign(sheet, 30, 256, f"{bearer.given} {bearer.family}", rng, 0.9, 102)
    sheet.stamp(300, 190, "SAMPLE", 66, "#27406b", 14, 0.07)
    sheet.text(18, 295, f"5 DD {rng.integers(10**11, 10**12)}", 7, ink=GREY)
    return sheet


def _card_date(day: date) -> str:
    return f"{day.day:02d} {_SPANISH[day.month - 1]}/{_ENGLISH[day.month - 1]} {day.year}"


def _us_date(day: date) -> str:
    return f"{day.month:02d}/{day.day:02d}/{day.year}"


def _guilloche(sheet: Sheet, inks: tuple[str, ...], rng: Rng) -> None:
    """Fine waves over the whole card, as security paper has them."""
    for ink in inks:
        base, swing, length, phase = (float(v) for v in rng.uniform((0.2, 20, 60, 0), (0.8, 50, 150, 6.3)))
        for strand in range(16):
            shift = (strand - 8) * sheet.height / 22
            points = [
                (
                    float(x),
                    sheet.height * base
                    + shift
                    + swing * math.sin(x / length * 2 + phase + strand * 0.22)
                    + 9 * math.sin(x / 19 + strand * 0.5),
                )
                for x in np.arange(0, sheet.width + 4, 4)
            ]
            inside = [(x, min(max(y, 0), sheet.height)) for x, y in points]
            sheet.curve(inside, ink, 0.45, opacity=0.55)


_SKINS = ("#c99a74", "#b98560", "#d6aa86", "#a8764f")
_HAIRS = ("#1d1714", "#2b201a", "#35271d", "#4a3a30")
_CLOTHES = ("#3e5c76", "#7a3b46", "#4f6d4a", "#5b4a72", "#8a6a3a", "#40464f")


def _portrait(sheet: Sheet, x: float, y: float, width: float, height: float, rng: Rng, sex: str) -> None:
    """A drawn face, nobody's; the same generator draws the same face only from the same state."""
    skin, hair, cloth = (str(rng.choice(choice)) for choice in (_SKINS, _HAIRS, _CLOTHES))
    u = width / 100
    tall = height / u
    sheet.box(x, y, width, height, fill="#dfe5e8", stroke="#9aa4a8", line=0.5)

    def oval(cx: float, cy: float, rx: float, ry: float, ink: str) -> None:
        sheet.oval(x + (cx - rx) * u, y + (cy - ry) * u, 2 * rx * u, 2 * ry * u, fill=ink)

    long_hair = sex == "female"
    if long_hair:
        oval(50, 56, 30, 36, hair)
        sheet.box(x + 21 * u, y + 54 * u, 58 * u, 34 * u, fill=hair, radius=10 * u)
    _shoulders(sheet, x, y, u, tall, cloth)
    sheet.box(x + 42 * u, y + 76 * u, 16 * u, 20 * u, fill=_darker(skin), radius=5 * u)
    oval(27.5, 56, 3.6, 6.5, _darker(skin))
    oval(72.5, 56, 3.6, 6.5, _darker(skin))
    oval(50, 42 if long_hair else 40, 25.5, 21, hair)
    oval(50, 56, 22.5, 29, skin)
    brow = 35 + float(rng.uniform(-1, 2))
    crown = [(28 + k * 4.4, brow + 5 * math.sin(k / 10 * math.pi) * -1 + 6) for k in range(11)]
    fringe = [(72, 30), (62, 23), (50, 21), (38, 23), (28, 30)]
    sheet.curve([(x + a * u, y + b * u) for a, b in crown + fringe], fill=hair)
    gap = float(rng.uniform(9.0, 10.5))
    for side in (-1, 1):
        oval(50 + side * gap, 54, 4.0, 2.2, "#f3efe9")
        oval(50 + side * gap, 54, 1.9, 2.0, "#2a1c14")
        arch = [(50 + side * (gap - 5 + k), 48.6 - 1.3 * math.sin(k / 10 * math.pi)) for k in range(11)]
        sheet.curve([(x + a * u, y + b * u) for a, b in arch], hair, 1.5 * u)
    nose = [(50.5, 55), (47.6, 66), (50, 67.4), (52.6, 66)]
    sheet.curve([(x + a * u, y + b * u) for a, b in nose], _darker(skin), 0.9 * u)
    mouth = [(43 + k * 1.4, 74 + 1.1 * math.sin(k / 10 * math.pi)) for k in range(11)]
    sheet.curve([(x + a * u, y + b * u) for a, b in mouth], "#8a4a42", 1.7 * u)


def _shoulders(sheet: Sheet, x: float, y: float, u: float, tall: float, cloth: str) -> None:
    outline = [(8.0, tall), (9.0, 108.0), (16.0, 98.0), (30.0, 92.0), (42.0, 89.0), (50.0, 97.0)]
    outline += [(100 - a, b) for a, b in reversed(outline[:-1])]
    sheet.curve([(x + a * u, y + min(b, tall) * u) for a, b in outline], fill=cloth)


def _darker(ink: str) -> str:
    return "#" + "".join(f"{int(int(ink[i : i + 2], 16) * 0.86):02x}" for i in (1, 3, 5))


CARDS: dict[str, Callable[[Bearer, Rng], Sheet]] = {
    "passport": passport,
    "consular_id": consular_id,
    "state_id": state_id,
}
