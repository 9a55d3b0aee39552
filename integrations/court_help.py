"""The versions of ``followup/help``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from followup.court_help import CourtHelp, parse_court_help
from integrations.versioned import text_of

# What families are told today.
NEWEST = "help-1"


def court_help_text(version: str = NEWEST) -> str:
    """The file of this version.

    Raises:
        NotFound: there is none.
    """
    return text_of("followup", "help", version, noun="court help")


@cache
def court_help(version: str = NEWEST) -> CourtHelp:
    """The clocks and pointers of this version.

    Raises:
        NotFound: there is no such version. BadInput: its file is wrong.
    """
    return parse_court_help(court_help_text(version))
