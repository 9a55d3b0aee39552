"""The papers of an application, to be looked at: what the machine read, what a person typed, each page as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from integrations.desk.instants import iso
from integrations.documents.pictures import page_count
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import current_documents, find_application, gather
from integrations.store.files import file_content
from integrations.store.sealing import open_json
from models.errors import NotFound
from models.facts import ApplicationFacts, ConfirmationFacts, Person, Requirement
from models.reading import DocumentText, document_text
from models.states import APPLICATION_OVER, RequirementState
from models.tables.vetting import Application, Document, DocumentFile
from vetting.completeness import confirmation_of, requirements


def documents_json(kit: Kit, key: str) -> list[dict[str, Any]]:
    """The papers of the newest revision. `to_read`: a confirmation of its item is one of this very paper."""
    with kit.transaction() as session:
        documents = current_documents(session, find_application(session, key))
    read = set(_to_read(documents).values())
    return [
        {
            "id": str(document.id),
            "item": document.kind,
            "subject": document.subject,
            "issued_on": document.issued_on.isoformat() if document.issued_on else None,
            "readable": document.readable,
            "to_read": document.id in read,
        }
        for document in documents
    ]


def document_json(kit: Kit, key: str, document_id: UUID, person: Person, *, now: datetime) -> dict[str, Any]:
    """One paper: what was measured and read of it, who has confirmed it, which one waits next. The look is audited.

    Raises:
        NotFound: no such application, or its newest revision holds no such paper.
    """
    with kit.transaction() as session:
        application = find_application(session, key)
        documents = current_documents(session, application)
        document = _one_of(documents, document_id)
        _note(session, person, "read", document, now)
        facts = gather(session, kit.vault, application)
        policy = vetting_policy(application.policy_version)
        asked = requirements(facts, policy, now)
        mine = next((r for r in asked if _is_of(r, document)), None)
        # `gather` keeps their order.
        token = next(f.id for f, d in zip(facts.documents, documents, strict=True) if d.id == document.id)
        sharp = document.sharpness
        return {
            **_whose(application, facts),
            "id": str(document.id),
            "item": document.kind,
            "subject": document.subject,
            "issued_on": document.issued_on.isoformat() if document.issued_on else None,
            "pages": _pages(session, kit, document.file_id),
            "sharp_enough": None if sharp is None else sharp >= policy.identity.sharpness_at_least,
            "machine": machine_json(kit, document),
            "zone": open_json(kit.vault, document, "sealed_zone"),
            "state": mine.state.value if mine is not None else None,
            "confirm": mine is not None and mine.confirm,
            "to_read": _to_read(documents)[document.kind, document.subject] == document.id,
            "read": _reading(confirmation_of(facts, document.kind, document.subject), token),
            "next": next((str(i) for i in _waiting(asked, documents) if i != document.id), None),
        }


def item_of(kit: Kit, key: str, document_id: UUID) -> tuple[str, str]:
    """What this paper is, and whose. Raises `NotFound` as `document_json` does."""
    with kit.transaction() as session:
        document = _one_of(current_documents(session, find_application(session, key)), document_id)
        return document.kind, document.subject


def document_picture(
    kit: Kit, key: str, document_id: UUID, person: Person, *, page: int, long_side: int, now: datetime
) -> bytes:
    """This page of it, counted from 0, as a PNG. The look is audited.

    Raises:
        NotFound: no such paper, or no such page to draw. Unavailable: it could not be drawn now.
    """
    with kit.transaction() as session:
        application = find_application(session, key)
        document = _one_of(current_documents(session, application), document_id)
        _note(session, person, "see page", document, now)
        content = file_content(session, kit.vault, document.file_id)
    return drawn(kit, content, page=page, long_side=long_side)


def drawn(kit: Kit, content: bytes, *, page: int, long_side: int) -> bytes:
    """This page of the file as a PNG, drawn by the reader's own process.

    Raises:
        NotFound: there is none to draw. Unavailable: it could not be drawn now.
    """
    picture: bytes | None = kit.reader.picture(content, page, long_side)
    if picture is None:
        raise NotFound("page", str(page))
    return picture


def machine_json(kit: Kit, row: Any) -> dict[str, Any] | None:
    """What the machine read of this row's file, line by line; None while it has not, or where it never does."""
    body = open_json(kit.vault, row, "sealed_reading")
    if body is None:
        return None
    text: DocumentText = document_text(body)
    return {
        "method": text.method,
        "lines": [line.text for line in text.lines],
        "layer_agrees": text.text_layer_agrees,
    }


def _whose(application: Application, facts: ApplicationFacts) -> dict[str, Any]:
    return {
        "application_id": str(application.id),
        "reference": application.reference,
        "is_over": facts.state in APPLICATION_OVER,
    }


def _one_of(documents: Sequence[Document], document_id: UUID) -> Document:
    found = next((d for d in documents if d.id == document_id), None)
    if found is None:
        raise NotFound("document", str(document_id))
    return found


def _to_read(documents: Sequence[Document]) -> Mapping[tuple[str, str], UUID]:
    """Of several papers for one item, the one that a person confirms: the last."""
    return {(d.kind, d.subject): d.id for d in documents}


def _is_of(asked: Requirement, document: Document) -> bool:
    return (asked.kind, asked.item, asked.subject) == ("document", document.kind, document.subject)


def _waiting(asked: Sequence[Requirement], documents: Sequence[Document]) -> Iterator[UUID]:
    """The papers that a person is to read yet."""
    papers = _to_read(documents)
    for one in asked:
        if one.kind == "document" and one.confirm and one.state is RequirementState.RECEIVED:
            yield papers[one.item, one.subject]


def _reading(read: ConfirmationFacts | None, token: UUID) -> dict[str, Any] | None:
    if read is None or read.document_id != token:
        return None
    return {
        "by": str(read.by),
        "at": iso(read.at),
        "agrees": read.agrees,
        "differs": list(read.differs),
        "not_in_zone": list(read.not_in_zone),
    }


def _pages(session: Session, kit: Kit, file_id: UUID) -> int:
    row = session.get_one(DocumentFile, file_id)
    return page_count(file_content(session, kit.vault, file_id), row.media_type)


def _note(session: Session, person: Person, act: str, document: Document, now: datetime) -> None:
    history.audit(session, actor=str(person.id), act=act, noun="document", ids=[document.id], now=now)
