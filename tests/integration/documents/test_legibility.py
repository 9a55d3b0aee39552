"""The measure of legibility, on drawn pages; the threshold is the policy's."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_documents import drawn, photographed
from PIL import Image, ImageEnhance, ImageFilter

from integrations.documents.legibility import Legibility, is_legible, measure

THRESHOLD = 1.0


def sharpness(image: Image.Image) -> float:
    return measure(np.asarray(image.convert("RGB"))).sharpness


@pytest.mark.parametrize(
    "make",
    [
        lambda page: page,
        photographed,
        lambda page: page.rotate(5, expand=True, fillcolor="white"),
        lambda page: page.filter(ImageFilter.GaussianBlur(1.5)),
        lambda page: page.resize((850, 1100)),  # 100 dpi
        lambda page: page.resize((5100, 6600)),  # 600 dpi
        lambda page: ImageEnhance.Brightness(page).enhance(0.25),
        lambda page: ImageEnhance.Contrast(page).enhance(0.35),
    ],
    ids=["clean", "photo", "rotated", "soft", "100dpi", "600dpi", "dark", "faint"],
)
def test_readable_pages_are_legible(make: object) -> None:
    assert sharpness(make(drawn())) > 1.1  # type: ignore[operator]


@pytest.mark.parametrize("radius", [4, 6, 10])
def test_heavy_blur_is_not_legible(radius: int) -> None:
    assert sharpness(drawn().filter(ImageFilter.GaussianBlur(radius))) < 0.9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_page_has_no_sharpness_and_is_not_legible(level: int) -> None:
    found = measure(np.full((400, 300, 3), level, dtype=np.uint8))
    assert found.sharpness == 0
    assert not is_legible(found, THRESHOLD)


@pytest.mark.parametrize(("value", "legible"), [(0.99, False), (1.0, True), (1.01, True)])
def test_threshold_comes_from_the_caller(value: float, legible: bool) -> None:
    assert is_legible(Legibility(value, 200, 250), THRESHOLD) is legible


def test_what_was_not_measured_is_not_legible() -> None:
    assert not is_legible(None, THRESHOLD)


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 400, 3), (20, 20)])
def test_tiny_images_are_measured_without_error(shape: tuple[int, ...]) -> None:
    assert measure(np.zeros(shape, dtype=np.uint8)).sharpness == 0
