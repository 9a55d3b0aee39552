"""A page drawn as a picture: the page that was asked for, no larger than asked, and nothing of a broken file."""

from __future__ import annotations

import io

from drawn_documents import BILL, drawn, pdf, saved
from PIL import Image

from integrations.documents.pictures import LARGE, SMALL, page_count, picture_of
from integrations.documents.reader import ReaderProcess

BILL_TIFF_SIZES = ((300, 400), (600, 500))


def opened(picture: bytes | None) -> Image.Image:
    assert picture is not None
    return Image.open(io.BytesIO(picture))


def a_tiff() -> bytes:
    first, second = (Image.new("L", size, "white") for size in BILL_TIFF_SIZES)
    return saved(first, "TIFF", save_all=True, append_images=[second])


def test_each_page_of_a_file_is_drawn_as_a_png_of_its_own() -> None:
    content = a_tiff()
    assert page_count(content, "image/tiff") == 2
    for page, size in enumerate(BILL_TIFF_SIZES):
        picture = opened(picture_of(content, page, SMALL))
        assert (picture.format, picture.size) == ("PNG", size)
    assert picture_of(content, 2, SMALL) is None


def test_a_pdf_and_a_photo_are_no_larger_than_asked() -> None:
    for content in (pdf(), saved(drawn(BILL), "JPEG")):
        small, large = opened(picture_of(content, 0, SMALL)), opened(picture_of(content, 0, LARGE))
        assert max(small.size) == SMALL < max(large.size) <= LARGE
    assert page_count(pdf(), "application/pdf") == 1


def test_of_a_file_that_does_not_open_there_is_no_picture() -> None:
    broken = pdf()[:200]
    assert picture_of(broken, 0, SMALL) is None
    assert page_count(broken, "application/pdf") == 0


def test_the_readers_own_process_draws_it() -> None:
    content = saved(drawn(BILL[:1], (300, 200)))
    with ReaderProcess() as own:
        assert own.picture(content, 0, SMALL) == picture_of(content, 0, SMALL)
        assert own.picture(content, 1, SMALL) is None
