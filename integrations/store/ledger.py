"""The ledger's four moves: open, settle with evidence, void with a successor or a closure, waive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from followup.court import HEARING_CHANGE
from followup.lost import SECOND_LADDER_KIND
from models.errors import Refused
from models.facts import Duty
from models.states import ObligationState, Party
from models.tables.ledger import Evidence, Obligation
from models.tables.system import History


def open_duties(
    session: Session,
    case_id: UUID,
    duties: Iterable[Duty],
    *,
    owned_until: dict[datetime, datetime] | None = None,
    application_id: UUID | None = None,
    actor: str,
    why: str,
    now: datetime,
) -> list[UUID]:
    """These duties stand open; one that already does (same case, kind, party, key) is left as it is.

    `owned_until` maps a due time to the last instant at which the ladder owns it.
    Returns the ids of the rows that are new.
    """
    rows = [
        duty_row(
            case_id,
            duty,
            owned_until=(owned_until or {}).get(duty.due_at, duty.due_at),
            application_id=application_id,
            now=now,
        )
        for duty in duties
    ]
    return open_rows(session, rows, actor=actor, why=why, now=now)


def duty_row(
    case_id: UUID, duty: Duty, *, owned_until: datetime, application_id: UUID | None = None, now: datetime
) -> Obligation:
    """The open row of a duty, not in the database yet."""
    return Obligation(
        case_id=case_id,
        application_id=application_id,
        side=duty.side,
        kind=duty.kind,
        party=duty.party.value,
        key=duty.key,
        opens_at=duty.opens_at,
        due_at=duty.due_at,
        owned_until=owned_until,
        next_at=duty.opens_at if duty.kind in CONTACTED and duty.party != Party.CASE else None,
        queue=duty.queue,
        policy_version=duty.policy_version,
        rule=duty.rule,
        in_sight=duty.in_sight,
        detail=dict(duty.detail),
        created_at=now,
    )


def open_rows(
    session: Session, rows: Sequence[Obligation], *, actor: str, why: str, now: datetime
) -> list[UUID]:
    """These rows stand open, in one statement; one whose case, kind, party and key do already is left out.

    Returns the ids of those that are new.
    """
    if not rows:
        return []
    session.flush()
    statement = (
        insert(Obligation)
        .on_conflict_do_nothing(
            index_elements=["case_id", "kind", "party", "key"],
            # As text: a prepared statement with a parameter here would no longer match the partial index.
            index_where=text("state = 'open'"),
        )
        .returning(col(Obligation.id))
        # Without it a batch would be cut wherever one row has a time and the next has none.
        .execution_options(render_nulls=True)
    )
    opened = list(session.scalars(statement, [row.model_dump() for row in rows]))
    session.add_all(
        History(noun="obligation", row_id=new, old=None, new="open", actor=actor, why=why, at=now)
        for new in opened
    )
    return opened


# Duties that the ladder of attempts works on: by text, automated call, a person's call.
CONTACTED = frozenset(
    {
        "welfare_call",
        "sight_check",
        "hear_child_alone",
        "prs_contact",
        "text_reminder",
        "hearing_reminder",
        HEARING_CHANGE,
        SECOND_LADDER_KIND,
    }
)


def add_evidence(
    session: Session,
    *,
    case_id: UUID,
    kind: str,
    row_id: UUID | None = None,
    call_id: UUID | None = None,
    spoke_with: str = "nobody",
    by_staff: UUID | None = None,
    actor: str,
    note: str | None = None,
    now: datetime,
) -> Evidence:
    """A piece of evidence, in the database already, so that a duty may point at it."""
    evidence = Evidence(
        case_id=case_id,
        kind=kind,
        row_id=row_id,
        call_id=call_id,
        spoke_with=spoke_with,
        by_staff=by_staff,
        actor=actor,
        note=note,
        at=now,
    )
    session.add(evidence)
    session.flush()
    return evidence


def settle(
    session: Session, obligation: Obligation, evidence: Evidence, *, actor: str, why: str, now: datetime
) -> None:
    """The duty is settled by this evidence.

    Raises:
        Refused: it is not open any more.
    """
    _require_open(obligation)
    obligation.state = ObligationState.SETTLED.value
    obligation.evidence_id = evidence.id
    obligation.evidence_kind = evidence.kind
    obligation.spoke_with = evidence.spoke_with
    _end(session, obligation, "settled", actor=actor, why=why, now=now)
    session.flush()


def void_for(
    session: Session, obligation: Obligation, successor_id: UUID, *, actor: str, why: str, now: datetime
) -> None:
    """The duty is void because another took its place."""
    void_all_for(session, [(obligation, successor_id)], actor=actor, why=why, now=now)


def void_all_for(
    session: Session, pairs: Sequence[tuple[Obligation, UUID]], *, actor: str, why: str, now: datetime
) -> None:
    """Each of these duties is void because the other one took its place."""
    for obligation, successor_id in pairs:
        _require_open(obligation)
        obligation.state = ObligationState.VOID.value
        obligation.successor_id = successor_id
        obligation.reason = why
        _end(session, obligation, "void", actor=actor, why=why, now=now)
    session.flush()


def replace(
    session: Session,
    pairs: Sequence[tuple[Obligation, Obligation]],
    *,
    actor: str,
    why: str,
    now: datetime,
) -> None:
    """Each of these duties is void, and the new row stands open in its place, be it under the same key.

    Several may go into one; that one is opened once.
    """
    if not pairs:
        return
    session.flush()
    session.execute(text("SET CONSTRAINTS obligation_successor DEFERRED"))
    void_all_for(session, [(old, new.id) for old, new in pairs], actor=actor, why=why, now=now)
    open_rows(session, list({new.id: new for _, new in pairs}.values()), actor=actor, why=why, now=now)
    session.execute(text("SET CONSTRAINTS obligation_successor IMMEDIATE"))


def void_by_closure(
    session: Session,
    obligations: Sequence[Obligation],
    *,
    actor: str,
    why: str,
    now: datetime,
    closure_id: UUID | None = None,
) -> None:
    """These duties ended with the case (by this closing), or with the application that they belonged to."""
    for obligation in obligations:
        _require_open(obligation)
        obligation.state = ObligationState.VOID.value
        obligation.by_closure = True
        obligation.closure_id = closure_id
        obligation.reason = why
        _end(session, obligation, "void", actor=actor, why=why, now=now)
    session.flush()


def waive(session: Session, obligation: Obligation, *, by: UUID, reason: str, now: datetime) -> None:
    """The duty is waived by a named authority. The database refuses it for a follow-up duty."""
    _require_open(obligation)
    obligation.state = ObligationState.WAIVED.value
    obligation.waived_by = by
    obligation.reason = reason
    _end(session, obligation, "waived", actor=str(by), why=reason, now=now)
    session.flush()


def _require_open(obligation: Obligation) -> None:
    if obligation.state != ObligationState.OPEN.value:
        raise Refused("not_open", f"obligation {obligation.id} is {obligation.state}, not open")


def _end(session: Session, obligation: Obligation, new: str, *, actor: str, why: str, now: datetime) -> None:
    obligation.ended_at = now
    obligation.next_at = None
    session.add(obligation)
    session.add(
        History(noun="obligation", row_id=obligation.id, old="open", new=new, actor=actor, why=why, at=now)
    )


def open_of(
    session: Session,
    case_id: UUID,
    *,
    kind: str | None = None,
    party: Party | None = None,
    side: str | None = None,
    application_id: UUID | None = None,
    in_sight: bool | None = None,
) -> list[Obligation]:
    """The open duties of a case, earliest due first, locked for this transaction."""
    query = select(Obligation).where(
        col(Obligation.case_id) == case_id, col(Obligation.state) == ObligationState.OPEN.value
    )
    if kind is not None:
        query = query.where(col(Obligation.kind) == kind)
    if party is not None:
        query = query.where(col(Obligation.party) == party.value)
    if side is not None:
        query = query.where(col(Obligation.side) == side)
    if application_id is not None:
        query = query.where(col(Obligation.application_id) == application_id)
    if in_sight is not None:
        query = query.where(col(Obligation.in_sight) == in_sight)
    query = query.order_by(col(Obligation.due_at), col(Obligation.id)).with_for_update()
    return list(session.scalars(query))


def count_open(session: Session, case_id: UUID) -> int:
    return session.scalars(
        select(func.count())
        .select_from(Obligation)
        .where(col(Obligation.case_id) == case_id, col(Obligation.state) == ObligationState.OPEN.value)
    ).one()
