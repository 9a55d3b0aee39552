"""The numbered migrations make the models' schema, keep every row, and go forward only."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from integrations import database
from integrations.database import MIGRATIONS, alembic_config, is_current, make_engine, server_version, upgrade
from models.tables.all import METADATA
from tests.migration.schema_rows import all_rows, insert_one_of_each, lost
from tests.refusals import rule_of
from tests.servers import TestServer

FILES = sorted((MIGRATIONS / "versions").glob("*.py"))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = make_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def revisions() -> list[str]:
    """Every revision of the folder in use, oldest first."""
    script = ScriptDirectory.from_config(alembic_config(""))
    return [r.revision for r in reversed(list(script.walk_revisions()))]


# --- the files ------------------------------------------------------------------------------------


def test_the_files_are_numbered_in_order_without_gaps() -> None:
    assert FILES
    assert [path.name[:5] for path in FILES] == [f"{n:04d}_" for n in range(1, len(FILES) + 1)]
    assert [path.name for path in FILES if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", path.name)] == []


def test_each_revision_is_named_by_its_number_and_follows_the_one_before() -> None:
    script = ScriptDirectory.from_config(alembic_config(""))
    assert script.get_bases() == ["0001"]
    assert len(script.get_heads()) == 1
    assert revisions() == [path.name[:4] for path in FILES]


# --- the schema -----------------------------------------------------------------------------------


def differences(url: str) -> list[Any]:
    """What Alembic would still change to reach the models."""
    with connected(url) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def catalog(url: str) -> set[str]:
    """Columns, constraints and indexes as the server itself tells them: Alembic does not compare CHECKs.

    Triggers stand in migrations alone and are left out.
    """
    queries = (
        "SELECT concat_ws(' ', table_name, column_name, data_type, udt_name, is_nullable, column_default,"
        " is_identity) FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype <> 't'",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    )
    with connected(url) as connection:
        told = {row for query in queries for row in connection.execute(text(query)).scalars()}
    return {line for line in told if "alembic_version" not in line}


def catalog_of_models(server: TestServer) -> set[str]:
    """The catalog of a database that was made from the models alone, without a migration."""
    with server.database(word="models") as url:
        with connected(url) as connection:
            METADATA.create_all(connection)
        return catalog(url)


def test_migrations_and_models_do_not_differ(any_empty_url: str, any_server: TestServer) -> None:
    upgrade(any_empty_url)
    assert differences(any_empty_url) == []
    assert catalog(any_empty_url) ^ catalog_of_models(any_server) == set()


SEEN_BY_ALEMBIC = (
    "ALTER TABLE obligation ADD COLUMN planted text",
    "ALTER TABLE obligation ALTER COLUMN queue DROP NOT NULL",
    "ALTER TABLE message ALTER COLUMN tries TYPE bigint",
    "DROP INDEX message_one_live",
    "CREATE TABLE planted (id int)",
)
SEEN_IN_THE_CATALOG = (
    *SEEN_BY_ALEMBIC,
    "ALTER TABLE obligation DROP CONSTRAINT obligation_settled_needs_evidence",
    "DROP INDEX message_one_live; CREATE UNIQUE INDEX message_one_live ON message (obligation_id, purpose)",
)


def test_the_comparisons_see_a_planted_difference(server: TestServer, template: str) -> None:
    expected = catalog_of_models(server)
    for plant in SEEN_IN_THE_CATALOG:
        with server.database(template) as url:
            with connected(url) as connection:
                connection.execute(text(plant))
            assert catalog(url) != expected, plant
            assert (differences(url) != []) == (plant in SEEN_BY_ALEMBIC), plant


def test_the_database_knows_whether_it_is_current(empty_url: str) -> None:
    engine = make_engine(empty_url)
    assert not is_current(engine)
    upgrade(empty_url)
    assert is_current(engine)
    engine.dispose()


# --- rows -----------------------------------------------------------------------------------------


def ahead_of(url: str) -> list[str]:
    """The revisions that this database has not reached, oldest first."""
    with connected(url) as connection:
        reached = MigrationContext.configure(connection).get_current_revision()
    known = revisions()
    return known if reached is None else known[known.index(reached) + 1 :]


def upgrade_step_by_step(url: str) -> list[str]:
    """At each revision from here on: rows in every table, then the next one. The tables that lost rows on the way."""
    missing: list[str] = []
    for revision in ahead_of(url):
        with connected(url) as connection:
            before = all_rows(connection)
        upgrade(url, revision)
        with connected(url) as connection:
            missing += lost(before, all_rows(connection))
            insert_one_of_each(connection)
            assert [table for table, rows in all_rows(connection).items() if not rows] == []
    with connected(url) as connection:
        before = all_rows(connection)
    upgrade(url)
    with connected(url) as connection:
        return missing + lost(before, all_rows(connection))


def test_rows_of_every_revision_are_still_there_at_the_head(any_empty_url: str) -> None:
    assert upgrade_step_by_step(any_empty_url) == []


@pytest.fixture(scope="module")
def walked(server: TestServer) -> Iterator[str]:
    """The name of a database that has come through every revision, with rows of each of them."""
    with server.database(word="walked") as url:
        assert upgrade_step_by_step(url) == []
        yield make_url(url).database or ""


@pytest.fixture
def walked_url(server: TestServer, walked: str) -> Iterator[str]:
    """A copy of it."""
    with server.database(walked) as url:
        yield url


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plants one more migration, with this body, after the newest."""
    folder = tmp_path / "a folder with 100% of them"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(database, "MIGRATIONS", folder)

    def plant(*statements: str) -> None:
        number, last = f"{len(FILES) + 1:04d}", FILES[-1].name[:4]
        body = "\n".join(f"    op.execute({statement!r})" for statement in statements)
        (folder / "versions" / f"{number}_planted.py").write_text(
            f"from alembic import op\n\nrevision = {number!r}\ndown_revision = {last!r}\n\n\n"
            f"def upgrade() -> None:\n{body}\n"
        )

    return plant


def test_a_later_migration_that_adds_a_column_loses_nothing(walked_url: str, planted: Any) -> None:
    planted(
        "ALTER TABLE job ADD COLUMN planted text", "ALTER TABLE heartbeat ADD COLUMN n int NOT NULL DEFAULT 1"
    )
    assert upgrade_step_by_step(walked_url) == []


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM job", "DROP TABLE heartbeat", "UPDATE job SET kind = 'x'", "TRUNCATE staff_session"],
)
def test_a_later_migration_that_loses_rows_is_noticed(walked_url: str, planted: Any, statement: str) -> None:
    planted(statement)
    assert upgrade_step_by_step(walked_url) != []


def test_a_migration_that_cannot_work_on_rows_fails_the_walk(walked_url: str, planted: Any) -> None:
    planted("ALTER TABLE job ADD COLUMN planted text NOT NULL")
    with pytest.raises(DBAPIError, match="contains null values"):
        upgrade_step_by_step(walked_url)


def test_a_migration_that_fails_half_way_changes_nothing_and_frees_the_lock(
    empty_url: str, planted: Any
) -> None:
    upgrade(empty_url, FILES[-1].name[:4])
    planted("ALTER TABLE job ADD COLUMN planted text", "SELECT 1 / 0")
    before = catalog(empty_url)
    with pytest.raises(DBAPIError, match="division by zero"):
        upgrade(empty_url)
    assert catalog(empty_url) == before
    with connected(empty_url) as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            == FILES[-1].name[:4]
        )
        assert (
            connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one()
            == 0
        )


KEPT = ("history", "audit_entry", "audit_block", "evidence", "consent", "obligation", "escalation")
NOT_REMOVED = ("application", "attempt", "call", "child", "child_case", "finding", "message", "release")


def test_the_oldest_supported_server_keeps_what_must_be_kept(any_empty_url: str) -> None:
    upgrade(any_empty_url)
    with connected(any_empty_url) as connection:
        assert connection.dialect.server_version_info >= (15,)
        insert_one_of_each(connection)
        losses = [*itertools.product(KEPT, ("DELETE FROM {}", "TRUNCATE {} CASCADE"))]
        for table, loss in (*losses, *itertools.product(NOT_REMOVED, ("DELETE FROM {}",))):
            with pytest.raises(DBAPIError) as caught, connection.begin_nested():
                connection.execute(text(loss.format(table)))
            assert f"rows of {table} are kept as they were written" in rule_of(caught.value)


# --- how it runs ----------------------------------------------------------------------------------


def test_two_processes_that_upgrade_at_once_both_end_well(empty_url: str) -> None:
    program = "import sys; from integrations.database import upgrade; upgrade(sys.argv[1])"
    both = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert differences(empty_url) == []


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    before = catalog(empty_url)
    upgrade(empty_url)
    assert catalog(empty_url) == before


def test_a_downgrade_is_refused_and_changes_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    before = catalog(empty_url)
    for target in ("base", "-1"):
        with pytest.raises(NotImplementedError, match="forward only"):
            command.downgrade(alembic_config(empty_url), target)
    assert catalog(empty_url) == before
    with connected(empty_url) as connection:
        insert_one_of_each(connection)


def test_an_upgrade_takes_every_url_that_the_engine_takes(empty_url: str) -> None:
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        upgrade(empty_url.replace("postgresql+psycopg://", scheme))


def test_the_servers_version_is_told_as_a_number(any_server: TestServer) -> None:
    with any_server.database(word="version") as url:
        engine = make_engine(url)
        assert server_version(engine) >= 150000
        engine.dispose()
