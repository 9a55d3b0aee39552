"""How each try ends that reaches nobody, over the sandbox's phones: the number, the next step, the duties."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import text

from integrations.desk.inbound import take_status
from integrations.desk.voice import take_call_status
from integrations.kit import Kit
from integrations.messaging.webhooks import CallReport, CallStatus, StatusReport
from models.contacts import MessageState
from models.facts import Person
from models.tables.ledger import Obligation
from tests.integration.followup_scenes import HOUR, MINUTE, Family, World, a_family, local, open_world

IN_USE, FOR_CALLS, NO_USE = (True, True), (False, True), (False, False)  # for texts, for calls


@pytest.fixture
def world(kit: Kit, staff: dict[str, Person]) -> Iterator[World]:
    with open_world(kit, staff) as opened:
        yield opened


def childs_call(world: World, family: Family) -> Obligation:
    return next(d for d in world.duties(family, "welfare_call") if d.party == "child")


def on_the_day(world: World, family: Family) -> set[object]:
    """The day of the call has come, and what lay before it is done. The duties that are open by then."""
    world.at(local(9, 9)).round("contacts")
    return {d.id for d in world.duties(family)}


def use_of(world: World, family: Family) -> tuple[bool, bool]:
    number = world.number(family, "child")
    return number.textable, number.usable


def planned(world: World, family: Family) -> datetime | None:
    """When the next try is, once the round has looked."""
    world.round("contacts")
    return childs_call(world, family).next_at


def opened_since(world: World, family: Family, before: set[object]) -> set[str]:
    return {d.kind for d in world.duties(family) if d.id not in before}


# The child's phone (what the provider says of the text, where the phone itself does not): the attempt, the number,
# the next try, what opens. The text goes out on the duty's first day at 10:05.
TEXTS = [
    (60, None, "landline", FOR_CALLS, local(9, 18, 30), set()),
    (80, None, "out_of_service", NO_USE, local(10, 17, 30), {"find_number"}),
    (83, None, "unreachable", IN_USE, local(9, 18, 30), set()),
    (50, "21614", "invalid", FOR_CALLS, local(10, 17, 30), {"find_number"}),
    (50, "21610", "stopped", FOR_CALLS, local(10, 17, 30), {"review_stop"}),
    (50, "30008", "provider_error", IN_USE, local(9, 11, 5), set()),
]


@pytest.mark.parametrize(("ends", "code", "end", "use", "at", "opens"), TEXTS)
def test_a_text_that_does_not_arrive(
    world: World,
    ends: int,
    code: str | None,
    end: str,
    use: tuple[bool, bool],
    at: datetime,
    opens: set[str],
) -> None:
    family = a_family(world.kit, world.staff, child=ends, sponsor=51, consent=("child",))
    before = on_the_day(world, family)
    duty = childs_call(world, family)
    world.at(local(9, 10, 5)).beat()
    if code is None:
        world.phones()
    else:
        (message,) = [m for m in world.messages(family) if m.obligation_id == duty.id]
        report = StatusReport("SM1", MessageState.UNDELIVERED, code)
        take_status(world.kit, message.id, report, now=world.later(MINUTE).now)
    assert [a.outcome for a in world.attempts(duty)] == [end]
    assert (use_of(world, family), opened_since(world, family, before)) == (use, opens)
    world.later(2 * MINUTE)
    assert planned(world, family) == at
    if end == "provider_error":
        world.at(at).beat()
        assert [a.step for a in world.attempts(duty)] == [1, 1]


@pytest.mark.parametrize(
    ("ends", "word", "end", "opens"),
    [
        (50, None, "no_answer", set()),
        (85, None, "machine", set()),
        (80, None, "call_failed", {"find_number"}),
        (50, "busy", "busy", set()),
    ],
)
def test_a_machines_call_that_reaches_nobody(
    world: World, ends: int, word: str | None, end: str, opens: set[str]
) -> None:
    family = a_family(world.kit, world.staff, child=ends, sponsor=51, consent=("child",))
    before = on_the_day(world, family)
    duty = childs_call(world, family)
    world.at(local(9, 18, 35)).round("contacts")
    # The text stands before it in the ladder; here it is the call that is looked at.
    world.later(HOUR).round("contacts")
    assert world.call() == {"placed": 1}
    (call,) = world.calls_of(family, kind="automated")
    if word is None:
        world.phones(5 * MINUTE)
    else:
        report = CallReport("CA1", CallStatus(word), None, None)
        take_call_status(world.kit, call.id, report, now=world.now)
    assert world.attempts(duty)[-1].outcome == end
    assert (use_of(world, family), opened_since(world, family, before)) == (IN_USE, opens)
    world.later(MINUTE)
    again = end == "busy"
    assert planned(world, family) == (call.due_at + 30 * MINUTE if again else local(10, 17, 30))


@pytest.mark.parametrize(
    ("outcome", "use", "at", "opens"),
    [
        ("no_answer", IN_USE, local(11, 10, 30), set()),
        ("busy", IN_USE, local(10, 18, 30), set()),
        ("machine", IN_USE, local(11, 10, 30), set()),
        ("refused", IN_USE, local(11, 10, 30), set()),
        ("wrong_number", NO_USE, local(10, 18, 15), {"find_number", "review_stop"}),
        ("language_barrier", IN_USE, local(11, 10, 30), {"find_interpreter"}),
    ],
)
def test_a_persons_call_that_reaches_nobody(
    world: World, outcome: str, use: tuple[bool, bool], at: datetime, opens: set[str]
) -> None:
    family = a_family(world.kit, world.staff, child=50, sponsor=51, consent=())
    before = on_the_day(world, family)
    world.at(local(10, 17, 30)).round("contacts")
    world.at(local(10, 18)).records(family, outcome)
    assert (use_of(world, family), opened_since(world, family, before)) == (use, opens)
    assert planned(world, family) == at
    world.at(at).round("contacts")
    (task,) = world.calls_of(family, state="due", party="child")
    assert task.number_id == family.numbers["sponsor" if outcome == "wrong_number" else "child"]


def test_what_a_number_is_good_for_changes_on_record(world: World) -> None:
    family = a_family(world.kit, world.staff, child=60, sponsor=51, consent=("child",))
    world.at(local(9, 10, 5)).beat()
    world.phones()
    world.says(family.phones["child"], "wrong number")
    with world.kit.transaction() as session:
        rows = session.execute(
            text(
                "SELECT old, new, why FROM history WHERE noun = 'phone_number' AND row_id = :id ORDER BY at"
            ),
            {"id": family.numbers["child"]},
        ).all()
    assert [tuple(row) for row in rows] == [
        ("in use", "for calls alone", "text failed: landline"),
        ("for calls alone", "of no use", "wrong number"),
    ]
