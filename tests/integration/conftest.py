"""What an integration test has at hand: a kit on its own database, invented staff, a fixed time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from integrations.database import ensure_environment, transaction
from integrations.kit import Kit
from integrations.settings import Settings
from integrations.store.staff import SANDBOX_STAFF, ensure_sandbox_staff, get_person
from integrations.vault import Vault
from models.facts import Person
from tests.builders import NOW, a_vault


@pytest.fixture
def vault() -> Vault:
    """A vault under fixed keys."""
    return a_vault()


@pytest.fixture
def kit(engine: Engine, vault: Vault) -> Iterator[Kit]:
    """A kit on this test's own sandbox database. A service that is asked for raises: give it one first."""
    made = a_kit(engine, vault)
    yield made
    made.close()


def a_kit(engine: Engine, vault: Vault) -> Kit:
    """A kit on a sandbox database. Close it."""
    with transaction(engine) as opened:
        ensure_environment(opened, "sandbox", wall=NOW)
    return Kit(
        engine=engine,
        vault=vault,
        settings=Settings(),
        public_url="http://127.0.0.1:1",
        twilio_auth_token="test-token",
        background_secret="test-secret",
    )


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """An open transaction that is rolled back at the end, unless the test commits it."""
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def staff(engine: Engine) -> dict[str, Person]:
    """The invented staff, committed. Found by the sandbox's word (`cm`) and by the role (`case_manager`)."""
    return the_staff(engine)


def the_staff(engine: Engine) -> dict[str, Person]:
    people: dict[str, Person] = {}
    with transaction(engine) as opened:
        ensure_sandbox_staff(opened, now=NOW)
        for email, _, role in SANDBOX_STAFF:
            person = get_person(opened, email)
            people[email.partition("@")[0]] = people[role.value] = person
    return people
