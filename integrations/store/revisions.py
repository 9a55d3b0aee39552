"""What each revision of a packet said, and what of the file is still about the same thing after an amendment."""

from __future__ import annotations

import json
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlmodel import Session, col

from integrations.keys import person_keys
from integrations.store.sealing import open_bytes
from integrations.vault import SealBroken, Vault
from models.packet import Packet
from models.states import DocumentKind
from models.tables import vetting as tables


def current_packet(session: Session, vault: Vault, application: tables.Application) -> Packet:
    """The packet of the application's newest revision."""
    revision = session.scalars(
        select(tables.ApplicationRevision).where(
            col(tables.ApplicationRevision.application_id) == application.id,
            col(tables.ApplicationRevision.number) == application.revision,
        )
    ).one()
    return packet_of(vault, revision)


def packet_of(vault: Vault, revision: tables.ApplicationRevision) -> Packet:
    """The packet as it was handed in with this revision."""
    try:
        return Packet.model_validate_json(open_bytes(vault, revision, "sealed_packet"))
    except ValidationError:
        # Its text would repeat what the packet says; the id is enough to find it.
        broken = SealBroken(f"the packet of revision {revision.id} does not fit this program's form")
    raise broken


def document_token(vault: Vault, application_id: UUID, document: tables.Document, packet: Packet) -> UUID:
    """The id of a document for whoever judges it: the same file, for the same purpose, compared with the same
    words of the packet has the same one in every revision.

    A finding that a person cleared thus stays cleared when an amendment hands the file in again, and comes
    back once the file or what it is compared with is another.
    """
    beside = _compared_with(packet, document)
    # A member of the household is the same person wherever they stand in the list: `beside` says who.
    subject = document.subject.partition(":")[0]
    key = vault.blind(
        "document", application_id.bytes, document.file_id.bytes, document.kind, subject, beside
    )
    return UUID(bytes=key[:16])


def _compared_with(packet: Packet, document: tables.Document) -> str:
    """What the packet says that a document of this kind is held against."""
    person: BaseModel | None = packet.sponsor
    if document.subject == "child":
        person = packet.child
    elif document.subject == "alternate_caregiver":
        person = packet.alternate_caregiver
    elif document.subject.startswith("household:"):
        number = int(document.subject.partition(":")[2])
        person = packet.household[number] if number < len(packet.household) else None
    is_proof = document.kind == DocumentKind.PROOF_OF_ADDRESS
    names = {"given_names", "family_names", "other_names", "date_of_birth", "identity_document"}
    return json.dumps(
        [
            person.model_dump(mode="json", include=names) if person else None,
            packet.address.model_dump(mode="json", exclude={"moved_in_on", "dwelling"}) if is_proof else None,
            str(document.issued_on),
        ],
        sort_keys=True,
    )


def waiver_holds(session: Session, vault: Vault, waiver: tables.Waiver, packet: Packet) -> bool:
    """False once an amendment has put another person where the waived one stood, or moved the home whose
    proof was waived."""
    revision = session.scalars(
        select(tables.ApplicationRevision)
        .where(
            col(tables.ApplicationRevision.application_id) == waiver.application_id,
            col(tables.ApplicationRevision.at) <= waiver.proposed_at,
        )
        .order_by(col(tables.ApplicationRevision.number).desc())
        .limit(1)
    ).first()
    if revision is None:
        return False
    given_on = packet_of(vault, revision)
    if waiver.item.startswith(DocumentKind.PROOF_OF_ADDRESS) and given_on.address != packet.address:
        return False
    then, people = person_keys(vault, given_on), person_keys(vault, packet)
    subject = waiver.subject
    return subject == "child" or (subject in people and then.get(subject) == people[subject])
