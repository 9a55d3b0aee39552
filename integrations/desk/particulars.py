"""What a revision of a packet says, row by row: household, numbers and consents, address, papers, hearings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations import keys
from integrations.court_list import named_court
from integrations.kit import Kit
from integrations.packets import HandedIn
from integrations.store.files import file_key, keep_file
from integrations.store.sealing import seal_json
from integrations.zones import zone_of
from models.packet import Packet, TextConsent
from models.tables.base import Sealed
from models.tables.ledger import Hearing
from models.tables.people import Address, Case, Consent, HouseholdMember, PhoneNumber
from models.tables.vetting import Application, Document

UNSEALED = Sealed(b"")


@dataclass(frozen=True, slots=True)
class Submission:
    """One packet on its way into the file, inside one transaction."""

    kit: Kit
    session: Session
    handed_in: HandedIn
    actor: str
    now: datetime

    @property
    def packet(self) -> Packet:
        return self.handed_in.packet


def write_particulars(
    work: Submission, application: Application, case: Case, *, same_home: bool = False
) -> None:
    """Everything that this revision says of people, phones, home, papers and hearings stands in the file.

    `same_home`: the home is the one that stands there already, with what the postal service said of it.
    """
    _people(work, application)
    _numbers(work, application)
    if not same_home:
        _address(work, application)
    _documents(work, application)
    if case.released_at is None:
        # Once a child is followed, hearings come from the court's feed, not from a packet.
        _hearings(work, application)


def retire_particulars(work: Submission, application: Application, *, same_home: bool) -> None:
    """Address and numbers of the revision before are history. Those named again come back to life."""
    homes = select(Address).where(
        col(Address.application_id) == application.id, col(Address.until_at).is_(None)
    )
    for address in () if same_home else work.session.scalars(homes):
        address.until_at = work.now
    for number in work.session.scalars(
        select(PhoneNumber).where(
            col(PhoneNumber.application_id) == application.id, col(PhoneNumber.retired_at).is_(None)
        )
    ):
        number.retired_at = work.now
    work.session.flush()


def _people(work: Submission, application: Application) -> None:
    packet, vault = work.packet, work.kit.vault
    others: list[tuple[str, Any]] = [(f"household:{n}", m) for n, m in enumerate(packet.household)]
    if packet.alternate_caregiver is not None:
        others.append(("alternate_caregiver", packet.alternate_caregiver))
    for subject, person in others:
        document, phone = person.identity_document, getattr(person, "phone", None)
        row = HouseholdMember(
            application_id=application.id,
            revision=application.revision,
            subject=subject,
            sealed_details=UNSEALED,
            name_key=keys.name_key(vault, person.family_names, person.date_of_birth),
            identity_key=document and keys.identity_key(vault, document.issuer, document.number),
            phone_key=phone and keys.phone_key(vault, phone),
        )
        seal_json(vault, row, "sealed_details", person.model_dump(mode="json"))
        work.session.add(row)


def _numbers(work: Submission, application: Application) -> None:
    packet = work.packet
    sponsor, child, caregiver = packet.sponsor, packet.child, packet.alternate_caregiver
    adults = {sponsor.phone, sponsor.backup_phone, *(c.phone for c in packet.contacts)}
    adults.add(caregiver.phone if caregiver else None)
    _number(
        work,
        application,
        ("sponsor", "party", sponsor.phone),
        language=sponsor.languages[0],
        consent=sponsor.text_consent,
        shared=sponsor.phone == child.phone or _held_by(sponsor.text_consent) not in (None, "sponsor"),
    )
    if sponsor.backup_phone:
        _number(work, application, ("sponsor", "backup", sponsor.backup_phone), language=sponsor.languages[0])
    if child.phone:
        _number(
            work,
            application,
            ("child", "party", child.phone),
            language=child.languages[0],
            consent=child.text_consent,
            shared=child.phone in adults or _held_by(child.text_consent) not in (None, "child"),
        )
    for position, contact in enumerate(packet.contacts):
        language = contact.languages[0] if contact.languages else sponsor.languages[0]
        place = ("case", contact.role, contact.phone)
        _number(work, application, place, language=language, position=position)


def _held_by(consent: TextConsent | None) -> str | None:
    return consent.phone_held_by if consent else None


def _number(
    work: Submission,
    application: Application,
    place: tuple[str, str, str],
    *,
    language: str,
    consent: TextConsent | None = None,
    shared: bool = False,
    position: int = 0,
) -> None:
    """The number at this place (party, role, number), in use, with the word about texts that came with it."""
    party, role, number = place
    key = keys.phone_key(work.kit.vault, number)
    row = work.session.scalars(
        select(PhoneNumber).where(
            col(PhoneNumber.application_id) == application.id,
            col(PhoneNumber.party) == party,
            col(PhoneNumber.role) == role,
            col(PhoneNumber.phone_key) == key,
        )
    ).one_or_none()
    if row is None:
        row = PhoneNumber(
            case_id=application.case_id,
            application_id=application.id,
            party=party,
            role=role,
            sealed_number=UNSEALED,
            phone_key=key,
            language=language,
        )
        seal_json(work.kit.vault, row, "sealed_number", {"number": number})
    row.retired_at, row.shared, row.position = None, shared, position
    row.language = consent.language if consent and consent.language else language
    work.session.add(row)
    work.session.flush()
    if consent is not None:
        _consent(work, row, consent)


def _consent(work: Submission, number: PhoneNumber, consent: TextConsent) -> None:
    """A person's word about texts. The same word in an amendment is not said anew: a STOP after it stands."""
    said = work.session.scalars(
        select(col(Consent.given)).where(
            col(Consent.number_id) == number.id,
            *([col(Consent.at) == consent.at] if consent.at else [col(Consent.actor) == work.actor]),
        )
    ).all()
    if consent.given in said:
        return
    work.session.add(
        Consent(
            number_id=number.id,
            given=consent.given,
            language=consent.language,
            method=consent.method or "signed_form",
            at=consent.at or work.now,
            recorded_at=work.now,
            actor=work.actor,
        )
    )


def _address(work: Submission, application: Application) -> None:
    stated = work.packet.address
    dwelling, building = keys.dwelling_keys(work.kit.vault, stated)
    row = Address(
        case_id=application.case_id,
        application_id=application.id,
        sealed_details=UNSEALED,
        dwelling_key=dwelling,
        building_key=building,
        zone=zone_of(stated.zip, stated.state),
        source="packet",
        since_at=work.now,
    )
    seal_json(work.kit.vault, row, "sealed_details", stated.model_dump(mode="json"))
    work.session.add(row)


def _documents(work: Submission, application: Application) -> None:
    kept = _files(work)
    for document in work.packet.documents:
        work.session.add(
            Document(
                application_id=application.id,
                revision=application.revision,
                kind=document.kind.value,
                subject=document.subject,
                file_id=kept[document.file],
                issued_on=document.issued_on,
            )
        )


def _files(work: Submission) -> dict[str, UUID]:
    """The id under which each file's bytes are kept, by its name in the packet."""
    files, vault = work.handed_in.files, work.kit.vault
    # In the order of their keys: two packets with the same two files must not wait for each other.
    ordered = sorted(files, key=lambda name: file_key(vault, files[name]))
    return {name: keep_file(work.session, vault, files[name], now=work.now) for name in ordered}


def _hearings(work: Submission, application: Application) -> None:
    for stated in work.packet.hearings:
        name, zone = named_court(stated.court)
        row = work.session.scalars(
            select(Hearing).where(
                col(Hearing.case_id) == application.case_id,
                col(Hearing.court) == name,
                col(Hearing.hearing_key) == stated.hearing_key,
            )
        ).one_or_none()
        if row is None:
            row = Hearing(
                case_id=application.case_id,
                court=name,
                zone=zone,
                hearing_key=stated.hearing_key,
                kind=stated.kind,
                state=stated.state,
                starts_at=stated.starts_at,
                seen_at=work.now,
            )
        row.kind, row.state = stated.kind, stated.state
        row.starts_at, row.seen_at = stated.starts_at, work.now
        work.session.add(row)
