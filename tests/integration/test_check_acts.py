"""What people do with checks: write down a result that came on paper, judge a hit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from integrations.background.webhook import ResultNotice
from integrations.desk.check_acts import adjudicate, record_result
from integrations.desk.checks import take_result
from integrations.kit import Kit
from models.errors import BadInput, Refused
from models.facts import Person
from models.tables.vetting import BackgroundCheck
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, hand_in, shown, vet
from vetting.ports import CheckReport, ProviderRef

DAY = timedelta(days=1)


@pytest.fixture
def world(kit: Kit) -> Iterator[World]:
    with scenes.outside_world(kit) as world:
        yield world


def _handed_in(kit: Kit, world: World, folder: Path, identity: str) -> UUID:
    packet = a_packet(identity=identity, household=[])
    # Policy asks for the child abuse registry of whoever is no close relative.
    world.reader.shows(packet)
    return hand_in(kit, folder, packet).application_id


def _row(kit: Kit, kind: str, *, attempt: int = 1, subject: str = "sponsor") -> BackgroundCheck:
    with kit.transaction() as session:
        return session.scalars(
            select(BackgroundCheck).where(
                col(BackgroundCheck.kind) == kind,
                col(BackgroundCheck.subject) == subject,
                col(BackgroundCheck.attempt) == attempt,
            )
        ).first()  # type: ignore[return-value]


State = Literal["pending", "clear", "hit_review", "hit_bar", "unreadable", "error"]


def _notice(row: BackgroundCheck, state: State, at: datetime, ref: str | None = None) -> ResultNotice:
    reference = ProviderRef(ref or row.provider_ref or "ord_1")
    report = CheckReport(reference, state, None if state == "pending" else at, None, state, as_of=at)
    return ResultNotice(row.id, report, f"evt_{state}")


def _with_registry(kit: Kit, world: World, folder: Path, ending: str) -> UUID:
    """A family friend: policy wants the child abuse registry of everybody."""
    packet = a_packet(identity=ending, household=[])
    packet["sponsor"] |= {"relationship": "family friend", "related": False}
    world.reader.shows(packet)
    return hand_in(kit, folder, packet).application_id


@pytest.fixture
def pending(kit: Kit, world: World, tmp_path: Path) -> BackgroundCheck:
    """A registry check of the sponsor that has no result yet."""
    vet(kit, _with_registry(kit, world, tmp_path, "NEVER"))
    return _row(kit, "child_abuse_registry")


def test_a_refused_order_waits_for_a_person_who_may_write_down_a_paper_result(
    kit: Kit, world: World, tmp_path: Path, staff: dict[str, Person]
) -> None:
    kit.public_url = "ftp://nowhere"
    application = _handed_in(kit, world, tmp_path, "X")
    vet(kit, application)
    assert set(scenes.open_codes(shown(kit, application))) == {"CHECK_FAILED"}
    key = str(application)
    record_result(
        kit,
        key,
        "public-records",
        staff["cm"],
        result="clear",
        on=date(2026, 1, 30),
        reason="Letter.",
        now=NOW,
    )
    row = _row(kit, "public_records")
    assert (row.state, row.provider_code) == ("clear", "paper:clear")
    assert row.expires_on == date(2026, 1, 30) + timedelta(days=90)
    found = shown(kit, application)
    assert [f["evidence"]["kind"] for f in found["findings"] if f["state"] == "resolved"] == [
        "public_records"
    ]


def test_a_paper_result_settles_what_is_pending(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key = str(pending.application_id)
    record_result(
        kit, key, str(pending.id), staff["cm"], result="clear", on=NOW.date(), reason="Letter.", now=NOW
    )
    row = _row(kit, "child_abuse_registry")
    assert (row.state, row.next_look_at) == ("clear", None)
    assert ("record_check", "sponsor:child_abuse_registry:TX") not in scenes.open_duties(
        kit, pending.application_id
    )


def test_a_paper_hit_is_judged_by_two_people_and_not_recorded_away(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key, why = str(pending.application_id), "Letter of the registry."
    name = "child_abuse_registry@sponsor:TX"
    record_result(kit, key, name, staff["cm"], result="hit_review", on=NOW.date(), reason=why, now=NOW)
    with pytest.raises(Refused) as caught:
        record_result(kit, key, name, staff["cm"], result="clear", on=NOW.date(), reason=why, now=NOW)
    assert caught.value.code == "not_reviewable"
    adjudicate(kit, key, name, staff["ffs"], verdict="clear", reason="Another person.", now=NOW)
    with pytest.raises(Refused) as caught:
        adjudicate(kit, key, name, staff["ffs"], verdict="clear", reason="Another person.", now=NOW)
    assert caught.value.code == "four_eyes"
    assert "CHECK_HIT_REVIEW" in scenes.open_codes(shown(kit, pending.application_id))
    adjudicate(kit, key, "CHILD_ABUSE_REGISTRY", staff["supervisor"], verdict="clear", reason="So.", now=NOW)
    assert "CHECK_HIT_REVIEW" not in scenes.open_codes(shown(kit, pending.application_id))


def test_of_two_voices_that_differ_the_graver_stands(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key = str(pending.application_id)
    take_result(kit, _notice(pending, "hit_review", NOW), now=NOW)
    adjudicate(kit, key, str(pending.id), staff["ffs"], verdict="clear", reason="Old and minor.", now=NOW)
    adjudicate(kit, key, str(pending.id), staff["supervisor"], verdict="bar", reason="Not minor.", now=NOW)
    assert "CHECK_HIT_BAR" in scenes.open_codes(shown(kit, pending.application_id))


def test_a_paper_result_that_says_too_little_is_not_taken(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    faults: list[tuple[dict[str, Any], str]] = [
        ({"result": "fine"}, "wrong_value"),
        ({"on": NOW.date() + DAY}, "in_the_future"),
        ({"reason": " "}, "missing"),
        ({"check": "immigration_status"}, "unknown_check"),
        ({"check": "child_abuse_registry@nobody"}, "unknown_check"),
    ]
    for change, code in faults:
        said: dict[str, Any] = {"check": "child_abuse_registry@sponsor:TX", "result": "clear"}
        said |= {"on": NOW.date(), "reason": "Letter."} | change
        with pytest.raises(BadInput) as caught:
            record_result(kit, str(pending.application_id), said.pop("check"), staff["cm"], now=NOW, **said)
        assert [p.code for p in caught.value.problems] == [code]
    assert _row(kit, "child_abuse_registry").state == "pending"


def test_only_the_case_manager_writes_down_a_paper_result(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key, name = str(pending.application_id), str(pending.id)
    for word in ("officer", "cc", "ffs", "caller", "supervisor", "integrity", "auditor", "admin"):
        with pytest.raises(Refused) as caught:
            record_result(kit, key, name, staff[word], result="clear", on=NOW.date(), reason="x", now=NOW)
        assert caught.value.code == "wrong_role"
    assert _row(kit, "child_abuse_registry").state == "pending"


def test_no_paper_result_counts_without_that_persons_authorization(
    kit: Kit, world: World, tmp_path: Path, staff: dict[str, Person]
) -> None:
    packet = a_packet(household=[])
    packet["documents"] = [d for d in packet["documents"] if d["kind"] != "release_authorization"]
    world.reader.shows(packet)
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    with pytest.raises(Refused) as caught:
        record_result(
            kit,
            str(application),
            "public_records",
            staff["cm"],
            result="clear",
            on=NOW.date(),
            reason="Letter.",
            now=NOW,
        )
    assert caught.value.code == "consent_missing"
