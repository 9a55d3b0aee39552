"""Background checks against the sandbox provider: late, down, slow, doubled, out of order, in unknown words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from console.app import create_app
from integrations.background.webhook import ResultNotice, parse_result
from integrations.database import set_sandbox_clock
from integrations.desk import rounds
from integrations.desk.checks import due_checks, order_checks, take_result
from integrations.desk.steps import run_step
from integrations.kit import Kit
from integrations.sandbox.serving import ThreadedServer
from models.errors import NotFound
from models.tables.ledger import Obligation
from models.tables.vetting import BackgroundCheck
from tests.builders import NOW
from tests.integration import scenes
from tests.integration.scenes import NOBODY_THERE, World, a_packet, amended, hand_in, shown, vet
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


def _states(kit: Kit, application_id: UUID, subject: str = "sponsor") -> dict[tuple[str, int], str]:
    found = shown(kit, application_id)["checks"]
    return {(c["kind"], c["attempt"]): c["state"] for c in found if c["subject"] == subject}


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


# --- the scenes of the sandbox -----------------------------------------------------------------


def test_prints_that_can_not_be_read_are_taken_again_and_then_the_name_is_checked(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    application = _handed_in(kit, world, tmp_path, "UNREAD")
    vet(kit, application)
    states = _states(kit, application)
    assert {k: v for k, v in states.items() if k[0].startswith("fbi")} == {
        ("fbi_fingerprint", 1): "unreadable",
        ("fbi_fingerprint", 2): "unreadable",
        ("fbi_name", 1): "clear",
    }
    sponsors = {o["reference"] for o in world.orders(product="fbi_prints", status="prints_rejected")}
    assert len(sponsors) == 2
    assert shown(kit, application)["state"] == "in_review"


@pytest.mark.parametrize(("ending", "code"), [("BAR", "CHECK_HIT_BAR"), ("REV", "CHECK_HIT_REVIEW")])
def test_a_hit_is_a_finding(kit: Kit, world: World, tmp_path: Path, ending: str, code: str) -> None:
    application = _handed_in(kit, world, tmp_path, ending)
    vet(kit, application)
    assert scenes.open_codes(shown(kit, application)) == [code]


def _with_registry(kit: Kit, world: World, folder: Path, ending: str) -> UUID:
    """A family friend: policy wants the child abuse registry of everybody."""
    packet = a_packet(identity=ending, household=[])
    packet["sponsor"] |= {"relationship": "family friend", "related": False}
    world.reader.shows(packet)
    return hand_in(kit, folder, packet).application_id


def test_a_late_registry_is_pending_until_the_check_round_collects_it(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    application = _with_registry(kit, world, tmp_path, "LATE")
    vet(kit, application)
    found = shown(kit, application)
    assert _states(kit, application)["child_abuse_registry", 1] == "pending"
    assert "CHECK_PENDING" in scenes.open_codes(found)
    assert not found["gate"]["open"]
    for days in (10, 21):
        world.at = NOW + days * DAY
        rounds.check_round(kit, now=world.at)
        expected = "clear" if days == 21 else "pending"
        assert _states(kit, application)["child_abuse_registry", 1] == expected
    assert "CHECK_PENDING" not in scenes.open_codes(shown(kit, application))
    assert len(world.orders(product="child_abuse_registry", region="TX")) == 2  # sponsor and caregiver


def test_a_registry_that_never_answers_stays_pending_and_its_duty_grows_overdue(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    application = _with_registry(kit, world, tmp_path, "NEVER")
    vet(kit, application)
    world.at = NOW + 90 * DAY
    rounds.check_round(kit, now=world.at)
    assert _states(kit, application)["child_abuse_registry", 1] == "pending"
    with kit.transaction() as session:
        duty = session.scalars(
            select(Obligation).where(
                col(Obligation.kind) == "record_check",
                col(Obligation.key).startswith("sponsor:child_abuse_registry"),
                col(Obligation.state) == "open",
            )
        ).one()
        assert duty.due_at < world.at


def test_what_is_pending_is_looked_at_every_six_hours_and_after_two_days_once_a_day(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    vet(kit, _with_registry(kit, world, tmp_path, "NEVER"))
    waits = []
    for hours in (6, 41, 48, 72):
        world.at = NOW + timedelta(hours=hours)
        rounds.check_round(kit, now=world.at)
        next_look = _row(kit, "child_abuse_registry").next_look_at
        assert next_look is not None
        waits.append(next_look - world.at)
    assert waits == [timedelta(hours=6), timedelta(hours=6), DAY, DAY]


def test_a_provider_that_is_down_is_asked_again_and_holds_each_order_once(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    application = _handed_in(kit, world, tmp_path, "DOWN")
    for tries in range(1, 4):
        vet(kit, application, now=NOW + tries * timedelta(minutes=5))
        states = set(_states(kit, application).values())
        assert states == {"required"}
        assert shown(kit, application)["state"] == "in_checks"
    vet(kit, application, now=NOW + timedelta(minutes=20))
    assert set(_states(kit, application).values()) == {"clear"}
    assert len({o["reference"] for o in world.orders()}) == len(world.orders()) == 8


def test_an_order_that_failed_is_tried_again_by_the_check_round(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    application = _handed_in(kit, world, tmp_path, "X")
    world.use_background(NOBODY_THERE)
    vet(kit, application)
    world.use_background()
    rounds.check_round(kit, now=NOW + timedelta(hours=5))
    assert set(_states(kit, application).values()) == {"clear"}


def _slow(app: Any, *, path: str, seconds: float) -> Any:
    """The same provider, whose answer to an order comes when nobody waits for it any more."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        held: list[Any] = []

        async def keep(message: Any) -> None:
            held.append(message)

        is_slow = scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", path)
        await app(scope, receive, keep if is_slow else send)
        if is_slow:
            await asyncio.sleep(seconds)
            for message in held:
                await send(message)

    return serve


def test_an_order_whose_answer_was_lost_is_found_and_not_repeated(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    application = _handed_in(kit, world, tmp_path, "X")
    with ThreadedServer(_slow(world.background.app, path="/v1/orders", seconds=1.0)) as slow:
        world.use_background(slow.url, timeout=0.25)
        run_step(kit, "completeness", application, now=NOW)
        run_step(kit, "background_checks", application, now=NOW)
        assert set(_states(kit, application).values()) == {"required"}
        assert len(world.orders()) == 8
    world.use_background()
    vet(kit, application, now=NOW + timedelta(hours=5))
    assert set(_states(kit, application).values()) == {"clear"}
    assert len(world.orders()) == 8


def test_an_order_in_hand_is_left_alone_by_another_worker(kit: Kit, world: World, tmp_path: Path) -> None:
    application = _handed_in(kit, world, tmp_path, "X")
    world.use_background(NOBODY_THERE)
    vet(kit, application)
    with kit.transaction() as session:
        session.execute(text("UPDATE background_check SET next_look_at = :at"), {"at": NOW + DAY})
    world.use_background()
    assert order_checks(kit, application, now=NOW) == 0
    assert world.orders() == []


# --- notices -----------------------------------------------------------------------------------


def test_a_result_that_arrives_late_by_webhook_puts_the_application_back_to_work(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    with kit.transaction() as session:
        set_sandbox_clock(session, NOW)
    with ThreadedServer(create_app(kit)) as console:
        kit.public_url = console.url
        application = _with_registry(kit, world, tmp_path, "LATE")
        vet(kit, application)
        with kit.transaction() as session:
            session.execute(text("UPDATE job SET state = 'done'"))
            set_sandbox_clock(session, NOW + 21 * DAY)
        world.at = NOW + 21 * DAY
        counts = world.background.advance(world.at)
    assert counts["waiting"] == counts["given_up"] == 0
    assert _states(kit, application)["child_abuse_registry", 1] == "clear"
    with kit.transaction() as session:
        waiting = session.execute(text("SELECT key FROM job WHERE state = 'waiting'")).scalars().all()
    assert waiting == [str(application)]


@pytest.fixture
def pending(kit: Kit, world: World, tmp_path: Path) -> BackgroundCheck:
    """A registry check of the sponsor that has no result yet."""
    vet(kit, _with_registry(kit, world, tmp_path, "NEVER"))
    return _row(kit, "child_abuse_registry")


def test_the_same_notice_twice_changes_nothing_the_second_time(kit: Kit, pending: BackgroundCheck) -> None:
    notice = _notice(pending, "clear", NOW + DAY)
    take_result(kit, notice, now=NOW + DAY)
    first = _row(kit, "child_abuse_registry").model_dump()
    take_result(kit, notice, now=NOW + 2 * DAY)
    assert _row(kit, "child_abuse_registry").model_dump() == first


def test_notices_out_of_order_leave_the_newest_word(kit: Kit, pending: BackgroundCheck) -> None:
    take_result(kit, _notice(pending, "hit_review", NOW + 2 * DAY), now=NOW + 2 * DAY)
    take_result(kit, _notice(pending, "pending", NOW + DAY), now=NOW + 3 * DAY)
    take_result(kit, _notice(pending, "clear", NOW + DAY), now=NOW + 3 * DAY)
    assert _row(kit, "child_abuse_registry").state == "hit_review"


def test_an_older_word_that_comes_late_does_not_mend_a_newer_failure(
    kit: Kit, pending: BackgroundCheck
) -> None:
    take_result(kit, _notice(pending, "error", NOW + 2 * DAY), now=NOW + 2 * DAY)
    take_result(kit, _notice(pending, "clear", NOW + DAY), now=NOW + 3 * DAY)
    assert _row(kit, "child_abuse_registry").state == "error"


def test_a_result_is_never_unsaid_by_a_later_softer_word(kit: Kit, pending: BackgroundCheck) -> None:
    take_result(kit, _notice(pending, "hit_bar", NOW + DAY), now=NOW + DAY)
    take_result(kit, _notice(pending, "clear", NOW + 2 * DAY), now=NOW + 2 * DAY)
    assert _row(kit, "child_abuse_registry").state == "hit_bar"


def test_a_late_worse_word_counts(kit: Kit, pending: BackgroundCheck) -> None:
    take_result(kit, _notice(pending, "clear", NOW + DAY), now=NOW + DAY)
    take_result(kit, _notice(pending, "hit_bar", NOW + 2 * DAY), now=NOW + 2 * DAY)
    run_step(kit, "background_checks", pending.application_id, now=NOW + 2 * DAY)
    assert "CHECK_HIT_BAR" in scenes.open_codes(shown(kit, pending.application_id))


def test_a_notice_about_another_order_is_not_taken(kit: Kit, pending: BackgroundCheck) -> None:
    take_result(kit, _notice(pending, "clear", NOW + DAY, ref="ord_of_somebody_else"), now=NOW + DAY)
    assert _row(kit, "child_abuse_registry").state == "pending"


def test_a_notice_about_no_check_of_ours_is_told(kit: Kit, pending: BackgroundCheck) -> None:
    stranger = ResultNotice(UUID(int=7), _notice(pending, "clear", NOW).report, "evt_1")
    with pytest.raises(NotFound):
        take_result(kit, stranger, now=NOW)


@pytest.mark.parametrize("state", ["clear", "unreadable", "hit_bar"])
def test_a_notice_that_is_quicker_than_the_answer_to_our_order_is_kept(
    kit: Kit, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    application = _handed_in(kit, world, tmp_path, "X")
    submit = kit.background.submit

    def notified_first(order: Any, *, key: str) -> Any:
        ref = submit(order, key=key)
        row = BackgroundCheck(id=order.check_id, provider_ref=str(ref))
        take_result(kit, _notice(row, state, NOW), now=NOW)
        return ref

    with monkeypatch.context() as patch:
        patch.setattr(kit.background, "submit", notified_first)
        run_step(kit, "identity", application, now=NOW)
        run_step(kit, "background_checks", application, now=NOW)
    assert _row(kit, "public_records").state == state


def _event(row: BackgroundCheck, status: str, at: datetime) -> bytes:
    order = {"id": row.provider_ref, "reference": str(row.id), "status": status, "disposition": None}
    order |= {"as_of": at.isoformat(), "completed_at": at.isoformat(), "valid_until": None}
    return json.dumps({"id": "evt_1", "type": "order.updated", "order": order}).encode()


def test_a_word_that_we_do_not_know_is_a_failure_until_a_known_one_comes(
    kit: Kit, world: World, pending: BackgroundCheck
) -> None:
    application = pending.application_id
    take_result(kit, parse_result(_event(pending, "partially_adjudicated", NOW + DAY)), now=NOW + DAY)
    run_step(kit, "background_checks", application, now=NOW + DAY)
    assert "CHECK_FAILED" in scenes.open_codes(shown(kit, application))
    # It is looked at again, too: the next notice may be lost. Here the provider says `processing` again.
    world.at = NOW + 2 * DAY
    rounds.check_round(kit, now=world.at)
    assert _row(kit, "child_abuse_registry").state == "pending"
    take_result(kit, parse_result(_event(pending, "no_record", NOW + 3 * DAY)), now=NOW + 3 * DAY)
    run_step(kit, "background_checks", application, now=NOW + 3 * DAY)
    assert "CHECK_FAILED" not in scenes.open_codes(shown(kit, application))
    assert _row(kit, "child_abuse_registry").state == "clear"


def test_a_late_hit_on_a_released_childs_home_is_somebodys_at_once(
    kit: Kit, pending: BackgroundCheck
) -> None:
    with kit.transaction() as session:
        session.execute(text("UPDATE application SET state = 'released'"))
    take_result(kit, _notice(pending, "hit_bar", NOW + DAY), now=NOW + DAY)
    with kit.transaction() as session:
        found = session.execute(text("SELECT reason, level FROM escalation")).all()
    assert [tuple(row) for row in found] == [("late_hit", 2)]


def test_a_result_that_is_found_by_looking_after_the_release_counts_as_one_that_was_told(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    vet(kit, _with_registry(kit, world, tmp_path, "NEVER"))
    row = _row(kit, "child_abuse_registry")
    with kit.transaction() as session:
        session.execute(text("UPDATE application SET state = 'released'"))

    class Answers:
        name = kit.background.name

        def read(self, ref: ProviderRef) -> CheckReport:
            state: Literal["hit_bar", "pending"] = "hit_bar" if str(ref) == row.provider_ref else "pending"
            at = None if state == "pending" else NOW + DAY
            return CheckReport(ref, state, at, None, state, as_of=NOW + DAY)

    kit.__dict__["background"] = Answers()
    before = len(world.orders())
    for _ in range(2):
        assert rounds.check_round(kit, now=NOW + DAY).get("applications") is None
    assert _row(kit, "child_abuse_registry").state == "hit_bar"
    with kit.transaction() as session:
        found = session.execute(text("SELECT reason, level FROM escalation")).all()
    assert [tuple(one) for one in found] == [("late_hit", 2)]
    assert len(world.orders()) == before


@pytest.mark.parametrize("over", ["denied", "withdrawn"])
def test_what_nobody_waits_for_any_more_never_hides_what_is_due(
    kit: Kit, world: World, tmp_path: Path, over: str
) -> None:
    application = _with_registry(kit, world, tmp_path, "NEVER")
    vet(kit, application)
    with kit.transaction() as session:
        assert due_checks(session, now=NOW + DAY) == [application]
        session.execute(text("UPDATE application SET state = :over"), {"over": over})
        assert due_checks(session, now=NOW + DAY) == []


def test_a_result_that_has_run_out_is_ordered_again(kit: Kit, world: World, tmp_path: Path) -> None:
    application = _handed_in(kit, world, tmp_path, "X")
    vet(kit, application)
    world.at = NOW + 91 * DAY
    vet(kit, application, now=world.at)
    states = _states(kit, application)
    assert (states["public_records", 1], states["public_records", 2]) == ("clear", "clear")
    with kit.transaction() as session:
        until = session.execute(
            text("SELECT expires_on FROM background_check WHERE kind = 'public_records' AND attempt = 2")
        ).scalars()
        assert set(until) == {(NOW + 181 * DAY).date()}


def test_orders_carry_no_person_in_any_address(kit: Kit, world: World, tmp_path: Path) -> None:
    vet(kit, _handed_in(kit, world, tmp_path, "X"))
    for order in world.orders():
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/webhooks/checks/clearline", order["callback_url"])


def test_an_amendment_that_drops_a_person_drops_what_was_not_sent_yet(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    packet = a_packet()
    world.reader.shows(packet)
    application = hand_in(kit, tmp_path, packet).application_id
    world.use_background(NOBODY_THERE)
    vet(kit, application)
    world.use_background()
    alone = amended(packet, household=[])
    alone["documents"] = scenes.papers_of(alone)
    hand_in(kit, tmp_path, alone, now=NOW + DAY)
    vet(kit, application, now=NOW + DAY)
    assert len(world.orders()) == 8
    assert shown(kit, application)["state"] == "in_review"


def test_a_new_state_and_a_new_adult_start_their_own_checks_and_no_other(
    kit: Kit, world: World, tmp_path: Path
) -> None:
    packet = a_packet(household=[])
    packet["sponsor"] |= {"relationship": "family friend", "related": False}
    world.reader.shows(packet)
    application = hand_in(kit, tmp_path, packet).application_id
    vet(kit, application)
    before = {o["reference"] for o in world.orders()}
    moved = amended(
        packet,
        previous_states=["LA"],
        household=[scenes.an_adult("Jorge", "Example Ruiz", "1985-02-11", "TEST-0001H0")],
    )
    moved["documents"] = scenes.papers_of(moved)
    hand_in(kit, tmp_path, moved, now=NOW + DAY)
    vet(kit, application, now=NOW + DAY)
    with kit.transaction() as session:
        rows = session.scalars(select(BackgroundCheck)).all()
        new = {(r.subject, r.kind, r.jurisdiction) for r in rows if str(r.id) not in before}
    assert {place for place in new if place[0] != "household:0"} == {
        ("sponsor", "child_abuse_registry", "LA"),
        ("alternate_caregiver", "child_abuse_registry", "LA"),
    }
    assert {"fbi_fingerprint", "public_records", "sex_offender_registry"} <= {
        kind for subject, kind, _ in new if subject == "household:0"
    }
