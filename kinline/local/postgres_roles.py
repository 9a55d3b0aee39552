"""The roles and databases in the embedded PostgreSQL: one of each for Kinline and for Prefect, apart."""

from __future__ import annotations

import psycopg
from psycopg import sql

ADMIN = "postgres"
OWNERS = ("kinline", "prefect")


def provision(admin_conninfo: str, prefect_admin_conninfo: str) -> None:
    """Both roles and databases exist, and nobody may connect to a database but its owner.

    Safe to repeat: whatever a killed first run left out is added.
    """
    with psycopg.connect(admin_conninfo, autocommit=True) as admin:
        roles = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
        databases = {row[0] for row in admin.execute("SELECT datname FROM pg_database")}
        for owner in OWNERS:
            if owner not in roles:
                admin.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                        sql.Identifier(owner)
                    )
                )
            if owner not in databases:
                _create(admin, owner, owner=owner, template=None)
        for name in ("postgres", "template1", *OWNERS):
            _close_to_others(admin, name)
    with psycopg.connect(prefect_admin_conninfo, autocommit=True) as admin:
        admin.execute("SET client_min_messages = warning")
        admin.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def recreate_database(admin_conninfo: str, name: str, *, owner: str, template: str | None) -> None:
    """The database `name` is new: empty, or a copy of `template`. An older one of that name is gone."""
    with psycopg.connect(admin_conninfo, autocommit=True) as admin:
        _drop(admin, name)
        _create(admin, name, owner=owner, template=template)
        _close_to_others(admin, name)


def remove_database(admin_conninfo: str, name: str) -> None:
    """No database `name` is left."""
    with psycopg.connect(admin_conninfo, autocommit=True) as admin:
        _drop(admin, name)


def _create(admin: psycopg.Connection, name: str, *, owner: str, template: str | None) -> None:
    admin.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template or "template0")
        )
    )


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute("SET client_min_messages = warning")
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _close_to_others(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
