"""A sheet of paper to draw on: points, origin at the top left, as PDF or as pixels.

The fonts are the PDF standard ones, so nothing is taken from the machine; PDFium brings its own
shapes for them, and the pixels of a sheet are the pixels of its PDF.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen import canvas

Pixels = NDArray[np.uint8]
Ink = str

BLACK: Ink = "#1b1b1f"
GREY: Ink = "#5d6168"
PALE: Ink = "#c9ccd1"
PEN: Ink = "#1c2f7a"


class Sheet:
    """One document of one or more pages of the same size."""

    def __init__(self, width: float = 612, height: float = 792, title: str = "") -> None:
        self.width, self.height = width, height
        self._out = io.BytesIO()
        # `invariant` fixes the dates and the id that a PDF carries: the same drawing, the same bytes.
        self._canvas = canvas.Canvas(self._out, pagesize=(width, height), invariant=1)
        self._canvas.setTitle(title)
        self._canvas.setAuthor("Kinline samples: invented people, invented papers")
        self._done = False

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 10,
        font: str = "Helvetica",
        ink: Ink = BLACK,
        align: str = "left",
    ) -> None:
        """A line of text whose baseline stands at `y`; `align` is left, right or centre of `x`."""
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(HexColor(ink))
        draw = {
            "left": self._canvas.drawString,
            "right": self._canvas.drawRightString,
            "centre": self._canvas.drawCentredString,
        }[align]
        draw(x, self.height - y, words)

    def spaced(self, x: float, y: float, words: str, width: float, size: float, font: str) -> None:
        """One line stretched to `width` by its letter spacing, as machine-readable lines are."""
        gap = (width - stringWidth(words, font, size)) / max(len(words) - 1, 1)
        run = self._canvas.beginText(x, self.height - y)
        run.setFont(font, size)
        run.setFillColor(HexColor(BLACK))
        run.setCharSpace(gap)
        run.textOut(words)
        self._canvas.drawText(run)

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        words: str,
        size: float = 10,
        font: str = "Helvetica",
        ink: Ink = BLACK,
        leading: float = 1.35,
    ) -> float:
        """Text broken into lines of `width`. Returns the baseline below the last one."""
        for line in simpleSplit(words, font, size, width):
            self.text(x, y, line, size, font, ink)
            y += size * leading
        return y

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: Ink | None = None,
        stroke: Ink | None = None,
        radius: float = 0,
        line: float = 0.7,
    ) -> None:
        """A rectangle whose top left corner is (x, y)."""
        self._pens(fill, stroke, line)
        self._canvas.roundRect(
            x, self.height - y - height, width, height, radius, fill=int(bool(fill)), stroke=int(bool(stroke))
        )

    def oval(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: Ink | None = None,
        stroke: Ink | None = None,
        line: float = 0.7,
    ) -> None:
        """An ellipse inside the rectangle whose top left corner is (x, y)."""
        self._pens(fill, stroke, line)
        top = self.height - y
        self._canvas.ellipse(x, top - height, x + width, top, fill=int(bool(fill)), stroke=int(bool(stroke)))

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        ink: Ink = BLACK,
        line: float = 0.6,
        dash: bool = False,
    ) -> None:
        """A straight line; dashed where one tears off."""
        self._pens(None, ink, line)
        self._canvas.setDash([4, 3] if dash else [])
        self._canvas.line(x1, self.height - y1, x2, self.height - y2)
        self._canvas.setDash([])

    def curve(
        self,
        points: Sequence[tuple[float, float]],
        ink: Ink = BLACK,
        line: float = 0.6,
        fill: Ink | None = None,
        opacity: float = 1.0,
    ) -> None:
        """A line through all the points, or the shape that they enclose."""
        self._canvas.saveState()
        if opacity < 1:
            self._canvas.setStrokeColor(_faint(ink, opacity))
            self._canvas.setLineWidth(line)
        else:
            self._pens(fill, ink if not fill else None, line)
        path = self._canvas.beginPath()
        for index, (x, y) in enumerate(points):
            (path.lineTo if index else path.moveTo)(x, self.height - y)
        if fill:
            path.close()
        self._canvas.setLineJoin(1)
        self._canvas.drawPath(path, fill=int(bool(fill)), stroke=int(not fill))
        self._canvas.restoreState()

    def stamp(
        self, x: float, y: float, words: str, size: float, ink: Ink, angle: float, opacity: float
    ) -> None:
        """Words across the paper, as a watermark or a rubber stamp."""
        self._canvas.saveState()
        self._canvas.translate(x, self.height - y)
        self._canvas.rotate(angle)
        self._canvas.setFillColor(_faint(ink, opacity))
        self._canvas.setFont("Helvetica-Bold", size)
        self._canvas.drawCentredString(0, 0, words)
        self._canvas.restoreState()

    def seal(self, x: float, y: float, radius: float, words: str, ink: Ink) -> None:
        """A round rubber stamp with words along its rim."""
        for r, line in ((radius, 1.4), (radius * 0.94, 0.5), (radius * 0.62, 0.6)):
            self.oval(x - r, y - r, 2 * r, 2 * r, stroke=ink, line=line)
        spread = min(5.6, 0.27 * len(words))
        size = radius * 0.2
        for index, letter in enumerate(words):
            turn = math.pi / 2 + spread / 2 - spread * index / max(len(words) - 1, 1)
            self._canvas.saveState()
            self._canvas.translate(
                x + radius * 0.71 * math.cos(turn), self.height - y + radius * 0.71 * math.sin(turn)
            )
            self._canvas.rotate(math.degrees(turn) - 90)
            self._canvas.setFont("Helvetica-Bold", size)
            self._canvas.setFillColor(HexColor(ink))
            self._canvas.drawCentredString(0, 0, letter)
            self._canvas.restoreState()
        star = [
            (
                x + radius * (0.42 if k % 2 == 0 else 0.17) * math.sin(k * math.pi / 5),
                y - radius * (0.42 if k % 2 == 0 else 0.17) * math.cos(k * math.pi / 5),
            )
            for k in range(10)
        ]
        self.curve(star, fill=ink)

    def picture(self, x: float, y: float, width: float, height: float, jpeg: bytes) -> None:
        """A JPEG, as it is, in the rectangle whose top left corner is (x, y)."""
        self._canvas.drawImage(ImageReader(io.BytesIO(jpeg)), x, self.height - y - height, width, height)

    def next_page(self) -> None:
        """Everything after this stands on a new page."""
        self._canvas.showPage()

    def pdf(self) -> bytes:
        """The finished document. Nothing can be drawn afterwards."""
        if not self._done:
            self._canvas.showPage()
            self._canvas.save()
            self._done = True
        return self._out.getvalue()

    def pixels(self, dpi: int) -> list[Pixels]:
        """Each page as RGB pixels."""
        document = pypdfium2.PdfDocument(self.pdf())
        try:
            return [np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB")) for page in document]
        finally:
            document.close()

    def _pens(self, fill: Ink | None, stroke: Ink | None, line: float) -> None:
        if fill:
            self._canvas.setFillColor(HexColor(fill))
        if stroke:
            self._canvas.setStrokeColor(HexColor(stroke))
        self._canvas.setLineWidth(line)


def image_pdf(pages: Sequence[Pixels], dpi: int, quality: int = 55) -> bytes:
    """A PDF that holds pictures of pages and no text, as a scanner makes them."""
    height, width = pages[0].shape[:2]
    sheet = Sheet(width * 72 / dpi, height * 72 / dpi, "Scan")
    for index, page in enumerate(pages):
        if index:
            sheet.next_page()
        out = io.BytesIO()
        Image.fromarray(page).save(out, "JPEG", quality=quality)
        sheet.picture(0, 0, sheet.width, sheet.height, out.getvalue())
    return sheet.pdf()


def _faint(ink: Ink, opacity: float) -> Color:
    full = HexColor(ink)
    return Color(full.red, full.green, full.blue, alpha=opacity)
