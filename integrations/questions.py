"""The question sets of ``vetting/questions``, read once for each process. A merged version is never edited."""

from __future__ import annotations

from functools import cache

from integrations.versioned import text_of
from models.interview import QuestionSet
from vetting.interviews import parse_question_set

# The one that is asked now. What was said under an older one is judged by that one.
NEWEST = "l5-2026-02"


def question_text(version: str) -> str:
    """The file of this version.

    Raises:
        NotFound: there is none.
    """
    return text_of("vetting", "questions", version, noun="question set")


@cache
def question_set(version: str = NEWEST) -> QuestionSet:
    """The question set of this version.

    Raises:
        NotFound: there is no such version. BadInput: its file is wrong.
    """
    return parse_question_set(question_text(version))
