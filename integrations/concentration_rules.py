"""The rules of ``followup/concentration``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from followup.concentration import parse_concentration_rules
from integrations.versioned import text_of
from models.concentration import ConcentrationRules

# The one that homes are watched by now. Each gathering keeps the name of the one that it was found by.
NEWEST = "concentration-1"


def concentration_text(version: str = NEWEST) -> str:
    """The file of this version."""
    return text_of("followup", "concentration", version, noun="rules of concentration")


@cache
def concentration_rules() -> ConcentrationRules:
    """The rules in use."""
    return parse_concentration_rules(concentration_text())
