"""How long it takes to find the links of one application, as the sponsors on file grow.

    .venv/bin/python benchmarks/linkage.py [SPONSORS ...]        (default: 5000 50000 500000)

For each size, on a throw-away embedded PostgreSQL filled with invented keys: the 50th and 95th percentile of
`find_links` over applications without and with matches, beside the floor, one bare look-up of each index that
the search uses, measured in the same run. Whoever may be found is sealed and has a name, to be opened and compared. Prints ratios; asserts nothing. Needs about 3 GB of disk at 500,000.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psycopg
from sqlmodel import Session

from integrations.database import make_engine, upgrade
from integrations.store.links import find_links
from integrations.vault import Place, Vault
from kinline.local.postgres import EmbeddedPostgres
from models.tables.vetting import Application

SEED = 7
SAMPLE = 200
# Sponsors who share a home, a phone, a name and an adult of the home with so many others: one of each size is planted.
CROWDS = (2, 10, 100)
Item = TypeVar("Item")
_NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
_VAULT = Vault({1: bytes(32)}, blind_key=bytes(32))
_GIVEN = ("Marta Elena", "Rosa", "José Luis", "Ixchel", "Jorge", "María José", "Ana", "Luis Alberto")

# Row n has the ids and keys that n gives, so every table fills in one statement. Keys are as long as real ones.
_FILL = """
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT md5(kind || n)::uuid $$;
CREATE FUNCTION pg_temp.key(kind text, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
    AS $$ SELECT sha256((kind || n)::bytea) $$;
SET session_replication_role = replica;  -- the invented rows hang together; no trigger needs to look
CREATE TEMP TABLE person AS
    SELECT n, coalesce(crowd, n) AS shared FROM generate_series(1, {size}::bigint) n
    LEFT JOIN LATERAL (
        SELECT -size AS crowd FROM unnest(ARRAY[{crowds}]) WITH ORDINALITY c (size, place)
        WHERE n > place * 1000 AND n <= place * 1000 + size
    ) c ON true;
INSERT INTO child (id, sealed_details, a_number_key, name_key, created_at)
    SELECT pg_temp.id('child', n), '', pg_temp.key('a', n), pg_temp.key('cn', n), '{now}' FROM person;
INSERT INTO child_case (id, child_id, state, origin, care_provider, entered_care_on, created_at, vetting_policy,
                        court_status)
    SELECT pg_temp.id('case', n), pg_temp.id('child', n), 'in_care', 'packet', '', '2026-01-01', '{now}', 'orr-2025',
           'unknown' FROM person;
INSERT INTO sponsor (id, sealed_details, name_key, identity_key, email_key, created_at)
    SELECT pg_temp.id('sponsor', n), '', pg_temp.key('n', shared), pg_temp.key('i', n), pg_temp.key('e', n), '{now}'
    FROM person;
INSERT INTO application (id, case_id, sponsor_id, reference, state, stage, category, policy_version, revision,
                         submitted_at, submitted_by)
    SELECT pg_temp.id('app', n), pg_temp.id('case', n), pg_temp.id('sponsor', n), 'REF-' || n, 'in_review',
           'cm_initiated', '2B', 'orr-2025', 1, '{now}', 'cli' FROM person;
INSERT INTO application_revision (id, application_id, sponsor_id, number, content_key, sealed_packet, at, actor)
    SELECT pg_temp.id('rev', n), pg_temp.id('app', n), pg_temp.id('sponsor', n), 1, pg_temp.key('c', n), '', '{now}',
           'cli' FROM person;
INSERT INTO address (id, case_id, application_id, sealed_details, dwelling_key, building_key, zone, state, source,
                     since_at)
    SELECT pg_temp.id('addr', n), pg_temp.id('case', n), pg_temp.id('app', n), '', pg_temp.key('d', shared),
           pg_temp.key('b', shared), 'America/Chicago', 'deliverable', 'packet', '{now}' FROM person;
INSERT INTO phone_number (id, case_id, application_id, party, role, sealed_number, phone_key, language, position,
                          shared, usable, textable)
    SELECT pg_temp.id('tel', n), pg_temp.id('case', n), pg_temp.id('app', n), 'sponsor', 'party', '',
           pg_temp.key('p', shared), 'es', 0, false, true, true FROM person;
-- Two adults in each home and one who would step in; the crowd's share a first one.
INSERT INTO household_member (id, application_id, revision, subject, sealed_details, name_key, identity_key, phone_key)
    SELECT pg_temp.id('member' || place, n), pg_temp.id('app', n), 1, subject, '',
           pg_temp.key('hn' || place, CASE WHEN place = 1 THEN shared ELSE n END),
           pg_temp.key('hi' || place, CASE WHEN place = 1 THEN shared ELSE n END),
           CASE WHEN place = 3 THEN pg_temp.key('hp', n) END
    FROM person, (VALUES (1, 'household:0'), (2, 'household:1'), (3, 'alternate_caregiver')) m (place, subject);
ANALYZE;
"""
# What finding nothing must cost at the least: one look at each index that the search uses.
_FLOOR = (
    "SELECT 1 FROM sponsor WHERE identity_key = %s",
    "SELECT 1 FROM sponsor WHERE name_key = %s",
    "SELECT 1 FROM sponsor WHERE email_key = %s",
    "SELECT 1 FROM address WHERE dwelling_key = %s",
    "SELECT 1 FROM phone_number WHERE phone_key = %s",
    "SELECT 1 FROM household_member WHERE identity_key = %s",
    "SELECT 1 FROM household_member WHERE name_key = %s",
    "SELECT 1 FROM household_member WHERE phone_key = %s",
)


def main(sizes: Sequence[int]) -> None:
    print(
        "sponsors  alone p50  p95 ms   floor p50  p95 ms   ratio   of crowds: " + "  ".join(map(str, CROWDS))
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder), throwaway=True) as postgres,
    ):
        for size in sizes:
            database = f"bench_{size}"
            with psycopg.connect(postgres.admin_conninfo, autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE {database} OWNER kinline")
            _one_size(postgres, database, size)


def _one_size(postgres: EmbeddedPostgres, database: str, size: int) -> None:
    upgrade(postgres.url_for(database))
    crowds, now = ", ".join(map(str, CROWDS)), _NOW.isoformat()
    with psycopg.connect(
        postgres.conninfo_for(database, role="postgres"), autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as admin:
        admin.execute(_FILL.format(size=size, crowds=crowds, now=now))
    engine = make_engine(postgres.url_for(database))
    chance = random.Random(SEED)
    planted = {place * 1000 + 1: crowd for place, crowd in enumerate(CROWDS, start=1)}
    lonely = [n for n in chance.sample(range(1, size + 1), SAMPLE) if n % 1000 > max(CROWDS) or n < 1000]
    crowds_of = [n for first, crowd in planted.items() for n in range(first, first + crowd)]
    with psycopg.connect(postgres.conninfo_for(database, role="postgres"), autocommit=True) as admin:
        _seal(admin, {*lonely, *crowds_of})
    with Session(engine) as session:
        alone = _milliseconds(lonely, lambda n: _find(session, n))
        together = [_milliseconds([n] * 20, lambda n: _find(session, n)) for n in planted]
        keys = [chance.randbytes(32) for _ in lonely]
        connection = session.connection()
        floor = _milliseconds(
            keys, lambda key: [connection.exec_driver_sql(look, (key,)).all() for look in _FLOOR]
        )
    engine.dispose()
    print(
        f"{size:8d} {_p50(alone):10.2f} {_p95(alone):7.2f} {_p50(floor):11.2f} {_p95(floor):7.2f}"
        f" {_p50(alone) / _p50(floor):8.1f}              " + "  ".join(f"{_p50(ms):.1f}" for ms in together)
    )


def _seal(admin: psycopg.Connection, numbers: Iterable[int]) -> None:
    """Whom the search will open has a name in their row: every eighth of a crowd bears the same."""
    rows = []
    for n in numbers:
        for table, kind in (("sponsor", "sponsor"), *(("household_member", f"member{i}") for i in (1, 2, 3))):
            row_id = _id(kind, n)
            who = {"given_names": _GIVEN[n % 8], "family_names": "Example Coj", "date_of_birth": "1989-11-05"}
            rows.append((table, _VAULT.seal_json(who, Place(table, "sealed_details", row_id)), row_id))
    for table in ("sponsor", "household_member"):
        admin.cursor().executemany(
            f"UPDATE {table} SET sealed_details = %s WHERE id = %s",
            [(bytes(sealed), row_id) for name, sealed, row_id in rows if name == table],
        )


def _id(kind: str, n: int) -> UUID:
    return UUID(bytes=hashlib.md5(f"{kind}{n}".encode()).digest())


def _find(session: Session, n: int) -> None:
    application = session.get_one(Application, _id("app", n))
    find_links(session, _VAULT, application, now=_NOW)
    session.rollback()  # each search finds the file as it was


def _milliseconds(over: Sequence[Item], work: Callable[[Item], object]) -> list[float]:
    work(over[0])
    found = []
    for item in over:
        begun = time.perf_counter()
        work(item)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def _p50(times: Sequence[float]) -> float:
    return statistics.median(times)


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [5_000, 50_000, 500_000])
