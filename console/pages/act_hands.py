"""What people do and write down themselves: interviews, what is proven by hand, and what goes with a check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from console.pages.act_forms import REASON, ActForm, Box, Filled
from console.pages.moments import typed_moment
from console.pages.wording import words
from integrations.desk import by_hand, check_acts, hits, interviews
from integrations.questions import question_set
from models.interview import INTERVIEWEES, UNSAID, Interviewee
from models.states import Role

_MANAGER, _SUPERVISOR = Role.CASE_MANAGER, Role.SUPERVISOR

_RECORD = Box("record", "file", "The raw record", "As a scan or PDF.", problem="--record")
_DISPOSITION = Box(
    "disposition",
    "choice",
    "How the arrest or charge ended (if the record says)",
    "An unresolved one asks for the state's own records.",
    options=(("resolved", "It is resolved"), ("unresolved", "It is not resolved")),
    must=False,
    problem="--disposition",
)
_RESULT = Box(
    "result",
    "choice",
    "What came of it",
    "One that failed is never outlived by an earlier one that did not.",
    options=(("confirmed", "It is proven"), ("failed", "It is not proven")),
    problem="--result",
)
_ON = Box("on", "day", "Day on which it was done", "As 2026-02-02.", problem="--on")
_PAPER = Box("evidence", "file", "The paper that shows it", "A photo, a scan or a PDF.", problem="--evidence")
_OPERATOR = Box("operator", "line", "Who did it", "The name of the person.", problem="--custody.operator")
_PLACE = Box("place", "line", "Where", "As a field office or a laboratory.", problem="--custody.place")
_AT = Box("at", "line", "Day and hour", "By your own clock, as 2026-02-02 15:30.", problem="--custody.at")
_DEVICE = Box("device", "line", "With which device", must=False, problem="--custody.device")
_SUBMISSION = Box(
    "submission", "line", "Number of the submission", must=False, problem="--custody.submission_id"
)
_DESTROYED = Box(
    "destroyed_on",
    "day",
    "Of DNA: day on which the samples were destroyed",
    "As 2026-02-02. From the laboratory's paper; before that no result is taken.",
    must=False,
    problem="--samples-destroyed-on",
)
_ALONE = Box(
    "alone",
    "choice",
    "Was the child alone with you?",
    options=(("yes", "Yes"), ("no", "No")),
    problem="alone",
)
_LANGUAGE = Box(
    "language", "line", "In which language you spoke", "As Spanish, or Mam.", must=False, problem="language"
)
_INTERPRETER = Box(
    "interpreter",
    "line",
    "Through which interpreter",
    "The name of the person.",
    must=False,
    problem="interpreter",
)
_NOTE = Box("note", "area", "Note", "It is sealed with the answers.", must=False, problem="note")
_AS_TYPED = (_LANGUAGE, _INTERPRETER, _NOTE)


def _keep(filled: Filled) -> UUID:
    return hits.keep_record(
        filled.kit,
        filled.key,
        filled.thing,
        filled.person,
        record=filled.file(_RECORD),
        disposition=filled.text("disposition") or None,
        now=filled.now,
    )


def _allow(filled: Filled) -> UUID:
    return check_acts.allow_pending(
        filled.kit, filled.key, filled.thing, filled.person, reason=filled.text("reason"), now=filled.now
    )


def _by_hand(filled: Filled) -> UUID:
    custody = {
        "operator": filled.line(_OPERATOR),
        "place": filled.line(_PLACE),
        "at": typed_moment(filled.line(_AT), _AT.problem).isoformat(),
        "device": filled.text("device") or None,
        "submission_id": filled.text("submission") or None,
    }
    made = by_hand.Done(
        result=filled.text("result"),
        on=filled.day(_ON),
        evidence=filled.file(_PAPER),
        custody=json.dumps(custody).encode(),
        samples_destroyed_on=filled.find_day(_DESTROYED),
    )
    return by_hand.record(
        filled.kit,
        filled.key,
        filled.thing,
        filled.person,
        made,
        reason=filled.text("reason"),
        now=filled.now,
    )


def _asked(party: Interviewee) -> tuple[Box, ...]:
    """The questions of today for one of them, in the order in which they are asked."""
    asked = tuple(
        Box(
            f"answer_{question.code}",
            "choice",
            question.ask[party],
            options=tuple((answer, words(answer)) for answer in (*question.answers, *UNSAID)),
            problem=f"answers.{question.code}",
        )
        for question in question_set().asked_of(party)
    )
    how = (_LANGUAGE, _INTERPRETER)
    return (*how, _ALONE, *asked, _NOTE) if party == "child" else (*how, *asked, _NOTE)


def _interview(party: Interviewee, boxes: tuple[Box, ...]) -> ActForm:
    def take(filled: Filled) -> UUID:
        said = {box.name.removeprefix("answer_"): filled.text(box.name) for box in boxes if _is_answer(box)}
        tree: dict[str, object] = {"answers": {code: answer for code, answer in said.items() if answer}}
        if party == "child" and filled.text("alone") in ("yes", "no"):
            tree["alone"] = filled.text("alone") == "yes"
        tree |= {box.name: filled.text(box.name) for box in _AS_TYPED if filled.text(box.name)}
        content = json.dumps(tree).encode()
        return interviews.record(
            filled.kit, filled.key, filled.person, party=party, answers=content, now=filled.now
        )

    return ActForm(
        _TITLES[party],
        "What was said stays as it is; a later interview stands beside it. What was not said is unknown, refused or not"
        " asked, never left out. An answer that speaks of trafficking is a finding at once.",
        "Write the interview down",
        interviews.MAY_INTERVIEW,
        take,
        boxes,
    )


def _is_answer(box: Box) -> bool:
    return box.name.startswith("answer_")


_TITLES: Mapping[Interviewee, str] = {
    "child": "An interview with the child",
    "sponsor": "An interview with the sponsor",
    "parent_abroad": "An interview with the parent abroad",
}
INTERVIEWS: Mapping[str, ActForm] = {
    f"interview-{party.replace('_', '-')}": _interview(party, _asked(party)) for party in INTERVIEWEES
}
# Each about one thing: a check, or an item that people prove themselves.
HANDS: Mapping[str, ActForm] = {
    "keep-record": ActForm(
        "Keep the record behind a hit",
        "It is sealed, apart from how the hit is judged. Who judges it reads it, each time with a reason on record.",
        "Keep it",
        (_MANAGER,),
        _keep,
        (_RECORD, _DISPOSITION),
    ),
    "allow-pending": ActForm(
        "Let the release not wait for a check",
        "Only where a line of the policy lets it, and never where the law asks for the check. Its result is still waited for.",
        "Sign it off",
        (_SUPERVISOR, Role.FEDERAL_FIELD_SPECIALIST),
        _allow,
    ),
    "by-hand": ActForm(
        "What was proven by hand",
        "A DNA comparison, or an identity that was looked at in person: with its paper, and who had it in hand.",
        "Put it on record",
        (_MANAGER,),
        _by_hand,
        (_RESULT, _ON, _PAPER, _OPERATOR, _PLACE, _AT, _DEVICE, _SUBMISSION, _DESTROYED, REASON),
    ),
}
