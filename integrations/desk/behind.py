"""The list behind a number, a page at a time: one statement counts the rows and reads those of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session

# Rows of a page. Ours: as many as a person reads before they ask for the next.
PER_PAGE = 100


def pages_of(rows: int, per_page: int = PER_PAGE) -> int:
    """How many pages so many rows fill."""
    return max(1, -(-rows // per_page))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: its case (None: not known yet), what it is about, and since or until when."""

    case_id: UUID | None
    about: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Behind:
    """`whole`: how many rows stand behind the number; `rows`: those of the page, which counts from 1."""

    whole: int
    page: int
    rows: Sequence[Entry]

    @property
    def pages(self) -> int:
        """At least one, so that an empty list has a page too."""
        return pages_of(self.whole)


def listing(rows: str, where: str, *, of_office: bool = False) -> TextClause:
    """The statement of a list: of `rows` (SQL that gives case_id, about, at) those of which `where` is true, the oldest first.

    Its parameters are those of `rows` and `where`, and those of `read`. Who knows the count already gives it: the rows are
    not counted then. `of_office`: of many rows few are seen; they are looked for once, and not to count them and again.
    """
    kept = "MATERIALIZED" if of_office else "NOT MATERIALIZED"
    return text(
        f"""
        WITH behind AS {kept} (SELECT case_id, about, at FROM ({rows}) r WHERE {where})
        SELECT CASE WHEN CAST(:known AS bigint) IS NULL THEN (SELECT count(*) FROM behind) ELSE :known END AS whole, p.*
        FROM (VALUES (1)) one LEFT JOIN (
            SELECT case_id, about, at, true AS stands FROM behind
            ORDER BY at, case_id, about LIMIT {PER_PAGE} OFFSET :skipped
        ) p ON true
        ORDER BY p.at, p.case_id, p.about
        """
    )


def read(
    session: Session, statement: TextClause, given: Mapping[str, Any], *, page: int, known: int | None = None
) -> Behind:
    """One page of a `listing`. `known`: its count, if it need not be taken."""
    found = session.execute(statement, {**given, "known": known, "skipped": (page - 1) * PER_PAGE}).all()
    return Behind(
        found[0].whole, page, [Entry(row.case_id, row.about, row.at) for row in found if row.stands]
    )
