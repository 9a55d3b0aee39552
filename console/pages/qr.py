"""A QR code as one path of an inline SVG: no style and no script, so the strict policy lets it be seen."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

# Source: ISO/IEC 18004: a quiet zone of four modules on each side.
_QUIET = 4


@dataclass(frozen=True, slots=True)
class QrPath:
    """The dark modules, and how many units the picture is wide and high."""

    path: str
    size: int


def qr_path(content: str) -> QrPath:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(content)
    code.make()
    count = code.getModuleCount()
    dark = (
        f"M{column + _QUIET} {row + _QUIET}h1v1h-1z"
        for row in range(count)
        for column in range(count)
        if code.isDark(row, column)
    )
    return QrPath("".join(dark), count + 2 * _QUIET)
