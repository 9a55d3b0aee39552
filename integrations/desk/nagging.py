"""An escalation that nobody has taken is said again, at the policy's interval, until somebody does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from followup.escalation import next_nag
from integrations.policies import followup_policy
from integrations.store import history
from models.states import EscalationState
from models.tables.ledger import Escalation

ACTOR = "engine:lost"


def nag(session: Session, *, limit: int, now: datetime) -> int:
    """Up to `limit` of those whose time has come are said again, each with its audit row. Returns how many."""
    rows = session.scalars(
        select(Escalation)
        .where(col(Escalation.state) == EscalationState.OPEN.value, col(Escalation.nag_at) <= now)
        .order_by(col(Escalation.nag_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.nag_count, row.last_nagged_at = row.nag_count + 1, now
        row.nag_at = next_nag(row.level, now, followup_policy(row.policy_version))
        session.add(row)
        history.audit(session, actor=ACTOR, act="nag", noun="escalation", ids=[row.id], now=now)
    return len(rows)
