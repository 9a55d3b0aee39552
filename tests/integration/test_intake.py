"""Packets at the door: what is wrong with one is told whole, nothing is half stored, nothing is stored twice."""

from __future__ import annotations

import logging
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from integrations.desk import release as release_desk
from integrations.desk.intake import Taken, submit
from integrations.kit import Kit
from integrations.packets import read_path
from integrations.store.applications import find_application
from models.errors import BadInput
from models.facts import Person
from models.tables.people import Child, Consent, PhoneNumber
from models.tables.vetting import Application, Decision, Recommendation
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, hand_in, write_packet, zip_of

DAY = timedelta(days=1)
PERSONAL = ("Ixchel", "Marta", "Example Coj", "220559901", "7135550101", "1420 Example", "1989-11-20", "UTO")


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


# --- new, unchanged, amended -------------------------------------------------------------------


def test_a_packet_becomes_an_application_with_its_first_duties(kit: Kit, tmp_path: Path) -> None:
    taken = hand_in(kit, tmp_path, a_packet())
    assert (taken.state, taken.revision, taken.how) == ("submitted", 1, "new")
    assert ("record_check", "address:postal_service") in scenes.open_duties(kit, taken.application_id)
    assert scenes.counts(kit)["job"] == 1


def test_the_same_bytes_again_change_nothing(kit: Kit, tmp_path: Path) -> None:
    first = hand_in(kit, tmp_path, a_packet())
    before = scenes.counts(kit)
    again = submit(kit, read_path(tmp_path), actor="cli", now=NOW + DAY)
    assert (again.application_id, again.revision, again.how) == (first.application_id, 1, "unchanged")
    assert scenes.counts(kit) == before


@pytest.mark.parametrize("under", ["", "TEST-0001/"])
def test_a_zip_of_the_folder_equals_the_folder(kit: Kit, tmp_path: Path, under: str) -> None:
    folder = write_packet(tmp_path / "packet", a_packet())
    first = submit(kit, read_path(folder), actor="cli", now=NOW)
    target = zip_of(folder, tmp_path / "packet.zip", under=under)
    with zipfile.ZipFile(target, "a") as archive:  # as a Mac does
        archive.writestr(f"__MACOSX/{under}._packet.json", b"\x00\x05")
        archive.writestr(f"{under}.DS_Store", b"\x00")
    again = submit(kit, read_path(target), actor="cli", now=NOW)
    assert (again.application_id, again.how) == (first.application_id, "unchanged")


def _another_relationship(packet: dict[str, Any]) -> dict[str, Any]:
    """Something that opinions were given on, and that no paper or check rests on."""
    return amended(packet, household=[packet["household"][0] | {"relationship_to_sponsor": "cousin"}])


def test_changed_content_is_an_amendment_and_people_must_look_again(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet()
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    scenes.vet(kit, taken.application_id)
    scenes.confirm_all(kit, packet, taken.application_id, staff["cm"])
    scenes.approve(kit, staff, taken.application_id)
    assert scenes.open_duties(kit, taken.application_id) == {("release_child", "release")}

    later = NOW + DAY
    again = hand_in(kit, tmp_path, _another_relationship(packet), now=later)
    assert (again.application_id, again.state, again.revision) == (taken.application_id, "submitted", 2)
    assert ("release_child", "release") not in scenes.open_duties(kit, taken.application_id)
    with kit.transaction() as session:
        for table in (Recommendation, Decision):
            rows: Any = session.scalars(select(table)).all()
            assert rows
            assert all(row.superseded_at == later for row in rows)
    scenes.vet(kit, taken.application_id, now=later)
    found = scenes.shown(kit, taken.application_id, now=later)
    assert found["gate"]["missing"] == [
        "recommendation case_manager",
        "recommendation case_coordinator",
        "decision",
    ]
    assert scenes.open_duties(kit, taken.application_id) == {("recommend", "case_manager")}


def test_a_duty_that_an_amendment_ends_is_void_and_names_what_is_asked_instead(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet()
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    scenes.vet(kit, taken.application_id)
    scenes.confirm_all(kit, packet, taken.application_id, staff["cm"])
    scenes.approve(kit, staff, taken.application_id)
    hand_in(kit, tmp_path, _another_relationship(packet), now=NOW + DAY)
    with kit.transaction() as session:
        state, successor = session.execute(
            text("SELECT state, successor_id FROM obligation WHERE kind = 'release_child'")
        ).one()
    assert state == "void"
    assert successor is not None


def test_an_amendment_takes_the_place_of_numbers_and_address(kit: Kit, tmp_path: Path) -> None:
    packet = a_packet()
    taken = hand_in(kit, tmp_path, packet)
    moved = amended(packet, sponsor__phone="+17135550108", address__line1="77 Example Rd")
    hand_in(kit, tmp_path, moved, now=NOW + DAY)
    with kit.transaction() as session:
        rows = session.execute(
            text("SELECT retired_at IS NULL FROM phone_number WHERE party = 'sponsor' ORDER BY 1")
        )
        current = session.execute(
            text("SELECT count(*) FROM address WHERE until_at IS NULL AND application_id = :id"),
            {"id": taken.application_id},
        )
        assert [row[0] for row in rows] == [False, True]
        assert current.scalar_one() == 1


def _at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all begun in the same instant."""
    gate, out = threading.Barrier(len(work)), [None] * len(work)

    def run(number: int) -> None:
        gate.wait()
        try:
            out[number] = work[number]()
        except Exception as err:
            out[number] = err  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return out


def test_one_reference_handed_in_twice_at_once_is_one_application(kit: Kit, tmp_path: Path) -> None:
    handed_in = read_path(write_packet(tmp_path, a_packet()))
    taken: list[Taken] = _at_once(*[lambda: submit(kit, handed_in, actor="cli", now=NOW)] * 3)
    assert sorted(t.how for t in taken) == ["new", "unchanged", "unchanged"]
    assert scenes.counts(kit)["application"] == scenes.counts(kit)["application_revision"] == 1


def test_two_references_for_one_child_at_once_are_one_case(kit: Kit, tmp_path: Path) -> None:
    packets = [
        read_path(write_packet(tmp_path / name, a_packet(name))) for name in ("TEST-0001", "TEST-0002")
    ]
    taken = _at_once(*[lambda p=p: submit(kit, p, actor="cli", now=NOW) for p in packets])
    assert [t.how for t in taken] == ["new", "new"]
    counted = scenes.counts(kit)
    assert (counted["application"], counted["child"], counted["child_case"]) == (2, 1, 1)


def test_packets_that_hold_the_same_files_do_not_wait_for_each_other(kit: Kit, tmp_path: Path) -> None:
    packets = []
    for number in range(4):
        packet = a_packet(f"TEST-000{number}", a_number=f"22055990{number}", household=[])
        if number % 2:
            packet["documents"].reverse()
        folder = write_packet(tmp_path / str(number), packet)
        for document in packet["documents"]:
            (folder / document["file"]).write_bytes(scenes.scan(document["file"]))
        packets.append(read_path(folder))
    taken = _at_once(*[lambda p=p: submit(kit, p, actor="cli", now=NOW) for p in packets])
    assert [t.how for t in taken] == ["new"] * 4
    assert scenes.counts(kit)["document_file"] == 9


def test_a_reference_of_another_child_is_refused(kit: Kit, tmp_path: Path) -> None:
    hand_in(kit, tmp_path, a_packet())
    before = scenes.counts(kit)
    with pytest.raises(BadInput) as caught:
        hand_in(kit, tmp_path, a_packet(a_number="220559999"), now=NOW + DAY)
    assert [p.code for p in caught.value.problems] == ["reference_of_another_child"]
    assert scenes.counts(kit) == before


def test_a_packet_can_not_be_amended_after_the_release(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet()
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    scenes.vet(kit, taken.application_id)
    scenes.confirm_all(kit, packet, taken.application_id, staff["cm"])
    scenes.approve(kit, staff, taken.application_id)
    release_desk.release(kit, packet["reference"], staff["cm"], on=NOW.date(), now=NOW)
    before = scenes.counts(kit)
    with pytest.raises(BadInput) as caught:
        hand_in(kit, tmp_path, amended(packet, sponsor__phone="+17135550108"), now=NOW + DAY)
    assert [p.code for p in caught.value.problems] == ["already_released"]
    assert scenes.counts(kit) == before
    same = submit(kit, read_path(write_packet(tmp_path, packet)), actor="cli", now=NOW + DAY)
    assert same.how == "unchanged"


def test_a_reference_that_looks_like_an_id_finds_its_application(kit: Kit, tmp_path: Path) -> None:
    reference = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    taken = hand_in(kit, tmp_path, a_packet(reference))
    with kit.transaction() as session:
        assert find_application(session, reference).id == taken.application_id
        assert find_application(session, str(taken.application_id)).reference == reference


# --- phones ------------------------------------------------------------------------------------


def _numbers(kit: Kit) -> dict[str, PhoneNumber]:
    with kit.transaction() as session:
        rows = session.scalars(select(PhoneNumber).where(col(PhoneNumber.role) == "party"))
        return {row.party: row for row in rows}


@pytest.mark.parametrize("who", ["sponsor", "alternate_caregiver"])
def test_a_number_that_the_child_shares_with_an_adult_is_marked(kit: Kit, tmp_path: Path, who: str) -> None:
    packet = a_packet()
    packet[who]["phone"] = "+17135550106"
    hand_in(kit, tmp_path, amended(packet, child__phone="+17135550106"))
    numbers = _numbers(kit)
    assert numbers["child"].shared
    assert numbers["sponsor"].shared is (who == "sponsor")


def test_a_stop_outlives_an_amendment_that_repeats_the_old_consent(kit: Kit, tmp_path: Path) -> None:
    packet = a_packet()
    hand_in(kit, tmp_path, packet)
    number = _numbers(kit)["sponsor"]
    with kit.transaction() as session:
        stop = Consent(
            number_id=number.id, given=False, method="text", at=NOW, recorded_at=NOW, actor="engine:inbound"
        )
        session.add(stop)
    hand_in(kit, tmp_path, amended(packet, address__line1="77 Example Rd"), now=NOW + DAY)
    with kit.transaction() as session:
        newest = session.scalars(
            select(Consent)
            .where(col(Consent.number_id) == number.id)
            .order_by(col(Consent.at).desc(), col(Consent.recorded_at).desc())
        ).first()
        assert newest is not None
        assert not newest.given


# --- privacy -----------------------------------------------------------------------------------


def test_no_log_record_of_a_submission_and_its_vetting_holds_a_person(
    kit: Kit, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "sqlalchemy.engine"):
        caplog.set_level(logging.INFO, logger=name)
    packet = a_packet()
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    scenes.vet(kit, taken.application_id)
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert [word for word in PERSONAL if word in said] == []


def test_what_the_database_keeps_in_the_open_holds_no_person(kit: Kit, world: World, tmp_path: Path) -> None:
    packet = a_packet()
    world.reader.shows(amended(packet, address__line1="9 Other Rd"))
    taken = hand_in(kit, tmp_path, packet)
    scenes.vet(kit, taken.application_id)
    with kit.transaction() as session:
        tables = session.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalars()
        rows = [
            str(row)
            for table in list(tables)
            for row in session.execute(text(f'SELECT row_to_json(t)::text FROM "{table}" t')).scalars()
        ]
    said = "\n".join(rows)
    assert taken.reference in said
    assert [word for word in PERSONAL if word in said and word != "UTO"] == []


def test_a_child_is_described_by_its_own_newest_packet(kit: Kit, tmp_path: Path) -> None:
    packet = a_packet()
    hand_in(kit, tmp_path, packet)
    with kit.transaction() as session:
        first = session.scalars(select(Child)).one().name_key
    hand_in(kit, tmp_path, amended(packet, child__family_names="Xolex Example"), now=NOW + DAY)
    with kit.transaction() as session:
        assert session.scalars(select(Child)).one().name_key != first
        assert session.scalars(select(Application)).one().revision == 2
