"""Every act on an application that the console takes, each by the same function as its command."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from console.pages.act_boxes import (
    ANSWER,
    ASKED,
    DECIDED,
    GROUNDS,
    LINKED,
    METHOD,
    OFFENCE,
    OUTCOME,
    PAPER,
    QUESTIONS,
    RECOMMENDED,
    RELEASED_ON,
    REPORT,
    RESULT,
    RESULT_ON,
    SHOWS,
    STUDY,
    VERDICT,
)
from console.pages.act_forms import REASON, ActForm, Filled
from console.pages.act_hands import HANDS, INTERVIEWS
from console.pages.act_seldom import SELDOM
from integrations.desk import appeals, by_hand, check_acts, hits, home_studies, ladder, vetting
from integrations.desk import release as release_desk
from integrations.desk.link_acts import decide_link
from models.errors import BadInput, Problem
from models.states import Role
from vetting.acts import MAY_CLEAR, MAY_WAIVE
from vetting.decision import MAY_RELEASE

_MANAGER, _COORDINATOR = Role.CASE_MANAGER, Role.CASE_COORDINATOR
_SPECIALIST, _SUPERVISOR = Role.FEDERAL_FIELD_SPECIALIST, Role.SUPERVISOR


def _decide(filled: Filled) -> UUID:
    return vetting.decide(
        filled.kit,
        filled.key,
        filled.text("value"),
        filled.person,
        reason=filled.text("reason"),
        questions=filled.lines("questions"),
        grounds=filled.chosen(GROUNDS),
        now=filled.now,
    )


def _study(filled: Filled) -> UUID:
    return home_studies.receive(
        filled.kit,
        filled.key,
        filled.person,
        result=filled.text("result"),
        report=filled.files.get("report"),
        reason=filled.text("reason"),
        now=filled.now,
    )


def _record(filled: Filled) -> UUID:
    return check_acts.record_result(
        filled.kit,
        filled.key,
        filled.thing,
        filled.person,
        result=filled.text("result"),
        on=filled.day(RESULT_ON),
        evidence=filled.file(PAPER),
        reason=filled.text("reason"),
        now=filled.now,
    )


def _adjudicate(filled: Filled) -> UUID:
    return hits.adjudicate(
        filled.kit,
        filled.key,
        filled.thing,
        filled.person,
        verdict=filled.text("verdict"),
        reason=filled.text("reason"),
        offence_on=filled.find_day(OFFENCE),
        evidence=filled.files.get("evidence"),
        now=filled.now,
    )


def _answer(filled: Filled) -> UUID:
    number, text = filled.thing, filled.text("text")
    if not number.isdigit():
        raise BadInput(Problem("NUMBER", "wrong_value", "There is no such question."))
    return ladder.answer(filled.kit, filled.key, int(number), text, filled.person, now=filled.now)


def _link(filled: Filled) -> UUID:
    verdict = filled.text("verdict")
    if verdict not in ("confirm", "split"):
        raise BadInput(Problem("VERDICT", "missing", "Say what you found."))
    return decide_link(
        filled.kit,
        filled.thing,
        filled.person,
        verdict="confirm" if verdict == "confirm" else "split",
        reason=filled.text("reason"),
        of=filled.key,
        now=filled.now,
    )


# About one thing, which the address names.
ABOUT: Mapping[str, ActForm] = {
    "clear": ActForm(
        "Clear a finding",
        "It no longer stands in the way. It opens again by itself if what it rests on changes.",
        "Clear it",
        MAY_CLEAR,
        lambda f: vetting.clear(f.kit, f.key, f.thing, f.person, reason=f.text("reason"), now=f.now),
    ),
    "waive": ActForm(
        "Waive an item",
        "The first voice proposes, another person's approves. What the law asks for is never waived.",
        "Give my voice",
        MAY_WAIVE,
        lambda f: vetting.waive(f.kit, f.key, f.thing, f.person, reason=f.text("reason"), now=f.now),
    ),
    "record": ActForm(
        "Write down a result on paper",
        "For a registry that answers by letter. The paper stays in the file.",
        "Write it down",
        (_MANAGER,),
        _record,
        (RESULT, RESULT_ON, PAPER, REASON),
    ),
    "adjudicate": ActForm(
        "Judge a hit",
        "Two people judge it, each alone. Where they differ, the graver word stands.",
        "Give my word",
        MAY_WAIVE,
        _adjudicate,
        (VERDICT, OFFENCE, SHOWS, REASON),
    ),
    "answer": ActForm(
        "Answer a question",
        "Nobody recommends anew before every question has its answer.",
        "Answer",
        (_MANAGER,),
        _answer,
        (ANSWER,),
    ),
    **HANDS,
}
# About the whole application.
WHOLE: Mapping[str, ActForm] = {
    "recommend": ActForm(
        "Recommend",
        "The case manager first, then the case coordinator, who sees the first word only after their own.",
        "Recommend",
        (_MANAGER, _COORDINATOR),
        lambda f: vetting.recommend(
            f.kit, f.key, f.text("value"), f.person, reason=f.text("reason"), now=f.now
        ),
        (RECOMMENDED, REASON),
    ),
    "decide": ActForm(
        "Decide",
        "A remand or a home study sends the case back to those who recommend.",
        "Decide",
        (_SPECIALIST,),
        _decide,
        (DECIDED, REASON, QUESTIONS, GROUNDS),
    ),
    "release": ActForm(
        "Record the release",
        "The follow-up begins with it: calls, texts and court dates are planned at once.",
        "Record the release",
        MAY_RELEASE,
        lambda f: release_desk.release(f.kit, f.key, f.person, on=f.day(RELEASED_ON), now=f.now),
        (RELEASED_ON,),
    ),
    "home-study-order": ActForm(
        "Order a home study",
        "After one that has come back it is an addendum. One that is under way stays the one.",
        "Order it",
        (_SPECIALIST,),
        lambda f: home_studies.order(f.kit, f.key, f.person, reason=f.text("reason"), now=f.now),
    ),
    "home-study-receive": ActForm(
        "The report of the home study came",
        "The opinions of before it speak no more.",
        "Write it down",
        (_MANAGER,),
        _study,
        (STUDY, REPORT, REASON),
    ),
    "home-study-override": ActForm(
        "Answer a negative home study",
        "The decider writes down why it does not stand in the way; a second person must agree.",
        "Give my voice",
        MAY_WAIVE,
        lambda f: home_studies.override(f.kit, f.key, f.person, reason=f.text("reason"), now=f.now),
    ),
    "ask": ActForm(
        "Ask the case manager",
        "Every question must be answered before anybody recommends.",
        "Ask",
        (_COORDINATOR,),
        lambda f: ladder.ask(f.kit, f.key, f.lines("questions"), f.person, now=f.now),
        (ASKED,),
    ),
    "consult": ActForm(
        "Ask for a case consultation",
        "A parent or legal guardian is denied only after one that supports it.",
        "Ask for it",
        (_SPECIALIST,),
        lambda f: ladder.consult(f.kit, f.key, f.person, reason=f.text("reason"), now=f.now),
    ),
    "conclude": ActForm(
        "Conclude the case consultation",
        "The decision comes after it.",
        "Conclude it",
        (_SUPERVISOR,),
        lambda f: ladder.conclude(
            f.kit, f.key, f.text("outcome"), f.person, reason=f.text("reason"), now=f.now
        ),
        (OUTCOME, REASON),
    ),
    "denial-send": ActForm(
        "The letter of the denial went out",
        "The letter is kept as it stands today, and the time to appeal runs from today.",
        "It went out",
        (_SPECIALIST, _SUPERVISOR),
        lambda f: appeals.send_letter(f.kit, f.key, f.person, method=f.text("method"), now=f.now),
        (METHOD,),
    ),
    "concern": ActForm(
        "Raise a special concern",
        "Policy asks for more checks from then on. A concern is never taken back.",
        "Raise it",
        (_MANAGER, _COORDINATOR, _SPECIALIST, _SUPERVISOR, Role.INTEGRITY_REVIEWER),
        lambda f: by_hand.raise_concern(f.kit, f.key, f.person, words=f.text("reason"), now=f.now),
    ),
    **INTERVIEWS,
    **SELDOM,
}
LINK = ActForm(
    "Two applications that share something",
    "Many families share a home or a phone: look at both first.",
    "Put it on record",
    (Role.INTEGRITY_REVIEWER, _SUPERVISOR),
    _link,
    (LINKED, REASON),
)
