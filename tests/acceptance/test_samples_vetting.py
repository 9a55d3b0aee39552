"""Every sample packet through submission and vetting with the real reader: what is found is what its story says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from integrations.desk.intake import submit
from integrations.documents.reader import ReaderProcess
from integrations.kit import Kit
from integrations.packets import read_path
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.conftest import kit, vault
from tests.integration.scenes import World

__all__ = ["kit", "vault"]  # fixtures

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
# While results are awaited the file says so; a story tells what is wrong, not what is on its way.
AWAITED = {"CHECK_PENDING"}


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world, ReaderProcess() as reader:
        kit.make_reader = lambda: reader
        yield world


def _story(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SAMPLES / "packets" / name / "story.json").read_text("utf-8"))
    return told


def _codes(kit: Kit, application_id: UUID) -> set[str]:
    found = scenes.shown(kit, application_id)
    return {f["code"] for f in found["findings"] if f["state"] == "open" and f["severity"] != "note"}


@contextmanager
def _all_disagreements() -> Iterator[list[str]]:
    """Collected and told together: reading them takes most of the time."""
    told: list[str] = []
    yield told
    assert told == []


@pytest.mark.timeout(240)
def test_each_sample_is_found_to_be_what_its_story_says(kit: Kit, world: World) -> None:
    names = sorted(folder.name for folder in (SAMPLES / "packets").iterdir())
    taken = {
        name: submit(kit, read_path(SAMPLES / "packets" / name), actor="cli", now=NOW).application_id
        for name in names
    }
    with _all_disagreements() as told:
        for name, application_id in taken.items():
            scenes.vet(kit, application_id)
            # Whoever is down for three tries is asked again meanwhile.
            for minutes in (5, 10, 15):
                if "down" in name:
                    scenes.vet(kit, application_id, now=NOW + timedelta(minutes=minutes))
            expect = _story(name)["expect"]
            found = _codes(kit, application_id) - AWAITED
            must, may = set(expect["findings"]), set(expect["may_find"])
            if not must <= found <= must | may:
                told.append(
                    f"{name}: found {sorted(found)}, the story says {sorted(must)} (may {sorted(may)})"
                )
    with _all_disagreements() as told:
        for name in names:
            if _story(name)["amendment"] is None:
                continue
            amendment = SAMPLES.parent / str(_story(name)["amendment"])
            again = submit(kit, read_path(amendment), actor="cli", now=NOW + timedelta(days=1))
            if (again.how, again.application_id) != ("amended", taken[name]):
                told.append(f"{name}: its amendment is {again.how}")
            scenes.vet(kit, again.application_id, now=NOW + timedelta(days=1))
            if left := _codes(kit, again.application_id) - AWAITED:
                told.append(f"{name}: after its amendment {sorted(left)}")
    assert len({o["reference"] for o in world.orders()}) == len(world.orders())
