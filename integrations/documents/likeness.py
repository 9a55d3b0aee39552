"""Is this the same picture, sent again: re-compressed, resized, in grey, in another file format?

Two steps. Marks find the few that may be the same among all on file, by index; then the two pictures are
laid over each other and compared piece by piece. The same bytes need neither: they have one file key.

Measured on the sample documents (113 pictures, 6,328 pairs; copies at 0.35 to 1.5 of the size and JPEG
quality 25 to 85): each copy shares 4 or more of its 40 marks with its original, half of all pairs of one
form share none; laid over each other, the worst piece in a hundred of a copy correlates 0.96 or more, that
of two filled-in copies of one form 0.55 or less.
"""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.documents.legibility import Legibility, Pixels, at_most, in_grey, measure
from integrations.documents.pages import Page
from models.reading import PageMarks

_SIDE = 128
# The coarse waves are those of the form; what tells two filled-in copies apart is finer.
_FROM, _TO = 8, 32
_BITS_A_MARK = 24
_LONG_SIDE = 1000
_TILE = 32
_FEWEST_TILES = 24
_SAME_FROM = 0.8
_SHAPES_DIFFER = 0.03
_FEWEST_LETTERS = 60


def marks_of(page: Page, legibility: Legibility) -> PageMarks | None:
    """The marks of a page of this legibility; None when it is blank, since blank pages are all alike.

    A page with a text layer has one mark, of all its words: a form rendered twice looks the same twice,
    whoever filled it in.
    """
    if not _bears_something(page, legibility):
        return None
    if _is_all_in_its_layer(page):
        return PageMarks(page.index, "words", (hashlib.sha256(_letters(page).encode()).digest(),))
    return PageMarks(page.index, "picture", _picture_marks(page.image))


def alike(one: list[Page], other: list[Page]) -> bool:
    """True when each page that bears something, of the document with fewer of them, is in the other.

    So a card is found in a bundle, and two bundles do not become one by the second page of a form.
    """
    fewer, more = sorted(
        ([p for p in pages if _bears_something(p, measure(p.image))] for pages in (one, other)), key=len
    )
    return bool(fewer) and all(any(_same(page, candidate) for candidate in more) for page in fewer)


def _bears_something(page: Page, legibility: Legibility) -> bool:
    if _is_all_in_its_layer(page):
        return len(_letters(page)) >= _FEWEST_LETTERS
    return not legibility.is_blank


def _is_all_in_its_layer(page: Page) -> bool:
    return bool(page.layer) and not page.is_picture


def _same(one: Page, other: Page) -> bool:
    if _is_all_in_its_layer(one) != _is_all_in_its_layer(other):
        return False
    if _is_all_in_its_layer(one):
        # The same words; a filled-in field or a signature may stand outside them, on one piece of the page.
        return _letters(one) == _letters(other) and same_picture(one.image, other.image, worst=0.0)
    return same_picture(one.image, other.image)


def same_picture(one: Pixels, other: Pixels, *, worst: float = 1.0) -> bool:
    """True when one is the other at another size or quality.

    `worst`: the percentile of the pieces that must still agree; 0 means every one of them. At 1 a picture
    in which somebody changed a word is still the same picture, and a person will see both.
    """
    a, b = in_grey(one), in_grey(other)
    shapes = a.shape[1] / a.shape[0], b.shape[1] / b.shape[0]
    if abs(shapes[0] - shapes[1]) > _SHAPES_DIFFER * shapes[0]:
        return False
    long_side = min(_LONG_SIDE, max(a.shape), max(b.shape))
    a = at_most(a, long_side)
    size = (a.shape[1], a.shape[0])
    agreement = _agreement(_softened(a, size), _softened(b, size))
    return len(agreement) >= _FEWEST_TILES and float(np.percentile(agreement, worst)) >= _SAME_FROM


def _picture_marks(image: Pixels) -> tuple[bytes, ...]:
    """Forty marks of 24 bits: the signs of the middle waves of the picture (a perceptual hash, in pieces)."""
    small = cv2.resize(in_grey(image), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:_TO, :_TO]
    middle = np.ones(waves.shape, bool)
    middle[:_FROM, :_FROM] = False
    packed = np.packbits(waves[middle] > 0).tobytes()
    width = _BITS_A_MARK // 8
    return tuple(
        bytes([place]) + packed[at : at + width] for place, at in enumerate(range(0, len(packed), width))
    )


def _agreement(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """The correlation of each piece that bears something on either picture, from -1 to 1."""
    pieces = [_pieces(picture) for picture in (a, b)]
    contrast: NDArray[Any] = np.maximum(pieces[0].std(axis=1), pieces[1].std(axis=1))
    if not len(contrast):
        return contrast
    # A piece of bare paper holds the grain of the compression, and no more.
    printed = contrast > max(6.0, 0.15 * float(np.percentile(contrast, 95)))
    x, y = (np.asarray(p[printed] - p[printed].mean(axis=1, keepdims=True)) for p in pieces)
    power = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    agreement: NDArray[Any] = (x * y).sum(axis=1) / np.maximum(power, 1e-6)
    return agreement


def _pieces(picture: NDArray[Any]) -> NDArray[Any]:
    rows, columns = picture.shape[0] // _TILE, picture.shape[1] // _TILE
    whole = picture[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE)
    pieces: NDArray[Any] = whole.swapaxes(1, 2).reshape(rows * columns, _TILE * _TILE)
    return pieces


def _softened(picture: Pixels, size: tuple[int, int]) -> NDArray[Any]:
    same_size = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(same_size, (0, 0), 1.2))


def _letters(page: Page) -> str:
    return "".join(c for line in page.layer for c in line.text.lower() if c.isalnum())
