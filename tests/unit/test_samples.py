"""The sample packets: whole, plainly invented, staged as their stories say, and drawn the same each time."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zipcodes
from mrz.checker.td3 import TD3CodeChecker
from PIL import Image

from integrations.documents.legibility import measure
from integrations.documents.reader import look_at
from integrations.documents.sniff import check_file
from models.findings import FindingCode
from models.packet import Packet, parse_packet
from models.states import ApplicationState, DocumentKind
from samples.build import STORIES, packet_json, story_json
from samples.draw import draw_story, render
from samples.drawing.cards import Bearer, check_digit, passport_lines
from samples.drawing.sheet import Sheet
from samples.papers import amended, papers
from samples.story import Story
from vetting.typed import compare, parse_typed

ROOT = Path(__file__).resolve().parents[2] / "samples"
SUBMITTED = date(2026, 2, 2)
FOLDERS = sorted(ROOT.glob("packets/*")) + sorted(ROOT.glob("amendments/*"))
BY_NAME = {story.name: story for story in STORIES}


def _packet(folder: Path) -> Packet:
    return parse_packet((folder / "packet.json").read_bytes())


def _told(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((ROOT / "packets" / name / "story.json").read_text("utf-8"))
    return told


def _people(packet: Packet) -> Iterator[Any]:
    yield packet.child
    yield packet.sponsor
    yield from packet.household
    if packet.alternate_caregiver:
        yield packet.alternate_caregiver


def _phones(packet: Packet) -> Iterator[str]:
    caregiver = packet.alternate_caregiver
    yield from (c.phone for c in packet.contacts)
    for phone in (
        packet.child.phone,
        packet.sponsor.phone,
        packet.sponsor.backup_phone,
        caregiver.phone if caregiver else None,
    ):
        if phone:
            yield phone


def test_every_story_has_its_folder_and_no_folder_lacks_a_story() -> None:
    assert [f.name for f in sorted(ROOT.glob("packets/*"))] == sorted(BY_NAME)
    amending = sorted(s.name for s in STORIES if s.amendment)
    assert [f.name for f in sorted(ROOT.glob("amendments/*"))] == amending


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_packet_parses_and_holds_exactly_the_files_that_it_names(folder: Path) -> None:
    packet = _packet(folder)
    named = [document.file for document in packet.documents]
    assert sorted(named) == sorted(f"documents/{p.name}" for p in (folder / "documents").iterdir())
    assert len(set(named)) == len(named)
    faults = [check_file("f", name, (folder / name).read_bytes()) for name in named]
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_people_are_plainly_invented_and_their_phones_ring_nowhere(folder: Path) -> None:
    packet = _packet(folder)
    assert all("Example" in person.family_names for person in _people(packet))
    assert all("Example" in contact.name for contact in packet.contacts)
    pattern = re.compile(r"\+1[2-9]\d\d55501\d\d|\+502555\d{5}")
    assert [p for p in _phones(packet) if not pattern.fullmatch(p)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_city_state_and_zip_belong_together(folder: Path) -> None:
    address = _packet(folder).address
    found = zipcodes.matching(address.zip)[0]
    assert (found["state"], found["zip_code_type"]) == (address.state, "STANDARD")
    assert address.city in (found["city"], *found["acceptable_cities"])


def test_nobody_is_in_two_packets_by_accident() -> None:
    packets = [_packet(f) for f in sorted(ROOT.glob("packets/*"))]
    for values in (
        [p.reference for p in packets],
        [p.child.a_number for p in packets],
        [phone for p in packets for phone in _phones(p)],
        [person.date_of_birth for p in packets for person in _people(p)],
        [(person.given_names, person.family_names) for p in packets for person in _people(p)],
        [
            person.identity_document.number
            for p in packets
            for person in _people(p)
            if getattr(person, "identity_document", None)
        ],
    ):
        assert [v for v, times in Counter(values).items() if times > 1] == []


def test_children_are_of_the_age_that_the_stories_need() -> None:
    for story in STORIES:
        born, entered = story.child.born_on, story.child.entered_on
        assert date(born.year + 18, born.month, 1) > date(2026, 7, 31), story.name
        assert date(born.year + 5, born.month, born.day) <= SUBMITTED, story.name
        if story.name == "17-old-rules":
            assert entered <= date(2025, 4, 22)
        else:
            assert date(2025, 11, 1) <= entered <= date(2026, 1, 31), story.name
    teenagers = [s for s in STORIES if SUBMITTED.year - s.child.born_on.year > 13]
    assert len(teenagers) > len(STORIES) / 2


def test_many_children_have_a_phone_of_their_own_and_said_yes() -> None:
    own = [_packet(ROOT / "packets" / s.name).child for s in STORIES if s.child.phone is not None]
    assert len(own) >= 6
    for child in own:
        assert child.text_consent is not None
        assert child.text_consent.given
        assert child.text_consent.phone_held_by == "child"


def test_proofs_of_address_are_inside_the_window_of_sixty_days() -> None:
    for story in STORIES:
        for told in (story, amended(story)):
            assert timedelta(0) <= SUBMITTED - told.proof.issued_on <= timedelta(days=60), story.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_packet_is_complete_for_the_tightened_policy(folder: Path) -> None:
    packet = _packet(folder)
    have = {(d.kind, d.subject) for d in packet.documents}
    K = DocumentKind
    need = {
        (K.SPONSOR_IDENTITY, "sponsor"),
        (K.PROOF_OF_ADDRESS, "sponsor"),
        (K.CHILD_IDENTITY, "child"),
        (K.RELEASE_AUTHORIZATION, "sponsor"),
        (K.RELEASE_AUTHORIZATION, "alternate_caregiver"),
        (K.CAREGIVER_IDENTITY, "alternate_caregiver"),
        (K.PROOF_OF_INCOME, "sponsor"),
        (K.SPONSOR_CARE_AGREEMENT, "sponsor"),
    }
    if packet.sponsor.related:
        need.add((K.PROOF_OF_RELATIONSHIP, "sponsor"))
    for index, member in enumerate(packet.household):
        if member.date_of_birth <= date(SUBMITTED.year - 18, SUBMITTED.month, SUBMITTED.day):
            need |= {(kind, f"household:{index}") for kind in (K.HOUSEHOLD_IDENTITY, K.RELEASE_AUTHORIZATION)}
    assert have == need


def test_only_the_blurred_bill_is_illegible() -> None:
    """The policies refuse a sharpness below 1.0; readable scans have 1.2 and more."""
    poor = {
        (folder.parent.name, folder.name, document.file)
        for folder in FOLDERS
        for document in _packet(folder).documents
        if document.kind is DocumentKind.PROOF_OF_ADDRESS
        if _sharpness(folder / document.file) < 1.2
    }
    assert poor == {("packets", "03-blurred-bill", "documents/water-bill.jpg")}
    blurred = ROOT / "packets/03-blurred-bill/documents/water-bill.jpg"
    assert _sharpness(blurred) < 0.8


def _sharpness(path: Path) -> float:
    legibility = look_at(path.read_bytes()).legibility
    assert legibility is not None
    return legibility.sharpness


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_story_json_speaks_in_the_words_of_the_engine(name: str) -> None:
    told = _told(name)
    expect = told["expect"]
    assert told["name"] == name
    assert {*expect["findings"], *expect["may_find"]} <= set(FindingCode)
    assert expect["released"] == (ApplicationState(expect["final_state"]) is ApplicationState.RELEASED)
    assert expect["ends"] in ("in_follow_up", "lost_contact", "not_released", "escalated")
    assert expect["released"] == (expect["ends"] != "not_released")
    assert all(len(entry["reason"]) > 20 and FindingCode(entry["code"]) for entry in told["clear"])


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_a_person_types_agrees_with_the_packet(name: str) -> None:
    told = _told(name)
    folder = ROOT / ("amendments" if told["amendment"] else "packets") / name
    packet = _packet(folder)
    for document in packet.documents:
        key = (
            document.kind
            if document.subject in ("sponsor", "child")
            else f"{document.kind}:{document.subject}"
        )
        typed = parse_typed(document.kind, json.dumps(told["typed"][key]).encode())
        compared = compare(document.kind, document.subject, typed, packet)
        assert compared.differs == (), key


def _card_holders(story: Story) -> list[Any]:
    return [story.sponsor, story.caregiver, *story.household]


def test_machine_readable_lines_carry_right_check_digits() -> None:
    cards = [
        Bearer(p.given, p.family, p.born_on, p.sex, p.card.number, p.card.expires_on)
        for story in STORIES
        for p in _card_holders(story)
        if p.card and p.card.kind == "passport"
    ]
    assert len(cards) > 15
    for bearer in cards:
        lines = passport_lines(bearer)
        assert [len(line) for line in lines] == [44, 44]
        assert bool(TD3CodeChecker("\n".join(lines)))


def test_check_digit_is_the_one_of_the_specimen_in_icao_9303() -> None:
    # ICAO Doc 9303 part 4, appendix: L898902C3, born 740812, expires 120415.
    assert [check_digit(text) for text in ("L898902C3", "740812", "120415")] == ["6", "2", "9"]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_json_files_are_those_that_the_script_writes(name: str) -> None:
    story = BY_NAME[name]
    folder = ROOT / "packets" / name
    assert json.loads((folder / "packet.json").read_text("utf-8")) == packet_json(story, papers(story))
    assert _told(name) == story_json(story)
    if story.amendment:
        later = amended(story)
        again = json.loads((ROOT / "amendments" / name / "packet.json").read_text("utf-8"))
        assert again == packet_json(later, papers(later))
        assert again["reference"] == packet_json(story, papers(story))["reference"]


def test_drawing_the_same_story_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    story = BY_NAME["05-warehouse"]
    for place in ("one", "two"):
        draw_story(story, tmp_path / place)
    one, two = (
        {p.relative_to(tmp_path / place): p.read_bytes() for p in (tmp_path / place).rglob("*.*")}
        for place in ("one", "two")
    )
    assert len(one) > 8
    assert one == two


@pytest.mark.parametrize("look", ["digital", "scan_pdf", "png", "scan", "rotated", "photo", "faint", "tiff"])
def test_every_look_is_reproducible_and_another_seed_gives_another_paper(look: str) -> None:
    story = _with_look(BY_NAME["01-clean-aunt"], look)
    bill = next(p for p in papers(story) if p.kind == "proof_of_address")
    first = render(bill, story)
    assert first == render(bill, story)
    assert first != render(bill, story, seed=7)
    assert check_file("f", bill.file, first) is None


def _with_look(story: Story, look: str) -> Story:
    return replace(story, proof=replace(story.proof, look=look))


def test_spanish_letters_reach_paper_and_pixels() -> None:
    sheet = Sheet(400, 100)
    sheet.text(10, 50, "ñ á é í ó ú Ñ ¿Cómo?", 20)
    document = pypdfium2.PdfDocument(sheet.pdf())
    assert document[0].get_textpage().get_text_bounded().strip() == "ñ á é í ó ú Ñ ¿Cómo?"
    document.close()
    assert measure(sheet.pixels(150)[0]).contrast > 200


def test_all_formats_are_there_and_the_whole_stays_small() -> None:
    files = [p for folder in FOLDERS for p in (folder / "documents").iterdir()]
    assert {p.suffix for p in files} == {".png", ".jpg", ".pdf", ".tif"}
    assert sum(p.stat().st_size for p in ROOT.rglob("*") if p.is_file()) < 12 * 2**20
    with Image.open(io.BytesIO(next(p for p in files if p.suffix == ".tif").read_bytes())) as tiff:
        assert tiff.mode == "1"
