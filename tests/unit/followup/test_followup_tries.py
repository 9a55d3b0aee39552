"""How a try ended that reached nobody: what it says of the number, what the ladder does, what opens."""

from __future__ import annotations

import pytest
from followup_builders import (
    CHICAGO,
    POLICY,
    a_duty,
    a_number,
    a_policy,
    an_id,
    policy_text,
    procedures_text,
    utc,
)

from followup.ladder import NextStep, next_step
from followup.policy import parse_followup_policy
from followup.tries import duties_opened, try_rule
from models.contacts import Channel, TryEnd
from models.errors import BadInput
from models.facts import AttemptFacts
from models.states import Party

HUMAN = Channel.HUMAN_CALL
CHILD, SPONSOR = a_number(10), a_number(11, party=Party.SPONSOR)
AT, NEXT_DAY = utc("2026-02-12T23:30"), utc("2026-02-13T16:30")  # 17:30 in Chicago; step 4 on the next day
GONE = a_number(10, usable=False)

# The end of step 3, a call to the child's own phone: the number's use from then on, the duties that open, and which
# step comes when, to whom.
ROWS = [
    ("no_answer", "keep", (), 4, CHILD, NEXT_DAY),
    ("busy", "keep", (), 3, CHILD, utc("2026-02-13T00:00")),
    ("machine", "keep", (), 4, CHILD, NEXT_DAY),
    ("out_of_service", "no_use", ("find_number",), 3, SPONSOR, utc("2026-02-12T23:45")),
    ("unreachable", "keep", (), 4, CHILD, NEXT_DAY),
    ("wrong_number", "no_use", ("find_number", "review_stop"), 3, SPONSOR, utc("2026-02-12T23:45")),
    ("landline", "no_texts", (), 4, CHILD, NEXT_DAY),
    ("invalid", "no_texts", ("find_number",), 4, CHILD, NEXT_DAY),
    ("stopped", "no_texts", ("review_stop",), 4, CHILD, NEXT_DAY),
    ("provider_error", "keep", (), 3, CHILD, utc("2026-02-13T00:30")),
    ("call_failed", "keep", ("find_number",), 4, CHILD, NEXT_DAY),
    ("refused", "keep", (), 4, CHILD, NEXT_DAY),
    ("language_barrier", "keep", (), 4, CHILD, NEXT_DAY),
]


def tried(end: str, at=AT, step: int = 3, number: int = 10) -> AttemptFacts:
    return AttemptFacts(step, HUMAN, at, end, an_id(number))


def after(attempts, numbers=(CHILD, SPONSOR), policy=POLICY, **how):
    return next_step(a_duty(), attempts, numbers, policy, zone=CHICAGO, now=AT, **how)


@pytest.mark.parametrize(("end", "use", "opens", "step", "number", "at"), ROWS)
def test_each_end_leads_to_the_right_next_step(end, use, opens, step, number, at):
    rule = try_rule(POLICY, TryEnd(end))
    assert (rule.number, duties_opened(rule, Party.CHILD)) == (use, opens)
    childs = a_number(10, usable=use != "no_use", texts=use == "keep")
    assert after([tried(end)], (childs, SPONSOR)) == NextStep(step, HUMAN, number.id, at)


def test_every_end_has_a_row_here_and_a_line_in_the_policy():
    assert [row[0] for row in ROWS] == [end.value for end in TryEnd]
    assert {line.end for line in POLICY.tries} == set(TryEnd)


def test_a_review_of_a_stop_is_about_the_childs_phone_alone():
    for end in (TryEnd.STOPPED, TryEnd.WRONG_NUMBER):
        assert "review_stop" not in duties_opened(try_rule(POLICY, end), Party.SPONSOR)


def test_a_busy_phone_is_called_twice_more_and_then_on_another_day():
    attempts = [tried("busy"), tried("busy", utc("2026-02-13T00:00"))]
    assert after(attempts).at == utc("2026-02-13T00:30")
    attempts.append(tried("busy", utc("2026-02-13T00:30")))
    assert (after(attempts).step, after(attempts).at) == (4, NEXT_DAY)


def test_nobody_is_called_once_more_in_quiet_hours():
    assert after([tried("busy", utc("2026-02-13T02:29"))]).step == 3  # again at 20:59
    assert after([tried("busy", utc("2026-02-13T02:30"))]).step == 4  # it would be 21:00


def test_without_another_number_the_ladder_takes_its_next_step():
    assert after([tried("out_of_service", number=11)], (GONE, SPONSOR)).step == 4
    assert after([AttemptFacts(3, HUMAN, AT, "wrong_number")], (GONE, SPONSOR)).step == 4


def test_a_text_that_the_provider_could_not_take_is_not_sent_once_more_where_machines_are_silent():
    text = AttemptFacts(1, Channel.TEXT, utc("2026-02-11T16:00"), "provider_error", an_id(10))
    assert (after([text]).step, after([text]).at) == (1, utc("2026-02-11T17:00"))
    assert after([text], paused=True).step == 3


@pytest.mark.parametrize("version", ["swb-2024", "swb-2024r2"])
def test_older_versions_go_on_as_they_did(version):
    older = a_policy(version)
    rules = [try_rule(older, end) for end in TryEnd]
    assert {rule.then for rule in rules} == {"next_step"}
    use = {rule.end.value: rule.number for rule in rules if rule.number != "keep"}
    assert use == {row[0]: row[1] for row in ROWS if row[1] != "keep"}


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ('end = "busy"', 'end = "machine"', "tries[P2-TRY-BUSY]", "end_twice"),
        ('end = "busy"', 'end = "machine"', "tries", "missing_key"),
        ("at_most = 2", "at_most = 0", "tries[P2-TRY-BUSY]", "wrong_value"),
        ('opens_for_child = ["review_stop"]', 'opens_for_child = ["look"]', "tries[P2-TRY-W", "wrong_value"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(old, new, field, code):
    text = procedures_text()
    assert old in text
    with pytest.raises(BadInput) as caught:
        parse_followup_policy(policy_text(), text.replace(old, new, 1))
    assert any(p.field.startswith(field) and p.code == code for p in caught.value.problems)
