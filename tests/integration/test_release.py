"""The release: past the gate alone, with its whole follow-up plan, in one transaction, and once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from integrations.desk import release as desk
from integrations.desk import release_papers, vetting
from integrations.desk.application_views import application_json
from integrations.desk.views import account_json
from integrations.kit import Kit
from integrations.letters.release_papers import fields_told, paper_text
from models.errors import BadInput, Refused
from models.facts import Person
from models.packet import parse_packet
from models.states import ReleasePaperKind
from tests.builders import DAY, NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, amended, hand_in, shown, vet

TODAY = NOW.date()


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


def _approved(kit: Kit, world: World, staff: dict[str, Person], folder: Path, **changes: Any) -> UUID:
    packet = a_packet(changes.pop("reference", "TEST-0001"), household=[], **changes)
    world.reader.shows(packet)
    taken = hand_in(kit, folder, packet)
    vet(kit, taken.application_id)
    _clear_reviews(kit, taken.application_id, staff["cm"])
    scenes.confirm_all(kit, packet, taken.application_id, staff["cm"])
    scenes.approve(kit, staff, taken.application_id)
    return taken.application_id


def _clear_reviews(kit: Kit, application: UUID, by: Person) -> None:
    for finding in shown(kit, application)["findings"]:
        if finding["severity"] == "review" and finding["state"] == "open":
            vetting.clear(kit, str(application), finding["id"], by, reason="Looked into.", now=NOW)


@pytest.fixture
def approved(kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path) -> UUID:
    return _approved(kit, world, staff, tmp_path)


def _count(kit: Kit, what: str) -> int:
    with kit.transaction() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())


def test_the_release_creates_the_follow_up_plan_and_the_gate_reads_as_passed(
    kit: Kit, approved: UUID, staff: dict[str, Person]
) -> None:
    desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)
    found = shown(kit, approved)
    assert (found["state"], found["release"]["on"]) == ("released", "2026-02-02")
    assert found["gate"] == {"open": True, "missing": []}
    assert _count(kit, "obligation WHERE side = 'followup' AND state = 'open'") > 3
    assert _count(kit, "obligation WHERE side = 'vetting' AND state = 'open'") == 0
    account = account_json(kit, now=NOW)
    assert (account["children"], account["accounted"], account["silent"]) == (1, 1, [])


def test_only_the_case_manager_releases(kit: Kit, approved: UUID, staff: dict[str, Person]) -> None:
    for word in ("officer", "cc", "ffs", "caller", "supervisor", "integrity", "auditor", "admin"):
        with pytest.raises(Refused) as caught:
            desk.release(kit, str(approved), staff[word], on=TODAY, now=NOW)
        assert caught.value.code == "wrong_role", word
    assert shown(kit, approved)["state"] == "approved"


def test_a_closed_gate_names_what_is_missing(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet()
    packet["documents"] = [d for d in packet["documents"] if d["kind"] != "sponsor_identity"]
    world.reader.shows(packet)
    taken = hand_in(kit, tmp_path, packet)
    vet(kit, taken.application_id)
    with pytest.raises(Refused) as caught:
        desk.release(kit, str(taken.application_id), staff["cm"], on=TODAY, now=NOW)
    assert caught.value.code == "gate_closed"
    assert {"document sponsor_identity@sponsor", "decision", "recommendation case_manager"} <= set(
        caught.value.missing
    )
    assert _count(kit, "release") == 0


def test_a_check_that_runs_out_after_the_decision_closes_the_gate_again(
    kit: Kit, approved: UUID, staff: dict[str, Person]
) -> None:
    late = NOW + 100 * DAY
    with pytest.raises(Refused) as caught:
        desk.release(kit, str(approved), staff["cm"], on=late.date(), now=late)
    assert any("CHECK_STALE sponsor public_records" in line for line in caught.value.missing)


@pytest.mark.parametrize("broken", ["open_followup", "_end_duties", "history.audit"])
def test_when_anything_inside_fails_nothing_is_released(
    kit: Kit, approved: UUID, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    before = _count(kit, "obligation"), _count(kit, "history")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(f"integrations.desk.release.{broken}", fail)
        with pytest.raises(RuntimeError):
            desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)
    assert (_count(kit, "obligation"), _count(kit, "history")) == before
    assert _count(kit, "release") == _count(kit, "child_case WHERE released_at IS NOT NULL") == 0
    desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)
    assert shown(kit, approved)["state"] == "released"


def _race(*work: Any) -> list[Any]:
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


def test_of_two_releases_at_once_one_wins(kit: Kit, approved: UUID, staff: dict[str, Person]) -> None:
    act = lambda: desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)  # noqa: E731
    out = _race(act, act, act)
    assert [one for one in out if isinstance(one, UUID)] == [approved]
    assert [one.code for one in out if isinstance(one, Refused)] == ["already_released"] * 2
    assert _count(kit, "release") == 1


def test_of_two_rival_applications_for_one_child_one_wins(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    first = _approved(kit, world, staff, tmp_path / "first")
    second = _approved(kit, world, staff, tmp_path / "second", reference="TEST-0002")
    # The second one's look-up found the first, whose approval must wait until somebody has looked at that too.
    with pytest.raises(Refused) as caught:
        desk.release(kit, str(first), staff["cm"], on=TODAY, now=NOW)
    assert caught.value.code == "gate_closed"
    vet(kit, first)
    _clear_reviews(kit, first, staff["cm"])
    out = _race(
        lambda: desk.release(kit, str(first), staff["cm"], on=TODAY, now=NOW),
        lambda: desk.release(kit, str(second), staff["cm"], on=TODAY, now=NOW),
    )
    assert len([one for one in out if isinstance(one, UUID)]) == 1
    assert [one.code for one in out if isinstance(one, Refused)] == ["already_released"]
    assert _count(kit, "release") == 1


def test_an_amendment_and_a_release_at_once_never_release_the_new_packet_unseen(
    kit: Kit, approved: UUID, staff: dict[str, Person], tmp_path: Path
) -> None:
    changed = amended(a_packet(household=[]), address__line1="9999 Nowhere Example Rd")
    out = _race(
        lambda: desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW),
        lambda: hand_in(kit, tmp_path / "amended", changed, now=NOW),
    )
    found = application_json(kit, str(approved), now=NOW)
    if found["state"] == "released":
        assert found["revision"] == 1
        assert isinstance(out[1], BadInput)
    else:
        assert (found["revision"], found["release"]) == (2, None)
        assert isinstance(out[0], Refused)
        assert out[0].code == "gate_closed"


def test_a_release_is_recorded_on_its_day_or_after_and_not_before_the_decision(
    kit: Kit, approved: UUID, staff: dict[str, Person]
) -> None:
    for on, code in ((TODAY + 2 * DAY, "in_the_future"), (date(2025, 12, 24), "before_the_decision")):
        with pytest.raises(BadInput) as caught:
            desk.release(kit, str(approved), staff["cm"], on=on, now=NOW)
        assert [(p.field, p.code) for p in caught.value.problems] == [("--on", code)]
    later = NOW + timedelta(days=3)
    desk.release(kit, str(approved), staff["cm"], on=TODAY + DAY, now=later)
    assert _count(kit, "child_case WHERE released_at = '2026-02-03T18:00:00Z'") == 1


# --- its papers ----------------------------------------------------------------------------------


def _words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def test_the_release_makes_its_papers_and_puts_the_notice_on_record(
    kit: Kit, approved: UUID, staff: dict[str, Person]
) -> None:
    desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)
    made = shown(kit, approved)["release"]
    assert [p["kind"] for p in made["papers"]] == ["verification_of_release", "discharge_notice"]
    assert [p["template"] for p in made["papers"]] == ["verification_of_release_1", "discharge_notice_1"]
    a_number = a_packet()["child"]["a_number"]
    for paper in made["papers"]:
        content = release_papers.paper(
            kit, str(approved), ReleasePaperKind(paper["kind"]), staff["cm"], now=NOW + 30 * DAY
        )
        assert hashlib.sha256(content).hexdigest() == paper["digest"]
        words = _words(content)
        for told in (a_number, "Ixchel Example Coj", "Marta Example Coj", "2 February 2026", "Apt 3B"):
            assert told in words
    (told,) = made["disclosures"]
    assert told["recipient"] == "Department of Homeland Security"
    assert "09-80-0321" in told["legal_basis"]
    assert told["approved_by"] == str(staff["ffs"].id)  # who decided on the release
    assert told["recorded_by"] == str(staff["cm"].id)
    assert told["fields"] == list(fields_told(ReleasePaperKind.DISCHARGE_NOTICE))


def test_what_the_notice_names_as_told_is_what_it_tells() -> None:
    packet = parse_packet(json.dumps(a_packet()).encode())
    told = paper_text(ReleasePaperKind.DISCHARGE_NOTICE, packet, TODAY, recipient="somebody", basis="a basis")
    assert fields_told(ReleasePaperKind.DISCHARGE_NOTICE) == (
        "child_name",
        "child_date_of_birth",
        "a_number",
        "released_on",
        "care_provider",
        "sponsor_name",
        "relationship",
        "address",
        "reference",
    )
    # Neither phones nor the sponsor's own papers: nobody outside needs them for this.
    for kept in (packet.sponsor.phone, packet.sponsor.identity_document.number, packet.sponsor.email):
        assert str(kept) not in told


def test_there_is_no_paper_before_the_release_and_none_for_whoever_has_no_part_in_it(
    kit: Kit, approved: UUID, staff: dict[str, Person]
) -> None:
    def look(role: str) -> None:
        release_papers.paper(kit, str(approved), ReleasePaperKind.VERIFICATION, staff[role], now=NOW)

    with pytest.raises(Refused) as refusal:
        look("cm")
    assert refusal.value.code == "not_released"
    desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)
    with pytest.raises(Refused) as refusal:
        look("caller")
    assert refusal.value.code == "wrong_role"
    assert _count(kit, "audit_entry WHERE act = 'read release paper'") == 0
    look("cm")
    assert _count(kit, "audit_entry WHERE act = 'read release paper'") == 1


def test_a_release_that_is_refused_tells_nobody(
    kit: Kit, world: World, staff: dict[str, Person], tmp_path: Path
) -> None:
    packet = a_packet(household=[])
    world.reader.shows(packet)
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    with pytest.raises(Refused):
        desk.release(kit, str(application), staff["cm"], on=TODAY, now=NOW)
    assert _count(kit, "release_paper") == _count(kit, "disclosure") == 0


@pytest.mark.parametrize("table", ["release_paper", "disclosure"])
def test_papers_and_disclosures_stay_as_they_were(
    kit: Kit, approved: UUID, staff: dict[str, Person], table: str
) -> None:
    desk.release(kit, str(approved), staff["cm"], on=TODAY, now=NOW)
    for change in (
        f"UPDATE {table} SET at = at + interval '1 day'",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(DBAPIError, match="are kept as they were written"), kit.transaction() as session:
            session.execute(text(change))
