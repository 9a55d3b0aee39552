"""The rules of ``followup/rechecks``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from followup.rechecks import parse_recheck_rules
from integrations.versioned import text_of
from models.rechecks import RecheckRules

# The one that the address round goes by now.
NEWEST = "rechecks-1"


def recheck_text(version: str = NEWEST) -> str:
    """The file of this version."""
    return text_of("followup", "rechecks", version, noun="rules of rechecks")


@cache
def recheck_rules() -> RecheckRules:
    """The rules in use."""
    return parse_recheck_rules(recheck_text())
