"""Drafts as their pages show them: what is done, what is missing and why; and a person's packets with their state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from integrations.desk.amendment_views import Amending, amending_of
from integrations.desk.drafts import find_draft, open_draft
from integrations.desk.intake import MAY_SUBMIT
from integrations.kit import Kit
from integrations.policies import vetting_policies, vetting_policy
from integrations.store import history
from integrations.store.draft_files import DraftPaper, papers_of_draft
from integrations.store.policy_acts import vetting_policy_for
from integrations.store.sealing import open_bytes
from integrations.store.staff import require_role
from models.errors import BadInput
from models.facts import Person
from models.states import DraftState, Role
from models.tables.intake import PacketDraft, PaperNotAtHand
from models.tables.people import Staff
from models.tables.vetting import Application
from models.vetting_policy import VettingPolicy
from vetting.draft.answers import Draft, people
from vetting.draft.asked import AskedPaper, paper_progress, papers_asked, provisional
from vetting.draft.lacking import Lack, Progress, Task, faults, tasks
from vetting.draft.questions import DOCUMENTS

_LIST = 100


@dataclass(frozen=True, slots=True)
class Slot:
    """One document of one person. `asked` None: policy does not ask for it, the sender brought it."""

    name: str
    item: str
    subject: str
    asked: AskedPaper | None
    files: tuple[DraftPaper, ...]
    reason: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it stands. `slots` None: what policy asks for is not known before child and sponsor are."""

    id: UUID
    state: str
    version: int
    draft: Draft
    owner: str
    tasks: tuple[Task, ...]
    slots: tuple[Slot, ...]
    knows_papers: bool
    other_faults: tuple[Lack, ...]
    policy: str
    names: Mapping[UUID, str]
    application_id: UUID | None
    reference: str
    application_state: str
    amending: Amending | None

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """Everything that keeps it from being handed in."""
        return (*(lack for task in self.tasks for lack in task.lacks), *self.paper_lacks, *self.other_faults)

    @property
    def paper_lacks(self) -> tuple[Lack, ...]:
        if not self.knows_papers:
            words = "Which documents policy asks for is known once the child and the sponsor are."
            return (Lack(DOCUMENTS, None, "", words),)
        return tuple(
            Lack(DOCUMENTS, None, slot.name, "")
            for slot in self.slots
            if slot.asked is not None and slot.progress == "not_started"
        )

    @property
    def papers_progress(self) -> Progress:
        if not any(slot.files or slot.reason for slot in self.slots):
            return "not_started"
        states = {slot.progress for slot in self.slots}
        return "in_progress" if not self.knows_papers or states & {"not_started", "in_progress"} else "done"

    def slot(self, name: str) -> Slot | None:
        return next((one for one in self.slots if one.name == name), None)


def view_draft(kit: Kit, draft_id: UUID, person: Person, *, now: datetime) -> DraftView:
    """The draft, for its owner or a supervisor. Looking is in the audit.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    with kit.transaction() as session:
        row = find_draft(session, draft_id, person)
        draft = open_draft(kit, row)
        papers = papers_of_draft(session, row.id, people(draft))
        policy = policy_of_draft(kit, session, draft, now)
        found = provisional(draft)
        asked = papers_asked(found[0], found[1], policy, now) if found else ()
        application = session.get(Application, row.application_id) if row.application_id else None
        history.audit(session, actor=str(person.id), act="read", noun="packet_draft", ids=[row.id], now=now)
        wrong = faults(draft, [one.paper for one in papers])
        return DraftView(
            id=row.id,
            state=row.state,
            version=row.version,
            draft=draft,
            owner=session.get_one(Staff, row.owner_id).display_name,
            tasks=tasks(draft),
            slots=_slots(draft, asked, papers),
            knows_papers=found is not None,
            other_faults=tuple(one for one in wrong if one.slug in ("", DOCUMENTS)),
            policy=policy.version,
            names={one.id: open_bytes(kit.vault, one.row, "sealed_name").decode() for one in papers},
            application_id=row.application_id,
            reference=application.reference if application else _reference(draft),
            application_state=application.state if application else "",
            amending=amending_of(kit, session, draft, papers, person, row.id),
        )


def _reference(draft: Draft) -> str:
    return draft.page("packet").typed.get("reference", "")


def _slots(draft: Draft, asked: Sequence[AskedPaper], papers: Sequence[DraftPaper]) -> tuple[Slot, ...]:
    by_name = {one.slot: one for one in asked}
    names = dict.fromkeys((*by_name, *(one.slot for one in papers), *draft.cannot))
    return tuple(
        slot_of(draft, name, by_name.get(name), papers)
        for name in names
        if name.partition("@")[2] in people(draft)
    )


def slot_of(draft: Draft, name: str, asked: AskedPaper | None, papers: Sequence[DraftPaper]) -> Slot:
    """This document as it stands in the draft, also one that nobody has asked for."""
    item, _, subject = name.partition("@")
    files = tuple(one for one in papers if one.slot == name)
    reason = draft.cannot.get(name, "")
    progress = paper_progress([one.seen for one in files], reason)
    return Slot(name, item, subject, asked, files, reason, progress)


def policy_of_draft(kit: Kit, session: Session, draft: Draft, now: datetime) -> VettingPolicy:
    """The version that the packet will be judged under; while that can't be known, the newest in force.

    An amendment is judged under its application's.
    """
    if draft.base is not None:
        application = session.get_one(Application, UUID(draft.base.application_id))
        return vetting_policy(application.policy_version)
    found = provisional(draft)
    if found is not None:
        try:
            return vetting_policy_for(session, kit.settings, found[0], now.date())
        except BadInput:
            pass
    return max((p for p in vetting_policies() if p.active), key=lambda p: p.effective_from)


@dataclass(frozen=True, slots=True)
class MyPacket:
    """One line of a person's packets. `child`: as they typed it, of a draft of theirs alone. `amends`: a revision."""

    draft_id: UUID | None
    application_id: UUID | None
    reference: str
    state: str
    child: str
    owner: str
    at: datetime
    amends: bool = False


def my_packets(kit: Kit, person: Person, *, everybody: bool = False, now: datetime) -> list[MyPacket]:
    """What this person has begun and handed in, newest first; for a supervisor also everybody's drafts."""
    require_role(person, *MAY_SUBMIT)
    with kit.transaction() as session:
        drafts = _drafts(kit, session, person, everybody and Role.SUPERVISOR in person.roles)
        sent = session.scalars(
            select(Application)
            .where(col(Application.submitted_by) == str(person.id))
            .order_by(col(Application.submitted_at).desc())
            .limit(_LIST)
        )
        drafts = _once(drafts)
        by_form = {one.application_id for one in drafts}
        others = [
            MyPacket(None, one.id, one.reference, one.state, "", "", one.submitted_at)
            for one in sent
            if one.id not in by_form
        ]
        ids = [one.draft_id for one in drafts if one.draft_id]
        if ids:
            history.audit(session, actor=str(person.id), act="read", noun="packet_draft", ids=ids, now=now)
        return sorted((*drafts, *others), key=lambda one: one.at, reverse=True)


def _once(drafts: Sequence[MyPacket]) -> list[MyPacket]:
    """Of several revisions by form, the newest that went in; every one that did not."""
    seen: set[UUID] = set()
    kept = []
    for one in drafts:
        if one.application_id is None or one.application_id not in seen:
            kept.append(one)
        seen |= {one.application_id} if one.application_id else set()
    return kept


def _drafts(kit: Kit, session: Session, person: Person, everybody: bool) -> list[MyPacket]:
    query = (
        select(PacketDraft, Application, col(Staff.display_name))
        .join(Staff, col(Staff.id) == col(PacketDraft.owner_id))
        .outerjoin(Application, col(Application.id) == col(PacketDraft.application_id))
        .order_by(col(PacketDraft.saved_at).desc())
        .limit(_LIST)
    )
    if everybody:
        query = query.where(col(PacketDraft.state) == DraftState.DRAFT)
        office = session.get_one(Staff, person.id).office
        if office is not None:
            query = query.where(or_(col(Staff.office).is_(None), col(Staff.office) == office))
    else:
        query = query.where(col(PacketDraft.owner_id) == person.id)
    return [_line(kit, *row) for row in session.execute(query)]


def _line(kit: Kit, row: PacketDraft, application: Application | None, owner: str) -> MyPacket:
    draft = open_draft(kit, row)
    child = draft.page("child").typed
    return MyPacket(
        draft_id=row.id,
        application_id=row.application_id,
        reference=application.reference if application else _reference(draft),
        state=application.state if application else row.state,
        child=" ".join(filter(None, (child.get("given_names", ""), child.get("family_names", "")))),
        owner=owner,
        at=row.saved_at,
        amends=draft.base is not None,
    )


@dataclass(frozen=True, slots=True)
class NotAtHand:
    """What a sender said of a document that they don't have."""

    item: str
    subject: str
    reason: str
    said_by: str
    at: datetime


def not_at_hand(kit: Kit, application_id: UUID) -> list[NotAtHand]:
    """Why documents of the current revision are not there, as their sender said. Notes for the reviewer, nothing more."""
    with kit.transaction() as session:
        rows = session.execute(
            select(PaperNotAtHand, col(Staff.display_name))
            .join(Staff, col(Staff.id) == col(PaperNotAtHand.said_by))
            .join(Application, col(Application.id) == col(PaperNotAtHand.application_id))
            .where(
                col(PaperNotAtHand.application_id) == application_id,
                col(PaperNotAtHand.revision) == col(Application.revision),
            )
            .order_by(col(PaperNotAtHand.item), col(PaperNotAtHand.subject))
        )
        return [
            NotAtHand(
                row.item, row.subject, open_bytes(kit.vault, row, "sealed_reason").decode(), name, row.at
            )
            for row, name in rows
        ]
