"""The dull bill, its parts, and the stated address that it proves. All people are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from models.packet import Address
from models.reading import ReadLine
from vetting.address import Holder

HOLDER = Holder("Marta", "Example Coj", ())
SUBMITTED = date(2026, 2, 2)
ISSUED = date(2026, 1, 5)
NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)


def stated(**changes: Any) -> Address:
    values: dict[str, Any] = {
        "line1": "1420 Example Ave",
        "unit": "Apt 3B",
        "city": "Houston",
        "state": "TX",
        "zip": "77036",
    }
    return Address(**(values | changes))


def block(*texts: str, x: float = 0.07, y: float = 0.05) -> list[ReadLine]:
    """Lines under each other, as wide as their text."""
    return [ReadLine(t, 0, x, y + 0.027 * n, 0.018, 0.0095 * len(t)) for n, t in enumerate(texts)]


ISSUER = block("Example Power & Light", "900 Commerce St", "Dallas, TX 75201")
PO_BOX = block("Example Power & Light", "PO Box 650123", "Dallas, TX 75265-0123")
HOME = block("Marta Example Coj", "1420 Example Ave Apt 3B", "Houston, TX 77036", y=0.25)
SERVICE = block("Service address", "1420 Example Ave Apt 3B", "Houston TX 77036", x=0.6, y=0.25)
STUB = block(
    "Detach and return this stub with your payment",
    "Marta Example Coj",
    "55 Stub Rd",
    "Houston, TX 77099",
    y=1.0,
)
DATED = block("Statement date: January 5, 2026", "Due date: January 26, 2026", x=0.6)
BILL = [*PO_BOX, *DATED, *HOME, *SERVICE, *STUB]


def home(street: str, city: str = "Houston, TX 77036") -> list[ReadLine]:
    return block("Marta Example Coj", street, city)
