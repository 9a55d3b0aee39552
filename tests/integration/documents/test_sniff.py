"""Files that claim to be documents, opened for real."""

from __future__ import annotations

import io
import struct
import zlib

import pypdfium2
import pytest
from drawn_documents import drawn, pdf, saved
from PIL import Image

from integrations.documents.sniff import MAX_BYTES, MediaType, Sniffed, check_file, sniff

SMALL = (300, 200)


def code(filename: str, content: bytes) -> str | None:
    problem = check_file("documents.0.file", filename, content)
    return problem.code if problem else None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("scan.png", "PNG"),
        ("scan.JPG", "JPEG"),
        ("scan.jpeg", "JPEG"),
        ("scan.tif", "TIFF"),
        ("scan.pdf", "PDF"),
    ],
)
def test_the_four_kinds_are_taken(name: str, kind: str) -> None:
    assert code(f"documents/{name}", saved(drawn((), SMALL), kind)) is None


def test_pages_are_counted() -> None:
    assert sniff(pdf(pages=3)) == Sniffed(MediaType.PDF, 3)
    page = drawn((), SMALL)
    assert sniff(saved(page, "TIFF", save_all=True, append_images=[page])) == Sniffed(MediaType.TIFF, 2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bill.pdf", saved(drawn((), SMALL))),
        ("bill.png", saved(drawn((), SMALL), "JPEG")),
        ("bill.png", b"MZ\x90\x00 this is a program"),
        ("bill.gif", saved(drawn((), SMALL), "GIF")),
        ("bill", saved(drawn((), SMALL))),
        ("bill.html", b"<html><script>alert(1)</script></html>"),
    ],
)
def test_content_that_is_not_what_its_name_says_is_refused(name: str, content: bytes) -> None:
    assert code(name, content) == "not_what_its_name_says"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.png", saved(drawn())[:2000]),
        ("cut.jpg", saved(drawn(), "JPEG")[:20_000]),
        ("head.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 50),
        ("head.tif", b"II*\x00" + b"\xff" * 50),
        ("head.pdf", b"%PDF-1.7\nnothing else"),
    ],
)
def test_broken_file_is_refused(name: str, content: bytes) -> None:
    assert code(name, content) == "unreadable_file"


def test_empty_and_too_large_files_are_refused() -> None:
    assert code("a.png", b"") == "empty_file"
    whole = saved(drawn((), SMALL))
    assert code("a.png", whole + b"\0" * (MAX_BYTES - len(whole))) is None
    assert code("a.png", whole + b"\0" * (MAX_BYTES - len(whole) + 1)) == "file_too_large"


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9000, 50_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(
    side: int, recwarn: pytest.WarningsRecorder
) -> None:
    assert code("bomb.png", png_that_claims(side, side)) == "too_many_pixels"
    assert not recwarn.list


def test_bomb_inside_a_pdf_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9100, 9100)).save(out, "PDF")
    assert code("bomb.pdf", out.getvalue()) == "too_many_pixels"


def test_more_pages_than_allowed_are_refused() -> None:
    blank = pypdfium2.PdfDocument.new()
    for _ in range(40):
        blank.new_page(200, 200)
    allowed, refused = io.BytesIO(), io.BytesIO()
    blank.save(allowed)
    blank.new_page(200, 200)
    blank.save(refused)
    assert code("forty.pdf", allowed.getvalue()) is None
    assert code("forty-one.pdf", refused.getvalue()) == "too_many_pages"


def test_locked_pdf_is_refused_with_its_own_code() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    out = io.BytesIO()
    sheet = canvas.Canvas(out, encrypt=StandardEncryption("secret", ownerPassword="owner"))
    sheet.drawString(100, 700, "locked")
    sheet.save()
    assert code("locked.pdf", out.getvalue()) == "encrypted_pdf"


def test_problem_names_the_field_the_reason_and_the_remedy() -> None:
    problem = check_file("documents.3.file", "bill.pdf", b"\x89PNG not really")
    assert problem is not None
    assert problem.field == "documents.3.file"
    assert problem.message
    assert "PNG, JPEG, TIFF or PDF" in problem.remedy
