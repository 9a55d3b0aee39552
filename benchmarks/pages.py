"""How long the console's pages take with so many children in the database.

    .venv/bin/python benchmarks/pages.py [CHILDREN ...]        (default: 20000)

For each size, on an embedded PostgreSQL of its own: children of an official list in the care of 40 providers of 20 offices,
each followed, with an application, two telephones, texts and duties of the past, a twentieth with a hearing ahead and a
hundredth with an open escalation; and one packet of the samples, vetted as far as no person is needed. A fiftieth each have a
duty overdue, due today, done today. Each page is asked for over HTTP so many times by a signed-in supervisor, who sees all
offices, and by a case manager of one; its 50th and 95th percentile are printed.

The floor is the page's own bare SQL: the statements that it sent, sent once more on one connection, with nothing made of
their rows. Allowed at 450,000: 200 ms at the 95th percentile. Exits 1 when a page takes longer, or does not answer 200.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx
from sqlalchemy import Engine, event, select, text
from sqlmodel import col

from benchmarks.families import FAMILIES, empty_kinline, plant
from console.app import create_app
from integrations.database import set_sandbox_clock, transaction
from integrations.desk.intake import submit
from integrations.desk.oversight import measure_names
from integrations.desk.overview import take_overviews
from integrations.desk.reconcile import reconcile
from integrations.desk.rota import ensure_sandbox_rota
from integrations.desk.sandbox_phones import MOST_SHOWN
from integrations.identity.accounts import set_password
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.sandbox.serving import ThreadedServer
from integrations.store.sealing import seal_json
from integrations.store.staff import SANDBOX_STAFF, ensure_sandbox_staff
from kinline.local.postgres import EmbeddedPostgres
from models.tables.people import Case, PhoneNumber
from models.tables.vetting import Application

NOW = datetime(2026, 2, 2, 15, tzinfo=UTC)
PASSWORD = "four plain invented words"
SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "packets" / "14-shared-address"
TIMES, ALLOWED = 40, 0.2
OPENINGS = "openings_unreviewed"  # a supervisor's alone
# Who is asked for pages: one who sees all, and one of an office.
READERS = ("supervisor@example.org", "cm@example.org")
OFFICES = 20
# Who cares for the children, and where whose work it is: each office has somebody who takes escalations.
_CARE = (
    "UPDATE staff SET office = 'office 1' WHERE email = 'cm@example.org'",
    f"""
    INSERT INTO staff (id, email, display_name, roles, active, office, created_at)
    SELECT gen_random_uuid(), 'cm' || n || '@example.org', 'Case manager ' || n, ARRAY['case_manager'], true,
           'office ' || n, %(now)s
    FROM generate_series(2, {OFFICES}) AS n
    """,
    f"""
    INSERT INTO office_provider (id, care_provider, office, set_by, set_at)
    SELECT gen_random_uuid(), 'provider ' || n, 'office ' || 1 + n %% {OFFICES},
           (SELECT id FROM staff ORDER BY email LIMIT 1), %(now)s
    FROM generate_series(1, {2 * OFFICES}) AS n
    """,
    # Three in four were heard since the release, some a long time ago.
    f"""
    UPDATE child_case SET care_provider = 'Provider ' || 1 + abs(hashtext(id::text || 'care')) %% {2 * OFFICES},
           last_contact_at = CASE WHEN hashtext(id::text) %% 4 = 0 THEN last_contact_at ELSE greatest(
               released_at + interval '1 day', %(now)s - abs(hashtext(id::text || 'heard')) %% 200 * interval '1 day') END
    """,
)
# What the families have had and have ahead.
_LIVES = (
    """
    INSERT INTO message (id, case_id, number_id, to_party, purpose, step, answer, template, language, params, state,
                         send_after, not_after, accepted_at, ended_at, tries, looked_up, asked_to_wait, created_at)
    SELECT gen_random_uuid(), p.case_id, p.id, p.party, 'checkin-' || n, 0, false, 'checkin', 'es', '{}', 'delivered',
           %(now)s - n * interval '20 days', %(now)s - n * interval '19 days', %(now)s - n * interval '20 days',
           %(now)s - n * interval '20 days', 1, 0, false, %(now)s - n * interval '20 days'
    FROM phone_number p CROSS JOIN generate_series(1, 2) AS n
    """,
    """
    INSERT INTO hearing (id, case_id, court, hearing_key, kind, state, starts_at, zone, seen_at, source)
    SELECT c.id, c.id, 'Houston Immigration Court', 'K' || c.id, 'master', 'scheduled',
           %(now)s + (row_number() OVER ()) %% 200 * interval '1 day', 'America/Chicago', %(now)s, 'court'
    FROM child_case c WHERE hashtext(c.id::text) %% 20 = 0
    """,
    """
    INSERT INTO escalation (id, case_id, reason, key, rule, policy_version, level, queue, state, opened_at, acknowledge_by,
                            resolve_by, owned_until, nag_count, by_closure)
    SELECT c.id, c.id, 'no_answer', '', 'BENCH', c.followup_policy, 1, 'case_manager', 'open',
           %(now)s - (row_number() OVER ()) %% 40 * interval '1 hour', %(now)s + interval '20 hours',
           %(now)s + interval '3 days', %(now)s + interval '5 days', 0, false
    FROM child_case c WHERE hashtext(c.id::text) %% 100 = 1
    """,
    # Of her office's, the case manager has taken the half.
    """
    UPDATE escalation e SET state = 'acknowledged', owner = s.id, acknowledged_at = %(now)s
    FROM child_case c, staff s
    WHERE c.id = e.case_id AND c.office = s.office AND s.email = 'cm@example.org' AND hashtext(c.id::text || 'own') %% 2 = 0
    """,
    # Duties for the board, each of a fiftieth of the children: overdue, still due today, and done today.
    """
    INSERT INTO obligation (id, case_id, side, kind, party, key, opens_at, due_at, owned_until, queue, policy_version,
                            rule, in_sight, state, by_closure, detail, created_at)
    SELECT gen_random_uuid(), c.id, 'followup', 'verify_address', 'case', 'bench', %(now)s - interval '9 days', due_at,
           due_at + interval '3 days', 'case_manager', c.followup_policy, 'BENCH', false, 'open', false, '{}',
           %(now)s - interval '9 days'
    FROM child_case c
    JOIN (VALUES (2, interval '-30 hours'), (3, interval '2 hours')) AS of (rest, away)
      ON hashtext(c.id::text) %% 50 = of.rest
    CROSS JOIN LATERAL (SELECT %(now)s + of.away AS due_at) due
    """,
    """
    WITH seen AS (
        INSERT INTO evidence (id, case_id, kind, row_id, spoke_with, by_staff, actor, at)
        SELECT gen_random_uuid(), c.id, 'review', c.id, 'nobody', (SELECT id FROM staff ORDER BY email LIMIT 1), 'cli',
               %(now)s - interval '2 hours'
        FROM child_case c WHERE hashtext(c.id::text) %% 50 = 4
        RETURNING id, case_id, kind, spoke_with
    )
    INSERT INTO obligation (id, case_id, side, kind, party, key, opens_at, due_at, owned_until, queue, policy_version,
                            rule, in_sight, state, evidence_id, evidence_kind, spoke_with, by_closure, detail,
                            created_at, ended_at)
    SELECT gen_random_uuid(), s.case_id, 'followup', 'verify_address', 'case', 'bench', %(now)s - interval '9 days',
           %(now)s + interval '1 day', %(now)s + interval '4 days', 'case_manager', c.followup_policy, 'BENCH', false,
           'settled', s.id, s.kind, s.spoke_with, false, '{}', %(now)s - interval '9 days', %(now)s - interval '2 hours'
    FROM seen s JOIN child_case c ON c.id = s.case_id
    """,
)


@dataclass
class Statements:
    """What one visit sends to the database."""

    seen: list[tuple[str, Any]] = field(default_factory=list)
    listening: bool = False

    def note(self, statement: str, parameters: Any) -> None:
        if self.listening:
            self.seen.append((statement, parameters))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[20_000], metavar="CHILDREN")
    parser.add_argument("--times", type=int, default=TIMES, help="visits of each page")
    asked = parser.parse_args()
    well = True
    for size in asked.sizes:
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedPostgres(Path(folder) / "home") as postgres,
        ):
            well &= _one_size(postgres, Path(folder), size, asked.times)
    return 0 if well else 1


def _one_size(postgres: EmbeddedPostgres, folder: Path, size: int, times: int) -> bool:
    begun = time.perf_counter()
    kit, application = made(postgres, folder, size)
    print(
        f"\n{size:,} children, made in {time.perf_counter() - begun:.0f} s; {times} visits each; milliseconds"
    )
    seen = _listen(kit.engine)
    app = create_app(kit, wall=lambda: NOW)
    slow = []
    with ThreadedServer(app) as server:
        kit.public_url = server.url
        for email in READERS:
            taken = take_overviews(kit, now=kit.now())
            print(f"account and measures, as the clock takes them every few minutes: {taken:.1f} s")
            print(f"\n{email:44} {'p50':>7} {'p95':>7} {'bare SQL':>9} {'ratio':>6} {'statements':>11}")
            with httpx.Client(base_url=server.url, timeout=120) as browser:
                _sign_in(browser, email)
                for path in _pages(kit, str(application), email):
                    if _measure(browser, kit.engine, seen, path, times) > ALLOWED:
                        slow.append(f"{path} ({email})")
    kit.close()
    print(f"slower than {1000 * ALLOWED:.0f} ms: {', '.join(slow) if slow else 'none'}")
    return not slow


def made(postgres: EmbeddedPostgres, folder: Path, size: int) -> tuple[Kit, UUID]:
    """A Kinline with so many children, and the application of the sample."""
    kit = empty_kinline(postgres, now=NOW)
    with transaction(kit.engine) as session:
        set_sandbox_clock(session, NOW)
        ensure_sandbox_staff(session, now=NOW)
        for email, _, _ in SANDBOX_STAFF:
            set_password(session, email, PASSWORD)
    ensure_sandbox_rota(kit, now=NOW)
    reconcile(kit, _roster(folder, size), actor="cli", now=NOW)
    plant(postgres, _CARE, now=NOW)
    plant(postgres, [*FAMILIES, *_LIVES], now=NOW)
    _number_some(kit)
    return kit, submit(kit, read_path(SAMPLE), actor="cli", now=NOW).application_id


def _number_some(kit: Kit) -> None:
    """The first phones have a number that can be read: those that each reader's list of the sandbox's phones shows."""
    first = (
        select(PhoneNumber)
        .join(Application, col(Application.id) == col(PhoneNumber.application_id))
        .join(Case, col(Case.id) == col(PhoneNumber.case_id))
        .order_by(col(Application.reference), col(PhoneNumber.party).desc())
        .limit(2 * MOST_SHOWN)
    )
    with kit.transaction() as session:
        for query in (first, first.where(col(Case.office) == "office 1")):
            for n, row in enumerate(session.scalars(query)):
                seal_json(kit.vault, row, "sealed_number", {"number": f"+1202555{100 + n % 100:04d}"})


def _roster(folder: Path, size: int) -> Path:
    path = folder / "roster.csv"
    with path.open("w") as file:
        file.write("a_number,date_of_birth,released_on,reference\n")
        for n in range(size):
            released = (NOW - timedelta(days=10 + n % 300)).date()
            file.write(f"{200_000_000 + n},{2010 + n % 8}-05-02,{released},LIST-{n}\n")
    return path


def _listen(engine: Engine) -> Statements:
    seen = Statements()

    @event.listens_for(engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.note(statement, parameters)

    return seen


def _sign_in(browser: httpx.Client, email: str) -> None:
    answer = browser.post("/sign-in", data={"email": email, "password": PASSWORD})
    if answer.status_code != 303:
        raise SystemExit(f"the sign-in answered {answer.status_code}")


def _pages(kit: Kit, application: str, email: str) -> Iterator[str]:
    """The pages of this person's day, and of one family of the first office that has everything."""
    with kit.transaction() as session:
        case = session.execute(
            text(
                "SELECT e.case_id FROM escalation e JOIN child_case c ON c.id = e.case_id WHERE c.office = 'office 1'"
                " ORDER BY e.case_id LIMIT 1"
            )
        ).scalar_one()
    yield from ("/", "/queue")
    yield from (f"/queue?tab={tab}" for tab in ("nobodys", "overdue", "all", "later"))
    yield from (f"/cases/{case}", f"/cases/{case}/print", f"/cases/{case}/address")
    yield from (
        "/calls",
        "/notices",
        "/hearings",
        "/sandbox",
        "/applications",
        f"/applications/{application}",
        "/intake",
    )
    yield from ("/rota", "/oversight")
    if email == READERS[0]:
        yield from ("/links", "/openings")
    yield from (f"/oversight/{name}" for name in measure_names() if name != OPENINGS or email == READERS[0])
    yield from (
        "/oversight/board/last_contact?band=1",
        "/oversight/board/concerns?band=0",
        "/oversight/board/duties",
        "/oversight/board/duties?team=case_manager&kind=verify_address&how=done",
    )


def _measure(browser: httpx.Client, engine: Engine, seen: Statements, path: str, times: int) -> float:
    """The page's 95th percentile, in seconds; printed beside its own SQL."""
    seen.seen, seen.listening = [], True
    answer = browser.get(path)
    seen.listening = False
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    page = _times(times, lambda: browser.get(path))
    with engine.connect() as connection:
        raw = connection.connection.cursor()

        reads = [one for one in seen.seen if one[0].lstrip().upper().startswith(("SELECT", "WITH"))]

        def bare() -> None:
            for statement, parameters in reads:
                raw.execute(statement, parameters)
                raw.fetchall()

        floor = _times(times, bare)
        connection.rollback()
    p50, p95 = page[49], page[94]
    name = path if len(path) < 44 else path[:20] + "…" + path[-20:]
    print(
        f"{name:44} {1000 * p50:7.1f} {1000 * p95:7.1f} {1000 * floor[49]:9.1f}"
        f" {p50 / floor[49]:6.1f} {len(seen.seen):11d}",
        flush=True,
    )
    return p95


def _times(times: int, act: Callable[[], Any]) -> list[float]:
    """The percentiles 1 to 99 of so many goes, after one that warms up."""
    act()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        found.append(time.perf_counter() - begun)
    return quantiles(found, n=100, method="inclusive")


if __name__ == "__main__":
    sys.exit(main())
