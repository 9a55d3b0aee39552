"""The pages of a document as pixels, and as the text layer that a PDF brings along."""

from __future__ import annotations

import ctypes
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageOps

from integrations.documents.legibility import Pixels
from integrations.documents.sniff import PDFIUM_LOCK, MediaType
from models.reading import ReadLine

_DPI = 200  # what the readings were measured at
_LONG_SIDE = 2500
_LAYER_FROM = 20  # characters: fewer are a page number or a scanner's stamp
_POINTS = 72


@dataclass(frozen=True, slots=True)
class Page:
    """One page, upright as its file says. `layer` is empty for a picture.

    `is_picture`: an image covers most of the page, or the file is a form with fields to fill in, so the
    layer can't be all that it says.
    """

    index: int
    image: Pixels
    layer: tuple[ReadLine, ...] = ()
    is_picture: bool = True


def open_pages(content: bytes, media_type: MediaType, limit: int, *, first: int = 0) -> Iterator[Page]:
    """`limit` pages from `first` on. Raises whatever the decoder raises when the file is broken."""
    if media_type is MediaType.PDF:
        yield from _pdf_pages(content, first, limit)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is none of the reader's business
        with Image.open(io.BytesIO(content)) as image:
            frames = int(getattr(image, "n_frames", 1)) if media_type is MediaType.TIFF else 1
            for index in range(first, min(frames, first + limit)):
                image.seek(index)
                yield Page(index, _as_rgb(image))


def _as_rgb(image: Image.Image) -> Pixels:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16-bit grey: Pillow would clip it to white
        deep = np.asarray(upright, dtype=np.float32)
        top = max(float(deep.max()), 1.0)
        return np.stack([(deep * (255 / top)).astype(np.uint8)] * 3, axis=-1)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        seen = upright.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        upright = Image.alpha_composite(paper, seen)
    return np.asarray(upright.convert("RGB"), dtype=np.uint8)


def _pdf_pages(content: bytes, first: int, limit: int) -> Iterator[Page]:
    with PDFIUM_LOCK:
        document = pypdfium2.PdfDocument(content)
        try:
            # What was filled into a form's fields stands in no text layer: it must be drawn, and read as print.
            fillable = document.get_formtype() != pdfium.FORMTYPE_NONE
            if fillable:
                document.init_forms()
            for index in range(first, min(len(document), first + limit)):
                page = _pdf_page(document[index], index)
                yield replace(page, is_picture=True) if fillable else page
        finally:
            document.close()


def _pdf_page(page: pypdfium2.PdfPage, index: int) -> Page:
    native = _native_scale(page)
    # A scan rendered finer than it is would look blurred; never coarser than the screen's 72 dpi.
    scale = max(min(_DPI / _POINTS, native or _DPI / _POINTS), 1.0)
    scale = min(scale, _LONG_SIDE / max(*page.get_size(), 1.0))
    image = np.ascontiguousarray(page.render(scale=scale).to_pil().convert("RGB"), dtype=np.uint8)
    return Page(index, image, _layer(page, index, image), native is not None)


def _native_scale(page: pypdfium2.PdfPage) -> float | None:
    """Pixels per point of the picture that covers more than half of the page; None without one."""
    width, height = page.get_size()
    best: float | None = None
    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) > width * height / 2:
            found = max(image.get_px_size()) / max(right - left, top - bottom, 1.0)
            best = max(best or 0.0, found)
    return best


def _layer(page: pypdfium2.PdfPage, index: int, image: Pixels) -> tuple[ReadLine, ...]:
    text = page.get_textpage()
    try:
        if len("".join(text.get_text_range().split())) < _LAYER_FROM:
            return ()
        runs = []
        for number in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(number)
            words = " ".join(text.get_text_bounded(left, bottom, right, top).split())
            if words:
                runs.append(_run(page, index, image, words, (left, bottom, right, top)))
        return into_lines(runs, whole_words=False)
    finally:
        text.close()


def _run(
    page: pypdfium2.PdfPage, index: int, image: Pixels, words: str, box: tuple[float, float, float, float]
) -> ReadLine:
    """A run of the layer, placed as the rendered page shows it (PDFium turns and crops as needed)."""
    rows, columns = image.shape[:2]
    corners = []
    for across, up in ((box[0], box[1]), (box[2], box[3])):
        x, y = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page, 0, 0, columns, rows, 0, across, up, x, y)
        corners.append((x.value, y.value))
    (x0, y0), (x1, y1) = corners
    return ReadLine(
        text=words,
        page=index,
        x=min(x0, x1) / columns,
        y=(y0 + y1) / 2 / columns,
        height=max(abs(y1 - y0), 1) / columns,
        width=abs(x1 - x0) / columns,
    )


def into_lines(runs: list[ReadLine], *, whole_words: bool) -> tuple[ReadLine, ...]:
    """The runs in reading order, row by row; neighbours that a mere word space parts are joined.

    `whole_words`: a run never ends within a word, so that touching ones still have a space between them.
    """
    out: list[ReadLine] = []
    for row in _rows(runs):
        joined = row[:1]
        for before, run in pairwise(row):
            gap = run.x - (before.x + before.width)
            if gap < 0.8 * max(before.height, run.height):
                joined[-1] = _join(joined[-1], run, whole_words)
            else:
                joined.append(run)
        out.extend(joined)
    return tuple(out)


def _rows(runs: list[ReadLine]) -> list[list[ReadLine]]:
    rows: list[list[ReadLine]] = []
    for run in sorted(runs, key=lambda r: r.y):
        row = next((row for row in reversed(rows[-3:]) if _belongs(run, row)), None)
        if row is None:
            rows.append([run])
        else:
            row.append(run)
    return [sorted(row, key=lambda r: r.x) for row in rows]


def _belongs(run: ReadLine, row: list[ReadLine]) -> bool:
    """True when `run` stands level with its neighbour in the row, and beside, not under, every part of it."""
    near = min(row, key=lambda r: abs(r.x + r.width / 2 - run.x - run.width / 2))
    if abs(run.y - near.y) >= 0.5 * min(run.height, near.height):
        return False
    return not any(
        min(r.x + r.width, run.x + run.width) - max(r.x, run.x) > 0.3 * min(r.width, run.width) for r in row
    )


def _join(left: ReadLine, right: ReadLine, whole_words: bool) -> ReadLine:
    touching = not whole_words and right.x - (left.x + left.width) < 0.05 * right.height
    return ReadLine(
        text=left.text + ("" if touching else " ") + right.text,
        page=left.page,
        x=left.x,
        y=(left.y + right.y) / 2,
        height=max(left.height, right.height),
        width=max(left.x + left.width, right.x + right.width) - left.x,
        confidence=min(left.confidence, right.confidence),
    )
