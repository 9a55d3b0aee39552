"""What was done for a duty of the ladder: the row that answers it, and the person behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.store.ladder import appeal_of, letter_of, questions_of
from models.states import ApplicationState
from models.tables.ladder import Appeal, Consultation, PendingReview, ReviewWaiver
from models.tables.ledger import Obligation
from models.tables.vetting import Application, Decision, Recommendation

# The kind of evidence, the row that it points at, and the person behind it.
Found = tuple[str, UUID, UUID | None]


def ladder_evidence(session: Session, application: Application, row: Obligation) -> Found | None:
    """What a person did for this duty since it opened; None when nobody did, or for duties of other kinds."""
    look = _LOOKS.get(row.kind)
    return None if look is None else look(session, application, row)


def _answer(session: Session, application: Application, row: Obligation) -> Found | None:
    number = row.key.partition("#")[0].removeprefix("question:")
    for question, answer in questions_of(session, application.id):
        if str(question.number) == number and answer is not None:
            return "review", answer.id, answer.answered_by
    return None


def _consultation(session: Session, application: Application, row: Obligation) -> Found | None:
    found = session.scalars(
        select(Consultation)
        .where(
            col(Consultation.application_id) == application.id,
            col(Consultation.concluded_at) >= row.opens_at,
        )
        .order_by(col(Consultation.concluded_at).desc())
    ).first()
    return None if found is None else ("review", found.id, found.concluded_by)


def _pending_review(session: Session, application: Application, row: Obligation) -> Found | None:
    day = date.fromisoformat(row.key.partition("#")[0].removeprefix("review:"))
    found = session.scalars(
        select(PendingReview)
        .where(
            col(PendingReview.application_id) == application.id,
            col(PendingReview.due_on) == day,
            col(PendingReview.at) >= row.created_at,
        )
        .order_by(col(PendingReview.at).desc())
    ).first()
    return None if found is None else ("review", found.id, found.reviewed_by)


def _decided(session: Session, application: Application, row: Obligation) -> Found | None:
    found = session.scalars(
        select(Decision)
        .where(
            col(Decision.application_id) == application.id,
            col(Decision.superseded_at).is_(None),
            col(Decision.at) >= row.opens_at,
        )
        .order_by(col(Decision.at).desc())
    ).first()
    return None if found is None else ("decision", found.id, found.decided_by)


def _recommended(session: Session, application: Application, row: Obligation) -> Found | None:
    """The last recommendation, or the waiver in its place, once none is lacking."""
    if application.state != ApplicationState.RECOMMENDED:
        return None
    given = session.scalars(
        select(Recommendation)
        .where(
            col(Recommendation.application_id) == application.id,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.at) >= row.opens_at,
        )
        .order_by(col(Recommendation.at).desc())
    ).first()
    waived = session.scalars(
        select(ReviewWaiver).where(
            col(ReviewWaiver.application_id) == application.id, col(ReviewWaiver.superseded_at).is_(None)
        )
    ).first()
    if given is None:
        return None
    if waived is not None and waived.at > given.at:
        return "review", waived.id, waived.waived_by
    return "decision", given.id, given.given_by


def _letter(session: Session, application: Application, row: Obligation) -> Found | None:
    for decision in _denials(session, application):
        letter = letter_of(session, decision.id)
        if letter is not None and letter.at >= row.opens_at:
            return "document", letter.id, letter.sent_by
    return None


def _of_appeal(part: Callable[[Appeal], Found | None]) -> Callable[..., Found | None]:
    def look(session: Session, application: Application, row: Obligation) -> Found | None:
        for decision in _denials(session, application):
            appeal = appeal_of(session, decision.id)
            if appeal is not None and appeal.at >= row.opens_at:
                return part(appeal)
        return None

    return look


def _denials(session: Session, application: Application) -> list[Decision]:
    """The denials of this application, the newest first; one that was reversed is superseded by then."""
    return list(
        session.scalars(
            select(Decision)
            .where(col(Decision.application_id) == application.id, col(Decision.value) == "deny")
            .order_by(col(Decision.at).desc())
        )
    )


def _acknowledged(appeal: Appeal) -> Found | None:
    return ("review", appeal.id, appeal.acknowledged_by) if appeal.acknowledged_by else None


def _delivered(appeal: Appeal) -> Found | None:
    return ("review", appeal.id, appeal.delivered_by) if appeal.delivered_by else None


def _appeal_decided(appeal: Appeal) -> Found | None:
    return ("decision", appeal.id, appeal.decided_by) if appeal.decided_by else None


_LOOKS: Mapping[str, Callable[[Session, Application, Obligation], Found | None]] = {
    "answer_question": _answer,
    "conclude_consultation": _consultation,
    "review_pending": _pending_review,
    "decide": _decided,
    "decision_clock": _decided,
    "recommendation_clock": _recommended,
    "send_denial_letter": _letter,
    "acknowledge_appeal": _of_appeal(_acknowledged),
    "deliver_appeal_file": _of_appeal(_delivered),
    "decide_appeal": _of_appeal(_appeal_decided),
}
