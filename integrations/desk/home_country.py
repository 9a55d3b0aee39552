"""The question to a supervisor whether people may call a child's contacts in the home country, and its answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.lost import ALLOW_HOME_COUNTRY, SECOND_LADDER_KIND
from integrations.desk.duties import review_duty
from integrations.desk.escalations import resolve_settled
from integrations.store import ledger
from models.facts import Duty
from models.followup_policy import FollowupPolicy
from models.tables.ledger import Evidence, Obligation
from models.tables.people import Case

# The case, and the key of the question: by what is asked for, so that it outlives a closing and a reopening.
QuestionKey = tuple[UUID, str]


def question_key(duty: Obligation) -> QuestionKey:
    """What tells the question about this duty from every other."""
    return duty.case_id, f"{duty.kind}:{duty.party}:{duty.key}"


def questions_of(session: Session, case_ids: Collection[UUID]) -> dict[QuestionKey, Obligation]:
    """What was asked in these cases: of each question the newest."""
    rows = session.scalars(
        select(Obligation)
        .where(col(Obligation.case_id).in_(case_ids), col(Obligation.kind) == ALLOW_HOME_COUNTRY)
        .order_by(col(Obligation.created_at))
    )
    return {(row.case_id, row.key): row for row in rows}


def question_about(duty: Obligation, policy: FollowupPolicy, now: datetime) -> Duty:
    """The question that the ladder of this duty waits for."""
    return review_duty(policy, ALLOW_HOME_COUNTRY, key=question_key(duty)[1], now=now)


def open_questions(session: Session, case: Case, about: Obligation | None = None) -> list[Obligation]:
    """What is asked in this case; `about`: on behalf of this duty alone."""
    asked = ledger.open_of(session, case.id, kind=ALLOW_HOME_COUNTRY)
    return [q for q in asked if about is None or q.key == question_key(about)[1]]


def ladders_that_ask(session: Session, case: Case) -> list[Obligation]:
    """The open duties for which these contacts may be allowed: those asked about, and the second ladder."""
    asked = {question.key for question in open_questions(session, case)}
    return [
        duty
        for duty in ledger.open_of(session, case.id)
        if duty.kind == SECOND_LADDER_KIND or question_key(duty)[1] in asked
    ]


def answer(
    session: Session,
    questions: Sequence[Obligation],
    evidence: Evidence,
    *,
    by: UUID,
    why: str,
    now: datetime,
) -> None:
    """These are settled: somebody decided, or the child was heard and nothing is asked any more."""
    for question in questions:
        ledger.settle(session, question, evidence, actor=str(by), why=why, now=now)
        resolve_settled(session, question, evidence, by=by, now=now)
