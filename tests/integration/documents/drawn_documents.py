"""Documents drawn for these tests, with no font of the machine. All people are invented."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
from PIL import Image
from reportlab.pdfgen import canvas

from integrations.documents.sniff import PDFIUM_LOCK

SIZE = (1700, 2200)
Placed = tuple[int, int, int, str]  # x, y and height of the print in pixels at 200 dpi, text

BILL: tuple[Placed, ...] = (
    (120, 100, 52, "Example Power & Light"),
    (120, 170, 28, "PO Box 650123, Dallas, TX 75265-0123"),
    (1050, 110, 30, "Statement date: January 5, 2026"),
    (1050, 160, 30, "Due date: January 26, 2026"),
    (120, 330, 32, "María Example Muñoz"),
    (120, 380, 32, "1420 Example Ave Apt 3B"),
    (120, 430, 32, "Houston, TX 77036"),
    (1050, 330, 30, "Service address"),
    (1050, 380, 30, "1420 Example Ave Apt 3B"),
    (1050, 425, 30, "Houston TX 77036"),
    (120, 700, 30, "Energy charge"),
    (1300, 700, 30, "$84.10"),
    (120, 800, 30, "Total amount due"),
    (1300, 800, 30, "$106.45"),
    (120, 1800, 26, "Detach and return this stub with your payment"),
    (120, 1860, 30, "Example Power & Light"),
    (120, 1905, 30, "PO Box 660888"),
    (120, 1950, 30, "Dallas, TX 75266-0888"),
)


def drawn(placed: tuple[Placed, ...] = BILL, size: tuple[int, int] = SIZE) -> Image.Image:
    """The page in pixels. PDFium brings fonts with Spanish letters; Pillow's own font has none."""
    with PDFIUM_LOCK:
        document = pypdfium2.PdfDocument(pdf(placed))
        try:
            page = document[0].render(scale=SIZE[0] / 612).to_pil().convert("RGB")
        finally:
            document.close()
    return page.crop((0, 0, *size))


def photographed(image: Image.Image) -> Image.Image:
    """Held in a hand over a table: in perspective, unevenly lit, saved as a phone saves."""
    width, height = image.size
    quad = (-60, -40, -20, height + 70, width + 90, height + 20, width + 30, -90)
    seen = image.transform(
        image.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor="#77665a"
    )
    shade = Image.linear_gradient("L").resize(image.size).point(lambda v: 120 + v // 2)
    return Image.composite(seen, Image.new("RGB", image.size, "black"), shade)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pdf(
    shown: tuple[Placed, ...] = BILL,
    *,
    hidden: tuple[Placed, ...] = (),
    picture: Image.Image | None = None,
    pages: int = 1,
) -> bytes:
    """A digital PDF. `hidden` is text that the page does not show; `picture` covers the page."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=(612, 792))
    for _ in range(pages):
        if picture is not None:
            sheet.drawInlineImage(picture, 0, 0, 612, 792)
        for mode, placed in ((0, shown), (3, hidden)):
            for x, y, height, text in placed:
                run = sheet.beginText(x * 0.36, 792 - (y + height) * 0.36)
                run.setFont("Helvetica", height * 0.36)
                run.setTextRenderMode(mode)
                run.textOut(text)
                sheet.drawText(run)
        sheet.showPage()
    sheet.save()
    return out.getvalue()
