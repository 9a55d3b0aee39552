"""Databases for tests, lent one after the other: a wash takes out the rows, where a new clone costs many times more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.servers import TestServer

# What a test has written there slows the next one's scans until it is vacuumed; a clone is cheaper by then.
MAX_GROWTH_BYTES = 4_000_000
_SHAPE = """
SELECT md5(concat(
    (SELECT string_agg(version_num, ',') FROM alembic_version),
    (SELECT string_agg(concat_ws(' ', oid, relname, relkind), ',' ORDER BY oid) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat_ws(' ', oid, tgenabled, tgfoid), ',' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(concat_ws(' ', oid, convalidated), ',' ORDER BY oid) FROM pg_constraint),
    (SELECT string_agg(concat_ws(' ', oid, md5(prosrc)), ',' ORDER BY oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace),
    (SELECT string_agg(concat_ws(' ', attrelid, attname, atttypid, attnotnull, attisdropped), ','
        ORDER BY attrelid, attnum) FROM pg_attribute WHERE attnum > 0
        AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace))
))
"""


@dataclass
class Clones:
    """Clones of one template, each lent to one test at a time and washed when it comes back.

    What can't be made as new is dropped: a changed schema, a database that has grown, a server whose role may
    not set triggers aside.
    """

    server: TestServer
    template: str
    _clean: list[str] = field(default_factory=list)
    _shape: str | None = None
    _bytes: int = 0

    @contextmanager
    def lent(self) -> Iterator[str]:
        """A database at the newest migration, with the template's rows and no others; its SQLAlchemy URL."""
        url = self._clean.pop() if self._clean else self._new()
        try:
            yield url
        finally:
            if self._washed(url):
                self._clean.append(url)
            else:
                self.server.drop(url)

    def _new(self) -> str:
        url = self.server.create("clone", template=self.template)
        if self._shape is None:
            with self._connected(url) as connection:
                self._shape, self._bytes = _shape(connection), _bytes(connection)
        return url

    def _washed(self, url: str) -> bool:
        """True when the database is as new."""
        try:
            with self._connected(url) as connection:
                connection.execute("SET client_min_messages = error")
                _cut_off_the_others(connection)
                if _shape(connection) != self._shape:
                    return False
                _take_out_rows(connection)
                return _bytes(connection) < self._bytes + MAX_GROWTH_BYTES
        except psycopg.Error:
            return False

    def _connected(self, url: str) -> psycopg.Connection[Any]:
        return self.server.as_admin(make_url(url).database)


def _shape(connection: psycopg.Connection[Any]) -> str:
    """A digest of the schema and of the revision that it says it is at. Two clones of one template have the same."""
    return str(_scalar(connection, _SHAPE))


def _bytes(connection: psycopg.Connection[Any]) -> int:
    return int(_scalar(connection, "SELECT pg_database_size(current_database())"))


def _cut_off_the_others(connection: psycopg.Connection[Any]) -> None:
    """What a test has left connected may hold locks, and a listener would hear the next test."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def _take_out_rows(connection: psycopg.Connection[Any]) -> None:
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND relname <> 'alembic_version'"
    ).fetchall()
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for (name,) in tables
    )
    filled = connection.execute(asked).fetchall()
    sequences = connection.execute(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'"
    ).fetchall()
    with connection.transaction():
        # The tables that keep what is written refuse a delete by trigger, which this sets aside.
        connection.execute("SET LOCAL session_replication_role = replica")
        for (name,) in filled:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for (name,) in sequences:
            connection.execute("SELECT setval(%s::regclass, 1, false)", [name])


def _scalar(connection: psycopg.Connection[Any], statement: str) -> Any:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
