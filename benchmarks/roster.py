"""How long `kinline reconcile` takes for a list of so many released children.

    .venv/bin/python benchmarks/roster.py [CHILDREN ...]        (default: 44800 448000)

For each size, on an embedded PostgreSQL of its own with commits that wait for the disk: the list when a tenth of its
children is known, the same list again, and the account of all of them. The children are invented, a third of
them 18 by now.

The floor is a bare COPY, in the same run, of the rows that the list has written (children, cases, releases, duties,
history) into tables with the same checks and indexes: what they cost when nothing is read, looked up, sealed
or hashed. Allowed: 5 minutes for 448,000. Asserts nothing.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.copy_floor import floor, unload
from benchmarks.families import empty_kinline
from integrations.database import transaction
from integrations.desk.reconcile import Reconciled, reconcile
from integrations.kit import Kit
from integrations.store.accounting import take_account
from kinline.local.postgres import EmbeddedPostgres

SEED = 7
NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
WRITTEN = ("child", "child_case", "roster_release", "obligation", "history")


def main(sizes: Sequence[int]) -> None:
    print("children   seconds  (own CPU)   again   account   floor   ratio   rows/s   peak MB")
    for size in sizes:
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedPostgres(Path(folder) / "home") as postgres,
        ):
            _one_size(postgres, Path(folder), size)


def _one_size(postgres: EmbeddedPostgres, folder: Path, size: int) -> None:
    kit = empty_kinline(postgres, now=NOW)
    rows = _rows(size)
    _timed(kit, _write(folder / "tenth.csv", rows[::10]))
    already = unload(postgres, folder, WRITTEN)
    whole = _write(folder / "all.csv", rows)
    cpu = time.process_time()
    seconds, found = _timed(kit, whole)
    cpu = time.process_time() - cpu
    if (found.known, len(found.added)) != (len(rows[::10]), size - len(rows[::10])):
        raise SystemExit(f"not what was planted: {found.counts()}")
    print(f"{size:8d} {seconds:9.1f} {cpu:12.1f}", end="", flush=True)
    again, _ = _timed(kit, whole)
    begun = time.perf_counter()
    with transaction(kit.engine) as session:
        account = take_account(session, now=NOW)
    account_seconds = time.perf_counter() - begun
    if account.children != size or not account.is_whole:
        raise SystemExit("a child is missing from the account")
    kit.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f" {again:7.1f} {account_seconds:9.1f}", end="", flush=True)
    unload(postgres, folder, WRITTEN)
    bare = floor(postgres, folder, already)
    print(f" {bare:7.1f} {seconds / bare:7.1f} {size / seconds:8.0f} {peak:9.0f}", flush=True)


def _rows(size: int) -> list[str]:
    """Invented children: released over the last eight years, and between 6 and 17 then."""
    chance = random.Random(SEED)
    rows = []
    for n in range(size):
        released_on = date(2026, 2, 1) - timedelta(days=chance.randrange(8 * 365))
        born_on = released_on - timedelta(days=chance.randrange(6 * 365, 18 * 365))
        rows.append(f"{200_000_000 + n},{born_on},{released_on},LIST-{n}")
    return rows


def _write(path: Path, rows: Sequence[str]) -> Path:
    path.write_text("\n".join(["a_number,date_of_birth,released_on,reference", *rows]) + "\n")
    return path


def _timed(kit: Kit, path: Path) -> tuple[float, Reconciled]:
    begun = time.perf_counter()
    found = reconcile(kit, path, actor="cli", now=NOW)
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [44_800, 448_000])
