"""Dates, money and signatures, as they stand on paper."""

from __future__ import annotations

import hashlib
import math
from datetime import date

import numpy as np

from samples.drawing.sheet import PEN, Sheet

_EN = "January February March April May June July August September October November December".split()  # noqa: SIM905
_ES = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905


def long_date(day: date, language: str) -> str:
    """`January 5, 2026`, or `5 de enero de 2026`."""
    if language == "es":
        return f"{day.day} de {_ES[day.month - 1]} de {day.year}"
    return f"{_EN[day.month - 1]} {day.day}, {day.year}"


def slash(day: date, language: str) -> str:
    """In figures in English; with the month in words in Spanish, where figures could be read two ways."""
    if language == "es":
        return f"{day.day:02d} {_ES[day.month - 1][:3].upper()} {day.year}"
    return f"{day.month:02d}/{day.day:02d}/{day.year}"


def month_day(day: date, spanish: bool) -> str:
    """A date within a table: `Jan 05`, `05 ene`."""
    return f"{day.day:02d} {_ES[day.month - 1][:3]}" if spanish else f"{_EN[day.month - 1][:3]} {day.day:02d}"


def money(value: float) -> str:
    """`$1,234.50`, `-$8.00`."""
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def sign(
    sheet: Sheet,
    x: float,
    y: float,
    name: str,
    rng: np.random.Generator,
    size: float = 1.0,
    room: float = 250,
) -> None:
    """A signature in pen: loops that look the same each time the same person signs."""
    hand = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    points: list[tuple[float, float]] = []
    at = x + float(rng.uniform(0, 6))
    lean, loop, rise = (float(v) for v in hand.uniform((0.1, 0.6, -0.10), (0.9, 4.6, 0.02)))
    wide_hand = float(hand.uniform(0.75, 1.35))
    for word in name.split()[:3]:
        for stroke in range(min(len(word), int(hand.integers(3, 9)))):
            capital = stroke == 0
            tall = float(hand.uniform(17, 25) if capital else hand.choice([4, 6, 8, 15, -9])) * size
            wide = float(hand.uniform(8, 14) if capital else hand.uniform(4, 9)) * size * wide_hand
            turn = float(hand.uniform(0.85, 1.45 if capital else 1.15))
            for step in range(9):
                t = step / 8 * 2 * math.pi * turn
                up = tall * (1 - math.cos(t)) / 2
                across = at + wide * step / 8 + lean * up - loop * size * math.sin(t)
                points.append((across, y - up + rise * (at - x)))
            at += wide * 0.86
        at += float(hand.uniform(2, 9)) * size
    if hand.random() < 0.6:
        back = (at - x) * float(hand.uniform(0.5, 1.0))
        points += [
            (at - back * k / 8, y + rise * (at - x) + 6 * size * math.sin(k / 8 * math.pi)) for k in range(9)
        ]
    wide_is = max(across for across, _ in points) - x
    squeeze = min(1.0, room / wide_is)
    points = [(x + (across - x) * squeeze, up) for across, up in points]
    sheet.curve(points, PEN, 1.15 * size)
