"""A packet that was handed in is amended by form: a draft begun from its newest revision, handed in as the next one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from integrations.desk.amendment_views import open_amendment
from integrations.desk.drafts import find_draft, open_draft, want_open
from integrations.desk.intake import MAY_SUBMIT, RELEASED
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store import history
from integrations.store.applications import current_documents, find_application
from integrations.store.draft_files import facts_of_files
from integrations.store.files import file_content
from integrations.store.revisions import current_packet
from integrations.store.sealing import open_bytes, seal_bytes, seal_json
from integrations.store.staff import require_role
from models.errors import NotFound, Refused
from models.facts import Person
from models.states import ApplicationState, FileSeen
from models.tables.base import Sealed
from models.tables.intake import PacketDraft, PacketDraftFile, PaperNotAtHand
from models.tables.vetting import Application, Document, DocumentFile
from vetting.draft.amending import carried_over
from vetting.draft.answers import Base, Draft, draft_subject, origin


def begin_amendment(kit: Kit, key: str, person: Person, *, now: datetime) -> UUID:
    """A draft that says what the newest revision says, its papers with it; or the one that this person has open for it.

    Raises:
        NotFound: no such application. Refused: the wrong role, or the child has been released.
    """
    require_role(person, *MAY_SUBMIT)
    actor = str(person.id)
    with kit.transaction() as session:
        # Pressed twice at once: the second waits, and finds the draft of the first.
        application = find_application(session, key, lock=True)
        known = open_amendment(kit, session, application.id, person)
        if known is not None:
            return known
        if application.state == ApplicationState.RELEASED:
            raise Refused("already_released", RELEASED)
        row = PacketDraft(owner_id=person.id, sealed_answers=Sealed(b""), created_at=now, saved_at=now)
        base = _base(session, kit, application)
        seal_json(kit.vault, row, "sealed_answers", origin(base).as_json())
        session.add(row)
        session.flush()
        base = _with_papers(kit, session, row.id, application, base, now)
        draft = dataclasses.replace(origin(base), cannot=_not_at_hand(kit, session, application, base))
        seal_json(kit.vault, row, "sealed_answers", draft.as_json())
        session.add(row)
        why = f"an amendment of revision {application.revision} was begun by form"
        history.record(session, row, old=None, new=row.state, actor=actor, why=why, now=now)
        history.audit(session, actor=actor, act="begin", noun="packet_draft", ids=[row.id], now=now)
        history.audit(session, actor=actor, act="read", noun="application", ids=[application.id], now=now)
        return row.id


def _base(session: Session, kit: Kit, application: Application) -> Base:
    packet = current_packet(session, kit.vault, application)
    told = packet.model_dump(mode="json", exclude_none=True)
    return Base(str(application.id), application.revision, told)


def _with_papers(
    kit: Kit,
    session: Session,
    draft_id: UUID,
    application: Application,
    base: Base,
    now: datetime,
    without: frozenset[str] = frozenset(),
) -> Base:
    """The files of the newest revision stand in the draft; those for the slots in `without` as taken out."""
    least = vetting_policy(application.policy_version).identity.sharpness_at_least
    here, kept = origin(base), []
    number = len(facts_of_files(session, draft_id))
    for document, name in _documents(session, application, base.packet):
        subject = draft_subject(here, document.subject)
        is_out = f"{document.kind}@{subject}" in without
        number += 1
        file = session.get_one(DocumentFile, document.file_id)
        row = PacketDraftFile(
            draft_id=draft_id,
            kind=document.kind,
            subject=subject,
            number=number,
            media_type=file.media_type,
            size=file.size,
            issued_on=document.issued_on,
            seen=_seen(document, least),
            sharpness=document.sharpness,
            sealed_name=Sealed(b""),
            at=now,
            removed_at=now if is_out else None,
        )
        seal_bytes(kit.vault, row, "sealed_name", name[-100:].encode())
        if not is_out:
            seal_bytes(kit.vault, row, "sealed_content", file_content(session, kit.vault, document.file_id))
        session.add(row)
        session.flush()
        session.expunge(row)  # a hundred scans are not held at once
        session.expunge(file)
        kept.append(str(row.id))
    return dataclasses.replace(base, kept=tuple(kept))


def _documents(
    session: Session, application: Application, packet: Mapping[str, Any]
) -> Iterator[tuple[Document, str]]:
    """The papers of the newest revision, each with its file's name in the packet. Of two alike, in their order."""
    names: dict[tuple[str, str], list[str]] = {}
    for told in packet.get("documents", ()):
        names.setdefault((told["kind"], told["subject"]), []).append(PurePosixPath(told["file"]).name)
    for document in current_documents(session, application):
        left = names.get((document.kind, document.subject)) or [document.kind]
        yield document, left.pop(0)


def _seen(document: Document, least: float) -> str:
    if document.sharpness is None:
        return FileSeen.NOT_LOOKED_AT.value
    return (FileSeen.LEGIBLE if document.sharpness >= least else FileSeen.BLURRED).value


def _not_at_hand(kit: Kit, session: Session, application: Application, base: Base) -> dict[str, str]:
    """What its sender said they don't have: said of the next revision as well, until it is there."""
    here = origin(base)
    rows = session.scalars(
        select(PaperNotAtHand).where(
            col(PaperNotAtHand.application_id) == application.id,
            col(PaperNotAtHand.revision) == application.revision,
        )
    )
    return {
        f"{row.item}@{draft_subject(here, row.subject)}": open_bytes(kit.vault, row, "sealed_reason").decode()
        for row in rows
    }


def go_on(kit: Kit, draft_id: UUID, person: Person, *, now: datetime) -> tuple[str, ...]:
    """The draft amends the newest revision now; what was changed in it stays. Returns the pages that both had changed.

    Raises:
        NotFound: no such draft, or it amends nothing. Refused: it is a draft no more, or the child has been released.
    """
    actor = str(person.id)
    with kit.transaction() as session:
        row = find_draft(session, draft_id, person, lock=True)
        want_open(row)
        draft = open_draft(kit, row)
        if draft.base is None:
            raise NotFound("amendment", str(draft_id))
        application = find_application(session, draft.base.application_id)
        if application.state == ApplicationState.RELEASED:
            raise Refused("already_released", RELEASED)
        if application.revision == draft.base.revision:
            return ()
        row.version += 1
        row.saved_at = now
        base = _base(session, kit, application)
        carried = carried_over(draft, base, row.version)
        touched = _bring_papers(session, draft, draft_id, carried.moved, now)
        base = _with_papers(kit, session, draft_id, application, base, now, touched)
        said = _not_at_hand(kit, session, application, base) | {**carried.draft.cannot}
        made = dataclasses.replace(carried.draft, base=base, cannot=said)
        seal_json(kit.vault, row, "sealed_answers", made.as_json())
        session.add(row)
        why = f"goes on over revision {application.revision}"
        history.record(session, row, old=row.state, new=row.state, actor=actor, why=why, now=now)
        return carried.both


def _bring_papers(
    session: Session, draft: Draft, draft_id: UUID, moved: Mapping[int, int], now: datetime
) -> frozenset[str]:
    """What was brought or taken out here stays so; the rest makes room for the newer revision's. Returns its slots."""
    kept = set(draft.base.kept) if draft.base else set()
    files = [one.row for one in facts_of_files(session, draft_id)]
    own = {
        f"{row.kind}@{row.subject}" for row in files if (str(row.id) in kept) == (row.removed_at is not None)
    }
    touched = set()
    for row in files:
        word, _, key = row.subject.partition("-")
        subject = f"{word}-{moved.get(int(key), key)}" if word == "household" else row.subject
        values: dict[str, Any] = {"subject": subject}
        if f"{row.kind}@{row.subject}" in own:
            touched.add(f"{row.kind}@{subject}")
        elif row.removed_at is None:
            values |= {"removed_at": now, "sealed_content": None}
        session.execute(update(PacketDraftFile).where(col(PacketDraftFile.id) == row.id).values(**values))
    return frozenset(touched)
