"""How long `kinline hearings import` takes, and with it the planning of the reminders of so many children.

    .venv/bin/python benchmarks/hearings.py [HEARINGS ...]        (default: 10000 100000)

For each size, on an embedded PostgreSQL of its own with commits that wait for the disk: a first list with a hearing
for every one of so many children (the child and the sponsor of each take texts, so each hearing plans six reminders
and the outcome to record), the court round that a long list asks for (each child's status and next look), the same
list again, and a list that moves every tenth hearing.

The floor is a bare COPY, right after the first list, of the rows that it has written (hearings, duties, history)
into tables with the same checks and indexes: what they cost when nothing is read, looked up, opened or decided.
Allowed: 60 seconds for 100,000. Of the list and of the families one batch is in memory; the report, one line for each
hearing, is not bounded. Stops where the lists were not taken as planted.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.copy_floor import floor, unload
from benchmarks.families import FAMILIES, empty_kinline, plant
from integrations.desk.court_round import court_round
from integrations.desk.hearing_report import Imported
from integrations.desk.hearings import AT_ONCE, import_file
from integrations.desk.reconcile import reconcile
from integrations.kit import Kit
from kinline.local.postgres import EmbeddedPostgres

NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
WRITTEN = ("hearing", "obligation", "history")
# The child and the sponsor of each agreed to texts.
_CONSENTS = (
    """
    INSERT INTO consent (id, number_id, given, method, at, recorded_at, actor)
    SELECT gen_random_uuid(), p.id, true, 'signed_form', %(now)s, %(now)s, 'cli' FROM phone_number p
    """,
)


def main(sizes: Sequence[int]) -> None:
    print(
        "hearings   seconds  (own CPU)   floor   ratio   round  (own CPU)   again   a tenth moved   peak MB"
    )
    for size in sizes:
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedPostgres(Path(folder) / "home") as postgres,
        ):
            _one_size(postgres, Path(folder), size)


def _one_size(postgres: EmbeddedPostgres, folder: Path, size: int) -> None:
    kit = empty_kinline(postgres, now=NOW)
    roster = folder / "roster.csv"
    roster.write_text(
        "\n".join(
            [
                "a_number,date_of_birth,released_on,reference",
                *(f"{200_000_000 + n},2012-05-02,2026-01-20,LIST-{n}" for n in range(size)),
            ]
        )
        + "\n"
    )
    reconcile(kit, roster, actor="cli", now=NOW)
    plant(postgres, [*FAMILIES, *_CONSENTS], now=NOW)
    already = unload(postgres, folder, WRITTEN)
    cpu = time.process_time()
    seconds, found = _timed(kit, _list(folder, size, moved=0))
    cpu = time.process_time() - cpu
    if (len(found.added), found.refused, len(found.queued)) != (size, 0, 0):
        raise SystemExit(f"not what was planted: {found.counts()}")
    print(f"{size:8d} {seconds:9.1f} {cpu:12.1f}", end="", flush=True)
    written = unload(postgres, folder, WRITTEN)
    bare = floor(postgres, folder, already)  # at once: the company on the machine is still the same
    print(f" {bare:7.1f} {seconds / bare:7.1f}", end="", flush=True)
    print(" {:7.1f} {:10.1f}".format(*_round(kit, size)), end="", flush=True)
    again, found = _timed(kit, _list(folder, size, moved=0))
    if found.unchanged != size:
        raise SystemExit(f"the same list is not the same: {found.counts()}")
    moved, found = _timed(kit, _list(folder, size, moved=10))
    if len(found.moved) != size // 10:
        raise SystemExit(f"not what was planted: {found.counts()}")
    kit.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = ", ".join(f"{written[table] - already[table]} {table}" for table in WRITTEN)
    print(f" {again:7.1f} {moved:15.1f} {peak:9.0f}   ({rows})", flush=True)


def _list(folder: Path, size: int, *, moved: int) -> Path:
    """A hearing for each child, at ten hours of 250 days; with `moved`, every so manieth a week later."""
    path = folder / "hearings.csv"
    with path.open("w") as file:
        file.write("a_number,date_of_birth,court,hearing_key,starts_at,kind,state,outcome\n")
        for n in range(size):
            day = date(2026, 3, 2) + timedelta(days=n % 250 + (7 if moved and n % moved == 0 else 0))
            at = f"{day}T{8 + n % 10:02d}:30-07:00"
            file.write(
                f"{200_000_000 + n},2012-05-02,Los Angeles Immigration Court,K{n},{at},master,scheduled,\n"
            )
    return path


def _round(kit: Kit, size: int) -> tuple[float, float]:
    """Seconds, and of them Python's CPU, for the status and the next look of each child."""
    begun, cpu = time.perf_counter(), time.process_time()
    planned = court_round(kit, now=NOW)
    if size > AT_ONCE and planned != {"statuses": size, "lookups": size}:
        raise SystemExit(f"the round did not see them all: {planned}")
    return time.perf_counter() - begun, time.process_time() - cpu


def _timed(kit: Kit, path: Path) -> tuple[float, Imported]:
    begun = time.perf_counter()
    found = import_file(kit, path, actor="cli", now=NOW)
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000])
