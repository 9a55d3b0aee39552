"""Where the sandbox's invented providers keep what they were told, so that a restart forgets nothing.

One generic shelf of JSON items, in two makes: in memory (unit tests) and in the schema `sandbox` of the
Kinline database (everything else). Only `integrations.sandbox` and `kinline` may import this room.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb

Clock = Callable[[], datetime]
Body = dict[str, Any]

_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS sandbox;
CREATE TABLE IF NOT EXISTS sandbox.item (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    due_at timestamptz,
    PRIMARY KEY (kind, key)
);
CREATE INDEX IF NOT EXISTS item_due ON sandbox.item (kind, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS item_body ON sandbox.item USING gin (body jsonb_path_ops);
"""


class SandboxStore(Protocol):
    """A shelf of JSON items by (kind, key). Items keep their order of arrival."""

    def put(self, kind: str, key: str, body: Mapping[str, Any], *, due_at: datetime | None = None) -> None:
        """Store or replace one item. `due_at` (aware) makes it visible to `due` from then on."""

    def get(self, kind: str, key: str) -> Body | None: ...

    def find(self, kind: str, **equals: Any) -> list[Body]:
        """Every item of this kind whose body has these values, oldest first."""

    def due(self, kind: str, now: datetime) -> list[tuple[str, Body]]:
        """(key, body) of every item of this kind due at or before `now`, earliest first."""

    def next_due(self, kind: str) -> datetime | None:
        """The earliest `due_at` of this kind; None when nothing waits."""

    def delete(self, kind: str, key: str) -> None: ...


class MemoryStore:
    """The shelf in memory, for tests of one server alone."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], tuple[Body, datetime | None]] = {}
        self._lock = threading.RLock()

    def put(self, kind: str, key: str, body: Mapping[str, Any], *, due_at: datetime | None = None) -> None:
        with self._lock:
            self._items[kind, key] = (json.loads(json.dumps(dict(body))), due_at)

    def get(self, kind: str, key: str) -> Body | None:
        with self._lock:
            item = self._items.get((kind, key))
            return dict(item[0]) if item else None

    def find(self, kind: str, **equals: Any) -> list[Body]:
        with self._lock:
            return [
                dict(body)
                for (k, _), (body, _due) in self._items.items()
                if k == kind and all(body.get(name) == value for name, value in equals.items())
            ]

    def due(self, kind: str, now: datetime) -> list[tuple[str, Body]]:
        with self._lock:
            rows = [
                (due, key, dict(body))
                for (k, key), (body, due) in self._items.items()
                if k == kind and due is not None and due <= now
            ]
            return [(key, body) for _due, key, body in sorted(rows, key=lambda row: row[0])]

    def next_due(self, kind: str) -> datetime | None:
        with self._lock:
            return min((d for (k, _), (_b, d) in self._items.items() if k == kind and d), default=None)

    def delete(self, kind: str, key: str) -> None:
        with self._lock:
            self._items.pop((kind, key), None)


class PostgresStore:
    """The shelf in the schema `sandbox` of the database that `conninfo` (libpq form) names."""

    def __init__(self, conninfo: str) -> None:
        self._connection = psycopg.connect(conninfo, autocommit=True)
        self._lock = threading.RLock()
        # Two processes may be born at once; CREATE ... IF NOT EXISTS alone can still collide.
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(7105001)")
            self._connection.execute(_SCHEMA)

    def put(self, kind: str, key: str, body: Mapping[str, Any], *, due_at: datetime | None = None) -> None:
        self._run(
            "INSERT INTO sandbox.item (kind, key, body, due_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (kind, key) DO UPDATE SET body = EXCLUDED.body, due_at = EXCLUDED.due_at",
            (kind, key, Jsonb(dict(body)), due_at),
        )

    def get(self, kind: str, key: str) -> Body | None:
        rows = self._rows("SELECT body FROM sandbox.item WHERE kind = %s AND key = %s", (kind, key))
        return rows[0][0] if rows else None

    def find(self, kind: str, **equals: Any) -> list[Body]:
        rows = self._rows(
            "SELECT body FROM sandbox.item WHERE kind = %s AND body @> %s ORDER BY seq", (kind, Jsonb(equals))
        )
        return [row[0] for row in rows]

    def due(self, kind: str, now: datetime) -> list[tuple[str, Body]]:
        rows = self._rows(
            "SELECT key, body FROM sandbox.item WHERE kind = %s AND due_at <= %s ORDER BY due_at, seq",
            (kind, now),
        )
        return [(row[0], row[1]) for row in rows]

    def next_due(self, kind: str) -> datetime | None:
        found: datetime | None = self._rows("SELECT min(due_at) FROM sandbox.item WHERE kind = %s", (kind,))[
            0
        ][0]
        return found

    def delete(self, kind: str, key: str) -> None:
        self._run("DELETE FROM sandbox.item WHERE kind = %s AND key = %s", (kind, key))

    def close(self) -> None:
        self._connection.close()

    def _run(self, query: str, values: tuple[Any, ...]) -> None:
        with self._lock:
            self._connection.execute(query, values)

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            return list(self._connection.execute(query, values).fetchall())
