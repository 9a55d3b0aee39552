"""One PostgreSQL for the session, one migrated template, a clone of it for each test that asks.

Unit tests need no database: a test under tests/unit that asks for one stops the run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.clones import Clones
    from tests.servers import TestServer

_DATABASE_FIXTURES = frozenset({"server", "template", "clones", "database_url", "engine", "shared_engine"})


def _clean_environment() -> str | None:
    """What the person at the keyboard has set for their own Kinline and Prefect is not for tests.

    Once, before any test module is imported: Prefect reads its settings at import.
    """
    named = os.environ.get("KINLINE_TEST_DATABASE_URL")
    for name in [name for name in os.environ if name.startswith(("KINLINE_", "PREFECT_"))]:
        del os.environ[name]
    return named


TEST_DATABASE_URL = _clean_environment()

# A busy machine is no fault of the code: no test asserts wall-clock time.
settings.register_profile("kinline", deadline=None)
settings.load_profile("kinline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    unit = Path(__file__).parent / "unit"
    for item in items:
        asked = _DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if asked and unit in item.path.parents:
            raise pytest.UsageError(f"{item.nodeid} is a unit test and asks for a database ({min(asked)})")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test has explored, in its own words: from whichever process it ran in."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "explored":
                terminalreporter.write_line(f"{report.nodeid}: {value}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """The server of this session: KINLINE_TEST_DATABASE_URL's, else the embedded one in a home of its own."""
    from tests.servers import embedded_server, named_server

    if TEST_DATABASE_URL:
        opened = named_server(TEST_DATABASE_URL)
    else:
        opened = embedded_server(tmp_path_factory.mktemp("home") / "kinline")
    with opened as running:
        yield running


@pytest.fixture(scope="session")
def template(server: TestServer) -> str:
    """The name of a database at the newest migration, to be cloned; nobody may stay connected to it."""
    from sqlalchemy import make_url

    from integrations.database import upgrade

    url = server.create("template")
    upgrade(url)
    return make_url(url).database or ""


@pytest.fixture(scope="session")
def clones(server: TestServer, template: str) -> Clones:
    """Databases at the newest migration with no rows in them, lent to one test at a time."""
    from tests.clones import Clones

    return Clones(server, template)


@pytest.fixture
def database_url(clones: Clones) -> Iterator[str]:
    """A database of this test's own, at the newest migration, with no rows in it."""
    with clones.lent() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on this test's own database."""
    from integrations.database import make_engine

    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def shared_engine(clones: Clones) -> Iterator[Engine]:
    """An engine on a database that a module's tests share: for tests that roll back all they do."""
    from integrations.database import make_engine

    with clones.lent() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()
