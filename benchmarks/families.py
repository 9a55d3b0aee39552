"""What several benchmarks begin with: an empty database of Kinline, and a family for each child of an official list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from integrations.database import ensure_environment, make_engine, transaction, upgrade
from integrations.kit import Kit
from integrations.settings import Settings
from integrations.vault import Vault
from kinline.local.postgres import EmbeddedPostgres

# Every child has an application, and the child and the sponsor each a phone of their own. Nothing sealed is read.
FAMILIES = (
    """
    INSERT INTO sponsor (id, sealed_details, name_key, created_at)
    SELECT c.id, ''::bytea, ''::bytea, %(now)s FROM child_case c
    """,
    """
    INSERT INTO application (id, case_id, sponsor_id, reference, state, stage, category, policy_version, revision,
                             submitted_at, submitted_by)
    SELECT c.id, c.id, c.id, 'BENCH-' || c.id, 'released', 'cm_initiated', '2A', 'orr-2025', 1,
           c.created_at - interval '9 days', 'cli'
    FROM child_case c
    """,
    """
    INSERT INTO phone_number (id, case_id, application_id, party, role, sealed_number, phone_key, language,
                              position, shared, usable, textable)
    SELECT gen_random_uuid(), c.id, c.id, party, 'party', ''::bytea, decode(md5(c.id || party), 'hex'), 'es',
           0, false, true, true
    FROM child_case c CROSS JOIN unnest(ARRAY['child', 'sponsor']) AS party
    """,
)


def empty_kinline(postgres: EmbeddedPostgres, *, now: datetime) -> Kit:
    """The database `bench`, up to date, of a sandbox; with a vault of plain invented keys and no services."""
    with psycopg.connect(postgres.admin_conninfo, autocommit=True) as admin:
        admin.execute("CREATE DATABASE bench OWNER kinline")
    upgrade(postgres.url_for("bench"))
    engine = make_engine(postgres.url_for("bench"))
    with transaction(engine) as session:
        ensure_environment(session, "sandbox", wall=now)
    vault = Vault({1: bytes(range(32))}, blind_key=bytes(range(32, 64)))
    return Kit(engine=engine, vault=vault, settings=Settings())


def plant(postgres: EmbeddedPostgres, statements: Sequence[str], *, now: datetime) -> None:
    """Runs them over all children, then tidies as the autovacuum would in time."""
    with psycopg.connect(postgres.conninfo_for("bench", role="postgres"), autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement, {"now": now})
        admin.execute("VACUUM ANALYZE")
