"""What a decision was made on is kept, and judged again; what a policy costs is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from integrations.desk import replays, vetting
from integrations.desk.replays import replay
from integrations.kit import Kit
from integrations.policies import vetting_policy
from integrations.store.policy_cost import policy_cost
from models.facts import Person
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, hand_in, vet


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


def _vetted(kit: Kit, world: World, folder: Path, **changes: Any) -> tuple[dict[str, Any], UUID]:
    packet = a_packet(**changes)
    world.reader.shows(packet)
    taken = hand_in(kit, folder, packet)
    vet(kit, taken.application_id)
    return packet, taken.application_id


@pytest.fixture
def decided(kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path) -> UUID:
    packet, application = _vetted(kit, world, tmp_path)
    scenes.confirm_all(kit, packet, application, staff["cm"], but="child_identity", now=NOW + DAY)
    scenes.confirm_all(kit, packet, application, staff["cm"], now=NOW + 3 * DAY)
    scenes.approve(kit, staff, application, now=NOW + 4 * DAY)
    return application


def test_a_decision_is_judged_again_years_later_and_is_the_same(kit: Kit, decided: UUID) -> None:
    found = replay(kit, None, actor="cli", now=NOW + 2000 * DAY)
    assert (found["decisions"], found["same"]) == (1, 1)
    assert replay(kit, str(decided), actor="cli", now=NOW)["results"][0]["application_id"] == str(decided)


def test_a_program_that_judges_otherwise_now_is_told_of(
    kit: Kit, decided: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = vetting_policy("orr-2025")
    income = next(d for d in policy.documents if d.item == "proof_of_income")
    without = policy.model_copy(update={"documents": tuple(d for d in policy.documents if d is not income)})
    monkeypatch.setattr(replays, "vetting_policy", lambda _: without)
    monkeypatch.setattr(replays, "digest", lambda *_: "another")
    (told,) = replay(kit, None, actor="cli", now=NOW)["results"]
    assert not told["same"]
    assert told["differences"][0] == "the file of orr-2025 is not the one of that day"
    assert any("proof_of_income@sponsor" in line for line in told["differences"])


def test_what_a_decision_was_made_on_cannot_be_rewritten(kit: Kit, decided: UUID) -> None:
    for change in ("UPDATE decision_record SET missing = '{}'", "DELETE FROM decision_record"):
        with pytest.raises(IntegrityError, match="kept as they were written"), kit.transaction() as session:
            session.execute(text(change))


def test_nothing_personal_stands_open_beside_the_sealed_facts(kit: Kit, decided: UUID) -> None:
    with kit.transaction() as session:
        row = session.execute(
            text("SELECT (to_jsonb(r) - 'sealed_facts')::text FROM decision_record r")
        ).scalar_one()
    for told in ("Ixchel", "Marta", "Example", "220559901", "7135550101", "Houston"):
        assert told not in row


def test_cost_and_yield_of_each_requirement_are_counted(
    kit: Kit, world: World, staff: dict[str, Person], decided: UUID, tmp_path: Path
) -> None:
    _, barred = _vetted(
        kit, world, tmp_path / "barred", reference="TEST-0002", identity="BAR", a_number="220559902"
    )
    key, why = str(barred), "A disqualifying hit."
    vetting.recommend(kit, key, "deny", staff["cm"], reason=why, now=NOW)
    vetting.recommend(kit, key, "deny", staff["cc"], reason=why, now=NOW)
    vetting.decide(kit, key, "deny", staff["ffs"], reason=why, now=NOW)
    with kit.transaction() as session:
        told = policy_cost(session, "orr-2025", now=NOW + 10 * DAY)
        nothing = policy_cost(session, "orr-2024", now=NOW)
    asked = {(r["item"], r["subject"]): r for r in told["requirements"]}
    prints = asked["fbi_fingerprint", "sponsor"]
    assert (prints["asked"], prints["found"], prints["barred"], prints["denied"]) == (2, 1, 1, 1)
    assert prints["found_share"] == 0.5
    assert asked["fbi_fingerprint", "household"]["found"] == 0
    identity = asked["sponsor_identity", "sponsor"]
    assert (identity["asked"], identity["waited"], identity["median_days"]) == (2, 1, 1.0)
    # The child's paper came two days after all the others.
    held = {key: r["held_up_days"] for key, r in asked.items() if r["held_up_days"]}
    assert held == {("child_identity", "child"): 2.0}
    assert [(d["category"], d["released"], d["waiting"]) for d in told["days_in_care"]] == [("2B", 0, 2)]
    assert told["days_in_care"][0]["median_waiting"] == pytest.approx(33.6, abs=0.1)
    assert nothing == {"as_of": NOW.isoformat(), "days_in_care": [], "requirements": []}
