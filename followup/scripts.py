"""What a person says on a call, by language, and the form that goes with it. The text of the file is an argument."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from followup.answers import Answers, Work
from followup.catalog import forbidden_in
from followup.forms import ABOUT
from models.errors import BadInput, Problem
from models.followup_policy import FollowupPolicy
from models.packet import Address

OPENING = ("greeting", "ask_for_child", "ask_alone", "not_alone", "third_party", "voicemail", "goodbye")
# Topics that have parts of their own in the form.
_PARTS: Mapping[str, type[BaseModel]] = {"work": Work, "new_address": Address}


@dataclass(frozen=True, slots=True)
class Script:
    """`opening`: how the call begins and ends, in neutral words. `questions`: one for each topic of the form."""

    language: str
    opening: Mapping[str, str]
    questions: Mapping[str, str]


def parse_script(text: str) -> Script:
    """The script that this TOML text holds: every part, a question for every topic, and a neutral opening.

    Raises:
        BadInput: one problem per fault, with its key.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise BadInput(Problem("script", "broken_toml", f"{err}.", "Mend that line.")) from err
    wanted = {"opening": set(OPENING), "questions": set(Answers.model_fields)}
    problems = [
        Problem(f"{table}.{key}", "wrong_keys", "It is missing, or nobody asks for it.", "Correct the file.")
        for table, keys in wanted.items()
        for key in sorted(keys ^ set(tree.get(table, {})))
    ]
    problems += [
        Problem(
            f"opening.{key}", "not_neutral", "The phone may be heard by anybody.", "Say it in other words."
        )
        for key, words in tree.get("opening", {}).items()
        if forbidden_in(words)
    ]
    if problems:
        raise BadInput(problems)
    return Script(tree["language"], tree["opening"], tree["questions"])


def blank_form(script: Script) -> dict[str, Any]:
    """The questionnaire to fill in: every topic null, with its question beside it. Null means not asked."""
    return {
        ABOUT: dict(script.questions),
        **{topic: _blank(topic) for topic in Answers.model_fields},
    }


def filled_form(script: Script, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The same with what has been typed so far."""
    form = blank_form(script)
    for topic, value in answers.items():
        form[topic] = {**form[topic], **value} if isinstance(form[topic], dict) else value
    return form


def _blank(topic: str) -> Any:
    part = _PARTS.get(topic)
    return None if part is None else dict.fromkeys(part.model_fields)


def needs_interpreter(language: str, policy: FollowupPolicy) -> bool:
    """No caller speaks this language. A version that does not say whom it has needs one for every language."""
    spoken = policy.interpreting.spoken_by_callers if policy.interpreting else ()
    return language.split("-")[0].lower() not in spoken
