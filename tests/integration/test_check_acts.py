"""What people do with checks: write down a result that came on paper, judge a hit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import Session, col

from integrations.background.webhook import ResultNotice
from integrations.desk.check_acts import record_result
from integrations.desk.checks import take_result
from integrations.desk.hits import adjudicate, keep_record, read_record
from integrations.kit import Kit
from kinline.cli.show_acts import acts
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.states import Role
from models.tables.checks import CriminalRecord
from models.tables.vetting import BackgroundCheck
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import World, a_packet, hand_in, shown, vet
from tests.refusals import refused, refused_at_commit
from vetting.ports import CheckReport, ProviderRef

DAY = timedelta(days=1)
PAPER = ("letter.png", scenes.scan("a letter of the registry"))


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
        evidence=PAPER,
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
        kit,
        key,
        str(pending.id),
        staff["cm"],
        result="clear",
        on=NOW.date(),
        reason="Letter.",
        evidence=PAPER,
        now=NOW,
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
    record_result(
        kit, key, name, staff["cm"], result="hit_review", on=NOW.date(), reason=why, evidence=PAPER, now=NOW
    )
    with pytest.raises(Refused) as caught:
        record_result(
            kit, key, name, staff["cm"], result="clear", on=NOW.date(), reason=why, evidence=PAPER, now=NOW
        )
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
        ({"evidence": ("letter.pdf", b"not a paper")}, "not_what_its_name_says"),
        ({"check": "immigration_status"}, "unknown_check"),
        ({"check": "child_abuse_registry@nobody"}, "unknown_check"),
    ]
    for change, code in faults:
        said: dict[str, Any] = {"check": "child_abuse_registry@sponsor:TX", "result": "clear"}
        said |= {"on": NOW.date(), "reason": "Letter.", "evidence": PAPER} | change
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
            record_result(
                kit,
                key,
                name,
                staff[word],
                result="clear",
                on=NOW.date(),
                reason="x",
                evidence=PAPER,
                now=NOW,
            )
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
            evidence=PAPER,
            now=NOW,
        )
    assert caught.value.code == "consent_missing"


# --- who judges a hit, and what is kept of it ------------------------------------------------------


@pytest.fixture
def hit(kit: Kit, pending: BackgroundCheck) -> BackgroundCheck:
    """The registry of the sponsor found something that two people must judge."""
    take_result(kit, _notice(pending, "hit_review", NOW), now=NOW)
    return pending


def _judge(kit: Kit, hit: BackgroundCheck, by: Person, verdict: str, **more: Any) -> None:
    more = {"now": NOW, "reason": "A felony of long ago."} | more
    adjudicate(kit, str(hit.application_id), str(hit.id), by, verdict=verdict, **more)


def test_a_bar_of_five_years_ends_and_then_the_hit_is_judged_anew(
    kit: Kit, hit: BackgroundCheck, staff: dict[str, Person]
) -> None:
    _judge(kit, hit, staff["ffs"], "bar_5y", offence_on=date(2021, 3, 1))
    _judge(kit, hit, staff["supervisor"], "clear")
    found = shown(kit, hit.application_id)
    assert "CHECK_HIT_BAR" in scenes.open_codes(found)
    (told,) = [c for c in found["checks"] if c["check_id"] == str(hit.id)]
    assert (told["adjudication"], told["bars_until_on"]) == ("bar_5y", "2026-03-01")
    with pytest.raises(Refused, match="bar_stands"):
        _judge(kit, hit, staff["ffs"], "clear")  # it bars now: there is nothing to weigh
    later = NOW + 40 * DAY
    for who in ("supervisor", "ffs"):
        _judge(kit, hit, staff[who], "clear", now=later)
    row = _row(kit, "child_abuse_registry")
    assert (row.adjudication, row.bars_until_on) == ("clear", None)
    with kit.transaction() as session:
        said = session.execute(text("SELECT round, verdict FROM check_verdict ORDER BY round, at")).all()
    assert [tuple(one) for one in said] == [(1, "bar_5y"), (1, "clear"), (2, "clear"), (2, "clear")]


@pytest.fixture
def bar(kit: Kit, pending: BackgroundCheck) -> BackgroundCheck:
    """The provider calls what it found disqualifying."""
    take_result(kit, _notice(pending, "hit_bar", NOW), now=NOW)
    return pending


def test_that_a_bar_is_another_persons_two_people_show_on_paper(
    kit: Kit, bar: BackgroundCheck, staff: dict[str, Person]
) -> None:
    letter = ("letter.png", scenes.scan("prints compared"))
    for word in ("clear", "bar", "bar_5y"):
        day = date(2024, 3, 1) if word == "bar_5y" else None
        with pytest.raises(Refused, match="bar_stands"):
            _judge(kit, bar, staff["ffs"], word, offence_on=day)
    with pytest.raises(BadInput) as caught:
        _judge(kit, bar, staff["ffs"], "not_this_person")
    assert [(p.field, p.code) for p in caught.value.problems] == [("--evidence", "missing")]
    _judge(kit, bar, staff["ffs"], "not_this_person", evidence=letter)
    with pytest.raises(Refused, match="four_eyes"):
        _judge(kit, bar, staff["ffs"], "not_this_person", evidence=letter)
    with pytest.raises(BadInput):
        _judge(kit, bar, staff["supervisor"], "not_this_person")
    found = shown(kit, bar.application_id)
    # The second person judges for themselves.
    [waits] = [line for line in acts(found) if line.startswith("hit ")]
    assert "judged, kept until a second person has, by federal field specialist" in waits
    assert found["adjudications"][0]["verdict"] is None
    assert "CHECK_HIT_BAR" in scenes.open_codes(found)
    assert any(line.startswith("check child_abuse_registry") for line in found["gate"]["missing"])
    later = NOW + timedelta(minutes=1)
    _judge(kit, bar, staff["supervisor"], "not_this_person", evidence=letter, now=later)
    found = shown(kit, bar.application_id)
    assert not [c for c in scenes.open_codes(found) if c.startswith("CHECK_HIT")]
    assert not any(line.startswith("check child_abuse_registry") for line in found["gate"]["missing"])
    (told,) = [c for c in found["checks"] if c["check_id"] == str(bar.id)]
    assert (told["state"], told["adjudication"]) == ("hit_bar", "not_this_person")
    place = "hit child_abuse_registry@sponsor:TX, round 1: judged"
    assert [line for line in acts(found) if line.startswith("hit ")] == [
        f"{place} not_this_person, by {role} {str(staff[who].id)[:8]} on {NOW.date()}"
        for who, role in (("ffs", "federal field specialist"), ("supervisor", "supervisor"))
    ]


def test_one_who_does_not_agree_lets_the_bar_stand(
    kit: Kit, bar: BackgroundCheck, staff: dict[str, Person]
) -> None:
    _judge(kit, bar, staff["ffs"], "not_this_person", evidence=PAPER)
    _judge(kit, bar, staff["supervisor"], "bar")
    assert "CHECK_HIT_BAR" in scenes.open_codes(shown(kit, bar.application_id))
    assert _row(kit, "child_abuse_registry").adjudication is None
    with pytest.raises(Refused, match="bar_stands"):
        _judge(kit, bar, staff["supervisor"], "bar")  # a new round, and it begins with a paper
    alone = text("UPDATE background_check SET adjudication = 'not_this_person' WHERE id = :id")
    with Session(kit.engine) as session, refused_at_commit(session, "was not judged so by two people"):
        session.execute(alone, {"id": bar.id})


def test_a_paper_that_nobody_can_read_shows_nothing(
    kit: Kit, world: World, bar: BackgroundCheck, staff: dict[str, Person]
) -> None:
    world.reader.sharpness = 0.2
    with pytest.raises(BadInput) as caught:
        _judge(kit, bar, staff["ffs"], "not_this_person", evidence=PAPER)
    assert [(p.field, p.code) for p in caught.value.problems] == [("--evidence", "illegible")]


@pytest.mark.parametrize("verdict", ["clear", "not_this_person"])
def test_a_graver_word_of_the_provider_opens_what_was_judged_anew(
    kit: Kit, hit: BackgroundCheck, staff: dict[str, Person], verdict: str
) -> None:
    more = {"evidence": PAPER} if verdict == "not_this_person" else {}
    for who in ("ffs", "supervisor"):
        _judge(kit, hit, staff[who], verdict, **more)
    assert _row(kit, "child_abuse_registry").adjudication == verdict
    take_result(kit, _notice(hit, "hit_bar", NOW + DAY), now=NOW + DAY)
    vet(kit, hit.application_id, now=NOW + DAY)
    assert "CHECK_HIT_BAR" in scenes.open_codes(shown(kit, hit.application_id))


def test_a_voice_on_a_lesser_hit_is_none_on_a_bar(
    kit: Kit, hit: BackgroundCheck, staff: dict[str, Person]
) -> None:
    _judge(kit, hit, staff["ffs"], "not_this_person", evidence=PAPER)
    take_result(kit, _notice(hit, "hit_bar", NOW + DAY), now=NOW + DAY)
    for who in ("supervisor", "ffs"):
        assert _row(kit, "child_abuse_registry").adjudication is None
        _judge(kit, hit, staff[who], "not_this_person", evidence=PAPER, now=NOW + DAY)
    assert _row(kit, "child_abuse_registry").adjudication == "not_this_person"


def test_who_wrote_a_hit_down_does_not_judge_it(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key = str(pending.application_id)
    both = replace(staff["cm"], roles=frozenset({Role.CASE_MANAGER, Role.FEDERAL_FIELD_SPECIALIST}))
    record_result(
        kit,
        key,
        str(pending.id),
        both,
        result="hit_review",
        on=NOW.date(),
        reason="x",
        evidence=PAPER,
        now=NOW,
    )
    with pytest.raises(Refused, match="two_roles"):
        _judge(kit, pending, both, "clear")


def test_what_was_said_of_a_hit_is_kept_and_the_database_wants_two(
    kit: Kit, hit: BackgroundCheck, staff: dict[str, Person]
) -> None:
    _judge(kit, hit, staff["ffs"], "clear")
    alone = text("UPDATE background_check SET adjudication = 'clear' WHERE id = :id")
    with Session(kit.engine) as session, refused_at_commit(session, "was not judged so by two people"):
        session.execute(alone, {"id": hit.id})
    with kit.transaction() as session:
        again = text(
            "INSERT INTO check_verdict (id, check_id, round, judged_state, verdict, hit_classes, by_staff, at)"
            " SELECT gen_random_uuid(), check_id, round, judged_state, verdict, hit_classes, by_staff, at"
            " FROM check_verdict"
        )
        with refused(session, "check_verdict_four_eyes"):
            session.execute(again)
    _judge(kit, hit, staff["supervisor"], "bar")
    with kit.transaction() as session:
        for change in ("UPDATE check_verdict SET verdict = 'clear'", "DELETE FROM check_verdict"):
            with refused(session, "rows of check_verdict are kept as they were written"):
                session.execute(text(change))
        with refused(session, "stays as it was written"):
            session.execute(alone, {"id": hit.id})


def test_the_raw_record_is_kept_apart_and_each_look_at_it_is_on_record(
    kit: Kit, hit: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key, why = str(hit.application_id), "To judge it."
    with pytest.raises(NotFound):
        read_record(kit, key, str(hit.id), staff["ffs"], reason=why, now=NOW)
    keep_record(kit, key, str(hit.id), staff["cm"], record=PAPER, disposition="unresolved", now=NOW)
    assert read_record(kit, key, str(hit.id), staff["ffs"], reason=why, now=NOW).content == PAPER[1]
    for who in ("cm", "cc", "caller", "auditor", "integrity", "admin"):
        with pytest.raises(Refused, match="wrong_role"):
            read_record(kit, key, str(hit.id), staff[who], reason=why, now=NOW)
    _judge(kit, hit, staff["ffs"], "clear", reason="Robbery in Exampleville")
    found = shown(kit, hit.application_id)
    # An open charge asks for the state's own records.
    assert "state_criminal" in {r["item"] for r in found["required"]}
    with kit.transaction() as session:
        kept = session.scalars(select(CriminalRecord)).one()
        assert str(kept.file_id) not in json.dumps(found)
        row = session.get_one(BackgroundCheck, hit.id)
        assert (row.evidence_file_id, row.disposition) == (None, "unresolved")
        looks = session.execute(
            text("SELECT actor, why FROM history WHERE noun = 'criminal_record' AND new = 'read'")
        ).all()
        told = session.execute(text("SELECT count(*) FROM history WHERE why LIKE '%Robbery%'")).scalar_one()
        with refused(session, "rows of criminal_record are kept as they were written"):
            session.execute(text("DELETE FROM criminal_record"))
    assert [tuple(one) for one in looks] == [(str(staff["ffs"].id), why)]
    assert told == 0
    assert "Robbery" not in json.dumps(found)


def test_the_paper_of_a_clear_answer_is_its_evidence_and_that_of_a_hit_its_raw_record(
    kit: Kit, pending: BackgroundCheck, staff: dict[str, Person]
) -> None:
    key, said = str(pending.application_id), {"on": NOW.date(), "reason": "Letter.", "now": NOW}
    record_result(kit, key, "public_records@sponsor", staff["cm"], result="clear", evidence=PAPER, **said)
    record_result(kit, key, str(pending.id), staff["cm"], result="hit_review", evidence=PAPER, **said)
    assert _row(kit, "public_records", attempt=2).evidence_file_id is not None
    assert _row(kit, "child_abuse_registry").evidence_file_id is None
    assert (
        read_record(kit, key, str(pending.id), staff["supervisor"], reason="x", now=NOW).content == PAPER[1]
    )
