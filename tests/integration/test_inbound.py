"""What families say by text: understood or handed to a person, and always answered by the same thanks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from integrations.desk import cases, inbound
from integrations.desk.duties import do_duty
from integrations.desk.messages import queue_text
from integrations.desk.replies import replies_json
from integrations.kit import Kit
from integrations.messaging.webhooks import parse_inbound
from models.errors import Refused
from models.facts import Person
from models.tables.ledger import Escalation
from models.tables.messages import InboundText
from models.tables.people import Consent, PhoneNumber
from models.tables.system import AuditEntry
from tests.integration.followup_scenes import (
    DAY,
    HOUR,
    MINUTE,
    Family,
    World,
    a_family,
    a_phone,
    local,
    open_world,
)

THANKS = "Family Line: Thank you. We got your message. You can also call this number."
STOPPED = "Family Line: You will get no more texts from us. Text START to get them again."


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def a_family_by_day(world: World, **family: Any) -> Family:
    """Released, and it is noon where they live."""
    made = a_family(world.kit, world.staff, **({"child": 50, "sponsor": 50} | family))
    world.at(max(world.now, local(1, 12)))
    return made


def after(world: World, family: Family, who: str, body: str) -> set[str]:
    """The kinds of duties that this text from this phone opens."""
    before = {d.id for d in world.duties(family)}
    world.says(family.phones[who], body)
    world.send()
    return {d.kind for d in world.duties(family) if d.id not in before}


REPLIES = [
    ("1", {"review_reply"}),  # nobody has asked anything
    ("Yes, all is well", set()),
    ("2", {"call_back"}),
    ("ayuda", {"call_back"}),
    ("3", {"review_reply"}),
    ("we moved", {"verify_address", "court_address_form"}),
    ("wrong number", {"find_number"}),
    ("9", {"review_reply"}),
    ("who is this, what papers do you mean", {"review_reply"}),
]


@pytest.mark.parametrize(("body", "opens"), REPLIES)
def test_each_reply_of_a_sponsor_opens_its_duties_and_gets_the_same_thanks(
    world: World, body: str, opens: set[str]
) -> None:
    family = a_family_by_day(world)
    assert after(world, family, "sponsor", body) == opens
    assert world.texts(family.phones["sponsor"]) == [THANKS]


@pytest.mark.parametrize(
    ("body", "opens"), [("wrong number", {"find_number", "review_stop"}), ("yes", set())]
)
def test_a_wrong_number_on_a_childs_phone_is_looked_at_by_a_person(
    world: World, body: str, opens: set[str]
) -> None:
    family = a_family_by_day(world)
    assert after(world, family, "child", body) == opens
    assert world.texts(family.phones["child"]) == [THANKS]


def test_thanks_go_at_any_hour(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50)
    world.at(local(1, 2))
    after(world, family, "child", "1")
    assert world.texts(family.phones["child"]) == [THANKS]


def test_a_text_posted_twice_is_taken_once(world: World) -> None:
    family = a_family_by_day(world)
    for _ in range(2):
        world.says(family.phones["sponsor"], "we moved", sid="SMtwice")
        world.sandbox.texts.receive(
            family.phones["sponsor"], "+15005550006", "we moved", world.now, sid="SMtwice"
        )
    world.send()
    assert len(world.rows(InboundText)) == 1
    assert len(world.duties(family, "verify_address")) == 1
    assert world.texts(family.phones["sponsor"]) == [THANKS]


def test_a_strangers_text_is_kept_and_nothing_is_answered(world: World) -> None:
    family = a_family_by_day(world)
    world.says("+12025550177", "is this the place that looks after Ixchel")
    assert world.send() == {}
    kept = world.rows(InboundText)
    assert [(row.number_id, row.case_id, row.meaning) for row in kept] == [(None, None, "unclear")]
    assert b"Ixchel" not in kept[0].sealed_body
    assert world.texts("+12025550177") == []
    assert world.duties(family, "review_reply") == []


def test_a_backup_contact_is_a_stranger_to_automation(world: World) -> None:
    family = a_family_by_day(world, backup=50)
    world.says(family.phones["backup"], "2")
    assert world.send() == {}
    assert world.rows(InboundText)[0].case_id is None


# --- a digit and its question ---------------------------------------------------------------------


def asked_family(world: World, *, hours: int = 1, **family: Any) -> Family:
    """The sponsor was asked the check-in's question, so many hours ago."""
    made = a_family(world.kit, world.staff, **({"child": None, "sponsor": 50} | family))
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    world.later(hours * HOUR)
    return made


@pytest.mark.parametrize(
    ("hours", "body", "opens"),
    [
        (1, "1", set()),
        (71, "3", {"verify_address", "court_address_form"}),
        (73, "3", {"review_reply"}),
        (73, "we moved", {"verify_address", "court_address_form"}),
        (73, "2", {"call_back"}),
        (1, "9", {"review_reply"}),  # the text did not offer it
    ],
)
def test_a_digit_answers_what_was_asked_within_three_days(
    world: World, hours: int, body: str, opens: set[str]
) -> None:
    family = asked_family(world, hours=hours)
    assert after(world, family, "sponsor", body) == opens


def test_the_same_digit_again_says_nothing_new_and_another_is_read_by_a_person(world: World) -> None:
    family = asked_family(world)
    assert after(world, family, "sponsor", "3") == {"verify_address", "court_address_form"}
    assert after(world, family, "sponsor", "3") == set()
    assert after(world, family, "sponsor", "1") == {"review_reply"}


def test_a_digit_after_an_answer_that_nobody_understood_is_still_the_answer(world: World) -> None:
    family = asked_family(world)
    assert after(world, family, "sponsor", "que dice") == {"review_reply"}
    assert after(world, family, "sponsor", "1") == set()


def ask_more(world: World, family: Family, template: str) -> None:
    """One more question to the sponsor, by the desk's own way."""
    with world.kit.transaction() as session:
        number = session.get_one(PhoneNumber, family.numbers["sponsor"])
        queue_text(
            session,
            case_id=family.case_id,
            number=number,
            purpose=f"more-{template}",
            template=template,
            send_after=world.now,
            not_after=world.now + HOUR,
            now=world.now,
        )
    world.send()
    world.later(MINUTE)


def test_with_two_questions_open_a_person_reads_the_digit_and_a_cry_for_help_is_heard(world: World) -> None:
    family = asked_family(world)
    ask_more(world, family, "good_time")
    assert after(world, family, "sponsor", "1") == {"review_reply"}
    assert "call_back" in after(world, family, "sponsor", "2")


def test_once_the_newer_question_is_answered_the_older_one_is(world: World) -> None:
    family = asked_family(world)
    assert after(world, family, "sponsor", "1") == set()
    ask_more(world, family, "good_time")
    assert after(world, family, "sponsor", "1") == set()


def test_two_families_asked_on_one_phone_leave_a_digit_to_a_person(world: World) -> None:
    phone = a_phone(50)
    first = asked_family(world, hours=0, sponsor=phone)
    second = a_family(world.kit, world.staff, child=None, sponsor=phone)
    ask_more(world, second, "checkin")
    after(world, first, "sponsor", "3")
    kinds = [
        d.kind
        for f in (first, second)
        for d in world.duties(f)
        if d.kind in ("verify_address", "review_reply")
    ]
    assert kinds == ["review_reply"]


# --- a person reads -------------------------------------------------------------------------------


def test_a_text_that_nobody_understood_is_shown_to_the_person_who_reads_it(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "sponsor", "que papeles dice")
    after(world, family, "sponsor", "yes")
    world.says("+12025550177", "ayuda por favor")
    shown = replies_json(world.kit, world.staff["cm"], now=world.now)["items"]
    assert [(i["text"], i["party"], i["case_id"]) for i in shown] == [
        ("ayuda por favor", None, None),
        ("que papeles dice", "sponsor", family.key),
    ]
    do_duty(world.kit, UUID(shown[1]["duty"]), world.staff["cm"], note="asked back", now=world.now)
    left = replies_json(world.kit, world.staff["cm"], now=world.now)["items"]
    assert [i["text"] for i in left] == ["ayuda por favor"]
    looks = world.rows(AuditEntry, noun="inbound_text")
    assert [(row.actor, row.count) for row in looks] == [(str(world.staff["cm"].id), n) for n in (2, 1)]


def test_replies_are_for_those_who_work_with_families(world: World) -> None:
    with pytest.raises(Refused):
        replies_json(world.kit, world.staff["auditor"], now=world.now)


# --- perhaps a stop -------------------------------------------------------------------------------


def test_what_may_be_a_stop_pauses_the_texts_until_a_person_has_read_it(world: World) -> None:
    family = a_family(world.kit, world.staff, child=None, sponsor=50)
    world.at(local(3, 17, 31)).round("contacts")
    assert after(world, family, "sponsor", "my boss had to stop the work") == {
        "review_reply",
        "tell_by_voice",
    }
    assert world.texts(family.phones["sponsor"]) == [THANKS]
    assert world.case(family).paused_because == "perhaps a stop: a person reads it"
    do_duty(
        world.kit, world.duty(family, "review_reply").id, world.staff["cm"], note="no stop", now=world.now
    )
    assert world.case(family).paused_at is None


def test_reading_a_text_lets_no_machine_speak_after_a_childs_cry_for_help(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "sponsor", "my boss had to stop the work")
    after(world, family, "child", "HELP")
    assert world.case(family).paused_because == "child asked for help"
    do_duty(
        world.kit, world.duty(family, "review_reply").id, world.staff["cm"], note="no stop", now=world.now
    )
    assert world.case(family).paused_because == "child asked for help"


# --- help -----------------------------------------------------------------------------------------


def test_a_childs_cry_for_help_is_a_persons_at_once_and_silences_the_machines(world: World) -> None:
    family = a_family_by_day(world)
    world.round("contacts")
    assert after(world, family, "child", "HELP") == {"call_back"}
    duty = world.duty(family, "call_back")
    assert (duty.party, duty.queue) == ("child", "rota")
    assert HOUR - 2 * MINUTE < duty.due_at - world.now <= HOUR
    alarm = world.alarms(family, "child_asks_for_help")[0]
    assert (alarm.queue, alarm.obligation_id) == ("rota", duty.id)
    assert [c.due_at <= world.now for c in world.calls_of(family, kind="human")] == [True]
    assert world.case(family).paused_because == "child asked for help"

    # The next weeks: people call, no machine speaks to anybody of the family.
    world.live_until(local(16, 12), step=6 * HOUR)
    assert {m.purpose.split(":")[0] for m in world.messages(family, state="accepted")} <= {"thanks"}
    assert world.calls_of(family, kind="automated") == []
    assert world.texts(family.phones["sponsor"]) == []
    assert [c.party for c in world.calls_of(family, kind="human")].count("sponsor") >= 1


def test_after_the_childs_signal_even_the_thanks_are_the_same(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "child", "2")
    world.later(HOUR)
    after(world, family, "sponsor", "1")
    assert world.texts(family.phones["child"]) == [THANKS]
    assert world.texts(family.phones["sponsor"]) == [THANKS]


def test_a_person_lets_the_machines_speak_again(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "child", "2")
    cases.resume_automation(world.kit, family.key, world.staff["cm"], note="spoken with", now=world.now)
    assert world.case(family).paused_at is None
    world.at(local(3, 17, 31)).round("contacts")
    assert world.send() == {"accepted": 2}


def test_the_call_back_ends_with_a_talk_and_with_nothing_less(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "child", "2")
    world.later(10 * MINUTE).records(family, "no_answer")
    assert world.duty(family, "call_back").state == "open"
    again = world.calls_of(family, kind="human", state="due")
    assert [(c.party, c.due_at) for c in again] == [("child", world.now + HOUR)]
    world.later(HOUR).records(family, "reached_alone")
    assert world.duty(family, "call_back", "settled").spoke_with == "child"
    assert world.calls_of(family, kind="human", state="due") == []


def test_a_sponsors_call_for_help_does_not_stop_the_reminders(world: World) -> None:
    family = a_family_by_day(world)
    assert after(world, family, "sponsor", "2") == {"call_back"}
    assert world.alarms(family, "sponsor_asks_for_help")[0].queue == "rota"
    assert world.case(family).paused_at is None


def test_help_is_one_duty_and_one_escalation_however_often_it_is_said(world: World) -> None:
    family = a_family_by_day(world)
    for _ in range(3):
        after(world, family, "child", "help me please")
        world.later(MINUTE)
    assert len(world.duties(family, "call_back")) == 1
    assert len(world.alarms(family)) == 1
    assert len(world.calls_of(family, kind="human")) == 1


# --- stop and start -------------------------------------------------------------------------------


def test_stop_ends_the_texts_at_once_and_people_still_call(world: World) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=50)
    world.at(local(3, 17, 31)).round("contacts")
    after(world, family, "sponsor", "STOP")
    sponsors = [m for m in world.messages(family) if m.to_party == "sponsor"]
    assert {m.state for m in sponsors} == {"cancelled"}
    world.live_until(local(16, 12), step=6 * HOUR)
    assert world.texts(family.phones["sponsor"]) == []  # Twilio itself has confirmed
    assert not [c for c in world.calls_of(family, kind="automated") if c.party == "sponsor"]
    assert [c for c in world.calls_of(family, kind="human") if c.party == "sponsor"]


@pytest.mark.parametrize("body", ["STOP", "ya no me manden mensajes", "alto"])
def test_stop_from_a_childs_phone_is_looked_at_within_a_day(world: World, body: str) -> None:
    family = a_family_by_day(world, language="es")
    assert "review_stop" in after(world, family, "child", body)
    duty = world.duty(family, "review_stop")
    assert duty.due_at <= world.now + DAY
    words = rows_of_consent(world, family)
    assert words == [True, False]


def rows_of_consent(world: World, family: Family, who: str = "child") -> list[bool]:
    rows = world.rows(Consent, number_id=family.numbers[who])
    return [row.given for row in sorted(rows, key=lambda c: c.recorded_at)]


def test_a_stop_that_the_provider_does_not_know_is_confirmed_once_by_us(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "sponsor", "please stop texting me")
    assert world.texts(family.phones["sponsor"]) == [STOPPED]
    world.later(HOUR)
    after(world, family, "sponsor", "1")
    assert world.texts(family.phones["sponsor"]) == [STOPPED]


@pytest.mark.parametrize(("handled", "said"), [(True, []), (False, [STOPPED])])
def test_twilio_confirms_its_own_words_only_where_it_handles_them(
    world: World, handled: bool, said: list[str]
) -> None:
    world.kit.settings = world.kit.settings.model_copy(update={"twilio_handles_stop": handled})
    family = a_family_by_day(world)
    # Posted as Twilio does without advanced opt-out: nothing says that it has answered.
    text = parse_inbound({"MessageSid": "SM1", "From": family.phones["sponsor"], "To": "x", "Body": " Stop "})
    inbound.take_text(world.kit, text, now=world.now)
    world.send()
    assert rows_of_consent(world, family, "sponsor") == [True, False]
    assert world.texts(family.phones["sponsor"]) == said


def test_help_and_stop_in_one_text_are_both_heard(world: World) -> None:
    family = a_family_by_day(world)
    opened = after(world, family, "child", "help me and stop texting")
    assert opened >= {"call_back", "review_stop"}
    assert rows_of_consent(world, family) == [True, False]


def test_start_lets_the_texts_go_on(world: World) -> None:
    family = a_family_by_day(world)
    after(world, family, "sponsor", "STOP")
    after(world, family, "sponsor", "START")
    assert rows_of_consent(world, family, "sponsor") == [True, False, True]
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    assert len(world.texts(family.phones["sponsor"])) == 1


def test_who_never_consented_is_not_answered_by_text(world: World) -> None:
    family = a_family_by_day(world, consent=())
    assert after(world, family, "child", "2") == {"call_back"}
    assert world.texts(family.phones["child"]) == []


# --- one phone, two families ----------------------------------------------------------------------


def two_families(world: World) -> tuple[Family, Family]:
    phone = a_phone(50)
    first = a_family(world.kit, world.staff, child=None, sponsor=phone)
    second = a_family(world.kit, world.staff, child=None, sponsor=phone, released_at=world.now + MINUTE)
    world.at(local(1, 12))
    return first, second


def test_help_from_a_phone_of_two_families_reaches_both(world: World) -> None:
    pair = two_families(world)
    after(world, pair[0], "sponsor", "2")
    assert [len(world.duties(f, "call_back")) for f in pair] == [1, 1]
    assert world.texts(pair[0].phones["sponsor"]) == [THANKS]


def test_a_digit_from_a_phone_of_two_families_that_asked_nothing_is_a_persons_to_read(world: World) -> None:
    pair = two_families(world)
    after(world, pair[0], "sponsor", "3")
    kinds = [{d.kind for d in world.duties(f)} & {"verify_address", "review_reply"} for f in pair]
    assert sorted(map(sorted, kinds)) == [[], ["review_reply"]]


def test_a_digit_answers_every_family_on_the_phone_that_was_asked(world: World) -> None:
    phone = a_phone(50)
    asked = a_family(world.kit, world.staff, child=None, sponsor=phone)
    world.at(local(2, 12))
    later = a_family(world.kit, world.staff, child=None, sponsor=phone, released_at=world.now)
    world.at(local(3, 17, 30)).round("contacts")
    world.send()
    after(world, asked, "sponsor", "3")
    assert [len(world.duties(f, "verify_address")) for f in (asked, later)] == [1, 0]
    world.at(local(5, 17, 30)).round("contacts")
    world.send()
    after(world, asked, "sponsor", "we moved again")
    assert [len(world.duties(f, "verify_address")) for f in (asked, later)] == [1, 1]


def test_stop_from_a_phone_of_two_families_ends_the_texts_to_both(world: World) -> None:
    pair = two_families(world)
    after(world, pair[0], "sponsor", "STOP")
    world.at(local(3, 17, 31)).round("contacts")
    world.send()
    assert world.texts(pair[0].phones["sponsor"]) == []


def test_on_a_phone_that_child_and_sponsor_share_a_cry_for_help_counts_as_the_childs(world: World) -> None:
    phone = a_phone(50)
    family = a_family_by_day(world, child=phone, sponsor=phone, shared=True)
    after(world, family, "child", "2")
    assert world.duty(family, "call_back").party == "child"
    assert world.case(family).paused_at is not None


# --- closed cases ---------------------------------------------------------------------------------


def a_closed_family(world: World) -> Family:
    family = a_family_by_day(world)
    cases.close_case(
        world.kit,
        family.key,
        world.staff["cm"],
        reason="departed",
        note="",
        evidence="a record",
        now=world.now,
    )
    return family


def test_a_text_to_a_closed_case_is_kept_and_not_answered(world: World) -> None:
    family = a_closed_family(world)
    assert after(world, family, "sponsor", "3") == set()
    assert world.texts(family.phones["sponsor"]) == []
    assert [row.case_id for row in world.rows(InboundText)] == [family.case_id]


# "alto" is a word that Twilio itself does not know.
@pytest.mark.parametrize(("says", "texts"), [("gracias", 1), ("alto", 0)])
def test_a_stop_after_the_closure_holds_when_the_case_is_reopened(
    world: World, says: str, texts: int
) -> None:
    family = a_closed_family(world)
    assert after(world, family, "sponsor", says) == set()
    assert world.texts(family.phones["sponsor"]) == []
    cases.reopen_case(world.kit, family.key, world.staff["supervisor"], note="news", now=world.now)
    ask_more(world, family, "checkin")
    world.send()
    assert len(world.texts(family.phones["sponsor"])) == texts


def test_a_cry_for_help_after_the_closure_still_reaches_a_person(world: World) -> None:
    family = a_closed_family(world)
    after(world, family, "child", "help")
    assert world.texts(family.phones["child"]) == []
    assert [e.reason for e in world.rows(Escalation, family, state="open")] == ["help_after_closure"]
