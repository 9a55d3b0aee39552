"""The marks of files, and which files of other cases were found to be the same picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from integrations.vault import Vault
from models.reading import PageMarks
from models.tables.likeness import FileLikeness, FileMark
from models.tables.vetting import Application, DocumentFile

# How many marks two pages share, at least, to be laid over each other (measured: integrations.documents.likeness).
_SHARED_MARKS = {"picture": 3, "words": 1}
# How many pairs one run of a step lays over each other, the most alike first; the next run takes the next.
_PAIRS_A_RUN = 50

_CANDIDATES = text(
    """
    WITH mine AS (
        SELECT DISTINCT m.file_id, m.kind, m.marks
        FROM document d JOIN file_mark m ON m.file_id = d.file_id
        WHERE d.application_id = :application AND d.revision = :revision
    ), near AS (
        SELECT mine.file_id, o.file_id AS other, mine.kind,
               (SELECT count(*) FROM unnest(o.marks) AS mark WHERE mark = ANY(mine.marks)) AS shared
        FROM mine JOIN file_mark o ON o.marks && mine.marks AND o.kind = mine.kind AND o.file_id <> mine.file_id
    )
    SELECT file_id, other FROM near
    WHERE shared >= CASE kind WHEN 'words' THEN :words ELSE :picture END
      AND EXISTS (
          SELECT FROM document d JOIN application a ON a.id = d.application_id
          WHERE d.file_id = near.other AND a.case_id <> :case
      )
      AND NOT EXISTS (
          SELECT FROM file_likeness k
          WHERE k.file_id = least(near.file_id, near.other) AND k.other_file_id = greatest(near.file_id, near.other)
      )
    GROUP BY file_id, other ORDER BY max(shared) DESC, file_id, other LIMIT :pairs
    """
)


def keep_marks(
    session: Session, vault: Vault, file_id: UUID, marks: Sequence[PageMarks] | None, *, now: datetime
) -> None:
    """The file is found by these marks from now on, blind; None leaves it as it is. Taken once a file."""
    if marks is None:
        return
    file = session.get_one(DocumentFile, file_id, with_for_update=True)
    if file.marked_at is not None:
        return
    file.marked_at = now
    session.add(file)
    for page in marks:
        # Eight bytes are enough for an index whose finds are compared; forty of 32 would be a heavy row.
        blind = [vault.blind("page_mark", page.kind, mark)[:8] for mark in page.marks]
        session.add(FileMark(file_id=file_id, page=page.page, kind=page.kind, marks=blind))


def pairs_to_compare(session: Session, application: Application) -> list[tuple[UUID, UUID]]:
    """Files of this application's newest revision, each with one of another case that may be the same."""
    rows = session.execute(
        _CANDIDATES,
        {
            "application": application.id,
            "revision": application.revision,
            "case": application.case_id,
            "pairs": _PAIRS_A_RUN,
            **_SHARED_MARKS,
        },
    )
    return [(file_id, other) for file_id, other in rows]


def keep_verdict(session: Session, one: UUID, other: UUID, *, alike: bool, now: datetime) -> bool:
    """What laying the two over each other said is on file. False: somebody else had written it down."""
    first, second = sorted((one, other))
    row = session.execute(
        insert(FileLikeness)
        .values(id=uuid4(), file_id=first, other_file_id=second, alike=alike, at=now)
        .on_conflict_do_nothing(index_elements=["file_id", "other_file_id"])
        .returning(col(FileLikeness.id))
    ).one_or_none()
    return row is not None


def files_alike(session: Session, files: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """For each of these files, the other files that are the same picture."""
    first, second = col(FileLikeness.file_id), col(FileLikeness.other_file_id)
    rows = session.execute(
        union_all(
            select(first, second).where(first.in_(files), col(FileLikeness.alike)),
            select(second, first).where(second.in_(files), col(FileLikeness.alike)),
        )
    )
    found: dict[UUID, set[UUID]] = {}
    for file_id, other_id in rows:
        found.setdefault(file_id, set()).add(other_id)
    return found
