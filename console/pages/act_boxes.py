"""The boxes of the acts on an application: what each asks, and what its command calls the same."""

from __future__ import annotations

from console.pages.act_forms import Box
from console.pages.wording import words
from integrations.desk import appeals
from models.hits import VERDICTS
from models.states import DecisionValue, DenialGround


def _worded(values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((value, words(value)) for value in values)


VALUES = _worded(tuple(value.value for value in DecisionValue))
RECOMMENDED = Box("value", "choice", "What you recommend", options=VALUES, problem="VALUE")
DECIDED = Box("value", "choice", "What you decide", options=VALUES, problem="VALUE")
ASKED = Box("questions", "area", "Questions", "One a line.", problem="--question")
QUESTIONS = Box(
    "questions",
    "area",
    "With a remand: what must be answered first",
    "One question a line.",
    must=False,
    problem="--question",
)
GROUNDS = Box(
    "ground",
    "several",
    "With a denial: its grounds",
    "The letter names them.",
    options=_worded(tuple(ground.value for ground in DenialGround)),
    must=False,
    problem="--ground",
)
RELEASED_ON = Box("on", "day", "Day of the release", "As 2026-02-02.", problem="--on")
STUDY = Box(
    "result",
    "choice",
    "What the report says",
    options=_worded(("positive", "negative")),
    problem="--result",
)
REPORT = Box(
    "report",
    "file",
    "The report",
    "A scan or PDF. Leave it empty if the packet holds it.",
    must=False,
    problem="--report",
)
RESULT = Box(
    "result",
    "choice",
    "What the registry says",
    options=_worded(("clear", "hit_review", "hit_bar")),
    problem="--result",
)
RESULT_ON = Box("on", "day", "Day of the registry's answer", "As 2026-02-02.", problem="--on")
PAPER = Box("evidence", "file", "The registry's paper", "A photo, a scan or a PDF.", problem="--evidence")
VERDICT = Box("verdict", "choice", "Your word", options=_worded(VERDICTS), problem="--verdict")
OFFENCE = Box(
    "offence_on",
    "day",
    "With a bar for five years: the day of the offence",
    "As 2026-02-02.",
    must=False,
    problem="--offence-on",
)
SHOWS = Box(
    "evidence",
    "file",
    "With another person's record: the paper that shows it",
    "A photo, a scan or a PDF.",
    must=False,
    problem="--evidence",
)
ANSWER = Box("text", "area", "The answer", "It is sealed, and stays as it is.", problem="--text")
OUTCOME = Box(
    "outcome",
    "choice",
    "What the consultation comes to",
    options=_worded(("denial_supported", "denial_not_supported")),
    problem="OUTCOME",
)
METHOD = Box("method", "choice", "How it went out", options=_worded(appeals.METHODS), problem="--method")
LINKED = Box(
    "verdict",
    "choice",
    "What you found",
    options=(("confirm", "They do share it"), ("split", "They do not: never propose this pair again")),
    problem="VERDICT",
)
