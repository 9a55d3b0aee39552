"""Naming, clearing and waiving: forgiving about words, strict about who."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from integrations.desk import vetting
from integrations.desk.naming import find_finding, find_requirement
from integrations.kit import Kit
from integrations.store.applications import find_application, gather
from integrations.store.staff import SANDBOX_STAFF
from kinline.cli.show_acts import acts
from models.errors import BadInput, Refused
from models.facts import Person
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, an_adult, hand_in, shown, vet

EVERYBODY = [email.partition("@")[0] for email, _, _ in SANDBOX_STAFF]
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


def _refused(act: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def _only(kit: Kit, staff: dict[str, Person], allowed: set[str], act: Act, key: str) -> None:
    """Everybody but `allowed` is told that this is not for their role."""
    for word in sorted(set(EVERYBODY) - allowed):
        assert _refused(lambda w=word: act(kit, key, staff[w])).code == "wrong_role", word


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
    first, second = (str(staff[who].id)[:8] for who in ("ffs", "supervisor"))
    [told] = [line for line in acts(shown(kit, application)) if line.startswith("waiver ")]
    assert told == (
        f"waiver of proof_of_address@sponsor proposed by federal field specialist {first} on {NOW.date()}:"
        f" The home is a shelter; approved by supervisor {second} on {NOW.date()}"
    )
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
    assert [line for line in acts(shown(kit, application)) if line.endswith("; an amendment has ended it")]
    vetting.waive(kit, key, item, staff["ffs"], reason="Seen too.", now=NOW + 2 * DAY)
    assert state() == "received"
    vetting.waive(kit, key, item, staff["supervisor"], reason="Seen too.", now=NOW + 2 * DAY)
    assert state() == "waived"
