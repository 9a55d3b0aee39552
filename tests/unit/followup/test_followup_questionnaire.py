"""Call records: what may be written down, what it settles, opens and alarms."""

from __future__ import annotations

import itertools
import json

import pytest
from followup_builders import POLICY, a_call
from hypothesis import given
from hypothesis import strategies as st

from followup.questionnaire import parse_answers, weigh
from models.contacts import SPOKEN, CallOutcome
from models.errors import BadInput
from models.states import Party

O = CallOutcome  # noqa: E741
CHILD, SPONSOR = Party.CHILD, Party.SPONSOR
NIGHT_WORK = {"work": {"works": True, "hours": "night", "owes_money": True}}


MOVED = {"verify_address", "court_address_form", "request_vor"}
ELSEWHERE = {"notice_of_concern", "assess_new_adult", "verify_address", "court_address_form"}
MISSING = {"report_police", "report_ncmec", "report_orr", "notice_of_concern", "lost_contact_review"}
HARM = {"report_cps", "notice_of_concern"}
LABOUR, SEX = HARM | {"report_otip", "report_labor"}, HARM | {"report_otip", "report_police"}


def raw(**answers):
    return json.dumps(answers).encode()


def kinds(weighed):
    return {opens.kind for opens in weighed.opens}


# --- what is written down -----------------------------------------------------------------------


def test_answers_come_back_as_plain_values_without_what_was_not_asked():
    got = parse_answers(
        CHILD,
        O.REACHED_ALONE,
        raw(spoke_to="child", alone=True, school=True, food="yes", doctor=None, **NIGHT_WORK),
    )
    assert got == {
        "spoke_to": "child",
        "alone": True,
        "school": "yes",
        "food": "yes",
        "work": {"works": True, "hours": "night", "owes_money": True},
    }


@pytest.mark.parametrize(("said", "stored"), [("nights", "night"), ("at night", "night"), ("Days", "day")])
def test_working_hours_are_taken_as_people_say_them(said, stored):
    got = parse_answers(
        CHILD, O.REACHED_ALONE, raw(spoke_to="child", alone=True, work={"works": True, "hours": said})
    )
    assert got["work"]["hours"] == stored


@pytest.mark.parametrize(
    ("party", "outcome", "answers", "field", "code"),
    [
        (CHILD, O.REACHED_ALONE, {"alone": True}, "answers.spoke_to", "missing_key"),
        (CHILD, O.REACHED_ALONE, {"spoke_to": "child"}, "answers.alone", "missing_key"),
        (CHILD, O.REACHED_ALONE, {"spoke_to": "sponsor"}, "answers.spoke_to", "contradiction"),
        (CHILD, O.REACHED_ALONE, {"spoke_to": "child", "alone": False}, "answers.alone", "contradiction"),
        (CHILD, O.REACHED_NOT_ALONE, {"spoke_to": "child", "alone": True}, "answers.alone", "contradiction"),
        (CHILD, O.SPONSOR_ONLY, {"spoke_to": "child", "alone": True}, "answers.spoke_to", "contradiction"),
        (CHILD, O.MISSING, {"spoke_to": "child", "alone": True}, "answers.spoke_to", "contradiction"),
        (CHILD, O.MOVED, {"spoke_to": "child"}, "answers.alone", "missing_key"),
        (SPONSOR, O.REACHED_ALONE, {"spoke_to": "child"}, "answers.spoke_to", "contradiction"),
        (SPONSOR, O.REACHED_ALONE, {}, "answers.spoke_to", "missing_key"),
        (CHILD, O.NO_ANSWER, {"spoke_to": "child"}, "answers.spoke_to", "contradiction"),
        (CHILD, O.NO_ANSWER, {"moved_on": "2026-02-09"}, "answers.moved_on", "contradiction"),
        (CHILD, O.MOVED, {"moved_on": "on Monday"}, "answers.moved_on", "wrong_value"),
        (CHILD, O.NO_ANSWER, {"mood": "glad"}, "answers.mood", "unknown_key"),
        (CHILD, O.NO_ANSWER, {"food": "maybe"}, "answers.food", "wrong_value"),
        (CHILD, O.NO_ANSWER, {"work": {"works": "yes"}}, "answers.work.works", "wrong_value"),
        (
            CHILD,
            O.NO_ANSWER,
            {"new_address": {"line1": "1 Example St"}},
            "answers.new_address.city",
            "missing_key",
        ),
        (Party.CASE, O.NO_ANSWER, {}, "party", "wrong_value"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_by_field(party, outcome, answers, field, code):
    with pytest.raises(BadInput) as caught:
        parse_answers(party, outcome, raw(**answers))
    assert (field, code) in {(p.field, p.code) for p in caught.value.problems}
    assert all(p.message and p.remedy for p in caught.value.problems)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b'{"note": "a", "note": "b"}', b"[" * 100_000])
def test_a_file_that_is_no_object_is_refused(body):
    with pytest.raises(BadInput):
        parse_answers(CHILD, O.NO_ANSWER, body)


def test_nobody_reached_needs_no_answers():
    assert parse_answers(CHILD, O.NO_ANSWER, b"") == {}


def test_no_problem_repeats_what_a_child_said():
    with pytest.raises(BadInput) as caught:
        parse_answers(CHILD, O.NO_ANSWER, raw(food="Rosa Example", good_time=17))
    assert "Rosa" not in repr([p.as_json() for p in caught.value.problems]) + str(caught.value)


# --- what follows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "settles", "contact", "opens", "reasons"),
    [
        (a_call(), {CHILD}, True, set(), []),
        (a_call(O.REACHED_NOT_ALONE), {CHILD}, True, {"hear_child_alone"}, []),
        (a_call(O.SPONSOR_ONLY, spoke_to="sponsor"), set(), False, {"retry_child"}, []),
        (
            a_call(O.MOVED, spoke_to="child", alone=True),
            {CHILD},
            True,
            MOVED,
            [],
        ),
        (a_call(O.MOVED, spoke_to="sponsor"), set(), False, MOVED, []),
        (a_call(address_matches="no"), {CHILD}, True, MOVED, []),
        (
            a_call(O.NOT_LIVING_THERE, spoke_to="sponsor"),
            set(),
            False,
            ELSEWHERE,
            ["child_lives_elsewhere"],
        ),
        (
            a_call(O.MISSING, spoke_to="sponsor"),
            set(),
            False,
            MISSING,
            ["child_missing"],
        ),
        (a_call(O.WRONG_NUMBER), set(), False, {"find_number"}, []),
        (a_call(O.LANGUAGE_BARRIER), set(), False, {"find_interpreter"}, []),
        (a_call(party=SPONSOR, spoke_to="sponsor"), {SPONSOR}, False, set(), []),
        (a_call(O.REACHED_NOT_ALONE, SPONSOR, spoke_to="sponsor"), {SPONSOR}, False, set(), []),
        (a_call(O.SPONSOR_ONLY, SPONSOR, spoke_to="sponsor"), {SPONSOR}, False, set(), []),
        (
            a_call(O.MISSING, SPONSOR, spoke_to="sponsor"),
            {SPONSOR},
            False,
            MISSING,
            ["child_missing"],
        ),
        (a_call(**NIGHT_WORK), {CHILD}, True, LABOUR, ["concern_trafficking"]),
        (a_call(sexual_acts_for_gain="yes"), {CHILD}, True, SEX, ["concern_trafficking"]),
        (a_call(hurt_or_threatened="yes"), {CHILD}, True, HARM, ["concern_harm"]),
        (a_call(food="no"), {CHILD}, True, HARM, ["concern_harm"]),
        (
            a_call(in_danger_now="yes"),
            {CHILD},
            True,
            HARM | {"report_police"},
            ["concern_danger", "concern_harm"],
        ),
        (a_call(asks_for_help="yes"), {CHILD}, True, {"notice_of_concern"}, ["concern_help"]),
        (a_call(safe_word_used="yes"), {CHILD}, True, {"notice_of_concern"}, ["concern_help"]),
        (a_call(wants_to_stay="no"), {CHILD}, True, {"notice_of_concern"}, ["concern_help"]),
        (
            a_call(lives_with_sponsor="no"),
            {CHILD},
            True,
            ELSEWHERE,
            ["child_lives_elsewhere"],
        ),
    ],
)
def test_a_record_settles_opens_and_alarms_as_the_policy_says(record, settles, contact, opens, reasons):
    weighed = weigh(record, POLICY)
    assert weighed.settles == settles
    assert weighed.contact_with_child is contact
    assert kinds(weighed) == opens
    assert [alarm.reason for alarm in weighed.escalate] == reasons


@pytest.mark.parametrize("outcome", sorted(set(CallOutcome) - SPOKEN))
@pytest.mark.parametrize("party", [CHILD, SPONSOR])
def test_a_try_settles_nothing(outcome, party):
    weighed = weigh(a_call(outcome, party), POLICY)
    assert weighed.settles == frozenset()
    assert not weighed.contact_with_child


@given(
    st.sampled_from(list(CallOutcome)),
    st.sampled_from([CHILD, SPONSOR]),
    st.sampled_from(["child", "sponsor", "other", None]),
    st.booleans(),
)
def test_nothing_settles_a_childs_call_unless_a_person_spoke_with_the_child(outcome, party, spoke_to, alone):
    """Whatever else a record claims; and the child's word never settles the sponsor's call."""
    answers = {"alone": alone} | ({"spoke_to": spoke_to} if spoke_to else {})
    weighed = weigh(a_call(outcome, party, **{"spoke_to": None} | answers), POLICY)
    if CHILD in weighed.settles:
        assert (party, spoke_to) == (CHILD, "child")
        assert outcome in SPOKEN - {O.SPONSOR_ONLY, O.MISSING}
    if SPONSOR in weighed.settles:
        assert (party, spoke_to) == (SPONSOR, "sponsor")
    assert weighed.contact_with_child == (CHILD in weighed.settles)


SIGNS = {
    "night": {"work": {"works": True, "hours": "night"}},
    "debt": {"money_owed": "yes"},
    "papers": {"papers_held_by_other": "yes"},
    "phone": {"free_to_phone": "no"},
}


@pytest.mark.parametrize("names", [c for n in range(5) for c in itertools.combinations(SIGNS, n)])
def test_two_signs_of_trafficking_are_a_worry_and_one_is_not(names):
    answers = {k: v for name in names for k, v in SIGNS[name].items()}
    reasons = [alarm.reason for alarm in weigh(a_call(**answers), POLICY).escalate]
    assert ("concern_trafficking" in reasons) is (len(names) >= 2)


def test_a_worry_silences_the_machines_whoever_voices_it():
    assert weigh(
        a_call(party=SPONSOR, spoke_to="sponsor", hurt_or_threatened="yes"), POLICY
    ).pauses_automation
    assert weigh(a_call(O.MISSING, spoke_to="sponsor"), POLICY).pauses_automation
    assert not weigh(a_call(), POLICY).pauses_automation


def test_the_second_call_that_reaches_only_the_sponsor_is_the_supervisors():
    record = a_call(O.SPONSOR_ONLY, spoke_to="sponsor")
    assert weigh(record, POLICY, sponsor_only_before=0).escalate == ()
    (alarm,) = weigh(record, POLICY, sponsor_only_before=1).escalate
    assert (alarm.reason, alarm.level) == ("child_not_heard", 2)


def test_two_worries_open_each_report_once_and_two_alarms():
    weighed = weigh(a_call(hurt_or_threatened="yes", **NIGHT_WORK), POLICY)
    assert sorted(o.kind for o in weighed.opens) == sorted(LABOUR)
    assert [a.reason for a in weighed.escalate] == ["concern_harm", "concern_trafficking"]
