"""Policy versions in a database: signed by name, activated by two, a case moved, a version tried out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from integrations.desk import policy_acts as desk
from integrations.kit import Kit
from integrations.policies import followup_policies
from integrations.store import policy_acts as store
from integrations.store.policy_acts import followup_version_for, how_it_stands, unverified_lines
from kinline.cli.show_acts import acts
from kinline.doctor import policies_in_use
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, hand_in, shown, vet

WHY = "Counsel has read it."


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


@pytest.fixture
def production(kit: Kit) -> Kit:
    """The same database, seen by a program that is set to production: nothing is signed by itself."""
    kit.settings = kit.settings.model_copy(update={"environment": "production"})
    return kit


def _refused(act: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def _stands(kit: Kit, version: str) -> Any:
    with kit.transaction() as session:
        return how_it_stands(session, kit.settings, version)


def _sign_all(kit: Kit, version: str, person: Person) -> None:
    for rule in sorted(unverified_lines(version)):
        desk.sign(kit, version, rule, person, reason=WHY, now=NOW)


# --- in use -------------------------------------------------------------------------------------


def test_in_a_sandbox_the_shipped_versions_are_in_use_and_nobody_can_sign(
    kit: Kit, staff: dict[str, Person]
) -> None:
    assert [_stands(kit, v).in_use for v in ("orr-2024", "orr-2025", "swb-2024")] == [True] * 3
    assert _stands(kit, "orr-2025").signed_by == "sandbox"
    assert not _stands(kit, "nprm-2026").in_use
    rule = min(unverified_lines("orr-2025"))
    act = lambda: desk.sign(kit, "orr-2025", rule, staff["admin"], reason=WHY, now=NOW)  # noqa: E731
    assert _refused(act).code == "sandbox_signs"


def test_in_production_no_packet_is_taken_before_two_people_have_activated_a_version(
    production: Kit, staff: dict[str, Person], tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        hand_in(production, tmp_path, a_packet())
    assert [p.code for p in caught.value.problems] == ["no_policy_in_use"]
    assert scenes.counts(production)["application"] == 0
    act = lambda who: desk.activate(production, "orr-2025", staff[who], reason=WHY, now=NOW)  # noqa: E731
    refused = _refused(lambda: act("admin"))
    assert refused.code == "lines_unsigned"
    assert len(refused.missing) == len(unverified_lines("orr-2025"))
    _sign_all(production, "orr-2025", staff["supervisor"])
    assert _refused(lambda: act("ffs")).code == "wrong_role"
    assert act("admin") == {"version": "orr-2025", "voices": 1, "in_use": False}
    assert _refused(lambda: act("admin")).code == "four_eyes"
    with pytest.raises(BadInput):
        hand_in(production, tmp_path, a_packet())
    assert act("supervisor")["in_use"]
    taken = hand_in(production, tmp_path, a_packet())
    assert shown(production, taken.application_id)["policy"] == "orr-2025"
    assert _refused(lambda: act("supervisor")).code == "not_reviewable"


def test_each_unverified_line_needs_a_name_and_only_such_a_line(
    production: Kit, staff: dict[str, Person]
) -> None:
    sign = lambda rule, who="admin", why=WHY: desk.sign(  # noqa: E731
        production, "orr-2025", rule, staff[who], reason=why, now=NOW
    )
    first, second, *_ = sorted(unverified_lines("orr-2025"))
    assert first not in sign(first)["unsigned"]
    assert second in _stands(production, "orr-2025").signed ^ unverified_lines("orr-2025")
    assert _refused(lambda: sign(first)).code == "not_reviewable"
    assert _refused(lambda: sign(second, "cm")).code == "wrong_role"
    for rule in ("2025-TVPRA-1", "us_identity_only", "no-such-rule"):
        with pytest.raises(BadInput):
            sign(rule)
    with pytest.raises(BadInput):
        sign(second, why=" ")
    with pytest.raises(NotFound):
        desk.sign(production, "orr-1999", first, staff["admin"], reason=WHY, now=NOW)


def test_a_file_that_changed_after_it_was_activated_is_no_longer_in_use_and_the_doctor_says_so(
    production: Kit, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _sign_all(production, "orr-2025", staff["supervisor"])
    for who in ("admin", "supervisor"):
        desk.activate(production, "orr-2025", staff[who], reason=WHY, now=NOW)
    monkeypatch.setattr(store, "digest", lambda *_: "of another file")
    stands = _stands(production, "orr-2025")
    assert (stands.in_use, stands.file_changed, stands.signed) == (False, True, frozenset())
    with pytest.raises(BadInput):
        hand_in(production, tmp_path, a_packet())
    with production.transaction() as session:
        found = policies_in_use(session, production.settings)
    assert not found.ok
    assert "orr-2025" in found.detail


@pytest.mark.parametrize("table", ["policy_sign_off", "policy_voice"])
def test_what_was_signed_stays_signed(production: Kit, staff: dict[str, Person], table: str) -> None:
    _sign_all(production, "orr-2024", staff["supervisor"])
    desk.activate(production, "orr-2024", staff["admin"], reason=WHY, now=NOW)
    for change in (f"UPDATE {table} SET reason = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(IntegrityError), production.transaction() as session:
            session.execute(text(change))


def test_a_release_is_followed_under_the_newest_version_of_that_day(kit: Kit) -> None:
    replaced = {p.supersedes for p in followup_policies()}
    standing = [p for p in followup_policies() if p.version not in replaced]
    newest = max(standing, key=lambda p: p.effective_from)
    with kit.transaction() as session:
        chosen = lambda on: followup_version_for(session, kit.settings, on)  # noqa: E731
        assert chosen(newest.effective_from) == newest.version
        assert chosen(newest.effective_from - timedelta(days=1)) != newest.version
        with pytest.raises(BadInput):
            chosen(date(1990, 1, 1))


# --- moving a case ------------------------------------------------------------------------------


@pytest.fixture
def application(kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path) -> str:
    """A mother's application under orr-2024, approved."""
    packet = amended(a_packet(), child__entered_care_on="2025-03-01", sponsor__relationship="mother")
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    scenes.confirm_all(kit, packet, taken.application_id, staff["cm"])
    scenes.approve(kit, staff, taken.application_id)
    return str(taken.application_id)


def test_a_case_moves_to_another_version_when_two_people_say_so(
    kit: Kit, application: str, staff: dict[str, Person]
) -> None:
    move = lambda who, to="orr-2025", why=WHY: desk.move(  # noqa: E731
        kit, application, to, staff[who], reason=why, now=NOW
    )
    key = UUID(application)
    assert _refused(lambda: move("cm")).code == "wrong_role"
    assert _refused(lambda: move("ffs", "orr-2024")).code == "not_reviewable"
    assert _refused(lambda: move("ffs", "nprm-2026")).code == "not_in_use"
    assert _refused(lambda: move("ffs", "swb-2024r3")).code == "not_in_follow_up"
    with pytest.raises(BadInput):
        move("ffs", why="")
    move("ffs")
    assert (shown(kit, key)["policy"], shown(kit, key)["state"]) == ("orr-2024", "approved")
    assert _refused(lambda: move("ffs")).code == "four_eyes"
    move("supervisor")
    found = shown(kit, key)
    assert found["policy"] == "orr-2025"
    # What was said under the old version no longer counts, and what the new one asks for is asked for.
    assert (found["recommendations"], found["decision"]) == ([], None)
    assert found["state"] == "in_checks"
    assert "check fbi_fingerprint@sponsor" in found["gate"]["missing"]
    assert ("record_check", "sponsor:fbi_fingerprint") in scenes.open_duties(kit, key)
    with kit.transaction() as session:
        told = session.execute(
            text("SELECT new FROM history WHERE noun = 'child_case' AND old = 'orr-2024'")
        ).scalars()
        assert list(told) == ["orr-2025"]
    people = [("proposed", "ffs"), ("approved", "supervisor")]
    assert [(m["state"], m["by"]) for m in found["policy_moves"]] == [
        (s, str(staff[w].id)) for s, w in people
    ]
    roles = {"ffs": "federal field specialist", "supervisor": "supervisor"}
    assert [line for line in acts(found) if line.startswith("move ")] == [
        f"move from orr-2024 to orr-2025 {state} by {roles[who]} {str(staff[who].id)[:8]} on {NOW.date()}: {WHY}"
        for state, who in people
    ]
    # A second move needs two voices again.
    move("supervisor", "orr-2024")
    assert shown(kit, key)["policy"] == "orr-2025"


def test_an_application_that_is_over_stays_under_its_version(
    kit: Kit, application: str, staff: dict[str, Person]
) -> None:
    from integrations.desk.release import release

    release(kit, application, staff["cm"], on=NOW.date(), now=NOW)
    act = lambda: desk.move(kit, application, "orr-2025", staff["supervisor"], reason=WHY, now=NOW)  # noqa: E731
    assert _refused(act).code == "out_of_order"


# --- trying one out -----------------------------------------------------------------------------


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    kit: Kit, application: str, world: World
) -> None:
    before = dataclasses.asdict(_rows(kit))
    found = desk.dry_run(kit, "orr-2025", actor="cli", now=NOW)
    assert (found["open"], found["changed"]) == (1, 1)
    (told,) = found["applications"]
    assert told["application_id"] == application
    assert {"fbi_fingerprint@sponsor", "child_abuse_registry@sponsor:TX"} <= set(told["requirements_added"])
    assert told["requirements_removed"] == []
    assert "check fbi_fingerprint@sponsor" in told["missing_added"]
    assert desk.dry_run(kit, "orr-2024", actor="cli", now=NOW)["changed"] == 0
    assert dataclasses.asdict(_rows(kit)) == before
    nprm = desk.dry_run(kit, "nprm-2026", actor="cli", now=NOW)["applications"][0]
    # The passport that the packet names is on no list of the proposal.
    assert "document sponsor_identity@sponsor" in nprm["missing_added"]
    with pytest.raises(NotFound):
        desk.dry_run(kit, "orr-1999", actor="cli", now=NOW)


@dataclasses.dataclass(frozen=True)
class _Rows:
    counts: dict[str, int]
    states: tuple[Any, ...]


def _rows(kit: Kit) -> _Rows:
    with kit.transaction() as session:
        states = session.execute(text("SELECT id, state, policy_version, vetted_at FROM application")).all()
    return _Rows(scenes.counts(kit), tuple(map(tuple, states)))
