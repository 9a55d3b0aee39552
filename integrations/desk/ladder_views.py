"""The ladder's part of `<application>`: stage, questions, waived review, consultation, reviews, denial, appeals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.desk.instants import iso
from integrations.kit import Kit
from integrations.store.ladder import appeal_of, letter_of, questions_of, standing, standing_decision
from integrations.store.sealing import open_json
from integrations.store.stages import stages_passed
from models.facts import ApplicationFacts
from models.tables.ladder import (
    Amendment,
    Answer,
    Appeal,
    Consultation,
    PendingReview,
    Question,
    ReviewWaiver,
)
from models.tables.vetting import Application, Decision
from models.vetting_policy import VettingPolicy
from vetting.ladder import appellants, is_pending, may_appeal_until, next_review_on


def ladder_json(
    session: Session,
    kit: Kit,
    application: Application,
    facts: ApplicationFacts,
    policy: VettingPolicy,
    *,
    withheld: bool,
) -> dict[str, Any]:
    """These keys stand in `<application>` beside the contract's own.

    `withheld`: the reader must not learn yet how others see the case.
    """
    return {
        "stage": application.stage,
        "stages": stages_passed(session, application),
        "questions": [_question(kit, q, a) for q, a in questions_of(session, application.id)],
        "reviews_waived": [
            {"role": w.role, "by": str(w.waived_by), "at": iso(w.at), "reason": w.reason}
            for w in session.scalars(standing(ReviewWaiver, application.id))
        ],
        "consultation": None if withheld else _consultation(session, application),
        "pending_reviews": [
            {"due_on": r.due_on.isoformat(), "by": str(r.reviewed_by), "at": iso(r.at), "reason": r.reason}
            for r in session.scalars(
                select(PendingReview)
                .where(col(PendingReview.application_id) == application.id)
                .order_by(col(PendingReview.at))
            )
        ],
        "next_review_on": next_review_on(facts, policy).isoformat() if is_pending(facts.state) else None,
        "denial": _denial(session, application, facts, policy),
        "appeals": _appeals(session, application),
        "amendments": [
            {
                "revision": a.revision,
                "by": a.actor,
                "at": iso(a.at),
                "changed": list(a.changed),
                "reopened": a.reopened.get("items", []),
            }
            for a in session.scalars(
                select(Amendment)
                .where(col(Amendment.application_id) == application.id)
                .order_by(col(Amendment.revision))
            )
        ],
    }


def _question(kit: Kit, question: Question, answer: Answer | None) -> dict[str, Any]:
    return {
        "number": question.number,
        "text": open_json(kit.vault, question, "sealed_text")["text"],
        "by": str(question.asked_by),
        "as": question.asked_as,
        "at": iso(question.at),
        "answer": None
        if answer is None
        else {
            "text": open_json(kit.vault, answer, "sealed_text")["text"],
            "by": str(answer.answered_by),
            "at": iso(answer.at),
        },
    }


def _consultation(session: Session, application: Application) -> dict[str, Any] | None:
    row = session.scalars(standing(Consultation, application.id)).one_or_none()
    if row is None:
        return None
    return {
        "asked_by": str(row.asked_by),
        "asked_at": iso(row.asked_at),
        "reason": row.reason,
        "outcome": row.outcome,
        "reasoning": row.reasoning,
        "concluded_by": None if row.concluded_by is None else str(row.concluded_by),
        "concluded_at": iso(row.concluded_at),
    }


def _denial(
    session: Session, application: Application, facts: ApplicationFacts, policy: VettingPolicy
) -> dict[str, Any] | None:
    """The letter and the appeal of the denial that stands."""
    decision = standing_decision(session, application.id)
    last = may_appeal_until(facts, policy)
    if decision is None or last is None:
        return None
    letter, appeal = letter_of(session, decision.id), appeal_of(session, decision.id)
    return {
        "grounds": list(decision.grounds),
        "may_appeal": [who.value for who in appellants(facts, policy)],
        "appeal_until": last.isoformat(),
        "letter": None
        if letter is None
        else {
            "sent_on": letter.sent_on.isoformat(),
            "method": letter.method,
            "template": letter.template,
            "digest": letter.digest,
            "by": str(letter.sent_by),
        },
        "appeal": None if appeal is None else _appeal(appeal),
    }


def _appeals(session: Session, application: Application) -> list[dict[str, Any]]:
    """Every appeal, with the denial that it was against: also one that was reversed and speaks no more."""
    rows = session.execute(
        select(Appeal, Decision)
        .join(Decision, col(Decision.id) == col(Appeal.decision_id))
        .where(col(Appeal.application_id) == application.id)
        .order_by(col(Appeal.at), col(Appeal.id))
    )
    return [
        {
            **_appeal(appeal),
            "against": {
                "by": str(denial.decided_by),
                "at": iso(denial.at),
                "grounds": list(denial.grounds),
                "reason": denial.reason,
            },
            "decided_at": iso(appeal.decided_at),
        }
        for appeal, denial in rows
    ]


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "by": appeal.appellant,
        "received_on": appeal.received_on.isoformat(),
        "with_hearing": appeal.with_hearing,
        "acknowledged_at": iso(appeal.acknowledged_at),
        "delivered_at": iso(appeal.delivered_at),
        "withheld": appeal.withheld,
        "outcome": appeal.outcome,
        "decided_by": None if appeal.decided_by is None else str(appeal.decided_by),
        "reasoning": appeal.reasoning,
    }
