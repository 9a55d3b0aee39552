"""Rounds over many cases: a few statements for each batch, never one per contact; and slots that one wins."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from integrations.desk import addresses, rounds
from integrations.kit import Kit
from integrations.postal.usps import Usps
from integrations.sandbox.postal_server import create_postal_app
from integrations.sandbox.serving import ThreadedServer
from models.errors import Refused
from models.facts import Person
from models.tables.base import Row, Sealed
from models.tables.ledger import Call, Escalation, Obligation
from models.tables.messages import Message
from models.tables.people import Address, Case, Child, Consent, PhoneNumber, Sponsor
from models.tables.system import RoundSlot
from models.tables.vetting import Application, Release
from tests.builders import NOW
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    MINUTE,
    POLICY,
    Family,
    World,
    a_family,
    local,
    open_world,
    still_world,
)

# Statements that one batch of 500 may cost, whatever is in it.
PER_BATCH = 30


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> World:
    return still_world(kit, staff)


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that the block sends to the database."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(world.kit.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(world.kit.engine, "before_cursor_execute", note)


def many_cases(world: World, count: int) -> None:
    """Released children by the thousand. Of each four: one texts, one has no consent, one no phone, one a reminder."""
    made = [_one_case(world, n) for n in range(count)]
    with world.kit.transaction() as session:
        for rows_of_one_table in zip(*made, strict=True):
            session.add_all(rows_of_one_table)
            session.flush()


def _one_case(world: World, n: int) -> tuple[Row, ...]:
    sealed, key = Sealed(b"x"), uuid4().bytes
    child = Child(sealed_details=sealed, a_number_key=key, name_key=key, created_at=NOW)
    sponsor = Sponsor(sealed_details=sealed, name_key=key, created_at=NOW)
    case = Case(
        child_id=child.id,
        state="in_follow_up",
        entered_care_on=date(2026, 1, 1),
        care_provider="Example Shelter",
        vetting_policy="orr-2025",
        followup_policy=POLICY,
        zone="America/Chicago",
        released_at=NOW,
        last_contact_at=NOW,
        max_silence_days=120,
        created_at=NOW,
    )
    application = Application(
        case_id=case.id,
        sponsor_id=sponsor.id,
        reference=f"MANY-{n:06d}",
        state="released",
        category="2A",
        policy_version="orr-2025",
        submitted_at=NOW,
        submitted_by="cli",
    )
    release = Release(
        application_id=application.id,
        case_id=case.id,
        released_on=NOW.date(),
        released_by=world.staff["ffs"].id,
        at=NOW,
    )
    number = PhoneNumber(
        case_id=case.id,
        application_id=application.id,
        party="child",
        role="party",
        sealed_number=sealed,
        phone_key=key,
        language="es",
        usable=n % 4 != 2,
    )
    consent = Consent(
        number_id=number.id,
        given=n % 4 == 0,
        method="signed_form",
        at=NOW,
        recorded_at=NOW,
        actor="cli",
    )
    reminder = n % 4 == 3
    duty = Obligation(
        case_id=case.id,
        side="followup",
        kind="text_reminder" if reminder else "welfare_call",
        party="child",
        key="checkin-3" if reminder else "day-7",
        opens_at=NOW,
        due_at=NOW + 7 * DAY,
        owned_until=NOW + 14 * DAY,
        next_at=NOW,
        queue="rota",
        policy_version=POLICY,
        rule="T.duty",
        in_sight=not reminder,
        created_at=NOW,
    )
    return child, sponsor, case, application, release, number, consent, duty


def test_a_contact_round_over_many_cases_costs_a_few_statements_for_each_batch(world: World) -> None:
    many_cases(world, 2000)
    # On the third day: 17:30 has come for the first human step, too.
    world.at(local(2, 18))
    with counted(world) as sent:
        counts = world.round("contacts")
    # The second ladder of those who are lost now has no phone to try either.
    spent = {"exhausted": 500, "second_ladder_spent": 500}
    assert counts == {"text": 500, "human_call": 500, "tell_by_voice": 500, **spent}
    assert len(sent) <= PER_BATCH * 5, f"{len(sent)} statements for 4 batches"
    assert len(world.rows(Message)) == len(world.rows(Call)) == 500
    assert len(world.rows(Escalation, reason="no_contact")) == 500
    assert len(world.rows(Obligation, kind="tell_by_voice")) == 500
    assert len(world.rows(Obligation, kind="lost_contact_review")) == 500
    assert len(world.rows(Case, state="lost_contact")) == 500
    with counted(world) as sent:
        assert world.round("contacts") == {}
    assert len(sent) <= 3


def test_a_lost_contact_round_over_many_cases_costs_a_few_statements_for_each_batch(world: World) -> None:
    many_cases(world, 2000)
    world.at(NOW + 7 * DAY + HOUR)
    with counted(world) as sent:
        assert world.round("lost") == {"climbed": 0, "escalated": 2000}
    assert len(sent) <= PER_BATCH * 5
    world.later(DAY)
    with counted(world) as sent:
        assert world.round("lost") == {"climbed": 2000, "escalated": 0}
    assert len(sent) <= PER_BATCH * 6
    assert {e.level for e in world.rows(Escalation)} == {2}


def test_the_account_of_many_children_is_one_query(world: World) -> None:
    many_cases(world, 400)
    with counted(world) as sent:
        account = world.account()
    assert account.children == 400
    assert len(sent) == 1


def test_two_lost_contact_rounds_at_once_escalate_each_duty_once(world: World) -> None:
    many_cases(world, 200)
    world.at(NOW + 7 * DAY + HOUR)
    together = threading.Barrier(2)

    def run() -> int:
        together.wait()
        return world.round("lost")["escalated"]

    with ThreadPoolExecutor(2) as pool:
        done = [f.result() for f in [pool.submit(run), pool.submit(run)]]
    assert sum(done) == 200
    assert len(world.rows(Escalation)) == 200


def test_a_slot_is_won_once(world: World) -> None:
    together = threading.Barrier(4)

    def claim() -> bool:
        together.wait()
        with world.kit.transaction() as session:
            return rounds.claim_slot(session, "contacts", NOW, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        won = [f.result() for f in [pool.submit(claim) for _ in range(4)]]
    assert won.count(True) == 1
    assert len(world.rows(RoundSlot)) == 1


def test_the_court_round_opens_one_look_up_while_no_hearing_is_known(world: World) -> None:
    family = a_family(world.kit, world.staff)
    assert rounds.run_round(world.kit, "court", now=world.now) == {"lookups": 1}
    assert rounds.run_round(world.kit, "court", now=world.now) == {}
    assert world.duty(family, "court_lookup").due_at == world.now + 30 * DAY


# --- addresses ------------------------------------------------------------------------------------


@pytest.fixture
def post(world: World) -> Iterator[World]:
    """The postal service's sandbox answers."""
    app = create_postal_app(clock=lambda: world.now, client_id="c", client_secret="s")
    with ThreadedServer(app) as server:
        made = Usps(base_url=server.url, client_id="c", client_secret="s", clock=lambda: world.now)
        world.kit.make_postal = lambda: made
        yield world
        made.close()


def moved_to(world: World, family: Family, line1: str) -> None:
    raw = json.dumps({"line1": line1, "city": "Houston", "state": "TX", "zip": "77036"}).encode()
    addresses.change_address(world.kit, family.key, raw, world.staff["cm"], moved_at=world.now, now=world.now)


@pytest.mark.parametrize(
    ("line1", "state"), [("1421 Example Ave", "deliverable"), ("9999 Example Ave", "defective")]
)
def test_a_move_is_a_new_row_looked_up_with_the_court_form_due_in_five_days(
    post: World, line1: str, state: str
) -> None:
    family = a_family(post.kit, post.staff)
    post.later(DAY)
    moved_to(post, family, line1)
    old, new = sorted(post.rows(Address, family), key=lambda a: a.since_at)
    assert (old.until_at, new.until_at, new.state) == (post.now, None, state)
    assert post.duty(family, "court_address_form").due_at == post.now + 5 * DAY
    assert len(post.duties(family, "verify_address")) == 1


def test_the_address_round_asks_again_after_a_month(post: World) -> None:
    family = a_family(post.kit, post.staff)  # at a street number that needs a unit
    assert post.round("address") == {"defective": 1, "duties": 1}
    assert post.later(29 * DAY).round("address") == {}
    assert post.later(2 * DAY).round("address") == {"defective": 1}
    assert len(post.duties(family, "verify_address")) == 1


def test_a_person_and_the_rounds_at_once_never_lock_each_other_out(
    kit: Kit, staff: dict[str, Person]
) -> None:
    """Calls are written down, texts go out and come back, and rounds run, all on the same cases."""
    with open_world(kit, staff) as world:
        families = [a_family(kit, staff, child=n, sponsor=50 + n) for n in range(6)]
        world.at(local(9, 10, 5)).round("contacts")
        stop = threading.Event()

        def engine() -> None:
            while not stop.is_set():
                world.round("lost", "contacts")
                world.send()
                world.call()
                world.sandbox.advance(world.now + 20 * MINUTE)

        with ThreadPoolExecutor(3) as pool:
            engines = [pool.submit(engine), pool.submit(engine)]
            try:
                for outcome in ("no_answer", "reached_not_alone", "no_answer", "reached_alone"):
                    for family in families:
                        world.records(family, outcome)
            finally:
                stop.set()
            for running in engines:
                running.result(60)
        assert world.account().silent == ()
        for family in families:
            assert len(world.duties(family, "hear_child_alone", "settled")) == 1
            assert len({(t, b) for t in family.phones.values() for b in world.texts(t)}) == sum(
                len(world.texts(t)) for t in family.phones.values()
            )


# --- privacy --------------------------------------------------------------------------------------


def test_no_number_no_name_and_no_word_of_theirs_reaches_a_log_or_an_error(
    kit: Kit, staff: dict[str, Person], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = "Zanahoria esta en la calle Ejemplo"
    errors: list[str] = []
    with open_world(kit, staff) as world:
        families = [
            a_family(kit, staff, child=child, sponsor=sponsor, language="es")
            for child, sponsor in ((0, 50), (90, 95), (80, 60), (70, 85), (65, 75), (83, 99))
        ]
        for hours in (0, 80, 82, 190, 220, 222, 232, 246, 270):
            world.at(NOW + timedelta(hours=hours)).beat().phones()
            world.beat().phones(10 * MINUTE)
        for family in families:
            world.says(family.phones["child"], said)
            for outcome in ("reached_alone", "missing"):
                world.records(family, outcome, note=said)
            try:
                world.records(family, "reached_alone", by="auditor", note=said)
            except Refused as err:
                errors.append(f"{err} {err.args}")
            try:
                world.records(family, "reached_alone", spoke_to=said)
            except Exception as err:
                errors.append(f"{err} {err.args}")
        world.beat()
    told = "\n".join([*(record.getMessage() for record in caplog.records), caplog.text, *errors])
    assert len(errors) == 12
    for family in families:
        for phone in family.phones.values():
            assert phone.removeprefix("+") not in told
    for word in ("Zanahoria", "Ejemplo", "Ixchel", "Coj", "Family Line", "Responda", "13335550"):
        assert word not in told, word
