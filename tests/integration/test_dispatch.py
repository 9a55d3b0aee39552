"""The outbox: each text at most once, never silently none, and what each failure leads to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update
from sqlmodel import col

from integrations.desk import dispatch
from integrations.desk.escalations import policy_of
from integrations.desk.inbound import take_status
from integrations.desk.messages import queue_text
from integrations.kit import Kit
from integrations.messaging.webhooks import StatusReport
from models.contacts import MessageState
from models.facts import Person
from models.tables.ledger import Obligation
from models.tables.people import Case, Consent, PhoneNumber
from tests.builders import a_message
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    MINUTE,
    Family,
    World,
    a_family,
    local,
    open_world,
)
from tests.integration.outbox_scenes import (
    at_reminder,
    nothing_went_out_twice,
    only_message,
    only_message_to_sponsor,
)
from tests.refusals import refused


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened
        nothing_went_out_twice(opened)


def take_consent_back(world: World, family: Family) -> None:
    with world.kit.transaction() as session:
        session.add(
            Consent(
                number_id=family.numbers["sponsor"],
                given=False,
                method="text",
                at=world.now,
                recorded_at=world.now,
                actor="cli",
            )
        )


def test_a_reminder_goes_out_is_delivered_and_settled(world: World) -> None:
    family = at_reminder(world, child=0)
    assert world.send() == {"accepted": 2}
    world.phones()
    assert [m.state for m in world.messages(family)][:2] == ["delivered", "delivered"]
    settled = world.duties(family, "text_reminder", "settled")
    assert {d.evidence_kind for d in settled} == {"message"}
    assert len(settled) == 2
    assert world.texts(family.phones["child"])[0].startswith("Family Line: How are you? Reply 1")
    assert [a.outcome for a in world.attempts(settled[0])] == ["answered_yes"]


def test_two_dispatchers_send_no_text_twice(world: World) -> None:
    families = [a_family(world.kit, world.staff, child=None, sponsor=50 + n % 10) for n in range(30)]
    world.at(local(3, 17, 31)).round("contacts")
    together = threading.Barrier(2)

    def run() -> dict[str, int]:
        together.wait()
        return world.send()

    with ThreadPoolExecutor(2) as pool:
        counts = [f.result() for f in [pool.submit(run), pool.submit(run)]]
    world.send()  # what one held while the other looked
    assert sum(c.get("accepted", 0) for c in counts) <= 30
    assert [len(world.texts(f.phones["sponsor"])) for f in families] == [1] * 30
    assert {only_message(world, f).tries for f in families} == {1}


def test_without_consent_no_text_is_sent_and_a_person_tells_them(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, consent=())
    with world.kit.transaction() as session:
        number = session.get_one(PhoneNumber, family.numbers["sponsor"])
        queue_text(
            session,
            case_id=family.case_id,
            number=number,
            purpose="x",
            template="checkin",
            send_after=world.now,
            not_after=world.now + HOUR,
            now=world.now,
        )
    assert world.send() == {"cancelled": 1}
    assert world.texts(family.phones["sponsor"]) == []


def test_consent_taken_back_while_the_text_waits_is_obeyed(world: World) -> None:
    family = at_reminder(world)
    take_consent_back(world, family)
    assert world.send() == {"cancelled": 1}
    assert world.texts(family.phones["sponsor"]) == []
    old = world.duties(family, "text_reminder", "void")[0]
    assert world.duty(family, "tell_by_voice").id == old.successor_id


def test_quiet_hours_wait_until_the_morning(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None)
    world.at(local(3, 21, 0)).round("contacts")
    assert world.send() == {"waits": 1}
    world.at(local(4, 7, 59))
    assert world.send() == {}
    world.at(local(4, 8, 0))
    assert world.send() == {"accepted": 1}
    assert len(world.texts(family.phones["sponsor"])) == 1


def test_a_text_that_waited_too_long_expires_and_a_person_tells_them(world: World) -> None:
    family = at_reminder(world)
    world.later(DAY)
    assert world.send() == {"expired": 1}
    assert only_message(world, family).state == "expired"
    assert world.duty(family, "tell_by_voice").party == "sponsor"
    assert world.texts(family.phones["sponsor"]) == []


def test_a_ladder_text_that_expires_opens_the_next_step(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, consent=("child",))
    day_7 = world.duties(family, "welfare_call")[0]
    world.at(day_7.opens_at + 2 * HOUR).round("contacts")
    duty = next(d for d in world.duties(family, "welfare_call") if d.party == "child")
    assert [a.channel for a in world.attempts(duty)] == ["text"]
    world.later(8 * HOUR)
    assert world.send()["expired"] == 1
    world.later(2 * MINUTE).round("contacts")
    assert [(a.channel, a.outcome) for a in world.attempts(duty)] == [
        ("text", "expired"),
        ("automated_call", "queued"),
    ]


def test_receipts_doubled_and_out_of_order_change_nothing(world: World) -> None:
    family = at_reminder(world)
    world.send()
    message = only_message(world, family)
    for state in ("delivered", "accepted", "delivered", "undelivered", "failed"):
        report = StatusReport("SM9", MessageState(state), "30006" if state == "undelivered" else None)
        take_status(world.kit, message.id, report, now=world.now)
    assert only_message(world, family).state == "delivered"
    assert world.number(family, "sponsor").textable
    assert world.duties(family, "tell_by_voice") == []


def test_a_reply_says_more_than_the_receipt_that_follows_it(world: World) -> None:
    family = at_reminder(world)
    world.send()
    world.says(family.phones["sponsor"], "1", sid="SMr")
    message = only_message_to_sponsor(world, family)
    take_status(world.kit, message.id, StatusReport("SM9", MessageState.DELIVERED, None), now=world.now)
    duty = world.duty(family, "text_reminder", "settled")
    assert [a.outcome for a in world.attempts(duty)] == ["answered_yes"]


FAILURES = [
    # phone, error, texts after it, calls after it, the reminder goes on as
    (80, "30005", False, False, "find_number"),
    (60, "30006", False, True, "tell_by_voice"),
    (83, "30003", True, True, "tell_by_voice"),
]


@pytest.mark.parametrize(("ends", "code", "textable", "usable", "goes_on_as"), FAILURES)
def test_each_failure_leads_to_the_right_next_step(
    world: World, ends: int, code: str, textable: bool, usable: bool, goes_on_as: str
) -> None:
    family = at_reminder(world, sponsor=ends)
    world.send()
    world.phones()
    assert only_message(world, family).error_code == code
    number = world.number(family, "sponsor")
    assert (number.textable, number.usable) == (textable, usable)
    old = world.duty(family, "text_reminder", "void")
    assert world.duty(family, goes_on_as).id == old.successor_id


def test_a_stop_that_only_the_provider_heard_counts_as_said_to_us(world: World) -> None:
    family = a_family(world.kit, world.staff, child=0, consent=("child",))
    world.sandbox.store.put("twilio_opt_out", f"{family.phones['child']}|+15005550006", {"phone": "x"})
    world.at(local(3, 17, 31)).round("contacts")
    assert world.send() == {"failed": 1}
    assert world.messages(family)[0].error_code == "21610"
    assert world.duty(family, "review_stop").queue == "case_management"
    assert world.duty(family, "tell_by_voice").party == "child"
    newest = max(world.rows(Consent, number_id=family.numbers["child"]), key=lambda c: c.recorded_at)
    assert (newest.given, newest.method) == (False, "provider")


def test_the_database_refuses_two_live_messages_for_one_purpose(world: World) -> None:
    family = at_reminder(world)
    standing = only_message(world, family)
    with world.kit.transaction() as session:
        number = session.get_one(PhoneNumber, family.numbers["sponsor"])
        with refused(session, "message_one_live"):
            a_message(session, number, obligation_id=standing.obligation_id, purpose=standing.purpose)
        again = queue_text(
            session,
            case_id=family.case_id,
            number=number,
            purpose=standing.purpose,
            template="checkin",
            obligation_id=standing.obligation_id,
            send_after=world.now,
            not_after=world.now + HOUR,
            now=world.now,
        )
        assert again is None


def test_a_text_whose_duty_has_ended_is_not_sent(world: World) -> None:
    family = at_reminder(world)
    message = only_message(world, family)
    with world.kit.transaction() as session:
        case = session.get_one(Case, family.case_id)
        assert policy_of(case).version == "swb-2024r3"
        other = session.get_one(Obligation, world.duties(family, "representation_known")[0].id)
        session.execute(
            update(Obligation)
            .where(col(Obligation.id) == message.obligation_id)
            .values(state="void", successor_id=other.id, ended_at=world.now)
        )
    assert world.send() == {"cancelled": 1}
    assert world.texts(family.phones["sponsor"]) == []


def test_a_full_batch_goes_on_to_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 4)
    families = [a_family(world.kit, world.staff, child=None, sponsor=50) for _ in range(9)]
    world.at(local(3, 17, 31)).round("contacts")
    assert world.send() == {"accepted": 9}
    assert all(len(world.texts(f.phones["sponsor"])) == 1 for f in families)
