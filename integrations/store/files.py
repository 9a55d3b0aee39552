"""Keeps the bytes of a file, sealed, once however often it is handed in."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from integrations.documents.sniff import check_file, magic
from integrations.store.sealing import open_bytes, seal_bytes
from integrations.vault import Vault
from models.errors import BadInput
from models.tables.base import Sealed
from models.tables.homes import HomeProof
from models.tables.people import Address
from models.tables.vetting import Application, Document, DocumentFile


def file_key(vault: Vault, content: bytes) -> bytes:
    """The key under which these very bytes are found again."""
    return vault.blind("file", hashlib.sha256(content).digest())


def keep_file(session: Session, vault: Vault, content: bytes, *, now: datetime) -> UUID:
    """The id under which these bytes are kept. Two who bring the same file at once get the same one."""
    key = file_key(vault, content)
    known = select(col(DocumentFile.id)).where(col(DocumentFile.file_key) == key)
    found = session.scalars(known).one_or_none()
    if found is not None:
        return found
    row = DocumentFile(
        file_key=key,
        media_type=str(magic(content) or "application/octet-stream"),
        size=len(content),
        sealed_content=Sealed(b""),
        at=now,
    )
    seal_bytes(vault, row, "sealed_content", content)
    values = {name: getattr(row, name) for name in DocumentFile.model_fields}
    session.execute(insert(DocumentFile).values(values).on_conflict_do_nothing(index_elements=["file_key"]))
    return session.scalars(known).one()


def file_content(session: Session, vault: Vault, file_id: UUID) -> bytes:
    """The bytes of this file, opened."""
    return open_bytes(vault, session.get_one(DocumentFile, file_id), "sealed_content")


def held_by_other_cases(
    session: Session, file_id: UUID, case_id: UUID, *, before: datetime
) -> tuple[UUID, ...]:
    """The applications of other cases that hold these very bytes, in a packet or as the proof of a home.

    Nobody can where the file was first kept at `before` or later: that is not looked up.
    """
    kept_at = session.scalars(select(col(DocumentFile.at)).where(col(DocumentFile.id) == file_id)).one()
    if kept_at >= before:
        return ()
    packets = (
        select(col(Application.id))
        .join(Document, col(Document.application_id) == col(Application.id))
        .where(col(Document.file_id) == file_id, col(Application.case_id) != case_id)
    )
    homes = (
        select(col(Address.application_id))
        .join(HomeProof, col(HomeProof.address_id) == col(Address.id))
        .where(col(HomeProof.file_id) == file_id, col(Address.case_id) != case_id)
    )
    return tuple(sorted({*session.scalars(packets), *session.scalars(homes)}))


def keep_evidence(
    session: Session, vault: Vault, content: bytes, *, option: str, filename: str, now: datetime
) -> UUID:
    """The id of a file that a person brings as evidence: a scan or a PDF that opens.

    Raises:
        BadInput: empty, too large, or not what it says it is; `option` names where it was given.
    """
    problem = check_file(option, filename, content)
    if problem is not None:
        raise BadInput(problem)
    return keep_file(session, vault, content, now=now)
