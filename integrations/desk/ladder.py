"""The ladder beside recommending and deciding: questions, waived review, consultation, withdrawal, reviews.

One act of one named person each, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from integrations.desk.acting import Act, want_reason
from integrations.kit import Kit
from integrations.store import history
from integrations.store.applications import gather
from integrations.store.ladder import questions_of, standing, supersede
from integrations.store.sealing import seal_json
from models.errors import BadInput, Problem
from models.facts import Person
from models.states import APPLICATION_MOVES, ApplicationState, ConsultationOutcome, Role
from models.tables.base import Sealed
from models.tables.ladder import Answer, Consultation, PendingReview, Question, ReviewWaiver
from models.tables.vetting import Decision, Recommendation
from vetting import ladder
from vetting.gate import lacking_recommendations

# What is said of an application as it stands; what a withdrawal or a weighty amendment takes back.
OPINIONS: tuple[Any, ...] = (Recommendation, ReviewWaiver, Consultation)


def ask(kit: Kit, key: str, questions: Sequence[str], person: Person, *, now: datetime) -> UUID:
    """The coordinator needs to know more before recommending: each question is a duty of the case manager."""
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_ask(act.facts, person, act.policy)
        put_questions(act, questions, role, decision_id=None)
        return act.done(role, "ask")


def put_questions(act: Act, questions: Sequence[str], role: Role, *, decision_id: UUID | None) -> None:
    """These questions stand in the file, sealed, numbered on from those asked before.

    Raises:
        BadInput: none, or an empty one.
    """
    asked = [question.strip() for question in questions]
    if not asked or not all(asked):
        raise BadInput(Problem("--question", "missing", "Say what you ask.", "Add --question TEXT."))
    last = act.session.scalars(
        select(func.max(Question.number)).where(col(Question.application_id) == act.application.id)
    ).one()
    for number, words in enumerate(asked, start=(last or 0) + 1):
        row = Question(
            application_id=act.application.id,
            decision_id=decision_id,
            number=number,
            sealed_text=Sealed(b""),
            asked_by=act.person.id,
            asked_as=role.value,
            at=act.now,
        )
        seal_json(act.kit.vault, row, "sealed_text", {"text": words})
        act.session.add(row)
    act.session.flush()


def answer(kit: Kit, key: str, number: int, words: str, person: Person, *, now: datetime) -> UUID:
    """The case manager answers one question. The answer stays as it was given."""
    if not words.strip():
        raise BadInput(Problem("--text", "missing", "Say the answer.", "Add --text TEXT."))
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_answer(act.facts, person, number)
        asked = [q for q, _ in questions_of(session, act.application.id) if q.number == number]
        row = Answer(question_id=asked[0].id, sealed_text=Sealed(b""), answered_by=person.id, at=now)
        seal_json(kit.vault, row, "sealed_text", {"text": words.strip()})
        session.add(row)
        return act.done(role, f"answer question {number}")


def waive_review(kit: Kit, key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The federal field specialist does without third-party review: an act on record, for this round."""
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role, reviewer = ladder.may_waive_review(act.facts, person, act.policy)
        supersede(session, act.application.id, [ReviewWaiver], now=now)
        row = ReviewWaiver(
            application_id=act.application.id, role=reviewer.value, waived_by=person.id, reason=reason, at=now
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="waived", actor=act.actor, why=reason, now=now)
        to_the_decision(act, why=f"{reviewer.value}: review waived")
        return act.done(role, f"waive review {reviewer.value}")


def to_the_decision(act: Act, *, why: str) -> None:
    """Once no recommendation is lacking, the application stands before whoever decides."""
    act.session.flush()
    facts = gather(act.session, act.kit.vault, act.application)
    if not lacking_recommendations(facts, act.policy):
        history.move(
            act.session,
            act.application,
            ApplicationState.RECOMMENDED,
            APPLICATION_MOVES,
            actor=act.actor,
            why=why,
            now=act.now,
        )


def consult(kit: Kit, key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The federal field specialist asks for a case consultation, as a denial of a parent needs one."""
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_consult(act.facts, person, act.policy)
        supersede(session, act.application.id, [Consultation], now=now)
        row = Consultation(application_id=act.application.id, asked_by=person.id, reason=reason, asked_at=now)
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="open", actor=act.actor, why=reason, now=now)
        return act.done(role, "consult")


def conclude(kit: Kit, key: str, outcome: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A supervisor concludes the consultation, with its outcome and the reasoning."""
    chosen = _outcome(outcome)
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_conclude(act.facts, person)
        row = session.scalars(standing(Consultation, act.application.id)).one()
        row.outcome, row.reasoning = chosen.value, reason
        row.concluded_by, row.concluded_at = person.id, now
        session.add(row)
        history.record(session, row, old="open", new=chosen.value, actor=act.actor, why=reason, now=now)
        return act.done(role, f"conclude consultation {chosen.value}")


def _outcome(value: str) -> ConsultationOutcome:
    try:
        return ConsultationOutcome(value)
    except ValueError:
        words = ", ".join(v.value for v in ConsultationOutcome)
        raise BadInput(
            Problem("OUTCOME", "wrong_value", "This is not an outcome.", f"Use one of: {words}.")
        ) from None


def withdraw(kit: Kit, key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """The application is off the ladder: its opinions speak no more, and its duties are void."""
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_withdraw(act.facts, person)
        supersede(session, act.application.id, [*OPINIONS, Decision], now=now)
        history.move(
            session,
            act.application,
            ApplicationState.WITHDRAWN,
            APPLICATION_MOVES,
            actor=act.actor,
            why=reason,
            now=now,
        )
        return act.done(role, "withdraw")


def review(kit: Kit, key: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """A supervisor has reviewed why the application is still pending. The next review is due from now on."""
    want_reason(reason)
    with kit.transaction() as session:
        act = Act(kit, session, key, person, now)
        role = ladder.may_review(act.facts, person)
        day = ladder.next_review_on(act.facts, act.policy)
        row = PendingReview(
            application_id=act.application.id,
            due_on=day,
            reason=reason,
            reviewed_by=person.id,
            at=now,
        )
        session.add(row)
        session.flush()
        history.record(session, row, old=None, new="reviewed", actor=act.actor, why=reason, now=now)
        return act.done(role, "review pending")
