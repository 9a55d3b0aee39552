"""What people do with an application: the right role may, each wrong one is told no, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from integrations.desk import vetting
from integrations.kit import Kit
from integrations.store.staff import SANDBOX_STAFF
from models.errors import BadInput, Refused
from models.facts import Person
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, hand_in, shown, vet

EVERYBODY = [email.partition("@")[0] for email, _, _ in SANDBOX_STAFF]
WHY = "All papers and checks agree."
Act = Callable[[Kit, str, Person], Any]


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
    """Vetted, with nothing found."""
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    return taken.application_id


@pytest.fixture
def confirmed(kit: Kit, packet: dict[str, Any], application: UUID, staff: dict[str, Person]) -> UUID:
    """And every paper that policy wants confirmed has been, by the case manager."""
    scenes.confirm_all(kit, packet, application, staff["cm"])
    return application


def _refused(act: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def _only(kit: Kit, staff: dict[str, Person], allowed: set[str], act: Act, key: str) -> None:
    """Everybody but `allowed` is told that this is not for their role."""
    for word in sorted(set(EVERYBODY) - allowed):
        assert _refused(lambda w=word: act(kit, key, staff[w])).code == "wrong_role", word


# --- confirm -----------------------------------------------------------------------------------


def test_a_clean_packet_does_not_pass_the_gate_before_a_person_has_confirmed(
    kit: Kit, application: UUID, staff: dict[str, Person]
) -> None:
    found = shown(kit, application)
    assert not found["gate"]["open"]
    assert "confirm sponsor_identity@sponsor" in found["gate"]["missing"]
    refused = _refused(
        lambda: vetting.recommend(kit, str(application), "approve", staff["cm"], reason=WHY, now=NOW)
    )
    assert refused.code == "gate_closed"
    assert "confirm sponsor_identity@sponsor" in refused.missing


def test_confirming_is_for_the_officer_and_the_case_manager(
    kit: Kit, packet: dict[str, Any], application: UUID, staff: dict[str, Person]
) -> None:
    def act(kit: Kit, key: str, person: Person) -> UUID:
        typed = scenes.typed_for(packet, "sponsor_identity", "sponsor")
        return vetting.confirm(kit, key, "sponsor_identity", person, typed=typed, now=NOW)

    _only(kit, staff, {"officer", "cm"}, act, str(application))
    act(kit, packet["reference"], staff["officer"])
    states = {r["key"]: r["state"] for r in shown(kit, application)["required"]}
    assert states["sponsor_identity@sponsor"] == "confirmed"


def test_what_was_typed_and_differs_is_a_finding_at_once(
    kit: Kit, packet: dict[str, Any], application: UUID, staff: dict[str, Person]
) -> None:
    typed = json.loads(scenes.typed_for(packet, "sponsor_identity", "sponsor")) | {"number": "ANOTHER-1"}
    raw = json.dumps(typed).encode()
    vetting.confirm(kit, str(application), "sponsor-identity", staff["cm"], typed=raw, now=NOW)
    found = shown(kit, application)
    assert scenes.open_codes(found) == ["IDENTITY_MISMATCH"]
    assert "ANOTHER-1" not in json.dumps(found)
    right = scenes.typed_for(packet, "sponsor_identity", "sponsor")
    vetting.confirm(kit, str(application), "sponsor_identity", staff["cm"], typed=right, now=NOW + DAY)
    assert scenes.open_codes(shown(kit, application)) == []


def test_a_paper_can_be_confirmed_before_any_vetting_ran_and_without_any_service(
    kit: Kit, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet()
    taken = hand_in(kit, tmp_path, packet)
    scenes.confirm_all(kit, packet, taken.application_id, staff["cm"])
    states = {r["key"]: r["state"] for r in shown(kit, taken.application_id)["required"]}
    assert states["proof_of_address@sponsor"] == "confirmed"


# --- recommend, decide -------------------------------------------------------------------------


def test_recommendations_come_from_two_roles_in_order_and_the_second_is_independent(
    kit: Kit, confirmed: UUID, staff: dict[str, Person]
) -> None:
    key = str(confirmed)

    def act(kit: Kit, key: str, person: Person) -> UUID:
        return vetting.recommend(kit, key, "approve", person, reason=WHY, now=NOW)

    _only(kit, staff, {"cm", "cc"}, act, key)
    assert _refused(lambda: act(kit, key, staff["cc"])).code == "out_of_order"
    act(kit, key, staff["cm"])
    seen = shown(kit, confirmed, viewer=staff["cc"])
    assert seen["recommendations"] == []
    assert len(shown(kit, confirmed, viewer=staff["supervisor"])["recommendations"]) == 1
    act(kit, key, staff["cc"])
    seen = shown(kit, confirmed, viewer=staff["cc"])
    assert [r["role"] for r in seen["recommendations"]] == ["case_manager", "case_coordinator"]
    assert seen["state"] == "recommended"


def test_the_gate_does_not_tell_the_coordinator_which_way_the_first_opinion_went(
    kit: Kit, confirmed: UUID, staff: dict[str, Person]
) -> None:
    key = str(confirmed)
    seen = []
    for number, value in enumerate(("approve", "deny")):
        at = NOW + number * DAY
        vetting.recommend(kit, key, value, staff["cm"], reason=WHY, now=at)
        seen.append(shown(kit, confirmed, viewer=staff["cc"], now=at)["gate"])
    assert seen[0] == seen[1]


def test_a_first_opinion_given_anew_is_withheld_until_the_second_is_given_anew(
    kit: Kit, confirmed: UUID, staff: dict[str, Person]
) -> None:
    key = str(confirmed)
    vetting.recommend(kit, key, "approve", staff["cm"], reason=WHY, now=NOW)
    vetting.recommend(kit, key, "approve", staff["cc"], reason=WHY, now=NOW)
    vetting.recommend(kit, key, "deny", staff["cm"], reason=WHY, now=NOW + DAY)
    assert shown(kit, confirmed, viewer=staff["cc"])["recommendations"] == []
    refused = _refused(lambda: vetting.decide(kit, key, "deny", staff["ffs"], reason=WHY, now=NOW + DAY))
    assert refused.missing == ("recommendation case_coordinator",)


def test_the_decision_is_the_federal_field_specialists_after_both(
    kit: Kit, confirmed: UUID, staff: dict[str, Person]
) -> None:
    key = str(confirmed)

    def act(kit: Kit, key: str, person: Person) -> UUID:
        return vetting.decide(kit, key, "approve", person, reason=WHY, now=NOW)

    early = _refused(lambda: act(kit, key, staff["ffs"]))
    assert early.missing == ("recommendation case_manager", "recommendation case_coordinator")
    vetting.recommend(kit, key, "approve", staff["cm"], reason=WHY, now=NOW)
    vetting.recommend(kit, key, "approve", staff["cc"], reason=WHY, now=NOW)
    _only(kit, staff, {"ffs"}, act, key)
    for value, reason in (("maybe", WHY), ("approve", " ")):
        with pytest.raises(BadInput):
            vetting.decide(kit, key, value, staff["ffs"], reason=reason, now=NOW)
    act(kit, key, staff["ffs"])
    found = shown(kit, confirmed)
    assert (found["state"], found["decision"]["value"]) == ("approved", "approve")
    assert found["gate"] == {"open": True, "missing": []}


@pytest.mark.parametrize(("value", "state"), [("remand", "remanded"), ("deny", "denied")])
def test_a_remand_sends_the_opinions_back_and_a_denial_leaves_its_letter_to_send(
    kit: Kit, confirmed: UUID, staff: dict[str, Person], value: str, state: str
) -> None:
    key = str(confirmed)
    for word in ("cm", "cc"):
        vetting.recommend(kit, key, value, staff[word], reason=WHY, now=NOW)
    vetting.decide(kit, key, value, staff["ffs"], reason=WHY, now=NOW)
    found = shown(kit, confirmed)
    assert found["state"] == state
    assert "decision" in found["gate"]["missing"]
    left = scenes.open_duties(kit, confirmed)
    assert left == {("recommend", "case_manager") if value == "remand" else ("send_denial_letter", "letter")}


def test_nobody_acts_in_two_roles_on_one_case(
    kit: Kit, packet: dict[str, Any], application: UUID, staff: dict[str, Person]
) -> None:
    from sqlalchemy import update

    from integrations.store.staff import get_person
    from models.tables.people import Staff

    with kit.transaction() as session:
        session.execute(
            update(Staff)
            .where(Staff.email == "cm@example.org")  # type: ignore[arg-type]
            .values(roles=["case_manager", "case_coordinator", "federal_field_specialist"])
        )
        both = get_person(session, "cm@example.org")
    scenes.confirm_all(kit, packet, application, both)
    key = str(application)
    vetting.recommend(kit, key, "approve", both, reason=WHY, now=NOW)
    vetting.recommend(kit, key, "approve", staff["cc"], reason=WHY, now=NOW)
    refused = _refused(lambda: vetting.decide(kit, key, "approve", both, reason=WHY, now=NOW))
    assert refused.code == "two_roles"


def test_every_duty_that_has_ended_says_what_ended_it(
    kit: Kit, confirmed: UUID, staff: dict[str, Person]
) -> None:
    from sqlalchemy import text

    scenes.approve(kit, staff, confirmed, now=NOW + timedelta(hours=1))
    with kit.transaction() as session:
        rows = session.execute(
            text(
                "SELECT o.kind, e.kind, e.row_id, e.by_staff IS NOT NULL FROM obligation o"
                " JOIN evidence e ON e.id = o.evidence_id WHERE o.state = 'settled'"
            )
        ).all()
        kept = {
            name: set(session.execute(text(f"SELECT id FROM {name}")).scalars())
            for name in (
                "confirmation",
                "background_check",
                "recommendation",
                "decision",
                "address",
                "document",
            )
        }
    ended = {(duty, kind): row for duty, kind, row, _ in rows}
    assert ended["confirm_document", "review"] in kept["confirmation"]
    assert ended["recommend", "decision"] in kept["recommendation"]
    assert ended["decide", "decision"] in kept["decision"]
    checks = {row for duty, kind, row, _ in rows if duty == "record_check"}
    assert checks <= kept["background_check"] | kept["address"] | kept["document"]
