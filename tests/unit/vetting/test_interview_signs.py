"""What is said in interviews: how it is written down, and which answers are signs of trafficking."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrations.questions import question_text
from models.errors import BadInput
from models.findings import FindingCode, Severity
from models.interview import INTERVIEWEES, UNSAID
from tests.unit.vetting.scenes import NOW, P2025, QUESTIONS, an_interview, interviewed
from vetting.findings import found_now, identity_of, key_of
from vetting.interviews import findings, parse_interview, parse_interviewee, parse_question_set

DIGESTS = Path(__file__).parents[1] / "policy_digests.toml"


def rules_of(*interviews: Any) -> list[str]:
    return [f.rule for f in findings(interviewed(*interviews), P2025, NOW)]


# --- the question set ----------------------------------------------------------------------------


def test_a_question_set_that_was_merged_is_never_edited() -> None:
    known = tomllib.loads(DIGESTS.read_text(encoding="utf-8"))["questions"]
    text = question_text(QUESTIONS.version)
    assert known == {QUESTIONS.version: hashlib.sha256(text.encode()).hexdigest()}


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        ('question = "debt"', 'question = "dept"', "a question that is not there"),
        ('answers = ["stranger"]', 'answers = ["strangers"]', "nobody can give"),
        ('between = ["sponsor", "parent_abroad"]', 'between = ["sponsor", "aunt"]', "parent_abroad"),
        ('rule = "L5-DEBT"', 'rule = "L5-WORK"', "stands twice"),
        ('[[signs]]\nrule = "L5-PAID"', '[[signs]]\nof = ["child"]\nrule = "L5-PAID"', "is not asked"),
        ('version = "', "version = ", "Mend that line"),
    ],
)
def test_a_set_that_does_not_hang_together_is_refused(find: str, put: str, said: str) -> None:
    text = question_text(QUESTIONS.version)
    assert find in text
    with pytest.raises(BadInput) as caught:
        parse_question_set(text.replace(find, put, 1))
    assert any(said in p.message + p.remedy for p in caught.value.problems)


# --- signs ---------------------------------------------------------------------------------------


def test_three_dull_interviews_give_nothing() -> None:
    assert rules_of() == []


@pytest.mark.parametrize(
    ("party", "said", "rule"),
    [
        ("sponsor", {"relationship": "stranger"}, "L5-STRANGER"),
        ("child", {"met_in_person": "no"}, "L5-NEVER-MET"),
        ("parent_abroad", {"met_in_person": "no"}, None),
        ("sponsor", {"who_proposed": "somebody_else"}, "L5-PROPOSED"),
        ("parent_abroad", {"parent_agrees": "no"}, "L5-PARENT"),
        ("sponsor", {"smuggling_fee": "paid_by_sponsor"}, "L5-FEE"),
        ("child", {"smuggling_fee": "still_owed"}, "L5-FEE"),
        ("child", {"smuggling_fee": "paid_by_family"}, None),
        ("sponsor", {"debt": "yes"}, "L5-DEBT"),
        ("child", {"work_expected": "yes"}, "L5-WORK"),
        ("sponsor", {"lives_at_the_address": "no"}, "L5-ELSEWHERE"),
        ("parent_abroad", {"paid_for_it": "yes"}, "L5-PAID"),
        ("child", {"papers_held": "yes"}, "L5-PAPERS"),
        ("child", {"threatened": "yes"}, "L5-THREAT"),
    ],
)
def test_each_sign(party: str, said: dict[str, str], rule: str | None) -> None:
    got = findings(interviewed(an_interview(party, **said)), P2025, NOW)
    assert [f.rule for f in got] == ([rule] if rule else [])
    for finding in got:
        assert (finding.code, finding.severity) == (FindingCode.TRAFFICKING_INDICATOR, Severity.REVIEW)
        assert finding.source
        assert finding.evidence["item"] in said
        assert not set(said.values()) & set(map(str, finding.evidence.values()))
        assert finding in found_now(interviewed(an_interview(party, **said)), P2025, NOW)


@pytest.mark.parametrize("word", UNSAID)
def test_what_was_not_said_is_neither_a_sign_nor_a_contradiction(word: str) -> None:
    unsaid = {q.code: word for q in QUESTIONS.asked_of("child")}
    assert rules_of(an_interview("child", **unsaid), an_interview("sponsor", hours=1)) == []


def test_child_and_sponsor_who_say_different_things_are_told_whoever_spoke_first() -> None:
    child = an_interview("child", relationship="cousin", smuggling_fee="paid_by_family")
    for hours in (-1, 1):
        sponsor = an_interview("sponsor", hours=hours)
        got = findings(interviewed(child, sponsor), P2025, NOW)
        assert [f.rule for f in got] == ["L5-DIFFER-RELATIONSHIP", "L5-DIFFER-FEE"]
        assert {f.evidence["kind"] for f in got} == {"child+sponsor"}
        assert len({key_of(f) for f in got}) == 2


def test_a_later_interview_takes_nothing_back_and_is_a_finding_of_its_own() -> None:
    first = an_interview("child", debt="yes")
    again = an_interview("child", "again", hours=2)
    before = findings(interviewed(first), P2025, NOW)
    assert findings(interviewed(first, again), P2025, NOW) == before
    repeated = replace(again, answers={**again.answers, "debt": "yes"})
    both = findings(interviewed(first, repeated), P2025, NOW)
    assert len({identity_of(f) for f in both}) == 2


# --- how it is written down ----------------------------------------------------------------------


def form(party: Any = "child", **changes: Any) -> bytes:
    tree = {"answers": dict(an_interview(party).answers)} | ({"alone": True} if party == "child" else {})
    return json.dumps(tree | changes).encode()


@pytest.mark.parametrize("party", INTERVIEWEES)
def test_a_whole_form_is_taken(party: Any) -> None:
    said = parse_interview(party, QUESTIONS, form(party, note="Spoke quietly."))
    assert set(said["answers"]) == {q.code for q in QUESTIONS.asked_of(party)}
    assert parse_interviewee(party) == party


def test_every_fault_is_told_at_once_and_no_answer_is_repeated() -> None:
    answers = dict(an_interview("child").answers) | {"debt": "to my uncle Beto", "Beto": "no"}
    del answers["work_expected"]
    raw = form(alone="yes", answers=answers, note=7, Ixchel="x")
    with pytest.raises(BadInput) as caught:
        parse_interview("child", QUESTIONS, raw)
    problems = caught.value.problems
    assert [(p.field, p.code) for p in problems] == [
        ("key 1", "unknown_key"),
        ("alone", "missing_key"),
        ("note", "wrong_value"),
        ("answers, key 1", "unknown_key"),
        ("answers.debt", "wrong_value"),
        ("answers.work_expected", "missing_key"),
    ]
    assert all(p.message and p.remedy for p in problems)
    assert "Beto" not in str(caught.value.problems) + str(caught.value)
    assert "Ixchel" not in str(caught.value.problems) + str(caught.value)


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (b"{", "answers", "broken_json"),
        (b"\xff", "answers", "broken_json"),
        (b'{"note": "a", "note": "b"}', "answers", "broken_json"),
        (b"[" * 5000, "answers", "broken_json"),
        (b"[]", "answers", "wrong_type"),
        (b"{}", "answers", "missing_key"),
        (form("sponsor", alone=True), "alone", "unknown_key"),
        (form("sponsor", language=["mam"]), "language", "wrong_value"),
        (form("sponsor", interpreter="A. Example\nB. Example"), "interpreter", "wrong_value"),
        (form("sponsor", interpreter="x" * 201), "interpreter", "wrong_value"),
    ],
)
def test_a_form_that_cannot_be_used_is_told(raw: bytes, field: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_interview("sponsor", QUESTIONS, raw)
    assert [(p.field, p.code) for p in caught.value.problems] == [(field, code)]


def test_nobody_else_is_interviewed() -> None:
    with pytest.raises(BadInput) as caught:
        parse_interviewee("uncle")
    assert caught.value.problems[0].field == "--with"
