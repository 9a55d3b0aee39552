"""The floor that the benchmarks of lists are held to: a bare COPY of the rows that a list wrote.

Into tables with the same checks and indexes, which hold what was there before: what the rows cost when nothing is read,
looked up, sealed, hashed or decided.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import psycopg

from kinline.local.postgres import EmbeddedPostgres


def unload(postgres: EmbeddedPostgres, folder: Path, tables: Sequence[str]) -> dict[str, int]:
    """How many lines each of these tables has when unloaded; the unloaded tables lie in the folder."""
    lines = {}
    with psycopg.connect(postgres.conninfo_for("bench", role="postgres")) as admin:
        for table in tables:
            order = "seq" if table == "history" else "ctid"
            with (
                admin.cursor().copy(f"COPY (SELECT * FROM {table} ORDER BY {order}) TO STDOUT") as copy,
                (folder / f"{table}.copy").open("wb") as file,
            ):
                lines[table] = 0
                for block in copy:
                    file.write(block)
                    lines[table] += bytes(block).count(b"\n")
    return lines


def floor(postgres: EmbeddedPostgres, folder: Path, already: Mapping[str, int]) -> float:
    """Seconds for the lines of the unloaded tables behind the first `already` of each."""
    seconds = 0.0
    with psycopg.connect(postgres.conninfo_for("bench", role="postgres"), autocommit=True) as admin:
        for table, before in already.items():
            admin.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            with (folder / f"{table}.copy").open("rb") as lines:
                _copy(admin, table, islice(lines, before))
                seconds += _copy(admin, table, lines)
    return seconds


def _copy(admin: psycopg.Connection, table: str, lines: Iterator[bytes]) -> float:
    begun = time.perf_counter()
    with admin.cursor().copy(f"COPY floor_{table} FROM STDIN") as copy:
        while part := b"".join(islice(lines, 1000)):
            copy.write(part)
    return time.perf_counter() - begun
