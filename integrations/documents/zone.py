"""The machine-readable zone of an identity document: looked for cheaply, then read by OCR where it stands.

To read a whole card takes more than a second, and most cards bear no zone. A zone is two or three dense rows
of print, equally long, one under the other: those are found without reading (a few milliseconds), and only
they are read. Source of the numbers: ours, drawn passports and cards (tests/integration/documents/test_zone_on_scans.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from integrations.documents.legibility import Pixels, at_most, in_grey
from integrations.documents.ocr import read_run
from integrations.documents.zone_text import FILLER, zone_of
from models.reading import MachineZone

_LOOK_LONG_SIDE = 1400
# Of the page's long side: a card's zone (80 mm) on a letter page is 0.28.
_ROW_AT_LEAST = 0.2
_ROW_SLIMNESS = 12  # length over height; a card's row of 30 characters has 20 and more
_TILT_AT_MOST = 20.0  # degrees
_ROWS_AT_MOST = 4  # more are a paragraph
_BANDS_READ = 3
# Parts of the darkest ink: under a shadow, or in print that is paler than the portrait, the next one sees more.
_INK = (0.4, 0.2, 0.6)


@dataclass(frozen=True, slots=True)
class _Row:
    """A long thin run of print: centre, length and height in pixels, tilt in degrees."""

    x: float
    y: float
    length: float
    height: float
    tilt: float


def find_zone(image: Pixels) -> MachineZone | None:
    """The zone on this page, whichever way up it lies; None when there is none, or it can't be read surely."""
    grey = in_grey(image)
    for turned in (grey, np.ascontiguousarray(np.rot90(grey))):
        for band in _bands(turned):
            zone = _read(turned, band)
            if zone is not None:
                return zone
    return None


def _read(grey: Pixels, band: tuple[_Row, ...]) -> MachineZone | None:
    """The zone in these rows, given from top to bottom, the right way up or on its head."""
    crops = [_cut(grey, row, band) for row in band]
    for strips in (crops, [np.ascontiguousarray(np.rot90(crop, 2)) for crop in reversed(crops)]):
        lines = []
        for strip in strips:
            lines.append(read_run(strip))
            if len(lines) == 1 and not _may_begin_a_zone(lines[0]):
                break
        else:
            zone = zone_of(lines)
            if zone is not None:
                return zone
    return None


def _may_begin_a_zone(line: str) -> bool:
    return len(line) >= 20 and FILLER in line


def _cut(grey: Pixels, row: _Row, band: tuple[_Row, ...]) -> Pixels:
    """The row alone, level, with some paper around it; in three channels, as the reader wants it."""
    pitch = min(abs(other.y - row.y) for other in band if other is not row)
    height = min(1.8 * row.height, 0.95 * pitch)
    width = row.length + 2 * row.height
    turn: Any = cv2.getRotationMatrix2D((row.x, row.y), row.tilt, 1.0)
    turn[:, 2] += (width / 2 - row.x, height / 2 - row.y)
    level = cv2.warpAffine(
        grey, turn, (round(width), round(height)), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.repeat(np.asarray(level, dtype=np.uint8)[..., None], 3, axis=2)


def _bands(grey: Pixels) -> Iterator[tuple[_Row, ...]]:
    """Groups of rows that may be a zone, in pixels of `grey`, the longest first."""
    small = at_most(grey, _LOOK_LONG_SIDE)
    scale = grey.shape[1] / small.shape[1]
    ink = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((13, 13), np.uint8))
    darkest = float(np.percentile(ink, 99))
    seen: list[_Row] = []
    read = 0
    for part in _INK:
        for group in _groups(_rows(ink > max(part * darkest, 1))):
            if read == _BANDS_READ:
                return
            if any(abs(group[0].y - r.y) < r.height and abs(group[0].x - r.x) < r.length / 2 for r in seen):
                continue
            seen += group
            read += 1
            yield tuple(
                _Row(r.x * scale, r.y * scale, r.length * scale, r.height * scale, r.tilt) for r in group
            )


def _rows(ink: Any) -> list[_Row]:
    joined = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 25), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((5, 9), np.uint8))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        (x, y), (length, height), tilt = cv2.minAreaRect(outline)
        if length < height:
            length, height, tilt = height, length, tilt - 90
        tilt = (tilt + 90) % 180 - 90
        is_long = length >= _ROW_AT_LEAST * max(ink.shape) and length >= _ROW_SLIMNESS * height
        if is_long and abs(tilt) <= _TILT_AT_MOST:
            found.append(_Row(x, y, length, height, tilt))
    return found


def _groups(rows: list[_Row]) -> list[tuple[_Row, ...]]:
    """Rows under one another like the lines of a zone; a row belongs to one group only."""
    left, groups = sorted(rows, key=lambda r: r.y), []
    while left:
        group = [left.pop(0)]
        for row in list(left):
            if _is_next_line(group[-1], row):
                group.append(row)
                left.remove(row)
        if 2 <= len(group) <= _ROWS_AT_MOST:
            groups.append(tuple(group))
    return sorted(groups, key=lambda g: -g[0].length)


def _is_next_line(above: _Row, below: _Row) -> bool:
    longer = max(above.length, below.length)
    # Lines stand 6.35 mm apart and are 80 to 119 mm long; perspective changes that a little.
    return (
        abs(above.tilt - below.tilt) < 3
        and min(above.length, below.length) > 0.9 * longer
        and abs(above.x - below.x) < 0.1 * longer
        and 0.03 * longer < below.y - above.y < 0.13 * longer
    )
