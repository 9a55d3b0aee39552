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
from integrations.store.scope import CASE_IN_SCOPE

# Cases that a measure names; what is left out is counted.
EXCEPTIONS = 1000


@dataclass(frozen=True, slots=True)
class Measure:
    """`rows`: SQL that gives case_id, about, at, wrong. The numerator counts the wrong ones, or, if `counts_good`, the others.

    `of_children`: the rows are those of `child_case c` under a condition, which is the end of the SQL.
    """

    id: str
    title: str
    definition: str
    source: str
    rows: str
    counts_good: bool = False
    of_children: bool = False

    @property
    def seen(self) -> str:
        """The rows that somebody of `:office` may see."""
        if self.of_children:
            return f"{self.rows} AND {CASE_IN_SCOPE}"
        return f"""
            SELECT r.* FROM ({self.rows}) r LEFT JOIN child_case c ON c.id = r.case_id WHERE {CASE_IN_SCOPE}
        """


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
    if office is None:
        return read(session, listing(measure.rows, "wrong"), {"now": now}, page=page, known=known)
    given = {"now": now, "office": office}
    return read(session, listing(measure.seen, "wrong", of_office=True), given, page=page, known=known)


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
