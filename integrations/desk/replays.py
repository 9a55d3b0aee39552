"""Keeps what each decision was made on, and judges kept decisions again under their pinned policy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from integrations.kit import Kit
from integrations.policies import digest, vetting_policy
from integrations.store import history
from integrations.store.applications import find_application
from integrations.store.sealing import open_bytes, seal_bytes
from models.facts import ApplicationFacts
from models.kept_facts import keep, restore
from models.tables.base import Sealed
from models.tables.explaining import DecisionRecord
from models.tables.vetting import Decision
from models.vetting_policy import VettingPolicy
from vetting.replay import Judgement, differences, judge


def keep_decision(
    session: Session,
    kit: Kit,
    row: Decision,
    facts: ApplicationFacts,
    policy: VettingPolicy,
    *,
    now: datetime,
) -> None:
    """What this decision was made on stands beside it, sealed."""
    found = judge(facts, policy, now)
    record = DecisionRecord(
        decision_id=row.id,
        application_id=row.application_id,
        policy_version=policy.version,
        policy_digest=digest("vetting", policy.version),
        sealed_facts=Sealed(b""),
        requirements={key: [state, rule] for key, state, rule in found.requirements},
        findings=list(found.findings),
        missing=list(found.missing),
        at=now,
    )
    seal_bytes(kit.vault, record, "sealed_facts", keep(facts))
    session.add(record)


def replay(kit: Kit, key: str | None, *, actor: str, now: datetime) -> dict[str, Any]:
    """Every kept decision, or those of one application, judged again: `same`, and in what it differs.

    Raises:
        NotFound: there is no such application.
    """
    with kit.transaction() as session:
        query = select(DecisionRecord).order_by(col(DecisionRecord.at), col(DecisionRecord.id))
        if key is not None:
            query = query.where(col(DecisionRecord.application_id) == find_application(session, key).id)
        results = [_again(kit, record) for record in session.scalars(query).yield_per(50)]
        history.audit(
            session, actor=actor, act="replay", noun="decision_record", ids=[r[0] for r in results], now=now
        )
    told = [found for _, found in results]
    return {"decisions": len(told), "same": sum(r["same"] for r in told), "results": told}


def _again(kit: Kit, record: DecisionRecord) -> tuple[Any, dict[str, Any]]:
    policy = vetting_policy(record.policy_version)
    facts = restore(open_bytes(kit.vault, record, "sealed_facts"))
    then = Judgement(
        requirements=tuple((key, state, rule) for key, (state, rule) in sorted(record.requirements.items())),
        findings=tuple(record.findings),
        missing=tuple(record.missing),
    )
    unlike = list(differences(then, judge(facts, policy, record.at)))
    if digest("vetting", record.policy_version) != record.policy_digest:
        unlike.insert(0, f"the file of {record.policy_version} is not the one of that day")
    return record.id, {
        "decision_id": str(record.decision_id),
        "application_id": str(record.application_id),
        "policy": record.policy_version,
        "at": record.at.isoformat(),
        "same": not unlike,
        "differences": unlike,
    }
