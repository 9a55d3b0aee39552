"""Reads of the ladder: what was asked, waived, consulted, appealed and reviewed, and what still speaks of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from models.ladder import AppealFacts, ConsultationFacts, LadderFacts, QuestionFacts, ReviewWaiverFacts
from models.states import AppealOutcome, Appellant, ConsultationOutcome, DenialGround, Role
from models.tables.ladder import (
    Amendment,
    Answer,
    Appeal,
    Consultation,
    DenialLetter,
    PendingReview,
    Question,
    ReviewWaiver,
)
from models.tables.people import Staff
from models.tables.vetting import Application, ApplicationRevision, Decision


def gather_ladder(session: Session, application: Application) -> LadderFacts:
    """What the ladder's rules need to know of this application."""
    decision = standing_decision(session, application.id)
    revised_at = session.scalars(
        select(col(ApplicationRevision.at)).where(
            col(ApplicationRevision.application_id) == application.id,
            col(ApplicationRevision.number) == application.revision,
        )
    ).one()
    vetted_at = application.vetted_at
    appeal = None if decision is None else appeal_of(session, decision.id)
    letter = None if decision is None else letter_of(session, decision.id)
    return LadderFacts(
        questions=_questions(session, application.id),
        review_waivers=tuple(
            ReviewWaiverFacts(id=w.id, role=Role(w.role), by=w.waived_by, at=w.at)
            for w in session.scalars(standing(ReviewWaiver, application.id))
        ),
        consultation=_consultation(session, application.id),
        appeal=None if appeal is None else _appeal(appeal),
        grounds=() if decision is None else tuple(DenialGround(g) for g in decision.grounds),
        letter_sent_at=None if letter is None else letter.at,
        reviewed_at=session.scalars(
            select(func.max(PendingReview.at)).where(col(PendingReview.application_id) == application.id)
        ).one(),
        revised_at=revised_at,
        is_unvetted_amendment=application.revision > 1 and (vetted_at is None or vetted_at < revised_at),
        helped_by_case_manager=_helped(session, application),
        home_changed_at=session.scalars(
            select(func.max(Amendment.at)).where(
                col(Amendment.application_id) == application.id, col(Amendment.another_home)
            )
        ).one(),
    )


def standing(table: Any, application_id: UUID) -> Any:
    """The rows of this table that were not superseded."""
    return select(table).where(
        col(table.application_id) == application_id, col(table.superseded_at).is_(None)
    )


def standing_decision(session: Session, application_id: UUID) -> Decision | None:
    """The decision that counts now."""
    row: Decision | None = session.scalars(standing(Decision, application_id)).one_or_none()
    return row


def supersede(session: Session, application_id: UUID, tables: Iterable[Any], *, now: datetime) -> None:
    """What these tables hold of the application speaks no more. The rows stay."""
    for table in tables:
        session.execute(
            update(table)
            .where(col(table.application_id) == application_id, col(table.superseded_at).is_(None))
            .values(superseded_at=now)
        )


def appeal_of(session: Session, decision_id: UUID) -> Appeal | None:
    """The appeal against this denial."""
    return session.scalars(select(Appeal).where(col(Appeal.decision_id) == decision_id)).one_or_none()


def letter_of(session: Session, decision_id: UUID) -> DenialLetter | None:
    """The letter that told of this denial."""
    return session.scalars(
        select(DenialLetter).where(col(DenialLetter.decision_id) == decision_id)
    ).one_or_none()


def questions_of(session: Session, application_id: UUID) -> list[tuple[Question, Answer | None]]:
    """Every question, in the order in which they were asked, with its answer."""
    rows = session.execute(
        select(Question, Answer)
        .outerjoin(Answer, col(Answer.question_id) == col(Question.id))
        .where(col(Question.application_id) == application_id)
        .order_by(col(Question.number))
    )
    return [(question, answer) for question, answer in rows]


def _questions(session: Session, application_id: UUID) -> tuple[QuestionFacts, ...]:
    return tuple(
        QuestionFacts(
            id=question.id,
            number=question.number,
            asked_by=question.asked_by,
            asked_at=question.at,
            answered_at=None if answer is None else answer.at,
        )
        for question, answer in questions_of(session, application_id)
    )


def _consultation(session: Session, application_id: UUID) -> ConsultationFacts | None:
    row = session.scalars(standing(Consultation, application_id)).one_or_none()
    if row is None:
        return None
    return ConsultationFacts(
        id=row.id,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        outcome=None if row.outcome is None else ConsultationOutcome(row.outcome),
        concluded_by=row.concluded_by,
        concluded_at=row.concluded_at,
    )


def _appeal(row: Appeal) -> AppealFacts:
    return AppealFacts(
        id=row.id,
        appellant=Appellant(row.appellant),
        received_on=row.received_on,
        filed_at=row.at,
        acknowledged_at=row.acknowledged_at,
        delivered_at=row.delivered_at,
        outcome=None if row.outcome is None else AppealOutcome(row.outcome),
    )


def _helped(session: Session, application: Application) -> bool:
    """True when a case manager handed the packet in."""
    with suppress(ValueError):
        row = session.get(Staff, UUID(application.submitted_by))
        return row is not None and Role.CASE_MANAGER.value in row.roles
    return False
