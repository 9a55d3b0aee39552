"""Who is there for each rung of the ladder; and a person who leaves, from whom nothing falls to nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, text, update
from sqlmodel import Session, col

from followup.escalation import handed_on
from followup.policy import in_force
from integrations.database import wall_clock
from integrations.desk import rota
from integrations.desk.escalations import put_on
from integrations.kit import Kit
from integrations.policies import followup_policies, followup_policy, pinned_followup_policy
from integrations.store import history
from integrations.store.cases import lock_cases
from integrations.store.staff import require_role
from models.errors import BadInput, Problem, Refused
from models.facts import Person
from models.followup_policy import FollowupPolicy, Rung
from models.states import FOLLOWED, EscalationState, Role
from models.tables.ledger import Escalation
from models.tables.people import Staff, StaffSession

# Version by version: to ask all cases for the few versions that they have would read every one of them.
_PINNED = text(
    """
    SELECT version FROM unnest(CAST(:known AS text[])) AS version
    WHERE EXISTS (SELECT FROM child_case c WHERE c.followup_policy = version AND c.state = ANY(:followed))
    """
)


def reachable_roles(session: Session) -> frozenset[Role]:
    """The roles that somebody active holds."""
    held = session.scalars(select(col(Staff.roles)).where(col(Staff.active)))
    return frozenset(Role(role) for roles in held for role in roles)


def empty_rungs(session: Session) -> list[str]:
    """The rungs on which nobody can be reached, by policy, level and role."""
    reachable = reachable_roles(session)
    return [
        f"{policy.version} level {rung.level} ({rung.role})"
        for policy, rung in _rungs(session)
        if rung.role not in reachable
    ]


def rungs_json(kit: Kit, *, now: datetime) -> dict[str, Any]:
    """Every rung of the policies in use, with who can be reached on it; and each gap in the rota ahead."""
    with kit.transaction() as session:
        people = session.scalars(select(Staff).where(col(Staff.active)).order_by(col(Staff.email))).all()
        return {
            "rungs": [
                {
                    "policy": policy.version,
                    "level": rung.level,
                    "queue": rung.queue,
                    "role": rung.role.value,
                    "acknowledge_within_hours": rung.acknowledge_within_hours,
                    "resolve_within_hours": rung.resolve_within_hours,
                    "channel": rung.channel,
                    "fallback": rung.fallback,
                    "nag_every_hours": rung.nag_every_hours,
                    "people": [one.email for one in people if rung.role.value in one.roles],
                }
                for policy, rung in _rungs(session)
            ],
            "rota_gaps": rota.gaps_json(session, now=now),
        }


def _rungs(session: Session) -> list[tuple[FollowupPolicy, Rung]]:
    """Those of the version for cases in care, and of each version that a followed case is pinned to."""
    known = {"known": [policy.version for policy in followup_policies()], "followed": sorted(FOLLOWED)}
    pinned = session.scalars(_PINNED, known)
    versions = {pinned_followup_policy(version).version for version in [None, *pinned]}
    policies = [followup_policy(version) for version in sorted(versions)]
    return [(policy, rung) for policy in policies for rung in in_force(policy.rungs)]


def leave(
    kit: Kit, email: str, by: Person, *, reason: str, anyway: bool = False, now: datetime
) -> dict[str, Any]:
    """The account is shut, its person is on call no more, and every escalation that they had taken stands on the
    fallback of its rung.

    Raises:
        BadInput: nobody has this address, or no reason. Refused: not by an administrator, by oneself, left already,
            or nobody would be left on a rung and `anyway` is not said.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        require_role(by, Role.ADMINISTRATOR)
        row = _leaver(session, email, by)
        empty_before = set(empty_rungs(session))
        gaps_before = set(rota.gaps_ahead(session, now=now))
        stood = "active" if row.active else "suspended"
        row.active, row.suspended_at = False, None
        rota.take_off(session, row, by.id, why=reason, now=now)
        session.flush()
        new = [rung for rung in empty_rungs(session) if rung not in empty_before]
        if new and not anyway:
            raise Refused(
                "last_reachable",
                f"nobody could be reached any more on {', '.join(new)}",
                ["somebody else with this role (kinline user add), or --anyway"],
            )
        # By the wall's clock, as sessions are.
        session.execute(
            update(StaffSession)
            .where(col(StaffSession.staff_id) == row.id, col(StaffSession.ended_at).is_(None))
            .values(ended_at=wall_clock())
        )
        actor = str(by.id)
        history.record(session, row, old=stood, new="left", actor=actor, why=reason, now=now)
        history.audit(session, actor=actor, act="leave", noun="staff", ids=[row.id], now=now)
        count = hand_on(session, row, actor=actor, why="its owner has left", now=now)
        warnings = [f"nobody on {rung}" for rung in new]
        if set(rota.gaps_ahead(session, now=now)) - gaps_before:
            warnings.append("nobody on call for a time ahead: kinline rota list")
        return {"email": row.email, "handed_on": count, "warnings": warnings}


def _leaver(session: Session, email: str, by: Person) -> Staff:
    # One leaving at a time: two together could empty a rung that each alone would not.
    people = session.scalars(select(Staff).order_by(col(Staff.id)).with_for_update(key_share=True)).all()
    row = next((one for one in people if one.email == email.strip().lower()), None)
    if row is None:
        raise BadInput(Problem("EMAIL", "unknown_person", "Nobody has this address.", "Check the address."))
    if not row.active and row.suspended_at is None:
        raise Refused("already_left", "this account is shut already")
    if row.id == by.id:
        raise Refused("own_account", "nobody shuts their own account", ["another administrator"])
    return row


def hand_on(session: Session, leaver: Staff, *, actor: str, why: str, now: datetime) -> int:
    """What somebody who can act no more had taken, and what waits where nobody is left, stands on a rung that has somebody."""
    reachable = reachable_roles(session)
    theirs = (col(Escalation.state) == EscalationState.ACKNOWLEDGED.value) & (
        col(Escalation.owner) == leaver.id
    )
    wanted = or_(theirs, col(Escalation.state) == EscalationState.OPEN.value)
    cases = session.scalars(select(col(Escalation.case_id)).where(wanted).distinct()).all()
    lock_cases(session, cases)
    rows = session.scalars(
        select(Escalation).where(wanted).order_by(col(Escalation.id)).with_for_update()
    ).all()
    moved = [row for row in rows if row.owner == leaver.id or _stands_where_nobody_is(row, reachable)]
    for row in moved:
        window = handed_on(row.level, followup_policy(row.policy_version), now, reachable)
        history.record(
            session,
            row,
            old=f"{row.state} level {row.level}" + (f" owner {row.owner}" if row.owner else ""),
            new=f"open level {window.level}",
            actor=actor,
            why=why if row.owner else "nobody is left on its rung",
            now=now,
        )
        lapsed_at = row.owned_until if row.owned_until < now else None
        put_on(session, row, window)
        if lapsed_at is not None:  # unanswered already: new time would hide it
            row.acknowledge_by = row.owned_until = lapsed_at
    return len(moved)


def _stands_where_nobody_is(row: Escalation, reachable: Collection[Role]) -> bool:
    """On the top rung it stays: there is nowhere higher, and new time would hide that nobody answers."""
    rungs = {rung.level: rung for rung in in_force(followup_policy(row.policy_version).rungs)}
    return row.level < max(rungs) and rungs[row.level].role not in reachable
