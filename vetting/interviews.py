"""What was said in interviews before a release, and what of it speaks of trafficking (linkage flag L5).

A sign is for a person to look at. It comes from what somebody once said, and stays until a person has cleared
it: a later interview may add to it, never take it away, since who is afraid takes words back.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from models.errors import BadInput, Problem
from models.facts import ApplicationFacts, Finding, InterviewFacts
from models.findings import FindingCode
from models.interview import (
    INTERVIEWEES,
    UNSAID,
    Contradiction,
    Interviewee,
    QuestionSet,
    Sign,
)
from models.vetting_policy import VettingPolicy

MOST_WORDS = 4000
MOST_IN_A_LINE = 200
# How it was said: in which language, and through whom. A name of a person: sealed with the rest.
_LINES = ("language", "interpreter")
_KEYS = frozenset({"alone", "answers", "note", *_LINES})


def parse_question_set(text: str) -> QuestionSet:
    """The question set that this TOML text holds.

    Raises:
        BadInput: it is not one, or does not hang together.
    """
    try:
        return QuestionSet.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("questions", "broken_toml", f"{err}.", "Mend that line.")) from err
    except ValidationError as err:
        raise BadInput(
            [
                Problem(
                    ".".join(map(str, e["loc"])) or "questions", "wrong_value", f"{e['msg']}.", "Mend it."
                )
                for e in err.errors(include_url=False)
            ]
        ) from None


def parse_interviewee(word: str) -> Interviewee:
    """Who was asked.

    Raises:
        BadInput: nobody of that name is.
    """
    for known in INTERVIEWEES:
        if word == known:
            return known
    raise BadInput(
        Problem(
            "--with", "wrong_value", "Nobody of this name is interviewed.", f"Use {', '.join(INTERVIEWEES)}."
        )
    )


def parse_interview(party: Interviewee, questions: QuestionSet, raw: bytes) -> dict[str, Any]:
    """What a person wrote down: `answers` to each question, for the child whether it was `alone`; and as far as it was
    written, the `language`, the `interpreter` and a `note`.

    Raises:
        BadInput: with one problem per fault. No message repeats an answer: it is a person's.
    """
    try:
        tree = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError):
        raise BadInput(
            Problem("answers", "broken_json", "The file cannot be read as JSON.", "Write plain UTF-8 JSON.")
        ) from None
    if not isinstance(tree, dict):
        raise BadInput(Problem("answers", "wrong_type", "The file holds one JSON object.", "Begin with {."))
    if problems := list(_problems(party, questions, tree)):
        raise BadInput(problems)
    return {key: tree[key] for key in sorted(_KEYS & tree.keys())}


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a key stands twice")
    return tree


def _problems(party: Interviewee, questions: QuestionSet, tree: Mapping[str, Any]) -> Iterator[Problem]:
    for number, _ in enumerate(tree.keys() - _KEYS, start=1):
        # Its name may be anything that somebody typed, so it is not repeated.
        yield Problem(
            f"key {number}",
            "unknown_key",
            "The form has no such key.",
            "Use alone, answers, language, interpreter and note.",
        )
    if party == "child" and not isinstance(tree.get("alone"), bool):
        yield Problem("alone", "missing_key", "Say whether the child was alone.", "Write true or false.")
    if party != "child" and "alone" in tree:
        yield Problem("alone", "unknown_key", "This is asked of the child only.", "Leave it out.")
    note = tree.get("note", "")
    if not isinstance(note, str) or len(note) > MOST_WORDS:
        yield Problem("note", "wrong_value", f"A note is text of up to {MOST_WORDS} letters.", "Shorten it.")
    for name in _LINES:
        said = tree.get(name, "")
        if not isinstance(said, str) or len(said) > MOST_IN_A_LINE or not said.isprintable():
            told = f"This must be 1 to {MOST_IN_A_LINE} characters."
            yield Problem(name, "wrong_value", told, "Write one line.")
    answers = tree.get("answers")
    if not isinstance(answers, dict):
        yield Problem("answers", "missing_key", "The answers are one JSON object.", "Add answers.")
        return
    yield from _answer_problems(party, questions, answers)


def _answer_problems(
    party: Interviewee, questions: QuestionSet, answers: Mapping[str, Any]
) -> Iterator[Problem]:
    asked = {question.code: question for question in questions.asked_of(party)}
    for number, _ in enumerate(answers.keys() - asked.keys(), start=1):
        yield Problem(
            f"answers, key {number}",
            "unknown_key",
            f"The {party} is not asked this.",
            f"`kinline interview questions --with {party}` lists the codes.",
        )
    for code, question in asked.items():
        allowed = (*question.answers, *UNSAID)
        if code not in answers:
            yield Problem(
                f"answers.{code}",
                "missing_key",
                "This question has no answer.",
                "Say not_asked if it was not.",
            )
        elif answers[code] not in allowed:
            yield Problem(
                f"answers.{code}", "wrong_value", "This is none of its answers.", f"Use {', '.join(allowed)}."
            )


def findings(facts: ApplicationFacts, policy: VettingPolicy, now: datetime) -> tuple[Finding, ...]:
    """Each sign in any interview, and each contradiction between one and what another had said last before it."""
    sets = {one.version: one for one in facts.question_sets}
    held = sorted(facts.interviews, key=lambda one: (one.at, str(one.id)))
    found: list[Finding] = []
    for place, interview in enumerate(held):
        questions = sets[interview.question_set]
        found += [_sign(interview, sign) for sign in questions.signs if _speaks(interview, sign)]
        last = {one.party: one for one in held[:place]}  # the newest of each
        found += [
            _differ(interview, other, line)
            for line in questions.contradictions
            for party, other in last.items()
            if party != interview.party and _contradict(interview, other, line)
        ]
    return tuple(found)


def unanswered(interview: InterviewFacts) -> tuple[str, ...]:
    """The codes of the questions to which there is no answer yet."""
    return tuple(sorted(code for code, said in interview.answers.items() if said in UNSAID))


def _speaks(interview: InterviewFacts, sign: Sign) -> bool:
    return (not sign.of or interview.party in sign.of) and interview.answers.get(
        sign.question
    ) in sign.answers


def _contradict(one: InterviewFacts, other: InterviewFacts, line: Contradiction) -> bool:
    if not {one.party, other.party} <= set(line.between):
        return False
    said = {one.answers.get(line.question), other.answers.get(line.question)}
    return len(said) == 2 and not said & {None, *UNSAID}


def _sign(interview: InterviewFacts, sign: Sign) -> Finding:
    return _finding(
        sign, f"As the {_words(interview.party)} tells it: {sign.says}", interview, interview.party
    )


def _differ(one: InterviewFacts, other: InterviewFacts, line: Contradiction) -> Finding:
    first, second = sorted((one.party, other.party), key=INTERVIEWEES.index)
    return _finding(
        line,
        f"The {_words(first)} and the {_words(second)}: {line.says}",
        one,
        f"{first}+{second}",
        other_interview=str(other.id),
    )


def _finding(
    line: Sign | Contradiction, said: str, interview: InterviewFacts, kind: str, **more: str
) -> Finding:
    return Finding(
        code=FindingCode.TRAFFICKING_INDICATOR,
        subject="sponsor",
        message=f"{said} Screen for trafficking, and say what you found.",
        rule=line.rule,
        source=line.source,
        # Codes and ids alone: what was said stays sealed.
        evidence={
            "rule": line.rule,
            "kind": kind,
            "item": line.question,
            "interview": str(interview.id),
            "question_set": interview.question_set,
            "unverified": line.unverified,
            **more,
        },
    )


def _words(party: Interviewee) -> str:
    return party.replace("_", " ")
