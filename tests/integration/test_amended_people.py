"""After an amendment each result stays with its person, and nobody is checked without their word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from integrations.kit import Kit
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import NOBODY_THERE, World, a_packet, amended, an_adult, hand_in, shown, vet

DAY = timedelta(days=1)


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


@pytest.fixture
def packet(world: World) -> dict[str, Any]:
    packet = a_packet()
    world.reader.shows(packet)
    return packet


@pytest.fixture
def application(kit: Kit, packet: dict[str, Any], tmp_path: Path) -> UUID:
    return hand_in(kit, tmp_path, packet).application_id


def _two_in_the_home(world: World) -> dict[str, Any]:
    packet = a_packet(
        household=[
            an_adult("Jorge", "Example Ruiz", "1985-02-11", "GT-77BAR"),
            an_adult("Elena", "Example Ruiz", "1990-06-01", "GT-78"),
        ]
    )
    world.reader.shows(packet)
    return packet


def _bars(kit: Kit, application_id: UUID) -> list[str]:
    found = shown(kit, application_id)
    return [f["subject"] for f in found["findings"] if (f["code"], f["state"]) == ("CHECK_HIT_BAR", "open")]


def test_a_household_in_another_order_keeps_each_result_with_its_person(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    packet = _two_in_the_home(world)
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    assert _bars(kit, taken.application_id) == ["household:0"]
    ordered = len(world.orders())
    other_way = amended(packet, household=packet["household"][::-1])
    other_way["documents"] = scenes.papers_of(other_way)
    hand_in(kit, tmp_path, other_way, now=NOW + DAY)
    vet(kit, taken.application_id, now=NOW + DAY)
    assert _bars(kit, taken.application_id) == ["household:1"]
    assert len(world.orders()) == ordered


def test_another_person_in_the_same_place_is_checked_anew(kit: Kit, world: World, tmp_path: Path) -> None:
    packet = _two_in_the_home(world)
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    ordered = len(world.orders())
    other = amended(
        packet, household=[an_adult("Ana", "Example Luz", "1970-01-01", "GT-99"), packet["household"][1]]
    )
    other["documents"] = scenes.papers_of(other)
    hand_in(kit, tmp_path, other, now=NOW + DAY)
    vet(kit, taken.application_id, now=NOW + DAY)
    assert _bars(kit, taken.application_id) == []
    assert len(world.orders()) > ordered
    hand_in(kit, tmp_path, packet, now=NOW + 2 * DAY)
    vet(kit, taken.application_id, now=NOW + 2 * DAY)
    assert _bars(kit, taken.application_id) == ["household:0"]


def test_a_caregiver_who_lives_in_the_home_is_checked_once_for_both_places(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    packet = a_packet()
    cousin = {k: v for k, v in packet["household"][0].items() if k != "relationship_to_sponsor"}
    packet["alternate_caregiver"] = cousin
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    found = shown(kit, taken.application_id)
    assert found["state"] == "in_review"
    subjects = {r["subject"] for r in found["required"] if r["kind"] == "check"}
    assert {"household:0", "alternate_caregiver"} <= subjects
    products = [(o["product"], o["region"]) for o in world.orders()]
    assert max(products.count(product) for product in products) == 2  # the sponsor, and this one person


def test_no_check_is_ordered_without_that_persons_authorization(
    kit: Kit, world: World, packet: dict[str, Any], tmp_path: Path
) -> None:
    packet["documents"] = [
        d
        for d in packet["documents"]
        if (d["kind"], d["subject"]) != ("release_authorization", "household:0")
    ]
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    found = shown(kit, taken.application_id)
    assert "CONSENT_MISSING" in scenes.open_codes(found)
    assert {c["subject"] for c in found["checks"]} == {"sponsor", "alternate_caregiver"}


def test_an_authorization_that_was_taken_back_stops_an_order_that_was_not_sent_yet(
    kit: Kit, world: World, packet: dict[str, Any], application: UUID, tmp_path: Path
) -> None:
    world.use_background(NOBODY_THERE)
    vet(kit, application)
    world.use_background()
    without = amended(packet)
    without["documents"] = [d for d in packet["documents"] if d["kind"] != "release_authorization"]
    hand_in(kit, tmp_path, without, now=NOW + DAY)
    vet(kit, application, now=NOW + DAY)
    assert world.orders() == []
