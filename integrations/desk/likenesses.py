"""Scans that stand in another case too, re-compressed or resized: found by index, compared, written down."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from integrations.desk.jobs import enqueue_vetting
from integrations.kit import Kit
from integrations.store.files import file_content
from integrations.store.likeness import keep_verdict, pairs_to_compare
from models.errors import Unavailable
from models.tables.vetting import Application, Document


def find_likenesses(kit: Kit, application_id: UUID, *, now: datetime) -> None:
    """Every file of the application has been compared, once, with those of other cases that may be the same.

    Where two are alike, the other applications are vetted again: their officers must learn of it too.
    """
    with kit.transaction() as session:
        pairs = pairs_to_compare(session, session.get_one(Application, application_id))
    for one, other in pairs:
        try:
            alike = kit.reader.alike(_content(kit, one), _content(kit, other))
        except Unavailable:
            continue  # not compared: the next run asks again
        with kit.transaction() as session:
            if not keep_verdict(session, one, other, alike=alike, now=now) or not alike:
                continue
            users = session.scalars(
                select(col(Document.application_id)).where(col(Document.file_id).in_((one, other))).distinct()
            )
            for user in sorted(users):
                if user != application_id:
                    enqueue_vetting(session, user, now=now)


def _content(kit: Kit, file_id: UUID) -> bytes:
    with kit.transaction() as session:
        return file_content(session, kit.vault, file_id)
