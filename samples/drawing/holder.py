"""Whose paper it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """Whose paper it is and which home it names, spelt as the issuer spells it."""

    name: str
    line1: str
    unit: str | None
    city: str
    state: str
    zip: str

    @property
    def street(self) -> str:
        """The street line with the unit, as bills print it."""
        return f"{self.line1} {self.unit}" if self.unit else self.line1

    @property
    def place(self) -> str:
        """City, state and ZIP."""
        return f"{self.city}, {self.state} {self.zip}"
