"""A page of plain words as a PDF: what every paper that leaves Kinline is printed with."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

_FOLDER = Path(__file__).parent


def template(name: str) -> str:
    """The words of a versioned template. A new wording is a new file: what went out names its version."""
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def printed(text: str, *, title: str) -> bytes:
    """The text as a PDF, its first block as the heading; the same bytes for the same words."""
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=LETTER,
        leftMargin=inch,
        rightMargin=inch,
        topMargin=inch,
        bottomMargin=inch,
        title=title,
        author="Office of Refugee Resettlement",
        lang="en",
        invariant=1,
    )
    body = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=15)
    head = ParagraphStyle("head", parent=body, fontName="Helvetica-Bold", fontSize=13, leading=18)
    story: list[Paragraph | Spacer] = []
    for number, block in enumerate(text.strip().split("\n\n")):
        words = "<br/>".join(escape(line) for line in block.splitlines())
        story += [Paragraph(words, body if number else head), Spacer(1, 0.15 * inch)]
    # The space behind the last words would begin an empty page of its own where they just fit.
    document.build(story[:-1])
    return out.getvalue()


def day_in_words(day: date) -> str:
    """As `2 February 2026`."""
    return f"{day.day} {day:%B %Y}"
