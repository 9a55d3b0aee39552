"""What a closing had ended stands open again: new rows that name the old ones, since what has ended stays so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from followup.court import HEARING_CHANGE
from followup.restoring import EndedDuty, times_again
from integrations.desk.duties import as_duty, owned_until
from integrations.desk.escalations import Alarm, open_alarms
from integrations.desk.pending_checks import answered
from integrations.store import history, ledger
from models.court import COMING
from models.tables.closing import Closure
from models.tables.ledger import Escalation, Hearing, Obligation
from models.tables.people import Case

WHY = "the case is open again"


def restore_what_it_ended(
    session: Session, case: Case, closure: Closure, *, actor: str, now: datetime
) -> None:
    """Every duty and escalation that this closing ended stands open again, and nothing else does."""
    ended = session.scalars(
        select(Obligation)
        .where(col(Obligation.closure_id) == closure.id, col(Obligation.side) == "followup")
        .order_by(col(Obligation.due_at), col(Obligation.id))
    ).all()
    over = dict.fromkeys(_of_hearings_that_are_over(session, ended, now), "its hearing is over")
    over |= dict.fromkeys(answered(session, ended), "its result has come meanwhile")
    for old in (old for old in ended if old.id in over):
        history.record(session, old, old="void", new="void", actor=actor, why=over[old.id], now=now)
    restored = restore_duties(
        session, case, [old for old in ended if old.id not in over], actor=actor, why=WHY, now=now
    )
    alarms = session.scalars(
        select(Escalation)
        .where(col(Escalation.closure_id) == closure.id)
        .order_by(col(Escalation.opened_at), col(Escalation.id))
    ).all()
    again = [_alarm(case, alarm, restored) for alarm in alarms]
    open_alarms(session, again, actor=actor, now=now)


def restore_duties(
    session: Session, case: Case, ended: Sequence[Obligation], *, actor: str, why: str, now: datetime
) -> dict[UUID, UUID]:
    """Each of these duties stands open again under a new id. Returns old id -> new id."""
    times = times_again([_ended(old) for old in ended], now)
    rows = {old.id: _row(case, old, *times[old.id], now) for old in ended}
    ledger.open_rows(session, list(rows.values()), actor=actor, why=why, now=now)
    return {old: row.id for old, row in rows.items()}


def _ended(old: Obligation) -> EndedDuty:
    return EndedDuty(
        old.id, old.kind, old.party, old.opens_at, old.due_at, is_contact=old.kind in ledger.CONTACTED
    )


def _row(case: Case, old: Obligation, opens_at: datetime, due_at: datetime, now: datetime) -> Obligation:
    duty = replace(as_duty(old), opens_at=opens_at, due_at=due_at)
    row = ledger.duty_row(case.id, duty, owned_until=owned_until(case, duty, now), now=now)
    row.restores_id = old.id
    return row


def _alarm(case: Case, old: Escalation, restored: Mapping[UUID, UUID]) -> Alarm:
    """On the rung where it stood, in the same queue, to be taken anew."""
    return Alarm(
        case,
        reason=old.reason,
        rule=old.rule,
        key=old.key,
        level=old.level,
        queue=old.queue,
        obligation_id=restored.get(old.obligation_id, old.obligation_id) if old.obligation_id else None,
        restores_id=old.id,
    )


def _of_hearings_that_are_over(session: Session, ended: Sequence[Obligation], now: datetime) -> set[UUID]:
    """Reminders of a hearing that has been or is cancelled: there is nothing to remind of."""
    hearings = {
        old.id: UUID(str(old.detail["hearing_id"]))
        for old in ended
        if old.kind in ("hearing_reminder", HEARING_CHANGE) and "hearing_id" in old.detail
    }
    coming = set(
        session.scalars(
            select(col(Hearing.id)).where(
                col(Hearing.id).in_(set(hearings.values())),
                col(Hearing.state).in_(COMING),
                col(Hearing.starts_at) > now,
            )
        )
    )
    return {old for old, hearing in hearings.items() if hearing not in coming}
