"""How a moment stands in a document of design 6.3."""

from __future__ import annotations

from datetime import datetime


def iso(value: datetime | None) -> str | None:
    """A moment as the contract writes it: ISO 8601 with its zone."""
    return value.isoformat() if value is not None else None
