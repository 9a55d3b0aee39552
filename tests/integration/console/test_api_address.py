"""A move that comes in by the API goes the same way as one by hand; nobody else's page can send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client

from integrations.kit import Kit
from models.facts import Person, PostalAnswer
from tests.builders import NOW
from tests.integration.console.conftest import token_in
from tests.integration.families import Family, a_family
from vetting.ports import AddressQuery

HOME = {"line1": "77 Sample St", "unit": "Apt 2", "city": "Dallas", "state": "TX", "zip": "75201"}


class _Post:
    def look_up(self, query: AddressQuery) -> PostalAnswer:
        return PostalAnswer("Y", False, False, NOW, "test")


@pytest.fixture
def family(kit: Kit, staff: dict[str, Person]) -> Family:
    kit.make_postal = _Post
    return a_family(kit, staff)


def headers(client: Client, family: Family) -> dict[str, str]:
    return {"x-csrf-token": token_in(client.get(f"/cases/{family.key}").text)}


def test_a_move_by_the_api_is_stated_and_its_duties_open(
    sign_in: Callable[[str], Client], family: Family
) -> None:
    client = sign_in("cm")
    body: dict[str, Any] = {"address": HOME, "moved_on": NOW.date().isoformat()}
    answer = client.post(f"/api/v1/cases/{family.key}/address", json=body, headers=headers(client, family))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["address"]["where"], told["address"]["source"]) == ("stated", "api")
    kinds = {o["kind"] for o in told["obligations"] if o["state"] == "open"}
    assert {"verify_address", "court_address_form", "household_check"} <= kinds
    page = client.get(f"/cases/{family.key}").text
    assert "What the address still needs" in page
    assert "There is no proof of this address yet" in page


@pytest.mark.parametrize(
    ("word", "body", "token", "status"),
    [
        ("cm", {"address": HOME}, "wrong", 403),
        ("cm", {"address": HOME | {"zip": "x"}}, None, 400),
        ("cm", {"address": HOME, "moved_on": "2099-01-01"}, None, 400),
        ("officer", {"address": HOME}, None, 409),
    ],
)
def test_what_is_wrong_changes_nothing(
    sign_in: Callable[[str], Client],
    family: Family,
    word: str,
    body: dict[str, Any],
    token: str | None,
    status: int,
) -> None:
    client = sign_in(word)
    sent = {"x-csrf-token": token} if token else headers(client, family)
    answer = client.post(f"/api/v1/cases/{family.key}/address", json=body, headers=sent)
    assert answer.status_code == status
    assert client.get(f"/api/v1/cases/{family.key}").json()["address"]["city"] == "Houston"


def test_nobody_who_is_not_signed_in_records_a_move(browser: Client, family: Family) -> None:
    answer = browser.post(f"/api/v1/cases/{family.key}/address", json={"address": HOME})
    assert answer.status_code == 401
