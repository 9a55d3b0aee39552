"""How many homes a second the address round looks up, with its writing, beside bare calls of the same number.

    .venv/bin/python benchmarks/address_round.py [HOMES ...]        (default: 2000 20000)

For each size, on an embedded PostgreSQL of its own with commits that wait for the disk: the round over as many homes as there are
followed children, through the real client and the sandbox's postal service over HTTP on loopback, in a process of its own; the
pace is not limited. One home in twenty is defective and opens its duty. The floor, in the same run, is as many bare httpx calls
for the same addresses with a token, as many at once, whose answers nobody reads. Printed too: the cost of everything but
the calls, per home, which must not grow with the number of homes. Asserts nothing but the counts.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx
import psycopg

from integrations.database import ensure_environment, make_engine, transaction, upgrade
from integrations.desk.address_round import address_round
from integrations.kit import Kit
from integrations.postal.usps import Usps
from integrations.sandbox.postal_server import create_postal_app
from integrations.sandbox.serving import ThreadedServer
from integrations.settings import Settings
from integrations.store.staff import ensure_sandbox_staff
from integrations.vault import Place, Vault
from kinline.local.postgres import EmbeddedPostgres
from models.reading import PostalAnswer
from vetting.ports import AddressQuery

NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
AT_ONCE = 4
DEFECTIVE_EVERY = 20
_VAULT = Vault({1: bytes(range(32))}, blind_key=bytes(range(32, 64)))


class _Silent:
    """A postal service that costs nothing."""

    def look_up(self, query: AddressQuery, *, at: datetime | None = None) -> PostalAnswer:
        bad = query.line1.startswith("9999 ")
        return PostalAnswer("N" if bad else "Y", False, False, NOW, "bench")


def main(sizes: Sequence[int]) -> None:
    print("homes   round s  homes/s   bare s  calls/s   ratio   without the calls, us/home")
    with _post() as url:
        for size in sizes:
            with (
                tempfile.TemporaryDirectory() as folder,
                EmbeddedPostgres(Path(folder) / "home") as postgres,
            ):
                _one_size(postgres, url, size)


def _serve(port: Any) -> None:
    app = create_postal_app(clock=lambda: NOW, client_id="bench", client_secret="bench")
    with ThreadedServer(app) as server:
        port.send(server.url)
        port.recv()


@contextmanager
def _post() -> Iterator[str]:
    """The sandbox's postal service in a process of its own, or it would share our interpreter's lock."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(20)


def _one_size(postgres: EmbeddedPostgres, url: str, size: int) -> None:
    with psycopg.connect(postgres.admin_conninfo, autocommit=True) as admin:
        admin.execute("CREATE DATABASE bench OWNER kinline")
    upgrade(postgres.url_for("bench"))
    settings = Settings(postal_per_second=100_000, postal_at_once=AT_ONCE)
    kit = Kit(engine=make_engine(postgres.url_for("bench")), vault=_VAULT, settings=settings)
    with transaction(kit.engine) as session:
        ensure_environment(session, "sandbox", wall=NOW)
        ensure_sandbox_staff(session, now=NOW)
    streets = [
        f"{9999 if n % DEFECTIVE_EVERY == 0 else 101 + 2 * n % 8000} Example {n} Ave" for n in range(size)
    ]
    with psycopg.connect(postgres.conninfo_for("bench", role="postgres"), autocommit=True) as admin:
        _fill(admin, streets)
        # Who lives together is another benchmark's.
        admin.execute("UPDATE address SET watched_at = %s", (NOW,))
        admin.execute("VACUUM ANALYZE")
    with Usps(base_url=url, client_id="bench", client_secret="bench", clock=lambda: NOW) as post:
        seconds = _round(kit, post, size, NOW)
    alone = _round(kit, _Silent(), size, NOW + timedelta(days=31), again=True)
    kit.close()
    bare = _bare(url, streets)
    print(
        f"{size:6d} {seconds:8.1f} {size / seconds:8.0f} {bare:8.1f} {size / bare:8.0f} {seconds / bare:7.2f}"
        f" {alone / size * 1e6:14.0f}",
        flush=True,
    )


def _round(kit: Kit, post: Any, size: int, now: datetime, *, again: bool = False) -> float:
    kit.__dict__["postal"] = post
    defective = -(-size // DEFECTIVE_EVERY)
    begun = time.perf_counter()
    counts = address_round(kit, now=now)
    seconds = time.perf_counter() - begun
    expected = {"deliverable": size - defective, "defective": defective} | (
        {} if again else {"duties": defective}
    )
    if counts != expected:
        raise SystemExit(f"not what was planted: {counts}")
    return seconds


def _bare(url: str, streets: Sequence[str]) -> float:
    """Seconds for as many calls by httpx alone."""
    with httpx.Client(base_url=url, trust_env=False) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        wanted = {"grant_type": "client_credentials", "client_id": "bench", "client_secret": "bench"}
        token = client.post("/oauth2/v3/token", json=wanted).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}

        def call(street: str) -> None:
            client.get(
                "/addresses/v3/address",
                params={"streetAddress": street, "city": "Houston", "state": "TX", "ZIPCode": "77036"},
                headers=headers,
            ).raise_for_status()

        begun = time.perf_counter()
        list(pool.map(call, streets))
        return time.perf_counter() - begun


def _fill(admin: psycopg.Connection, streets: Sequence[str]) -> None:
    """A followed child in each of these streets, with one duty that keeps it in sight."""
    # The invented rows hang together; no trigger needs to look.
    admin.execute("SET session_replication_role = replica")
    admin.execute(_CASES, {"count": len(streets), "now": NOW, "due": NOW + timedelta(days=30)})
    rows = admin.execute("SELECT id, case_id FROM application ORDER BY reference").fetchall()
    by = admin.execute("SELECT id FROM staff LIMIT 1").fetchone()
    assert by is not None
    with admin.cursor().copy(
        "COPY address (id, case_id, application_id, sealed_details, dwelling_key, building_key, zone, state, source,"
        " since_at) FROM STDIN"
    ) as copy:
        for street, (application, case) in zip(streets, rows, strict=True):
            copy.write_row(_address(street, application, case))
    admin.execute(
        "INSERT INTO release (id, application_id, case_id, released_on, prs, released_by, at)"
        " SELECT gen_random_uuid(), id, case_id, %(day)s, false, %(by)s, %(now)s FROM application",
        {"day": NOW.date(), "by": by[0], "now": NOW},
    )
    admin.execute("SET session_replication_role = origin")


def _address(street: str, application: UUID, case: UUID) -> tuple[Any, ...]:
    own = uuid4()
    details = {"line1": street, "city": "Houston", "state": "TX", "zip": "77036"}
    sealed = _VAULT.seal_json(details, Place("address", "sealed_details", own))
    key = _VAULT.blind("dwelling", street)
    return (
        *(own, case, application, bytes(sealed), key, key, "America/Chicago", "stated", "packet"),
        NOW,
    )


_CASES = """
    WITH made AS MATERIALIZED (
        SELECT n, gen_random_uuid() AS child, gen_random_uuid() AS kase, gen_random_uuid() AS sponsor
        FROM generate_series(1, %(count)s) n
    ), children AS (
        INSERT INTO child (id, sealed_details, a_number_key, name_key, created_at)
        SELECT child, '', sha256(n::text::bytea), '', %(now)s FROM made
    ), cases AS (
        INSERT INTO child_case (id, child_id, state, origin, followup_policy, zone, released_at, last_contact_at,
                                max_silence_days, created_at)
        SELECT kase, child, 'in_follow_up', 'roster', 'swb-2024r3', 'America/Chicago', %(now)s, %(now)s, 120, %(now)s
        FROM made
    ), sponsors AS (
        INSERT INTO sponsor (id, sealed_details, name_key, created_at)
        SELECT sponsor, '', sha256(('s' || n)::bytea), %(now)s FROM made
    ), duties AS (
        INSERT INTO obligation (id, case_id, side, kind, party, key, opens_at, due_at, owned_until, queue,
                                policy_version, rule, in_sight, state, by_closure, detail, created_at)
        SELECT gen_random_uuid(), kase, 'followup', 'sight_check', 'child', 'bench', %(now)s, %(due)s, %(due)s, 'rota',
               'swb-2024r3', 'bench', true, 'open', false, '{}', %(now)s
        FROM made
    )
    INSERT INTO application (id, case_id, sponsor_id, reference, state, stage, category, policy_version, revision,
                             submitted_at, submitted_by)
    SELECT gen_random_uuid(), kase, sponsor, 'BENCH-' || lpad(n::text, 7, '0'), 'released', 'cm_initiated', '2A',
           'orr-2025', 1, %(now)s, 'cli'
    FROM made
"""


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [2000, 20_000])
