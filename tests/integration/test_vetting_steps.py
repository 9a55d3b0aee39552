"""The steps of vetting, run twice, killed, doubled, amended in between: the same outcome, nothing done twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from integrations.desk import rounds, steps, vetting
from integrations.desk.steps import STEPS, look_at_upload, run_step
from integrations.kit import Kit
from models.errors import Rejected, Unavailable
from models.facts import Person
from models.reading import MachineZone, PostalAnswer
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import NOBODY_THERE, World, a_packet, amended, hand_in, open_codes, shown, vet

DAY = timedelta(days=1)


class Killed(BaseException):
    """What a kill at this instant leaves behind: nothing after it runs, no `except Exception` sees it."""


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


def _outcome(kit: Kit, application_id: UUID) -> dict[str, Any]:
    """What the file says, without the ids and times that differ from run to run."""
    found = shown(kit, application_id)
    return {
        "state": found["state"],
        "required": sorted((r["key"], r["state"]) for r in found["required"]),
        "checks": sorted((c["subject"], c["kind"], c["attempt"], c["state"]) for c in found["checks"]),
        "findings": sorted((f["key"], f["state"]) for f in found["findings"]),
        "missing": found["gate"]["missing"],
        "duties": sorted(scenes.open_duties(kit, application_id)),
    }


def _rows(kit: Kit) -> dict[str, int]:
    with kit.transaction() as session:
        return {
            name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in ("finding", "background_check", "obligation", "evidence", "history", "link")
        }


def test_a_clean_packet_is_vetted_to_where_people_must_look(
    kit: Kit, world: World, application: UUID
) -> None:
    vet(kit, application)
    outcome = _outcome(kit, application)
    assert (outcome["state"], outcome["findings"]) == ("in_review", [])
    assert {state for *_, state in outcome["checks"]} == {"clear"}
    assert len(world.orders()) == len(outcome["checks"]) == 12
    assert {kind for kind, _ in outcome["duties"]} == {"confirm_document"}


def test_run_twice_is_the_same_and_writes_nothing(kit: Kit, world: World, application: UUID) -> None:
    vet(kit, application)
    outcome, rows, opened = _outcome(kit, application), _rows(kit), world.reader.opened
    vet(kit, application)
    assert (_outcome(kit, application), _rows(kit), world.reader.opened) == (outcome, rows, opened)
    assert (len(world.orders()), world.lookups()) == (12, 1)


def test_scans_that_were_read_ahead_are_not_read_again_and_end_the_same(
    kit: Kit, world: World, application: UUID
) -> None:
    steps.read_ahead(kit, application, now=NOW)
    opened = world.reader.opened
    assert opened == 11
    assert world.lookups() == 0
    vet(kit, application)
    assert world.reader.opened == opened
    assert _outcome(kit, application)["state"] == "in_review"


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_the_work_of_a_step_it_ends_the_same(
    step: str, kit: Kit, world: World, application: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        real = steps.judge

        def judge(kit: Kit, name: str, application_id: UUID, *, now: Any) -> dict[str, int]:
            if name == step:
                raise Killed
            return real(kit, name, application_id, now=now)

        patch.setattr(steps, "judge", judge)
        with pytest.raises(Killed):
            vet(kit, application)
    vet(kit, application)
    outcome = _outcome(kit, application)
    assert (outcome["state"], outcome["findings"]) == ("in_review", [])
    assert (len(world.orders()), world.lookups()) == (12, 1)


def test_killed_between_the_order_and_its_answer_no_check_is_ordered_twice(
    kit: Kit, world: World, application: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = kit.background.submit
    with monkeypatch.context() as patch:

        def submit_and_die(order: Any, *, key: str) -> Any:
            submit(order, key=key)
            raise Killed

        patch.setattr(kit.background, "submit", submit_and_die)
        for sent in (1, 2, 3):
            with pytest.raises(Killed):
                vet(kit, application)
            assert len(world.orders()) == sent
    vet(kit, application)
    assert _outcome(kit, application)["state"] == "in_review"
    assert len(world.orders()) == 12


def test_killed_while_reading_it_reads_on(kit: Kit, world: World, application: UUID) -> None:
    world.reader.failing = [Killed()]  # type: ignore[list-item]
    with pytest.raises(Killed):
        vet(kit, application)
    vet(kit, application)
    assert _outcome(kit, application)["state"] == "in_review"


def test_two_workers_at_once_end_as_one(kit: Kit, world: World, application: UUID) -> None:
    gate, failed = threading.Barrier(2), []

    def work() -> None:
        gate.wait()
        try:
            for step in STEPS:
                run_step(kit, step, application, now=NOW)
        except Exception as err:
            failed.append(err)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert failed == []
    vet(kit, application)
    outcome = _outcome(kit, application)
    # One may have found a check pending that the other had in hand; that has been resolved since.
    open_ones = [key for key, state in outcome["findings"] if state == "open"]
    assert (outcome["state"], open_ones) == ("in_review", [])
    assert len(world.orders()) == len(outcome["checks"]) == 12
    assert len({o["reference"] for o in world.orders()}) == 12


# --- documents ---------------------------------------------------------------------------------


def test_a_scan_that_ends_the_reader_waits_for_a_person_and_stops_nothing(
    kit: Kit, world: World, application: UUID
) -> None:
    died = Unavailable("document reader", "process_died_twice")
    world.reader.failing = [died] * 11
    vet(kit, application)
    found = shown(kit, application)
    assert scenes.open_codes(found) == ["ADDRESS_UNREAD"]
    assert len(world.orders()) == 12


def test_a_blurred_scan_is_illegible_and_its_words_count_for_nothing(
    kit: Kit, world: World, application: UUID
) -> None:
    world.reader.sharpness, world.reader.lines = 0.4, ("gibberish",)
    vet(kit, application)
    found = shown(kit, application)
    assert set(scenes.open_codes(found)) == {"DOCUMENT_ILLEGIBLE", "CHECK_PENDING"}
    assert found["state"] == "incomplete"


def test_the_same_file_in_an_amendment_is_not_read_again(
    kit: Kit, world: World, packet: dict[str, Any], application: UUID, tmp_path: Path
) -> None:
    vet(kit, application)
    opened = world.reader.opened
    hand_in(kit, tmp_path, amended(packet, sponsor__phone="+17135550108"), now=NOW + DAY)
    vet(kit, application, now=NOW + DAY)
    assert world.reader.opened == opened
    assert shown(kit, application)["state"] == "in_review"


def _mismatch(kit: Kit, world: World, packet: dict[str, Any], application: UUID, person: Person) -> None:
    """The bill shows another unit, and a person has cleared that."""
    world.reader.shows(amended(packet, address__unit="Apt 5C"))
    vet(kit, application)
    assert scenes.open_codes(shown(kit, application)) == ["ADDRESS_DOCUMENT_MISMATCH"]
    reason = "The landlord says that both are one flat."
    vetting.clear(kit, str(application), "address_document_mismatch", person, reason=reason, now=NOW)
    assert scenes.open_codes(shown(kit, application)) == []


def test_a_cleared_finding_stays_cleared_when_the_same_file_is_handed_in_again(
    kit: Kit,
    world: World,
    packet: dict[str, Any],
    application: UUID,
    staff: dict[str, Person],
    tmp_path: Path,
) -> None:
    _mismatch(kit, world, packet, application, staff["cm"])
    hand_in(kit, tmp_path, amended(packet, sponsor__phone="+17135550108"), now=NOW + DAY)
    vet(kit, application, now=NOW + DAY)
    found = shown(kit, application)
    assert scenes.open_codes(found) == []
    assert [f["state"] for f in found["findings"]] == ["cleared"]


@pytest.mark.parametrize("what", ["another file", "another stated address"])
def test_a_cleared_finding_comes_back_when_it_is_about_something_else(
    what: str,
    kit: Kit,
    world: World,
    packet: dict[str, Any],
    application: UUID,
    staff: dict[str, Person],
    tmp_path: Path,
) -> None:
    _mismatch(kit, world, packet, application, staff["cm"])
    proof = "documents/proof_of_address-sponsor.png"
    if what == "another file":
        changed, redrawn = amended(packet, sponsor__phone="+17135550108"), (proof,)
    else:
        changed, redrawn = amended(packet, address__unit="Apt 9"), ()
    hand_in(kit, tmp_path, changed, now=NOW + DAY, redrawn=redrawn)
    vet(kit, application, now=NOW + DAY)
    assert scenes.open_codes(shown(kit, application)) == ["ADDRESS_DOCUMENT_MISMATCH"]


def test_evidence_names_no_person(kit: Kit, world: World, packet: dict[str, Any], application: UUID) -> None:
    world.reader.shows(amended(packet, address__line1="9 Other Rd"))
    vet(kit, application)
    [finding] = shown(kit, application)["findings"]
    assert UUID(finding["evidence"]["document"])


# --- the address -------------------------------------------------------------------------------


def test_a_postal_service_that_is_down_is_never_a_pass_and_is_asked_again(
    kit: Kit, world: World, application: UUID, staff: dict[str, Person], packet: dict[str, Any]
) -> None:
    world.use_postal(NOBODY_THERE)
    vet(kit, application)
    scenes.confirm_all(kit, packet, application, staff["cm"])
    found = shown(kit, application)
    assert found["state"] == "in_checks"
    assert found["gate"]["missing"][0] == "address postal_service"
    assert scenes.open_duties(kit, application) == {("record_check", "address:postal_service")}
    world.use_postal()
    rounds.check_round(kit, now=NOW + DAY)
    assert shown(kit, application)["state"] == "in_review"
    assert scenes.open_duties(kit, application) == {("recommend", "case_manager")}


def test_a_postal_service_that_says_nothing_is_asked_again(
    kit: Kit, world: World, application: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = PostalAnswer(None, False, False, NOW, "test")
    with monkeypatch.context() as patch:
        patch.setattr(kit.postal, "look_up", lambda _query: silent)
        vet(kit, application)
    assert "address postal_service" in shown(kit, application)["gate"]["missing"]
    rounds.check_round(kit, now=NOW + DAY)
    assert shown(kit, application)["state"] == "in_review"


def test_an_address_that_the_postal_service_will_not_look_up_is_the_sponsors_to_mend(
    kit: Kit, world: World, application: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_query: Any) -> PostalAnswer:
        raise Rejected("usps", "HTTP 400", code="400")

    with monkeypatch.context() as patch:
        patch.setattr(kit.postal, "look_up", refuse)
        vet(kit, application)
    found = shown(kit, application)
    assert (found["state"], scenes.open_codes(found)) == ("incomplete", ["ADDRESS_UNDELIVERABLE"])
    assert "can't look this address up" in found["findings"][0]["message"]


def test_an_answer_about_the_old_address_is_not_taken_for_the_new_one(
    kit: Kit,
    world: World,
    packet: dict[str, Any],
    application: UUID,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_up = kit.postal.look_up

    def amend_meanwhile(query: Any) -> PostalAnswer:
        answer = look_up(query)
        moved = amended(packet, address__line1="9999 Nowhere Example Rd")
        hand_in(kit, tmp_path / "amended", moved, now=NOW + DAY)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(kit.postal, "look_up", amend_meanwhile)
        run_step(kit, "proof_of_address", application, now=NOW)
    assert "address postal_service" in shown(kit, application)["gate"]["missing"]
    vet(kit, application, now=NOW + DAY)
    assert "ADDRESS_UNDELIVERABLE" in scenes.open_codes(shown(kit, application))


def test_who_hands_in_a_scan_that_nobody_can_read_is_told_at_once(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    packet = a_packet()
    world.reader.shows(packet)
    application_id = hand_in(kit, tmp_path, packet).application_id
    world.reader.sharpness = 0.5
    told = look_at_upload(kit, application_id, now=NOW)
    assert {f"{f.evidence['item']}@{f.subject}" for f in told} >= {
        "sponsor_identity@sponsor",
        "proof_of_address@sponsor",
        "release_authorization@household:0",
    }
    assert "Ask for a new photo" in told[0].message
    assert look_at_upload(kit, application_id, now=NOW) == told

    looks = world.reader.opened
    vet(kit, application_id)
    assert world.reader.opened == looks + 1  # the proof of address is read; nothing is measured again
    assert "DOCUMENT_ILLEGIBLE" in open_codes(shown(kit, application_id))


def test_a_passport_whose_zone_names_another_birthday_is_for_review(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    packet = a_packet()
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    card = (tmp_path / "documents/sponsor_identity-sponsor.png").read_bytes()
    stated = packet["sponsor"]["identity_document"]
    world.reader.zones[card] = MachineZone(
        form="td3",
        issuer=stated["issuer"],
        number=stated["number"],
        names=f"{packet['sponsor']['family_names']}<<{packet['sponsor']['given_names']}".upper().replace(
            " ", "<"
        ),
        date_of_birth="010203",
        expires_on="310101",
    )
    vet(kit, taken.application_id)
    (found,) = [f for f in shown(kit, taken.application_id)["findings"] if f["code"] == "IDENTITY_MISMATCH"]
    assert (found["severity"], found["subject"]) == ("review", "sponsor")
    assert found["evidence"]["read_by"] == "machine"
    assert "date_of_birth" in found["evidence"]["differs"]
    looks = world.reader.opened
    vet(kit, taken.application_id)
    assert world.reader.opened == looks
