"""What a draft amends: how the application stands meanwhile, what was found on it, and what the draft changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.drafts import open_draft
from integrations.desk.intake import MAY_SUBMIT
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import find_application
from integrations.store.draft_files import DraftPaper, facts_of_files
from integrations.store.sealing import open_bytes
from integrations.store.staff import require_role
from models.errors import BadInput
from models.facts import Person
from models.findings import FindingState
from models.packet import Packet, parse_packet
from models.states import ApplicationState, DraftState
from models.tables.intake import PacketDraft
from models.tables.people import Staff
from models.tables.vetting import Application, ApplicationRevision
from models.tables.vetting import Finding as FindingRow
from vetting import amendment
from vetting.amendment import Papers
from vetting.draft.amending import place_of
from vetting.draft.answers import Base, Draft, origin, packet_bytes, packet_subject


@dataclass(frozen=True, slots=True)
class Standing:
    """An application as its amender finds it. `by`: who handed its newest revision in (`cli`: the command line); `mine`: a draft of theirs for it."""

    application_id: UUID
    reference: str
    state: str
    revision: int
    at: datetime
    by: str
    case_id: UUID
    mine: UUID | None


@dataclass(frozen=True, slots=True)
class Point:
    """What was found on the last revision and an amendment may mend. `place`: as `vetting.draft.amending.place_of`."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A file of the last revision that the next one does not hold any more."""

    id: UUID
    slot: str
    name: str


@dataclass(frozen=True, slots=True)
class Amending:
    """What a draft amends: `base` is the revision it was begun from, `now` how the application stands meanwhile.

    `kept`: the files of that revision, those taken out as well. `changed`: the packet's names of what differs, None while the draft can't be read as a packet.
    """

    base: int
    now: Standing
    kept: frozenset[UUID]
    taken_out: tuple[TakenOut, ...]
    points: tuple[Point, ...]
    changed: tuple[str, ...] | None

    @property
    def is_behind(self) -> bool:
        """Somebody has handed in a newer revision."""
        return self.now.revision != self.base

    @property
    def is_released(self) -> bool:
        return self.now.state == ApplicationState.RELEASED

    @property
    def is_weighty(self) -> bool:
        """Opinions were given on what changes: they fall."""
        return amendment.is_weighty(self.changed or ())

    def said_of(self, place: str) -> tuple[str, ...]:
        """What was found at this place of the form; `documents`: on any of them."""
        return tuple(one.message for one in self.points if place in (one.place, one.place.partition("/")[0]))


def standing(kit: Kit, key: str, person: Person, *, now: datetime) -> Standing:
    """How the application stands for somebody who wants to amend it.

    Raises:
        NotFound: there is none. Refused: the wrong role.
    """
    require_role(person, *MAY_SUBMIT)
    with kit.transaction() as session:
        application = find_application(session, key)
        history.audit(
            session, actor=str(person.id), act="read", noun="application", ids=[application.id], now=now
        )
        return _standing(kit, session, application, person)


def _standing(kit: Kit, session: Session, application: Application, person: Person) -> Standing:
    revision = session.scalars(
        select(ApplicationRevision).where(
            col(ApplicationRevision.application_id) == application.id,
            col(ApplicationRevision.number) == application.revision,
        )
    ).one()
    return Standing(
        application_id=application.id,
        reference=application.reference,
        state=application.state,
        revision=application.revision,
        at=revision.at,
        by=_name(session, revision.actor),
        case_id=application.case_id,
        mine=open_amendment(kit, session, application.id, person),
    )


def _name(session: Session, actor: str) -> str:
    """Who it was, by name; a program by its own."""
    try:
        staff = session.get(Staff, UUID(actor))
    except ValueError:
        staff = None
    return staff.display_name if staff else actor


def open_amendment(kit: Kit, session: Session, application_id: UUID, person: Person) -> UUID | None:
    """This person's draft for that application. Which one it is stands sealed in each."""
    rows = session.scalars(
        select(PacketDraft)
        .where(col(PacketDraft.owner_id) == person.id, col(PacketDraft.state) == DraftState.DRAFT)
        .order_by(col(PacketDraft.saved_at).desc())
    )
    for row in rows:
        base = open_draft(kit, row).base
        if base is not None and base.application_id == str(application_id):
            return row.id
    return None


def amending_of(
    kit: Kit, session: Session, draft: Draft, papers: Sequence[DraftPaper], person: Person, draft_id: UUID
) -> Amending | None:
    """What the draft amends and how that stands; None of a new packet."""
    base = draft.base
    if base is None:
        return None
    application = session.get_one(Application, UUID(base.application_id))
    ids = frozenset(UUID(one) for one in base.kept)
    kept = [one for one in facts_of_files(session, draft_id) if one.id in ids]
    return Amending(
        base=base.revision,
        now=_standing(kit, session, application, person),
        kept=ids,
        taken_out=tuple(
            TakenOut(one.id, one.slot, open_bytes(kit.vault, one.row, "sealed_name").decode())
            for one in kept
            if one.row.removed_at is not None
        ),
        points=_points(session, application, base),
        changed=_changed(draft, papers, kept),
    )


def _points(session: Session, application: Application, base: Base) -> tuple[Point, ...]:
    """Open findings that the packet can mend. Those on people, checks and links are none of the sender's."""
    rows = session.scalars(
        select(FindingRow)
        .where(col(FindingRow.application_id) == application.id, col(FindingRow.state) == FindingState.OPEN)
        .order_by(col(FindingRow.code), col(FindingRow.subject))
    )
    here = origin(base)
    found = ((place_of(here, row.code, row.subject, row.evidence), row.message) for row in rows)
    return tuple(dict.fromkeys(Point(place, message) for place, message in found if place))


def _changed(
    draft: Draft, papers: Sequence[DraftPaper], kept: Sequence[DraftPaper]
) -> tuple[str, ...] | None:
    base = draft.base
    if base is None:
        return None
    try:
        packet = parse_packet(packet_bytes(draft, [one.paper for one in papers]))
    except BadInput:
        return None
    before = Packet.model_validate_json(json.dumps(base.packet))
    return amendment.changed_fields(before, packet, _slots(origin(base), kept), _slots(draft, papers))


def _slots(draft: Draft, papers: Sequence[DraftPaper]) -> Papers:
    found: dict[str, set[str]] = {}
    for one in papers:
        slot = f"{one.paper.kind}@{packet_subject(draft, one.paper.subject)}"
        found.setdefault(slot, set()).add(str(one.id))
    return {slot: frozenset(ids) for slot, ids in found.items()}
