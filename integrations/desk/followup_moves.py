"""A case of follow-up comes under another version: two people say so, and what is planned ahead is planned anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.lost import lost_kinds
from followup.policy import newest
from followup.prs import KINDS as PRS_KINDS
from followup.replanning import DutyKey, Replanned, key_of, replan
from integrations.desk.duties import as_duty, owned_until
from integrations.desk.policy_voices import MAY_MOVE, give_voice
from integrations.desk.prs import services_due
from integrations.desk.sight import duty_facts, keep_in_sight, plan_facts
from integrations.kit import Kit
from integrations.policies import followup_policy, pinned_followup_policy
from integrations.store import history, ledger
from integrations.store.applications import find_application
from integrations.store.cases import find_case, lock_case
from integrations.store.policy_acts import followups_in_use, how_it_stands
from integrations.store.staff import record_act, require_role
from models.errors import NotFound, Refused
from models.facts import Duty, ObligationFacts, Person
from models.followup_policy import FollowupPolicy
from models.states import FOLLOWED, ObligationState, Party
from models.tables.ledger import Obligation
from models.tables.people import Case


def move_followup(kit: Kit, key: str, version: str, person: Person, *, reason: str, now: datetime) -> UUID:
    """One of the two voices that move a case of follow-up; the second moves it. Returns the case.

    Raises:
        NotFound: no such case. Refused: wrong role, two roles, four eyes, not in follow-up, a version that is not in
            use or has been replaced, or under it already; or steps to find the child that it does not know are open.
    """
    with kit.transaction() as session:
        case = _case(session, key)
        role = require_role(person, *MAY_MOVE)
        _refuse(kit, session, case, version)
        record_act(session, case.id, person, role, now=now)
        old = case.followup_policy or ""
        if give_voice(session, case.id, old, version, person, reason=reason, now=now):
            _move(kit, session, case, followup_policy(version), person, reason, now=now)
        history.audit(
            session, actor=str(person.id), act="policy move", noun="child_case", ids=[case.id], now=now
        )
        return case.id


def _case(session: Session, key: str) -> Case:
    """The case, locked, by its own id, or an application's id or reference."""
    try:
        return find_case(session, key, lock=True)
    except NotFound:
        return lock_case(session, find_application(session, key).case_id)


def _refuse(kit: Kit, session: Session, case: Case, version: str) -> None:
    if case.state not in FOLLOWED:
        raise Refused("not_in_follow_up", f"this case is {case.state}; its version stays")
    if case.followup_policy == version:
        raise Refused("not_reviewable", f"this case is under {version} already")
    if not how_it_stands(session, kit.settings, version).in_use:
        raise Refused("not_in_use", f"{version} is not in use here", [f"kinline policy activate {version}"])
    policy = followup_policy(version)
    later = [p for p in followups_in_use(session, kit.settings) if p.supersedes == version]
    if later:
        raise Refused("superseded", f"{version} has been replaced", [newest(later).version])
    known = lost_kinds(policy)
    steps = lost_kinds(pinned_followup_policy(case.followup_policy))
    unknown = sorted({d.kind for d in ledger.open_of(session, case.id) if d.kind in steps - known})
    if unknown:
        raise Refused("steps_open", f"steps to find the child are open that {version} does not know", unknown)


def _move(
    kit: Kit,
    session: Session,
    case: Case,
    policy: FollowupPolicy,
    person: Person,
    reason: str,
    *,
    now: datetime,
) -> None:
    standing = ledger.open_of(session, case.id, side="followup")
    found = _replanned(kit, session, case, standing, policy, now)
    actor, why = str(person.id), f"moved to {policy.version}"
    history.record(
        session, case, old=case.followup_policy, new=policy.version, actor=actor, why=reason, now=now
    )
    case.followup_policy = policy.version
    case.max_silence_days = policy.silence.max_silence_days
    session.add(case)
    _replace(session, case, standing, found, actor=actor, why=why, now=now)
    ended = {old.id for old, _ in found.ends}
    for duty in standing:
        # The rungs of the new version own what stays, until it is late; what is late already has its owner.
        if duty.id not in ended and duty.due_at > now:
            duty.owned_until = owned_until(case, as_duty(duty), now)
            session.add(duty)
    keep_in_sight(kit, session, case, actor=actor, now=now)


def _replace(
    session: Session,
    case: Case,
    standing: list[Obligation],
    found: Replanned,
    *,
    actor: str,
    why: str,
    now: datetime,
) -> None:
    rows = {
        key_of(duty): ledger.duty_row(case.id, duty, owned_until=owned_until(case, duty, now), now=now)
        for duty in found.opens
    }
    by_id = {row.id: row for row in standing}
    anew = [(by_id[old.id], rows[key_of(new)]) for old, new in found.ends if isinstance(new, Duty)]
    merged = [(by_id[old.id], new.id) for old, new in found.ends if isinstance(new, ObligationFacts)]
    ledger.void_all_for(session, merged, actor=actor, why=why, now=now)
    ledger.replace(session, anew, actor=actor, why=why, now=now)
    opened = {new.id for _, new in anew}
    rest = [row for row in rows.values() if row.id not in opened]
    ledger.open_rows(session, rest, actor=actor, why=why, now=now)


def _replanned(
    kit: Kit, session: Session, case: Case, standing: list[Obligation], policy: FollowupPolicy, now: datetime
) -> Replanned:
    facts = plan_facts(kit, session, case)
    begun = [d for d in standing if d.kind in PRS_KINDS and d.opens_at <= now]
    return replan(
        [duty_facts(duty) for duty in standing],
        _settled(session, case),
        facts,
        policy,
        services=services_due(session, case, facts, begun, policy),
        was_released_here=case.origin != "roster",
        last_contact_at=case.last_contact_at or case.created_at,
        now=now,
    )


def _settled(session: Session, case: Case) -> set[DutyKey]:
    rows = session.execute(
        select(col(Obligation.kind), col(Obligation.party), col(Obligation.key)).where(
            col(Obligation.case_id) == case.id, col(Obligation.state) == ObligationState.SETTLED.value
        )
    )
    return {(kind, Party(party), key) for kind, party, key in rows}


def dry_run_followup(kit: Kit, version: str, *, actor: str, now: datetime) -> dict[str, Any]:
    """Which cases of follow-up would be planned otherwise under this version, and how. Nothing is written but the
    audit of the look."""
    policy = followup_policy(version)
    with kit.transaction() as session:
        ids = list(
            session.scalars(
                select(col(Case.id))
                .where(col(Case.state).in_([s.value for s in FOLLOWED]))
                .order_by(col(Case.released_at), col(Case.id))
            )
        )
        changes = list(_changes(kit, session, ids, policy, now))
        history.audit(session, actor=actor, act="policy dry-run", noun="child_case", ids=ids, now=now)
    return {"version": version, "open": len(ids), "changed": len(changes), "cases": changes}


def _changes(
    kit: Kit, session: Session, ids: list[UUID], policy: FollowupPolicy, now: datetime
) -> Iterator[dict[str, Any]]:
    for case_id in ids:
        case = session.get_one(Case, case_id)
        standing = list(
            session.scalars(
                select(Obligation).where(
                    col(Obligation.case_id) == case_id,
                    col(Obligation.side) == "followup",
                    col(Obligation.state) == ObligationState.OPEN.value,
                )
            )
        )
        gone, new = _replanned(kit, session, case, standing, policy, now).differs()
        if gone or new:
            yield {
                "case_id": str(case_id),
                "policy": case.followup_policy,
                "state": case.state,
                "duties_removed": [_in_words(duty) for duty in gone],
                "duties_added": [_in_words(duty) for duty in new],
            }
        session.expunge_all()


def _in_words(duty: Duty | ObligationFacts) -> str:
    times = f"from {duty.opens_at.isoformat()} until {duty.due_at.isoformat()}"
    return f"{duty.kind} {duty.party.value} {duty.key}, {times}"
