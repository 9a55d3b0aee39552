"""Many rows at once: PostgreSQL's COPY on the connection of a session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import text
from sqlmodel import Session


def empty_table(session: Session, table: str, create: str) -> None:
    """An empty table of this transaction: it may have been filled before in it."""
    session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
    session.execute(text(create))


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
