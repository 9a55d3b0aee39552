"""What our texts say, what they are made of, and what those that went out have cost. No body is ever kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from followup.catalog import Catalog, check_catalogs, is_spoken, worst_case
from integrations.catalogs import catalogs, prices
from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.messaging import segments
from models.tables.messages import Message


def messages_json() -> dict[str, Any]:
    """Every message of every language: letters, encoding, parts, the longest that it can become, cost, reviewer."""
    return {
        "prices": prices().model_dump(mode="json"),
        "languages": [
            {
                "language": c.language,
                "also": list(c.also),
                "voice": c.voice,
                "reviewed_by": c.reviewed_by,
                "reviewed_on": c.reviewed_on.isoformat() if c.reviewed_on else None,
                "unreviewed": c.unreviewed,
            }
            for c in catalogs()
        ],
        "messages": [_message(c, key, body) for c in catalogs() for key, body in c.messages.items()],
        "problems": check_catalogs(catalogs()),
    }


def _message(catalog: Catalog, key: str, body: str) -> dict[str, Any]:
    """One message. What is read out has no parts and costs nothing here."""
    about = {"language": catalog.language, "template": key, "reviewed_by": catalog.reviewed_by}
    if is_spoken(key):
        return about | {"spoken": True, "as_written": None, "worst_case": None, "cost": None}
    longest = worst_case(catalog, body)
    return about | {
        "spoken": False,
        "as_written": _size(body),
        "worst_case": _size(longest),
        "cost": prices().cost(segments.count(longest).parts),
    }


def _size(body: str) -> dict[str, Any]:
    counted = segments.count(body)
    return {"characters": len(body), "encoding": counted.encoding.value, "segments": counted.parts}


def cost_json(kit: Kit, *, now: datetime, since: datetime | None = None) -> dict[str, Any]:
    """What went out since then, by language and message: texts, parts, cost by the price file."""
    with kit.transaction() as session:
        conditions = [col(Message.accepted_at).is_not(None), col(Message.accepted_at) <= now]
        if since is not None:
            conditions.append(col(Message.accepted_at) >= since)
        rows = session.execute(
            select(
                col(Message.language),
                col(Message.template),
                func.count(),
                func.coalesce(func.sum(col(Message.segments)), 0),
            )
            .where(*conditions)
            .group_by(col(Message.language), col(Message.template))
            .order_by(col(Message.language), col(Message.template))
        ).all()
    found = [
        {
            "language": row[0],
            "template": row[1],
            "texts": row[2],
            "segments": row[3],
            "cost": prices().cost(row[3]),
        }
        for row in rows
    ]
    parts = sum(item["segments"] for item in found)
    return {
        "as_of": iso(now),
        "since": iso(since),
        "texts": sum(item["texts"] for item in found),
        "segments": parts,
        "cost": prices().cost(parts),
        "prices": prices().model_dump(mode="json"),
        "by_message": found,
    }
