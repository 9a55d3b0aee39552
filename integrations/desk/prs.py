"""Post-release services of one child: the next duty of each series stands open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from followup.prs import KINDS, prs_due, rule_now, rules_of
from integrations.desk.duties import open_followup
from integrations.policies import followup_policy, pinned_followup_policy
from integrations.store import ledger
from models.facts import Duty, ReleaseFacts
from models.followup_policy import FollowupPolicy
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
    policy = pinned_followup_policy(case.followup_policy)
    duties = services_due(session, case, facts, open_services(session, case), policy)
    return open_followup(session, case, duties, actor=actor, why=why, now=now)


def services_due(
    session: Session,
    case: Case,
    facts: ReleaseFacts,
    standing: Sequence[Obligation],
    policy: FollowupPolicy,
) -> tuple[Duty, ...]:
    """What this version wants opened of the case's services while these stand open. A series goes on over versions."""
    return prs_due(
        facts,
        policy,
        standing=[_rule_now(case, policy, duty.policy_version, duty.rule) for duty in standing],
        done=_done(session, case, policy),
    )


def _rule_now(case: Case, policy: FollowupPolicy, version: str, rule: str) -> str:
    if version == policy.version:
        return rule
    return rule_now(policy, followup_policy(version), rule, PrsLevel(case.prs_level or PrsLevel.ONE))


def open_services(session: Session, case: Case) -> list[Obligation]:
    """The open duties of the child's services, earliest due first."""
    return [duty for duty in ledger.open_of(session, case.id, side="followup") if duty.kind in KINDS]


def _done(session: Session, case: Case, policy: FollowupPolicy) -> dict[str, datetime]:
    """When a duty of each rule was done last since the level began: the time of the talk, not of its entry."""
    rows = session.execute(
        select(
            col(Obligation.policy_version),
            col(Obligation.rule),
            func.max(func.coalesce(col(Call.at), col(Evidence.at))),
        )
        .join(Evidence, col(Evidence.id) == col(Obligation.evidence_id))
        .outerjoin(Call, col(Call.id) == col(Evidence.call_id))
        .where(
            col(Obligation.case_id) == case.id,
            col(Obligation.kind).in_(KINDS),
            col(Obligation.state) == ObligationState.SETTLED.value,
            col(Obligation.ended_at) >= (case.prs_since or case.released_at or case.created_at),
        )
        .group_by(col(Obligation.policy_version), col(Obligation.rule))
    )
    done: dict[str, datetime] = {}
    for version, rule, at in rows.tuples():
        now_called = _rule_now(case, policy, version, rule)
        done[now_called] = max(at, done.get(now_called, at))
    return done
