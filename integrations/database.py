"""The one database: engine, sessions, migrations, the environment row, and what time it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlmodel import Session

from models.errors import BadInput, Problem, Refused
from models.tables.system import Environment

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# A new sandbox begins here (design 6.3).
SANDBOX_BEGINS = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)


def driver_url(url: str) -> str:
    """The URL with our driver named: ``postgresql://`` and ``postgres://`` mean psycopg 3."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _without_details(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL line quotes the row, which may be a person's: only the first line is kept."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (error.args[0].partition("\n")[0], *error.args[1:])


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine on psycopg 3 for this URL (``postgresql://`` is taken as ``postgresql+psycopg://``)."""
    engine = create_engine(
        driver_url(url),
        # The ledger's own triggers count on it, whatever the server's default is.
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10},
        # Values of a failed statement may be a person's: they stay out of the exception's text.
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", _without_details)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One transaction: committed at the end, rolled back whole on any error."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["url"] = driver_url(url)
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """The schema stands at `revision`. Two processes may ask at once: an advisory lock lets one do it."""
    command.upgrade(alembic_config(url), revision)


def is_current(engine: Engine) -> bool:
    """True when the schema stands at the newest migration of this code."""
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def ensure_environment(session: Session, name: str, *, wall: datetime) -> Environment:
    """The environment row, born with the database.

    Raises:
        Refused: the database belongs to the other environment.
    """
    row = session.get(Environment, True)
    if row is None:
        row = Environment(name=name, created_at=wall)
        session.add(row)
        session.flush()
    if row.name != name:
        raise Refused(
            "wrong_environment",
            f"this database is a {row.name} database, and this program runs as {name}",
            ["Set KINLINE_ENVIRONMENT or KINLINE_DATABASE_URL so that both agree."],
        )
    return row


def wall_clock() -> datetime:
    """The wall's time. The edge of the program asks once and passes it on."""
    return datetime.now(UTC)


def current_time(session: Session) -> datetime:
    """What time it is for Kinline: the wall's in production, the sandbox clock's in the sandbox."""
    wall = wall_clock()
    row = session.get(Environment, True)
    if row is None or row.name != "sandbox":
        return wall
    if row.clock_at is None or row.wall_at is None:
        row.clock_at, row.wall_at = SANDBOX_BEGINS, wall
        session.flush()
        return SANDBOX_BEGINS
    return row.clock_at + (wall - row.wall_at)


def set_sandbox_clock(session: Session, at: datetime) -> None:
    """The sandbox clock stands at `at` and runs on.

    Raises:
        BadInput: not a sandbox, or `at` is earlier than its now.
    """
    row = session.get(Environment, True)
    if row is None or row.name != "sandbox":
        raise BadInput(
            Problem("--at", "not_a_sandbox", "Only a sandbox's clock can be moved.", "Leave --at out.")
        )
    if row.clock_at is not None and at < current_time(session):
        raise BadInput(
            Problem(
                "--at",
                "clock_goes_forward",
                f"The sandbox clock already stands at {current_time(session).isoformat(timespec='seconds')}.",
                "Give a later time; a sandbox clock never goes back.",
            )
        )
    row.clock_at, row.wall_at = at, wall_clock()
    session.add(row)
    session.flush()


def server_version(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SHOW server_version_num")).scalar_one())
