"""How legible a scan is, measured; how legible it must be is policy and comes from the caller.

Sharpness is the steepest grey steps of the page (99.5th percentile of the Sobel magnitude) over the
contrast of its print (95th percentile of the range in tiles of 32 pixels). A readable scan has 1.2 or
more, a hopeless blur 0.8 or less (measured/libraries.md section 1). Neither darkness nor the OCR's own
confidence tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# The figures were measured on letter pages at 200 dpi. A phone's 12 megapixels hold the same print on
# more pixels, hence softer steps: bring it to the measured size first.
_LONG_SIDE = 2200
_TILE_LONG_SIDE = 1000
_TILE = 32
_BLANK_BELOW = 25.0  # grey levels; a blank back page has paper grain only. Source: ours, unreviewed.


@dataclass(frozen=True, slots=True)
class Legibility:
    """`sharpness` has no unit; `contrast` and `brightness` are grey levels, 0 to 255."""

    sharpness: float
    contrast: float
    brightness: float

    @property
    def is_blank(self) -> bool:
        """True when the page bears no print, only the grain of its paper."""
        return self.contrast < _BLANK_BELOW


def measure(image: Pixels) -> Legibility:
    """The legibility of a page, given as RGB or grey pixels. A blank page has sharpness 0."""
    grey = at_most(in_grey(image), _LONG_SIDE)
    contrast = _print_contrast(at_most(grey, _TILE_LONG_SIDE))
    steep = float(np.percentile(_gradient(grey), 99.5))
    return Legibility(
        sharpness=round(steep / contrast, 3) if contrast >= 1 else 0.0,
        contrast=round(contrast, 1),
        brightness=round(float(grey.mean()), 1),
    )


def is_legible(legibility: Legibility | None, threshold: float) -> bool:
    """True from `threshold` up. What could not be measured is not legible."""
    return legibility is not None and legibility.sharpness >= threshold


def _gradient(grey: Pixels) -> NDArray[Any]:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    magnitude: NDArray[Any] = cv2.magnitude(across, down)
    return magnitude


def _print_contrast(grey: Pixels) -> float:
    rows, columns = max(grey.shape[0] // _TILE, 1), max(grey.shape[1] // _TILE, 1)
    whole = grey[: rows * _TILE, : columns * _TILE]
    if whole.shape != (rows * _TILE, columns * _TILE):
        return float(np.ptp(grey))  # smaller than one tile
    tiles = whole.reshape(rows, _TILE, columns, _TILE).swapaxes(1, 2).reshape(rows * columns, -1)
    ranges = tiles.max(axis=1).astype(np.float32) - tiles.min(axis=1)
    return float(np.percentile(ranges, 95))


def in_grey(image: Pixels) -> Pixels:
    """RGB pixels without their colour; grey ones as they are."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image, dtype=np.uint8)


def at_most(image: Pixels, long_side: int) -> Pixels:
    """The image, made smaller when it is larger than `long_side`."""
    scale = long_side / max(image.shape[:2])
    if scale >= 1:
        return image
    return np.asarray(
        cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
