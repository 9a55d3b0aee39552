"""Follow-up duties: opened with the instant until which the ladder owns them; done by named people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from followup.escalation import duty_owned_until
from sqlalchemy import select
from sqlmodel import Session, col

from integrations.kit import Kit
from integrations.policies import followup_policy
from integrations.store import ledger
from integrations.store.staff import record_act, require_role
from models.errors import BadInput, NotFound, Problem, Refused
from models.facts import Duty, Person
from models.policy import FollowupPolicy
from models.states import CaseState, ObligationState, Party, Role
from models.tables.ledger import SPOKEN_DUTIES, Obligation
from models.tables.people import Case

DOERS = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.POST_RELEASE_CALLER)
# Duties that end only with what they are about: a call, a delivered text, a result; never with a note.
NOT_BY_NOTE = frozenset({*SPOKEN_DUTIES, "text_reminder", "hearing_reminder"})


def open_followup(
    session: Session,
    case: Case,
    duties: Iterable[Duty],
    *,
    actor: str,
    why: str,
    now: datetime,
) -> list[UUID]:
    """These duties stand open on the case, each owned by the ladder until the policy says so.

    Returns the ids in the order of `duties`, of rows that stood open already as well.
    """
    duties = list(duties)
    policy = followup_policy(case.followup_policy or "swb-2024")
    owned = {duty.due_at: duty_owned_until(duty.due_at, policy) for duty in duties}
    ledger.open_duties(session, case.id, duties, owned_until=owned, actor=actor, why=why, now=now)
    ids: list[UUID] = []
    for duty in duties:
        ids.append(
            session.scalars(
                select(col(Obligation.id)).where(
                    col(Obligation.case_id) == case.id,
                    col(Obligation.kind) == duty.kind,
                    col(Obligation.party) == duty.party.value,
                    col(Obligation.key) == duty.key,
                    col(Obligation.state) == ObligationState.OPEN.value,
                )
            ).one()
        )
    return ids


def review_duty(
    policy: FollowupPolicy,
    kind: str,
    *,
    key: str,
    now: datetime,
    party: Party = Party.CASE,
    detail: Mapping[str, Any] | None = None,
) -> Duty:
    """A duty of this kind from now, as the policy's `reviews` line says."""
    line = next(line for line in policy.reviews if line.kind == kind and line.active)
    return Duty(
        kind=kind,
        party=party,
        key=key,
        opens_at=now,
        due_at=now + timedelta(hours=line.within_hours),
        queue=line.queue,
        rule=line.rule,
        policy_version=policy.version,
        in_sight=line.in_sight,
        detail=detail or {},
    )


def do_duty(kit: Kit, obligation_id: UUID, person: Person, *, note: str, now: datetime) -> UUID:
    """A named person has done the duty and says what was done. Returns the case.

    A weekly lost-contact review opens the next one while the child is still lost.

    Raises:
        Refused: the duty can't be settled by a note, or is not open.
    """
    if not note.strip():
        raise BadInput(Problem("--reason", "missing", "Say what was done.", "Add --reason TEXT."))
    with kit.transaction() as session:
        duty = session.scalars(
            select(Obligation).where(col(Obligation.id) == obligation_id).with_for_update()
        ).one_or_none()
        if duty is None:
            raise NotFound("obligation", str(obligation_id))
        if duty.kind in NOT_BY_NOTE or duty.side == "vetting":
            raise Refused(
                "needs_evidence",
                "a note does not settle this duty",
                ["a call record"] if duty.kind in SPOKEN_DUTIES else ["the thing itself"],
            )
        role = require_role(person, *DOERS)
        if duty.kind == "lost_contact_review":
            role = require_role(person, Role.SUPERVISOR)
        record_act(session, duty.case_id, person, role, now=now)
        settle_by_note(session, duty, person, note=note, now=now)
        return duty.case_id


def settle_by_note(session: Session, duty: Obligation, person: Person, *, note: str, now: datetime) -> None:
    """The duty is settled by a person's review; a recurring one opens its next first."""
    case = session.get_one(Case, duty.case_id)
    if duty.kind == "lost_contact_review" and case.state == CaseState.LOST_CONTACT:
        policy = followup_policy(case.followup_policy or "swb-2024")
        following = review_duty(policy, duty.kind, key=f"week-{now.date().isoformat()}", now=now)
        if following.key == duty.key:
            following = review_duty(policy, duty.kind, key=f"{following.key}-next", now=now)
        open_followup(session, case, [following], actor=str(person.id), why="still lost: next week", now=now)
    evidence = ledger.add_evidence(
        session,
        case_id=duty.case_id,
        kind="review",
        row_id=duty.id,
        by_staff=person.id,
        actor=str(person.id),
        note=note,
        now=now,
    )
    ledger.settle(session, duty, evidence, actor=str(person.id), why=note, now=now)
    from integrations.desk.escalations import resolve_settled

    resolve_settled(session, duty, evidence, by=person.id, now=now)
