"""Time zones of ZIP codes, for quiet hours and local times."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import zipcodes

# Where neither the ZIP nor its state is known: the ladder still needs an hour to call at.
FALLBACK = "America/Chicago"


@lru_cache(maxsize=4096)
def zone_of(zip_code: str, state: str) -> str:
    """The IANA zone of this ZIP; of most ZIPs of the state when the ZIP is not known."""
    try:
        found = zipcodes.matching(zip_code[:5])  # type: ignore[no-untyped-call]
    except (TypeError, ValueError):
        found = []
    zones = [str(row["timezone"]) for row in found if row.get("timezone")]
    return zones[0] if zones else _zone_of_state(state)


@lru_cache(maxsize=64)
def _zone_of_state(state: str) -> str:
    rows = zipcodes.filter_by(state=state)  # type: ignore[no-untyped-call]
    counts = Counter(str(row["timezone"]) for row in rows if row.get("timezone"))
    return counts.most_common(1)[0][0] if counts else FALLBACK
