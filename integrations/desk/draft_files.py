"""Documents of a draft: a file comes in and is looked at while the sender waits; it goes out again, or is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from integrations.desk.documents import drawn
from integrations.desk.draft_views import policy_of_draft
from integrations.desk.drafts import find_draft, open_draft, want_open
from integrations.documents.sniff import check_file, magic
from integrations.kit import Kit
from integrations.store import history
from integrations.store.draft_files import content_of
from integrations.store.sealing import seal_bytes
from models.errors import BadInput, NotFound, Problem, Unavailable
from models.facts import Person
from models.packet import Packet
from models.states import DocumentKind, FileSeen
from models.tables.base import Sealed
from models.tables.intake import PacketDraftFile
from vetting.draft.answers import people

_LONG_SIDE = 1600
# As many as a packet may name.
MOST_FILES = Packet.model_fields["documents"].metadata[0].max_length


@dataclass(frozen=True, slots=True)
class Brought:
    """A file as it came: what it is said to be, and its name at the sender's."""

    kind: str
    subject: str
    filename: str
    content: bytes
    issued_on: date | None = None


def add_file(kit: Kit, draft_id: UUID, brought: Brought, person: Person, *, now: datetime) -> FileSeen:
    """The file is in the draft, sealed, and was looked at. Returns what was made of it.

    Raises:
        BadInput: it can't be used (nothing of it is kept). NotFound: no such draft, kind or person. Refused: it is a
            draft no more.
    """
    problem = check_file("document", brought.filename, brought.content)
    if problem is not None:
        raise BadInput(problem)
    file_id, least = _keep(kit, draft_id, brought, person, now)
    seen, sharpness = _look(kit, brought.content, least)
    with kit.transaction() as session:
        row = session.get_one(PacketDraftFile, file_id)
        row.seen, row.sharpness = seen.value, sharpness
        session.add(row)
    return seen


def _keep(kit: Kit, draft_id: UUID, brought: Brought, person: Person, now: datetime) -> tuple[UUID, float]:
    """The id of the file, now in the draft; and how sharp policy wants it."""
    with kit.transaction() as session:
        draft_row = find_draft(session, draft_id, person, lock=True)
        want_open(draft_row)
        draft = open_draft(kit, draft_row)
        if brought.subject not in people(draft) or brought.kind not in set(DocumentKind):
            raise NotFound("document", brought.kind)
        mine = col(PacketDraftFile.draft_id) == draft_id
        number = session.scalars(select(func.count()).where(mine)).one() + 1
        held = session.scalars(
            select(func.count()).where(mine, col(PacketDraftFile.removed_at).is_(None))
        ).one()
        if held >= MOST_FILES:
            raise BadInput(
                Problem(
                    "document",
                    "too_many_files",
                    f"A packet holds {MOST_FILES} files at most.",
                    "Take one out, or put several pages into one PDF.",
                )
            )
        row = PacketDraftFile(
            draft_id=draft_id,
            kind=brought.kind,
            subject=brought.subject,
            number=number,
            media_type=str(magic(brought.content)),
            size=len(brought.content),
            issued_on=brought.issued_on,
            sealed_name=Sealed(b""),
            at=now,
        )
        seal_bytes(kit.vault, row, "sealed_name", brought.filename[-100:].encode())
        seal_bytes(kit.vault, row, "sealed_content", brought.content)
        session.add(row)
        draft_row.saved_at = now
        history.audit(
            session, actor=str(person.id), act="add file", noun="packet_draft", ids=[draft_id], now=now
        )
        policy = policy_of_draft(kit, session, draft, now)
        return row.id, policy.identity.sharpness_at_least


def _look(kit: Kit, content: bytes, least: float) -> tuple[FileSeen, float | None]:
    """What the reader's process makes of it; without it, a person looks."""
    try:
        legibility = kit.reader.look_at(content).legibility
    except Unavailable:
        legibility = None
    if legibility is None:
        return FileSeen.NOT_LOOKED_AT, None
    if legibility.is_blank:
        return FileSeen.BLANK, legibility.sharpness
    legible = legibility.sharpness >= least
    return FileSeen.LEGIBLE if legible else FileSeen.BLURRED, legibility.sharpness


def warm_up(kit: Kit) -> None:
    """The reader's process has started, so that the first file need not wait for it."""
    try:
        kit.reader.look_at(b"")
    except Unavailable:
        return


def take_out(kit: Kit, draft_id: UUID, file_id: UUID, person: Person, *, now: datetime) -> str:
    """The file is in the draft no more, and its content is gone. Returns the slot that it stood in.

    Raises:
        NotFound: no such draft or file. Refused: it is a draft no more.
    """
    with kit.transaction() as session:
        want_open(find_draft(session, draft_id, person, lock=True))
        row = session.get(PacketDraftFile, file_id)
        if row is None or row.draft_id != draft_id or row.removed_at is not None:
            raise NotFound("file", str(file_id))
        row.removed_at, row.sealed_content = now, None
        session.add(row)
        history.record(
            session, row, old="held", new="taken out", actor=str(person.id), why="by its sender", now=now
        )
        return f"{row.kind}@{row.subject}"


def see_file(kit: Kit, draft_id: UUID, file_id: UUID, person: Person, *, page: int, now: datetime) -> bytes:
    """This page of the file (the first is 0), drawn anew as a PNG, for who may see the draft.

    Raises:
        NotFound: no such draft, file or page, or the draft does not hold it any more. Unavailable: it could not be
            drawn now.
    """
    with kit.transaction() as session:
        find_draft(session, draft_id, person)
        row = session.get(PacketDraftFile, file_id)
        if row is None or row.draft_id != draft_id:
            raise NotFound("file", str(file_id))
        history.audit(
            session, actor=str(person.id), act="see page", noun="packet_draft_file", ids=[file_id], now=now
        )
        content = content_of(session, kit.vault, file_id)
    return drawn(kit, content, page=page, long_side=_LONG_SIDE)
