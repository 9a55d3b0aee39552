"""A page of a document as a picture for a person to look at, drawn anew: nothing of the file itself goes out."""

from __future__ import annotations

import io

from PIL import Image

from integrations.documents.pages import open_pages
from integrations.documents.sniff import MediaType, Sniffed, sniff

# Longest sides, in pixels: beside a form, and to be looked into closely.
SMALL, LARGE = 1200, 2400


def picture_of(content: bytes, page: int, long_side: int) -> bytes | None:
    """This page, counted from 0, as a PNG no larger than `long_side`; None where there is no such page to draw."""
    kind = sniff(content)
    if not isinstance(kind, Sniffed) or page >= kind.page_count:
        return None
    try:
        (drawn,) = open_pages(content, kind.media_type, 1, first=page)
    except Exception:  # a decoder may raise anything over a hostile file; there is no picture of it then
        return None
    picture = Image.fromarray(drawn.image)
    picture.thumbnail((long_side, long_side))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def page_count(content: bytes, media_type: str) -> int:
    """How many pages there are to draw; 0 for what does not open. Only what may have several is opened."""
    if media_type in (MediaType.PNG, MediaType.JPEG):
        return 1
    kind = sniff(content)
    return kind.page_count if isinstance(kind, Sniffed) else 0
