"""The verdicts on hits of ``vetting/hits``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from integrations.versioned import text_of
from models.hits import HitClasses
from vetting.hits import parse_hit_classes

# The one by which hits are judged now. Each verdict keeps the name of the one it was given under.
NEWEST = "hits-2024r2"


def hits_text(version: str = NEWEST) -> str:
    """The file of this version."""
    return text_of("vetting", "hits", version, noun="verdicts on hits")


@cache
def hit_classes() -> HitClasses:
    """The verdicts in use."""
    return parse_hit_classes(hits_text())
