"""The steps of vetting, each re-entrant: take the application as far as it can go now, save, stop.

A step does what is not done yet (measure, read, look up, order), and then the findings that it owns are
brought in line with what holds (`judging`). Run twice, killed half-way, run again, run by two at once:
same outcome. No transaction is open while an outside service is at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations import keys
from integrations.desk.checks import look_at_checks, order_checks
from integrations.desk.judging import ACTOR, judge
from integrations.desk.likenesses import find_likenesses
from integrations.desk.linking import link
from integrations.desk.vetting_duties import settle_state
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import POSTAL_REFUSED, current_address, current_documents, gather
from integrations.store.files import file_content
from integrations.store.likeness import keep_marks
from integrations.store.sealing import open_json, seal_json
from models.errors import IntegrationError, Rejected, Unavailable
from models.facts import Finding
from models.reading import DocumentText, PageMarks, PostalAnswer
from models.states import (
    APPLICATION_OVER,
    IDENTITY_DOCUMENTS,
    ApplicationState,
    CheckKind,
    CheckState,
    DocumentKind,
)
from models.tables.people import Address
from models.tables.vetting import Application, BackgroundCheck, Document
from vetting import checks, identity
from vetting.ports import AddressQuery

if TYPE_CHECKING:  # the reader's process alone loads what decodes pictures
    from integrations.documents.reader import DocumentReading, Look

STEPS = (
    "completeness",
    "identity",
    "proof_of_address",
    "background_checks",
    "linkage",
    "assessment",
)
_PROOF = DocumentKind.PROOF_OF_ADDRESS.value


def run_step(kit: Kit, step: str, application_id: UUID, *, now: datetime) -> dict[str, int]:
    """The step has taken the application as far as it can go now. Returns counts, for the run's log."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        if ApplicationState(application.state) in APPLICATION_OVER:
            return {"skipped": 1}
    _WORK[step](kit, application_id, now)
    counts = judge(kit, step, application_id, now=now)
    if step == "proof_of_address":
        # Whether it is legible, and used elsewhere, are the identity step's findings, as for every document.
        judge(kit, "identity", application_id, now=now)
    if step == "assessment":
        _settle(kit, application_id, now)
    return counts


def _settle(kit: Kit, application_id: UUID, now: datetime) -> None:
    with kit.transaction() as session:
        application = session.get_one(Application, application_id, with_for_update=True)
        settle_state(session, kit, application, actor=ACTOR, why="vetting ran", now=now)
        application.vetted_at = now
        session.add(application)


def _nothing(kit: Kit, application_id: UUID, now: datetime) -> None:
    """This step only judges."""


# --- documents ---------------------------------------------------------------------------------


def look_at_upload(kit: Kit, application_id: UUID, *, now: datetime) -> tuple[Finding, ...]:
    """What of a packet that has just come in nobody can read, for the one who can still take a new photo.

    Nothing is judged for the file yet: vetting does that, and does not measure again.
    """
    _measure(kit, application_id, now, proofs=True)
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        facts = gather(session, kit.vault, application)
        return identity.illegible(facts, vetting_policy(application.policy_version), now)


def _measure(kit: Kit, application_id: UUID, now: datetime, *, proofs: bool = False) -> None:
    """Every document is measured: how sharp it is, and whether it opens at all. Of identity documents the
    machine-readable zone is read. Proofs of address are measured where they are read, unless asked for."""
    for document_id in _unseen(
        kit, application_id, lambda d: d.measured_at is None and (proofs or d.kind != _PROOF)
    ):
        seen = _known_measure(kit, document_id) or _measured(kit, document_id)
        with kit.transaction() as session:
            row = session.get_one(Document, document_id)
            row.sharpness, row.readable, row.measured_at = seen.sharpness, seen.readable, now
            if seen.zone is not None:
                seal_json(kit.vault, row, "sealed_zone", seen.zone)
            session.add(row)
            keep_marks(session, kit.vault, row.file_id, seen.marks, now=now)


def read_ahead(kit: Kit, application_id: UUID, *, now: datetime) -> None:
    """Every document is measured, and each proof of address read, before vetting asks for it.

    Judges nothing. Beside a vetting of the same application it does no work twice and changes no outcome.
    """
    _measure(kit, application_id, now)
    _read_unread(kit, application_id, now)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of a document. `marks` None: not taken now, since its file has them or nobody could."""

    sharpness: float | None
    readable: bool
    marks: tuple[PageMarks, ...] | None = None
    text: Any = None
    zone: Any = None


def _measured(kit: Kit, document_id: UUID) -> _Seen:
    identity_paper = _is_identity(kit, document_id)
    try:
        look: Look = kit.reader.look_at(_content(kit, document_id), zone=identity_paper)
    except Unavailable:
        # It ended the reader, or took too long. A person reads it; no machine will.
        return _Seen(None, True)
    if look.legibility is None:
        return _Seen(None, False)
    zone = None if look.zone is None else look.zone.as_json()
    return _Seen(look.legibility.sharpness, True, look.marks, zone=zone)


def _is_identity(kit: Kit, document_id: UUID) -> bool:
    with kit.transaction() as session:
        return session.get_one(Document, document_id).kind in IDENTITY_DOCUMENTS


def _look(kit: Kit, application_id: UUID, now: datetime) -> None:
    """Every document is measured, and compared with those of other cases that look like it."""
    _measure(kit, application_id, now)
    find_likenesses(kit, application_id, now=now)


def _read_proofs(kit: Kit, application_id: UUID, now: datetime) -> None:
    """Each proof of address is read once, and compared; the stated address is looked up once."""
    _read_unread(kit, application_id, now)
    find_likenesses(kit, application_id, now=now)
    _look_up_address(kit, application_id, now)


def _read_unread(kit: Kit, application_id: UUID, now: datetime) -> None:
    for document_id in _unseen(kit, application_id, lambda d: d.kind == _PROOF and d.read_at is None):
        seen = _known_reading(kit, document_id) or _reading(kit, document_id)
        with kit.transaction() as session:
            row = session.get_one(Document, document_id)
            seal_json(kit.vault, row, "sealed_reading", seen.text)
            row.sharpness, row.readable = seen.sharpness, seen.readable
            row.read_at = row.measured_at = now
            session.add(row)
            keep_marks(session, kit.vault, row.file_id, seen.marks, now=now)


def _reading(kit: Kit, document_id: UUID) -> _Seen:
    try:
        reading: DocumentReading = kit.reader.read(_content(kit, document_id))
    except Unavailable:
        # As above: read as nothing, it becomes ADDRESS_UNREAD, which a person settles.
        return _Seen(None, True, text=DocumentText().as_json())
    opened = reading.media_type is not None and reading.legibility is not None
    sharpness = reading.legibility.sharpness if reading.legibility is not None else None
    return _Seen(sharpness, opened, reading.marks, reading.text.as_json())


def _unseen(kit: Kit, application_id: UUID, wanted: Callable[[Document], bool]) -> list[UUID]:
    """The documents of the newest revision that this step has not looked at."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        return [d.id for d in current_documents(session, application) if wanted(d)]


def _content(kit: Kit, document_id: UUID) -> bytes:
    with kit.transaction() as session:
        return file_content(session, kit.vault, session.get_one(Document, document_id).file_id)


def _known_measure(kit: Kit, document_id: UUID) -> _Seen | None:
    """What was measured of the very same file before, as in the revision before an amendment.

    In a file that was handed in as something else nobody has looked for a zone.
    """
    identity_paper = _is_identity(kit, document_id)
    with kit.transaction() as session:
        twin = _twin(session, document_id, col(Document.measured_at), identity_paper=identity_paper)
        if twin is None:
            return None
        zone = open_json(kit.vault, twin, "sealed_zone") if identity_paper else None
        return _Seen(twin.sharpness, twin.readable, zone=zone)


def _known_reading(kit: Kit, document_id: UUID) -> _Seen | None:
    """What was read of the very same file before."""
    with kit.transaction() as session:
        twin = _twin(session, document_id, col(Document.read_at))
        if twin is None:
            return None
        text = open_json(kit.vault, twin, "sealed_reading")
        return _Seen(twin.sharpness, twin.readable, text=text)


def _twin(
    session: Session, document_id: UUID, looked_at: Any, *, identity_paper: bool = False
) -> Document | None:
    # The column alone: a row that this session held already would be seen as it was before another
    # worker read it, with the time of the reading and without its words.
    file_id = session.scalars(select(col(Document.file_id)).where(col(Document.id) == document_id)).one()
    query = select(Document).where(col(Document.file_id) == file_id, looked_at.is_not(None))
    if identity_paper:
        query = query.where(col(Document.kind).in_(kind.value for kind in IDENTITY_DOCUMENTS))
    return session.scalars(query.order_by(looked_at.desc()).limit(1)).first()


def _look_up_address(kit: Kit, application_id: UUID, now: datetime) -> None:
    with kit.transaction() as session:
        row = current_address(session, application_id)
        if row.postal_checked_at is not None:
            return
        address_id, stated = row.id, open_json(kit.vault, row, "sealed_details")
    names = ("line1", "unit", "city", "state", "zip")
    answer: PostalAnswer | None = None
    try:
        answer = kit.postal.look_up(AddressQuery(**{name: stated.get(name) for name in names}))
    except Rejected as err:
        if err.code in ("401", "403"):
            return  # about our credentials, not about the address
    except IntegrationError:
        # No answer is never a clear answer: the look-up stays open, and the check round asks again.
        return
    with kit.transaction() as session:
        # Of the address that was asked for: an amendment may have come in meanwhile.
        row = session.get_one(Address, address_id, with_for_update=True)
        if answer is None:
            row.state = POSTAL_REFUSED
        elif answer.dpv is not None:
            row.postal_dpv, row.postal_business = answer.dpv, answer.business
            row.postal_vacant, row.postal_version = answer.vacant, answer.reference_version
            row.postal_checked_at = now
            row.state = "deliverable" if answer.dpv == "Y" else "defective"
        session.add(row)


# --- checks and links --------------------------------------------------------------------------


def _checks(kit: Kit, application_id: UUID, now: datetime) -> None:
    """What is missing is ordered, once; what has arrived is collected."""
    for _ in range(4):  # a rejected print leads to a new order, and that one to a name check
        added = _place_needs(kit, application_id, now)
        order_checks(kit, application_id, now=now)
        look_at_checks(kit, application_id, now=now)
        if not added:
            break


def _place_needs(kit: Kit, application_id: UUID, now: datetime) -> int:
    """A row for each order that must be placed. One person in two places of the packet has one row."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id, with_for_update=True)
        facts = gather(session, kit.vault, application)
        people = keys.person_keys(kit.vault, facts.packet)
        _revive(session, application_id, set(people.values()), now)
        needs = checks.orders_needed(facts, vetting_policy(application.policy_version), now)
        placed: set[tuple[bytes, str, str | None]] = set()
        for need in needs:
            place = (people[need.subject], CheckKind(need.kind).value, need.jurisdiction)
            if place in placed:
                continue
            placed.add(place)
            row = BackgroundCheck(
                application_id=application_id,
                subject=need.subject,
                person_key=place[0],
                kind=place[1],
                jurisdiction=need.jurisdiction,
                attempt=need.attempt,
                rule=need.rule,
                provider=kit.background.name,
                next_look_at=now,
            )
            session.add(row)
            session.flush()
            history.record(
                session, row, old=None, new=CheckState.REQUIRED.value, actor=ACTOR, why=need.rule, now=now
            )
        return len(placed)


def _revive(session: Session, application_id: UUID, people: set[bytes], now: datetime) -> None:
    """An order that was dropped with its person is due again when an amendment names that person again."""
    for row in session.scalars(
        select(BackgroundCheck).where(
            col(BackgroundCheck.application_id) == application_id,
            col(BackgroundCheck.state) == CheckState.REQUIRED.value,
            col(BackgroundCheck.next_look_at).is_(None),
            col(BackgroundCheck.person_key).in_(people),
        )
    ):
        row.next_look_at = now
        session.add(row)


_WORK: Mapping[str, Callable[[Kit, UUID, datetime], None]] = {
    "completeness": _nothing,
    "identity": _look,
    "proof_of_address": _read_proofs,
    "background_checks": _checks,
    "linkage": link,
    "assessment": _nothing,
}
