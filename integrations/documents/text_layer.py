"""A PDF's text layer can lie: say what the page does not show. Lines of it are compared with the print.

The lines that matter for an address (a ZIP, a street number, and the line above each) are read from the
rendered page, each at its own place, and a few others. One that reads otherwise, and the layer is not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from integrations.documents.legibility import Pixels
from integrations.documents.ocr import read_run
from integrations.documents.pages import Page
from models.reading import ReadLine

_MATTERS = re.compile(
    r"\b\d{5}(-\d{4})?\b|^\W*\d{1,6}[A-Za-z]?\s+[A-Za-z]|\b\d{1,2}/\d{1,2}/\d{2,4}|\b20\d\d\b"
)
_LINES_THAT_MATTER = 24
_OTHER_LINES = 6
_SAME_FROM = 75.0  # of 100; OCR slips cost 5 to 10 on a short line. Source: ours, unreviewed.
_TOO_SMALL = 0.006  # of the page's width: 3.7 points on a letter page, nobody reads that


@dataclass(frozen=True, slots=True)
class CheckedLayer:
    """`lines` that a reader could see, and whether all that were compared agree with the page."""

    lines: tuple[ReadLine, ...]
    agrees: bool


def checked_layer(page: Page) -> CheckedLayer | None:
    """The page's text layer, compared with its print; None when it has none that could be seen.

    A page that is shown on its side has no such layer: its print is read instead.
    """
    lines = tuple(line for line in page.layer if _could_be_read(line))
    if _letter_count(lines) < 0.8 * max(_letter_count(page.layer), 1):
        return None
    return CheckedLayer(lines, all(_shows(page.image, line) for line in _sample(lines)))


def _letter_count(lines: tuple[ReadLine, ...]) -> int:
    return sum(len(line.text) for line in lines)


def _could_be_read(line: ReadLine) -> bool:
    # Letters around a seal or up a margin: boxes too narrow for their words.
    sideways = len(line.text) > 3 and line.width < 0.35 * line.height * len(line.text)
    inside = line.x + line.width > 0 and line.x < 1 and line.y > 0
    return line.height >= _TOO_SMALL and not sideways and inside


def _sample(lines: tuple[ReadLine, ...]) -> list[ReadLine]:
    wanted: dict[ReadLine, None] = {}
    for number, line in enumerate(lines):
        if _MATTERS.search(line.text):
            wanted.update(dict.fromkeys(lines[max(number - 1, 0) : number + 1]))
    chosen = list(wanted)[:_LINES_THAT_MATTER]
    others = [line for line in lines if line not in wanted and sum(c.isalpha() for c in line.text) >= 4]
    step = max(len(others) // _OTHER_LINES, 1)
    return chosen + others[::step][:_OTHER_LINES]


def _shows(image: Pixels, line: ReadLine) -> bool:
    """True when the print at this line's place reads like the line."""
    columns = image.shape[1]
    margin = 0.35 * line.height
    top = int((line.y - line.height / 2 - margin) * columns)
    bottom = int((line.y + line.height / 2 + margin) * columns) + 1
    left, right = int((line.x - margin) * columns), int((line.x + line.width + margin) * columns) + 1
    print_ = image[max(top, 0) : bottom, max(left, 0) : right]
    if min(print_.shape[:2]) < 4:
        return False
    shown = read_run(print_)
    # One changed digit is the whole lie: 1420 for 1920. Words may differ by a slip, digits may not.
    same_digits = re.sub(r"\D", "", shown) == re.sub(r"\D", "", line.text)
    return same_digits and fuzz.ratio(_letters(shown), _letters(line.text)) >= _SAME_FROM


def _letters(text: str) -> str:
    return re.sub(r"[^0-9a-zà-ÿ]", "", text.lower())
