"""Migrations run on the embedded PostgreSQL and, where Debian has put one, on the oldest that we support."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import TestServer, debian_server

OLDEST = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session", params=["embedded", "postgresql-15"])
def any_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestServer]:
    """Each server in turn."""
    if request.param == "embedded":
        yield request.getfixturevalue("server")
        return
    if not (OLDEST / "postgres").is_file():
        pytest.skip(f"no PostgreSQL 15 in {OLDEST}: on Debian 12, apt-get install postgresql-15")
    with debian_server(OLDEST, tmp_path_factory.mktemp("postgresql-15")) as server:
        yield server


@pytest.fixture
def empty_url(server: TestServer) -> Iterator[str]:
    """A database with nothing in it, on the session's server."""
    with server.database(word="empty") as url:
        yield url


@pytest.fixture
def any_empty_url(any_server: TestServer) -> Iterator[str]:
    """A database with nothing in it, on each server in turn."""
    with any_server.database(word="empty") as url:
        yield url
