"""Gathers the facts of one application; finds applications by id or reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from integrations.keys import person_keys
from integrations.move_rules import move_rules
from integrations.questions import question_set
from integrations.store.image_links import about_files, split_pictures
from integrations.store.judgements import (
    concerns_of,
    decision_of,
    findings_of,
    home_studies_of,
    interviews_of,
    links_of,
    manual_of,
    prs_offer_of,
    recommendations_of,
)
from integrations.store.ladder import gather_ladder
from integrations.store.likeness import files_alike
from integrations.store.merges import merged_with
from integrations.store.revisions import current_packet, document_token, waiver_holds
from integrations.store.sealing import open_json
from integrations.vault import Vault
from models.errors import NotFound
from models.facts import (
    ApplicationFacts,
    CheckFacts,
    ConfirmationFacts,
    DocumentFacts,
    PendingAllowanceFacts,
    WaiverFacts,
)
from models.packet import Packet
from models.reading import MachineZone, PostalAnswer, document_text, machine_zone
from models.states import ApplicationState, CheckKind, CheckState, DocumentKind, Role
from models.tables import vetting as tables
from models.tables.checks import PendingAllowance
from models.tables.people import Address
from vetting.moves import Home, is_of_an_earlier_home
from vetting.typed import compare
from vetting.zone import differs_from_typed

# The state of an address that the postal service will not look up, whoever asks.
POSTAL_REFUSED = "unknown"


def find_application(session: Session, key: str, *, lock: bool = False) -> tables.Application:
    """The application with this id or reference.

    Raises:
        NotFound: there is none.
    """
    named = col(tables.Application.reference) == key
    with suppress(ValueError):
        # A reference may itself look like an id.
        named = or_(named, col(tables.Application.id) == UUID(key))
    query = select(tables.Application).where(named).limit(1)
    if lock:
        # As it stands once the lock is ours, whatever this session had read before.
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("application", key)
    return row


def current_documents(session: Session, application: tables.Application) -> list[tables.Document]:
    """The documents of the newest revision, in the order of the packet's kinds and subjects."""
    return list(
        session.scalars(
            select(tables.Document)
            .where(
                col(tables.Document.application_id) == application.id,
                col(tables.Document.revision) == application.revision,
            )
            .order_by(col(tables.Document.kind), col(tables.Document.subject), col(tables.Document.id))
        )
    )


def gather(session: Session, vault: Vault, application: tables.Application) -> ApplicationFacts:
    """Everything that vetting needs to know of this application."""
    packet = current_packet(session, vault, application)
    people = person_keys(vault, packet)
    documents = current_documents(session, application)
    tokens = {d.id: document_token(vault, application.id, d, packet) for d in documents}
    zones = {d.id: _zone(vault, d) for d in documents}
    address = current_address(session, application.id)
    home = None if application.state == ApplicationState.RELEASED else _home(session, address, packet)
    interviews = interviews_of(session, vault, application.id)
    merged = merged_with(session, application.id)
    return ApplicationFacts(
        id=application.id,
        case_id=application.case_id,
        state=ApplicationState(application.state),
        submitted_at=application.submitted_at,
        policy_version=application.policy_version,
        packet=packet,
        documents=_documents(session, vault, application, documents, tokens, zones),
        checks=_checks(session, application.id, people, home),
        pending_allowances=_pending_allowances(session, application.id),
        confirmations=_confirmations(session, vault, application, documents, tokens, zones, packet),
        waivers=tuple(
            WaiverFacts(item=w.item, subject=w.subject, approved=w.approved_by is not None)
            for w in session.scalars(
                select(tables.Waiver).where(col(tables.Waiver.application_id) == application.id)
            )
            if waiver_holds(session, vault, w, packet)
        ),
        findings=findings_of(session, application.id),
        links=links_of(session, application, merged),
        merged=merged,
        recommendations=recommendations_of(session, application.id),
        decision=decision_of(session, application.id),
        postal=postal_answer(address),
        postal_refused=address.state == POSTAL_REFUSED,
        concerns=concerns_of(session, application.id),
        interviews=interviews,
        question_sets=tuple(question_set(v) for v in sorted({one.question_set for one in interviews})),
        manual=manual_of(session, application.id, people),
        home_studies=home_studies_of(session, application.id),
        prs_offer=prs_offer_of(session, application.id),
        acted={
            act.staff_id: Role(act.role)
            for act in session.scalars(
                select(tables.Act).where(col(tables.Act.case_id) == application.case_id)
            )
        },
        ladder=gather_ladder(session, application),
    )


def current_address(session: Session, application_id: UUID) -> Address:
    """Where the sponsor lives now, as far as is known."""
    return session.scalars(
        select(Address).where(col(Address.application_id) == application_id, col(Address.until_at).is_(None))
    ).one()


def postal_answer(address: Address) -> PostalAnswer | None:
    """What the postal service said of this address; None while it has not answered."""
    if address.postal_checked_at is None:
        return None
    return PostalAnswer(
        dpv=address.postal_dpv,  # type: ignore[arg-type]
        business=bool(address.postal_business),
        vacant=bool(address.postal_vacant),
        checked_at=address.postal_checked_at,
        reference_version=address.postal_version or "",
    )


def _documents(
    session: Session,
    vault: Vault,
    application: tables.Application,
    documents: Sequence[tables.Document],
    tokens: Mapping[UUID, UUID],
    zones: Mapping[UUID, MachineZone | None],
) -> tuple[DocumentFacts, ...]:
    elsewhere = _used_elsewhere(session, application, [d.file_id for d in documents])
    facts = []
    for document in documents:
        reading = open_json(vault, document, "sealed_reading")
        facts.append(
            DocumentFacts(
                id=tokens[document.id],
                kind=DocumentKind(document.kind),
                subject=document.subject,
                issued_on=document.issued_on,
                sharpness=document.sharpness,
                readable=document.readable,
                text=None if reading is None else document_text(reading),
                zone=zones[document.id],
                reused_in=elsewhere[document.file_id][0],
                alike_in=elsewhere[document.file_id][1],
            )
        )
    return tuple(facts)


def _zone(vault: Vault, document: tables.Document) -> MachineZone | None:
    body = open_json(vault, document, "sealed_zone")
    return None if body is None else machine_zone(body)


def _used_elsewhere(
    session: Session, application: tables.Application, files: Sequence[UUID]
) -> dict[UUID, tuple[tuple[UUID, ...], tuple[UUID, ...]]]:
    """For each file, the applications of other cases that hold it, and those that hold its likeness.

    Without those of which a person has said that the picture means nothing.
    """
    likes = files_alike(session, files)
    split = split_pictures(session, application.id)
    wanted = {*files, *(other for others in likes.values() for other in others)}
    users: dict[UUID, set[UUID]] = {}
    for file_id, other in session.execute(
        select(col(tables.Document.file_id), col(tables.Application.id))
        .join(tables.Application, col(tables.Application.id) == col(tables.Document.application_id))
        .where(
            col(tables.Document.file_id).in_(wanted),
            col(tables.Application.case_id) != application.case_id,
        )
        .distinct()
    ):
        users.setdefault(file_id, set()).add(other)

    def holders(file_id: UUID, other_file: UUID) -> set[UUID]:
        about = about_files(file_id, other_file)
        return {user for user in users.get(other_file, ()) if (user, about) not in split}

    found = {}
    for file_id in files:
        same = holders(file_id, file_id)
        alike = {user for other in likes.get(file_id, ()) for user in holders(file_id, other)} - same
        found[file_id] = (tuple(sorted(same)), tuple(sorted(alike)))
    return found


def _home(session: Session, address: Address, packet: Packet) -> Home:
    """Today's home, since the file has named it: the same home in other words is no move."""
    rows = session.execute(
        select(col(Address.dwelling_key), col(Address.since_at))
        .where(col(Address.application_id) == address.application_id)
        .order_by(col(Address.since_at).desc())
    )
    stay = takewhile(lambda row: row.dwelling_key == address.dwelling_key, rows)
    return Home(min(row.since_at for row in stay), packet.address.state)


def _checks(
    session: Session, application_id: UUID, people: dict[str, bytes], home: Home | None
) -> tuple[CheckFacts, ...]:
    """The checks of the people whom the newest packet names; a result never passes to somebody else.

    `home`: None once the child has been released; what follows a move is then follow-up's.
    """
    subjects: dict[bytes, list[str]] = {}
    for subject, key in people.items():
        # A caregiver who lives in the home stands twice in the packet, and is checked once.
        subjects.setdefault(key, []).append(subject)
    rows = session.scalars(
        select(tables.BackgroundCheck)
        .where(col(tables.BackgroundCheck.application_id) == application_id)
        .order_by(
            col(tables.BackgroundCheck.subject),
            col(tables.BackgroundCheck.kind),
            col(tables.BackgroundCheck.jurisdiction),
            col(tables.BackgroundCheck.attempt),
        )
    )
    return tuple(
        CheckFacts(
            id=row.id,
            subject=subject,
            kind=CheckKind(row.kind),
            jurisdiction=row.jurisdiction,
            state=CheckState(row.state),
            attempt=row.attempt,
            ordered_at=row.ordered_at,
            result_at=row.result_at,
            expires_on=row.expires_on,
            adjudication=row.adjudication,
            bars_until_on=row.bars_until_on,
            disposition=row.disposition,  # type: ignore[arg-type]
            of_earlier_home=home is not None
            and is_of_an_earlier_home(
                CheckKind(row.kind),
                subject,
                row.jurisdiction,
                asked_at=row.ordered_at or row.result_at,
                home=home,
                rules=move_rules(),
            ),
        )
        for row in rows
        for subject in subjects.get(row.person_key, ())
    )


def _pending_allowances(session: Session, application_id: UUID) -> tuple[PendingAllowanceFacts, ...]:
    rows = session.scalars(
        select(PendingAllowance)
        .where(col(PendingAllowance.application_id) == application_id)
        .order_by(col(PendingAllowance.at), col(PendingAllowance.id))
    )
    return tuple(
        PendingAllowanceFacts(
            check=row.check_id,
            rule=row.rule,
            by=row.allowed_by,
            role=Role(row.role),
            at=row.at,
            reason=row.reason,
        )
        for row in rows
    )


def _confirmations(
    session: Session,
    vault: Vault,
    application: tables.Application,
    documents: Sequence[tables.Document],
    tokens: Mapping[UUID, UUID],
    zones: Mapping[UUID, MachineZone | None],
    packet: Packet,
) -> tuple[ConfirmationFacts, ...]:
    """Confirmations that still hold: of a file that the newest revision hands in for the same purpose.

    What was typed is compared with the packet as it is now, so an amendment can't inherit agreement.
    """
    by_file: dict[tuple[str, str, UUID], list[tables.Document]] = {}
    for current in documents:
        by_file.setdefault(_file_key(current), []).append(current)
    rows = session.execute(
        select(tables.Confirmation, tables.Document)
        .join(tables.Document, col(tables.Document.id) == col(tables.Confirmation.document_id))
        .where(col(tables.Confirmation.application_id) == application.id)
        .order_by(col(tables.Confirmation.at))
    ).all()
    newest: dict[tuple[str, str], ConfirmationFacts] = {}
    for confirmation, document in rows:
        for current in by_file.get(_file_key(document), ()):
            typed = open_json(vault, confirmation, "sealed_typed")
            compared = compare(confirmation.item, current.subject, typed, packet)
            zone = zones[current.id]
            newest[confirmation.item, current.subject] = ConfirmationFacts(
                item=confirmation.item,
                subject=current.subject,
                document_id=tokens[current.id],
                by=confirmation.confirmed_by,
                at=confirmation.at,
                agrees=compared.agrees,
                differs=compared.differs,
                expires_on=compared.expires_on,
                not_in_zone=() if zone is None else differs_from_typed(zone, typed),
            )
    return tuple(newest.values())


def _file_key(document: tables.Document) -> tuple[str, str, UUID]:
    """The same file for the same purpose, wherever its person stands in the list of the household."""
    return document.kind, document.subject.partition(":")[0], document.file_id
