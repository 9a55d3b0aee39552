"""What was read from a document and what the postal service said: plain values, no judgement.

Lengths (`x`, `y`, `width`, `height`) are parts of the page's width, so that a photo, a scan and a
digital PDF compare; `y` grows downwards. Reading is the work of `integrations.documents`, judging that
of `vetting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

ReadMethod = Literal["ocr", "pdf_text", "none"]
DeliveryPoint = Literal["Y", "S", "D", "N"]
MarkKind = Literal["picture", "words"]
ZoneForm = Literal["td1", "td2", "td3"]


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One run of text as it stands on the page; two columns of one row are two runs.

    `x` is the left edge, `y` the middle of the line, `page` counts from 0.
    """

    text: str
    page: int
    x: float
    y: float
    height: float
    width: float = 0.0
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of a document in reading order. `method` 'none': there was nothing to read, or no way.

    `text_layer_agrees` is None unless the document is a PDF with a text layer: False means that the
    layer says other things than the page shows, and `lines` then hold what the page shows.
    """

    lines: tuple[ReadLine, ...] = ()
    method: ReadMethod = "none"
    page_count: int = 0
    text_layer_agrees: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for the sealed column. `document_text` reads them back."""
        return {
            "lines": [
                [line.text, line.page, line.x, line.y, line.height, line.width, line.confidence]
                for line in self.lines
            ],
            "method": self.method,
            "page_count": self.page_count,
            "text_layer_agrees": self.text_layer_agrees,
        }


def document_text(body: Mapping[str, Any]) -> DocumentText:
    """The text that `DocumentText.as_json` wrote down."""
    rows: Sequence[Sequence[Any]] = body["lines"]
    return DocumentText(
        lines=tuple(
            ReadLine(str(t), int(p), float(x), float(y), float(h), float(w), float(c))
            for t, p, x, y, h, w, c in rows
        ),
        method=body["method"],
        page_count=int(body["page_count"]),
        text_layer_agrees=body["text_layer_agrees"],
    )


@dataclass(frozen=True, slots=True)
class PageMarks:
    """What a page is found again by, however it was re-compressed or resized; `page` counts from 0.

    Made of what the page shows: only their blind form may be stored.
    """

    page: int
    kind: MarkKind
    marks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MachineZone:
    """The machine-readable zone of a passport or card, whose check digits all hold (ICAO 9303, parts 4 to 6).

    Everything is as printed, without the filler at the end. `names` are `SURNAMES<<GIVEN<NAMES` and bear no
    check digit, and neither does `issuer`: a slip of the reader may stand in them. `date_of_birth` and
    `expires_on` are YYMMDD: the zone holds no century, and '<' stands where a birthday is not known.
    """

    form: ZoneForm
    issuer: str
    number: str
    names: str
    date_of_birth: str
    expires_on: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for the sealed column. `machine_zone` reads them back."""
        return {
            "form": self.form,
            "issuer": self.issuer,
            "number": self.number,
            "names": self.names,
            "date_of_birth": self.date_of_birth,
            "expires_on": self.expires_on,
        }


def machine_zone(body: Mapping[str, Any]) -> MachineZone:
    """The zone that `MachineZone.as_json` wrote down."""
    return MachineZone(
        form=body["form"],
        issuer=str(body["issuer"]),
        number=str(body["number"]),
        names=str(body["names"]),
        date_of_birth=str(body["date_of_birth"]),
        expires_on=str(body["expires_on"]),
    )


@dataclass(frozen=True, slots=True)
class PostalAnswer:
    """What the postal service said of the stated address. `dpv` None: it was asked and said nothing.

    'Y' deliverable, 'S' building known but not this unit, 'D' the unit is missing, 'N' not deliverable
    (USPS Addresses v3, `DPVConfirmation`). `reference_version` names the client and its data, for the file.
    """

    dpv: DeliveryPoint | None
    business: bool
    vacant: bool
    checked_at: datetime
    reference_version: str
