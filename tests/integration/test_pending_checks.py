"""A check that is out at the release: by a line of the policy alone, and owned until its result is in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import make_url, select, text
from sqlmodel import col

from integrations.background.webhook import ResultNotice
from integrations.database import make_engine
from integrations.desk import cases, escalations, release, rounds
from integrations.desk.check_acts import allow_pending, record_result
from integrations.desk.checks import take_result
from integrations.desk.duties import do_duty
from integrations.desk.hits import adjudicate
from integrations.desk.views import account_json, case_json, queue_json
from integrations.kit import Kit
from integrations.vault import Vault
from models.errors import Refused
from models.facts import Person
from models.tables.ledger import Escalation, Evidence, Obligation
from models.tables.vetting import BackgroundCheck
from tests.builders import NOW, a_case, a_vault, an_evidence, an_obligation
from tests.integration import scenes
from tests.integration.conftest import a_kit, the_staff
from tests.integration.scenes import NOBODY_THERE, StubReader, a_packet, hand_in, open_codes, shown, vet
from tests.refusals import refused
from tests.servers import TestServer
from vetting.ports import CheckReport, ProviderRef

DAY = timedelta(days=1)
PAPER = ("letter.png", scenes.scan("a letter of the registry"))
REFERENCE = "TEST-0001"
CAN = "child_abuse_registry"
WHY = "The state answers in six months; the mother has had no other finding."


@contextmanager
def kit_on(url: str) -> Iterator[tuple[Kit, dict[str, Person]]]:
    engine = make_engine(url)
    kit = a_kit(engine, a_vault())
    yield kit, the_staff(engine)
    kit.close()
    engine.dispose()


@pytest.fixture(scope="module")
def ready_database(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database to be cloned. In it a mother's application for a vulnerable child, all there but the answer of
    one registry, under the version that lets that be out."""
    packet = a_packet(identity="NEVER", household=[])
    packet["sponsor"] |= {"relationship": "mother"}
    packet["child"] |= {"circumstances": {"especially_vulnerable": True}}
    with server.database(template, "ready") as url:
        with kit_on(url) as (kit, staff), scenes.outside_world(kit) as world:
            world.reader.shows(packet)
            application = hand_in(kit, tmp_path_factory.mktemp("packet"), packet).application_id
            with kit.transaction() as session:
                session.execute(text("UPDATE application SET policy_version = 'surge-2021'"))
            vet(kit, application)
            scenes.confirm_all(kit, packet, application, staff["cm"])
        yield make_url(url).database or ""


@pytest.fixture(scope="module")
def released_database(server: TestServer, ready_database: str) -> Iterator[str]:
    """The same, and the child was released while that check was out."""
    with server.database(ready_database, "released") as url:
        with kit_on(url) as (kit, staff):
            allow_pending(kit, REFERENCE, CAN, staff["supervisor"], reason=WHY, now=NOW)
            scenes.approve(kit, staff, check_row(kit).application_id)
            release.release(kit, REFERENCE, staff["cm"], on=NOW.date(), now=NOW)
        yield make_url(url).database or ""


@pytest.fixture
def database_url(server: TestServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """This test's own copy of one of the two."""
    word = "released_database" if "out" in request.fixturenames else "ready_database"
    with server.database(request.getfixturevalue(word)) as url:
        yield url


@pytest.fixture
def ready(kit: Kit) -> UUID:
    """The application before the release."""
    return check_row(kit).application_id


@pytest.fixture
def out(kit: Kit) -> BackgroundCheck:
    """The check that was out when the child was released."""
    return check_row(kit)


def check_row(kit: Kit) -> BackgroundCheck:
    with kit.transaction() as session:
        return session.scalars(
            select(BackgroundCheck).where(
                col(BackgroundCheck.kind) == CAN, col(BackgroundCheck.subject) == "sponsor"
            )
        ).one()


def duties(kit: Kit, kind: str = "pending_check") -> list[Obligation]:
    with kit.transaction() as session:
        return list(
            session.scalars(
                select(Obligation).where(col(Obligation.kind) == kind).order_by(col(Obligation.created_at))
            )
        )


def alarms(kit: Kit) -> list[Escalation]:
    with kit.transaction() as session:
        return list(session.scalars(select(Escalation).order_by(col(Escalation.opened_at))))


State = Literal["pending", "clear", "hit_review", "hit_bar", "unreadable", "error"]


def tell(kit: Kit, row: BackgroundCheck, state: State, at: datetime) -> None:
    report = CheckReport(ProviderRef(row.provider_ref or ""), state, at, None, state, as_of=at)
    take_result(kit, ResultNotice(row.id, report, f"evt_{state}"), now=at)


def refusal(work: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value


# --- before the release ------------------------------------------------------------------------


def test_under_a_version_without_the_line_nobody_can_sign_it_off(
    kit: Kit, ready: UUID, staff: dict[str, Person]
) -> None:
    with kit.transaction() as session:
        session.execute(text("UPDATE application SET policy_version = 'orr-2024'"))
    refused_ = refusal(lambda: allow_pending(kit, str(ready), CAN, staff["supervisor"], reason=WHY, now=NOW))
    assert refused_.code == "not_allowed"
    assert not shown(kit, ready)["pending_allowed"]


def test_the_gate_says_by_whom_and_under_which_line_it_lets_a_check_be_out(
    kit: Kit, ready: UUID, staff: dict[str, Person]
) -> None:
    assert "check child_abuse_registry@sponsor:TX" in shown(kit, ready)["gate"]["missing"]
    assert refusal(lambda: allow_pending(kit, str(ready), CAN, staff["ffs"], reason=WHY, now=NOW)).code == (
        "wrong_role"
    )
    allow_pending(kit, str(ready), CAN, staff["supervisor"], reason=WHY, now=NOW)
    found = shown(kit, ready)
    assert not any("check" in line.lower() for line in found["gate"]["missing"])
    (told,) = found["pending_allowed"]
    assert (told["kind"], told["rule"], told["role"]) == (CAN, "SURGE-PENDING-CAN-SPONSOR", "supervisor")
    assert (told["by"], told["reason"]) == (str(staff["supervisor"].id), WHY)
    assert open_codes(found, "note") == ["CHECK_PENDING_ALLOWED"]
    assert {d["state"] for d in found["required"] if d["item"] == CAN and d["subject"] == "sponsor"} == {
        "received"
    }
    # Still owned: what waits for the provider goes on being looked at.
    assert ("record_check", f"sponsor:{CAN}:TX") in scenes.open_duties(kit, ready)


@pytest.mark.parametrize("state", ["hit_review", "error"])
def test_what_comes_before_the_release_closes_the_gate_again(
    kit: Kit, ready: UUID, staff: dict[str, Person], state: State
) -> None:
    allow_pending(kit, str(ready), CAN, staff["supervisor"], reason=WHY, now=NOW)
    scenes.approve(kit, staff, ready)
    tell(kit, check_row(kit), state, NOW)
    shut = refusal(lambda: release.release(kit, str(ready), staff["cm"], on=NOW.date(), now=NOW))
    assert shut.code == "gate_closed"
    assert duties(kit) == []


# --- from the release on -----------------------------------------------------------------------


def test_the_release_hands_the_result_on_as_a_duty_that_is_red_after_seven_days(
    kit: Kit, out: BackgroundCheck
) -> None:
    (duty,) = duties(kit)
    assert (duty.state, duty.side, duty.in_sight, duty.queue) == ("open", "followup", False, "case_manager")
    assert (duty.key, duty.due_at - duty.opens_at) == (f"sponsor:{CAN}:TX", 7 * DAY)
    (before,) = [d for d in duties(kit, "record_check") if d.key.startswith(f"sponsor:{CAN}")]
    assert (before.state, before.successor_id) == ("void", duty.id)
    listed = [d for d in case_json(kit, REFERENCE, now=NOW)["obligations"] if d["kind"] == "pending_check"]
    assert [(d["state"], d["overdue"]) for d in listed] == [("open", False)]
    assert "pending_check" not in {i["reason"] for i in queue_json(kit, now=duty.due_at)["items"]}
    # No sweep has run: it is in its queue at that instant by query.
    late = queue_json(kit, queue="case_manager", now=duty.due_at + timedelta(seconds=1))["items"]
    assert (str(duty.id), "pending_check", True) in [(i["id"], i["reason"], i["overdue"]) for i in late]
    # What keeps the child in sight is somebody speaking with it, never this.
    assert account_json(kit, now=NOW)["silent"] == []


def test_the_result_settles_it_with_itself_as_evidence(kit: Kit, out: BackgroundCheck) -> None:
    tell(kit, out, "clear", NOW + DAY)
    (duty,) = duties(kit)
    assert (duty.state, duty.evidence_kind) == ("settled", "check")
    with kit.transaction() as session:
        assert session.get_one(Evidence, duty.evidence_id).row_id == out.id
    assert alarms(kit) == []
    found = shown(kit, out.application_id)
    assert (open_codes(found), found["pending_allowed"]) == ([], [])


@pytest.mark.parametrize(
    ("state", "code"), [("hit_bar", "CHECK_HIT_BAR"), ("hit_review", "CHECK_HIT_REVIEW")]
)
def test_a_late_hit_settles_it_and_is_somebodys_at_once(
    kit: Kit, out: BackgroundCheck, state: State, code: str
) -> None:
    tell(kit, out, state, NOW + DAY)
    assert [d.state for d in duties(kit)] == ["settled"]
    assert [(a.reason, a.level, a.opened_at) for a in alarms(kit)] == [("late_hit", 2, NOW + DAY)]
    assert open_codes(shown(kit, out.application_id)) == [code]
    tell(kit, out, state, NOW + DAY)
    assert len(alarms(kit)) == 1


def test_a_late_hit_is_judged_by_two_people_like_any_other(
    kit: Kit, out: BackgroundCheck, staff: dict[str, Person]
) -> None:
    tell(kit, out, "hit_review", NOW + DAY)
    for who in ("ffs", "supervisor"):
        adjudicate(kit, REFERENCE, CAN, staff[who], verdict="clear", reason="Another person.", now=NOW + DAY)
    assert open_codes(shown(kit, out.application_id)) == []
    assert [a.state for a in alarms(kit)] == ["open"]  # its owner says what became of it


def test_of_a_result_and_a_release_at_once_neither_passes_the_other_unseen(
    kit: Kit, ready: UUID, staff: dict[str, Person]
) -> None:
    """Whichever is first, no duty waits for a result that is in."""
    allow_pending(kit, REFERENCE, CAN, staff["supervisor"], reason=WHY, now=NOW)
    scenes.approve(kit, staff, ready)
    row = check_row(kit)
    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(release.release, kit, REFERENCE, staff["cm"], on=NOW.date(), now=NOW),
            pool.submit(tell, kit, row, "clear", NOW),
        ]
    assert [one.exception() for one in done] == [None, None]
    assert shown(kit, ready)["state"] == "released"
    assert {d.state for d in duties(kit)} <= {"settled"}


@pytest.mark.parametrize("state", ["error", "unreadable", "pending"])
def test_what_is_no_result_does_not_settle_it(kit: Kit, out: BackgroundCheck, state: State) -> None:
    tell(kit, out, state, NOW + DAY)
    assert [d.state for d in duties(kit)] == ["open"]


def test_a_provider_that_is_dead_does_not_settle_it_and_somebody_owns_that(
    kit: Kit, out: BackgroundCheck
) -> None:
    with scenes.outside_world(kit) as world:
        world.use_background(NOBODY_THERE)
        for days in (1, 5, 8):
            world.at = NOW + days * DAY
            rounds.check_round(kit, now=world.at)
    rounds.lost_contact_round(kit, now=world.at)
    (duty,) = duties(kit)
    assert duty.state == "open"
    assert [(a.reason, a.queue) for a in alarms(kit) if a.obligation_id == duty.id] == [
        ("overdue", "case_manager")
    ]


def test_nobodys_note_settles_it_and_what_escalated_goes_on_with_new_time(
    kit: Kit, out: BackgroundCheck, staff: dict[str, Person]
) -> None:
    (duty,) = duties(kit)
    note = refusal(lambda: do_duty(kit, duty.id, staff["cm"], note="It will come.", now=NOW))
    assert (note.code, note.missing) == ("needs_evidence", ("the check's result",))
    late = NOW + 8 * DAY
    rounds.lost_contact_round(kit, now=late)
    (alarm,) = [a for a in alarms(kit) if a.obligation_id == duty.id]
    escalations.resolve(
        kit, alarm.id, staff["cm"], outcome="asked", reason="The registry was telephoned.", now=late
    )
    first, second = duties(kit)
    assert (first.state, first.successor_id) == ("void", second.id)
    assert (second.state, second.due_at) == ("open", late + 7 * DAY)
    tell(kit, out, "clear", late + DAY)
    assert [d.state for d in duties(kit)] == ["void", "settled"]


def test_a_result_on_paper_settles_it_under_that_persons_name(
    kit: Kit, out: BackgroundCheck, staff: dict[str, Person]
) -> None:
    late = NOW + 8 * DAY
    kit.make_reader = StubReader
    rounds.lost_contact_round(kit, now=late)
    record_result(
        kit,
        REFERENCE,
        CAN,
        staff["cm"],
        result="hit_review",
        on=late.date(),
        reason="Letter.",
        evidence=PAPER,
        now=late,
    )
    (duty,) = duties(kit)
    assert (duty.state, duty.evidence_kind) == ("settled", "check")
    with kit.transaction() as session:
        assert session.get_one(Evidence, duty.evidence_id).by_staff == staff["cm"].id
    stand = {a.reason: a.state for a in alarms(kit) if a.obligation_id in (None, duty.id)}
    assert stand == {"overdue": "resolved", "late_hit": "open"}


def test_the_end_of_the_case_ends_it_and_reopened_it_is_owed_again(
    kit: Kit, out: BackgroundCheck, staff: dict[str, Person]
) -> None:
    cases.close_case(
        kit,
        REFERENCE,
        staff["cm"],
        reason="departed",
        note="",
        evidence="the record of the departure",
        now=NOW + DAY,
    )
    (duty,) = duties(kit)
    assert (duty.state, duty.by_closure, duty.reason) == ("void", True, "departed")
    cases.reopen_case(kit, REFERENCE, staff["supervisor"], note="They are back.", now=NOW + 2 * DAY)
    assert [(d.state, d.due_at) for d in duties(kit)] == [("void", duty.due_at), ("open", duty.due_at)]


def test_a_result_that_came_while_the_case_was_closed_is_not_owed_again(
    kit: Kit, out: BackgroundCheck, staff: dict[str, Person]
) -> None:
    cases.close_case(
        kit,
        REFERENCE,
        staff["cm"],
        reason="departed",
        note="",
        evidence="the record of the departure",
        now=NOW + DAY,
    )
    tell(kit, out, "clear", NOW + 2 * DAY)
    cases.reopen_case(kit, REFERENCE, staff["supervisor"], note="They are back.", now=NOW + 3 * DAY)
    assert [d.state for d in duties(kit)] == ["void"]


# --- what the database itself refuses ------------------------------------------------------------


def test_the_database_settles_it_by_a_result_alone_and_waives_it_never(
    kit: Kit, vault: Vault, staff: dict[str, Person]
) -> None:
    with kit.transaction() as session:
        case = a_case(session, vault)
        with refused(session, "obligation_pending_check_is_followup"):
            an_obligation(session, case, kind="pending_check", side="vetting")
        with refused(session, "obligation_pending_check_is_followup"):
            an_obligation(session, case, kind="pending_check", side="followup", in_sight=True)
        duty = an_obligation(session, case, kind="pending_check", side="followup")
        review = an_evidence(session, case, by_staff=staff["cm"].id)
        assert review.kind == "review"
        settle = text(
            "UPDATE obligation SET state = 'settled', ended_at = :at, evidence_id = :evidence,"
            " evidence_kind = 'review', spoke_with = 'nobody' WHERE id = :id"
        )
        with refused(session, "obligation_pending_check_needs_result"):
            session.execute(settle, {"at": NOW, "evidence": review.id, "id": duty.id})
        waive = text(
            "UPDATE obligation SET state = 'waived', ended_at = :at, waived_by = :by, reason = 'x' WHERE id = :id"
        )
        with refused(session, "obligation_waived_only_in_vetting"):
            session.execute(waive, {"at": NOW, "by": staff["supervisor"].id, "id": duty.id})


def test_a_word_once_given_is_never_rewritten(kit: Kit, out: BackgroundCheck) -> None:
    with kit.transaction() as session:
        for change in ("UPDATE pending_allowance SET reason = 'x'", "DELETE FROM pending_allowance"):
            with refused(session, "rows of pending_allowance are kept as they were written"):
                session.execute(text(change))
