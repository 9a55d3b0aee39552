"""How long the watch over shared homes takes, over the history of so many children.

    .venv/bin/python benchmarks/concentration.py [CHILDREN ...]        (default: 45000 450000)

For each size, on an embedded PostgreSQL of its own: the first watch (every home is new), the whole history again, and a
day on which a thousand homes came. The children are invented: seven in ten alone at their home, two in ten with a brother or
sister of the same sponsor, a tenth beside another family, three in ten with a home before; and for each thousand children
one home of three to eight families, which must be found, each of them and no other.

The floor, in the same run, is the plain SQL that reads the same rows: every home counted, and the addresses, applications and
sponsors of those homes that have enough rows. Asserts nothing but that what was planted is found.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from benchmarks.families import empty_kinline
from integrations.concentration_rules import concentration_rules
from integrations.desk.concentrations import watch
from integrations.kit import Kit
from kinline.local.postgres import EmbeddedPostgres

SEED = 7
NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
NEW_HOMES = 1000
TABLES = {
    "child": ("id", "sealed_details", "a_number_key", "name_key", "created_at"),
    "child_case": ("id", "child_id", "state", "origin", "court_status", "created_at"),
    "sponsor": ("id", "sealed_details", "name_key", "created_at"),
    "application": (
        *("id", "case_id", "sponsor_id", "reference", "state", "stage", "category", "policy_version"),
        *("revision", "submitted_at", "submitted_by"),
    ),
    "address": (
        *(
            "id",
            "case_id",
            "application_id",
            "sealed_details",
            "dwelling_key",
            "building_key",
            "zone",
            "state",
        ),
        *("source", "since_at", "until_at"),
    ),
}
_COUNTED = """
    SELECT count(*) FROM (SELECT dwelling_key FROM address GROUP BY dwelling_key HAVING count(*) >= %s) AS home
"""
_ROWS = """
    SELECT a.dwelling_key, a.case_id, a.application_id, a.since_at, a.until_at, o.category, s.name_key, s.identity_key
    FROM address a JOIN application o ON o.id = a.application_id JOIN sponsor s ON s.id = o.sponsor_id
    WHERE a.dwelling_key = ANY(%s)
"""


def main(sizes: Sequence[int]) -> None:
    print("children  addresses  found   first  us/row    whole   floor  ratio   a day's 1000")
    for size in sizes:
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedPostgres(Path(folder) / "home") as postgres,
        ):
            _one_size(postgres, size)


def _one_size(postgres: EmbeddedPostgres, size: int) -> None:
    kit = empty_kinline(postgres, now=NOW)
    with psycopg.connect(postgres.conninfo_for("bench", role="postgres"), autocommit=True) as admin:
        families = _Families(size)
        addresses = _fill(admin, families.rows())
        first, found = _timed(kit)
        admin.execute("VACUUM ANALYZE address")
        whole, again = _timed(kit, whole=True)
        if (found.get("concentrations", 0), again) != (families.planted, {}):
            raise SystemExit(f"not what was planted: {families.planted} homes, but {found} and {again}")
        floor = min(_floor(admin) for _ in range(3))
        _fill(admin, families.more(NEW_HOMES))
        day, _ = _timed(kit)
    kit.close()
    print(
        f"{size:8d} {addresses:10d} {families.planted:6d} {first:7.1f} {first / addresses * 1e6:7.0f}"
        f" {whole:8.2f} {floor:7.2f} {whole / floor:6.1f} {day:10.2f}",
        flush=True,
    )


def _timed(kit: Kit, *, whole: bool = False) -> tuple[float, dict[str, int]]:
    begun = time.perf_counter()
    found = watch(kit, whole=whole, now=NOW)
    return time.perf_counter() - begun, found


def _floor(admin: psycopg.Connection) -> float:
    """Seconds to count every home and to read the rows of those that are looked at."""
    fewest = min(
        min(s.children_at_least, s.sponsors_at_least)
        for s in concentration_rules().signs
        if s.by == "dwelling"
    )
    keys = [
        row[0]
        for row in admin.execute(
            "SELECT dwelling_key FROM address GROUP BY 1 HAVING count(*) >= %s", (fewest,)
        )
    ]
    begun = time.perf_counter()
    admin.execute(_COUNTED, (fewest,)).fetchall()
    admin.execute(_ROWS, (keys,)).fetchall()
    return time.perf_counter() - begun


class _Families:
    """Invented children with their sponsors and homes, as rows of the tables."""

    def __init__(self, size: int) -> None:
        self._chance = random.Random(SEED)
        self._size, self._serial = size, 0
        self.planted = size // 1000

    def rows(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        left = self._size
        for _ in range(self.planted):
            home, count = self._home(), self._chance.randrange(3, 9)
            left -= count
            day = self._day()
            for _ in range(count):
                yield from self._child(
                    home, self._sponsor(), day + timedelta(days=self._chance.randrange(300))
                )
        while left > 0:
            kind, home, sponsor = self._chance.random(), self._home(), self._sponsor()
            count = min(left, 1 if kind < 0.7 else 2)
            for one in range(count):
                stranger = one and kind > 0.9
                yield from self._child(home, self._sponsor() if stranger else sponsor, self._day())
            left -= count

    def more(self, count: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for _ in range(count):
            yield from self._child(self._home(), self._sponsor(), NOW)

    def _child(self, home: bytes, sponsor: bytes, since: datetime) -> Iterator[tuple[str, tuple[Any, ...]]]:
        child, case, person, application = (self._id() for _ in range(4))
        yield "child", (child, b"x", self._home(), self._home(), NOW)
        yield "child_case", (case, child, "in_care", "roster", "unknown", NOW)
        yield "sponsor", (person, b"x", sponsor, NOW)
        yield (
            "application",
            (
                *(application, case, person, f"BENCH-{self._serial}", "denied", "cm_initiated", "2A"),
                *("orr-2025", 1, since, "cli"),
            ),
        )
        if self._chance.random() < 0.3:
            yield (
                "address",
                self._address(case, application, self._home(), since - timedelta(days=200), since),
            )
        yield "address", self._address(case, application, home, since, None)

    def _address(
        self, case: UUID, application: UUID, home: bytes, since: datetime, until: datetime | None
    ) -> tuple[Any, ...]:
        sealed = b"x" * 160  # as long as a real one
        return (
            self._id(), case, application, sealed, home, home, "America/Chicago", "deliverable", "packet",
            since, until,
        )  # fmt: skip

    def _day(self) -> datetime:
        return NOW - timedelta(days=self._chance.randrange(300, 8 * 365))

    def _sponsor(self) -> bytes:
        return self._home()

    def _home(self) -> bytes:
        self._serial += 1
        return sha256(str(self._serial).encode()).digest()

    def _id(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)


def _fill(admin: psycopg.Connection, rows: Iterator[tuple[str, tuple[Any, ...]]]) -> int:
    """The rows are in their tables, in an order that the keys allow. Returns how many addresses there are."""
    by_table: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    for table, row in rows:
        by_table[table].append(row)
    for table, columns in TABLES.items():
        with admin.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in by_table[table]:
                copy.write_row(row)
        admin.execute(f"VACUUM ANALYZE {table}")
    return len(by_table["address"])


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [45_000, 450_000])
