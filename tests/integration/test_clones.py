"""A database that is lent a second time is as good as a new one."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlmodel import Session

from integrations.database import make_engine
from integrations.store import history
from tests.builders import NOW
from tests.clones import Clones
from tests.integration.conftest import the_staff


def run(url: str, *statements: str) -> list[object]:
    engine = make_engine(url)
    try:
        with Session(engine) as session:
            found = [session.execute(text(one)) for one in statements]
            rows = [row[0] for result in found if result.returns_rows for row in result]
            session.commit()
            return rows
    finally:
        engine.dispose()


def write(url: str) -> None:
    """Rows that refuse to be deleted, and that a sequence numbers."""
    engine = make_engine(url)
    the_staff(engine)
    with Session(engine) as session:
        history.audit(session, actor="test", act="read", noun="child_case", ids=[], now=NOW)
        session.commit()
    engine.dispose()


def test_what_a_test_wrote_is_gone_and_numbers_begin_anew(clones: Clones) -> None:
    with clones.lent() as first:
        write(first)
        assert run(first, "SELECT count(*) FROM staff") != [0]
        assert run(first, "SELECT min(seq) FROM audit_entry") == [1]
    with clones.lent() as second:
        assert second == first
        assert run(second, "SELECT count(*) FROM staff") == [0]
        assert run(second, "SELECT count(*) FROM alembic_version") == [1]
        write(second)
        assert run(second, "SELECT min(seq) FROM audit_entry") == [1]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE obligation DISABLE TRIGGER USER",
        "ALTER TABLE obligation ADD COLUMN planted text",
        "ALTER TABLE obligation DROP CONSTRAINT obligation_settled_needs_evidence",
        "DROP INDEX message_one_live",
        "CREATE TABLE planted (id int)",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_a_database_whose_schema_or_revision_was_changed_is_not_lent_again(
    clones: Clones, change: str
) -> None:
    with clones.lent() as changed:
        run(changed, change)
    with clones.lent() as next_one:
        assert next_one != changed


def test_whoever_is_still_connected_is_cut_off(clones: Clones) -> None:
    with clones.lent() as url:
        left = make_engine(url)
        holding = Session(left)
        holding.execute(text("LOCK TABLE obligation"))
    with clones.lent() as again:
        assert again == url
        assert run(again, "SELECT count(*) FROM obligation") == [0]
    holding.invalidate()
    left.dispose()
