"""The facts of one application as bytes, and back: what a decision was made on, kept for as long as the case.

The bytes hold everything personal that vetting knows; only the vault may keep them.
"""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter, ValidationError

from models.facts import ApplicationFacts


class FactsUnreadable(Exception):
    """These bytes do not hold the facts of an application in any form that this program knows."""


def keep(facts: ApplicationFacts) -> bytes:
    """The facts as JSON."""
    return _adapter().dump_json(facts)


def restore(kept: bytes) -> ApplicationFacts:
    """The facts that `keep` wrote down, also by an earlier program: what it did not know has its default.

    Raises:
        FactsUnreadable: without the values, which may be a person's.
    """
    try:
        return _adapter().validate_json(kept)
    except ValidationError as err:
        places = sorted({".".join(str(part) for part in e["loc"][:2]) for e in err.errors()})
    raise FactsUnreadable(f"these places cannot be read: {', '.join(places)}")


@cache
def _adapter() -> TypeAdapter[ApplicationFacts]:
    return TypeAdapter(ApplicationFacts)
