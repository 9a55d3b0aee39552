"""Alembic's environment: one connection, one advisory lock, a short wait for table locks."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from models.tables.all import METADATA

_LOCK = 7105000


def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    """Kinline's own schema alone: the sandbox keeps its shelf in another."""
    return kind != "schema" or name is None


def run(url: str) -> None:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        try:
            context.configure(
                connection=connection,
                target_metadata=METADATA,
                include_name=include_name,
                compare_type=True,
                compare_server_default=True,
                transaction_per_migration=True,
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()
    engine.dispose()


run(context.config.attributes["url"])
