"""The proof of a new home is read beside its picture; what else is lacking is told, and what was typed is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from httpx import Client

from integrations.database import set_sandbox_clock
from integrations.desk import addresses, homes
from integrations.desk.views import case_json
from integrations.kit import Kit
from models.facts import Person
from models.reading import PostalAnswer
from tests.builders import DAY, NOW
from tests.integration.console.conftest import token_in
from tests.integration.families import a_family
from tests.integration.scenes import StubReader, scan

SignIn = Callable[[str], Client]
HOME = {"line1": "77 Sample St", "unit": "Apt 2", "city": "Dallas", "state": "TX", "zip": "75201"}
BILL = (
    "SAMPLE POWER COMPANY",
    "January 25, 2026",
    "MARTA EXAMPLE COJ",
    "77 SAMPLE ST APT 2",
    "DALLAS, TX 75201",
)
LATER = NOW + DAY


class Post:
    """The postal service delivers everywhere."""

    def look_up(self, query: object) -> PostalAnswer:
        return PostalAnswer("Y", False, False, datetime(2026, 2, 2, tzinfo=UTC), "test")


@pytest.fixture
def moved(kit: Kit, staff: dict[str, Person]) -> str:
    """The address of the page of a family that moved and has handed a proof in."""
    kit.make_postal, kit.make_reader = Post, lambda: StubReader(lines=BILL)
    key = a_family(kit, staff).key
    raw, told = json.dumps(HOME).encode(), addresses.Moved()
    addresses.change_address(kit, key, raw, staff["cm"], moved=told, now=LATER)
    homes.hand_in_proof(kit, key, scan("bill"), staff["cm"], filename="bill.png", now=LATER)
    return f"/cases/{key}/address/confirm"


@pytest.fixture
def at_work(app: object, kit: Kit, sign_in: SignIn) -> SignIn:
    """A day has passed since the release."""
    with kit.transaction() as session:
        set_sandbox_clock(session, LATER)
    return sign_in


def test_the_home_is_signed_off_by_what_a_person_typed(kit: Kit, at_work: SignIn, moved: str) -> None:
    browser = at_work("cm")
    case = moved.removesuffix("/address/confirm")
    assert f'href="{moved}"' in browser.get(case).text
    page = browser.get(moved).text
    assert f'src="{case}/address/proof/pages/1"' in page
    assert "77 SAMPLE ST APT 2" in page
    assert browser.get(f"{case}/address/proof/pages/1").headers["content-type"] == "image/png"
    typed = HOME | {"csrf_token": token_in(page), "line1": "78 Sample St"}
    refused = browser.post(moved, data=typed)
    assert refused.status_code == 409
    assert "line1: what you typed is not what stands in the address on file" in refused.text
    assert 'value="78 Sample St"' in refused.text
    answer = browser.post(moved, data=typed | {"line1": HOME["line1"], "issued_on": "2026-01-25"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{case}?done=address_confirmed")
    shown = case_json(kit, case.rpartition("/")[2], now=LATER)["address"]
    assert (shown["where"], shown["missing"]) == ("verified", [])
    assert "A person signed this home off" in browser.get(moved).text


def test_a_day_that_is_none_is_told_beside_its_box(at_work: SignIn, moved: str) -> None:
    browser = at_work("cm")
    token = token_in(browser.get(moved).text)
    answer = browser.post(moved, data=HOME | {"csrf_token": token, "issued_on": "last week"})
    assert answer.status_code == 422
    assert 'href="#issued_on"' in answer.text


def test_without_a_proof_the_page_leads_to_where_one_is_handed_in(
    kit: Kit, at_work: SignIn, staff: dict[str, Person]
) -> None:
    key = a_family(kit, staff).key
    page = at_work("cm").get(f"/cases/{key}/address/confirm").text
    assert f'href="/cases/{key}/address/proof"' in page
    assert 'name="line1"' not in page


def test_another_role_is_refused(at_work: SignIn, moved: str) -> None:
    browser = at_work("integrity")
    answer = browser.post(moved, data=HOME | {"csrf_token": token_in(browser.get(moved).text)})
    assert answer.status_code == 409
