"""Schemathesis sends to the API what its description allows, and what it does not: never a 5xx, and never an answer
that is not described. Derandomised, a few examples for each operation, on one database that they all change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from console.app import create_app
from integrations.database import set_sandbox_clock
from integrations.desk.escalations import open_escalation
from integrations.identity.api_keys import Scope, make_key
from models.facts import PostalAnswer
from models.tables.people import Case
from tests.api_shapes import description, strict
from tests.builders import NOW, a_vault
from tests.integration.conftest import a_kit, the_staff
from tests.integration.families import a_family
from vetting.ports import AddressQuery

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
OPERATIONS = [(method.upper(), path) for path, told in description()["paths"].items() for method in told]
EXAMPLES = 6


class _Post:
    def look_up(self, query: AddressQuery) -> PostalAnswer:
        return PostalAnswer("Y", False, False, NOW, "test")


class _Wall:
    """A clock that ticks a second at each look, so that no key is ever too fast."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> datetime:
        self._looks += 1
        return NOW + timedelta(seconds=self._looks)


@dataclass
class Target:
    """The API with a family behind it, and a supervisor's key to everything."""

    schema: Any
    headers: dict[str, str]
    ids: dict[str, list[str]]


@pytest.fixture(scope="module")
def target(shared_engine: Engine) -> Iterator[Target]:
    kit, staff = a_kit(shared_engine, a_vault()), the_staff(shared_engine)
    kit.make_postal = _Post
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    family = a_family(kit, staff)
    with kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        alarms = [
            str(open_escalation(session, case, reason="no_contact", rule="T", key=k, actor="cli", now=NOW))
            for k in "abc"
        ]
    email = staff["supervisor"].email
    made = make_key(kit, "all", list(Scope), staff["admin"], days=9, wall=NOW, for_email=email)
    app = create_app(kit, wall=_Wall())
    schema = schemathesis.openapi.from_dict(strict(description()))
    schema.app = app
    ids = {
        "/cases/{key}": [family.key],
        "/applications/{key}": [str(family.application_id)],
        "/escalations/{escalation_id}": alarms,
    }
    yield Target(schema, {"authorization": f"Bearer {made['token']}"}, ids)
    kit.close()


def ids_for(target: Target, path: str) -> dict[str, list[str]]:
    """What really stands behind the parameter of this path."""
    for part, ids in target.ids.items():
        if part in path:
            return {part.partition("{")[2].rstrip("}"): ids}
    return {}


def examples_of(method: str, path: str) -> list[Any]:
    """The bodies that the description itself gives as examples."""
    body = description()["paths"][path][method.lower()].get("requestBody", {"content": {}})
    named = body["content"].get("application/json", {}).get("schema", {}).get("$ref", "")
    found: dict[str, Any] = description()["components"]["schemas"].get(named.rpartition("/")[2], {})
    return list(found.get("examples", []))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("asked", OPERATIONS, ids=" ".join)
def test_whatever_is_sent_the_answer_is_a_described_one(
    target: Target, asked: tuple[str, str], mode: GenerationMode
) -> None:
    method, path = asked
    operation = target.schema[path][method]
    real, examples = ids_for(target, path), examples_of(method, path)

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), draw=st.data())
    def sends(case: schemathesis.Case, draw: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE and draw.draw(st.integers(0, 3)):
            # What schemathesis makes up names nobody: most of the time somebody is meant.
            for name, ids in real.items():
                case.path_parameters[name] = draw.draw(st.sampled_from(ids))
            if examples and draw.draw(st.booleans()):
                case.body = draw.draw(st.sampled_from(examples))
        case.call_and_validate(headers=target.headers, checks=CHECKS)

    sends()
