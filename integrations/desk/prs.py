"""Post-release services of one child: the next duty of each series stands open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from followup.prs import KINDS, prs_due, rules_of
from integrations.desk.duties import open_followup
from integrations.policies import pinned_followup_policy
from integrations.store import ledger
from models.facts import ReleaseFacts
from models.states import ObligationState, PrsLevel
from models.tables.ledger import Call, Evidence, Obligation
from models.tables.people import Case


def has_services(case: Case) -> bool:
    """Whether the policy asks for anything on this child's level."""
    level = PrsLevel(case.prs_level or PrsLevel.ONE)
    return bool(rules_of(pinned_followup_policy(case.followup_policy), level))


def keep_prs(
    session: Session, case: Case, facts: ReleaseFacts, *, actor: str, why: str, now: datetime
) -> list[UUID]:
    """The next duty of each series of the child's level stands open. Returns those that were due to open."""
    duties = prs_due(
        facts,
        pinned_followup_policy(case.followup_policy),
        standing=[duty.rule for duty in open_services(session, case)],
        done=_done(session, case),
    )
    return open_followup(session, case, duties, actor=actor, why=why, now=now)


def open_services(session: Session, case: Case) -> list[Obligation]:
    """The open duties of the child's services, earliest due first."""
    return [duty for duty in ledger.open_of(session, case.id, side="followup") if duty.kind in KINDS]


def _done(session: Session, case: Case) -> dict[str, datetime]:
    """When a duty of each rule was done last since the level began: the time of the talk, not of its entry."""
    rows = session.execute(
        select(col(Obligation.rule), func.max(func.coalesce(col(Call.at), col(Evidence.at))))
        .join(Evidence, col(Evidence.id) == col(Obligation.evidence_id))
        .outerjoin(Call, col(Call.id) == col(Evidence.call_id))
        .where(
            col(Obligation.case_id) == case.id,
            col(Obligation.kind).in_(KINDS),
            col(Obligation.state) == ObligationState.SETTLED.value,
            col(Obligation.ended_at) >= case.prs_since,
        )
        .group_by(col(Obligation.rule))
    )
    return dict(rows.tuples().all())
