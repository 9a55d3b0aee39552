"""What people wrote down and decided about the steps to find a child."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from models.tables.closing import LostAct

HOME_COUNTRY = "home_country"


def decision_on(session: Session, obligation_id: UUID, step: str) -> LostAct | None:
    """The newest decision about this step of this loss; None: nobody has decided."""
    return session.scalars(
        select(LostAct)
        .where(
            col(LostAct.obligation_id) == obligation_id,
            col(LostAct.step) == step,
            col(LostAct.act) == "decision",
        )
        .order_by(col(LostAct.recorded_at).desc())
        .limit(1)
    ).first()


def home_country_decided(session: Session, ladders: Collection[UUID]) -> dict[UUID, bool]:
    """Whether a supervisor lets people call the contacts in the home country, of these duties where one has spoken."""
    newest = (
        select(col(LostAct.obligation_id), col(LostAct.outcome))
        .where(
            col(LostAct.obligation_id).in_(ladders),
            col(LostAct.step) == HOME_COUNTRY,
            col(LostAct.act) == "decision",
        )
        .distinct(col(LostAct.obligation_id))
        .order_by(col(LostAct.obligation_id), col(LostAct.recorded_at).desc())
    )
    return {row[0]: row[1] == "yes" for row in session.execute(newest)} if ladders else {}


def acts_of(session: Session, case_id: UUID) -> list[LostAct]:
    """Everything written down or decided, oldest first."""
    return list(
        session.scalars(
            select(LostAct).where(col(LostAct.case_id) == case_id).order_by(col(LostAct.recorded_at))
        )
    )
