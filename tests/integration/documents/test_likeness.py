"""The same picture sent again is found, however it was saved; two filled-in copies of one form are two."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from integrations.documents.pages import open_pages
from integrations.documents.reader import alike_documents, look_at, read_document
from integrations.documents.sniff import MediaType
from models.reading import PageMarks
from samples.drawing.cards import Bearer, passport
from samples.drawing.photo import photo
from tests.integration.documents.drawn_documents import BILL, Placed, drawn, pdf, saved


def _passport(given: str, number: str, seed: int) -> Image.Image:
    bearer = Bearer(given, "Example Tum", date(1984, 3, 9), "female", number, date(2030, 5, 1))
    (page,) = passport(bearer, np.random.default_rng(seed)).pixels(200)
    return Image.fromarray(photo(page, np.random.default_rng(seed + 1)))


def _bill_of(name: str) -> tuple[Placed, ...]:
    return tuple((x, y, h, name if words.startswith("María") else words) for x, y, h, words in BILL)


def _resized(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BICUBIC)


def _shared(one: bytes, other: bytes) -> int:
    marks: list[set[tuple[str, bytes]]] = [
        {(page.kind, mark) for page in look_at(content).marks for mark in page.marks}
        for content in (one, other)
    ]
    return len(marks[0] & marks[1])


MINE = _passport("Rosa", "A1234567", 5)
CARD = saved(MINE)
COPIES = {
    "recompressed": saved(MINE, "JPEG", quality=25),
    "half the size": saved(_resized(MINE, 0.5), "JPEG", quality=60),
    "larger": saved(_resized(MINE, 1.5), "JPEG", quality=85),
    "in grey": saved(MINE.convert("L"), "TIFF"),
    "in a PDF": saved(MINE, "PDF", resolution=200),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_a_picture_is_found_and_is_the_same(copy: str) -> None:
    assert _shared(CARD, COPIES[copy]) >= 3
    assert alike_documents(CARD, COPIES[copy])


def test_another_persons_card_of_the_same_kind_is_another_picture() -> None:
    assert not alike_documents(CARD, saved(_passport("Ana", "B7654321", 7)))


def test_another_photo_of_the_same_card_is_not_called_a_copy() -> None:
    # It may be the same card; that is for its number to say.
    assert not alike_documents(CARD, saved(MINE.rotate(3, expand=False)))


def test_a_card_is_found_in_a_bundle_whichever_comes_first() -> None:
    bundle = saved(drawn(), "TIFF", save_all=True, append_images=[_resized(MINE, 0.7)])
    assert alike_documents(bundle, CARD)
    assert alike_documents(CARD, bundle)


def test_a_page_that_every_form_has_does_not_make_two_forms_one() -> None:
    last = drawn(BILL[10:])
    bundles = [
        saved(first, "TIFF", save_all=True, append_images=[last])
        for first in (drawn(), drawn(_bill_of("Ana B")[:9]))
    ]
    assert not alike_documents(*bundles)


def test_a_blank_page_has_no_marks_and_is_like_no_other() -> None:
    blank = saved(drawn(()))
    assert look_at(blank).marks == ()
    assert not alike_documents(blank, blank)


def test_a_digital_form_is_the_same_with_the_same_words_alone() -> None:
    first, again, other = pdf(), pdf(pages=1), pdf(_bill_of("Rolando Sample Ro"))
    assert _shared(first, again) == 1
    assert alike_documents(first, again)
    assert _shared(first, other) == 0
    assert not alike_documents(first, other)


def test_a_proof_of_address_has_marks_from_being_read() -> None:
    content = pdf()
    assert read_document(content).marks == look_at(content).marks != ()


def _form(filled_in: str) -> bytes:
    """A PDF with a field to fill in, and enough words to have a text layer."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=(612, 792))
    sheet.drawString(
        60, 700, "Lease agreement of the Example Housing Company. The tenant lives at this address:"
    )
    sheet.acroForm.textfield(name="home", x=60, y=640, width=400, height=30, value=filled_in, fontSize=18)
    sheet.save()
    return out.getvalue()


def test_what_was_filled_into_a_form_is_drawn_and_not_left_to_the_text_layer() -> None:
    empty, filled = _form(""), _form("1420 Example Ave Apt 3B, Houston, TX 77036")
    images = [next(open_pages(content, MediaType.PDF, 1)).image for content in (empty, filled)]
    assert (images[0] != images[1]).any()
    assert not alike_documents(empty, filled)
    kinds: list[PageMarks] = [look_at(content).marks[0] for content in (empty, filled)]
    assert [page.kind for page in kinds] == ["picture", "picture"]
    assert any("1420 Example Ave" in line.text for line in read_document(filled).lines)
