"""Escalations: opened by the engine, taken by people, and never just closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup import escalation as ladder
from followup.lost import lost_kinds
from integrations.desk.duties import BY_PAPER, BY_RECORD, RETRY
from integrations.desk.paging import page_for_alarms
from integrations.desk.pending_checks import go_on
from integrations.desk.planned import cancel_planned
from integrations.desk.sight import keep_in_sight, open_lost_review
from integrations.kit import Kit
from integrations.policies import followup_policy, pinned_followup_policy
from integrations.store import history, ledger
from integrations.store.cases import lock_row
from integrations.store.staff import OWNERS, record_act, require_role
from models.errors import BadInput, Problem, Refused
from models.facts import EscalationFacts, Person
from models.followup_policy import FollowupPolicy
from models.states import PENDING_CHECK, EscalationState, ObligationState, Role
from models.tables.ledger import SPOKEN_DUTIES, Escalation, Evidence, Obligation
from models.tables.people import Case, Staff
from models.tables.system import History

# What somebody says when they resolve an escalation settles none of these.
_NOT_BY_A_WORD = frozenset({*SPOKEN_DUTIES, RETRY, PENDING_CHECK})
_REASSIGNERS = (Role.SUPERVISOR, Role.CASE_MANAGER)
OWNER_ROLES = frozenset(role.value for role in OWNERS)


def policy_of(case: Case) -> FollowupPolicy:
    """The follow-up policy that the case is pinned to; before release, the one in force."""
    return pinned_followup_policy(case.followup_policy)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An escalation about to be opened. `since`: when its first rung's time began, if not now."""

    case: Case
    reason: str
    rule: str
    key: str = ""
    level: int = 1
    queue: str | None = None
    obligation_id: UUID | None = None
    since: datetime | None = None
    restores_id: UUID | None = None  # the escalation that this one takes up again


def open_escalation(
    session: Session,
    case: Case,
    *,
    reason: str,
    rule: str,
    key: str = "",
    level: int = 1,
    queue: str | None = None,
    obligation_id: UUID | None = None,
    actor: str,
    now: datetime,
) -> UUID | None:
    """A late or worrying thing has an owner's rung. None when the same one stands open already."""
    alarm = Alarm(case, reason, rule, key, level, queue, obligation_id)
    opened = open_alarms(session, [alarm], actor=actor, now=now)
    return opened[0] if opened else None


def open_alarms(session: Session, alarms: Sequence[Alarm], *, actor: str, now: datetime) -> list[UUID]:
    """Each of these has an owner's rung, in one statement; for a cry for help people are paged, from this instant on.

    Returns the ids of those that are new.
    """
    if not alarms:
        return []
    session.flush()
    rows = {row.id: row for row in (_row(alarm, now) for alarm in alarms)}
    opened = list(
        session.scalars(
            insert(Escalation)
            .on_conflict_do_nothing(
                index_elements=["case_id", "reason", "key"], index_where=text("state <> 'resolved'")
            )
            .returning(col(Escalation.id)),
            [row.model_dump() for row in rows.values()],
        )
    )
    session.add_all(
        History(
            noun="escalation", row_id=new, old=None, new="open", actor=actor, why=rows[new].reason, at=now
        )
        for new in opened
    )
    page_for_alarms(session, [rows[new] for new in opened], now=now)
    return opened


def _row(alarm: Alarm, now: datetime) -> Escalation:
    """The row of an alarm on the rung where the ladder says it must stand by now.

    What became late before anybody looked climbs from then: a late sweep gives nobody new time.
    """
    policy = policy_of(alarm.case)
    since = alarm.since or now
    window = ladder.first(policy, since, alarm.level)
    born = EscalationFacts(alarm.case.id, window.level, "open", window.acknowledge_by, window.resolve_by)
    climbed = ladder.climb(born, policy, now)
    window = climbed or window
    return Escalation(
        case_id=alarm.case.id,
        obligation_id=alarm.obligation_id,
        restores_id=alarm.restores_id,
        reason=alarm.reason,
        key=alarm.key,
        rule=alarm.rule,
        policy_version=policy.version,
        level=window.level,
        queue=window.queue if climbed else alarm.queue or window.queue,
        opened_at=since,
        acknowledge_by=window.acknowledge_by,
        resolve_by=window.resolve_by,
        owned_until=window.owned_until,
        nag_at=window.nag_at,
    )


def facts_of(row: Escalation) -> EscalationFacts:
    return EscalationFacts(
        id=row.id,
        level=row.level,
        state=row.state,  # type: ignore[arg-type]
        acknowledge_by=row.acknowledge_by,
        resolve_by=row.resolve_by,
    )


def climb(session: Session, row: Escalation, *, now: datetime) -> bool:
    """The escalation stands where the ladder says it must by now. True when it climbed."""
    window = ladder.climb(facts_of(row), followup_policy(row.policy_version), now)
    if window is None:
        return False
    why = "not acknowledged in time" if row.state == "open" else "not resolved in time"
    history.record(
        session,
        row,
        old=f"{row.state} level {row.level}" + (f" owner {row.owner}" if row.owner else ""),
        new=f"open level {window.level}",
        actor="engine:lost",
        why=why,
        now=now,
    )
    put_on(session, row, window)
    return True


def put_on(session: Session, row: Escalation, window: ladder.EscalationWindow) -> None:
    """The escalation stands on this rung, to be taken."""
    row.level, row.queue = window.level, window.queue
    # Nobody has taken it on this rung; who had it before stands in the history.
    row.state, row.owner, row.acknowledged_at = EscalationState.OPEN.value, None, None
    row.acknowledge_by, row.resolve_by = window.acknowledge_by, window.resolve_by
    row.owned_until, row.nag_at = window.owned_until, window.nag_at
    session.add(row)


def locked_escalation(session: Session, escalation_id: UUID) -> Escalation:
    """The escalation, locked, that is not resolved.

    Raises:
        NotFound, Refused: there is none, or it has been resolved.
    """
    row = lock_row(session, Escalation, escalation_id)
    if row.state == EscalationState.RESOLVED.value:
        raise Refused("resolved", "this escalation has been resolved already")
    return row


def acknowledge(kit: Kit, escalation_id: UUID, person: Person, *, now: datetime) -> UUID:
    """`person` owns the escalation, and has the rung's time to resolve it. Returns the case."""
    with kit.transaction() as session:
        row = locked_escalation(session, escalation_id)
        role = require_role(person, *OWNERS)
        record_act(session, row.case_id, person, role, now=now)
        _take(session, row, person.id, now=now)
        return row.case_id


def _take(session: Session, row: Escalation, owner: UUID, *, now: datetime) -> None:
    window = ladder.acknowledged(facts_of(row), followup_policy(row.policy_version), now)
    old = row.state
    row.owner, row.state = owner, EscalationState.ACKNOWLEDGED.value
    row.acknowledged_at, row.nag_at = now, None
    row.resolve_by, row.owned_until = window.resolve_by, window.owned_until
    session.add(row)
    history.record(
        session, row, old=old, new="acknowledged", actor=str(owner), why="taken by its owner", now=now
    )


def reassign(
    kit: Kit, escalation_id: UUID, person: Person, *, to_email: str, reason: str, now: datetime
) -> UUID:
    """Another named person owns the escalation; its times stay as they are.

    Raises:
        BadInput: no reason, or nobody active has this address. Refused: the wrong role, or nobody has taken it yet.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say why.", "Add --reason TEXT."))
    with kit.transaction() as session:
        row = locked_escalation(session, escalation_id)
        require_role(person, *_REASSIGNERS)
        hand_over(session, row, person, new_owner(session, to_email), reason=reason, now=now)
        return row.case_id


def new_owner(session: Session, email: str) -> Staff:
    """Who has this address, when they may own an escalation.

    Raises:
        BadInput: nobody active. Refused: their role takes none.
    """
    found = session.scalars(select(Staff).where(col(Staff.email) == email.strip().lower())).one_or_none()
    if found is None or not found.active:
        raise BadInput(
            Problem("--to", "unknown_person", "Nobody active has this address.", "Check the address.")
        )
    if not OWNER_ROLES.intersection(found.roles):
        raise Refused(
            "wrong_role",
            "this person's role takes no escalations",
            [f"a {owner.value.replace('_', ' ')}" for owner in OWNERS],
        )
    return found


def hand_over(
    session: Session, row: Escalation, person: Person, owner: Staff, *, reason: str, now: datetime
) -> None:
    """This locked escalation is that person's; its times stay as they are.

    Raises:
        Refused: the wrong role, or nobody has taken it yet.
    """
    record_act(session, row.case_id, person, require_role(person, *_REASSIGNERS), now=now)
    if row.state == EscalationState.OPEN.value:
        raise Refused(
            "not_acknowledged", "nobody has taken this escalation yet", ["an owner acknowledges it"]
        )
    old, new = f"owner {row.owner}", f"owner {owner.id}"
    history.record(session, row, old=old, new=new, actor=str(person.id), why=reason, now=now)
    row.owner = owner.id
    session.add(row)


def resolve(
    kit: Kit, escalation_id: UUID, person: Person, *, outcome: str, reason: str, now: datetime
) -> UUID:
    """The escalation is resolved: its duty is settled with evidence, or another takes its place.

    A duty to speak with somebody can't be settled by a note: it goes on as a `lost_contact_review`; nor can
    one to record a check's result: it goes on with new time.
    Returns the case.

    Raises:
        Refused: its duty is a report or a notice, and that has not been made; or one that only a record settles.
    """
    if not reason.strip():
        raise BadInput(Problem("--reason", "missing", "Say what was done.", "Add --reason TEXT."))
    with kit.transaction() as session:
        row = locked_escalation(session, escalation_id)
        role = require_role(person, *OWNERS)
        record_act(session, row.case_id, person, role, now=now)
        _take_if_free(session, row, person.id, now=now)
        duty = session.get(Obligation, row.obligation_id) if row.obligation_id else None
        is_open = duty is not None and duty.state == ObligationState.OPEN.value
        if duty is not None and is_open and duty.kind in lost_kinds(followup_policy(row.policy_version)):
            raise Refused(
                "needs_evidence",
                "this escalation ends with its step",
                [f"what came of it: kinline lost record {row.case_id} {duty.detail.get('step')}"],
            )
        if duty is not None and is_open and duty.kind in _NOT_BY_A_WORD:
            _resolve_by_successor(session, row, duty, person, reason=reason, now=now)
        else:
            _want_what_settles(duty)
            _resolve_by_review(session, row, duty, person, reason=reason, now=now)
        _close(session, row, person.id, outcome=outcome, why=reason, now=now)
        keep_in_sight(kit, session, session.get_one(Case, row.case_id), actor=str(person.id), now=now)
        return row.case_id


def _want_what_settles(duty: Obligation | None) -> None:
    if duty is None or duty.state != ObligationState.OPEN.value:
        return
    if duty.kind in BY_RECORD:
        raise Refused("needs_evidence", "this escalation ends with its record", [BY_RECORD[duty.kind]])
    if duty.kind in BY_PAPER:
        raise Refused(
            "needs_evidence",
            "what had to be reported has not been",
            [f"{duty.kind} ({duty.detail.get('recipient', 'its recipient')})"],
        )


def _resolve_by_successor(
    session: Session, row: Escalation, duty: Obligation, person: Person, *, reason: str, now: datetime
) -> None:
    case = session.get_one(Case, row.case_id)
    actor = str(person.id)
    why = f"goes on from {duty.kind}"
    if duty.kind == PENDING_CHECK:
        successor = go_on(session, case, duty, actor=actor, why=why, now=now)
    else:
        successor = open_lost_review(session, case, actor=actor, why=why, now=now)
    ledger.void_for(session, duty, successor, actor=actor, why=reason, now=now)
    cancel_planned(session, duty.id, now=now)
    row.successor_id = successor


def _resolve_by_review(
    session: Session,
    row: Escalation,
    duty: Obligation | None,
    person: Person,
    *,
    reason: str,
    now: datetime,
) -> None:
    evidence = ledger.add_evidence(
        session,
        case_id=row.case_id,
        kind="review",
        row_id=row.id,
        by_staff=person.id,
        actor=str(person.id),
        note=reason,
        now=now,
    )
    row.evidence_id = evidence.id
    if duty is not None and duty.state == ObligationState.OPEN.value:
        ledger.settle(session, duty, evidence, actor=str(person.id), why=reason, now=now)
        cancel_planned(session, duty.id, now=now)


def _close(session: Session, row: Escalation, by: UUID, *, outcome: str, why: str, now: datetime) -> None:
    old = row.state
    row.state = EscalationState.RESOLVED.value
    row.resolved_at, row.resolved_by, row.outcome = now, by, outcome
    session.add(row)
    history.record(session, row, old=old, new="resolved", actor=str(by), why=why, now=now)


def resolve_settled(
    session: Session, duty: Obligation, evidence: Evidence, *, by: UUID, now: datetime
) -> None:
    """The duty was settled by a person: what had escalated only because it was late is resolved by that."""
    rows = session.scalars(
        select(Escalation)
        .where(
            col(Escalation.obligation_id) == duty.id,
            col(Escalation.state) != EscalationState.RESOLVED.value,
            col(Escalation.reason).in_(("overdue", "no_contact")),
        )
        .with_for_update()
    ).all()
    for row in rows:
        _take_if_free(session, row, by, now=now)
        row.evidence_id = evidence.id
        _close(session, row, by, outcome="settled", why=f"{duty.kind} was settled", now=now)


def _take_if_free(session: Session, row: Escalation, by: UUID, *, now: datetime) -> None:
    if row.state == EscalationState.OPEN.value:
        _take(session, row, by, now=now)
