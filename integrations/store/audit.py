"""The audit sealed in a chain: each block holds count, digest and the head before it, under a key.

A row that is changed, removed or put in later no longer fits its block; a block that is, no longer fits
the chain.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlmodel import Session, col

from integrations.vault import Vault
from models.tables.system import AuditBlock, AuditEntry

_BEGINNING = b"\x00" * 32
MAX_BLOCK = 100_000


def seal_audit(session: Session, vault: Vault, *, now: datetime) -> AuditBlock | None:
    """The entries since the last block are sealed. None when there are none."""
    # Numbers are given before a row is committed: wait for those that are on their way, or a block would
    # be sealed past them.
    session.execute(text("LOCK TABLE audit_entry IN SHARE MODE"))
    last = session.scalars(
        select(AuditBlock).order_by(col(AuditBlock.number).desc()).limit(1).with_for_update()
    ).first()
    entries = session.scalars(
        select(AuditEntry)
        .where(col(AuditEntry.seq) > (last.last_seq if last else 0), col(AuditEntry.at) < now)
        .order_by(col(AuditEntry.seq))
        .limit(MAX_BLOCK)
    ).all()
    if not entries:
        return None
    first, final = entries[0].seq, entries[-1].seq
    if first is None or final is None:  # a row that was read has its number
        return None
    digest = _digest(entries)
    previous = last.head if last else _BEGINNING
    number = (last.number if last else 0) + 1
    block = AuditBlock(
        number=number,
        first_seq=first,
        last_seq=final,
        count=len(entries),
        digest=digest,
        previous_head=previous,
        head=_head(vault, number, len(entries), digest, previous),
        at=now,
    )
    session.add(block)
    return block


def _digest(entries: Any) -> bytes:
    total = hashlib.sha256()
    for e in entries:
        words = (e.seq, e.at.isoformat(), e.actor, e.act, e.noun, e.row_id, e.count, (e.digest or b"").hex())
        total.update("\x1f".join(str(word) for word in words).encode() + b"\x1e")
    return total.digest()


def _head(vault: Vault, number: int, count: int, digest: bytes, previous: bytes) -> bytes:
    return vault.blind("audit", str(number), str(count), digest, previous)


def verify_audit(session: Session, vault: Vault) -> dict[str, Any]:
    """Which blocks no longer fit: {"blocks", "entries", "unsealed", "broken": [block numbers]}."""
    broken: list[int] = []
    previous, last_seq = _BEGINNING, 0
    blocks = session.scalars(select(AuditBlock).order_by(col(AuditBlock.number))).all()
    for expected, block in enumerate(blocks, start=1):
        entries = session.scalars(
            select(AuditEntry)
            .where(col(AuditEntry.seq) > last_seq, col(AuditEntry.seq) <= block.last_seq)
            .order_by(col(AuditEntry.seq))
        ).all()
        head = _head(vault, block.number, block.count, block.digest, previous)
        fits = (
            block.number == expected
            and block.previous_head == previous
            and block.head == head
            and block.count == len(entries)
            and block.digest == _digest(entries)
        )
        if not fits:
            broken.append(block.number)
        previous, last_seq = block.head, block.last_seq
    total = session.scalars(select(func.count()).select_from(AuditEntry)).one()
    unsealed = session.scalars(
        select(func.count()).select_from(AuditEntry).where(col(AuditEntry.seq) > last_seq)
    ).one()
    return {"blocks": len(blocks), "entries": total, "unsealed": unsealed, "broken": broken}
