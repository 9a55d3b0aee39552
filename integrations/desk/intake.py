"""A packet comes in: a new application, an amendment of one, or nothing new. One transaction each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session, col

from integrations import keys
from integrations.desk.jobs import enqueue
from integrations.documents.sniff import magic
from integrations.kit import Kit
from integrations.packets import HandedIn
from integrations.policies import vetting_policy_for
from integrations.store import history
from integrations.store.sealing import seal_bytes, seal_json
from integrations.zones import zone_of
from models.errors import BadInput, Problem
from models.packet import Packet
from models.states import APPLICATION_MOVES, ApplicationState
from models.tables.base import Sealed
from models.tables.ledger import Hearing
from models.tables.people import (
    Address,
    Case,
    Child,
    Consent,
    HouseholdMember,
    PhoneNumber,
    Sponsor,
)
from models.tables.vetting import (
    Application,
    ApplicationRevision,
    Decision,
    Document,
    DocumentFile,
    Recommendation,
)
from vetting.category import category_of

_UNSEALED = Sealed(b"")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a packet."""

    application_id: UUID
    reference: str
    state: str
    revision: int
    how: Literal["new", "amended", "unchanged"]


def submit(kit: Kit, handed_in: HandedIn, *, actor: str, now: datetime) -> Taken:
    """The packet is in the file. The same bytes again change nothing; other bytes amend.

    Raises:
        BadInput: the reference belongs to another child, or its child is released already.
    """
    with kit.transaction() as session:
        return _Intake(kit, session, handed_in, actor, now).take()


class _Intake:
    """One submission at work: what every step of it needs."""

    def __init__(self, kit: Kit, session: Session, handed_in: HandedIn, actor: str, now: datetime) -> None:
        self.kit, self.session, self.handed_in = kit, session, handed_in
        self.packet, self.actor, self.now = handed_in.packet, actor, now
        self.vault = kit.vault

    def take(self) -> Taken:
        # Two senders may hand in the same reference or the same child at once: one waits for the other.
        for key in sorted((self.packet.reference, self.packet.child.a_number)):
            blind = int.from_bytes(self.vault.blind("lock", key)[:8], "big", signed=True)
            self.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": blind})
        content_key = self._content_key()
        found = self.session.scalars(
            select(Application).where(col(Application.reference) == self.packet.reference).with_for_update()
        ).one_or_none()
        if found is None:
            return self._new(content_key)
        latest = self.session.scalars(
            select(ApplicationRevision).where(
                col(ApplicationRevision.application_id) == found.id,
                col(ApplicationRevision.number) == found.revision,
            )
        ).one()
        if latest.content_key == content_key:
            return Taken(found.id, found.reference, found.state, found.revision, "unchanged")
        return self._amend(found, content_key)

    def _content_key(self) -> bytes:
        parts: list[str | bytes] = [hashlib.sha256(self.handed_in.raw).digest()]
        for name in sorted(self.handed_in.files):
            parts += [name, hashlib.sha256(self.handed_in.files[name]).digest()]
        return self.vault.blind("packet", *parts)

    def _new(self, content_key: bytes) -> Taken:
        case = self._case()
        sponsor = self._sponsor()
        application = Application(
            case_id=case.id,
            sponsor_id=sponsor.id,
            reference=self.packet.reference,
            category=category_of(self.packet),
            policy_version=case.vetting_policy,
            submitted_at=self.now,
            submitted_by=self.actor,
        )
        self.session.add(application)
        self.session.flush()
        history.record(
            self.session,
            application,
            old=None,
            new=application.state,
            actor=self.actor,
            why="packet submitted",
            now=self.now,
        )
        return self._fill(application, content_key, "new")

    def _amend(self, application: Application, content_key: bytes) -> Taken:
        case = self.session.get_one(Case, application.case_id)
        child = self.session.get_one(Child, case.child_id)
        if child.a_number_key != keys.a_number_key(self.vault, self.packet.child.a_number):
            raise BadInput(
                Problem(
                    "reference",
                    "reference_of_another_child",
                    "This reference belongs to the application of another child.",
                    "Give this packet a reference of its own.",
                )
            )
        if application.state == ApplicationState.RELEASED:
            raise BadInput(
                Problem(
                    "reference",
                    "already_released",
                    "The child of this application has been released; its packet can't be amended.",
                    "Use `kinline address change` or `kinline case` for what has changed since.",
                )
            )
        application.revision += 1
        history.move(
            self.session,
            application,
            ApplicationState.SUBMITTED,
            APPLICATION_MOVES,
            actor=self.actor,
            why=f"amended, revision {application.revision}",
            now=self.now,
        )
        application.category = category_of(self.packet)
        application.sponsor_id = self._sponsor().id
        self._supersede_opinions(application)
        seal_json(self.vault, child, "sealed_details", self.packet.child.model_dump(mode="json"))
        child.name_key = keys.name_key(
            self.vault, self.packet.child.family_names, self.packet.child.date_of_birth
        )
        for address in self.session.scalars(
            select(Address).where(
                col(Address.application_id) == application.id, col(Address.until_at).is_(None)
            )
        ):
            address.until_at = self.now
        for number in self.session.scalars(
            select(PhoneNumber).where(
                col(PhoneNumber.application_id) == application.id, col(PhoneNumber.retired_at).is_(None)
            )
        ):
            number.retired_at = self.now
        self.session.flush()
        return self._fill(application, content_key, "amended")

    def _supersede_opinions(self, application: Application) -> None:
        """What people said was said of the old packet; they must look again."""
        for table in (Recommendation, Decision):
            rows: Any = self.session.scalars(
                select(table).where(
                    col(table.application_id) == application.id, col(table.superseded_at).is_(None)
                )
            )
            for row in rows:
                row.superseded_at = self.now

    def _fill(self, application: Application, content_key: bytes, how: Literal["new", "amended"]) -> Taken:
        revision = ApplicationRevision(
            application_id=application.id,
            number=application.revision,
            content_key=content_key,
            sealed_packet=_UNSEALED,
            at=self.now,
            actor=self.actor,
        )
        seal_bytes(self.vault, revision, "sealed_packet", self.packet.model_dump_json().encode())
        self.session.add(revision)
        self._people(application)
        self._address(application)
        self._documents(application)
        self._hearings(application)
        enqueue(
            self.session,
            kind="vet",
            key=str(application.id),
            payload={"application_id": str(application.id)},
            now=self.now,
        )
        history.audit(
            self.session,
            actor=self.actor,
            act="submit",
            noun="application",
            ids=[application.id],
            now=self.now,
        )
        return Taken(application.id, application.reference, application.state, application.revision, how)

    def _case(self) -> Case:
        child_key = keys.a_number_key(self.vault, self.packet.child.a_number)
        child = self.session.scalars(select(Child).where(col(Child.a_number_key) == child_key)).one_or_none()
        if child is not None:
            return self.session.scalars(select(Case).where(col(Case.child_id) == child.id)).one()
        details = self.packet.child
        child = Child(
            sealed_details=_UNSEALED,
            a_number_key=child_key,
            name_key=keys.name_key(self.vault, details.family_names, details.date_of_birth),
            created_at=self.now,
        )
        seal_json(self.vault, child, "sealed_details", details.model_dump(mode="json"))
        self.session.add(child)
        self.session.flush()
        policy = vetting_policy_for(self.packet, self.now.date())
        case = Case(
            child_id=child.id,
            entered_care_on=details.entered_care_on,
            care_provider=self.packet.care_provider,
            vetting_policy=policy.version,
            created_at=self.now,
        )
        self.session.add(case)
        self.session.flush()
        history.record(
            self.session,
            case,
            old=None,
            new=case.state,
            actor=self.actor,
            why=f"first packet; policy {policy.version}",
            now=self.now,
        )
        return case

    def _sponsor(self) -> Sponsor:
        details = self.packet.sponsor
        document = details.identity_document
        sponsor = Sponsor(
            sealed_details=_UNSEALED,
            name_key=keys.name_key(self.vault, details.family_names, details.date_of_birth),
            identity_key=keys.identity_key(self.vault, document.issuer, document.number)
            if document
            else None,
            email_key=keys.email_key(self.vault, details.email) if details.email else None,
            created_at=self.now,
        )
        seal_json(self.vault, sponsor, "sealed_details", details.model_dump(mode="json"))
        self.session.add(sponsor)
        self.session.flush()
        return sponsor

    def _people(self, application: Application) -> None:
        packet = self.packet
        others: list[tuple[str, Any]] = [(f"household:{n}", m) for n, m in enumerate(packet.household)]
        if packet.alternate_caregiver is not None:
            others.append(("alternate_caregiver", packet.alternate_caregiver))
        for subject, person in others:
            document = person.identity_document
            row = HouseholdMember(
                application_id=application.id,
                revision=application.revision,
                subject=subject,
                sealed_details=_UNSEALED,
                name_key=keys.name_key(self.vault, person.family_names, person.date_of_birth),
                identity_key=document and keys.identity_key(self.vault, document.issuer, document.number),
            )
            seal_json(self.vault, row, "sealed_details", person.model_dump(mode="json"))
            self.session.add(row)
        self._numbers(application)

    def _numbers(self, application: Application) -> None:
        packet = self.packet
        sponsor, child = packet.sponsor, packet.child
        adults = {sponsor.phone, sponsor.backup_phone, *(c.phone for c in packet.contacts)}
        self._number(
            application, "sponsor", "party", sponsor.phone, sponsor.languages[0], sponsor.text_consent
        )
        if sponsor.backup_phone:
            self._number(application, "sponsor", "backup", sponsor.backup_phone, sponsor.languages[0], None)
        if child.phone:
            held = child.text_consent.phone_held_by if child.text_consent else None
            shared = child.phone in adults or held not in (None, "child")
            self._number(
                application,
                "child",
                "party",
                child.phone,
                child.languages[0],
                child.text_consent,
                shared=shared,
            )
        for position, contact in enumerate(packet.contacts):
            language = contact.languages[0] if contact.languages else sponsor.languages[0]
            self._number(application, "case", contact.role, contact.phone, language, None, position=position)

    def _number(
        self,
        application: Application,
        party: str,
        role: str,
        number: str,
        language: str,
        consent: Any,
        *,
        shared: bool = False,
        position: int = 0,
    ) -> None:
        key = keys.phone_key(self.vault, number)
        if consent is not None and consent.language:
            language = consent.language
        existing = self.session.scalars(
            select(PhoneNumber).where(
                col(PhoneNumber.application_id) == application.id,
                col(PhoneNumber.party) == party,
                col(PhoneNumber.role) == role,
                col(PhoneNumber.phone_key) == key,
            )
        ).one_or_none()
        if existing is not None:
            existing.retired_at, existing.shared, existing.language = None, shared, language
            row = existing
        else:
            row = PhoneNumber(
                case_id=application.case_id,
                application_id=application.id,
                party=party,
                role=role,
                sealed_number=_UNSEALED,
                phone_key=key,
                language=language,
                position=position,
                shared=shared,
            )
            seal_json(self.vault, row, "sealed_number", {"number": number})
            self.session.add(row)
            self.session.flush()
        if consent is not None:
            self.session.add(
                Consent(
                    number_id=row.id,
                    given=consent.given,
                    language=consent.language,
                    method=consent.method or "signed_form",
                    at=consent.at or self.now,
                    recorded_at=self.now,
                    actor=self.actor,
                )
            )

    def _address(self, application: Application) -> None:
        stated = self.packet.address
        dwelling, building = keys.dwelling_keys(self.vault, stated)
        row = Address(
            case_id=application.case_id,
            application_id=application.id,
            sealed_details=_UNSEALED,
            dwelling_key=dwelling,
            building_key=building,
            zone=zone_of(stated.zip, stated.state),
            source="packet",
            since_at=self.now,
        )
        seal_json(self.vault, row, "sealed_details", stated.model_dump(mode="json"))
        self.session.add(row)

    def _documents(self, application: Application) -> None:
        for document in self.packet.documents:
            file = self._file(self.handed_in.files[document.file])
            self.session.add(
                Document(
                    application_id=application.id,
                    revision=application.revision,
                    kind=document.kind.value,
                    subject=document.subject,
                    file_id=file.id,
                    issued_on=document.issued_on,
                )
            )

    def _file(self, content: bytes) -> DocumentFile:
        key = self.vault.blind("file", hashlib.sha256(content).digest())
        row = self.session.scalars(
            select(DocumentFile).where(col(DocumentFile.file_key) == key)
        ).one_or_none()
        if row is None:
            media_type = magic(content)
            row = DocumentFile(
                file_key=key,
                media_type=str(media_type or "application/octet-stream"),
                size=len(content),
                sealed_content=_UNSEALED,
                at=self.now,
            )
            seal_bytes(self.vault, row, "sealed_content", content)
            self.session.add(row)
            self.session.flush()
        return row

    def _hearings(self, application: Application) -> None:
        for stated in self.packet.hearings:
            row = self.session.scalars(
                select(Hearing).where(
                    col(Hearing.case_id) == application.case_id,
                    col(Hearing.court) == stated.court,
                    col(Hearing.hearing_key) == stated.hearing_key,
                )
            ).one_or_none()
            if row is None:
                row = Hearing(
                    case_id=application.case_id,
                    court=stated.court,
                    hearing_key=stated.hearing_key,
                    kind=stated.kind,
                    state=stated.state,
                    starts_at=stated.starts_at,
                    seen_at=self.now,
                )
            row.kind, row.state = stated.kind, stated.state
            row.starts_at, row.seen_at = stated.starts_at, self.now
            self.session.add(row)


def packet_of(kit: Kit, revision: ApplicationRevision) -> Packet:
    """The packet as it was handed in with this revision."""
    from integrations.store.sealing import open_bytes

    return Packet.model_validate_json(open_bytes(kit.vault, revision, "sealed_packet"))
