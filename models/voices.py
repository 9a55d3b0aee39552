"""Four eyes: what takes two voices takes two people."""

from __future__ import annotations

from uuid import UUID

from models.errors import Refused
from models.facts import Person


def want_another(person: Person, first: UUID | None) -> None:
    """The second voice is another person's. `first`: who gave the first one, None while nobody has.

    Raises:
        Refused: it was this person.
    """
    if person.id == first:
        raise Refused("four_eyes", "You gave the first voice; another person must give the second.")
