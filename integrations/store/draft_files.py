"""The files of a draft: their names as the packet will have them, and their content while the draft holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from integrations.store.sealing import open_bytes
from integrations.vault import Vault
from models.errors import NotFound
from models.tables.intake import PacketDraftFile
from vetting.draft.answers import Paper

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/tiff": "tif", "application/pdf": "pdf"}
_FACTS = tuple(
    getattr(PacketDraftFile, name) for name in PacketDraftFile.model_fields if name != "sealed_content"
)


@dataclass(frozen=True, slots=True)
class DraftPaper:
    """A file that stands in the draft, without its content. `seen`: what a machine made of it."""

    id: UUID
    paper: Paper
    seen: str
    media_type: str
    size: int
    row: PacketDraftFile

    @property
    def slot(self) -> str:
        return f"{self.paper.kind}@{self.paper.subject}"


def papers_of_draft(session: Session, draft_id: UUID, subjects: Sequence[str]) -> list[DraftPaper]:
    """The files of these people that were not taken out, in the order in which they came."""
    files = facts_of_files(session, draft_id)
    return [one for one in files if one.row.removed_at is None and one.paper.subject in subjects]


def facts_of_files(session: Session, draft_id: UUID) -> list[DraftPaper]:
    """Every file that ever came into the draft, those taken out as well, in the order in which they came."""
    query = (
        select(*_FACTS).where(col(PacketDraftFile.draft_id) == draft_id).order_by(col(PacketDraftFile.number))
    )
    return [_paper(PacketDraftFile(**row._mapping)) for row in session.execute(query)]


def _paper(row: PacketDraftFile) -> DraftPaper:
    name = f"documents/{row.number:02d}-{row.kind}-{row.subject}.{_ENDINGS.get(row.media_type, 'bin')}"
    paper = Paper(row.kind, row.subject, name, row.issued_on)
    return DraftPaper(row.id, paper, row.seen, row.media_type, row.size, row)


def content_of(session: Session, vault: Vault, file_id: UUID) -> bytes:
    """The bytes, while the draft holds them.

    Raises:
        NotFound: it does not.
    """
    row = session.get(PacketDraftFile, file_id)
    if row is None or row.sealed_content is None:
        raise NotFound("file", str(file_id))
    return open_bytes(vault, row, "sealed_content")


def forget_content(session: Session, draft_id: UUID) -> None:
    """The draft holds no content any more: the packet does."""
    session.execute(
        update(PacketDraftFile).where(col(PacketDraftFile.draft_id) == draft_id).values(sealed_content=None)
    )
