"""What a file really is. Its name and its sender's word count for nothing until it has been opened.

Four kinds are taken: PNG, JPEG, TIFF and PDF. A file must begin like its kind, end in its kind's suffix,
and open with a real decoder, within limits that a scan of a paper document never reaches.
"""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from models.errors import Problem

# Source: ours, unreviewed. A letter page at 600 dpi has 34 megapixels.
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 80_000_000
MAX_PAGES = 40
_PAGES_LOOKED_AT = 4

# PDFium is not thread-safe, and two uploads may arrive at once.
PDFIUM_LOCK = threading.RLock()


class MediaType(StrEnum):
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    PDF = "application/pdf"


class FileFault(StrEnum):
    """Why a file is not taken. The word is the problem's code."""

    NOT_WHAT_ITS_NAME_SAYS = "not_what_its_name_says"
    UNREADABLE_FILE = "unreadable_file"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PAGES = "too_many_pages"
    ENCRYPTED_PDF = "encrypted_pdf"
    FILE_TOO_LARGE = "file_too_large"
    EMPTY_FILE = "empty_file"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A file that opens. `page_count` is 1 for PNG and JPEG."""

    media_type: MediaType
    page_count: int


_SUFFIXES = {
    MediaType.PNG: (".png",),
    MediaType.JPEG: (".jpg", ".jpeg", ".jpe"),
    MediaType.TIFF: (".tif", ".tiff"),
    MediaType.PDF: (".pdf",),
}
_PILLOW_FORMATS = {MediaType.PNG: "PNG", MediaType.JPEG: "JPEG", MediaType.TIFF: "TIFF"}
_WORDING = {
    FileFault.NOT_WHAT_ITS_NAME_SAYS: (
        "The content of this file is not what its name says, or its kind is not one that Kinline takes.",
        "Send the document as PNG, JPEG, TIFF or PDF, with the name ending that belongs to it.",
    ),
    FileFault.UNREADABLE_FILE: (
        "This file is damaged: it begins as it should but does not open.",
        "Scan or save the document again and send the new file.",
    ),
    FileFault.TOO_MANY_PIXELS: (
        f"This image has more than {MAX_PIXELS // 1_000_000} megapixels.",
        "Scan it again at 200 to 300 dots per inch.",
    ),
    FileFault.TOO_MANY_PAGES: (
        f"This document has more than {MAX_PAGES} pages.",
        "Send only the pages that prove what the document is for.",
    ),
    FileFault.ENCRYPTED_PDF: (
        "This PDF is locked with a password.",
        "Save it without a password, or print and scan it, and send the new file.",
    ),
    FileFault.FILE_TOO_LARGE: (
        f"This file is larger than {MAX_BYTES // (1024 * 1024)} MB.",
        "Scan it again at 200 to 300 dots per inch, or send fewer pages.",
    ),
    FileFault.EMPTY_FILE: ("This file is empty.", "Send the file again."),
}


def check_file(field: str, filename: str, content: bytes) -> Problem | None:
    """None when this file can be taken; else the problem, with its remedy, under `field`."""
    found = _fault(filename, content)
    if found is None:
        return None
    message, remedy = _WORDING[found]
    return Problem(field, found.value, message, remedy)


def _fault(filename: str, content: bytes) -> FileFault | None:
    if not content:
        return FileFault.EMPTY_FILE
    if len(content) > MAX_BYTES:
        return FileFault.FILE_TOO_LARGE
    by_magic = magic(content)
    # The name is compared before anything is decoded: the cheapest refusal first.
    if by_magic is None or PurePosixPath(filename).suffix.lower() not in _SUFFIXES[by_magic]:
        return FileFault.NOT_WHAT_ITS_NAME_SAYS
    found = sniff(content)
    return found if isinstance(found, FileFault) else None


def magic(content: bytes) -> MediaType | None:
    """The kind that the first bytes claim; None when it is none of ours."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if content[:4] in (b"II*\x00", b"MM\x00*"):
        return MediaType.TIFF
    # Readers allow some bytes before the header, and scanners make use of it.
    return MediaType.PDF if b"%PDF-" in content[:1024] else None


def sniff(content: bytes) -> Sniffed | FileFault:
    """The kind of this file, proven by opening it; else why it cannot be taken."""
    media_type = magic(content)
    if media_type is None:
        return FileFault.NOT_WHAT_ITS_NAME_SAYS
    try:
        if media_type is MediaType.PDF:
            return _open_pdf(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of a bomb; we refuse it below
            return _open_image(content, media_type)
    except Image.DecompressionBombError:
        return FileFault.TOO_MANY_PIXELS
    except Exception:  # a hostile file can make a decoder raise anything at all
        return FileFault.UNREADABLE_FILE


def _open_image(content: bytes, media_type: MediaType) -> Sniffed | FileFault:
    formats = [_PILLOW_FORMATS[media_type]]
    with Image.open(io.BytesIO(content), formats=formats) as image:
        pages = int(getattr(image, "n_frames", 1)) if media_type is MediaType.TIFF else 1
        if pages > MAX_PAGES:
            return FileFault.TOO_MANY_PAGES
        for page in range(min(pages, _PAGES_LOOKED_AT)):
            image.seek(page)
            if image.width * image.height > MAX_PIXELS:
                return FileFault.TOO_MANY_PIXELS
    with Image.open(io.BytesIO(content), formats=formats) as image:
        image.verify()
    # `verify` reads no pixels of a JPEG: a file cut in half would pass. A reduced JPEG decodes fast.
    with Image.open(io.BytesIO(content), formats=formats) as image:
        image.draft("L", (max(image.width // 8, 1), max(image.height // 8, 1)))
        image.load()
    return Sniffed(media_type, pages)


def _open_pdf(content: bytes) -> Sniffed | FileFault:
    with PDFIUM_LOCK:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as err:
            locked = getattr(err, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
            return FileFault.ENCRYPTED_PDF if locked else FileFault.UNREADABLE_FILE
        try:
            pages = len(document)
            if pages > MAX_PAGES:
                return FileFault.TOO_MANY_PAGES
            if pages < 1:
                return FileFault.UNREADABLE_FILE
            if any(_holds_a_bomb(document[n]) for n in range(min(pages, _PAGES_LOOKED_AT))):
                return FileFault.TOO_MANY_PIXELS
            return Sniffed(MediaType.PDF, pages)
        finally:
            document.close()


def _holds_a_bomb(page: pypdfium2.PdfPage) -> bool:
    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        width, height = image.get_px_size()
        if width * height > MAX_PIXELS:
            return True
    return False
