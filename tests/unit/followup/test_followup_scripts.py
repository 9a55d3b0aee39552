"""What is said on a call: every language whole, the opening neutral; the form asks every topic and takes what it gives."""

from __future__ import annotations

import json

import pytest
from followup_builders import POLICY, ROOM, a_policy

from followup.answers import Answers, parse_answers, parse_draft
from followup.forms import ABOUT
from followup.scripts import blank_form, filled_form, needs_interpreter, parse_script
from models.contacts import CallOutcome
from models.errors import BadInput
from models.states import Party

FILES = sorted((ROOM / "scripts").glob("*.toml"))
ENGLISH = (ROOM / "scripts" / "en.toml").read_text(encoding="utf-8")
# domain.md section 6, the topics to store as structured answers.
R6 = {
    *("sleeps_where", "sleeps_with", "school", "work", "money_owed", "doctor", "food", "hurt_or_threatened"),
    *("free_to_phone", "papers_held_by_other", "court_date_known", "lawyer", "wants_to_stay", "safe_word"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_language_has_every_part_and_a_question_for_every_topic(path):
    script = parse_script(path.read_text(encoding="utf-8"))
    assert script.language == path.stem
    assert set(script.questions) == set(Answers.model_fields)
    assert set(script.questions) >= R6


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ("Please ask them to call", "The sponsor of the child: call", "opening.third_party", "not_neutral"),
        (
            "This is Family Line. My name",
            "This is the immigration office. My name",
            "opening.greeting",
            "not_neutral",
        ),
        ("lawyer = ", "lawyers = ", "questions.lawyer", "wrong_keys"),
    ],
)
def test_a_script_with_a_gap_or_a_telling_word_is_refused(old, new, field, code):
    assert old in ENGLISH
    with pytest.raises(BadInput) as caught:
        parse_script(ENGLISH.replace(old, new, 1))
    assert (field, code) in {(p.field, p.code) for p in caught.value.problems}


def test_a_blank_form_is_a_draft_without_answers_and_a_filled_one_gives_them_back():
    script = parse_script(ENGLISH)
    blank = blank_form(script)
    assert set(blank) == {ABOUT, *Answers.model_fields}
    assert parse_draft(json.dumps(blank).encode()) == {}
    said = {"spoke_to": "child", "alone": True, "work": {"works": True, "hours": "night", "owes_money": True}}
    form = filled_form(script, said)
    assert form["work"]["where"] is None
    assert parse_answers(Party.CHILD, CallOutcome.REACHED_ALONE, json.dumps(form).encode()) == said


def test_a_draft_needs_nothing_yet_and_still_refuses_what_is_no_answer():
    assert parse_draft(b'{"food": "no"}') == {"food": "no"}
    with pytest.raises(BadInput) as caught:
        parse_draft(b'{"food": "sometimes", "mood": "glad"}')
    assert {(p.field, p.code) for p in caught.value.problems} == {
        ("answers.food", "wrong_value"),
        ("answers.mood", "unknown_key"),
    }


@pytest.mark.parametrize(
    ("language", "needed"),
    [
        ("en", False),
        ("es-GT", False),
        ("mam", True),
        ("quc", True),
        ("kek", True),
        ("kjb", True),
        ("ht", True),
    ],
)
def test_an_interpreter_is_needed_where_no_caller_speaks_the_language(language, needed):
    assert needs_interpreter(language, POLICY) is needed
    assert needs_interpreter(language, a_policy("swb-2024"))
