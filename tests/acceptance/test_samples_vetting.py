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
from integrations.policies import vetting_policy
from integrations.store.applications import gather
from models.findings import FindingState
from models.kept_facts import keep, restore
from models.tables.vetting import Application
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.conftest import kit, vault
from tests.integration.scenes import World
from vetting.findings import identity_of
from vetting.replay import differences, judge

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


def _judged_again(kit: Kit, application_id: UUID) -> Iterator[str]:
    """In what this application is judged differently once its facts have been kept and restored, and in what
    its file differs from what the facts alone give."""
    with kit.transaction() as session:
        application = session.get_one(Application, application_id)
        facts = gather(session, kit.vault, application)
    policy = vetting_policy(facts.policy_version)
    then = judge(facts, policy, NOW)
    again = judge(restore(keep(facts)), policy, NOW)
    yield from (f"{facts.packet.reference}: {line}" for line in differences(then, again))
    filed = {identity_of(f.finding) for f in facts.findings if f.state is FindingState.OPEN}
    unlike = filed ^ set(then.findings)
    yield from (f"{facts.packet.reference}: in the file or in the judgement alone: {one}" for one in unlike)


@contextmanager
def _all_disagreements() -> Iterator[list[str]]:
    """Collected and told together: reading them takes most of the time."""
    told: list[str] = []
    yield told
    assert told == []


@pytest.mark.timeout(900)
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
            told += _judged_again(kit, application_id)
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
