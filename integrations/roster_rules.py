"""The rules of ``followup/rosters``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from followup.roster import parse_roster_rules
from integrations.versioned import text_of
from models.roster import RosterRules

# What a list that is read today is judged by.
NEWEST = "roster-2026-02"


def roster_rules_text(version: str = NEWEST) -> str:
    """The file of this version.

    Raises:
        NotFound: there is none.
    """
    return text_of("followup", "rosters", version, noun="roster rules")


@cache
def roster_rules(version: str = NEWEST) -> RosterRules:
    """The rules of this version.

    Raises:
        NotFound: there is no such version. BadInput: its file is wrong.
    """
    return parse_roster_rules(roster_rules_text(version))
