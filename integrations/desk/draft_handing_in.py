"""A draft is handed in: it becomes a packet like that of a folder, and goes the same road."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from uuid import UUID

from sqlmodel import Session

from integrations.desk.draft_views import view_draft
from integrations.desk.drafts import find_draft, open_draft, want_open
from integrations.desk.intake import Onto, Taken, submit
from integrations.kit import Kit
from integrations.packets import from_uploads
from integrations.store import history
from integrations.store.draft_files import content_of, forget_content, papers_of_draft
from integrations.store.sealing import seal_bytes
from models.errors import Refused, Stale
from models.facts import Person
from models.states import DRAFT_MOVES, DraftState
from models.tables.base import Sealed
from models.tables.intake import PaperNotAtHand
from vetting.draft.answers import Draft, packet_bytes, packet_subject, people


def hand_in(kit: Kit, draft_id: UUID, person: Person, *, now: datetime) -> Taken | None:
    """The packet is in the file, by the same road as a folder's. None: it was before.

    A console that dies in between has lost nothing: the same packet handed in again changes nothing.

    Raises:
        BadInput: with the same faults as a folder's; the draft stays as it is. Refused: questions are open, it was put
            away, or an amendment changes nothing or was overtaken by another.
    """
    shown = view_draft(kit, draft_id, person, now=now)
    if shown.state == DraftState.DRAFT and shown.lacks:
        raise Refused("not_complete", "something is still missing")
    if shown.state == DraftState.DRAFT and shown.amending is not None and shown.amending.changed == ():
        raise Refused("nothing_changed", "it says what the last revision says; change something first")
    with kit.transaction() as session:
        row = find_draft(session, draft_id, person)
        if row.state == DraftState.SUBMITTED:
            return None
        want_open(row)
        version, draft = row.version, open_draft(kit, row)
        papers = papers_of_draft(session, draft_id, people(draft))
        uploads = {one.paper.file: BytesIO(content_of(session, kit.vault, one.id)) for one in papers}
    raw = packet_bytes(draft, [one.paper for one in papers])
    onto = Onto(UUID(draft.base.application_id), draft.base.revision) if draft.base else None
    taken = submit(kit, from_uploads(raw, uploads), actor=str(person.id), onto=onto, now=now)
    _finish(kit, draft_id, version, draft, taken, person, now)
    return taken


def _finish(
    kit: Kit, draft_id: UUID, version: int, draft: Draft, taken: Taken, person: Person, now: datetime
) -> None:
    with kit.transaction() as session:
        row = find_draft(session, draft_id, person, lock=True)
        if row.state == DraftState.SUBMITTED:
            return
        if row.version != version:
            # Somebody saved another page while it was handed in: that is in the draft, not in the packet.
            raise Stale(f"the draft went from version {version} to {row.version}")
        row.application_id, row.ended_at = taken.application_id, now
        why = f"packet handed in, revision {taken.revision}"
        history.move(session, row, DraftState.SUBMITTED, DRAFT_MOVES, actor=str(person.id), why=why, now=now)
        _note_cannot(kit, session, draft, taken, person, now)
        forget_content(session, draft_id)


def _note_cannot(
    kit: Kit, session: Session, draft: Draft, taken: Taken, person: Person, now: datetime
) -> None:
    """What the sender said they don't have, for the reviewer."""
    for slot, reason in sorted(draft.cannot.items()):
        item, _, subject = slot.partition("@")
        if subject not in people(draft):
            continue
        note = PaperNotAtHand(
            application_id=taken.application_id,
            revision=taken.revision,
            item=item,
            subject=packet_subject(draft, subject),
            sealed_reason=Sealed(b""),
            said_by=person.id,
            at=now,
        )
        seal_bytes(kit.vault, note, "sealed_reason", reason.encode())
        session.add(note)
