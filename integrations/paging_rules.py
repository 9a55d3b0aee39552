"""The rules of ``followup/pages``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from followup.paging import parse_paging_rules
from integrations.versioned import text_of
from models.paging import PagingRules

# What is paged by today. A paging keeps the version that it began under.
NEWEST = "paging-1"


def paging_rules_text(version: str = NEWEST) -> str:
    """The file of this version.

    Raises:
        NotFound: there is none.
    """
    return text_of("followup", "pages", version, noun="paging rules")


@cache
def paging_rules(version: str = NEWEST) -> PagingRules:
    """The rules of this version.

    Raises:
        NotFound: there is no such version. BadInput: its file is wrong.
    """
    return parse_paging_rules(paging_rules_text(version))
