"""A hearing that a person has learned of: new, or at another time than we knew, with its reminders and outcome duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from followup import court
from integrations.desk.duties import owned_until
from integrations.desk.escalations import policy_of
from integrations.desk.sight import plan_facts
from integrations.kit import Kit
from integrations.store import history, ledger
from models.tables.ledger import Hearing, Obligation
from models.tables.people import Case

_OF_A_HEARING = ("hearing_reminder", "hearing_outcome")


@dataclass(frozen=True, slots=True)
class NamedHearing:
    """A hearing as somebody names it. `key`: the court's or our own key of it; with the court it tells it from others."""

    starts_at: datetime
    court: str
    key: str
    kind: str = "other"


def know_hearing(
    kit: Kit, session: Session, case: Case, named: NamedHearing, *, actor: str, now: datetime
) -> Hearing:
    """The hearing is on file at this time, and its reminders and the duty to record its outcome stand open.

    What was planned for another time of it is void, each duty with the one in its place. The case is locked.
    """
    row = _same_hearing(session, case, named)
    if row is not None and row.starts_at == named.starts_at and row.state in ("scheduled", "moved"):
        row.seen_at = now
        session.add(row)
        return row
    if row is None:
        row = Hearing(
            case_id=case.id,
            court=named.court,
            hearing_key=named.key,
            kind=named.kind,
            state="scheduled",
            starts_at=named.starts_at,
            seen_at=now,
        )
        old = None
    else:
        old = f"{row.state} {row.starts_at.isoformat()}"
        row.state, row.starts_at, row.seen_at, row.outcome = "moved", named.starts_at, now, None
    session.add(row)
    session.flush()
    new = f"{row.state} {row.starts_at.isoformat()}"
    history.record(session, row, old=old, new=new, actor=actor, why="somebody learned of it", now=now)
    _plan(kit, session, case, row, actor=actor, now=now)
    return row


def _same_hearing(session: Session, case: Case, named: NamedHearing) -> Hearing | None:
    """Of this key at this court; or of any key at this court at this very time, named by its number meanwhile."""
    here = select(Hearing).where(col(Hearing.case_id) == case.id, col(Hearing.court) == named.court)
    found = session.scalars(here.where(col(Hearing.hearing_key) == named.key)).one_or_none()
    if found is not None:
        return found
    same_time = here.where(col(Hearing.starts_at) == named.starts_at, col(Hearing.state) != "cancelled")
    return session.scalars(same_time.order_by(col(Hearing.id)).limit(1)).first()


def _plan(kit: Kit, session: Session, case: Case, row: Hearing, *, actor: str, now: datetime) -> None:
    facts, policy = plan_facts(kit, session, case), policy_of(case)
    duties = court.hearing_duties(row.id, row.starts_at, facts.zone, facts.text_consent, policy, now)
    rows = {
        (duty.kind, duty.party.value, duty.key): ledger.duty_row(
            case.id, duty, owned_until=owned_until(case, duty, now), now=now
        )
        for duty in duties
    }
    outcome = next(new for (kind, _, _), new in rows.items() if kind == "hearing_outcome")
    pairs = [(old, rows.get((old.kind, old.party, old.key), outcome)) for old in _standing(session, row)]
    ledger.replace(session, pairs, actor=actor, why="the hearing has another time", now=now)
    placed = {new.id for _, new in pairs}
    rest = [new for new in rows.values() if new.id not in placed]
    ledger.open_rows(session, rest, actor=actor, why="a hearing is known", now=now)


def _standing(session: Session, row: Hearing) -> list[Obligation]:
    return [
        duty
        for kind in _OF_A_HEARING
        for duty in ledger.open_of(session, row.case_id, kind=kind)
        if duty.detail.get("hearing_id") == str(row.id)
    ]
