"""A person reads what no machine understood: what they read has the consequences of a plain reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from integrations.desk import cases
from integrations.desk.inbound import ANSWER_WINDOW
from integrations.desk.page_dispatch import dispatch_pages
from integrations.desk.reading import read_reply
from integrations.kit import Kit
from models.errors import BadInput, NotFound, Refused
from models.facts import Person
from models.tables.ledger import Attempt, Evidence
from models.tables.messages import InboundText
from models.tables.paging import Paging, ReplyReading
from models.tables.people import Consent
from tests.integration.followup_scenes import (
    HOUR,
    MINUTE,
    Family,
    World,
    a_family,
    a_phone,
    local,
    open_world,
)
from tests.refusals import refused

UNCLEAR = "que papeles dice, no entiendo"


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def a_text(world: World, who: str = "sponsor", body: str = UNCLEAR, **family: Any) -> tuple[Family, Any]:
    """By day, a text from this phone that no machine understood."""
    made = a_family(world.kit, world.staff, **({"child": 50, "sponsor": 50} | family))
    world.at(max(world.now, local(1, 12)))
    world.says(made.phones[who], body)
    return made, world.rows(InboundText, made)[0].id


def read(world: World, text_id: Any, meaning: str, by: str = "cm", reason: str = "read it twice") -> Any:
    return read_reply(world.kit, text_id, world.staff[by], meaning=meaning, reason=reason, now=world.now)


def words_of(world: World, family: Family, who: str) -> list[tuple[bool, str]]:
    rows = sorted(
        world.rows(Consent, number_id=family.numbers[who]), key=lambda c: (c.recorded_at, not c.given)
    )
    return [(row.given, row.actor) for row in rows]


READINGS: tuple[tuple[str, str, set[str]], ...] = (
    ("sponsor", "moved", {"verify_address", "court_address_form"}),
    ("sponsor", "wrong_number", {"find_number"}),
    ("sponsor", "help", {"call_back"}),
    ("child", "stop", {"review_stop"}),
    ("sponsor", "yes", set()),
    ("sponsor", "nothing", set()),
)


def test_what_a_person_reads_opens_the_duties_of_a_plain_reply(world: World) -> None:
    for who, meaning, opens in READINGS:
        family, text_id = a_text(world, who)
        before = {d.id for d in world.duties(family)}
        assert read(world, text_id, meaning)["meaning"] == meaning
        assert {d.kind for d in world.duties(family) if d.id not in before} == opens, meaning
    assert {row.meaning for row in world.rows(ReplyReading)} == {meaning for _, meaning, _ in READINGS}


def test_the_duty_to_read_it_is_settled_by_the_reading(world: World) -> None:
    family, text_id = a_text(world)
    read(world, text_id, "nothing")
    duty, reading = world.duty(family, "review_reply", "settled"), world.rows(ReplyReading)[0]
    evidence = world.rows(Evidence, family, id=duty.evidence_id)[0]
    person = world.staff["cm"].id
    assert (evidence.row_id, evidence.by_staff, reading.read_by) == (reading.id, person, person)
    with world.kit.transaction() as session, refused(session, "rows of reply_reading are kept"):
        session.execute(text("UPDATE reply_reading SET meaning = 'yes'"))
    with pytest.raises(Refused, match="read_already"):
        read(world, text_id, "stop")


def test_a_stop_that_a_person_read_is_consent_withdrawn_by_their_word_for_all_on_the_phone(
    world: World,
) -> None:
    phone = a_phone(50)
    family, text_id = a_text(world, child=phone, sponsor=phone)
    read(world, text_id, "stop")
    person = str(world.staff["cm"].id)
    for who in ("child", "sponsor"):
        assert words_of(world, family, who) == [(True, "cli"), (False, person)]
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    assert not [body for body in world.texts(phone) if "?" in body]


def test_a_start_that_a_person_read_lets_the_texts_go_on(world: World) -> None:
    family, text_id = a_text(world)
    world.says(family.phones["sponsor"], "STOP")
    read(world, text_id, "start")
    assert [given for given, _ in words_of(world, family, "sponsor")] == [True, False, True]


def test_help_that_a_person_read_wakes_somebody_and_silences_the_machines(world: World) -> None:
    family, text_id = a_text(world, "child")
    read(world, text_id, "help")
    assert world.case(family).paused_because == "child asked for help"
    assert [p.escalation_id for p in world.rows(Paging)] == [
        world.alarms(family, "child_asks_for_help")[0].id
    ]
    assert dispatch_pages(world.kit, now=world.now) == {"nobody": 3}


def test_reading_what_may_be_a_stop_lets_the_machines_go_on_whatever_it_was(world: World) -> None:
    family, text_id = a_text(world, body="my boss had to stop the work")
    assert world.case(family).paused_because == "perhaps a stop: a person reads it"
    read(world, text_id, "nothing")
    assert world.case(family).paused_at is None


def test_the_try_that_it_answers_says_what_was_read(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=50)
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    world.later(MINUTE).says(family.phones["sponsor"], UNCLEAR)
    inbound = world.rows(InboundText, family)[0]
    assert world.now - inbound.at < ANSWER_WINDOW
    read(world, inbound.id, "yes")
    assert [a.outcome for a in world.rows(Attempt, message_id=inbound.message_id)] == ["answered_yes"]


def test_what_can_not_be_read_is_refused(world: World) -> None:
    family, text_id = a_text(world)
    for given, field in (
        ({"meaning": "perhaps"}, "--meaning"),
        ({"meaning": "yes", "reason": " "}, "--reason"),
    ):
        with pytest.raises(BadInput) as caught:
            read(world, text_id, **given)
        assert [p.field for p in caught.value.problems] == [field]
    with pytest.raises(Refused, match="wrong_role"):
        read(world, text_id, "yes", by="auditor")
    with pytest.raises(NotFound):
        read(world, uuid4(), "yes")
    world.says(family.phones["sponsor"], "Yes, all is well")
    plain = next(t for t in world.rows(InboundText, family) if t.meaning == "yes")
    with pytest.raises(Refused, match="not_waiting"):
        read(world, plain.id, "stop")
    assert [row.inbound_id for row in world.rows(ReplyReading)] == []


# --- a person has the conversation ----------------------------------------------------------------


def test_while_a_person_has_the_conversation_no_machine_speaks(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=50)
    cases.pause_automation(
        world.kit, family.key, world.staff["caller"], note="I talk with them", now=world.now
    )
    assert world.case(family).paused_because == "a person has the conversation"
    world.live_until(local(16, 12), step=12 * HOUR)
    assert [world.texts(family.phones[who]) for who in ("child", "sponsor")] == [[], []]
    assert world.calls_of(family, kind="automated") == []
    assert world.calls_of(family, kind="human")
    with pytest.raises(Refused, match="already_paused"):
        cases.pause_automation(world.kit, family.key, world.staff["cm"], note="I too", now=world.now)
    cases.resume_automation(world.kit, family.key, world.staff["cm"], note="done", now=world.now)
    assert world.case(family).paused_at is None


def test_who_may_not_pause_is_refused(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50)
    with pytest.raises(Refused, match="wrong_role"):
        cases.pause_automation(world.kit, family.key, world.staff["auditor"], note="x", now=world.now)
    with pytest.raises(BadInput):
        cases.pause_automation(world.kit, family.key, world.staff["cm"], note=" ", now=world.now)
    why = {"reason": "departed", "note": "", "evidence": "a record"}
    cases.close_case(world.kit, family.key, world.staff["cm"], now=world.now, **why)
    with pytest.raises(Refused, match="not_in_follow_up"):
        cases.pause_automation(world.kit, family.key, world.staff["cm"], note="x", now=world.now)
