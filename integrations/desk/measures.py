"""What a measure is made of: the rows that it looks at, and which of them went wrong.

The numbers count those rows, the exceptions are the cases of the wrong ones, and the list behind a measure is the wrong ones
themselves: all from the same words, so they can't differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from integrations.desk.behind import Behind, listing, read
from integrations.store.scope import IN_SCOPE

_IN_SCOPE = IN_SCOPE.format(case="r.case_id")
# Cases that a measure names; what is left out is counted.
EXCEPTIONS = 1000


@dataclass(frozen=True, slots=True)
class Measure:
    """`rows`: SQL that gives case_id, about, at, wrong. The numerator counts the wrong ones, or, if `counts_good`, the others."""

    id: str
    title: str
    definition: str
    source: str
    rows: str
    counts_good: bool = False


def taken(session: Session, measure: Measure, now: datetime) -> dict[str, Any]:
    """The measure at `now`, in the form of design 6.3."""
    counts = f"SELECT count(*) FILTER (WHERE wrong), count(*) FROM ({measure.rows}) r"
    wrong, whole = session.execute(text(counts), {"now": now}).one()
    cases = f"""
        SELECT DISTINCT case_id FROM ({measure.rows}) r WHERE wrong AND case_id IS NOT NULL
        ORDER BY case_id LIMIT {EXCEPTIONS}
    """
    found = session.scalars(text(cases), {"now": now}).all()
    part = whole - wrong if measure.counts_good else wrong
    return told(measure.id, measure.title, measure.definition, measure.source, (part, whole), found)


def wrong_rows(
    session: Session, measure: Measure, *, page: int, office: str | None, now: datetime, known: int | None
) -> Behind:
    """The rows that went wrong and that this office may see, one page; `known`: how many, if they need not be counted."""
    rows = listing(measure.rows, f"wrong AND {_IN_SCOPE}")
    return read(session, rows, {"now": now, "office": office}, page=page, known=known)


def told(
    name: str, title: str, definition: str, source: str, of: tuple[int, int], cases: Sequence[Any]
) -> dict[str, Any]:
    """A measure as `kinline oversight --json` prints it."""
    part, whole = of
    return {
        "id": name,
        "title": title,
        "numerator": part,
        "denominator": whole,
        "share": round(part / whole, 4) if whole else None,
        "source": source,
        "definition": definition,
        "exceptions": [str(case_id) for case_id in cases[:EXCEPTIONS]],
    }
