"""The points of ``vetting/linkage``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from integrations.versioned import text_of
from models.linkage import LinkageRules
from vetting.alike import parse_linkage_rules

# The one by which links are weighed now. Each link keeps the name of the one that it was weighed by.
NEWEST = "linkage-2026-02"


def linkage_text(version: str = NEWEST) -> str:
    """The file of this version."""
    return text_of("vetting", "linkage", version, noun="rules of linkage")


@cache
def linkage_rules() -> LinkageRules:
    """The rules in use."""
    return parse_linkage_rules(linkage_text())
