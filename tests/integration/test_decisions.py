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
from integrations.desk.naming import find_finding, find_requirement
from integrations.kit import Kit
from integrations.store.applications import find_application, gather
from integrations.store.staff import SANDBOX_STAFF
from models.errors import BadInput, Refused
from models.facts import Person
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, an_adult, hand_in, shown, vet

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


# --- naming ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "household_identity@household:0",
        "household_identity:household:0",
        "Household-Identity",
        " household identity ",
    ],
)
def test_an_item_is_understood_in_every_usual_spelling(name: str) -> None:
    required = [_asked("sponsor_identity", "sponsor"), _asked("household_identity", "household:0")]
    assert find_requirement(required, name).subject == "household:0"


def _asked(item: str, subject: str, jurisdiction: str | None = None) -> Any:
    from models.facts import Requirement

    return Requirement(item, subject, "document", "R", "S", True, True, jurisdiction=jurisdiction)


@pytest.mark.parametrize(
    ("name", "code", "names"),
    [
        ("passport", "unknown_item", "release_authorization@household:0, release_authorization@household:1"),
        (
            "release_authorization",
            "ambiguous_item",
            "release_authorization@household:0, release_authorization@household:1",
        ),
    ],
)
def test_an_item_that_names_none_or_two_lists_the_names(name: str, code: str, names: str) -> None:
    required = [_asked("release_authorization", f"household:{n}") for n in (0, 1)]
    with pytest.raises(BadInput) as caught:
        find_requirement(required, name)
    [problem] = caught.value.problems
    assert (problem.field, problem.code, problem.remedy) == ("ITEM", code, f"Use one of: {names}.")


def test_a_finding_is_understood_by_code_subject_key_and_the_beginning_of_its_id(
    kit: Kit, world: World, packet: dict[str, Any], staff: dict[str, Person], tmp_path: Path
) -> None:
    world.reader.lines = ()
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    [shown_finding] = shown(kit, application)["findings"]
    with kit.transaction() as session:
        facts = gather(session, kit.vault, find_application(session, str(application)))
    names = ("ADDRESS_UNREAD", "address-unread", "ADDRESS_UNREAD@sponsor", "ADDRESS_UNREAD:sponsor")
    for name in (*names, shown_finding["key"], shown_finding["id"], shown_finding["id"][:8]):
        assert str(find_finding(facts, name).id) == shown_finding["id"]
    with pytest.raises(BadInput) as caught:
        find_finding(facts, "CHECK_HIT_BAR")
    assert shown_finding["key"] in caught.value.problems[0].remedy
    vetting.clear(kit, str(application), "ADDRESS_UNREAD", staff["cm"], reason="I read it.", now=NOW)
    again = _refused(
        lambda: vetting.clear(kit, str(application), "ADDRESS_UNREAD", staff["cm"], reason="x", now=NOW)
    )
    assert "already cleared" in again.message


# --- clear, waive ------------------------------------------------------------------------------


def test_clearing_needs_the_role_and_a_reason_and_a_review_finding(
    kit: Kit, world: World, packet: dict[str, Any], staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = amended(packet, address__line1="4420 Commerce Example Way", address__unit=None)
    world.reader.shows(packet)
    packet["documents"] = [d for d in packet["documents"] if d["kind"] != "proof_of_income"]
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    key = str(application)

    def act(kit: Kit, key: str, person: Person, reason: str = "Visited.", name: str = "") -> UUID:
        name = name or "ADDRESS_NOT_RESIDENTIAL"
        return vetting.clear(kit, key, name, person, reason=reason, now=NOW)

    _only(kit, staff, {"cm", "supervisor", "ffs"}, act, key)
    with pytest.raises(BadInput):
        act(kit, key, staff["cm"], "  ")
    block = _refused(lambda: act(kit, key, staff["cm"], name="DOCUMENT_MISSING"))
    assert block.code == "not_reviewable"
    act(kit, key, staff["cm"])
    assert "ADDRESS_NOT_RESIDENTIAL" not in scenes.open_codes(shown(kit, application))


def test_a_waiver_needs_two_people_and_never_waives_what_the_law_wants(
    kit: Kit, application: UUID, staff: dict[str, Person]
) -> None:
    key, item = str(application), "proof_of_address"

    def act(kit: Kit, key: str, person: Person) -> UUID:
        return vetting.waive(kit, key, item, person, reason="The home is a shelter.", now=NOW)

    _only(kit, staff, {"ffs", "supervisor"}, act, key)
    statutory = _refused(
        lambda: vetting.waive(kit, key, "sponsor_identity", staff["ffs"], reason="x", now=NOW)
    )
    assert statutory.code == "statutory"
    act(kit, key, staff["ffs"])
    states = lambda: {r["key"]: r["state"] for r in shown(kit, application)["required"]}  # noqa: E731
    assert states()["proof_of_address@sponsor"] == "received"
    assert _refused(lambda: act(kit, key, staff["ffs"])).code == "four_eyes"
    act(kit, key, staff["supervisor"])
    assert states()["proof_of_address@sponsor"] == "waived"
    assert ("confirm_document", "proof_of_address@sponsor") not in scenes.open_duties(kit, application)


def test_a_waiver_for_one_person_is_none_for_who_comes_after_them(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet(household=[an_adult("Jorge", "Example Ruiz", "1985-02-11", "GT-1")])
    world.reader.shows(packet)
    application = hand_in(kit, tmp_path, packet).application_id
    key, item = str(application), "household_identity@household:0"
    for word in ("ffs", "supervisor"):
        vetting.waive(kit, key, item, staff[word], reason="Seen in person.", now=NOW)

    def state() -> str:
        found = shown(kit, application)["required"]
        return str(next(r["state"] for r in found if r["key"] == item))

    assert state() == "waived"
    other = amended(packet, household=[an_adult("Ana", "Example Luz", "1970-01-01", "GT-2")])
    other["documents"] = scenes.papers_of(other)
    hand_in(kit, tmp_path, other, now=NOW + DAY)
    assert state() == "received"
    vetting.waive(kit, key, item, staff["ffs"], reason="Seen too.", now=NOW + 2 * DAY)
    assert state() == "received"
    vetting.waive(kit, key, item, staff["supervisor"], reason="Seen too.", now=NOW + 2 * DAY)
    assert state() == "waived"


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
def test_a_remand_sends_the_opinions_back_and_a_denial_ends_the_duties(
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
    assert left == ({("recommend", "case_manager")} if value == "remand" else set())


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


# --- home study --------------------------------------------------------------------------------


def test_a_home_study_is_ordered_by_the_specialist_and_its_report_received_by_the_manager(
    kit: Kit, world: World, packet: dict[str, Any], staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = amended(packet, child__circumstances={"trafficking_victim": True})
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    key = str(application)
    assert "HOME_STUDY_TVPRA" in scenes.open_codes(shown(kit, application))

    def study(step: str, result: str | None = None) -> Act:
        return lambda kit, key, person: vetting.home_study(
            kit, key, step, person, result=result, reason="By the law.", now=NOW
        )

    assert _refused(lambda: study("receive", "positive")(kit, key, staff["cm"])).code == "out_of_order"
    _only(kit, staff, {"ffs"}, study("order"), key)
    study("order")(kit, key, staff["ffs"])
    assert "HOME_STUDY_TVPRA" in scenes.open_codes(shown(kit, application))
    _only(kit, staff, {"cm"}, study("receive", "positive"), key)
    with pytest.raises(BadInput):
        study("receive", "fine")(kit, key, staff["cm"])
    study("receive", "positive")(kit, key, staff["cm"])
    assert "HOME_STUDY_TVPRA" not in scenes.open_codes(shown(kit, application))


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
